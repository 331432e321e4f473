//! The callbacks of an application that keeps its contract and nothing more: it fails as its plan says.
//!
//! A plan is a row of letters, one for each call, which begins anew at its end.

use std::collections::HashMap;
use std::ffi::{c_char, c_void};
use std::ptr;
use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use personr::ffi::*;

use super::c::text;
use super::secrets::{PASSWORD, TOKEN_OF_ANOTHER, assert_none_in, assert_presentable, has_secret};

/// What all applications of an input share.
#[derive(Default)]
pub struct Applications {
    records: Mutex<HashMap<String, Vec<u8>>>,
    /// Records that no save has brought.
    pub planted: Mutex<Vec<Vec<u8>>>,
    pub made: AtomicUsize,
    pub freed: AtomicUsize,
}

/// The user data of one registration.
pub struct Application {
    applications: Arc<Applications>,
    plan: Vec<u8>,
    calls: AtomicUsize,
    /// What a load gives out when the plan says so.
    record: Vec<u8>,
}

impl Application {
    /// The user data for a plan and, behind a comma, a record.
    pub fn register(applications: &Arc<Applications>, plan: &[u8]) -> *mut c_void {
        let mut parts = plan.splitn(2, |byte| *byte == b',');
        let plan = parts.next().unwrap_or_default().to_vec();
        // Who plants a secret in a store gets it back.
        let token = TOKEN_OF_ANOTHER.as_bytes();
        let is_harmless =
            |record: &&[u8]| !has_secret(record) && !record.windows(token.len()).any(|part| part == token);
        let record = parts.next().filter(is_harmless).unwrap_or_default().to_vec();
        applications.made.fetch_add(1, Ordering::Relaxed);
        let application = Self { applications: Arc::clone(applications), plan, calls: AtomicUsize::new(0), record };
        Box::into_raw(Box::new(application)).cast()
    }

    fn step(&self) -> u8 {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        // A call back into the library, which refuses it.
        let step = *self.plan.get(call % self.plan.len().max(1)).unwrap_or(&b'.');
        if step == b'i' {
            // SAFETY: NULL is no handle, and an output may be NULL.
            let status = unsafe { personr_auth_login(ptr::null(), ptr::null_mut(), ptr::null_mut()) };
            assert_eq!(status, PERSONR_INVALID_ARGUMENT);
        }
        step
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// # Safety
/// `user_data` is a live application.
unsafe fn application<'a>(user_data: *mut c_void) -> &'a Application {
    // SAFETY: promised by the caller.
    unsafe { &*user_data.cast::<Application>() }
}

/// What a callback returns for a step that fails.
fn failure(step: u8) -> Option<i32> {
    match step {
        b'e' => Some(0),
        b'x' => Some(i32::MIN),
        b'b' => Some(PERSONR_STORE_BUSY),
        _ => None,
    }
}

// SAFETY of all below: the library calls them as the header says, with the user data of `Application::register`.

pub unsafe extern "C" fn load(
    user_data: *mut c_void,
    key: *const c_char,
    buffer: *mut u8,
    capacity: usize,
    length_out: *mut usize,
) -> i32 {
    // SAFETY: see above; so many bytes may be written, and never more are.
    unsafe {
        let application = application(user_data);
        let step = application.step();
        if let Some(code) = failure(step) {
            return code;
        }
        if step == b'l' {
            *length_out = capacity + 1;
            return PERSONR_CALLBACK_OK;
        }
        let record = match step {
            b'g' => {
                lock(&application.applications.planted).push(application.record.clone());
                application.record.clone()
            }
            _ => lock(&application.applications.records).get(&text(key)).cloned().unwrap_or_default(),
        };
        let length = record.len().min(capacity);
        ptr::copy_nonoverlapping(record.as_ptr(), buffer, length);
        *length_out = length;
        PERSONR_CALLBACK_OK
    }
}

pub unsafe extern "C" fn save(
    user_data: *mut c_void,
    key: *const c_char,
    owner: *const c_char,
    record: *const u8,
    length: usize,
) -> i32 {
    // SAFETY: see above.
    unsafe {
        let application = application(user_data);
        assert!((1..=PERSONR_RECORD_MAX).contains(&length) && text(owner).len() == 32);
        if let Some(code) = failure(application.step()) {
            return code;
        }
        let record = slice::from_raw_parts(record, length).to_vec();
        assert_none_in(&own_words(&record));
        lock(&application.applications.records).insert(text(key), record);
        PERSONR_CALLBACK_OK
    }
}

/// A record without what the service said in it, which may be anything. The first save is a trial: it puts back what
/// was there, which may be no record.
fn own_words(record: &[u8]) -> String {
    let Ok(serde_json::Value::Object(mut own)) = serde_json::from_slice(record) else {
        return String::from_utf8_lossy(record).into_owned();
    };
    own.remove("token");
    own.remove("user_id");
    serde_json::Value::Object(own).to_string()
}

/// There is no lock to wait for: calls of one input may overlap, which costs a login more and no promise.
pub unsafe extern "C" fn lock_record(
    user_data: *mut c_void,
    key: *const c_char,
    owner: *const c_char,
    _wait: u32,
    lease: u32,
) -> i32 {
    // SAFETY: see above.
    unsafe {
        assert!(text(key).len() == 64 && text(owner).len() == 32 && lease > 0);
        failure(application(user_data).step()).unwrap_or(PERSONR_CALLBACK_OK)
    }
}

pub unsafe extern "C" fn unlock_record(user_data: *mut c_void, _key: *const c_char, _owner: *const c_char) -> i32 {
    // SAFETY: see above.
    unsafe { failure(application(user_data).step()).unwrap_or(PERSONR_CALLBACK_OK) }
}

pub unsafe extern "C" fn ask(
    user_data: *mut c_void,
    email: *const c_char,
    password: *mut c_char,
    capacity: usize,
) -> i32 {
    // SAFETY: see above; so many bytes may be written, and never more are.
    unsafe {
        let application = application(user_data);
        assert!(!text(email).is_empty());
        let answer = match application.step() {
            step if failure(step).is_some() => return failure(step).unwrap_or(1),
            b'n' => {
                ptr::write_bytes(password, b'p', capacity);
                return PERSONR_CALLBACK_OK;
            }
            b'z' => b"\0".to_vec(),
            b'u' => b"\xff\xfe\0".to_vec(),
            b'c' => b"a\nb\0".to_vec(),
            _ => format!("{PASSWORD}\0").into_bytes(),
        };
        ptr::copy_nonoverlapping(answer.as_ptr(), password.cast(), answer.len().min(capacity));
        PERSONR_CALLBACK_OK
    }
}

pub unsafe extern "C" fn log(user_data: *mut c_void, level: i32, event: *const c_char, line: *const c_char) {
    // SAFETY: see above.
    unsafe {
        application(user_data).step();
        assert!((PERSONR_LOG_ERROR..=PERSONR_LOG_DEBUG).contains(&level) && !text(event).is_empty());
        assert_presentable(&text(line));
    }
}

pub unsafe extern "C" fn free_application(user_data: *mut c_void) {
    // SAFETY: see above; the library calls it once, when nobody uses the application any more.
    let application = unsafe { Box::from_raw(user_data.cast::<Application>()) };
    application.applications.freed.fetch_add(1, Ordering::Relaxed);
}
