//! Calls of C functions as a careful C programmer makes them, and what must hold after each.

use std::ffi::{CStr, CString, c_char};
use std::ptr::{self, NonNull};

use personr::ffi::*;

use super::secrets::assert_presentable;

/// How a call failed.
#[derive(Debug)]
pub struct Failure {
    pub status: i32,
    pub message: String,
}

/// Makes a call that takes a place for an error as its last argument, or NULL in its stead.
pub fn call(wants_error: bool, function: impl FnOnce(*mut *mut personr_error) -> i32) -> Result<(), Failure> {
    // No handle: a call that leaves it in place is found out.
    let mut error = NonNull::<personr_error>::dangling().as_ptr();
    let status = function(if wants_error { &mut error } else { ptr::null_mut() });
    // A panic inside is the one or the other; nothing here asks for either.
    assert!(![PERSONR_INTERNAL, PERSONR_CANCELLED].contains(&status), "{}", name_of(status));
    if !wants_error {
        return if status == PERSONR_OK { Ok(()) } else { Err(Failure { status, message: String::new() }) };
    }
    assert_eq!(status == PERSONR_OK, error.is_null());
    if status == PERSONR_OK {
        return Ok(());
    }
    // SAFETY: the call failed and left a live error, which is read and freed once.
    unsafe {
        let message = text(personr_error_message(error));
        let reason = text(personr_error_reason(error));
        let http_status = personr_error_http_status(error);
        let retry_after = personr_error_retry_after_ms(error);
        assert_eq!(personr_error_status(error), status);
        personr_error_free(error);
        assert!(!message.is_empty() && !reason.is_empty(), "{status}: {reason:?}, {message:?}");
        assert!((0..=999).contains(&http_status) && retry_after >= -1, "{http_status}, {retry_after}");
        assert!(name_of(status).starts_with("PERSONR_") && name_of(status) != "PERSONR_UNKNOWN");
        assert_presentable(&reason);
        assert_presentable(&message);
        Err(Failure { status, message })
    }
}

pub fn name_of(status: i32) -> &'static str {
    // SAFETY: it is a string of the library's for any number.
    unsafe { CStr::from_ptr(personr_status_name(status)) }.to_str().expect("names are ASCII")
}

/// A string that the library lends.
///
/// # Safety
/// `pointer` came from a getter whose handle is alive.
pub unsafe fn text(pointer: *const c_char) -> String {
    assert!(!pointer.is_null());
    // SAFETY: promised by the caller; not NULL.
    unsafe { CStr::from_ptr(pointer) }.to_str().expect("strings out are UTF-8").to_owned()
}

/// An argument for a string: any bytes up to a NUL, or NULL, which inputs write `@NULL`.
pub struct Text(Option<CString>);

impl Text {
    pub fn of(bytes: &[u8]) -> Self {
        let bytes = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Self((bytes != b"@NULL").then(|| CString::new(bytes).expect("cut at the first NUL")))
    }

    pub fn as_ptr(&self) -> *const c_char {
        self.0.as_ref().map_or(ptr::null(), |text| text.as_ptr())
    }

    /// What the library can have accepted where it wants UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        self.0.as_ref()?.to_str().ok()
    }

    /// What it can have accepted where it takes any bytes.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        Some(self.0.as_ref()?.as_bytes())
    }
}

/// The number that a text begins with; other texts stand for numbers that no table has.
pub fn number(bytes: &[u8]) -> i64 {
    let digits = bytes.iter().take(20).take_while(|byte| byte.is_ascii_digit() || **byte == b'-').count();
    let text = std::str::from_utf8(&bytes[..digits]).unwrap_or_default();
    text.parse().unwrap_or_else(|_| bytes.iter().take(8).fold(-1, |number, byte| number << 8 ^ i64::from(*byte)))
}
