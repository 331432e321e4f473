//! The CONNECT proxy.

mod client;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::{Client, LONG, Stream, login, tcp, tls};
use personr_sandbox::{Action, Fault, Proxy, Sandbox};
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

fn socket(proxy: &Proxy) -> TcpStream {
    let (_, address) = proxy.url().split_once("://").unwrap();
    tcp(address.parse().unwrap()).unwrap()
}

fn connect(target: &str, header: &str) -> String {
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{header}\r\n")
}

/// The head of the answer to a CONNECT.
fn ask(stream: &mut impl Stream, request: &str) -> String {
    stream.write_all(request.as_bytes()).unwrap();
    stream.flush().unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn a_login_goes_through_the_tunnel() {
    let (sandbox, proxy) = (Sandbox::start().unwrap(), Proxy::start().unwrap());
    assert!(proxy.url().starts_with("http://127.0.0.1:"));
    let mut stream = socket(&proxy);
    let request = connect(&sandbox.address().to_string(), "X-Odd: value\r\n");
    assert!(ask(&mut stream, &request).starts_with("HTTP/1.1 200 "));
    let mut client = Client::over(stream, sandbox.ca_pem(), "127.0.0.1").unwrap();
    client.exchange(&login()).token();
    client.exchange(&login()).token();
    assert_eq!(proxy.connects(), [sandbox.address().to_string()]);
    assert_eq!(proxy.heads(), [request.into_bytes()]);
    let bytes = proxy.bytes_seen();
    assert!(bytes.starts_with(b"\x16\x03"), "the ClientHello");
    assert!(!bytes.windows(5).any(|window| window == b"Basic"), "TLS hides the rest");
}

#[test]
fn a_name_is_resolved_to_the_given_address_and_plain_bytes_are_seen() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let proxy = Proxy::builder().resolve_to(sandbox.address()).start().unwrap();
    let mut stream = socket(&proxy);
    // The first bytes of the tunnel may come together with the head.
    let request = connect("personr.test:443", "") + &login();
    assert!(ask(&mut stream, &request).starts_with("HTTP/1.1 200 "));
    Client(Box::new(stream)).receive().token();
    assert_eq!(proxy.connects(), ["personr.test:443"]);
    assert_eq!(proxy.bytes_seen(), login().as_bytes());
    assert_eq!(proxy.heads(), [connect("personr.test:443", "").into_bytes()]);
}

#[test]
fn credentials_are_asked_for() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let proxy = Proxy::builder().credentials("user", "pass:wörd").start().unwrap();
    let target = sandbox.address().to_string();
    let wrong = format!("Proxy-Authorization: {}\r\n", client::authorization("user", "wrong"));
    for header in ["", wrong.as_str(), "Proxy-Authorization: Basic\r\n"] {
        let head = ask(&mut socket(&proxy), &connect(&target, header));
        assert!(head.starts_with("HTTP/1.1 407 "), "{head}");
        assert!(head.contains("Proxy-Authenticate: Basic"));
    }
    let right = format!("proxy-authorization: {}\r\n", client::authorization("user", "pass:wörd"));
    let mut stream = socket(&proxy);
    assert!(ask(&mut stream, &connect(&target, &right)).starts_with("HTTP/1.1 200 "));
    Client(Box::new(stream)).exchange(&login()).token();
    assert_eq!(proxy.connects().len(), 4);
    assert_eq!(sandbox.counters().connections, 1);
}

#[test]
fn an_ordered_answer_comes_instead_of_the_tunnel() {
    let proxy = Proxy::builder().answer(&b"HTTP/1.1 403 No\r\nX: y\r\n\r\n"[..]).start().unwrap();
    let mut stream = socket(&proxy);
    stream.write_all(connect("personr.test:443", "").as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, b"HTTP/1.1 403 No\r\nX: y\r\n\r\n");
    assert_eq!(proxy.connects(), ["personr.test:443"]);
}

#[test]
fn what_cannot_be_tunnelled_is_refused() {
    let proxy = Proxy::start().unwrap();
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (request, status) in [
        (connect(&closed.to_string(), ""), "502"),
        (connect("no-port", ""), "502"),
        ("GET http://127.0.0.1/ HTTP/1.1\r\n\r\n".to_owned(), "405"),
        ("nonsense\r\n\r\n".to_owned(), "400"),
    ] {
        let head = ask(&mut socket(&proxy), &request);
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {head}");
    }
    assert_eq!((proxy.connects().len(), proxy.heads().len()), (2, 4));
}

#[test]
fn tls_to_the_proxy_carries_tls_to_the_target() {
    let sandbox = Sandbox::start().unwrap();
    let proxy = Proxy::builder().tls().resolve_to(sandbox.address()).start().unwrap();
    assert!(proxy.url().starts_with("https://127.0.0.1:"));
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let outer = ClientConnection::new(tls(proxy.ca_pem()), name).unwrap();
    let mut stream = StreamOwned::new(outer, socket(&proxy));
    assert!(ask(&mut stream, &connect("personr.test:443", "")).starts_with("HTTP/1.1 200 "));
    let mut client = Client::over(stream, sandbox.ca_pem(), "personr.test").unwrap();
    client.exchange(&login()).token();
    // More than one record each way.
    let body = "x".repeat(200_000);
    let large = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(client.exchange(&large).status, 404);
    let long = Action::Answer { status: 200, headers: Vec::new(), body: body.clone().into_bytes() };
    sandbox.order(Fault::new(long));
    assert_eq!(client.exchange(&login()).text(), body);
    assert!(proxy.bytes_seen().starts_with(b"\x16\x03"), "the inner ClientHello");
    drop(client);
    assert!(sandbox.wait_until(LONG, |counters| counters.open == 0));
}

#[test]
fn ends_of_the_target_reach_the_client_as_they_were() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let proxy = Proxy::start().unwrap();
    let through = |action| {
        sandbox.order(Fault::new(action));
        let mut stream = socket(&proxy);
        ask(&mut stream, &connect(&sandbox.address().to_string(), ""));
        let mut client = Client(Box::new(stream));
        client.send(&login());
        client.rest()
    };
    let (bytes, end) = through(Action::Close);
    assert!(bytes.is_empty() && end.is_ok(), "{end:?}");
    let (_, end) = through(Action::Reset);
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn an_orderly_end_is_one_to_a_client_with_tls_too() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let proxy = Proxy::builder().tls().resolve_to(sandbox.address()).start().unwrap();
    sandbox.order(Fault::new(Action::Close));
    let mut client = Client::over(socket(&proxy), proxy.ca_pem(), "127.0.0.1").unwrap();
    assert!(ask(&mut client.0, &connect("personr.test:80", "")).starts_with("HTTP/1.1 200 "));
    client.send(&login());
    let (bytes, end) = client.rest();
    assert!(bytes.is_empty() && end.is_ok(), "{end:?}");
}

#[test]
fn open_tunnels_do_not_hold_up_the_end() {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    sandbox.order(Fault::new(Action::Hold));
    let proxy = Proxy::builder().resolve_to(sandbox.address()).start().unwrap();
    let mut stream = socket(&proxy);
    let request = connect("personr.test:443", "") + &login();
    assert!(ask(&mut stream, &request).starts_with("HTTP/1.1 200 "));
    let silent = socket(&proxy);
    assert!(sandbox.wait_until(LONG, |counters| counters.held == 1));
    let start = Instant::now();
    drop(proxy);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    drop(silent);
}
