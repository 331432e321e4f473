# Logs in, creates an applicant, and prints its id. Debian: ruby-ffi.
#
#     $ ruby applicant.rb
require 'ffi'

module Personr
  extend FFI::Library
  ffi_lib 'libpersonr.so.0'
  attach_function :personr_status_name, [:int32], :string
  attach_function :personr_error_reason, [:pointer], :string
  attach_function :personr_error_message, [:pointer], :string
  attach_function :personr_options_new, [], :pointer
  %w[base_url ca_file token_store].each do |name|
    attach_function "personr_options_set_#{name}", %i[pointer string pointer], :int32
  end
  attach_function :personr_auth_new, %i[string string pointer pointer pointer], :int32
  # blocking: the other threads of Ruby go on meanwhile.
  attach_function :personr_auth_token, %i[pointer pointer pointer], :int32, blocking: true
  attach_function :personr_token_user_id, [:pointer], :string
  attach_function :personr_request_new, [:string], :pointer
  attach_function :personr_request_add_text, %i[pointer string string pointer], :int32
  attach_function :personr_request_send, %i[pointer pointer pointer pointer], :int32, blocking: true
  attach_function :personr_response_json, [:pointer], :pointer
  attach_function :personr_json_string, %i[pointer string], :string
  %w[options auth token request response error].each do |handle|
    attach_function "personr_#{handle}_free", [:pointer], :void
  end
end

# Calls a function that can fail, with a place for its output before the one for its error, or without.
def call(name, *arguments, output: true)
  places = FFI::MemoryPointer.new(:pointer, 2)
  status = Personr.public_send(name, *arguments, *(places if output), places + FFI::Pointer.size)
  result, error = places.read_array_of_pointer(2)
  return result if status.zero?

  details = "(#{Personr.personr_error_reason(error)}): #{Personr.personr_error_message(error)}"
  Personr.personr_error_free(error)
  raise "#{Personr.personr_status_name(status)} #{details}"
end

auth = token = response = nil
options = Personr.personr_options_new
request = Personr.personr_request_new('api-applicant-create')
begin
  { BASE_URL: 'base_url', CA_FILE: 'ca_file', STORE: 'token_store' }.each do |variable, name|
    value = ENV["PERSONR_#{variable}"]
    call("personr_options_set_#{name}", options, value, output: false) if value
  end
  auth = call(:personr_auth_new, ENV['PERSONR_EMAIL'], ENV['PERSONR_PASSWORD'], options)
  token = call(:personr_auth_token, auth)
  puts "user id: #{Personr.personr_token_user_id(token)}"

  # What is wrong with a field is what the send returns.
  { email: 'maia@example.com', phone: '+64211234567', flowName: 'Individual' }.each do |name, value|
    Personr.personr_request_add_text(request, name.to_s, value, nil)
  end
  response = call(:personr_request_send, auth, request)
  puts "applicant: #{Personr.personr_json_string(Personr.personr_response_json(response), '/response/applicant_id')}"
rescue RuntimeError => e
  abort e.message
ensure
  Personr.personr_response_free(response)
  Personr.personr_request_free(request)
  Personr.personr_token_free(token)
  Personr.personr_auth_free(auth)
  Personr.personr_options_free(options)
end
