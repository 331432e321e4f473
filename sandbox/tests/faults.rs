//! Every fault, once.

mod client;

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::{Client, LONG, STATUS, bearer, exchange, login, tcp};
use personr_sandbox::{Action, Counters, DEFAULT_EMAIL, Fault, Sandbox};

/// Over TLS, with one fault ordered.
fn disturbed(action: Action) -> Sandbox {
    let sandbox = Sandbox::start().unwrap();
    sandbox.order(Fault::new(action));
    sandbox
}

/// What a login gets, and how the connection ends.
fn fate_of_login(sandbox: &Sandbox) -> (Vec<u8>, io::Result<()>) {
    let mut client = Client::new(sandbox);
    client.send(&login());
    client.rest()
}

/// After a fault that is used up, all is well again.
fn assert_healed(sandbox: &Sandbox) {
    exchange(sandbox, &login()).token();
}

fn kind(end: io::Result<()>) -> ErrorKind {
    end.unwrap_err().kind()
}

/// Neither bytes nor an end come.
fn assert_silent(socket: &mut TcpStream) {
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let end = kind(socket.read(&mut [0]).map(drop));
    assert!(matches!(end, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{end:?}");
}

#[test]
fn answer() {
    let sandbox = disturbed(Action::Answer {
        status: 503,
        headers: vec![("Retry-After".into(), "1".into())],
        body: b"down".to_vec(),
    });
    let mut client = Client::new(&sandbox);
    let answer = client.exchange(&login());
    assert_eq!((answer.status, answer.text().as_str()), (503, "down"));
    assert!(answer.head.contains("Retry-After: 1\r\nContent-Length: 4\r\n"));
    assert_eq!(sandbox.counters().tokens_issued, 0);
    client.exchange(&login()).token();
}

#[test]
fn an_answer_that_frames_itself_is_the_last() {
    let sandbox = disturbed(Action::Answer {
        status: 200,
        headers: vec![("Content-Length".into(), "100".into())],
        body: b"{".to_vec(),
    });
    let (bytes, end) = fate_of_login(&sandbox);
    assert!(bytes.ends_with(b"Content-Length: 100\r\n\r\n{") && end.is_ok());
}

#[test]
fn an_ordered_401_is_counted() {
    let sandbox = Sandbox::start().unwrap();
    let answer = Action::Answer { status: 401, headers: Vec::new(), body: Vec::new() };
    sandbox.order(Fault::new(answer));
    assert_eq!(exchange(&sandbox, &login()).status, 401);
    assert_eq!(sandbox.counters().unauthorized, 1);
}

#[test]
fn raw() {
    let sandbox = disturbed(Action::Raw(b"HTTP/9.9 nonsense\0".to_vec()));
    let (bytes, end) = fate_of_login(&sandbox);
    assert_eq!(bytes, b"HTTP/9.9 nonsense\0");
    assert!(end.is_ok());
    assert_eq!(sandbox.counters().tokens_issued, 0);
    assert_healed(&sandbox);
}

#[test]
fn delay() {
    let time = Duration::from_millis(150);
    let sandbox = disturbed(Action::Delay(time));
    let mut client = Client::new(&sandbox);
    let start = Instant::now();
    client.send(&login());
    assert!(sandbox.wait_until(LONG, |counters| counters.tokens_issued == 1));
    assert!(start.elapsed() >= time, "issued after the delay");
    client.receive().token();
}

#[test]
fn hold() {
    let sandbox = disturbed(Action::Hold);
    let mut client = Client::new(&sandbox);
    client.send(&login());
    assert!(sandbox.wait_until(LONG, |counters| counters.held == 1));
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL), None, "issued after the release");
    sandbox.release();
    client.receive().token();
    assert_eq!(sandbox.counters().held, 0);
}

#[test]
fn clearing_releases_what_is_held() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.order(Fault::new(Action::Hold).always());
    let mut clients = [Client::new(&sandbox), Client::new(&sandbox)];
    for client in &mut clients {
        client.send(&login());
    }
    assert!(sandbox.wait_until(LONG, |counters| counters.held == 2));
    sandbox.clear_faults();
    for client in &mut clients {
        client.receive().token();
    }
    assert_healed(&sandbox);
}

#[test]
fn stall() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    sandbox.order(Fault::new(Action::Stall));
    let mut socket = tcp(sandbox.address()).unwrap();
    socket.write_all(login().as_bytes()).unwrap();
    assert!(sandbox.wait_until(LONG, |counters| counters.requests == 1));
    assert_silent(&mut socket);
    assert_eq!(sandbox.counters().tokens_issued, 0);
    drop(socket);
    assert!(sandbox.wait_until(LONG, |counters| counters.open == 0));
    assert_healed(&sandbox);
}

#[test]
fn drip() {
    let sandbox = disturbed(Action::Drip { bytes: 100, every: Duration::from_millis(30) });
    let mut client = Client::new(&sandbox);
    let start = Instant::now();
    let answer = client.exchange(&login());
    let length = answer.head.len() + answer.body.len();
    answer.token();
    let pauses = u32::try_from((length - 1) / 100).unwrap();
    assert!(start.elapsed() >= pauses * Duration::from_millis(30));
    client.exchange(&login()).token();
}

#[test]
fn cut() {
    let sandbox = disturbed(Action::Cut { after: 20 });
    let (bytes, end) = fate_of_login(&sandbox);
    assert_eq!(bytes, b"HTTP/1.1 200 OK\r\nCon");
    assert!(end.is_ok(), "with close_notify");
    assert_eq!(sandbox.counters().tokens_issued, 1);
    sandbox.order(Fault::new(Action::Cut { after: 1_000_000 }));
    let (bytes, end) = fate_of_login(&sandbox);
    assert!(bytes.ends_with(b"}") && end.is_ok(), "no more than there is");
    assert_healed(&sandbox);
}

#[test]
fn truncate() {
    let sandbox = disturbed(Action::Truncate { after: 20 });
    let (bytes, end) = fate_of_login(&sandbox);
    assert_eq!(bytes, b"HTTP/1.1 200 OK\r\nCon");
    assert_eq!(kind(end), ErrorKind::UnexpectedEof, "without close_notify");
    assert_healed(&sandbox);
}

#[test]
fn reset() {
    let sandbox = disturbed(Action::Reset);
    let (bytes, end) = fate_of_login(&sandbox);
    assert!(bytes.is_empty());
    assert_eq!(kind(end), ErrorKind::ConnectionReset);
    let counters = sandbox.counters();
    assert_eq!((counters.logins, counters.tokens_issued), (1, 0));
    assert_healed(&sandbox);
}

#[test]
fn reset_after_issue() {
    let sandbox = Sandbox::start().unwrap();
    let old = exchange(&sandbox, &login()).token();
    sandbox.order(Fault::new(Action::ResetAfterIssue));
    let (bytes, end) = fate_of_login(&sandbox);
    assert!(bytes.is_empty());
    assert_eq!(kind(end), ErrorKind::ConnectionReset);
    assert_eq!(exchange(&sandbox, &bearer(STATUS, &old)).status, 401, "ended all the same");
    assert_eq!(sandbox.counters().tokens_issued, 2);
    assert!(sandbox.live_token(DEFAULT_EMAIL).is_some());
}

#[test]
fn close() {
    let sandbox = disturbed(Action::Close);
    let mut client = Client::new(&sandbox);
    client.send(&login());
    let (bytes, end) = client.rest();
    assert!(bytes.is_empty() && end.is_ok(), "{end:?}");
    assert_eq!(sandbox.counters().tokens_issued, 0);
    // The client may still be writing: a socket closed now would answer that with a reset.
    let early = |counters: &Counters| counters.open == 0;
    assert!(!sandbox.wait_until(Duration::from_millis(100), early));
    drop(client);
    assert!(sandbox.wait_until(LONG, early));
    assert_healed(&sandbox);
}

#[test]
fn refuse_tls() {
    let sandbox = disturbed(Action::RefuseTls);
    let mut socket = tcp(sandbox.address()).unwrap();
    let mut bytes = Vec::new();
    assert_eq!(socket.read_to_end(&mut bytes).unwrap(), 0, "an orderly end");
    drop(socket);
    sandbox.order(Fault::new(Action::RefuseTls));
    assert_eq!(kind(Client::connect(&sandbox).map(drop)), ErrorKind::UnexpectedEof);
    assert_eq!(sandbox.counters().handshakes, 0);
    assert_healed(&sandbox);
}

#[test]
fn reset_on_accept() {
    let sandbox = disturbed(Action::ResetOnAccept);
    let mut socket = tcp(sandbox.address()).unwrap();
    assert_eq!(kind(socket.read(&mut [0]).map(drop)), ErrorKind::ConnectionReset);
    let counters = sandbox.counters();
    assert_eq!((counters.connections, counters.handshakes), (1, 0));
    assert_healed(&sandbox);
}

#[test]
fn stall_tls() {
    let sandbox = disturbed(Action::StallTls);
    let mut socket = tcp(sandbox.address()).unwrap();
    socket.write_all(b"\x16\x03\x01").unwrap();
    assert_silent(&mut socket);
    drop(socket);
    assert!(sandbox.wait_until(LONG, |counters| counters.open == 0));
    assert_healed(&sandbox);
}

#[test]
fn plain_http() {
    let sandbox = disturbed(Action::PlainHttp);
    let mut socket = tcp(sandbox.address()).unwrap();
    socket.write_all(b"\x16\x03\x01").unwrap();
    let mut bytes = Vec::new();
    socket.read_to_end(&mut bytes).unwrap();
    assert!(bytes.starts_with(b"HTTP/1.1 400 Bad Request\r\n"));
    drop(socket);
    sandbox.order(Fault::new(Action::PlainHttp));
    let error = Client::connect(&sandbox).map(drop).unwrap_err();
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    assert!(matches!(tls, Some(rustls::Error::InvalidMessage(_))), "{error:?}");
    assert_healed(&sandbox);
}

#[test]
fn faults_wait_for_their_path_and_last_as_long_as_ordered() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let token = exchange(&sandbox, &login()).token();
    let answer = |status| Action::Answer { status, headers: Vec::new(), body: Vec::new() };
    sandbox.order(Fault::new(answer(500)).on_path("api-basic-auth").times(2));
    sandbox.order(Fault::new(answer(502)).on_path("api-basic-auth"));
    assert_eq!(exchange(&sandbox, &bearer(STATUS, &token)).status, 200);
    let statuses: Vec<_> = (0..4).map(|_| exchange(&sandbox, &login()).status).collect();
    assert_eq!(statuses, [500, 500, 502, 200]);
    sandbox.order(Fault::new(answer(503)).always());
    let statuses: Vec<_> = (0..4).map(|_| exchange(&sandbox, &login()).status).collect();
    assert_eq!(statuses, [503; 4]);
    sandbox.clear_faults();
    assert_healed(&sandbox);
}
