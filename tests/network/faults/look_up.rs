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
use personr_testkit::client::Auth;
use personr_testkit::subprocess::say;
use personr_testkit::test_name;

use super::super::by_name::{ByName, GOOD, SILENT};
use super::super::shim;
use super::outcome::{Call, Outcome, TIMEOUT, TRIES, Table, assert_usable};

const LATENCY: Duration = Duration::from_millis(100);
const DNS: Outcome = Outcome::Fails(PERSONR_NETWORK, "dns");
const CONNECT: Outcome = Outcome::TimesOut("connect");
/// Nobody listens.
const REFUSED: &str = "127.0.0.4";

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
    let fixture = Fixture { service: ByName::start(|_| true) };
    let shim = &fixture.service.shim;
    fixture.check("latency", Outcome::Token, || shim.order(LATENCY.as_millis() as i32, 0, &[GOOD]));
    let counted = shim.count();
    fixture.check("stall", CONNECT, || shim.order(-1, 0, &[GOOD]));
    assert!(shim.count() > counted, "the shim was not asked");
    let [first, second] = SILENT;
    fixture.check("drip", Outcome::Token, || shim.order(0, 0, &[first, GOOD]));
    fixture.check("drip", CONNECT, || shim.order(0, 0, &[first, second]));
    for error in [libc::EAI_AGAIN, libc::EAI_FAIL] {
        fixture.check("reset", DNS, || shim.order(0, error, &[]));
    }
    fixture.check("half-close", DNS, || shim.order(0, 0, &[]));
    fixture.check("half-close", Outcome::Token, || shim.order(0, 0, &[REFUSED, GOOD]));
    fixture.check("cut", DNS, || shim.order(0, libc::EAI_NONAME, &[]));
}

struct Fixture {
    service: ByName,
}

impl Fixture {
    fn auth(&self, outcome: Outcome) -> Auth {
        let options = self.service.options();
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
            let connections = self.service.sandbox.counters().connections;
            let call = Call::login(&auth);
            tried += 1;
            match call.check(outcome, &self.service.sandbox) {
                Ok(late) => {
                    let opened = self.service.sandbox.counters().connections - connections;
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
        self.service.shim.order(0, 0, &[GOOD]);
        self.service.shim.release();
        assert_usable(&auth, &self.service.sandbox, fault);
        say(&format!("{fault} {}", late.as_millis()));
    }
}
