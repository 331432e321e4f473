//! JSON documents, by the C functions.
//!
//! An input is the text. It is read here as well as by serde_json: what that takes is the same tree, but for what it
//! reads otherwise by design (doubled names are in another place there).

use std::ffi::CString;
use std::ptr::{self, NonNull};

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use personr::ffi::*;
use personr::fuzz::is_strict_json;
use serde_json::Value;
use serde_json::de::from_slice;

use super::c::{Failure, call, text};

pub fn run(input: &[u8]) {
    let tree = from_slice::<Value>(input).ok();
    let is_valid = std::str::from_utf8(input).is_ok() && from_slice::<serde::de::IgnoredAny>(input).is_ok();
    // Either may refuse what is too deep, at another depth.
    assert!(is_strict_json(input) == is_valid || (is_valid && tree.is_none()), "strict");
    let mut json = NonNull::<personr_json>::dangling().as_ptr();
    // SAFETY: the text is there during the call; the document is freed once, behind its last use.
    unsafe {
        match call(true, |error| personr_json_parse(input.as_ptr(), input.len(), &mut json, error)) {
            Err(Failure { status, .. }) => {
                assert!(json.is_null() && tree.is_none() && status == PERSONR_PROTOCOL);
            }
            Ok(()) => {
                walk(json, tree.as_ref());
                // Twice: the second time copies are there.
                walk(json, tree.as_ref());
                personr_json_free(json);
            }
        }
    }
}

/// Asks for everything, and compares it with a tree if there is one.
///
/// # Safety
/// `json` is alive.
unsafe fn walk(json: *const personr_json, tree: Option<&Value>) {
    let here = c"".as_ptr();
    // SAFETY: promised by the caller; strings and places of this function's own.
    unsafe {
        assert_eq!(personr_json_get(json, here), json);
        let count = personr_json_count(json, here);
        let string = text(personr_json_string(json, here));
        let copy = copied(json);
        let (mut integer, mut number, mut boolean) = (0, 0.0, 0);
        let is_integer = call(false, |error| personr_json_integer(json, here, &mut integer, error)).is_ok();
        let is_number = call(false, |error| personr_json_number(json, here, &mut number, error)).is_ok();
        let is_boolean = call(false, |error| personr_json_boolean(json, here, &mut boolean, error)).is_ok();
        let kind = personr_json_type(json, here);
        assert!(count == 0 || [PERSONR_TYPE_ARRAY, PERSONR_TYPE_OBJECT].contains(&kind));
        assert!(
            (kind == PERSONR_TYPE_BOOLEAN) == is_boolean && (kind == PERSONR_TYPE_NUMBER || !is_integer && !is_number)
        );
        assert!(!is_integer || number as i64 == integer || integer.unsigned_abs() > 1 << 53);
        let as_expected = |is: bool| assert!(tree.is_none() || is, "{tree:?} is {kind}: {string:?}");
        match kind {
            PERSONR_TYPE_NULL => as_expected(tree.is_some_and(Value::is_null)),
            PERSONR_TYPE_BOOLEAN => as_expected(tree.and_then(Value::as_bool) == Some(boolean == 1)),
            PERSONR_TYPE_NUMBER => {
                // Its own doubles are not always the nearest.
                assert_eq!(string.parse().ok().filter(|value: &f64| value.is_finite()), is_number.then_some(number));
                let expected = tree.and_then(Value::as_i64);
                as_expected(tree.is_some_and(Value::is_number) && (expected.is_none() || expected == Some(integer)));
            }
            PERSONR_TYPE_STRING => {
                let copy = copy.expect("a string is copied");
                assert_eq!(string, String::from_utf8_lossy(&copy).replace('\0', "\u{fffd}"));
                as_expected(tree.and_then(Value::as_str).map(str::as_bytes) == Some(&copy));
                base64(json, &copy);
            }
            PERSONR_TYPE_ARRAY => {
                as_expected(tree.and_then(Value::as_array).map(Vec::len) == Some(count));
                reads_again(&copy.expect("an array is copied"), kind, count);
                for index in 0..count {
                    walk(personr_json_at(json, here, index), tree.and_then(|tree| tree.get(index)));
                }
            }
            PERSONR_TYPE_OBJECT => {
                as_expected(tree.and_then(Value::as_object).map(serde_json::Map::len) == Some(count));
                reads_again(&copy.expect("an object is copied"), kind, count);
                (0..count).for_each(|index| member(json, index, tree));
            }
            _ => panic!("{kind} is there"),
        }
        assert!(personr_json_at(json, here, count).is_null());
    }
}

/// # Safety
/// `json` is alive, and an object.
unsafe fn member(json: *const personr_json, index: usize, tree: Option<&Value>) {
    // SAFETY: promised by the caller; strings of this function's own.
    unsafe {
        let value = personr_json_at(json, c"".as_ptr(), index);
        let name = text(personr_json_name(json, c"".as_ptr(), index));
        // A name with a NUL is another one to C.
        let is_plain = !name.contains('\u{fffd}');
        if is_plain {
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            let pointer = CString::new(pointer).expect("no NUL");
            assert_eq!(personr_json_get(json, pointer.as_ptr()), value);
        }
        walk(value, tree.filter(|_| is_plain).map(|tree| tree.get(&name).expect("it has this member")));
    }
}

/// The text of a value, asked for in two steps; `None` for null.
///
/// # Safety
/// `json` is alive.
unsafe fn copied(json: *const personr_json) -> Option<Vec<u8>> {
    let mut length = 0;
    // SAFETY: promised by the caller; the buffer has the size that is told.
    unsafe {
        let asked = call(true, |error| personr_json_copy(json, c"".as_ptr(), ptr::null_mut(), 0, &mut length, error));
        let status = asked.expect_err("no NUL has room in nothing").status;
        if personr_json_type(json, c"".as_ptr()) == PERSONR_TYPE_NULL {
            assert_eq!(status, PERSONR_NO_VALUE);
            return None;
        }
        assert_eq!(status, PERSONR_BUFFER_TOO_SMALL);
        let mut bytes = vec![b'#'; length + 1];
        let buffer = bytes.as_mut_ptr().cast();
        let copied = call(true, |error| personr_json_copy(json, c"".as_ptr(), buffer, length + 1, &mut length, error));
        copied.expect("it has room");
        assert_eq!(bytes.pop(), Some(0));
        assert_eq!(bytes.len(), length);
        Some(bytes)
    }
}

/// A part is a document, too.
fn reads_again(text: &[u8], kind: i32, count: usize) {
    let mut json = ptr::null_mut();
    // SAFETY: the text is there during the call; the document is freed once.
    unsafe {
        call(true, |error| personr_json_parse(text.as_ptr(), text.len(), &mut json, error))
            .expect("it was read before");
        assert_eq!((personr_json_type(json, c"".as_ptr()), personr_json_count(json, c"".as_ptr())), (kind, count));
        personr_json_free(json);
    }
}

/// What is plain Base64 is decoded as such.
///
/// # Safety
/// `json` is alive.
unsafe fn base64(json: *const personr_json, said: &[u8]) {
    let mut bytes = vec![0; said.len()];
    let mut length = 0;
    // SAFETY: promised by the caller; the buffer is larger than what is decoded.
    let result = unsafe {
        call(true, |error| personr_json_bytes(json, c"".as_ptr(), bytes.as_mut_ptr(), bytes.len(), &mut length, error))
    };
    bytes.truncate(length);
    let characters: Vec<u8> = said.iter().copied().filter(|byte| !b" \t\r\n".contains(byte)).collect();
    let end = characters.iter().position(|byte| *byte == b'=').unwrap_or(characters.len());
    let (body, padding) = characters.split_at(end);
    let is_padding = padding.iter().all(|byte| *byte == b'=') && padding.len() <= (4 - body.len() % 4) % 4;
    match BASE64_STANDARD_NO_PAD.decode(body) {
        Ok(expected) if is_padding => assert_eq!(result.map(|()| bytes).map_err(|it| it.message), Ok(expected)),
        _ if characters.contains(&b':') => {}
        _ => assert_eq!(result.expect_err("it is no Base64").status, PERSONR_NO_VALUE),
    }
}
