//! The handles of one input, and what the library may hand out.

mod tokens;

use std::ffi::c_void;
use std::ptr::{self, NonNull};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use personr::ffi::*;
use tempfile::TempDir;

use super::super::application::{self, Application, Applications};
use super::super::c::{Failure, Text, call, number};
use super::super::secrets::{EMAIL, PASSWORD};
use super::super::server::{Reply, Server};
use super::super::setters;
use tokens::check_state;

const PLACES: usize = 3;
/// For a whole call, whatever the input asks for.
const TIMEOUT_MS: u32 = 120;
const SILENCE: Duration = Duration::from_millis(20);

pub(super) struct World {
    server: &'static Server,
    applications: Arc<Applications>,
    folder: Option<TempDir>,
    options: [*mut personr_options; PLACES],
    auths: [*mut personr_auth; PLACES],
    tokens: [*mut personr_token; PLACES],
}

fn at<T>(places: &[*mut T; PLACES], place: usize) -> *mut T {
    places.get(place).copied().unwrap_or(ptr::null_mut())
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            server: Server::fresh(),
            applications: Arc::default(),
            folder: None,
            options: [ptr::null_mut(); PLACES],
            auths: [ptr::null_mut(); PLACES],
            tokens: [ptr::null_mut(); PLACES],
        }
    }

    /// # Safety
    /// The places hold live handles or NULL.
    pub(super) unsafe fn step(&mut self, letter: u8, place: usize, rest: &[u8]) {
        // SAFETY: promised by the caller; what is freed is replaced.
        unsafe {
            match letter {
                b'o' => self.new_options(place),
                b'x' => self.free_options(place),
                b'h' => self.set_store_callbacks(at(&self.options, place), rest),
                b'q' => self.set_credentials_callback(at(&self.options, place), rest),
                b'l' => self.set_log_callback(at(&self.options, place), rest),
                b'd' => self.set_folder(at(&self.options, place)),
                b'n' => self.new_auth(place, rest),
                b'F' => self.free_auth(place),
                b'L' | b'T' => self.obtain(letter, place, rest),
                b'P' => self.obtain_twice(at(&self.auths, place)),
                b'B' => self.authorization(at(&self.auths, place), rest),
                b'R' => self.reject(at(&self.auths, place), rest),
                b'S' => check_state(at(&self.auths, place)),
                b'G' => self.check_token(at(&self.tokens, place)),
                b'f' => self.free_token(place),
                b'A' => self.server.add(answer(rest)),
                b'W' => self.server.add(Reply::Bytes { bytes: with_line_ends(rest), closes: true }),
                b'C' => self.server.add(Reply::Nothing),
                b'Z' => self.server.add(Reply::Silence(SILENCE)),
                letter => self.set(at(&self.options, place), letter, rest),
            }
        }
    }

    /// Frees what is left. The library has let go of all that it was given.
    pub(super) fn end(mut self) {
        for place in 0..PLACES {
            // SAFETY: live or NULL, and not used again.
            unsafe {
                self.free_token(place);
                self.free_auth(place);
                self.free_options(place);
            }
        }
        self.server.wait();
        assert_eq!(
            self.applications.made.load(Ordering::Relaxed),
            self.applications.freed.load(Ordering::Relaxed),
            "user data"
        );
    }

    unsafe fn new_options(&mut self, place: usize) {
        // SAFETY: promised by the caller of `step`, here and below.
        unsafe {
            self.free_options(place);
            if place < PLACES {
                self.options[place] = personr_options_new();
                self.lead_home(self.options[place]);
                call(true, |error| personr_options_set_max_retries(self.options[place], 0, error)).expect("a number");
            }
        }
    }

    /// Whatever was set: to the service of this input, and not for long.
    unsafe fn lead_home(&self, options: *mut personr_options) {
        let url = Text::of(self.server.url().as_bytes());
        // SAFETY: as above.
        unsafe {
            call(true, |error| personr_options_set_base_url(options, url.as_ptr(), error)).expect("a loopback URL");
            call(true, |error| personr_options_set_timeout_ms(options, TIMEOUT_MS, error)).expect("a number");
        }
    }

    unsafe fn set(&self, options: *mut personr_options, letter: u8, value: &[u8]) {
        // SAFETY: as above.
        unsafe {
            let is_accepted = matches!(setters::set(options, letter, value), Some(Ok(())));
            match letter {
                b'b' if is_accepted => self.lead_home(options),
                b't' if is_accepted && number(value) as u32 > TIMEOUT_MS => self.lead_home(options),
                b'r' if is_accepted => {
                    let retries = number(value) as u32 % 2;
                    call(true, |error| personr_options_set_max_retries(options, retries, error)).expect("a number");
                }
                // Neither somebody else's folder nor a server.
                b'k' if is_accepted => {
                    let memory = c"memory:".as_ptr();
                    call(true, |error| personr_options_set_token_store(options, memory, error)).expect("a store");
                }
                _ => {}
            }
        }
    }

    unsafe fn set_store_callbacks(&self, options: *mut personr_options, plan: &[u8]) {
        let data = Application::register(&self.applications, plan);
        // Without one of the four nothing is taken.
        let is_whole = plan.first() != Some(&b'0');
        // SAFETY: as above; the callbacks keep the header's rules.
        unsafe {
            let set = call(true, |error| {
                personr_options_set_token_store_callbacks(
                    options,
                    Some(application::load),
                    Some(application::save),
                    is_whole.then_some(application::lock_record),
                    Some(application::unlock_record),
                    data,
                    Some(application::free_application),
                    error,
                )
            });
            assert!(set.is_err() || is_whole);
            give_back(set, data);
        }
    }

    unsafe fn set_credentials_callback(&self, options: *mut personr_options, plan: &[u8]) {
        let data = Application::register(&self.applications, plan);
        // SAFETY: as above.
        let set = unsafe {
            call(true, |error| {
                personr_options_set_credentials_callback(
                    options,
                    Some(application::ask),
                    data,
                    Some(application::free_application),
                    error,
                )
            })
        };
        // SAFETY: as above.
        unsafe { give_back(set, data) };
    }

    unsafe fn set_log_callback(&self, options: *mut personr_options, level_and_plan: &[u8]) {
        let data = Application::register(&self.applications, level_and_plan);
        let level = number(level_and_plan) as i32;
        // SAFETY: as above.
        unsafe {
            let set = call(true, |error| {
                personr_options_set_log_callback(
                    options,
                    Some(application::log),
                    level,
                    data,
                    Some(application::free_application),
                    error,
                )
            });
            assert!(set.is_err() || (PERSONR_LOG_ERROR..=PERSONR_LOG_DEBUG).contains(&level));
            give_back(set, data);
        }
    }

    unsafe fn set_folder(&mut self, options: *mut personr_options) {
        let folder = self.folder.get_or_insert_with(|| TempDir::new().expect("a temporary folder"));
        let url = Text::of(&[b"file:", folder.path().join("tokens").as_os_str().as_encoded_bytes()].concat());
        // SAFETY: as above.
        let set = unsafe { call(true, |error| personr_options_set_token_store(options, url.as_ptr(), error)) };
        assert_eq!(set.is_ok(), !options.is_null());
    }

    unsafe fn new_auth(&mut self, place: usize, rest: &[u8]) {
        let digit = |at: usize| usize::from(rest.get(at).map_or(0, |byte| byte.wrapping_sub(b'0')));
        let options = at(&self.options, digit(0));
        // Without options it would be the real service.
        if options.is_null() {
            return;
        }
        let email = match digit(1) {
            0 => Text::of(EMAIL.as_bytes()),
            1 => Text::of(b"other@personr.test"),
            _ => Text::of(&rest[1..]),
        };
        let password = match rest.get(2) {
            Some(b'1') => Text::of(b"another 8pass"),
            Some(b'N') => Text::of(b"@NULL"),
            Some(b'X') => Text::of(&rest[3..]),
            _ => Text::of(PASSWORD.as_bytes()),
        };
        let mut auth = NonNull::<personr_auth>::dangling().as_ptr();
        let out: *mut *mut personr_auth = if place < PLACES { &mut auth } else { ptr::null_mut() };
        // SAFETY: as above.
        unsafe {
            let made = call(true, |error| personr_auth_new(email.as_ptr(), password.as_ptr(), options, out, error));
            match made {
                Ok(()) => {
                    self.free_auth(place);
                    self.auths[place] = auth;
                }
                Err(failure) => {
                    assert!(out.is_null() || auth.is_null());
                    assert_eq!(failure.status, PERSONR_INVALID_ARGUMENT);
                }
            }
        }
    }

    unsafe fn free_options(&mut self, place: usize) {
        // SAFETY: as above.
        unsafe { personr_options_free(at(&self.options, place)) };
        self.options.get_mut(place).into_iter().for_each(|options| *options = ptr::null_mut());
    }

    unsafe fn free_auth(&mut self, place: usize) {
        // SAFETY: as above.
        unsafe { personr_auth_free(at(&self.auths, place)) };
        self.auths.get_mut(place).into_iter().for_each(|auth| *auth = ptr::null_mut());
    }

    unsafe fn free_token(&mut self, place: usize) {
        // SAFETY: as above.
        unsafe { personr_token_free(at(&self.tokens, place)) };
        self.tokens.get_mut(place).into_iter().for_each(|token| *token = ptr::null_mut());
    }
}

/// What a registration that failed did not take.
///
/// # Safety
/// `data` came from `Application::register`, and nobody else frees it.
unsafe fn give_back(set: Result<(), Failure>, data: *mut c_void) {
    if set.is_err() {
        // SAFETY: promised by the caller.
        unsafe { application::free_application(data) };
    }
}

/// `200 {"status": …}` as an answer of HTTP.
fn answer(status_and_body: &[u8]) -> Reply {
    let space = status_and_body.iter().position(|byte| *byte == b' ').unwrap_or(0);
    let (status, body) = status_and_body.split_at(space);
    let body = body.get(1..).unwrap_or_default();
    let head = format!("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n", String::from_utf8_lossy(status), body.len());
    Reply::Bytes { bytes: [head.as_bytes(), body].concat(), closes: false }
}

fn with_line_ends(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| if *byte == b'^' { &b"\r\n"[..] } else { std::slice::from_ref(byte) })
        .copied()
        .collect()
}
