# A credentials callback that raises: the gem returns 0, which is a failure, and no login is made. The exception goes on
# when the library has returned.
#
#     $ ruby callback.rb
require 'ffi'

module Personr
  extend FFI::Library
  ffi_lib 'libpersonr.so.0'
  callback :credentials, %i[pointer string pointer size_t], :int32
  attach_function :personr_options_new, [], :pointer
  attach_function :personr_options_free, [:pointer], :void
  attach_function :personr_options_set_base_url, %i[pointer string pointer], :int32
  attach_function :personr_options_set_credentials_callback, %i[pointer credentials pointer pointer pointer], :int32
  attach_function :personr_auth_new, %i[string string pointer pointer pointer], :int32
  attach_function :personr_auth_token, %i[pointer pointer pointer], :int32, blocking: true
  attach_function :personr_auth_free, [:pointer], :void
  attach_function :personr_error_status, [:pointer], :int32
  attach_function :personr_error_free, [:pointer], :void
  attach_function :personr_status_name, [:int32], :string
end

# Kept until the handle is freed: the collector does not know that the library has it.
callback = FFI::Function.new(:int32, %i[pointer string pointer size_t]) do |_user_data, _email, password, _capacity|
  password.put_string(0, ENV['PERSONR_PASSWORD'])
  raise 'on purpose'
end
options = Personr.personr_options_new
Personr.personr_options_set_base_url(options, ENV['PERSONR_BASE_URL'], nil)
Personr.personr_options_set_credentials_callback(options, callback, nil, nil, nil)
auth, token, error = Array.new(3) { FFI::MemoryPointer.new(:pointer) }
Personr.personr_auth_new(ENV['PERSONR_EMAIL'], nil, options, auth, nil)
begin
  Personr.personr_auth_token(auth.read_pointer, token, error)
rescue RuntimeError
  puts Personr.personr_status_name(Personr.personr_error_status(error.read_pointer))
end
Personr.personr_error_free(error.read_pointer)
Personr.personr_auth_free(auth.read_pointer)
Personr.personr_options_free(options)
