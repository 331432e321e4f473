use std::ffi::c_char;
use std::ptr;

use super::boundary::quietly;
use super::error::personr_error;
use super::guard::guard_anywhere;
use super::handle::{known_handle, optional_handle};
use super::json_document::{Held, held, opened, personr_json};
use super::status::personr_status;
use super::strings::{Output, bytes, text};
use crate::error::{Error, Result, Status};
use crate::json::{Document, Pointer, Value};

/// There is no such value.
pub const PERSONR_TYPE_MISSING: i32 = 0;
/// null.
pub const PERSONR_TYPE_NULL: i32 = 1;
/// true or false.
pub const PERSONR_TYPE_BOOLEAN: i32 = 2;
/// A number.
pub const PERSONR_TYPE_NUMBER: i32 = 3;
/// A string.
pub const PERSONR_TYPE_STRING: i32 = 4;
/// An array: elements in their order.
pub const PERSONR_TYPE_ARRAY: i32 = 5;
/// An object: members with names, in their order.
pub const PERSONR_TYPE_OBJECT: i32 = 6;

/// The value that a pointer names, for functions that return no status.
///
/// # Safety
/// `json` is NULL or a live handle of this library, of any type; `pointer` is NULL or a NUL-terminated string.
unsafe fn known<'a>(json: *const personr_json, pointer: *const c_char) -> Option<(&'a Held, Value<'a>)> {
    // SAFETY: promised by the caller; the type is checked before the handle is used.
    unsafe {
        known_handle(json)?;
        let pointer = Pointer::parse(text("pointer", pointer).ok()?).ok()?;
        let (held, value) = opened(json)?;
        Some((held, value.get(pointer)?))
    }
}

/// The value that a pointer names, or why there is none.
///
/// # Safety
/// As for [`known`].
pub(super) unsafe fn found<'a>(json: *const personr_json, pointer: *const c_char) -> Result<Value<'a>> {
    // SAFETY: promised by the caller; the type is checked before the handle is used.
    unsafe {
        let is_there = optional_handle("json", json)?.is_some();
        let pointer = Pointer::parse(text("pointer", pointer)?)?;
        let value = if is_there { opened(json) } else { None };
        value
            .and_then(|(_, value)| value.get(pointer))
            .ok_or_else(|| Error::new(Status::NoValue, "json-missing", "nothing stands where the pointer leads"))
    }
}

/// As [`found`], for functions that cannot say why there is none.
///
/// # Safety
/// As for [`known`].
pub(super) unsafe fn seen<R>(
    json: *const personr_json,
    pointer: *const c_char,
    otherwise: R,
    look: impl FnOnce(Value<'_>) -> Option<R>,
) -> R
where
    R: Copy,
{
    // SAFETY: promised by the caller.
    quietly(otherwise, || unsafe { known(json, pointer) }.and_then(|(_, value)| look(value)).unwrap_or(otherwise))
}

/// Reads a JSON document: the body of a webhook, say.
///
/// @param text     The text: UTF-8, at most 64 MiB. Copied. May be NULL if the length is 0.
/// @param length   Its length in bytes.
/// @param json_out Receives the document, yours to free by personr_json_free(). NULL on failure.
/// @param error    Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_PROTOCOL, reason "json" (it is no JSON; the message says at which byte), "json-depth"
/// (more than 128 arrays and objects within each other) or "too-large" (64 MiB, 1,000,000 values);
/// #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: any. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_parse(
    text: *const u8,
    length: usize,
    json_out: *mut *mut personr_json,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or so many bytes, and places to write to.
    unsafe {
        let json_out = Output::cleared(json_out, ptr::null_mut());
        guard_anywhere(error, || {
            let json_out = json_out.required("json_out")?;
            let text = if length == 0 { &[] } else { bytes("text", text, length)? };
            let document = Document::parse_copy(text)?;
            let held = Held::boxed(document, true);
            json_out.set((*held).root().cast_mut());
            Ok(())
        })
    }
}

/// Frees a document that personr_json_parse() made, and all that is borrowed from it. Its text is wiped.
///
/// @param json The document. NULL does nothing, and neither does a value that is borrowed.
///
/// Threads: nothing else may use the document any more. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_free(json: *mut personr_json) {
    // SAFETY: NULL or a live handle, says the header; a document that is the application's came from a box, and its
    // root is not used again.
    unsafe {
        if known_handle(json).is_none() {
            return;
        }
        let held = held(json);
        if (*held).is_applications && (*held).root() == json.cast_const() {
            quietly((), || drop(Box::from_raw(held)));
        }
    }
}

/// Returns the type of a value.
///
/// @param json    A value. NULL gives #PERSONR_TYPE_MISSING.
/// @param pointer Where to go from there, "" for itself.
/// @return #PERSONR_TYPE_MISSING (also for a malformed pointer), #PERSONR_TYPE_NULL, #PERSONR_TYPE_BOOLEAN,
/// #PERSONR_TYPE_NUMBER, #PERSONR_TYPE_STRING, #PERSONR_TYPE_ARRAY or #PERSONR_TYPE_OBJECT.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_type(json: *const personr_json, pointer: *const c_char) -> i32 {
    // SAFETY: NULL or a live handle and a string, says the header.
    unsafe { seen(json, pointer, PERSONR_TYPE_MISSING, |value| Some(value.kind() as i32)) }
}

/// Returns a part of a document, to go on from there.
///
/// To find a member takes time in proportion to the number of members beside it; to find an element does not. Whoever
/// reads many values of one object gets that first.
///
/// @param json    A value. NULL gives NULL.
/// @param pointer Where to go from there.
/// @return Borrowed: valid as long as the document. NULL if nothing is there, or if the pointer is malformed.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_get(json: *const personr_json, pointer: *const c_char) -> *const personr_json {
    // SAFETY: NULL or a live handle and a string, says the header.
    quietly(ptr::null(), || unsafe { known(json, pointer).map_or(ptr::null(), |(held, value)| held.handle(value)) })
}

/// Returns an element of an array, or the value of a member of an object, by its number. It is found at once, however
/// many there are.
///
/// @param json    A value. NULL gives NULL.
/// @param pointer Where the array or object is.
/// @param index   The number: 0 is the first.
/// @return Borrowed: valid as long as the document. NULL if there are fewer, or if it is no array or object.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_at(
    json: *const personr_json,
    pointer: *const c_char,
    index: usize,
) -> *const personr_json {
    // SAFETY: NULL or a live handle and a string, says the header.
    quietly(ptr::null(), || unsafe {
        let found = known(json, pointer).and_then(|(held, value)| Some(held.handle(value.at(index)?)));
        found.unwrap_or(ptr::null())
    })
}

/// Returns how many elements an array has, or how many members an object has.
///
/// @param json    A value. NULL gives 0.
/// @param pointer Where the array or object is.
/// @return The number; 0 for what is no array or object.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_count(json: *const personr_json, pointer: *const c_char) -> usize {
    // SAFETY: NULL or a live handle and a string, says the header.
    unsafe { seen(json, pointer, 0, |value| Some(value.count())) }
}

/// Returns the name of a member of an object, by its number.
///
/// It is copied when it is asked for the first time, and kept until the document is freed. U+FFFD stands for a NUL in
/// it.
///
/// @param json    A value. NULL gives "".
/// @param pointer Where the object is.
/// @param index   The number: 0 is the first.
/// @return UTF-8, borrowed: valid as long as the document. "" if there are fewer members, or if it is no object. Never
/// NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_name(
    json: *const personr_json,
    pointer: *const c_char,
    index: usize,
) -> *const c_char {
    // SAFETY: NULL or a live handle and a string, says the header.
    unsafe { seen(json, pointer, c"".as_ptr(), |value| Some(value.name(index)?.as_ptr())) }
}
