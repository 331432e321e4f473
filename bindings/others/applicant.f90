! Logs in, creates an applicant, and prints its id. Debian: gfortran.
!
!     $ gfortran applicant.f90 -lpersonr -o applicant && ./applicant
program applicant
  use, intrinsic :: iso_c_binding
  use, intrinsic :: iso_fortran_env, only: error_unit
  implicit none

  abstract interface
    subroutine freeing(handle) bind(c)
      import :: c_ptr
      type(c_ptr), value :: handle
    end subroutine
    type(c_ptr) function getter(handle) bind(c)
      import :: c_ptr
      type(c_ptr), value :: handle
    end function
    integer(c_int32_t) function setter(options, text, error) bind(c)
      import :: c_ptr, c_char, c_int32_t
      type(c_ptr), value :: options
      character(kind=c_char), intent(in) :: text(*)
      type(c_ptr), intent(out) :: error
    end function
  end interface

  procedure(freeing), bind(c, name='personr_options_free') :: options_free
  procedure(freeing), bind(c, name='personr_auth_free') :: auth_free
  procedure(freeing), bind(c, name='personr_token_free') :: token_free
  procedure(freeing), bind(c, name='personr_request_free') :: request_free
  procedure(freeing), bind(c, name='personr_response_free') :: response_free
  procedure(freeing), bind(c, name='personr_error_free') :: error_free
  procedure(getter), bind(c, name='personr_token_user_id') :: token_user_id
  procedure(getter), bind(c, name='personr_response_json') :: response_json
  procedure(getter), bind(c, name='personr_error_reason') :: error_reason
  procedure(getter), bind(c, name='personr_error_message') :: error_message
  procedure(setter), bind(c, name='personr_options_set_base_url') :: options_set_base_url
  procedure(setter), bind(c, name='personr_options_set_ca_file') :: options_set_ca_file
  procedure(setter), bind(c, name='personr_options_set_token_store') :: options_set_token_store

  interface
    type(c_ptr) function options_new() bind(c, name='personr_options_new')
      import :: c_ptr
    end function
    integer(c_int32_t) function auth_new(email, password, options, auth, error) bind(c, name='personr_auth_new')
      import :: c_ptr, c_char, c_int32_t
      character(kind=c_char), intent(in) :: email(*), password(*)
      type(c_ptr), value :: options
      type(c_ptr), intent(out) :: auth, error
    end function
    integer(c_int32_t) function auth_token(auth, token, error) bind(c, name='personr_auth_token')
      import :: c_ptr, c_int32_t
      type(c_ptr), value :: auth
      type(c_ptr), intent(out) :: token, error
    end function
    type(c_ptr) function request_new(endpoint) bind(c, name='personr_request_new')
      import :: c_ptr, c_char
      character(kind=c_char), intent(in) :: endpoint(*)
    end function
    integer(c_int32_t) function request_add_text(request, name, text, error) bind(c, name='personr_request_add_text')
      import :: c_ptr, c_char, c_int32_t
      type(c_ptr), value :: request
      character(kind=c_char), intent(in) :: name(*), text(*)
      type(c_ptr), intent(out) :: error
    end function
    integer(c_int32_t) function request_send(auth, request, response, error) bind(c, name='personr_request_send')
      import :: c_ptr, c_int32_t
      type(c_ptr), value :: auth, request
      type(c_ptr), intent(out) :: response, error
    end function
    type(c_ptr) function json_string(json, pointer) bind(c, name='personr_json_string')
      import :: c_ptr, c_char
      type(c_ptr), value :: json
      character(kind=c_char), intent(in) :: pointer(*)
    end function
    type(c_ptr) function status_name(status) bind(c, name='personr_status_name')
      import :: c_ptr, c_int32_t
      integer(c_int32_t), value :: status
    end function
    integer(c_size_t) function strlen(text) bind(c, name='strlen')
      import :: c_ptr, c_size_t
      type(c_ptr), value :: text
    end function
  end interface

  type(c_ptr) :: options, auth = c_null_ptr, token = c_null_ptr, request, response = c_null_ptr, error = c_null_ptr
  integer(c_int32_t) :: status

  options = options_new()
  request = request_new('api-applicant-create' // c_null_char)
  status = run()
  if (status /= 0) write (error_unit, '(6a)') text(status_name(status)), ' (', text(error_reason(error)), '): ', &
    text(error_message(error))
  call error_free(error)
  call response_free(response)
  call request_free(request)
  call token_free(token)
  call auth_free(auth)
  call options_free(options)
  if (status /= 0) stop 1, quiet=.true.

contains

  integer(c_int32_t) function run() result(status)
    status = 0
    if (is_set('PERSONR_BASE_URL')) status = options_set_base_url(options, env('PERSONR_BASE_URL'), error)
    if (status /= 0) return
    if (is_set('PERSONR_CA_FILE')) status = options_set_ca_file(options, env('PERSONR_CA_FILE'), error)
    if (status /= 0) return
    if (is_set('PERSONR_STORE')) status = options_set_token_store(options, env('PERSONR_STORE'), error)
    if (status /= 0) return
    status = auth_new(env('PERSONR_EMAIL'), env('PERSONR_PASSWORD'), options, auth, error)
    if (status /= 0) return
    status = auth_token(auth, token, error)
    if (status /= 0) return
    print '(2a)', 'user id: ', text(token_user_id(token))

    status = request_add_text(request, c_string('email'), c_string('maia@example.com'), error)
    if (status == 0) status = request_add_text(request, c_string('phone'), c_string('+64211234567'), error)
    if (status == 0) status = request_add_text(request, c_string('flowName'), c_string('Individual'), error)
    if (status == 0) status = request_send(auth, request, response, error)
    if (status /= 0) return
    print '(2a)', 'applicant: ', text(json_string(response_json(response), c_string('/response/applicant_id')))
  end function

  ! A NUL behind the text: C has no lengths.
  function c_string(text) result(string)
    character(*), intent(in) :: text
    character(len=len(text) + 1, kind=c_char) :: string
    string = text // c_null_char
  end function

  ! A copy: what the library returns is its own.
  function text(string) result(copy)
    type(c_ptr), intent(in) :: string
    character(:), allocatable :: copy
    character(kind=c_char), pointer :: characters(:)
    integer :: i
    call c_f_pointer(string, characters, [strlen(string)])
    allocate (character(size(characters)) :: copy)
    do i = 1, size(characters)
      copy(i:i) = characters(i)
    end do
  end function

  logical function is_set(variable)
    character(*), intent(in) :: variable
    integer :: found
    call get_environment_variable(variable, status=found)
    is_set = found == 0
  end function

  function env(variable) result(string)
    character(*), intent(in) :: variable
    character(:), allocatable :: string
    integer :: length
    call get_environment_variable(variable, length=length)
    allocate (character(length) :: string)
    call get_environment_variable(variable, string)
    string = c_string(string)
  end function
end program
