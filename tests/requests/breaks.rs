//! Where the connection broke, or what was answered, and whether the request is sent again.

use std::time::{Duration, Instant};

use personr::ffi::*;

use crate::caller::{Refusal, Request, account};
use crate::server::{Act, Server, answer, json};

/// What comes of one failure: for a request that is not repeatable, and whether one that is is sent again.
struct Row {
    act: Act,
    status: i32,
    reason: &'static str,
    may_have_run: i32,
    is_repeated: bool,
}

fn row(act: Act, status: i32, reason: &'static str, may_have_run: i32, is_repeated: bool) -> Row {
    Row { act, status, reason, may_have_run, is_repeated }
}

fn rows() -> Vec<Row> {
    let cut = |bytes: &str| Act::AnswerAndReset(bytes.to_owned());
    let again = "Retry-After: 0\r\n";
    vec![
        row(Act::ResetBehindHead, PERSONR_NETWORK, "reset", 1, true),
        row(Act::ResetInBody(100_000), PERSONR_NETWORK, "reset", 1, true),
        row(Act::Reset, PERSONR_NETWORK, "reset", 1, true),
        row(Act::Close, PERSONR_NETWORK, "closed", 1, true),
        row(cut("HTTP/1.1 200 O"), PERSONR_NETWORK, "reset", 1, true),
        row(cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a"), PERSONR_NETWORK, "reset", 1, true),
        row(Act::Answer(answer(500, "", "")), PERSONR_SERVER, "http-500", 1, true),
        row(Act::Answer(answer(503, again, "<html>")), PERSONR_SERVER, "http-503", 1, true),
        row(Act::Answer(answer(429, "", "")), PERSONR_RATE_LIMITED, "http-429", 0, false),
        row(Act::Answer("HTTP/1.1 nonsense\r\n\r\n".to_owned()), PERSONR_PROTOCOL, "http", 1, false),
        row(Act::Answer(answer(403, "", "<html>")), PERSONR_PROTOCOL, "html", 1, false),
        row(Act::Answer(json(400, r#"{"reason":"NOT_RUN"}"#)), PERSONR_REJECTED, "NOT_RUN", 1, false),
        row(Act::Answer(answer(404, "", "")), PERSONR_REJECTED, "http-404", 0, false),
        row(Act::Answer(json(200, r#"{"status":"error"}"#)), PERSONR_REJECTED, "error", 1, false),
        row(Act::Answer(json(200, "{\"a\":")), PERSONR_PROTOCOL, "json", 1, false),
        row(
            Act::Answer(answer(200, "Content-Encoding: gzip\r\n", "{}")),
            PERSONR_PROTOCOL,
            "content-encoding",
            1,
            false,
        ),
        row(Act::Answer(answer(302, "Location: /\r\n", "")), PERSONR_PROTOCOL, "redirect", 1, false),
    ]
}

fn request(repeatable: bool) -> Request {
    let request = Request::new("api-document-upload");
    request.bytes("docFile", &[7; 300_000], PERSONR_ENCODING_BASE64).repeatable(repeatable);
    request
}

#[test]
fn what_may_have_run_is_sent_again_only_if_it_is_repeatable() {
    for Row { act, status, reason, may_have_run, is_repeated } in rows() {
        for repeatable in [false, true] {
            let server = Server::start();
            let auth = account(&server, 1);
            server.then(act.clone());
            let sent = request(repeatable).send(&auth);
            let count = server.received().len();
            if repeatable && is_repeated {
                assert_eq!(sent.map(|answer| answer.http_status), Ok(200), "{act:?}");
                assert_eq!(count, 2, "{act:?}");
            } else {
                let refusal = sent.expect_err("it fails");
                assert_eq!(refusal.kind(), (status, reason, may_have_run), "{act:?}, repeatable: {repeatable}");
                assert_eq!(count, 1, "{act:?}, repeatable: {repeatable}");
            }
        }
    }
}

#[test]
fn nothing_is_sent_more_often_than_the_options_allow() {
    let server = Server::start();
    let auth = account(&server, 2);
    server.then(Act::Reset).then(Act::Reset).then(Act::Reset);
    let refusal = request(true).send(&auth).expect_err("it fails");
    assert_eq!((refusal.kind(), server.received().len()), ((PERSONR_NETWORK, "reset", 1), 3));
}

/// The first may have run, whatever became of the second.
#[test]
fn what_an_attempt_may_have_done_stays_when_the_next_one_was_turned_away() {
    let server = Server::start();
    let auth = account(&server, 1);
    server.then(Act::Reset).then(Act::Answer(answer(404, "", "")));
    let refusal = request(true).send(&auth).expect_err("it fails");
    assert_eq!((refusal.kind(), server.received().len()), ((PERSONR_REJECTED, "http-404", 1), 2));
}

#[test]
fn a_request_that_was_turned_away_comes_back_when_it_is_told_to_if_there_is_time() {
    let server = Server::start();
    let auth = account(&server, 1);
    let wait = |seconds: u32| Act::Answer(answer(429, &format!("Retry-After: {seconds}\r\n"), ""));
    let begun = Instant::now();
    server.then(wait(1));
    assert!(request(false).send(&auth).is_ok(), "nothing was done: repeatable or not");
    assert!(begun.elapsed() >= Duration::from_secs(1) && server.received().len() == 2);
    server.forget();
    server.then(wait(90));
    let Refusal { status, may_have_run, retry_after_ms, .. } = request(true).send(&auth).expect_err("it fails");
    assert_eq!((status, may_have_run, retry_after_ms), (PERSONR_RATE_LIMITED, 0, 90_000));
    assert_eq!(server.received().len(), 1, "90 seconds are more than the timeout");
}

#[test]
fn a_time_out_is_final() {
    for repeatable in [false, true] {
        let server = Server::start();
        let auth = account(&server, 2);
        server.then(Act::Stall);
        let request = request(repeatable);
        request.timeout_ms(200);
        let refusal = request.send(&auth).expect_err("it fails");
        assert_eq!((refusal.kind(), server.received().len()), ((PERSONR_TIMEOUT, "answer", 1), 1));
    }
}

/// Before its first byte: it is tried again, repeatable or not, and has not run.
#[test]
fn what_was_not_begun_is_tried_again() {
    let sandbox = personr_sandbox::Sandbox::start().expect("a sandbox");
    let options = personr_testkit::client::Options::of(&sandbox);
    options.max_retries(2);
    let auth = options.demo();
    auth.token().expect("a token");
    let order = |times| {
        let fault = personr_sandbox::Fault::new(personr_sandbox::Action::ResetOnAccept);
        sandbox.order(fault.times(times));
    };
    order(2);
    let request = Request::new("api-applicant-status");
    assert!(request.send(&auth).is_ok());
    // A new handle: the other one has a connection.
    let auth = options.auth(personr_sandbox::DEFAULT_EMAIL, personr_sandbox::DEFAULT_PASSWORD).expect("a handle");
    order(3);
    let refusal = request.send(&auth).expect_err("it fails");
    assert_eq!((refusal.status, refusal.may_have_run), (PERSONR_NETWORK, 0), "{refusal:?}");
    assert_eq!(sandbox.counters().authorized, 1);
}

#[test]
fn a_tls_failure_is_final_and_nothing_was_sent() {
    let sandbox = personr_sandbox::Sandbox::start().expect("a sandbox");
    let options = personr_testkit::client::Options::of(&sandbox);
    options.max_retries(2);
    let auth = options.demo();
    auth.token().expect("a token");
    let before = sandbox.counters().connections;
    sandbox.order(personr_sandbox::Fault::new(personr_sandbox::Action::PlainHttp));
    let refusal = Request::new("api-applicant-status").send(&auth).expect_err("it fails");
    assert_eq!(refusal.kind(), (PERSONR_TLS, "handshake", 0));
    assert_eq!(sandbox.counters().connections, before + 1);
}

/// An answer that comes before the upload has ended is read, although the connection is then reset.
#[test]
fn an_early_answer_to_an_upload_is_read() {
    let server = Server::start();
    let auth = account(&server, 2);
    let upload = Request::new("api-document-upload");
    upload.bytes("docFile", &vec![7; 8_000_000], PERSONR_ENCODING_BINARY);
    server.then(Act::AnswerEarly(1000, answer(413, "", "too large")));
    let refusal = upload.send(&auth).expect_err("refused");
    assert_eq!((refusal.kind(), &*refusal.body), ((PERSONR_REJECTED, "http-413", 0), &b"too large"[..]));
    // A 401 too: the token is rejected, and the whole upload sent again.
    server.forget();
    let early = json(401, r#"{"error_class":"Unauthorized"}"#);
    server.then(Act::AnswerEarly(0, early));
    assert!(upload.send(&auth).is_ok());
    let received = server.received();
    assert_eq!((received.len(), server.logins()), (2, 2));
    assert!(received[1].body_length > 8_000_000 && received[0].body_length < 8_000_000);
}
