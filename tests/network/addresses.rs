//! A host with several addresses, of which some cannot be connected to: a login takes the first that can, and does not
//! wait for the others.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::Sandbox;
use personr_testkit::client::{self, Failure, Options};
use personr_testkit::figures::figures;
use personr_testkit::relay::Relay;
use personr_testkit::relay::full::FullListener;
use personr_testkit::subprocess::say;
use personr_testkit::test_name;

use super::shim::{self, Shim};

const GOOD: &str = "127.0.0.1";
/// Their packets are dropped.
const SILENT: [&str; 2] = ["127.0.0.2", "127.0.0.3"];
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
    let ground = Ground::new();
    for (name, addresses, delays) in CASES {
        let (token, took) = ground.log_in(addresses);
        token.unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        assert!(took >= DELAY * delays && took < LIMIT, "{name}: {took:?}");
        say(&format!("{name} {} ms", took.as_millis()));
    }
    let connections = ground.sandbox.counters().connections;
    assert_eq!(connections, CASES.len() as u64, "the service sees the winners");
    ground.check_failures();
    ground.check_proxy();
    assert_eq!(attempts(ground.relay.address().port()), 0, "who lost is closed");
}

/// A service behind a relay, and on the same port of other addresses nothing that answers.
struct Ground {
    sandbox: Sandbox,
    relay: Relay,
    shim: Shim,
    _silent: [FullListener; 2],
}

impl Ground {
    fn new() -> Self {
        let sandbox = Sandbox::start().expect("a sandbox");
        let (relay, silent) = (0..100)
            .find_map(|_| {
                let relay = Relay::to(sandbox.address());
                let port = relay.address().port();
                if [REFUSING, REFUSING_TOO].iter().any(|host| is_taken(host, port)) {
                    return None;
                }
                let [first, second] = SILENT.map(|host| FullListener::at(host, port));
                Some((relay, [first?, second?]))
            })
            .expect("a port that is free on all addresses");
        Self { sandbox, relay, shim: Shim::find(), _silent: silent }
    }

    fn options(&self) -> Options {
        let options = Options::of(&self.sandbox);
        let url = format!("https://personr.test:{}/api/1.1/wf", self.relay.address().port());
        options.base_url(&url).expect("accepted");
        options.proxy("").expect("accepted");
        options
    }

    fn order(&self, addresses: &[&str]) {
        self.shim.order(0, 0, &format!("{},", addresses.join(",")));
    }

    fn log_in(&self, addresses: &[&str]) -> (Result<client::Token, Failure>, Duration) {
        self.order(addresses);
        let auth = self.options().demo();
        let begun = Instant::now();
        let token = auth.login();
        let took = begun.elapsed();
        self.relay.take_passed();
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
        let options = self.options();
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
        let options = self.options();
        options.proxy(&format!("http://proxy.test:{}", self.relay.address().port())).expect("accepted");
        options.base_url("https://personr.test/api/1.1/wf").expect("accepted");
        self.order(&[SILENT[0], REFUSING, GOOD]);
        let begun = Instant::now();
        let failure = options.demo().login().expect_err("no proxy");
        assert_eq!(failure.kind(), (PERSONR_NETWORK, "proxy"));
        assert!(!self.relay.take_passed().is_empty(), "{failure:?}");
        assert!((DELAY..LIMIT).contains(&begun.elapsed()));
        self.order(&[REFUSING, DEAD]);
        let failure = options.demo().login().expect_err("no proxy");
        assert_eq!(failure.kind(), (PERSONR_NETWORK, "proxy"));
        assert!(failure.message.starts_with("the proxy: the connection was refused"), "{}", failure.message);
        self.shim.order(-1, 0, "");
        options.timeout_ms(100);
        let failure = options.demo().login().expect_err("no time");
        assert_eq!(failure.kind(), (PERSONR_TIMEOUT, "proxy"), "its look-up takes too long");
        self.shim.release();
    }
}

/// Another program listens there.
fn is_taken(host: &str, port: u16) -> bool {
    TcpListener::bind((host, port)).is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
}

/// Sockets of this machine that try to connect to the port. The system goes on for a minute, unless they are closed.
fn attempts(port: u16) -> usize {
    let port = format!(":{port:04X}");
    let table = fs::read_to_string("/proc/net/tcp").expect("Linux");
    // "sl local_address rem_address st …"; 02 is SYN_SENT.
    let is_attempt = |line: &&str| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.get(2).is_some_and(|remote| remote.ends_with(&port)) && words.get(3) == Some(&"02")
    };
    table.lines().filter(is_attempt).count()
}
