use std::ffi::c_char;

use super::boundary::quietly;
use super::error::personr_error;
use super::guard::guard_anywhere;
use super::handle::{self, Handle, TypeWord, free, handle_mut};
use super::status::personr_status;
use super::strings::{bytes_or_none, optional_text, string, text};
use crate::error::{Error, Result};
use crate::request::{Encoding, Format, Request};

/// The fields become a form (multipart/form-data, RFC 7578). The default, and what most endpoints are documented with.
pub const PERSONR_FORMAT_MULTIPART: i32 = 0;
/// The fields become the members of one JSON object.
pub const PERSONR_FORMAT_JSON: i32 = 1;

/// A file becomes a JSON object: {"filename":"...","contents":"BASE64"}. In a form it is the text of a field.
pub const PERSONR_ENCODING_OBJECT: i32 = 0;
/// A file becomes its Base64 alone, as text.
pub const PERSONR_ENCODING_BASE64: i32 = 1;
/// A file is sent as it is: a part of a form with a file name and the type application/octet-stream (RFC 7578). Not for
/// #PERSONR_FORMAT_JSON.
pub const PERSONR_ENCODING_BINARY: i32 = 2;

/// What is sent to one endpoint of the service: fields, or a body of your own. Freed by personr_request_free().
///
///     personr_request *request = personr_request_new("api-document-upload");
///     personr_response *response;
///
///     personr_request_set_format(request, PERSONR_FORMAT_JSON, NULL);
///     personr_request_add_text(request, "applicantId", id, NULL);
///     personr_request_add_file(request, "docFile", "scan.pdf", NULL, PERSONR_ENCODING_OBJECT, NULL);
///     if (personr_request_send(auth, request, &response, &error) != PERSONR_OK) ...
///     personr_request_free(request);
///
/// **Check at the send alone, if you like.** The first thing that personr_request_new(), a setter or an adder finds
/// wrong stays, and is what personr_request_send() returns; its message repeats no argument. The calls report what each
/// of them finds wrong, too. What a failed call was to set or add is left out. #PERSONR_INTERNAL does not stay.
///
/// One thread fills it. Then any number of threads may send it at once, and again: each send takes it as it stands at
/// the call. All that it holds is copied, and wiped when it is freed; files are read at the send.
#[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
pub struct personr_request {
    _type: TypeWord<Self>,
    pub(super) request: Request,
}

// SAFETY: the type is `repr(C)` and begins with its word.
unsafe impl Handle for personr_request {
    const NAME: &'static str = "personr_request";
}

/// Makes a request to an endpoint, which sends no fields yet.
///
/// @param endpoint Its name under the base URL, such as "api-applicant-create": 1 to 255 letters, digits, "-", ".",
///                 "_" and "~", in segments with "/" between them. No segment is empty, "." or ".."; there is no query
///                 and no percent-encoding. The two logins (api-basic-auth, api-token-generate) are refused: their
///                 token would be unknown to the token store, and end the one in it. Copied. May be NULL:
///                 that, and whatever is wrong with it, is what personr_request_send() returns.
/// @return The request, yours to free by personr_request_free(). Never NULL.
///
/// Threads: any, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_new(endpoint: *const c_char) -> *mut personr_request {
    let made = |request| handle::boxed(personr_request { _type: TypeWord::new(), request });
    let fallback = || {
        let mut request = Request::nowhere();
        request.refuse(Error::argument("endpoint", "it could not be read"));
        made(request)
    };
    let request = quietly(std::ptr::null_mut(), || {
        // SAFETY: the header asks for NULL or a string.
        let request = match unsafe { text("endpoint", endpoint) } {
            Ok(endpoint) => Request::new(endpoint),
            Err(error) => {
                let mut request = Request::nowhere();
                request.refuse(error);
                request
            }
        };
        made(request)
    });
    if request.is_null() { fallback() } else { request }
}

/// Frees a request, and wipes what it holds.
///
/// @param request The request. NULL does nothing.
///
/// Threads: nothing else may use the request any more. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_free(request: *mut personr_request) {
    // SAFETY: NULL or a live handle that is not used again, says the header; made by `personr_request_new`.
    unsafe { free(request) }
}

/// What is wrong with an argument stays with the request, as what is wrong with its value does.
///
/// # Safety
/// `request` is NULL or a live handle that nobody else uses; `error` is NULL or may be written to.
unsafe fn fill(
    request: *mut personr_request,
    error: *mut *mut personr_error,
    work: impl FnOnce(&mut Request) -> Result<()>,
) -> personr_status {
    // SAFETY: promised by the caller.
    unsafe {
        guard_anywhere(error, || {
            let request = &mut handle_mut("request", request)?.request;
            work(request).map_err(|error| request.refuse(error))
        })
    }
}

/// Sets how the fields become a body. With personr_request_set_body() there are no fields: a send of both is
/// #PERSONR_INVALID_ARGUMENT.
///
/// With #PERSONR_FORMAT_JSON a send of two fields of the same name, or of a file as #PERSONR_ENCODING_BINARY, is
/// #PERSONR_INVALID_ARGUMENT. In a form a name may stand more than once: the parts keep their order. A request without
/// fields sends "{}", or an empty form.
///
/// @param request The request.
/// @param format  #PERSONR_FORMAT_MULTIPART (the default) or #PERSONR_FORMAT_JSON.
/// @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_set_format(
    request: *mut personr_request,
    format: i32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, and a place to write to.
    unsafe {
        fill(request, error, |request| match format {
            PERSONR_FORMAT_MULTIPART => request.set_format(Format::Multipart),
            PERSONR_FORMAT_JSON => request.set_format(Format::Json),
            _ => Err(Error::argument("format", "there is no such format")),
        })
    }
}

/// Adds a text.
///
/// @param request The request.
/// @param name    1 to 256 bytes of UTF-8, no control character. It is sent as it stands, but for a double quote in a
///                form, which is "%22" there, as browsers write it. Copied.
/// @param value   UTF-8 of any length, which may be empty. In a form it is sent byte for byte, in JSON as a string.
///                Copied.
/// @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_add_text(
    request: *mut personr_request,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, strings, and a place to write to.
    unsafe { fill(request, error, |request| request.add_text(text("name", name)?, text("value", value)?)) }
}

/// Adds a value that is JSON already: a list, a number, true, null, an object.
///
/// @param request The request.
/// @param name    As for personr_request_add_text(). Copied.
/// @param json    One JSON value as RFC 8259 writes it, at most 128 levels deep, such as "[\"UUID1\",\"UUID2\"]". It is
///                sent byte for byte; in a form as text. Copied.
/// @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_add_json(
    request: *mut personr_request,
    name: *const c_char,
    json: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, strings, and a place to write to.
    unsafe { fill(request, error, |request| request.add_json(text("name", name)?, text("json", json)?.as_bytes())) }
}

fn encoding_of(encoding: i32) -> Result<Encoding> {
    match encoding {
        PERSONR_ENCODING_OBJECT => Ok(Encoding::Object),
        PERSONR_ENCODING_BASE64 => Ok(Encoding::Base64),
        PERSONR_ENCODING_BINARY => Ok(Encoding::Binary),
        _ => Err(Error::argument("encoding", "there is no such encoding")),
    }
}

/// Adds a file, which is opened and read at each send, piece by piece: it never stands in memory whole.
///
/// The send ends with #PERSONR_FILE if it is not there, if it is no regular file (symbolic links are followed), or if
/// it is written to while it is being sent, as its size and its times tell. What was sent of it then is incomplete, and
/// cannot be taken for the whole.
///
/// @param request   The request.
/// @param name      As for personr_request_add_text(). Copied.
/// @param path      Any bytes but NUL. A relative one is resolved at the send. Copied.
/// @param file_name How the service is to call the file: as a name. NULL for the last part of the path, which then must
///                  be such a name too. Not used by #PERSONR_ENCODING_BASE64. Copied.
/// @param encoding  #PERSONR_ENCODING_OBJECT, #PERSONR_ENCODING_BASE64 or #PERSONR_ENCODING_BINARY. Which one an
///                  endpoint takes stands in the service's manual.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_add_file(
    request: *mut personr_request,
    name: *const c_char,
    path: *const c_char,
    file_name: *const c_char,
    encoding: i32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, NULL or strings, and a place to write to.
    unsafe {
        fill(request, error, |request| {
            let (name, path) = (text("name", name)?, string("path", path)?.to_bytes());
            request.add_file(name, path, optional_text("file_name", file_name)?, encoding_of(encoding)?)
        })
    }
}

/// Adds bytes of yours as a file.
///
/// @param request   The request.
/// @param name      As for personr_request_add_text(). Copied.
/// @param bytes     The contents. Copied. May be NULL if length is 0.
/// @param length    Their number.
/// @param file_name How the service is to call the file: as a name. NULL for #PERSONR_ENCODING_BASE64 alone, which does
///                  not use it. Copied.
/// @param encoding  #PERSONR_ENCODING_OBJECT, #PERSONR_ENCODING_BASE64 or #PERSONR_ENCODING_BINARY.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_add_bytes(
    request: *mut personr_request,
    name: *const c_char,
    bytes: *const u8,
    length: usize,
    file_name: *const c_char,
    encoding: i32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, NULL or strings, so many bytes, and a place to
    // write to.
    unsafe {
        fill(request, error, |request| {
            let (name, bytes) = (text("name", name)?, bytes_or_none("bytes", bytes, length)?);
            request.add_bytes(name, bytes, optional_text("file_name", file_name)?, encoding_of(encoding)?)
        })
    }
}

/// Sets a body that is sent as it stands, in place of fields. A send of a request that has fields or a format as well
/// is #PERSONR_INVALID_ARGUMENT.
///
/// @param request      The request.
/// @param content_type The value of its Content-Type header: 1 to 256 characters of printable ASCII, no space at its
///                     ends. Copied.
/// @param body         Any bytes. Copied. May be NULL if length is 0.
/// @param length       Their number.
/// @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_set_body(
    request: *mut personr_request,
    content_type: *const c_char,
    body: *const u8,
    length: usize,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, a string, so many bytes, and a place to write
    // to.
    unsafe {
        fill(request, error, |request| {
            request.set_body(text("content_type", content_type)?, bytes_or_none("body", body, length)?)
        })
    }
}

/// Says whether it does no harm if the service does twice what the request asks for.
///
/// Most endpoints have side effects: api-applicant-create makes a new applicant each time, and
/// api-request-applicant-check counts towards a limit. So by default what may have reached the service is never sent
/// again. For a request that only reads, such as api-applicant-status, set 1: then it is sent again after a 5xx or a
/// broken connection, as often as personr_options_set_max_retries() allows, and never after a time-out.
///
/// @param request    The request.
/// @param repeatable 0 (the default) or 1.
/// @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_set_repeatable(
    request: *mut personr_request,
    repeatable: i32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, and a place to write to.
    unsafe {
        fill(request, error, |request| match repeatable {
            0 => request.set_repeatable(false),
            1 => request.set_repeatable(true),
            _ => Err(Error::argument("repeatable", "it is neither 0 nor 1")),
        })
    }
}

/// Sets how long a send may take in all: the token, connecting, the upload, repetitions, and the answer.
///
/// @param request    The request.
/// @param timeout_ms Milliseconds, 1 to 3600000 (an hour). 60000 unless set.
/// @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_set_timeout_ms(
    request: *mut personr_request,
    timeout_ms: u32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, and a place to write to.
    unsafe { fill(request, error, |request| request.set_timeout_ms(timeout_ms)) }
}

/// Sets how long an answer may be. A longer one is #PERSONR_PROTOCOL, reason "too-large".
///
/// @param request      The request.
/// @param response_max Bytes of the answer's body, 1 to 67108864 (64 MiB, which is the default).
/// @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each request, also inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_set_response_max(
    request: *mut personr_request,
    response_max: u32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle of this thread's, and a place to write to.
    unsafe { fill(request, error, |request| request.set_response_max(response_max)) }
}
