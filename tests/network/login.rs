//! One login, against a service that answers as documented.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use personr::ffi::*;
use personr_sandbox::{Action, DEFAULT_EMAIL, DEFAULT_PASSWORD, Fault, Received, Sandbox};
use personr_testkit::client::{Options, Token};

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() as i64
}

fn header<'a>(request: &'a Received, name: &str) -> Option<&'a str> {
    request.header(name).map(|value| std::str::from_utf8(value).expect("UTF-8"))
}

fn assert_is_live(sandbox: &Sandbox, token: &Token) {
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL).as_deref(), Some(token.value.as_str()));
    assert_eq!(token.authorization, format!("Bearer {}", token.value));
}

#[test]
fn the_basic_login_gets_a_token() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.user_agent("Billing/2.1");
    let token = options.demo().login().expect("a token");
    assert_is_live(&sandbox, &token);
    assert!(!token.user_id.is_empty());
    assert_eq!(token.lifetime, 31_536_000);
    assert!((token.lifetime - 60..=token.lifetime).contains(&token.seconds_left), "{token:?}");
    assert!((token.expires_at - token.lifetime - unix_now()).abs() < 60, "{token:?}");

    let requests = sandbox.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/api/1.1/wf/api-basic-auth"));
    assert_eq!(
        header(request, "authorization"),
        Some("Basic ZGVtb0BleGFtcGxlLmNvbTpjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl")
    );
    assert_eq!(header(request, "accept"), Some("application/json"));
    assert_eq!(header(request, "content-type"), Some("multipart/form-data; boundary=personr-form"));
    assert_eq!(header(request, "user-agent"), Some(concat!("Billing/2.1 libpersonr/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(header(request, "connection"), Some("close"));
    assert_eq!(request.body, b"--personr-form--\r\n");
}

#[test]
fn the_form_login_gets_a_token() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.form_login();
    assert_is_live(&sandbox, &options.demo().login().expect("a token"));
    let request = &sandbox.requests()[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/api/1.1/wf/api-token-generate"));
    assert_eq!(header(request, "authorization"), None);
}

#[test]
fn a_password_arrives_as_its_utf8_bytes_by_both_methods() {
    let sandbox = sandbox();
    let (email, password) = ("zo\u{eb}@example.com", "p\u{e4}:ss w\u{f6}rd\u{20ac}--personr-form--");
    sandbox.set_account(email, password);
    for form in [false, true] {
        let options = Options::of(&sandbox);
        if form {
            options.form_login();
        }
        assert!(options.auth(email, password).expect("a handle").login().is_ok(), "form: {form}");
    }
}

#[test]
fn the_longest_credentials_are_sent_whole_by_both_methods() {
    let sandbox = sandbox();
    let (email, password) = ("e".repeat(1024), "p".repeat(1024));
    sandbox.set_account(&email, &password);
    for form in [false, true] {
        let options = Options::of(&sandbox);
        options.user_agent(&"u".repeat(256));
        if form {
            options.form_login();
        }
        assert!(options.auth(&email, &password).expect("a handle").login().is_ok(), "form: {form}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    for (email, password, named) in [
        ("a:b@example.com", "p", "email"),
        ("a\nb@example.com", "p", "email"),
        ("a\u{7f}@example.com", "p", "email"),
        ("", "p", "email"),
        ("a@example.com", "", "password"),
        ("a@example.com", "p\r\n", "password"),
    ] {
        let failure = options.auth(email, password).expect_err("refused");
        assert_eq!(failure.status, PERSONR_INVALID_ARGUMENT);
        assert!(failure.message.starts_with(named), "{}", failure.message);
    }
    for (length, accepted) in [(1, true), (1023, true), (1024, true), (1025, false)] {
        let text = "x".repeat(length);
        assert_eq!(options.auth(&text, "p").is_ok(), accepted, "an email of {length} bytes");
        assert_eq!(options.auth("a@example.com", &text).is_ok(), accepted, "a password of {length} bytes");
    }
    assert_eq!(sandbox.counters().connections, 0);
}

#[test]
fn each_login_ends_the_token_before_it() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).demo();
    let first = auth.login().expect("a token");
    let second = auth.login().expect("a token");
    assert_ne!(first.value, second.value);
    assert_is_live(&sandbox, &second);
    assert_eq!(auth.token().expect("the newer one").value, second.value);
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

#[test]
fn a_wrong_password_is_the_documented_refusal() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).auth(DEFAULT_EMAIL, "wrong").expect("a handle");
    let failure = auth.login().expect_err("refused");
    assert_eq!(failure.kind(), (PERSONR_INVALID_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS"));
    assert_eq!(failure.message, "We didn\u{2019}t find an account with those login credentials");
    assert_eq!((failure.http_status, failure.retry_after_ms), (400, -1));
    assert_eq!(auth.state(), PERSONR_STATE_REFUSED);
}

/// What is no refusal would be tried again later, and lock the account.
#[test]
fn a_broken_refusal_is_remembered_as_one() {
    for body in [
        &b"\xef\xbb\xbf{\"statusCode\":400,\"reason\":\"INVALID_LOGIN_CREDENTIALS\",\"message\":\"No\"}"[..],
        b"{\"message\":\"We didn\x92t\tfind it\",\"reason\":\"INVALID_LOGIN_CREDENTIALS\"}<html>",
        b"{\"statusCode\":NaN,\"reason\":\"INVALID_LOGIN_CREDENTIALS\",\"reason\":\"x\",\"message\":\"\\ud83d",
    ] {
        let sandbox = sandbox();
        let auth = Options::of(&sandbox).demo();
        sandbox.order(Fault::new(Action::Answer { status: 400, headers: Vec::new(), body: body.to_vec() }).always());
        let failure = auth.token().expect_err("refused");
        assert_eq!(failure.kind(), (PERSONR_INVALID_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS"));
        assert_eq!(auth.state(), PERSONR_STATE_REFUSED);
        assert_eq!(auth.token().expect_err("remembered"), failure);
        assert_eq!(sandbox.counters().requests, 1);
    }
}

#[test]
fn a_lifetime_may_be_a_string() {
    let sandbox = sandbox();
    let body = br#"{"status":"success","response":{"token":"abc","user_id":"u","expires":"31536000"}}"#;
    sandbox.order(Fault::new(Action::Answer { status: 200, headers: Vec::new(), body: body.to_vec() }));
    let token = Options::of(&sandbox).demo().token().expect("a token");
    assert_eq!((token.value.as_str(), token.lifetime), ("abc", 31_536_000));
}

#[test]
fn answers_that_are_no_token_keep_their_status() {
    let sandbox = sandbox();
    let answer = |status, headers: &[(&str, &str)], body: &[u8]| {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        sandbox.order(Fault::new(Action::Answer { status, headers, body: body.to_vec() }));
        Options::of(&sandbox).demo().login().expect_err("no token")
    };
    let limited = answer(429, &[("Retry-After", "120")], br#"{"message":"Too many"}"#);
    assert_eq!((limited.kind(), limited.http_status), ((PERSONR_RATE_LIMITED, "http-429"), 429));
    assert_eq!(limited.retry_after_ms, 120_000);
    assert_eq!(answer(503, &[], b"<html>").kind(), (PERSONR_SERVER, "http-503"));
    assert_eq!(answer(400, &[], br#"{"status":"NOT_RUN","message":"No"}"#).kind(), (PERSONR_REJECTED, "NOT_RUN"));
    assert_eq!(answer(401, &[], br#"{"message":"No"}"#).kind(), (PERSONR_UNAUTHORIZED, "http-401"));
    assert_eq!(answer(200, &[], b"").kind(), (PERSONR_PROTOCOL, "empty"));
    assert_eq!(answer(204, &[], b"").kind(), (PERSONR_PROTOCOL, "empty"));
}

#[test]
fn a_text_of_the_service_never_repeats_a_secret() {
    let sandbox = sandbox();
    let basic = "ZGVtb0BleGFtcGxlLmNvbTpjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl";
    let body = format!(r#"{{"reason":"{DEFAULT_PASSWORD}","message":"{DEFAULT_PASSWORD} or {basic}"}}"#);
    sandbox.order(Fault::new(Action::Answer { status: 400, headers: Vec::new(), body: body.into_bytes() }));
    let failure = Options::of(&sandbox).demo().login().expect_err("refused");
    assert_eq!((failure.reason.as_str(), failure.message.as_str()), ("[redacted]", "[redacted] or [redacted]"));
}

#[test]
fn a_login_keeps_no_connection() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).demo();
    for _ in 0..3 {
        auth.login().expect("a token");
    }
    assert!(sandbox.wait_until(Duration::from_secs(30), |counters| counters.open == 0));
    assert_eq!(sandbox.counters().connections, 3, "one connection, one login");
    assert!(sandbox.requests().iter().all(|request| header(request, "connection") == Some("close")));
}

#[test]
fn a_transient_failure_is_retried_and_a_refusal_is_not() {
    let unavailable = |headers: &[(&str, &str)]| Action::Answer {
        status: 503,
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: Vec::new(),
    };
    let passing = [unavailable(&[]), unavailable(&[("Retry-After", "0")]), Action::Reset, Action::Close];
    for action in passing.into_iter().chain([Action::ResetOnAccept, Action::RefuseTls]) {
        let sandbox = sandbox();
        let options = Options::of(&sandbox);
        options.max_retries(2);
        sandbox.order(Fault::new(action.clone()).times(2));
        assert!(options.demo().login().is_ok(), "{action:?}");
        assert_eq!(sandbox.counters().connections, 3, "{action:?}");
    }
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.max_retries(10);
    let refusals = [(400, "{\"reason\":\"X\"}", 1), (401, "{}", 1), (429, "{}", 1), (200, "", 1)];
    for (status, body, requests) in refusals {
        sandbox.forget_requests();
        sandbox.order(Fault::new(Action::Answer { status, headers: Vec::new(), body: body.into() }));
        assert!(options.demo().login().is_err());
        assert_eq!(sandbox.requests().len(), requests, "{status}");
    }
}

#[test]
fn a_retry_after_that_does_not_fit_the_deadline_is_not_waited_for() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.max_retries(2);
    let headers = vec![("Retry-After".to_owned(), "3600".to_owned())];
    sandbox.order(Fault::new(Action::Answer { status: 503, headers, body: Vec::new() }));
    let failure = options.demo().login().expect_err("no token");
    assert_eq!((failure.status, failure.retry_after_ms), (PERSONR_SERVER, 3_600_000));
    assert_eq!(sandbox.counters().requests, 1);
}

#[test]
fn a_retry_after_of_zero_does_not_shorten_the_pause() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.max_retries(10);
    for value in ["0", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        sandbox.forget_requests();
        let headers = vec![("Retry-After".to_owned(), value.to_owned())];
        sandbox.order(Fault::new(Action::Answer { status: 503, headers, body: Vec::new() }).times(11));
        assert_eq!(options.demo().login().expect_err("no token").status, PERSONR_SERVER);
        // Pauses that are random and double: their sum passes two seconds before the tenth.
        let requests = sandbox.requests().len();
        assert!((2..11).contains(&requests), "{value}: {requests} requests");
        sandbox.clear_faults();
    }
}

#[test]
fn the_answer_may_come_in_pieces() {
    let sandbox = sandbox();
    sandbox.order(Fault::new(Action::Drip { bytes: 1, every: Duration::ZERO }));
    assert_is_live(&sandbox, &Options::of(&sandbox).demo().login().expect("a token"));
}

#[test]
fn plain_http_works_on_loopback() {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let options = Options::new();
    options.base_url(sandbox.base_url()).expect("accepted");
    assert_is_live(&sandbox, &options.demo().login().expect("a token"));
}
