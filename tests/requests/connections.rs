//! Connections are kept for the next request, and used only if that is safe.

use std::thread;
use std::time::Duration;

use personr::ffi::*;
use personr_sandbox::Sandbox;

use crate::caller::{Request, account};
use crate::server::{Act, SUCCESS, Server, answer};
use personr_testkit::client::Options;
use personr_testkit::figures::figures;
use personr_testkit::forked::in_child;
use personr_testkit::run_alone;

fn connections_used(server: &Server) -> Vec<usize> {
    server.received().iter().map(|request| request.connection).collect()
}

#[test]
fn a_thousand_requests_need_one_handshake() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    let request = Request::new("api-applicant-status");
    assert!((0..1000).all(|_| request.send(&auth).is_ok()));
    let counters = sandbox.counters();
    figures!("1,000 requests over TLS: {} connections, that of the login included", counters.connections);
    assert_eq!((counters.connections, counters.authorized), (2, 1000), "{counters:?}");
}

#[test]
fn a_connection_that_was_closed_meanwhile_is_not_used() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-create");
    server.then(Act::ServeAndClose);
    assert!(request.send(&auth).is_ok());
    // The login's, and this one.
    server.wait_for_ends(2);
    assert!(request.send(&auth).is_ok() && request.send(&auth).is_ok());
    assert_eq!(connections_used(&server), [2, 3, 3]);
}

#[test]
fn a_connection_that_is_said_to_end_is_not_kept() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-status");
    server.then(Act::Answer(answer(200, "Connection: close\r\n", SUCCESS)));
    assert!(request.send(&auth).is_ok() && request.send(&auth).is_ok());
    assert_eq!(connections_used(&server), [2, 3]);
}

/// What stands behind an answer would be read as the next one's.
#[test]
fn a_connection_with_something_behind_the_answer_is_not_kept() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-status");
    server.then(Act::Answer(answer(200, "", SUCCESS) + &answer(200, "", "{\"another\":1}")));
    for _ in 0..2 {
        assert_eq!(request.send(&auth).expect("served").body, SUCCESS.as_bytes());
    }
    assert_eq!(connections_used(&server), [2, 3]);
}

#[test]
fn a_refusal_keeps_the_connection() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-status");
    server.then(Act::Answer(answer(404, "", ""))).then(Act::Revoke);
    assert_eq!(request.send(&auth).expect_err("refused").http_status, 404);
    assert!(request.send(&auth).is_ok());
    // 3 is the second login's.
    assert_eq!(connections_used(&server), [2, 2, 2]);
}

#[test]
fn a_forked_child_does_not_use_its_parents() {
    run_alone!();
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-create");
    assert!(request.send(&auth).is_ok());
    assert!(in_child(|| request.send(&auth).is_ok() && request.send(&auth).is_ok()));
    assert!(request.send(&auth).is_ok(), "its end is none of the parent's connection");
    assert_eq!(connections_used(&server), [2, 3, 3, 2]);
}

#[test]
fn threads_have_a_connection_each_while_they_send() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-create");
    server.then(Act::Hold(0)).then(Act::Hold(0)).then(Act::Hold(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| request.send(&auth).expect("served"));
        }
        server.wait_for_all_held(3);
        (0..3).for_each(|_| server.release());
    });
    assert!((0..3).all(|_| request.send(&auth).is_ok()));
    let mut used = connections_used(&server);
    used.sort_unstable();
    used.dedup();
    assert_eq!(used, [2, 3, 4]);
}

/// Longer than a connection is kept for what must not be sent twice.
const IDLE: Duration = Duration::from_millis(5200);

#[test]
#[ignore = "run by make check"]
fn what_is_not_repeatable_uses_no_connection_that_was_idle_for_long() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-status");
    assert!(request.send(&auth).is_ok());
    thread::sleep(IDLE);
    assert!(request.repeatable(true).send(&auth).is_ok());
    thread::sleep(IDLE);
    assert!(request.repeatable(false).send(&auth).is_ok());
    assert_eq!(connections_used(&server), [2, 2, 3]);
}

#[test]
fn a_handle_closes_its_connections_when_it_is_freed() {
    let server = Server::start();
    let auth = account(&server, 0);
    assert!(Request::new("api-applicant-status").send(&auth).is_ok());
    drop(auth);
    server.wait_for_ends(2);
}

#[test]
fn the_largest_answer_is_what_the_request_allows() {
    let server = Server::start();
    let auth = account(&server, 0);
    let request = Request::new("api-applicant-status");
    request.response_max(1000);
    server.then(Act::Answer(answer(200, "", &"a".repeat(1000))));
    assert_eq!(request.send(&auth).expect("it fits").body.len(), 1000);
    server.then(Act::Answer(answer(200, "", &"a".repeat(1001))));
    assert_eq!(request.send(&auth).expect_err("too long").kind(), (PERSONR_PROTOCOL, "too-large", 1));
    let chunked =
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n{}\r\n0\r\n\r\n", "a".repeat(1001));
    server.then(Act::Answer(chunked));
    assert_eq!(request.send(&auth).expect_err("too long").kind(), (PERSONR_PROTOCOL, "too-large", 1));
}
