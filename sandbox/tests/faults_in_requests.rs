//! The faults that concern requests with a body, answers of any shape, and tokens that end in between.

mod client;

use std::io::{self, ErrorKind, Write};
use std::time::Duration;

use client::{Client, FORM_TYPE, LONG, STATUS, bearer, call, exchange, form, head, login, tcp, texts};
use personr_sandbox::{Action, DEFAULT_EMAIL, Document, Documented, Ending, Fault, Received, Rest, Sandbox};

const UPLOAD: &str = "api-document-upload";

/// Over TLS, with a token, and one fault ordered for what comes next.
fn disturbed(action: Action) -> (Sandbox, String) {
    let sandbox = Sandbox::start().unwrap();
    let token = exchange(&sandbox, &login()).token();
    sandbox.forget_requests();
    sandbox.order(Fault::new(action));
    (sandbox, token)
}

fn early(after: u64, status: u16, then: Rest) -> Action {
    Action::Early { after, status, headers: Vec::new(), body: b"{}".to_vec(), then }
}

fn kind(end: io::Result<()>) -> ErrorKind {
    end.unwrap_err().kind()
}

fn only_request(sandbox: &Sandbox) -> Received {
    let mut requests = sandbox.requests();
    assert_eq!(requests.len(), 1);
    requests.remove(0)
}

/// The sandbox is what it was before the fault.
fn assert_healed(sandbox: &Sandbox, token: &str) {
    assert_eq!(exchange(sandbox, &bearer(STATUS, token)).status, 200);
}

#[test]
fn end_request() {
    for (after, by) in [(0, Ending::Reset), (10, Ending::Orderly), (999, Ending::Truncated)] {
        let (sandbox, token) = disturbed(Action::EndRequest { after, by });
        let mut client = Client::new(&sandbox);
        client.send(&head(UPLOAD, &token, FORM_TYPE, 1000));
        client.send(&"x".repeat(usize::try_from(after).unwrap()));
        let (bytes, end) = client.rest();
        assert!(bytes.is_empty());
        match by {
            Ending::Reset => assert_eq!(kind(end), ErrorKind::ConnectionReset),
            Ending::Truncated => assert_eq!(kind(end), ErrorKind::UnexpectedEof),
            _ => assert!(end.is_ok(), "{end:?}"),
        }
        let request = only_request(&sandbox);
        assert_eq!((request.body_length, request.whole, request.status), (after, false, 0));
        let counters = sandbox.counters();
        assert_eq!((counters.incomplete, counters.endpoint(UPLOAD), counters.authorized), (1, 0, 0));
        assert_healed(&sandbox, &token);
    }
}

#[test]
fn stall_request() {
    let (sandbox, token) = disturbed(Action::StallRequest { after: 5 });
    let mut client = Client::new(&sandbox);
    client.send(&head(UPLOAD, &token, FORM_TYPE, 1000));
    client.send("12345");
    assert!(sandbox.wait_until(LONG, |counters| counters.held == 1));
    assert_eq!(only_request(&sandbox).body_length, 5);
    sandbox.release();
    let (bytes, end) = client.rest();
    assert!(bytes.is_empty() && end.is_ok(), "{end:?}");
    assert_healed(&sandbox, &token);
}

#[test]
fn an_early_answer_whose_request_is_read_keeps_the_connection() {
    let (sandbox, token) = disturbed(early(10, 413, Rest::Read));
    let mut client = Client::new(&sandbox);
    client.send(&head(UPLOAD, &token, FORM_TYPE, 100_000));
    client.send(&"x".repeat(10));
    assert_eq!(client.receive().status, 413);
    let request = only_request(&sandbox);
    assert_eq!((request.body_length, request.whole, request.status), (10, false, 413));
    client.send(&"x".repeat(99_990));
    assert_eq!(client.exchange(&bearer(STATUS, &token)).status, 200);
    let request = &sandbox.requests()[0];
    assert_eq!((request.body_length, request.whole), (100_000, true));
    assert_eq!((sandbox.counters().incomplete, sandbox.counters().endpoint(UPLOAD)), (1, 0));
}

#[test]
fn an_early_answer_may_end_the_connection() {
    for then in [Rest::Close, Rest::Reset] {
        let (sandbox, token) = disturbed(early(0, 401, then));
        let mut client = Client::new(&sandbox);
        client.send(&head(UPLOAD, &token, FORM_TYPE, 100_000));
        let answer = client.receive();
        assert_eq!((answer.status, sandbox.counters().unauthorized), (401, 1));
        assert!(answer.head.contains("Connection: close\r\n"));
        let (_, end) = client.rest();
        match then {
            Rest::Reset => assert_eq!(kind(end), ErrorKind::ConnectionReset),
            _ => assert!(end.is_ok(), "{end:?}"),
        }
        assert_healed(&sandbox, &token);
    }
}

#[test]
fn a_stall_after_an_early_answer_takes_no_more_bytes() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let token = exchange(&sandbox, &login()).token();
    sandbox.order(Fault::new(early(0, 401, Rest::Stall)));
    let mut socket = tcp(sandbox.address()).unwrap();
    socket.write_all(head(UPLOAD, &token, FORM_TYPE, 100_000_000).as_bytes()).unwrap();
    assert_eq!(Client(Box::new(socket.try_clone().unwrap())).receive().status, 401);
    socket.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let end = kind((0..100).try_for_each(|_| socket.write_all(&[0; 1_000_000])));
    assert!(matches!(end, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{end:?}");
    assert!(sandbox.wait_until(LONG, |counters| counters.held == 1));
    sandbox.release();
    assert!(sandbox.wait_until(LONG, |counters| counters.held == 0));
}

#[test]
fn end_answer() {
    for (after, by) in [(0, Ending::Orderly), (7, Ending::Truncated), (100_000, Ending::Reset)] {
        let (sandbox, token) = disturbed(Action::EndAnswer { after, by });
        sandbox.set_documents(&[Document::new("PASSPORT", 1_000_000, 1)]);
        let mut client = Client::new(&sandbox);
        client.send(&bearer("/api/1.1/wf/api-document-download", &token));
        let (bytes, end) = client.rest();
        match by {
            // A reset destroys what was not read.
            Ending::Reset => assert_eq!(kind(end), ErrorKind::ConnectionReset),
            _ => {
                assert_eq!(end.is_ok(), by == Ending::Orderly);
                let text = String::from_utf8(bytes).unwrap();
                let body = text.split_once("\r\n\r\n").unwrap().1;
                assert_eq!(body, &r#"{"status""#[..usize::try_from(after).unwrap()]);
            }
        }
        assert_eq!(sandbox.counters().authorized, 1, "it was done");
        assert_healed(&sandbox, &token);
    }
}

#[test]
fn chunked() {
    let (sandbox, token) = disturbed(Action::Chunked { bytes: 10 });
    let mut client = Client::new(&sandbox);
    client.send(&bearer("/api/1.1/wf/api-change-workspace", &token).replace("Host:", "Connection: close\r\nHost:"));
    let text = String::from_utf8(client.rest().0).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Transfer-Encoding: chunked") && !head.contains("Content-Length"), "{head}");
    assert_eq!(body, "a\r\n{\"response\r\na\r\n\":\"success\r\n2\r\n\"}\r\n0\r\n\r\n");
}

#[test]
fn documented_answers() {
    let (sandbox, token) = disturbed(Action::Documented(Documented::Gzip));
    let after = |when: &str| Some(when.to_owned());
    let mut client = Client::new(&sandbox);
    let mut next = || client.exchange(&bearer("/api/1.1/wf/api-request-applicant-check", &token));
    let packed = next();
    assert!(packed.head.contains("Content-Encoding: gzip\r\n") && packed.body.starts_with(&[0x1f, 0x8b]));
    for (documented, status, says) in [
        (Documented::WorkspaceNotFound, 200, r#"{"status":"error","response":"Workspace not found"}"#),
        (Documented::MissingData, 400, r#"{"statusCode":400,"body":{"status":"MISSING_DATA""#),
        (Documented::NotRun, 400, "Workflow won't run"),
        (Documented::BubbleCode, 400, r#""args":{"bubble_code""#),
        (Documented::NoToken, 200, "non_authenticated_user_"),
        (Documented::Unauthorized, 401, r#""message":null"#),
        (Documented::TooManyRequests { retry_after: None }, 429, "message"),
        (Documented::TooManyRequests { retry_after: after("7") }, 429, "Retry-After: 7\r\n"),
        (Documented::Unavailable { retry_after: after("Fri, 27 Nov 2026 13:00:00 GMT") }, 503, "13:00:00 GMT\r\n"),
        (Documented::ServerError, 500, r#"{"code":"#),
        (Documented::HtmlPage { status: 403 }, 403, "text/html"),
        (Documented::RedirectWithMessage, 302, "?statusCode=400&message="),
        (Documented::Redirect, 302, "Location: https://"),
    ] {
        sandbox.order(Fault::new(Action::Documented(documented.clone())));
        let answer = next();
        assert_eq!(answer.status, status, "{documented:?}");
        assert!((answer.head.clone() + &answer.text()).contains(says), "{documented:?}");
    }
    let answer = Action::answer(418, "{}");
    sandbox.order(Fault::new(answer));
    assert_eq!(next().status, 418);
    assert_eq!((sandbox.counters().authorized, sandbox.counters().unauthorized), (0, 1), "nothing was done");
    assert_eq!(next().status, 200);
}

#[test]
fn the_gzip_answer_can_be_unpacked() {
    let (sandbox, token) = disturbed(Action::Documented(Documented::Gzip));
    let packed = exchange(&sandbox, &bearer(STATUS, &token)).body;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.gz");
    std::fs::write(&path, packed).unwrap();
    match std::process::Command::new("gzip").arg("-dc").arg(&path).output() {
        Ok(output) => assert_eq!(output.stdout, br#"{"response":"success"}"#),
        Err(error) => eprintln!("SKIP: gzip cannot be run ({error})"),
    }
}

#[test]
fn a_token_is_revoked_once_what_was_refused_has_come_again() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let mut client = Client::new(&sandbox);
    let mut send = |token: &str, email: &str| {
        call(&mut client, "api-add-ubo", token, FORM_TYPE, &texts(&[("email", email)])).status
    };
    let first = exchange(&sandbox, &login()).token();
    sandbox.revoke_after(&[2, 1]);
    assert_eq!([send(&first, "a"), send(&first, "b"), send(&first, "c")], [200, 200, 401]);
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL), None);
    let second = exchange(&sandbox, &login()).token();
    assert_eq!([send(&second, "d"), send(&second, "e")], [200, 200], "c has not come again");
    assert_eq!([send(&second, "c"), send(&second, "c")], [200, 401]);
    let third = exchange(&sandbox, &login()).token();
    assert_eq!([(); 5].map(|()| send(&third, "c")), [200; 5]);
}

#[test]
fn a_fault_waits_for_its_endpoint() {
    let (sandbox, token) = disturbed(Action::Documented(Documented::NotRun));
    sandbox.clear_faults();
    sandbox.order(Fault::new(early(0, 413, Rest::Read)).on_path(UPLOAD));
    assert_healed(&sandbox, &token);
    let body = form(&[("name=\"docFile\"; filename=\"a\"", b"x")]);
    assert_eq!(call(&mut Client::new(&sandbox), UPLOAD, &token, FORM_TYPE, &body).status, 413);
}
