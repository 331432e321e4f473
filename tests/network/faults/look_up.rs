//! The name look-up, by a `getaddrinfo` of the test's own before the system's, in a process of its own.
//!
//! | fault | here |
//! |---|---|
//! | latency | the answer comes late |
//! | stall | none comes until the test is over |
//! | drip | an answer comes whole, but of its addresses the first never answers; none does |
//! | reset | the name server fails (`EAI_AGAIN`, `EAI_FAIL`) |
//! | half-close | the look-up succeeds, and has no address; the first of its addresses is refused |
//! | cut | there is no such name (`EAI_NONAME`) |

use std::time::Duration;

use personr::ffi::*;
use personr_sandbox::Sandbox;
use personr_testkit::client::{Auth, Options};
use personr_testkit::relay::Relay;
use personr_testkit::relay::full::FullListener;
use personr_testkit::subprocess::say;
use personr_testkit::test_name;

use super::super::shim::{self, Shim};
use super::outcome::{Call, Outcome, TIMEOUT, TRIES, Table, assert_usable};

const LATENCY: Duration = Duration::from_millis(100);
const DNS: Outcome = Outcome::Fails(PERSONR_NETWORK, "dns");
const CONNECT: Outcome = Outcome::TimesOut("connect");
/// The relay's, two that never answer, and one where nobody listens.
const GOOD: &str = "127.0.0.1,";
const SILENT: [&str; 2] = ["127.0.0.2", "127.0.0.3"];
const REFUSED: &str = "127.0.0.4,";

/// Runs `child` with the shim, and takes its cells.
pub fn check(_: &str, table: &Table) -> bool {
    for cell in shim::run_under(test_name!(child)) {
        let (fault, late) = cell.split_once(' ').expect("two words");
        table.add("look-up", fault, Duration::from_millis(late.parse().expect("a number")));
    }
    true
}

#[test]
#[ignore = "run by every_fault_in_every_phase_ends_as_it_must"]
fn child() {
    let shim = Shim::find();
    let ground = Ground::new();
    ground.check("latency", Outcome::Token, || shim.order(LATENCY.as_millis() as i32, 0, GOOD));
    let counted = shim.count();
    ground.check("stall", CONNECT, || shim.order(-1, 0, GOOD));
    assert!(shim.count() > counted, "the shim was not asked");
    let [first, second] = SILENT;
    ground.check("drip", Outcome::Token, || shim.order(0, 0, &format!("{first},{GOOD}")));
    ground.check("drip", CONNECT, || shim.order(0, 0, &format!("{first},{second},")));
    for error in [libc::EAI_AGAIN, libc::EAI_FAIL] {
        ground.check("reset", DNS, || shim.order(0, error, ""));
    }
    ground.check("half-close", DNS, || shim.order(0, 0, ""));
    ground.check("half-close", Outcome::Token, || shim.order(0, 0, &format!("{REFUSED}{GOOD}")));
    ground.check("cut", DNS, || shim.order(0, libc::EAI_NONAME, ""));
}

/// A service behind a relay, and on the same port of two other addresses nothing that answers.
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
                let [first, second] = SILENT.map(|host| FullListener::at(host, relay.address().port()));
                Some((relay, [first?, second?]))
            })
            .expect("a port that is free on all addresses");
        Self { sandbox, relay, shim: Shim::find(), _silent: silent }
    }

    fn auth(&self, outcome: Outcome) -> Auth {
        let options = Options::of(&self.sandbox);
        let url = format!("https://personr.test:{}/api/1.1/wf", self.relay.address().port());
        options.base_url(&url).expect("accepted");
        options.proxy("").expect("accepted");
        if let Outcome::TimesOut(_) = outcome {
            options.timeout_ms(TIMEOUT.as_millis() as u32);
        }
        options.demo()
    }

    /// A look-up as ordered, then a good one on the same handle.
    fn check(&self, fault: &str, outcome: Outcome, order: impl Fn()) {
        let auth = self.auth(outcome);
        let mut tried = 0;
        let late = loop {
            order();
            let connections = self.sandbox.counters().connections;
            let call = Call::login(&auth);
            tried += 1;
            match call.check(outcome, &self.sandbox) {
                Ok(late) => {
                    let opened = self.sandbox.counters().connections - connections;
                    assert_eq!(opened, u64::from(outcome == Outcome::Token), "{fault}: connections to the service");
                    break late;
                }
                Err(problem) => {
                    let has_limit = outcome == CONNECT || fault == "drip";
                    assert!(tried < TRIES && has_limit, "{fault} in look-up: {problem}");
                }
            }
        };
        // The next call joins a look-up that stalls, since that has only begun.
        self.shim.order(0, 0, GOOD);
        self.shim.release();
        assert_usable(&auth, &self.sandbox, fault);
        say(&format!("{fault} {}", late.as_millis()));
    }
}
