# Ctrl-C while the service is silent. personr_operation_wait returns at a signal, and Ruby then looks for interrupts.
#
#     $ ruby interrupt.rb
require 'ffi'

module Personr
  extend FFI::Library
  ffi_lib 'libpersonr.so.0'
  attach_function :personr_options_new, [], :pointer
  attach_function :personr_options_set_base_url, %i[pointer string pointer], :int32
  attach_function :personr_options_set_ca_file, %i[pointer string pointer], :int32
  attach_function :personr_auth_new, %i[string string pointer pointer pointer], :int32
  attach_function :personr_auth_token_start, %i[pointer uint32 pointer pointer], :int32
  attach_function :personr_operation_wait, %i[pointer uint32], :int32, blocking: true
  %w[options auth operation].each { |handle| attach_function "personr_#{handle}_free", [:pointer], :void }
end

place = FFI::MemoryPointer.new(:pointer)
options = Personr.personr_options_new
Personr.personr_options_set_base_url(options, ENV['PERSONR_BASE_URL'], nil)
Personr.personr_options_set_ca_file(options, ENV['PERSONR_CA_FILE'], nil)
Personr.personr_auth_new(ENV['PERSONR_EMAIL'], ENV['PERSONR_PASSWORD'], options, place, nil)
auth = place.read_pointer
Personr.personr_auth_token_start(auth, 0, place, nil)
operation = place.read_pointer
begin
  puts 'waiting'
  $stdout.flush
  nil until Personr.personr_operation_wait(operation, 100) == 1
rescue Interrupt
  puts 'interrupted'
ensure
  # Cancels what is not done. A login that the service may have begun goes on behind it, for those who come later.
  Personr.personr_operation_free(operation)
  Personr.personr_auth_free(auth)
  Personr.personr_options_free(options)
end
