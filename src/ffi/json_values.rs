use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::buffer::Buffer;
use super::error::personr_error;
use super::guard::guard_anywhere;
use super::json::{found, seen};
use super::json_document::personr_json;
use super::status::personr_status;
use super::strings::{Output, string};
use crate::atomic_file::AtomicFile;
use crate::error::{Error, Status};

/// Returns a value as a string: what a string says, a number or a boolean as it stands in the text ("1e3", "true").
///
/// It is copied when it is asked for the first time, and kept until the document is freed; then it is wiped. For long
/// strings personr_json_copy() or personr_json_save_base64() keep nothing. U+FFFD stands for a NUL in it.
///
/// @param json    A value. NULL gives "".
/// @param pointer Where to go from there.
/// @return UTF-8, borrowed: valid as long as the document. "" if nothing is there, and for null, arrays and objects.
/// Never NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_string(json: *const personr_json, pointer: *const c_char) -> *const c_char {
    // SAFETY: NULL or a live handle and a string, says the header.
    unsafe { seen(json, pointer, c"".as_ptr(), |value| Some(value.string()?.as_ptr())) }
}

/// Copies a value as text: what a string says; a number, a boolean, an array or an object as it stands in the document,
/// byte for byte.
///
/// To ask for the length alone, pass NULL and a capacity of 0: it is #PERSONR_BUFFER_TOO_SMALL then.
///
/// @param json       A value. May be NULL, for one that is missing.
/// @param pointer    Where to go from there.
/// @param buffer     Receives the text and a NUL. On failure it holds "". Of a string it is UTF-8, and a NUL in it is
///                   copied: the length tells where the end is. May be NULL if capacity is 0.
/// @param capacity   Size of the buffer in bytes, with room for the NUL.
/// @param length_out Receives the length without the NUL, also with #PERSONR_BUFFER_TOO_SMALL; else 0 on failure. May
///                   be NULL.
/// @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", or "json-type" for null; #PERSONR_BUFFER_TOO_SMALL;
/// #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: any number at once, each with a buffer of its own. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_copy(
    json: *const personr_json,
    pointer: *const c_char,
    buffer: *mut c_char,
    capacity: usize,
    length_out: *mut usize,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, a buffer of this capacity that nobody else uses, and
    // places to write to.
    unsafe {
        let length_out = Output::cleared(length_out, 0);
        let terminator = Output::cleared(if capacity > 0 { buffer } else { std::ptr::null_mut() }, 0);
        let status = guard_anywhere(error, || {
            let text = found(json, pointer)?.text();
            let mut buffer = Buffer::new("buffer", buffer.cast(), capacity)?;
            let text = text.ok_or_else(|| Error::new(Status::NoValue, "json-type", "the value is null"))?;
            text.each(|piece| buffer.push(piece));
            buffer.push(b"\0");
            buffer.finish(1, &length_out)
        });
        if status != super::status::PERSONR_OK {
            terminator.set(0);
        }
        status
    }
}

/// Reads a number that is whole, exactly to 64 bits: "1.0", "1e3" and "-0" are whole, too. A string is no number, whatever
/// it holds.
///
/// @param json      A value. May be NULL, for one that is missing.
/// @param pointer   Where to go from there.
/// @param value_out Receives the number. 0 on failure.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-range" (1.5,
/// 18446744073709551615); #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_integer(
    json: *const personr_json,
    pointer: *const c_char,
    value_out: *mut i64,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and places to write to.
    unsafe {
        let value_out = Output::cleared(value_out, 0);
        guard_anywhere(error, || {
            let value_out = value_out.required("value_out")?;
            value_out.set(found(json, pointer)?.integer()?);
            Ok(())
        })
    }
}

/// Reads a number: the double that is nearest to it.
///
/// @param json      A value. May be NULL, for one that is missing.
/// @param pointer   Where to go from there.
/// @param value_out Receives the number. 0 on failure.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-range" (1e999);
/// #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_number(
    json: *const personr_json,
    pointer: *const c_char,
    value_out: *mut f64,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and places to write to.
    unsafe {
        let value_out = Output::cleared(value_out, 0.0);
        guard_anywhere(error, || {
            let value_out = value_out.required("value_out")?;
            value_out.set(found(json, pointer)?.number()?);
            Ok(())
        })
    }
}

/// Reads a boolean.
///
/// @param json      A value. May be NULL, for one that is missing.
/// @param pointer   Where to go from there.
/// @param value_out Receives 1 for true and 0 for false. 0 on failure.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing" or "json-type"; #PERSONR_INVALID_ARGUMENT;
/// #PERSONR_INTERNAL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_boolean(
    json: *const personr_json,
    pointer: *const c_char,
    value_out: *mut i32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and places to write to.
    unsafe {
        let value_out = Output::cleared(value_out, 0);
        guard_anywhere(error, || {
            let value_out = value_out.required("value_out")?;
            value_out.set(found(json, pointer)?.boolean()?.into());
            Ok(())
        })
    }
}

/// Decodes the Base64 of a string into a buffer.
///
/// Blanks and line breaks in it are passed over, the padding may be missing, and "data:TYPE;base64," may stand before
/// it. To ask for the length alone, pass NULL and a capacity of 0: it is #PERSONR_BUFFER_TOO_SMALL then, if there are
/// any bytes. Decoding takes its time for that: for a large one guess three quarters of the string's length.
///
/// @param json       A value. May be NULL, for one that is missing.
/// @param pointer    Where to go from there.
/// @param buffer     Receives the bytes. On failure what stands in it is unspecified. May be NULL if capacity is 0.
/// @param capacity   Size of the buffer in bytes.
/// @param length_out Receives the number of bytes, also with #PERSONR_BUFFER_TOO_SMALL; else 0 on failure. May be NULL.
/// @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-base64";
/// #PERSONR_BUFFER_TOO_SMALL; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: any number at once, each with a buffer of its own. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_bytes(
    json: *const personr_json,
    pointer: *const c_char,
    buffer: *mut u8,
    capacity: usize,
    length_out: *mut usize,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, a buffer of this capacity that nobody else uses, and
    // places to write to.
    unsafe {
        let length_out = Output::cleared(length_out, 0);
        guard_anywhere(error, || {
            let value = found(json, pointer)?;
            let mut buffer = Buffer::new("buffer", buffer, capacity)?;
            value.base64(|bytes| {
                buffer.push(bytes);
                Ok(())
            })?;
            buffer.finish(0, &length_out)
        })
    }
}

/// Decodes the Base64 of a string into a file, which appears whole or not at all. Memory does not hold it.
///
/// The string is read as by personr_json_bytes(). The file is written beside the path as ".personr-" and 16 random
/// letters and digits, brought to the disk, and renamed; if that fails it is removed. Its owner alone may read and write
/// it (mode 0600). A regular file at the path is replaced; anything else (a symbolic link, a folder, a device, a FIFO)
/// is not, and is #PERSONR_FILE, reason "file-type". If only the last step fails, which brings the folder to the disk,
/// the new file stands there already. No signal is raised: a limit on file sizes is "file-full".
///
/// @param json    A value. May be NULL, for one that is missing.
/// @param pointer Where to go from there.
/// @param path    Where the file will be. Its folder exists. Bytes as the system takes them; a relative path is resolved
///                now.
/// @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL. No message
///                repeats the path.
///
/// @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-base64"; #PERSONR_FILE, reason
/// "file-open", "file-type", "file-full" or "file-io"; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_json_save_base64(
    json: *const personr_json,
    pointer: *const c_char,
    path: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, strings, and a place to write to.
    unsafe {
        guard_anywhere(error, || {
            let path = Path::new(OsStr::from_bytes(string("path", path)?.to_bytes()));
            let value = found(json, pointer)?;
            let mut file = AtomicFile::create(path)?;
            value.base64(|bytes| file.write(bytes))?;
            file.put_in_place()
        })
    }
}
