//! Connecting, which has no bytes yet.
//!
//! | fault | here |
//! |---|---|
//! | latency | the first attempt is dropped, the kernel's second one (a second later) gets through |
//! | stall | every attempt is dropped |
//! | drip | of two addresses the first never answers; and neither does |
//! | reset | the attempt is answered with a reset (a closed port); and the connection is, right after it was opened |
//! | half-close | the service's direction ends as soon as it is open, and the library's does |
//! | cut | both end as soon as they are open |

use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::Sandbox;
use personr_testkit::client::Options;
use personr_testkit::compile;
use personr_testkit::relay::full::FullListener;
use personr_testkit::relay::{Fault, Kind, Relay, Way};

use super::outcome::{Call, Outcome, TIMEOUT, TRIES, Table, assert_usable};
use super::through;

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT: Outcome = Outcome::Fails(PERSONR_NETWORK, "connect");
const CLOSED: Outcome = Outcome::Fails(PERSONR_NETWORK, "closed");
const RESET: Outcome = Outcome::Fails(PERSONR_NETWORK, "reset");

pub fn check(test: &str, table: &Table) -> bool {
    let sandbox = Sandbox::start().expect("a sandbox");
    check_late(&sandbox, table);
    check_silent(&sandbox, table);
    check_refused(&sandbox, table);
    check_ended(&sandbox, table);
    let can_drip = check_addresses(&sandbox, table);
    if !can_drip {
        compile::skip(test, "this machine has no IPv6 loopback address, the second one of localhost");
    }
    can_drip
}

fn options_for(sandbox: &Sandbox, host: &str, port: u16) -> Options {
    let options = Options::of(sandbox);
    options.base_url(&format!("https://{host}:{port}/api/1.1/wf")).expect("accepted");
    options
}

fn check_late(sandbox: &Sandbox, table: &Table) {
    let full = FullListener::at("127.0.0.1", 0).expect("a port");
    let auth = options_for(sandbox, "127.0.0.1", full.address().port()).demo();
    thread::scope(|scope| {
        let call = scope.spawn(|| Call::login(&auth));
        full.wait_for_attempt();
        let _relay = Relay::on(full.open(), sandbox.address(), Duration::ZERO);
        call.join().expect("no panic").check(Outcome::Token, sandbox).expect("a connection that was late");
        assert_usable(&auth, sandbox, "latency in connect");
    });
    table.add("connect", "latency", Duration::ZERO);
}

fn check_silent(sandbox: &Sandbox, table: &Table) {
    let full = FullListener::at("127.0.0.1", 0).expect("a port");
    let options = options_for(sandbox, "127.0.0.1", full.address().port());
    options.timeout_ms(TIMEOUT.as_millis() as u32);
    let auth = options.demo();
    let late = within_limits(|| Call::login(&auth).check(Outcome::TimesOut("connect"), sandbox));
    let _relay = Relay::on(full.open(), sandbox.address(), Duration::ZERO);
    assert_usable(&auth, sandbox, "stall in connect");
    table.add("connect", "stall", late);
}

/// A case that may be late for another's reason is tried again.
fn within_limits(case: impl Fn() -> Result<Duration, String>) -> Duration {
    let mut problem = String::new();
    for _ in 0..TRIES {
        match case() {
            Ok(late) => return late,
            Err(found) => problem = found,
        }
    }
    panic!("{problem}");
}

fn check_refused(sandbox: &Sandbox, table: &Table) {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address: SocketAddr = closed.local_addr().expect("an address");
    drop(closed);
    let auth = options_for(sandbox, "127.0.0.1", address.port()).demo();
    Call::login(&auth).check(CONNECT, sandbox).expect("a refused port");
    let open = TcpListener::bind(address).expect("a port that was free a moment ago");
    let _relay = Relay::on(open, sandbox.address(), Duration::ZERO);
    assert_usable(&auth, sandbox, "a refused port");
    table.add("connect", "reset", Duration::ZERO);
}

/// The connection ends before its first byte. It may be tried again, and then is.
fn check_ended(sandbox: &Sandbox, table: &Table) {
    let relay = Relay::to(sandbox.address());
    let once = through(&relay, sandbox);
    let twice = through(&relay, sandbox);
    twice.max_retries(1);
    let (once, twice) = (once.demo(), twice.demo());
    for (fault, way, kind, outcome) in [
        ("reset", Way::Down, Kind::Reset, RESET),
        ("half-close", Way::Down, Kind::HalfClose, CLOSED),
        ("half-close", Way::Up, Kind::HalfClose, CLOSED),
        ("cut", Way::Down, Kind::Close, CLOSED),
    ] {
        let place = Fault { way, after: 0, kind };
        relay.order(place);
        let problem = Call::login(&once).check(outcome, sandbox).err();
        assert_eq!((problem, relay.take_passed().len()), (None, 1), "{place:?}");
        assert_usable(&once, sandbox, fault);
        relay.take_passed();
        relay.order(place);
        let problem = Call::login(&twice).check(Outcome::Token, sandbox).err();
        assert_eq!((problem, relay.take_passed().len()), (None, 2), "{place:?}, with a retry");
        table.add("connect", fault, Duration::ZERO);
    }
}

/// The port of the second address, which a relay has just given back. A process that another test is about to start may
/// have inherited its socket: that one is closed when the process begins its own program.
fn again(port: u16) -> FullListener {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(listener) = FullListener::at("::1", port) {
            return listener;
        }
        assert!(Instant::now() < end, "the port that was ours a moment ago is taken");
        thread::sleep(Duration::from_millis(5));
    }
}

/// `localhost` has two addresses, and the first one never answers. `false` if this machine has one alone.
fn check_addresses(sandbox: &Sandbox, table: &Table) -> bool {
    if TcpListener::bind("[::1]:0").is_err() {
        return false;
    }
    let (second, silent) = (0..100)
        .find_map(|_| {
            let second = TcpListener::bind("[::1]:0").expect("a port");
            let port = second.local_addr().expect("an address").port();
            FullListener::at("127.0.0.1", port).map(|silent| (second, silent))
        })
        .expect("a port that is free on both addresses");
    let port = silent.address().port();
    let auth = options_for(sandbox, "localhost", port).demo();
    let relay = Relay::on(second, sandbox.address(), Duration::ZERO);
    within_limits(|| Call::login(&auth).check(Outcome::Token, sandbox));
    table.add("connect", "drip", Duration::ZERO);

    drop(relay);
    let second = again(port);
    let options = options_for(sandbox, "localhost", port);
    options.timeout_ms(TIMEOUT.as_millis() as u32);
    let auth = options.demo();
    let late = within_limits(|| Call::login(&auth).check(Outcome::TimesOut("connect"), sandbox));
    let _relay = Relay::on(second.open(), sandbox.address(), Duration::ZERO);
    assert_usable(&auth, sandbox, "two addresses of which none answers");
    table.add("connect", "drip", late);
    true
}
