//! The setters of options by one letter each, and what a value must be like that one of them accepts.

use std::io::Write;
use std::net::IpAddr;

use personr::ffi::*;
use tempfile::NamedTempFile;

use super::c::{Failure, Text, call, number};

const URL_MAX: usize = 2048;
/// The dictionary and the corpus have it in URLs.
const URL_PASSWORD: &str = "a-password-of-it";

/// Calls the setter of this letter with what the bytes say. `None`: no setter has this letter.
///
/// # Safety
/// `options` is NULL or live, and used by nobody else.
pub unsafe fn set(options: *mut personr_options, letter: u8, value: &[u8]) -> Option<Result<(), Failure>> {
    let (text, number) = (Text::of(value), number(value));
    let pointer = text.as_ptr();
    // The constants are 32 bits wide.
    let (int, unsigned) = (number as i32, number as u32);
    // SAFETY: promised by the caller; the strings and bytes live until the call is over.
    let result = unsafe {
        match letter {
            b'b' => call(true, |error| personr_options_set_base_url(options, pointer, error)),
            b'p' => call(true, |error| personr_options_set_proxy(options, pointer, error)),
            b'u' => call(true, |error| personr_options_set_user_agent(options, pointer, error)),
            b'k' => call(true, |error| personr_options_set_token_store(options, pointer, error)),
            b'm' => call(true, |error| personr_options_set_login_method(options, int, error)),
            b't' => call(true, |error| personr_options_set_timeout_ms(options, unsigned, error)),
            b'c' => call(true, |error| personr_options_set_connect_timeout_ms(options, unsigned, error)),
            b'r' => call(true, |error| personr_options_set_max_retries(options, unsigned, error)),
            b's' => call(true, |error| personr_options_set_system_roots(options, int, error)),
            b'w' => call(true, |error| personr_options_set_renew_before_s(options, number, error)),
            b'e' => call(true, |error| personr_options_set_ca_pem(options, value.as_ptr(), value.len(), error)),
            b'E' => call(false, |error| personr_options_set_ca_pem(options, std::ptr::null(), value.len(), error)),
            b'G' => call(true, |error| personr_options_set_ca_pem(options, value.as_ptr(), usize::MAX, error)),
            b'f' => set_ca_file(options, value),
            // In the folder of the process: neither devices nor the system's files.
            b'F' if !value.contains(&b'/') => call(true, |error| personr_options_set_ca_file(options, pointer, error)),
            _ => return None,
        }
    };
    match &result {
        Ok(()) => {
            assert!(!options.is_null());
            check_accepted(letter, value, &text, number);
        }
        Err(failure) => check_refused(letter, failure, text.as_bytes().unwrap_or_default()),
    }
    Some(result)
}

/// # Safety
/// As [`set`].
unsafe fn set_ca_file(options: *mut personr_options, pem: &[u8]) -> Result<(), Failure> {
    let mut file = NamedTempFile::new().expect("a temporary file");
    file.write_all(pem).expect("written");
    let path = Text::of(file.path().as_os_str().as_encoded_bytes());
    // SAFETY: promised by the caller.
    call(true, |error| unsafe { personr_options_set_ca_file(options, path.as_ptr(), error) })
}

fn check_accepted(letter: u8, value: &[u8], given: &Text, number: i64) {
    let text = || given.as_str().expect("only UTF-8 is accepted");
    let bytes = || given.as_bytes().expect("NULL is not accepted");
    match letter {
        b'b' => check_base_url(text()),
        // Its userinfo may be any bytes.
        b'p' => {
            let proxy = bytes().to_ascii_lowercase();
            assert!(proxy.len() <= URL_MAX && !proxy.iter().any(|byte| b"?# \t\n\r".contains(byte)));
            let scheme = proxy.windows(3).position(|part| part == b"://").map_or(&b"http"[..], |at| &proxy[..at]);
            assert!([&b"http"[..], b"https"].contains(&scheme), "{scheme:?}");
        }
        b'u' => assert!(text().len() <= 256 && text().bytes().all(|byte| (b' '..=b'~').contains(&byte))),
        b'k' => {
            let colon = bytes().iter().position(|byte| *byte == b':').expect("a scheme");
            let (scheme, rest) = bytes().split_at(colon);
            match scheme {
                b"memory" => assert_eq!(rest, b":"),
                b"file" => assert!(rest.len() > 1 && (!rest.starts_with(b"://") || rest.starts_with(b":///"))),
                _ => assert!([&b"redis"[..], b"rediss"].contains(&scheme) && rest.starts_with(b"://"), "{scheme:?}"),
            }
        }
        b'm' | b's' => assert!([0, 1].contains(&(number as i32))),
        b't' | b'c' => assert!((1..=3_600_000).contains(&(number as u32))),
        b'r' => assert!(number as u32 <= 10),
        b'w' => assert!(number >= 0),
        b'e' | b'f' => assert!(value.windows(27).any(|window| window == b"-----BEGIN CERTIFICATE-----")),
        b'F' => assert!(!text().is_empty()),
        _ => panic!("it cannot be accepted"),
    }
}

/// A password may only go by TLS, or to this machine; and nothing but a host and a path may stand in the URL.
fn check_base_url(url: &str) {
    let lower = url.to_ascii_lowercase();
    let (scheme, rest) = lower.split_once("://").expect("a scheme");
    let authority = rest.split('/').next().expect("an authority");
    assert!(url.len() <= URL_MAX && !url.contains(['?', '#', ' ', '\t', '\n', '\r']) && !authority.contains('@'));
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    let host = host.filter(|host| !host.is_empty()).expect("a host");
    let is_loopback = ["localhost", "localhost."].contains(&host)
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    assert!(scheme == "https" || (scheme == "http" && is_loopback), "{url}");
}

fn check_refused(letter: u8, failure: &Failure, text: &[u8]) {
    assert_eq!(failure.status, PERSONR_INVALID_ARGUMENT);
    // Userinfo may hold a password. With any other text it could be one of the library's own words.
    if text.windows(URL_PASSWORD.len()).any(|part| part == URL_PASSWORD.as_bytes()) {
        assert!(!failure.message.contains(URL_PASSWORD), "{letter}: {}", failure.message);
    }
}
