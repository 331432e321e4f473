# 500 operations at once, on one thread that waits for all of them together: one login.
#
#     $ ruby operations.rb
require 'ffi'

module Personr
  extend FFI::Library
  ffi_lib 'libpersonr.so.0'
  attach_function :personr_options_new, [], :pointer
  attach_function :personr_options_set_base_url, %i[pointer string pointer], :int32
  attach_function :personr_options_set_ca_file, %i[pointer string pointer], :int32
  attach_function :personr_auth_new, %i[string string pointer pointer pointer], :int32
  attach_function :personr_auth_token_start, %i[pointer uint32 pointer pointer], :int32
  attach_function :personr_operation_fd, [:pointer], :int32
  attach_function :personr_operation_step, [:pointer], :int32
  attach_function :personr_operation_token, %i[pointer pointer pointer], :int32
  attach_function :personr_token_user_id, [:pointer], :string
  %w[options auth token operation].each { |handle| attach_function "personr_#{handle}_free", [:pointer], :void }
end

place = FFI::MemoryPointer.new(:pointer)
options = Personr.personr_options_new
Personr.personr_options_set_base_url(options, ENV['PERSONR_BASE_URL'], nil)
Personr.personr_options_set_ca_file(options, ENV['PERSONR_CA_FILE'], nil)
Personr.personr_auth_new(ENV['PERSONR_EMAIL'], ENV['PERSONR_PASSWORD'], options, place, nil)
auth = place.read_pointer

operations = Array.new(500) do
  Personr.personr_auth_token_start(auth, 0, place, nil)
  place.read_pointer
end
# An operation that is done has its descriptor ready, or has none (-1) if it was done at once. Ruby must not close it.
watched = operations.reject { |operation| Personr.personr_operation_fd(operation).negative? }
watched = watched.to_h { |operation| [IO.for_fd(Personr.personr_operation_fd(operation), autoclose: false), operation] }
until watched.empty?
  ready, = IO.select(watched.keys)
  ready.each { |io| watched.delete(io) if Personr.personr_operation_step(watched[io]) == 1 }
end
users = operations.map do |operation|
  Personr.personr_operation_token(operation, place, nil)
  Personr.personr_operation_free(operation)
  Personr.personr_token_user_id(place.read_pointer).tap { Personr.personr_token_free(place.read_pointer) }
end
puts "#{users.length} operations, #{users.tally.length} user id of #{users.first.length} characters"
Personr.personr_auth_free(auth)
Personr.personr_options_free(options)
