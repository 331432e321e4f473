//! Connections that are kept, and how they end.

mod client;

use std::time::{Duration, Instant};

use client::{Client, LONG, STATUS, bearer, login};
use personr_sandbox::{Action, Fault, KeepAlive, Sandbox};

fn assert_ended(mut client: Client) {
    let (rest, end) = client.rest();
    assert!(rest.is_empty() && end.is_ok(), "{end:?}");
}

#[test]
fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    // Long enough for a client that waits for its turn on a busy machine.
    let idle = Duration::from_millis(400);
    let longer = idle + Duration::from_millis(50);
    let sandbox = Sandbox::builder().keep_alive(KeepAlive { idle: Some(idle), requests: None }).start().unwrap();
    let mut client = Client::new(&sandbox);
    let token = client.exchange(&login()).token();
    // Not while a request comes in, and not while its answer is made.
    sandbox.order(Fault::new(Action::Delay(longer)));
    let request = bearer(STATUS, &token);
    let (first, second) = request.split_at(10);
    client.send(first);
    std::thread::sleep(longer);
    client.send(second);
    let answer = client.receive();
    assert_eq!(answer.status, 200);
    assert!(!answer.head.contains("Connection: close"));
    let start = Instant::now();
    assert_ended(client);
    assert!(start.elapsed() >= idle / 2);
}

#[test]
fn a_connection_ends_after_so_many_requests() {
    let sandbox = Sandbox::start().unwrap();
    sandbox.set_keep_alive(KeepAlive { idle: None, requests: Some(3) });
    let mut client = Client::new(&sandbox);
    let says_close = [(); 3].map(|()| client.exchange(&login()).head.contains("Connection: close\r\n"));
    assert_eq!(says_close, [false, false, true]);
    assert_ended(client);
}

#[test]
fn an_answer_can_be_the_last_with_and_without_saying_so() {
    let sandbox = Sandbox::start().unwrap();
    for announced in [true, false] {
        sandbox.order(Fault::new(Action::Last { announced }));
        let mut client = Client::new(&sandbox);
        let answer = client.exchange(&login());
        assert_eq!(answer.head.contains("Connection: close\r\n"), announced);
        answer.token();
        assert_ended(client);
    }
}

#[test]
fn the_connection_of_each_request_is_known() {
    let sandbox = Sandbox::start().unwrap();
    let mut first = Client::new(&sandbox);
    let token = first.exchange(&login()).token();
    let mut second = Client::new(&sandbox);
    second.exchange(&bearer(STATUS, &token));
    first.exchange(&bearer(STATUS, "wrong"));
    let requests = sandbox.requests();
    let found: Vec<_> =
        requests.iter().map(|request| (request.connection, request.authorized, request.status)).collect();
    assert_eq!(found, [(1, false, 200), (2, true, 200), (1, false, 401)]);
    assert!(requests.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let counters = sandbox.counters();
    assert_eq!((counters.handshakes, counters.endpoint("api-applicant-status")), (2, 2));
    assert_eq!(counters.endpoint("api-basic-auth"), 1);
    drop((first, second));
    assert!(sandbox.wait_until(LONG, |counters| counters.open == 0));
}
