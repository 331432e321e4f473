use std::ffi::{CString, c_char};
use std::sync::Arc;

use super::handle::{self, Handle, TypeWord, free, known_handle};
use super::json_document::{Lent, personr_json};
use super::status::{PERSONR_OK, personr_status, status_of};
use super::strings::{lend, owned};
use crate::error::Error;
use crate::json::{Bytes, Document};

/// Why a call failed: an object of the caller's, made by the call, freed by personr_error_free(). It never changes.
#[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
pub struct personr_error {
    _type: TypeWord<Self>,
    error: Error,
    message: CString,
    reason: CString,
    /// Of the answer that refused a request.
    document: Option<Lent>,
}

// SAFETY: the type is `repr(C)` and begins with its word.
unsafe impl Handle for personr_error {
    const NAME: &'static str = "personr_error";
}

impl personr_error {
    pub(super) fn boxed(error: Error) -> *mut Self {
        let (message, reason) = (owned(error.message()), owned(error.reason()));
        let document = error.answer().and_then(|answer| Document::parse(Arc::clone(answer) as Bytes).ok());
        handle::boxed(Self { _type: TypeWord::new(), error, message, reason, document: document.map(Lent::new) })
    }
}

/// Returns the kind of failure.
///
/// @param error The error. NULL gives #PERSONR_OK.
/// @return The status that the call returned too.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_status(error: *const personr_error) -> personr_status {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(error) }.map_or(PERSONR_OK, |error| status_of(error.error.status()))
}

/// Returns what happened, for people: a sentence in English or the service's own text, UTF-8, at most 1,000 characters.
///
/// It never holds a secret, and it is one line: each line break, control character and invisible character is replaced
/// by a space. If the service's text shows a secret once it is decoded, the whole text is "[redacted]".
///
/// @param error The error. NULL gives "".
/// @return Borrowed: valid until the error is freed. Never NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_message(error: *const personr_error) -> *const c_char {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(error) }.map_or(c"".as_ptr(), |error| error.message.as_ptr())
}

/// Returns what happened, for programs: the service's own word ("INVALID_LOGIN_CREDENTIALS"), "http-STATUS" where it
/// has none, or one of the library's, which the statuses list ("connect", "certificate-expired").
///
/// The library's own words never change their meaning; later versions may add some. It never holds a secret, is one
/// line, and has at most 100 characters.
///
/// @param error The error. NULL gives "".
/// @return Borrowed: valid until the error is freed. Never NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_reason(error: *const personr_error) -> *const c_char {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(error) }.map_or(c"".as_ptr(), |error| error.reason.as_ptr())
}

/// Returns the HTTP status of the service's answer.
///
/// @param error The error. NULL gives 0.
/// @return 100 to 599; 0 if there was no answer.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_http_status(error: *const personr_error) -> i32 {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(error) }.map_or(0, |error| error.error.http_status().into())
}

/// Returns how long to wait before the next try, in milliseconds from the moment of the failure.
///
/// It is what the service asked for (a day at most), or how long the library itself does not log in again. Until then a
/// call returns the same error without using the network.
///
/// @param error The error. NULL gives -1.
/// @return Milliseconds; -1 if it is not known.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_retry_after_ms(error: *const personr_error) -> i64 {
    // SAFETY: NULL or a live handle, says the header.
    let wait = unsafe { known_handle(error) }.and_then(|error| error.error.retry_after());
    wait.map_or(-1, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX))
}

/// Returns the answer that refused a request (personr_request_send()), as JSON: what the service itself says, in
/// "/message", "/response" or "/translation". It may repeat what you sent: it is not for a log.
///
/// @param error The error. NULL gives NULL.
/// @return Borrowed: valid until the error is freed, and never yours to free. NULL if there was no answer, or it is no
/// JSON.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_json(error: *const personr_error) -> *const personr_json {
    // SAFETY: NULL or a live handle, says the header.
    let document = unsafe { known_handle(error) }.and_then(|error| error.document.as_ref());
    document.map_or(std::ptr::null(), Lent::root)
}

/// Returns the body of the answer that refused a request (personr_request_send()), as it was received but for the token,
/// which is overwritten with "*". It may repeat what you sent: it is not for a log.
///
/// @param error      The error. NULL gives no bytes.
/// @param length_out Receives the number of bytes; 0 if there was no answer. May be NULL.
/// @return Borrowed: valid until the error is freed. Never NULL; a NUL stands behind the bytes and is not counted.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_body(error: *const personr_error, length_out: *mut usize) -> *const u8 {
    // SAFETY: NULL or a live handle, says the header.
    let answer = unsafe { known_handle(error) }.and_then(|error| error.error.answer());
    // SAFETY: NULL or a place to write to, says the header.
    unsafe { lend(answer.map(|answer| &**answer), length_out) }
}

/// Returns whether the service may have begun to do what personr_request_send() asked for.
///
/// 0: it has not begun, and sending the request again does no harm. So it is before the first byte has left, after a
/// 401, 404, 405, 408, 413 and 429, and where there was no token. 1: it is not known. So it is after a 5xx, another 4xx,
/// a refusal with HTTP 200, a broken connection, a time-out of the answer, and an answer that cannot be read.
///
/// @param error The error. NULL gives 1.
/// @return 0 or 1. For errors of functions that send no request it has no meaning.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_may_have_run(error: *const personr_error) -> i32 {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(error) }.is_none_or(|error| error.error.may_have_run()).into()
}

/// Frees an error and the strings borrowed from it.
///
/// @param error The error. NULL does nothing.
///
/// Threads: nothing else may use the error any more. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_error_free(error: *mut personr_error) {
    // SAFETY: NULL or a live handle that is not used again, says the header; made by `boxed`.
    unsafe { free(error) }
}
