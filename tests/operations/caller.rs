//! Operations by the C functions, and what the tests wait for.

use std::os::fd::RawFd;
use std::ptr;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::Sandbox;
use personr_testkit::client::{Auth, Failure, Options, c, call, string};

/// Long enough for any machine; nothing waits for it unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Longer than anything is waited for: what ends before is ended by something else.
pub const LONG_MS: u32 = 2 * PATIENCE.as_millis() as u32;

/// For a sandbox. No time of theirs ends a call before the test does.
pub fn patient_options(sandbox: &Sandbox) -> Options {
    let options = Options::of(sandbox);
    let_take_long(&options);
    options
}

pub fn let_take_long(options: &Options) {
    options.timeout_ms(LONG_MS);
    options.connect_timeout_ms(LONG_MS);
}

/// How an operation has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub status: i32,
    pub reason: String,
    pub may_have_run: i32,
}

impl Ended {
    pub fn kind(&self) -> (i32, &str) {
        (self.status, &self.reason)
    }
}

pub const CANCELLED: (i32, &str) = (PERSONR_CANCELLED, "cancelled");

#[derive(Debug)]
pub struct Operation(pub *mut personr_operation);

// One thread at a time uses it, but for `cancel`, which any thread may call.
unsafe impl Send for Operation {}
unsafe impl Sync for Operation {}

type Start =
    unsafe extern "C" fn(*const personr_auth, u32, *mut *mut personr_operation, *mut *mut personr_error) -> i32;

impl Operation {
    pub fn try_to(start: Start, auth: &Auth, timeout_ms: u32) -> Result<Self, Failure> {
        let mut operation = ptr::dangling_mut();
        let started = call(|error| unsafe { start(auth.0, timeout_ms, &mut operation, error) });
        assert_eq!(operation.is_null(), started.is_err(), "an output is written on success alone");
        started.map(|()| Self(operation))
    }

    /// `timeout_ms` 0: that of the options.
    pub fn token(auth: &Auth, timeout_ms: u32) -> Self {
        Self::try_to(personr_auth_token_start, auth, timeout_ms).expect("started")
    }

    pub fn login(auth: &Auth, timeout_ms: u32) -> Self {
        Self::try_to(personr_auth_login_start, auth, timeout_ms).expect("started")
    }

    /// A request with a text of so many bytes.
    pub fn try_to_send(auth: &Auth, endpoint: &str, length: usize, timeout_ms: u32) -> Result<Self, Failure> {
        let (endpoint, name, value) = (c(endpoint), c("text"), c(vec![b'x'; length]));
        let mut operation = ptr::dangling_mut();
        let started = unsafe {
            let request = personr_request_new(endpoint.as_ptr());
            let added = personr_request_add_text(request, name.as_ptr(), value.as_ptr(), ptr::null_mut());
            assert_eq!(added, PERSONR_OK);
            assert_eq!(personr_request_set_timeout_ms(request, timeout_ms, ptr::null_mut()), PERSONR_OK);
            let started = call(|error| personr_request_start(auth.0, request, &mut operation, error));
            personr_request_free(request);
            started
        };
        assert_eq!(operation.is_null(), started.is_err(), "an output is written on success alone");
        started.map(|()| Self(operation))
    }

    pub fn request(auth: &Auth, endpoint: &str, length: usize) -> Self {
        Self::try_to_send(auth, endpoint, length, LONG_MS).expect("started")
    }

    pub fn request_within(auth: &Auth, endpoint: &str, timeout_ms: u32) -> Self {
        Self::try_to_send(auth, endpoint, 1, timeout_ms).expect("started")
    }

    pub fn descriptor(&self) -> RawFd {
        unsafe { personr_operation_fd(self.0) }
    }

    pub fn step(&self) -> bool {
        unsafe { personr_operation_step(self.0) == 1 }
    }

    pub fn wait(&self, milliseconds: u32) -> bool {
        unsafe { personr_operation_wait(self.0, milliseconds) == 1 }
    }

    pub fn cancel(&self) {
        unsafe { personr_operation_cancel(self.0) }
    }

    /// Steps it, as a loop does, until it is done.
    pub fn run(&self) {
        let mut polled = libc::pollfd { fd: self.descriptor(), events: libc::POLLIN, revents: 0 };
        while !self.step() {
            // SAFETY: one entry of ours.
            let ready = unsafe { libc::poll(&mut polled, 1, PATIENCE.as_millis() as i32) };
            assert!(ready == 1, "the operation rings for nobody");
        }
    }

    /// Whether its loop would step it now.
    pub fn is_ready(&self) -> bool {
        let mut polled = libc::pollfd { fd: self.descriptor(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry of ours, and no wait.
        unsafe { libc::poll(&mut polled, 1, 0) == 1 }
    }

    /// The token, or why there is none.
    pub fn token_now(&self) -> Result<String, Ended> {
        let (mut token, mut error) = (ptr::dangling_mut(), ptr::dangling_mut());
        unsafe {
            let status = personr_operation_token(self.0, &mut token, &mut error);
            if let Err(ended) = ended(status, error) {
                assert!(token.is_null());
                return Err(ended);
            }
            let value = string(personr_token_value(token));
            personr_token_free(token);
            Ok(value)
        }
    }

    /// The status of the answer to a request, or why there is none.
    pub fn response_now(&self) -> Result<i32, Ended> {
        let (mut response, mut error) = (ptr::dangling_mut(), ptr::dangling_mut());
        unsafe {
            let status = personr_operation_response(self.0, &mut response, &mut error);
            if let Err(ended) = ended(status, error) {
                assert!(response.is_null());
                return Err(ended);
            }
            let status = personr_response_http_status(response);
            personr_response_free(response);
            Ok(status)
        }
    }

    pub fn runs_to_a_token(self) -> Result<String, Ended> {
        self.run();
        self.token_now()
    }

    pub fn sent(&self) -> (i64, i64) {
        let (mut sent, mut total) = (-2, -2);
        unsafe { personr_operation_progress(self.0, &mut sent, &mut total) };
        (sent, total)
    }

    /// Cancels it, and sees that it is done at once.
    pub fn is_cancelled_at_once(&self) {
        let begun = Instant::now();
        self.cancel();
        assert!(self.is_ready() && self.step(), "it is done");
        assert!(begun.elapsed() < Duration::from_secs(1), "nothing is waited for");
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        unsafe { personr_operation_free(self.0) }
    }
}

unsafe fn ended(status: i32, error: *mut personr_error) -> Result<(), Ended> {
    if status == PERSONR_OK {
        assert!(error.is_null());
        return Ok(());
    }
    unsafe {
        assert_eq!(personr_error_status(error), status);
        let reason = string(personr_error_reason(error));
        let may_have_run = personr_error_may_have_run(error);
        personr_error_free(error);
        Err(Ended { status, reason, may_have_run })
    }
}

/// The threads of the library in this process, by their names.
pub fn threads_of_the_library() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux");
    // A thread may end meanwhile.
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("personr-")).collect()
}

/// Waits until something is so, which nothing tells.
#[track_caller]
pub fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

pub fn wait_until_no_thread_is_left() {
    wait_until("no thread of the library is left", || threads_of_the_library().is_empty());
}
