//! A caller of the C functions, as a C program would be one: it knows the header and nothing of what is behind.

use std::ffi::{CStr, CString, c_char};
use std::ptr;

use personr::ffi::*;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};

/// What a failed call reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub status: i32,
    pub reason: String,
    pub message: String,
    pub http_status: i32,
    pub retry_after_ms: i64,
}

impl Failure {
    pub fn kind(&self) -> (i32, &str) {
        (self.status, &self.reason)
    }
}

pub fn c(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).expect("no NUL")
}

/// A text that the library gave out.
///
/// # Safety
///
/// It ends with NUL, and lives as long as this call.
pub unsafe fn string(text: *const c_char) -> String {
    assert!(!text.is_null(), "a string is never NULL");
    unsafe { CStr::from_ptr(text) }.to_str().expect("UTF-8").to_owned()
}

/// Calls a function that takes an error last, and checks that status and error object agree.
pub fn call(function: impl FnOnce(*mut *mut personr_error) -> personr_status) -> Result<(), Failure> {
    let mut error = ptr::dangling_mut();
    let status = function(&mut error);
    if status == PERSONR_OK {
        assert!(error.is_null(), "no error object on success");
        return Ok(());
    }
    unsafe {
        assert_eq!(personr_error_status(error), status);
        let failure = Failure {
            status,
            reason: string(personr_error_reason(error)),
            message: string(personr_error_message(error)),
            http_status: personr_error_http_status(error),
            retry_after_ms: personr_error_retry_after_ms(error),
        };
        personr_error_free(error);
        assert!(!failure.message.is_empty() && !failure.reason.is_empty(), "{failure:?}");
        Err(failure)
    }
}

pub struct Options(pub *mut personr_options);

impl Options {
    pub fn new() -> Self {
        Self(personr_options_new())
    }

    /// For a sandbox: its URL, its CA alone, no retries, no proxy from the environment.
    pub fn of(sandbox: &Sandbox) -> Self {
        let options = Self::new();
        options.base_url(sandbox.base_url()).expect("accepted");
        options.only_ca(sandbox.ca_pem());
        options.max_retries(0);
        options
    }

    pub fn base_url(&self, url: &str) -> Result<(), Failure> {
        let url = c(url);
        call(|error| unsafe { personr_options_set_base_url(self.0, url.as_ptr(), error) })
    }

    pub fn only_ca(&self, pem: &str) {
        if !pem.is_empty() {
            call(|error| unsafe { personr_options_set_ca_pem(self.0, pem.as_ptr(), pem.len(), error) }).expect("PEM");
            call(|error| unsafe { personr_options_set_system_roots(self.0, 0, error) }).expect("accepted");
        }
    }

    pub fn max_retries(&self, retries: u32) {
        call(|error| unsafe { personr_options_set_max_retries(self.0, retries, error) }).expect("accepted");
    }

    pub fn timeout_ms(&self, milliseconds: u32) {
        call(|error| unsafe { personr_options_set_timeout_ms(self.0, milliseconds, error) }).expect("accepted");
    }

    pub fn connect_timeout_ms(&self, milliseconds: u32) {
        call(|error| unsafe { personr_options_set_connect_timeout_ms(self.0, milliseconds, error) }).expect("accepted");
    }

    pub fn renew_before_s(&self, seconds: i64) {
        call(|error| unsafe { personr_options_set_renew_before_s(self.0, seconds, error) }).expect("accepted");
    }

    pub fn form_login(&self) {
        call(|error| unsafe { personr_options_set_login_method(self.0, PERSONR_LOGIN_FORM, error) }).expect("accepted");
    }

    pub fn user_agent(&self, product: &str) {
        let product = c(product);
        call(|error| unsafe { personr_options_set_user_agent(self.0, product.as_ptr(), error) }).expect("accepted");
    }

    pub fn proxy(&self, url: &str) -> Result<(), Failure> {
        let url = c(url);
        call(|error| unsafe { personr_options_set_proxy(self.0, url.as_ptr(), error) })
    }

    pub fn token_store(&self, url: &str) -> Result<(), Failure> {
        let url = c(url);
        call(|error| unsafe { personr_options_set_token_store(self.0, url.as_ptr(), error) })
    }

    pub fn auth(&self, email: &str, password: &str) -> Result<Auth, Failure> {
        self.make_auth(email, Some(c(password)))
    }

    /// For an account whose password is asked for.
    pub fn auth_without_password(&self, email: &str) -> Result<Auth, Failure> {
        self.make_auth(email, None)
    }

    fn make_auth(&self, email: &str, password: Option<CString>) -> Result<Auth, Failure> {
        let email = c(email);
        let password = password.as_ref().map_or(ptr::null(), |password| password.as_ptr());
        let mut auth = ptr::dangling_mut();
        let result = call(|error| unsafe { personr_auth_new(email.as_ptr(), password, self.0, &mut auth, error) });
        assert_eq!(auth.is_null(), result.is_err(), "an output is written on success alone");
        result.map(|()| Auth(auth))
    }

    pub fn demo(&self) -> Auth {
        self.auth(DEFAULT_EMAIL, DEFAULT_PASSWORD).expect("a handle")
    }
}

impl Drop for Options {
    fn drop(&mut self) {
        unsafe { personr_options_free(self.0) }
    }
}

/// A token as its getters tell it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub value: String,
    pub authorization: String,
    pub user_id: String,
    pub lifetime: i64,
    pub expires_at: i64,
    pub seconds_left: i64,
}

impl Token {
    unsafe fn read(token: *mut personr_token) -> Self {
        unsafe {
            let read = Self {
                value: string(personr_token_value(token)),
                authorization: string(personr_token_authorization(token)),
                user_id: string(personr_token_user_id(token)),
                lifetime: personr_token_lifetime(token),
                expires_at: personr_token_expires_at(token),
                seconds_left: personr_token_seconds_left(token),
            };
            personr_token_free(token);
            read
        }
    }
}

/// A handle; any number of threads may use it.
#[derive(Debug)]
pub struct Auth(pub *mut personr_auth);

unsafe impl Send for Auth {}
unsafe impl Sync for Auth {}

impl Auth {
    pub fn login(&self) -> Result<Token, Failure> {
        self.obtain(personr_auth_login)
    }

    pub fn token(&self) -> Result<Token, Failure> {
        self.obtain(personr_auth_token)
    }

    fn obtain(
        &self,
        function: unsafe extern "C" fn(*const personr_auth, *mut *mut personr_token, *mut *mut personr_error) -> i32,
    ) -> Result<Token, Failure> {
        let mut token = ptr::dangling_mut();
        let result = call(|error| unsafe { function(self.0, &mut token, error) });
        assert_eq!(token.is_null(), result.is_err(), "an output is written on success alone");
        result.map(|()| unsafe { Token::read(token) })
    }

    pub fn authorization(&self) -> Result<String, Failure> {
        let mut buffer = [1_i8; PERSONR_AUTHORIZATION_MAX];
        let mut length = 99;
        let result = call(|error| unsafe {
            personr_auth_authorization(self.0, buffer.as_mut_ptr().cast(), buffer.len(), &mut length, error)
        });
        let text = unsafe { string(buffer.as_ptr().cast()) };
        assert_eq!(text.len(), length, "the length is that of the text, and 0 on failure");
        result.map(|()| text)
    }

    pub fn reject(&self, token: &str) {
        let token = c(token);
        call(|error| unsafe { personr_auth_reject(self.0, token.as_ptr(), error) }).expect("rejected");
    }

    pub fn state(&self) -> i32 {
        unsafe { personr_auth_state(self.0) }
    }

    pub fn renews_at(&self) -> i64 {
        unsafe { personr_auth_renews_at(self.0) }
    }
}

impl Drop for Auth {
    fn drop(&mut self) {
        unsafe { personr_auth_free(self.0) }
    }
}
