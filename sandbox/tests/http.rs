//! Connections, framing, limits, and what is counted.

mod client;

use std::io::{Read, Write};

use client::{Client, LONG, STATUS, bearer, exchange, login, login_as, tcp};
use personr_sandbox::{DEFAULT_EMAIL, Sandbox};

#[test]
fn a_connection_is_kept_and_counted() {
    let sandbox = Sandbox::start().unwrap();
    let mut client = Client::new(&sandbox);
    let request = login();
    client.exchange(&request).token();
    let token = client.exchange(&request).token();
    assert_eq!(client.exchange(&bearer(STATUS, &token)).status, 200);
    assert_eq!(client.exchange(&bearer(STATUS, "wrong")).status, 401);
    assert_eq!(client.exchange(&login_as(DEFAULT_EMAIL, "wrong")).status, 400);

    let sent = 2 * request.len()
        + bearer(STATUS, &token).len()
        + bearer(STATUS, "wrong").len()
        + login_as(DEFAULT_EMAIL, "wrong").len();
    let counters = sandbox.counters();
    assert_eq!((counters.connections, counters.handshakes, counters.open), (1, 1, 1));
    assert_eq!((counters.requests, counters.logins), (5, 3));
    assert_eq!((counters.tokens_issued, counters.refused_logins), (2, 1));
    assert_eq!((counters.authorized, counters.unauthorized, counters.held), (1, 1, 0));
    assert_eq!(counters.request_bytes, sent as u64);

    drop(client);
    assert!(sandbox.wait_until(LONG, |counters| counters.open == 0));
}

#[test]
fn requests_are_kept_in_order_until_they_are_forgotten() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    exchange(&sandbox, "GET /first?a=b HTTP/1.1\r\nX-Odd: \x7fa\r\n\r\n".replace('\x7f', " ").as_str());
    exchange(&sandbox, "POST /second HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody");
    let requests = sandbox.requests();
    assert_eq!((requests[0].method.as_str(), requests[0].target.as_str()), ("GET", "/first?a=b"));
    assert_eq!(requests[0].header("x-odd"), Some(b"a".as_slice()));
    assert_eq!(requests[1].body, b"body");
    sandbox.forget_requests();
    assert!(sandbox.requests().is_empty());
    assert_eq!(sandbox.counters().requests, 2);
}

#[test]
fn connection_close_is_honoured() {
    let sandbox = Sandbox::start().unwrap();
    let mut client = Client::new(&sandbox);
    let request = login().replace("Host:", "Connection: close\r\nHost:");
    let answer = client.exchange(&request);
    assert!(answer.head.contains("Connection: close\r\n"));
    let (rest, end) = client.rest();
    assert!(rest.is_empty() && end.is_ok(), "{end:?}");
}

#[test]
fn a_chunked_body_is_read() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let chunked = "POST /api/1.1/wf/api-token-generate HTTP/1.1\r\nContent-Type: application/json\r\n\
        Transfer-Encoding: chunked\r\n\r\n5\r\n{\"ema\r\n5;x=y\r\nil\":1\r\n1\r\n}\r\n0\r\n\r\n";
    let mut client = Client::new(&sandbox);
    assert!(client.exchange(chunked).text().contains("Missing parameter: password"));
    assert_eq!(sandbox.requests()[0].body, br#"{"email":1}"#);
    // The next request begins where the body ended.
    client.exchange(&login()).token();
}

#[test]
fn bytes_that_are_no_request_are_refused_and_the_connection_closed() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    for (bytes, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        (format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(64 * 1024)), 431),
        ("POST / HTTP/1.1\r\nContent-Length: 134217729\r\n\r\n".to_owned(), 413),
        ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(), 501),
    ] {
        let mut client = Client::new(&sandbox);
        assert_eq!(client.exchange(&bytes).status, status);
        let (rest, end) = client.rest();
        assert!(rest.is_empty() && end.is_ok(), "{end:?}");
    }
    // What is on its way when the connection is closed does not destroy the answer.
    let early = format!("POST / HTTP/1.1\r\nContent-Length: 134217729\r\n\r\n{}", "x".repeat(256 * 1024));
    let mut client = Client::new(&sandbox);
    assert_eq!(client.exchange(&early).status, 413);
    assert!(client.rest().1.is_ok());
    assert_eq!(sandbox.counters().requests, 0);
    // The largest body that is taken is not refused before it has come.
    let mut client = Client::new(&sandbox);
    client.send("POST / HTTP/1.1\r\nContent-Length: 134217728\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(client.receive().status, 100);
}

#[test]
fn head_gets_no_body() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let mut client = Client::new(&sandbox);
    client.send("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n");
    let (bytes, _) = client.rest();
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("HTTP/1.1 404") && text.ends_with("\r\n\r\n"), "{text}");
}

#[test]
fn plain_http_needs_no_tls_and_https_refuses_plain_bytes() {
    let plain = Sandbox::builder().plain_http().start().unwrap();
    assert_eq!(plain.base_url(), format!("http://{}/api/1.1/wf", plain.address()));
    exchange(&plain, &login()).token();
    assert_eq!((plain.counters().connections, plain.counters().handshakes), (1, 0));

    let secure = Sandbox::start().unwrap();
    assert_eq!(secure.base_url(), format!("https://{}/api/1.1/wf", secure.address()));
    let mut socket = tcp(secure.address()).unwrap();
    socket.write_all(login().as_bytes()).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert!(!answer.starts_with(b"HTTP"), "an alert, not HTTP");
    assert_eq!((secure.counters().handshakes, secure.counters().requests), (0, 0));
}
