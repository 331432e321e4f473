//! The setters of options.

use std::ffi::{CString, c_char};
use std::ptr::{null, null_mut};

use personr::ffi::*;
use personr_sandbox::Sandbox;
use personr_testkit::client::{Failure, Options, c, call};

use super::{NOT_UTF8, assert_names};

type TextSetter = unsafe extern "C" fn(*mut personr_options, *const c_char, *mut *mut personr_error) -> personr_status;

const TEXT_SETTERS: [(&str, TextSetter); 5] = [
    ("base_url", personr_options_set_base_url),
    ("proxy", personr_options_set_proxy),
    ("ca_file", personr_options_set_ca_file),
    ("user_agent", personr_options_set_user_agent),
    ("token_store", personr_options_set_token_store),
];

#[test]
fn text_setters_name_what_is_wrong() {
    let options = Options::new();
    for (parameter, set) in TEXT_SETTERS {
        let text = c("x");
        assert_names(call(|error| unsafe { set(null_mut(), text.as_ptr(), error) }), "options");
        assert_names(call(|error| unsafe { set(options.0, null(), error) }), parameter);
        for bytes in NOT_UTF8 {
            let text = CString::new(bytes).expect("no NUL");
            assert_names(call(|error| unsafe { set(options.0, text.as_ptr(), error) }), parameter);
        }
        assert_eq!(unsafe { set(null_mut(), null(), null_mut()) }, PERSONR_INVALID_ARGUMENT, "without an error object");
        assert_eq!(unsafe { set(options.0, null(), null_mut()) }, PERSONR_INVALID_ARGUMENT, "without an error object");
    }
}

#[test]
fn texts_have_their_limits() {
    let options = Options::new();
    let long_url = |length: usize| format!("https://h/{}", "p".repeat(length - 10));
    for (length, accepted) in [(2047, true), (2048, true), (2049, false)] {
        assert_eq!(options.base_url(&long_url(length)).is_ok(), accepted, "a base URL of {length} bytes");
        assert_eq!(options.proxy(&long_url(length)).is_ok(), accepted, "a proxy of {length} bytes");
    }
    for (length, accepted) in [(0, true), (255, true), (256, true), (257, false)] {
        let product = c("u".repeat(length));
        let result = call(|error| unsafe { personr_options_set_user_agent(options.0, product.as_ptr(), error) });
        assert_eq!(result.is_ok(), accepted, "a user agent of {length} bytes");
    }
    assert_names(options.base_url(""), "base_url");
    assert_eq!(options.proxy(""), Ok(()));
    let long_path = |length: usize| format!("file:/{}", "d".repeat(length - 1));
    for (store, accepted) in [
        ("memory:", true),
        ("", false),
        ("memory", false),
        ("memory:x", false),
        ("file:/tmp", true),
        ("file:tmp", true),
        ("file:///tmp", true),
        ("file:", false),
        ("file", false),
        ("file://host/tmp", false),
        ("file:~/tmp", false),
        (&long_path(4095), true),
        (&long_path(4096), false),
        ("redis", false),
    ] {
        assert_eq!(options.token_store(store).is_ok(), accepted, "{store}");
    }
}

/// A field of a fixed length ends with them, and a line of a file with its break.
#[test]
fn blanks_around_a_value_are_refused() {
    let options = Options::new();
    let blanks = [
        (" ", "a space"),
        ("   ", "a space"),
        ("\t", "a tab"),
        ("\n", "a line break"),
        ("\r\n", "a line break"),
        ("\u{a0}", "a blank"),
        ("\u{3000}", "a blank"),
        ("\u{feff}", "a blank"),
    ];
    let message = |result: Result<(), Failure>| {
        let failure = result.expect_err("refused");
        assert_eq!(failure.kind(), (PERSONR_INVALID_ARGUMENT, "argument"));
        failure.message
    };
    for (blank, name) in blanks {
        for (value, problem) in [
            (format!("VALUE{blank}"), format!("it ends with {name}")),
            (format!("{blank}VALUE"), format!("it begins with {name}")),
        ] {
            let with = |text: &str| value.replace("VALUE", text);
            let email = options.auth(&with("a@example.com"), "p").map(drop);
            assert_eq!(message(email), format!("email: {problem}"));
            assert_eq!(message(options.base_url(&with("https://h/x"))), format!("base_url: {problem}"));
            assert_eq!(message(options.proxy(&with("http://h:1"))), format!("proxy: {problem}"));
            assert_eq!(message(options.proxy(&with("h:1"))), format!("proxy: {problem}"));
            for store in ["memory:", "file:/tmp/x", "redis://h"] {
                assert_eq!(message(options.token_store(&with(store))), format!("token_store: {problem}"), "{store}");
            }
            let directory = with("/tmp/x");
            assert_eq!(message(options.token_store(&format!("file:{directory}"))), format!("token_store: {problem}"));
        }
    }
    // What is not around it is part of it; and a password is its user's.
    assert_eq!(options.token_store("file:/tmp/a b"), Ok(()));
    assert!(options.auth("a b@example.com", " p ").is_ok());
}

/// As curl takes them: `like_curl` asks curl.
#[test]
fn the_userinfo_of_a_proxy_and_of_redis_is_bytes() {
    let options = Options::new();
    let set = |set: TextSetter, text: &[u8]| {
        let text = CString::new(text).expect("no NUL");
        call(|error| unsafe { set(options.0, text.as_ptr(), error) })
    };
    for userinfo in [&b"DOMAIN\\user:p"[..], b"us\xe4r:\xff", b"u:^|\"<>{}[]`", b"u:p@ss", b"u:%zz"] {
        let with = |scheme: &str| [scheme.as_bytes(), userinfo, b"@host"].concat();
        assert_eq!(set(personr_options_set_proxy, &with("http://")), Ok(()), "{userinfo:?}");
        assert_eq!(set(personr_options_set_proxy, &with("")), Ok(()), "{userinfo:?}");
        if cfg!(feature = "redis") {
            assert_eq!(set(personr_options_set_token_store, &with("rediss://")), Ok(()), "{userinfo:?}");
        }
        assert_names(set(personr_options_set_base_url, b"https://us\xe4r@host"), "base_url");
    }
    for url in [&b"http://u:p\x01@h"[..], b"http://u:%0a@h", b"http://h\xf6st", b"http://u:p@h\xff", b"u:1/p@h"] {
        assert_names(set(personr_options_set_proxy, url), "proxy");
    }
}

#[test]
fn a_redis_url_is_read_when_it_is_set() {
    let options = Options::new();
    for url in ["redis://h", "rediss://user:hunter2@h:1/2", "redis://user@h", "redis://h/hunter2", "redis://"] {
        let result = options.token_store(url);
        if cfg!(feature = "redis") && ["redis://h", "rediss://user:hunter2@h:1/2"].contains(&url) {
            assert_eq!(result, Ok(()), "{url}");
            continue;
        }
        let failure = result.expect_err(url);
        assert_names(Err(failure.clone()), "token_store");
        assert!(!failure.message.contains("hunter2"), "{failure:?}");
        let names_the_feature = failure.message.contains("feature \"redis\"");
        assert_eq!(names_the_feature, !cfg!(feature = "redis"), "{failure:?}");
    }
}

#[test]
fn a_setter_that_fails_changes_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let options = Options::of(&sandbox);
    assert!(options.base_url("https://user:password@elsewhere.example").is_err());
    assert!(options.proxy("socks5://elsewhere.example").is_err());
    assert!(call(|error| unsafe { personr_options_set_timeout_ms(options.0, 0, error) }).is_err());
    assert!(options.demo().login().is_ok());
}

#[test]
fn number_setters_name_what_is_wrong() {
    type Setter<N> = unsafe extern "C" fn(*mut personr_options, N, *mut *mut personr_error) -> personr_status;
    fn check<N: Copy>(parameter: &str, set: Setter<N>, accepted: &[N], refused: &[N]) {
        let options = Options::new();
        for number in accepted {
            assert_eq!(call(|error| unsafe { set(options.0, *number, error) }), Ok(()), "{parameter}");
            assert_names(call(|error| unsafe { set(null_mut(), *number, error) }), "options");
        }
        for number in refused {
            assert_names(call(|error| unsafe { set(options.0, *number, error) }), parameter);
            assert_eq!(unsafe { set(options.0, *number, null_mut()) }, PERSONR_INVALID_ARGUMENT);
        }
    }
    let milliseconds: (&[u32], &[u32]) = (&[1, 2, 3_599_999, 3_600_000], &[0, 3_600_001, u32::MAX]);
    check("timeout_ms", personr_options_set_timeout_ms, milliseconds.0, milliseconds.1);
    check("connect_timeout_ms", personr_options_set_connect_timeout_ms, milliseconds.0, milliseconds.1);
    check("max_retries", personr_options_set_max_retries, &[0, 1, 9, 10], &[11, u32::MAX]);
    check("renew_before_s", personr_options_set_renew_before_s, &[0, 1, i64::MAX], &[-1, i64::MIN]);
    check("system_roots", personr_options_set_system_roots, &[0, 1], &[-1, 2, i32::MIN, i32::MAX]);
    let methods = (&[PERSONR_LOGIN_BASIC, PERSONR_LOGIN_FORM], &[-1, 2, i32::MIN, i32::MAX]);
    check("login_method", personr_options_set_login_method, methods.0, methods.1);
}

#[test]
fn a_pem_text_has_a_pointer_and_a_length() {
    let options = Options::new();
    let set =
        |pem: *const u8, length| call(|error| unsafe { personr_options_set_ca_pem(options.0, pem, length, error) });
    assert_names(set(null(), 0), "ca_pem");
    assert_names(set(null(), 10), "ca_pem");
    assert_names(set(b"x".as_ptr(), 0), "ca_pem");
    assert_names(set(b"x".as_ptr(), usize::MAX), "ca_pem");
    assert_names(set(b"\xff\xfe".as_ptr(), 2), "ca_pem");
    let none = call(|error| unsafe { personr_options_set_ca_pem(null_mut(), b"x".as_ptr(), 1, error) });
    assert_names(none, "options");

    let sandbox = Sandbox::start().expect("a sandbox");
    let pem = sandbox.ca_pem().trim_end();
    assert_eq!(set(pem.as_ptr(), pem.len()), Ok(()));
    assert_names(set(pem.as_ptr(), pem.len() - 1), "ca_pem");
    let with_nul = format!("{pem}\n\0");
    assert_eq!(set(with_nul.as_ptr(), with_nul.len()), Ok(()), "a NUL at the end does no harm");
}

#[test]
fn a_ca_file_must_be_whole() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options::new();
    let set = |contents: &str| {
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, contents).expect("written");
        let path = c(path.to_str().expect("UTF-8"));
        call(|error| unsafe { personr_options_set_ca_file(options.0, path.as_ptr(), error) })
    };
    let pem = sandbox.ca_pem();
    assert_eq!(set(pem), Ok(()));
    assert_eq!(set(&format!("# two of them\n{pem}\n{pem}")), Ok(()));
    assert_names(set(""), "ca_file");
    assert_names(set("no PEM at all"), "ca_file");
    assert_names(set(&format!("{pem}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")), "ca_file");
    assert_names(set(&pem.replace("END", "BEGIN")), "ca_file");
    for path in ["/nonexistent/ca.pem", "/", ""] {
        let path = c(path);
        assert_names(call(|error| unsafe { personr_options_set_ca_file(options.0, path.as_ptr(), error) }), "ca_file");
    }
}
