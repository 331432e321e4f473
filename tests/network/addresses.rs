//! A host with several addresses, of which some cannot be connected to: a login takes the first that can, and does not
//! wait for the others.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_testkit::client::{self, Failure};
use personr_testkit::figures::figures;
use personr_testkit::relay::full::attempts;
use personr_testkit::subprocess::say;
use personr_testkit::test_name;

use super::by_name::{ByName, GOOD, SILENT};
use super::shim;

/// Nobody listens.
const REFUSING: &str = "127.0.0.4";
const REFUSING_TOO: &str = "::1";
/// Broadcast: Linux has no route for TCP to it.
const DEAD: &str = "255.255.255.255";

/// After which the next address is begun (RFC 8305).
const DELAY: Duration = Duration::from_millis(250);
/// The delays, and what a busy machine may add. One silent address after the other took five seconds.
const LIMIT: Duration = Duration::from_millis(2500);

#[test]
fn a_login_does_not_wait_for_addresses_that_do_not_answer() {
    let cells = shim::run_under(test_name!(child));
    assert_eq!(cells.len(), CASES.len(), "{cells:?}");
    figures!("a login by several addresses: {}", cells.join("; "));
}

/// What there is at the addresses, in the order in which the look-up tells them, and by how many delays they hold a
/// login up.
const CASES: [(&str, &[&str], u32); 9] = [
    ("a good one", &[GOOD], 0),
    ("silent, good", &[SILENT[0], GOOD], 1),
    ("good, silent", &[GOOD, SILENT[0]], 0),
    ("refusing, good", &[REFUSING, GOOD], 0),
    ("dead, good", &[DEAD, GOOD], 0),
    ("silent, silent, good", &[SILENT[0], SILENT[1], GOOD], 2),
    ("silent (twice), good", &[SILENT[0], SILENT[0], GOOD], 1),
    ("silent (IPv6's spelling), IPv6 refusing, good", &["::ffff:127.0.0.2", REFUSING_TOO, GOOD], 1),
    ("silent, refusing, dead, good", &[SILENT[0], REFUSING, DEAD, GOOD], 1),
];

#[test]
#[ignore = "run by a_login_does_not_wait_for_addresses_that_do_not_answer"]
fn child() {
    let fixture = Fixture::new();
    for (name, addresses, delays) in CASES {
        let (token, took) = fixture.log_in(addresses);
        token.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(took >= DELAY * delays && took < LIMIT, "{name}: {took:?}");
        say(&format!("{name} {} ms", took.as_millis()));
    }
    let connections = fixture.service.sandbox.counters().connections;
    assert_eq!(connections, CASES.len() as u64, "the service sees the winners");
    fixture.check_failures();
    fixture.check_proxy();
    assert_eq!(attempts(fixture.service.relay.address().port()), 0, "who lost is closed");
}

struct Fixture {
    service: ByName,
}

impl Fixture {
    fn new() -> Self {
        Self { service: ByName::start(|port| ![REFUSING, REFUSING_TOO].iter().any(|host| is_taken(host, port))) }
    }

    fn order(&self, addresses: &[&str]) {
        self.service.shim.order(0, 0, addresses);
    }

    fn log_in(&self, addresses: &[&str]) -> (Result<client::Token, Failure>, Duration) {
        self.order(addresses);
        let auth = self.service.options().demo();
        let begun = Instant::now();
        let token = auth.login();
        let took = begun.elapsed();
        self.service.relay.take_passed();
        (token, took)
    }

    /// Of several errors the one is told that says most.
    fn check_failures(&self) {
        for (addresses, words) in [
            (&[DEAD][..], "no route"),
            (&[DEAD, REFUSING], "was refused"),
            (&[REFUSING, DEAD], "was refused"),
            (&[REFUSING; 50], "was refused"),
        ] {
            let failure = self.log_in(addresses).0.expect_err("nobody listens");
            assert_eq!(failure.kind(), (PERSONR_NETWORK, "connect"), "{addresses:?}");
            assert!(failure.message.contains(words), "{addresses:?}: {}", failure.message);
        }
        self.order(&[SILENT[0], REFUSING]);
        let options = self.service.options();
        options.timeout_ms(400);
        let begun = Instant::now();
        let failure = options.demo().login().expect_err("no time");
        assert_eq!(failure.kind(), (PERSONR_TIMEOUT, "connect"), "the silent one might have answered yet");
        assert!(begun.elapsed() >= Duration::from_millis(400));
        options.timeout_ms(1);
        assert_eq!(options.demo().login().expect_err("no time").status, PERSONR_TIMEOUT);
    }

    /// The relay is no proxy, and what it passes on to the service is no TLS: what it answers shows that it was reached.
    fn check_proxy(&self) {
        let options = self.service.options();
        options.proxy(&format!("http://proxy.test:{}", self.service.relay.address().port())).expect("accepted");
        options.base_url("https://personr.test/api/1.1/wf").expect("accepted");
        self.order(&[SILENT[0], REFUSING, GOOD]);
        let begun = Instant::now();
        let failure = options.demo().login().expect_err("no proxy");
        assert_eq!(failure.kind(), (PERSONR_NETWORK, "proxy"));
        assert!(!self.service.relay.take_passed().is_empty(), "{failure:?}");
        assert!((DELAY..LIMIT).contains(&begun.elapsed()));
        self.order(&[REFUSING, DEAD]);
        let failure = options.demo().login().expect_err("no proxy");
        assert_eq!(failure.kind(), (PERSONR_NETWORK, "proxy"));
        assert!(failure.message.starts_with("the proxy: the connection was refused"), "{}", failure.message);
        self.service.shim.order(-1, 0, &[]);
        options.timeout_ms(100);
        let failure = options.demo().login().expect_err("no time");
        assert_eq!(failure.kind(), (PERSONR_TIMEOUT, "proxy"), "its look-up takes too long");
        self.service.shim.release();
    }
}

/// Another program listens there.
fn is_taken(host: &str, port: u16) -> bool {
    TcpListener::bind((host, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}
