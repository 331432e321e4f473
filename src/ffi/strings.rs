//! Checks the pointers that come in, and writes to the places for what goes out.

use std::ffi::{CStr, CString, c_char};
use std::ptr::NonNull;
use std::slice;

use crate::error::{Error, Result};
use crate::sys::mapping::Mapped;

fn is_null(parameter: &str) -> Error {
    Error::argument(parameter, "it is NULL")
}

/// A string that a caller passes, whatever its bytes.
///
/// # Safety
/// `pointer` is NULL or a NUL-terminated string that does not change during the call.
pub(super) unsafe fn string<'a>(parameter: &str, pointer: *const c_char) -> Result<&'a CStr> {
    let pointer = NonNull::new(pointer.cast_mut()).ok_or_else(|| is_null(parameter))?;
    // SAFETY: promised by the caller.
    Ok(unsafe { CStr::from_ptr(pointer.as_ptr()) })
}

/// A string that must be UTF-8.
///
/// # Safety
/// As [`string`].
pub(super) unsafe fn text<'a>(parameter: &str, pointer: *const c_char) -> Result<&'a str> {
    // SAFETY: promised by the caller.
    let string = unsafe { string(parameter, pointer) }?;
    string.to_str().map_err(|_| Error::argument(parameter, "it is not UTF-8"))
}

/// Bytes that a caller passes.
///
/// # Safety
/// `pointer` is NULL or points to `length` bytes that do not change during the call.
pub(super) unsafe fn bytes<'a>(parameter: &str, pointer: *const u8, length: usize) -> Result<&'a [u8]> {
    let pointer = NonNull::new(pointer.cast_mut()).ok_or_else(|| is_null(parameter))?;
    if isize::try_from(length).is_err() {
        return Err(Error::argument(parameter, "its length cannot be one"));
    }
    // SAFETY: promised by the caller; no object is longer than `isize::MAX`.
    Ok(unsafe { slice::from_raw_parts(pointer.as_ptr(), length) })
}

/// As [`bytes`], of which there may be none: then the pointer may be NULL.
///
/// # Safety
/// As [`bytes`].
pub(super) unsafe fn bytes_or_none<'a>(parameter: &str, pointer: *const u8, length: usize) -> Result<&'a [u8]> {
    // SAFETY: promised by the caller.
    if length == 0 { Ok(&[]) } else { unsafe { bytes(parameter, pointer, length) } }
}

/// A string that may be NULL, and else must be UTF-8.
///
/// # Safety
/// As [`string`].
pub(super) unsafe fn optional_text<'a>(parameter: &str, pointer: *const c_char) -> Result<Option<&'a str>> {
    // SAFETY: promised by the caller.
    if pointer.is_null() { Ok(None) } else { unsafe { text(parameter, pointer) }.map(Some) }
}

/// A place for a result. It is cleared first, so that a caller who forgets to look at the status reads no garbage.
pub(super) struct Output<T>(Option<NonNull<T>>);

impl<T> Output<T> {
    /// # Safety
    /// `pointer` is NULL or may be written to until the `Output` is gone.
    pub(super) unsafe fn cleared(pointer: *mut T, empty: T) -> Self {
        let place = NonNull::new(pointer);
        if let Some(place) = place {
            // SAFETY: promised by the caller.
            unsafe { place.write(empty) };
        }
        Self(place)
    }

    pub(super) fn required(self, parameter: &str) -> Result<Self> {
        if self.0.is_some() { Ok(self) } else { Err(is_null(parameter)) }
    }

    /// Does nothing if the caller has passed NULL, which is allowed here.
    pub(super) fn set(&self, value: T) {
        if let Some(place) = self.0 {
            // SAFETY: promised to `cleared`.
            unsafe { place.write(value) };
        }
    }
}

/// A text as a C string. A NUL in it, which no text of ours has, would cut it off.
pub(super) fn owned(text: &str) -> CString {
    let text = text.split('\0').next().unwrap_or_default();
    CString::new(text).unwrap_or_default()
}

/// Lends the bytes of an answer, with a NUL behind them. If there is none: no bytes, and the NUL.
///
/// # Safety
/// `length_out` is NULL or may be written to.
pub(super) unsafe fn lend(answer: Option<&Mapped>, length_out: *mut usize) -> *const u8 {
    let (start, length) = answer.map_or((c"".as_ptr().cast(), 0), |answer| (answer.as_c_ptr(), answer.len()));
    if let Some(place) = NonNull::new(length_out) {
        // SAFETY: promised by the caller.
        unsafe { place.write(length) };
    }
    start
}
