//! Texts that a service or a store chose: an error and a line of the log show them on one line, with nothing in them that
//! is not seen, and not longer than they may be.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::ffi::{CStr, c_char, c_void};
use std::fs;
use std::sync::Mutex;

use personr::ffi::*;
use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::client::{Failure, Options, call};
use personr_testkit::store_directory::StoreDirectory;

/// A line break of each kind, an escape sequence, what turns text around, what is not seen, and tags.
const POISON: &str = "a\r\nb\u{85}c\u{2028}d\u{2029}e\u{1b}[2Jf\u{9b}g\u{202e}h\u{2066}i\u{200b}j\u{feff}k\u{ad}l\u{e0041}m\u{e0080}n\0o\u{7f}";

/// The letters of it.
const SHOWN: &str = "a  b c d e [2Jf g h i j k l m n o ";

const LONG: usize = 20_000;

fn assert_clean(text: &str, most: usize) {
    let is_hidden = |c: char| c.is_control() || (POISON.contains(c) && !c.is_ascii());
    assert!(!text.contains(is_hidden), "{text:?}");
    assert!(text.chars().count() <= most, "{} characters", text.chars().count());
}

fn assert_clean_failure(failure: &Failure) {
    assert_clean(&failure.message, 1000);
    assert_clean(&failure.reason, 100);
}

/// Takes the log, at every level.
#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Log {
    fn take(&self, options: &Options) {
        unsafe extern "C" fn event(log: *mut c_void, _: i32, _: *const c_char, text: *const c_char) {
            let (log, text) = unsafe { (&*log.cast::<Log>(), CStr::from_ptr(text)) };
            log.0.lock().expect("no panic").push(text.to_str().expect("UTF-8").to_owned());
        }
        let user_data = (&raw const *self).cast_mut().cast();
        call(|error| unsafe {
            personr_options_set_log_callback(options.0, Some(event), PERSONR_LOG_DEBUG, user_data, None, error)
        })
        .expect("accepted");
    }
}

fn answers(reason: &str, message: &str) -> Vec<(u16, String)> {
    let (reason, message) =
        (serde_json::to_string(reason).expect("JSON"), serde_json::to_string(message).expect("JSON"));
    vec![
        (400, format!(r#"{{"statusCode":400,"reason":{reason},"message":{message}}}"#)),
        (400, format!(r#"{{"reason":"INVALID_LOGIN_CREDENTIALS","message":{message}}}"#)),
        (400, format!(r#"{{"body":{{"status":{reason},"message":{message},}}}}"#)),
        (401, format!(r#"{{"error_class":{reason},"translation":{message}}}"#)),
        (500, format!(r#"{{"code":{reason},"message":{message}}}"#)),
        (200, format!(r#"{{"status":{reason},"response":{message}}}"#)),
    ]
}

#[test]
fn what_a_service_says_is_shown_on_one_line() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let log = Log::default();
    let options = Options::of(&sandbox);
    log.take(&options);
    let auth = options.demo();
    let long = "x".repeat(LONG);
    for (reason, message) in [(POISON, POISON), (&long, &long)] {
        for (status, body) in answers(reason, message) {
            sandbox.order(Fault::new(Action::Answer { status, headers: Vec::new(), body: body.clone().into() }));
            let failure = auth.login().expect_err("refused");
            assert_clean_failure(&failure);
            if message == POISON {
                assert_eq!(failure.message, SHOWN, "{body}");
            }
        }
    }
    drop(auth);
    let lines = log.0.lock().expect("no panic");
    assert!(lines.len() >= 12, "{lines:?}");
    lines.iter().for_each(|line| assert_clean(line, 2000));
    assert!(lines.iter().any(|line| line.contains("[2Jf g h i")), "{lines:?}");
    assert!(
        lines.iter().all(|line| line.contains("attempts 1") || !line.contains("host ")),
        "a long one is not the end"
    );
}

#[test]
fn what_a_store_holds_is_shown_on_one_line() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let store = StoreDirectory::new();
    let refused = || store.options(&sandbox).auth(DEFAULT_EMAIL, "wrong").expect("a handle").token();
    assert_eq!(refused().expect_err("refused").status, PERSONR_INVALID_CREDENTIALS);
    let requests = sandbox.counters().requests;

    let file = store.file("json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&file).expect("a record")).expect("JSON");
    for text in [POISON.to_owned(), "x".repeat(LONG / 2)] {
        for name in ["reason", "message"] {
            record["refusal"]["error"][name] = text.clone().into();
        }
        fs::write(&file, serde_json::to_vec(&record).expect("JSON")).expect("written");
        let failure = refused().expect_err("remembered");
        assert_clean_failure(&failure);
        if text == POISON {
            assert_eq!((failure.reason.as_str(), failure.message.as_str()), (SHOWN, SHOWN));
        }
    }
    assert_eq!(sandbox.counters().requests, requests, "the service was not asked again");
}
