//! Requests by the C functions.

use std::ptr;

use personr::ffi::*;

use crate::server::Server;
use personr_testkit::client::{Auth, Options, c, string};

/// What a failed send reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: i32,
    pub reason: String,
    pub message: String,
    pub http_status: i32,
    pub may_have_run: i32,
    pub retry_after_ms: i64,
    pub body: Vec<u8>,
}

impl Refusal {
    pub fn kind(&self) -> (i32, &str, i32) {
        (self.status, &self.reason, self.may_have_run)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub http_status: i32,
    pub body: Vec<u8>,
}

pub struct Request(pub *mut personr_request);

// Any number of threads may send it.
unsafe impl Sync for Request {}

impl Request {
    pub fn new(endpoint: &str) -> Self {
        let endpoint = c(endpoint);
        Self(unsafe { personr_request_new(endpoint.as_ptr()) })
    }

    fn ok(&self, call: impl FnOnce(*mut personr_request, *mut *mut personr_error) -> i32) -> &Self {
        assert_eq!(call(self.0, ptr::null_mut()), PERSONR_OK);
        self
    }

    pub fn json(&self) -> &Self {
        self.ok(|request, error| unsafe { personr_request_set_format(request, PERSONR_FORMAT_JSON, error) })
    }

    pub fn repeatable(&self, repeatable: bool) -> &Self {
        self.ok(|request, error| unsafe { personr_request_set_repeatable(request, repeatable.into(), error) })
    }

    pub fn timeout_ms(&self, milliseconds: u32) -> &Self {
        self.ok(|request, error| unsafe { personr_request_set_timeout_ms(request, milliseconds, error) })
    }

    pub fn response_max(&self, bytes: u32) -> &Self {
        self.ok(|request, error| unsafe { personr_request_set_response_max(request, bytes, error) })
    }

    pub fn text(&self, name: &str, value: &str) -> &Self {
        let (name, value) = (c(name), c(value));
        self.ok(|request, error| unsafe { personr_request_add_text(request, name.as_ptr(), value.as_ptr(), error) })
    }

    pub fn file(&self, name: &str, path: &std::path::Path, encoding: i32) -> &Self {
        let (name, path) = (c(name), c(path.as_os_str().as_encoded_bytes()));
        self.ok(|request, error| unsafe {
            personr_request_add_file(request, name.as_ptr(), path.as_ptr(), ptr::null(), encoding, error)
        })
    }

    pub fn bytes(&self, name: &str, bytes: &[u8], encoding: i32) -> &Self {
        let (name, file_name) = (c(name), c("scan.pdf"));
        self.ok(|request, error| unsafe {
            let (bytes, length) = (bytes.as_ptr(), bytes.len());
            personr_request_add_bytes(request, name.as_ptr(), bytes, length, file_name.as_ptr(), encoding, error)
        })
    }

    pub fn send(&self, auth: &Auth) -> Result<Answer, Refusal> {
        let (mut response, mut error) = (ptr::dangling_mut(), ptr::dangling_mut());
        unsafe {
            let status = personr_request_send(auth.0, self.0, &mut response, &mut error);
            let mut length = 0;
            if status == PERSONR_OK {
                assert!(error.is_null() && !response.is_null());
                let body = personr_response_body(response, &mut length);
                let answer = Answer {
                    http_status: personr_response_http_status(response),
                    body: std::slice::from_raw_parts(body, length).to_vec(),
                };
                personr_response_free(response);
                return Ok(answer);
            }
            assert!(response.is_null() && !error.is_null());
            let body = personr_error_body(error, &mut length);
            let refusal = Refusal {
                status,
                reason: string(personr_error_reason(error)),
                message: string(personr_error_message(error)),
                http_status: personr_error_http_status(error),
                may_have_run: personr_error_may_have_run(error),
                retry_after_ms: personr_error_retry_after_ms(error),
                body: std::slice::from_raw_parts(body, length).to_vec(),
            };
            assert_eq!(personr_error_status(error), status);
            personr_error_free(error);
            Err(refusal)
        }
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        unsafe { personr_request_free(self.0) }
    }
}

/// An account at a server of the test's, which is tried so many times again. With a token in hand.
pub fn account(server: &Server, retries: u32) -> Auth {
    let auth = account_without_token(server, retries);
    auth.token().expect("a token");
    auth
}

pub fn account_without_token(server: &Server, retries: u32) -> Auth {
    let options = Options::new();
    options.base_url(&server.url()).expect("accepted");
    options.max_retries(retries);
    options.demo()
}
