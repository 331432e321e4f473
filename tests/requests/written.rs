//! What a request looks like on the wire.

use personr::ffi::*;

use crate::caller::{Request, account};
use crate::server::Server;

#[test]
fn a_request_is_a_post_with_the_headers_that_are_needed_and_no_other() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("v2/api-applicant-status");
    request.json().text("applicantId", "1x2");
    request.send(&auth).expect("served");
    let received = &server.received()[0];
    assert!(received.head.starts_with("POST /api/1.1/wf/v2/api-applicant-status HTTP/1.1\r\n"), "{}", received.head);
    assert_eq!(received.text(), r#"{"applicantId":"1x2"}"#);
    for (name, value) in [
        ("authorization", "Bearer token|1"),
        ("content-type", "application/json"),
        ("content-length", "21"),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
        ("user-agent", concat!("libpersonr/", env!("CARGO_PKG_VERSION"))),
    ] {
        assert_eq!(received.header(name), [value], "{name}");
    }
    let mut names: Vec<_> =
        received.head.lines().skip(1).filter_map(|line| line.split_once(':')).map(|it| it.0).collect();
    names.sort_unstable();
    let expected =
        ["accept", "accept-encoding", "authorization", "content-length", "content-type", "host", "user-agent"];
    assert_eq!(names, expected);
}

#[test]
fn nothing_of_a_field_gets_into_a_head() {
    let server = Server::start();
    let auth = account(&server, 0);
    let value = "x\r\nContent-Length: 0\r\n\r\n--personr-\r\nevil";
    let request = Request::new("api-applicant-create");
    request.text("a \"quoted\"; name", value).bytes("file", b"--", PERSONR_ENCODING_BINARY);
    request.send(&auth).expect("served");
    let received = &server.received()[0];
    let content_type = received.header("content-type")[0].to_owned();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a form");
    let expected = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"a %22quoted%22; name\"\r\n\r\n{value}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"scan.pdf\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n--\r\n--{boundary}--\r\n"
    );
    assert_eq!(received.text(), expected);
    assert_eq!(received.header("content-length"), [expected.len().to_string()]);
}

#[test]
fn an_endpoint_that_leads_elsewhere_is_never_asked() {
    let server = Server::start();
    let auth = account(&server, 0);
    for endpoint in ["../admin", "%2e%2e/admin", "a//b", "a?b=c", "a\r\nHost: evil", "http://evil/", "API-Basic-Auth"] {
        let refusal = Request::new(endpoint).send(&auth).expect_err(endpoint);
        assert_eq!(refusal.kind(), (PERSONR_INVALID_ARGUMENT, "argument", 0), "{endpoint}");
        assert!(refusal.message.starts_with("endpoint: ") && !refusal.message.contains("admin"), "{}", refusal.message);
    }
    assert_eq!((server.received().len(), server.logins()), (0, 1));
}

/// One request, sent by many threads while another fills copies of it.
#[test]
fn a_send_takes_the_request_as_it_stands_at_the_call() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-create");
    request.json().text("a", "1");
    server.then(crate::server::Act::Hold(1));
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| request.send(&auth));
        server.wait_for_held();
        request.text("b", "2");
        server.release();
        sending.join().expect("no panic").expect("served");
    });
    request.send(&auth).expect("served");
    let texts: Vec<_> = server.received().iter().map(|it| it.text().to_owned()).collect();
    assert_eq!(texts, [r#"{"a":"1"}"#, r#"{"a":"1","b":"2"}"#]);
}
