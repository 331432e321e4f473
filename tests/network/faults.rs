//! Six faults in each of six phases of a login: an error by the deadline or the whole token, never half of one, and a
//! handle that logs in again.
//!
//! Some faults exist in some phases only in a way of speaking. A look-up and a connect have no bytes to cut: `look_up`
//! and `connect` say what stands for what.

mod connect;
mod look_up;
mod on_the_wire;
mod outcome;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use outcome::Table;
use personr_sandbox::{Certificate, Sandbox};
use personr_testkit::client::Options;
use personr_testkit::figures::figures;
use personr_testkit::relay::Relay;

const PHASES: [&str; 6] = ["look-up", "connect", "TLS", "request", "headers", "body"];
const FAULTS: [&str; 6] = ["latency", "stall", "drip", "reset", "half-close", "cut"];

#[test]
fn every_fault_in_every_phase_ends_as_it_must() {
    const NAME: &str = "every_fault_in_every_phase_ends_as_it_must";
    let table = &Table::default();
    let could = thread::scope(|scope| {
        let parts: [fn(&str, &Table) -> bool; 3] = [look_up::check, connect::check, on_the_wire::check];
        let parts = parts.map(|part| scope.spawn(move || part(NAME, table)));
        // Each one ends before the first complaint.
        parts.map(|part| part.join()).map(|part| part.expect("a part fails, see above"))
    });
    if could != [true; 3] {
        return;
    }
    let cells = table.cells();
    for phase in PHASES {
        for fault in FAULTS {
            assert!(cells.contains_key(&(phase.to_owned(), fault.to_owned())), "{fault} in {phase} is not tried");
        }
    }
    let cases: usize = cells.values().map(|cell| cell.cases).sum();
    let latest = cells.values().map(|cell| cell.late).max().unwrap_or_default().as_millis();
    figures!(of "faults":
        "{cases} cases of {} faults in {} phases: each ended as it must, at the latest {latest} ms after its deadline; \
         every handle then logged in", FAULTS.len(), PHASES.len());
    assert_eq!(cells.len(), FAULTS.len() * PHASES.len(), "a cell that the table does not have");
}

/// A login waits for the network twice with TLS 1.3, for the handshake and for the answer, and once more with TLS 1.2;
/// whatever the latency is, it is paid so often, and once for TCP.
#[test]
fn a_login_waits_for_no_more_round_trips_than_it_must() {
    const LATENCY: Duration = Duration::from_millis(50);
    let mut counted = BTreeMap::new();
    for (version, certificate, flights) in [("1.3", Certificate::Good, 2), ("1.2", Certificate::Tls12Only, 3)] {
        let sandbox = Sandbox::builder().certificate(certificate).start().expect("a sandbox");
        let relay = Relay::slow(sandbox.address(), LATENCY);
        let auth = through(&relay, &sandbox).demo();
        // A machine with more to do can make two flights of one that leaves in pieces, and never one of two.
        let fewest = (0..3).map(|_| {
            auth.login().expect("a token");
            let passed = relay.take_passed();
            assert_eq!(passed.len(), 1);
            passed[0].flights
        });
        let fewest = fewest.min().expect("three");
        assert_eq!(fewest, flights, "TLS {version}");
        counted.insert(version, fewest);
    }
    figures!(of "faults":
        "{} ms of latency each way: {} flights to a token by TLS 1.3, {} by TLS 1.2",
        LATENCY.as_millis(), counted["1.3"], counted["1.2"]);
}

/// Options for a sandbox behind a relay.
fn through(relay: &Relay, sandbox: &Sandbox) -> Options {
    let options = Options::of(sandbox);
    let scheme = sandbox.base_url().split_once(":").expect("a URL").0;
    options.base_url(&format!("{scheme}://{}/api/1.1/wf", relay.address())).expect("accepted");
    options
}
