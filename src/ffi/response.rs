use std::ffi::{CStr, CString, c_char};

use super::handle::{self, Handle, TypeWord, free, known_handle};
use super::json_document::{Lent, personr_json};
use super::strings::{lend, owned};
use crate::request::Response;

/// The answer to a request that the service has done: an object of the caller's, freed by personr_response_free(). It
/// never changes, outlives the personr_auth and the request, and is wiped when it is freed.
#[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
pub struct personr_response {
    _type: TypeWord<Self>,
    response: Response,
    document: Option<Lent>,
    /// With a NUL behind each value; empty where it is not visible ASCII.
    headers: Vec<(String, CString)>,
}

// SAFETY: the type is `repr(C)` and begins with its word.
unsafe impl Handle for personr_response {
    const NAME: &'static str = "personr_response";
}

impl personr_response {
    pub(super) fn boxed(mut response: Response) -> *mut Self {
        let document = response.take_document().map(Lent::new);
        let headers = response.headers().iter().map(|(name, value)| (name.clone(), owned(value))).collect();
        handle::boxed(Self { _type: TypeWord::new(), response, document, headers })
    }
}

/// Returns the HTTP status of the answer.
///
/// @param response The response. NULL gives 0.
/// @return 200 to 299.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_response_http_status(response: *const personr_response) -> i32 {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(response) }.map_or(0, |response| response.response.http_status().into())
}

/// Returns a header of the answer.
///
/// @param response The response. NULL gives "".
/// @param name     Its name, such as "content-type", in capital or small letters. NULL gives "".
/// @return Borrowed: valid until the response is freed. The first of several; "" if there is none, or if its value is
/// not visible ASCII. Never NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_response_header(
    response: *const personr_response,
    name: *const c_char,
) -> *const c_char {
    // SAFETY: NULL or a live handle, says the header.
    let Some(response) = (unsafe { known_handle(response) }).filter(|_| !name.is_null()) else { return c"".as_ptr() };
    // SAFETY: it is a string, says the header.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    let mut headers = response.headers.iter();
    headers.find(|(found, _)| found.as_bytes().eq_ignore_ascii_case(name)).map_or(c"".as_ptr(), |it| it.1.as_ptr())
}

/// Returns the body of the answer, as it was received but for the token, which is overwritten with "*".
///
/// @param response   The response. NULL gives no bytes.
/// @param length_out Receives the number of bytes. May be NULL.
/// @return Borrowed: valid until the response is freed. Never NULL; a NUL stands behind the bytes and is not counted.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_response_body(response: *const personr_response, length_out: *mut usize) -> *const u8 {
    // SAFETY: NULL or a live handle, says the header.
    let body = unsafe { known_handle(response) }.map(|response| response.response.terminated_body());
    // SAFETY: NULL or a place to write to, says the header.
    unsafe { lend(body, length_out) }
}

/// Returns the answer as JSON.
///
/// @param response The response. NULL gives NULL.
/// @return Borrowed: valid until the response is freed, and never yours to free. NULL if the answer is no JSON: an empty
/// one, say.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_response_json(response: *const personr_response) -> *const personr_json {
    // SAFETY: NULL or a live handle, says the header.
    let document = unsafe { known_handle(response) }.and_then(|response| response.document.as_ref());
    document.map_or(std::ptr::null(), Lent::root)
}

/// Frees a response, what was borrowed from it, and wipes it.
///
/// @param response The response. NULL does nothing.
///
/// Threads: nothing else may use the response any more. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_response_free(response: *mut personr_response) {
    // SAFETY: NULL or a live handle that is not used again, says the header; made by `boxed`.
    unsafe { free(response) }
}
