//! Dropping a sandbox ends whatever it was doing, at once, and leaves nothing behind.

mod client;

use std::net::TcpStream;
use std::time::{Duration, Instant};

use client::{Client, LONG, login, tcp};
use personr_sandbox::{Action, Fault, Sandbox};

#[test]
fn nothing_holds_up_the_end() {
    let sandbox = Sandbox::start().unwrap();
    let mut clients = Vec::new();
    for action in [
        Action::Hold,
        Action::Stall,
        Action::Delay(Duration::from_secs(3600)),
        Action::Drip { bytes: 1, every: Duration::from_secs(3600) },
    ] {
        sandbox.order(Fault::new(action));
        let mut client = Client::new(&sandbox);
        client.send(&login());
        clients.push(client);
        let requests = clients.len() as u64;
        assert!(sandbox.wait_until(LONG, |counters| counters.requests == requests));
    }
    let idle = Client::new(&sandbox);
    let before_tls = tcp(sandbox.address()).unwrap();
    sandbox.order(Fault::new(Action::StallTls));
    let stalled = tcp(sandbox.address()).unwrap();
    assert!(sandbox.wait_until(LONG, |counters| counters.open == 7 && counters.held == 1));

    let (address, ca_file) = (sandbox.address(), sandbox.ca_file().to_owned());
    let start = Instant::now();
    drop(sandbox);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert!(!ca_file.exists() && !ca_file.parent().unwrap().exists());
    assert!(TcpStream::connect(address).is_err());
    for mut client in clients {
        let (bytes, _) = client.rest();
        assert!(bytes.len() <= 1);
    }
    drop((idle, before_tls, stalled));
}

#[test]
fn many_sandboxes_do_not_meet() {
    let sandboxes: Vec<_> = (0..5).map(|_| Sandbox::start().unwrap()).collect();
    for sandbox in &sandboxes {
        client::exchange(sandbox, &login()).token();
    }
    assert!(sandboxes.iter().all(|sandbox| sandbox.counters().tokens_issued == 1));
}
