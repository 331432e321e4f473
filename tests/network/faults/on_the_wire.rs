//! The phases that have bytes: TLS and request over HTTPS, headers and body over HTTP, where each byte of the answer is
//! one on the wire, and over HTTPS, where each byte is made a record of its own.

use std::time::Duration;

use personr::ffi::*;
use personr_sandbox::{Action, Sandbox};
use personr_testkit::relay::{Fault, Kind, Passed, Relay, Way, tls};

use super::outcome::{Call, Outcome, TIMEOUT, TRIES, Table, assert_usable};
use super::through;

const LATENCY: Duration = Duration::from_millis(100);
/// A record of TLS 1.3 with one byte in it: header, byte, type, tag (RFC 8446, section 5.2).
const RECORD: usize = 5 + 1 + 1 + 16;
/// Never silent for as long as a deadline, and never done by one.
const DRIP: Kind = Kind::Drip(Duration::from_millis(20));

const TOKEN: Outcome = Outcome::Token;
const CLOSED: Outcome = Outcome::Fails(PERSONR_NETWORK, "closed");
const RESET: Outcome = Outcome::Fails(PERSONR_NETWORK, "reset");

/// What the service had to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Service {
    requests: u64,
    issued: u64,
}

const NOTHING: Service = Service { requests: 0, issued: 0 };
const A_LOGIN: Service = Service { requests: 1, issued: 1 };

#[derive(Clone)]
struct Case {
    phase: &'static str,
    fault: &'static str,
    place: Fault,
    /// The service sends its answer byte by byte.
    in_bytes: bool,
    outcome: Outcome,
    service: Service,
    /// Whether a login that may try once more gets a token: it does unless some of the answer had arrived.
    retried: bool,
}

/// A service behind a relay.
struct Fixture {
    sandbox: Sandbox,
    relay: Relay,
}

impl Fixture {
    fn new(sandbox: Sandbox) -> Self {
        let relay = Relay::to(sandbox.address());
        Self { sandbox, relay }
    }

    /// What an undisturbed login passes.
    fn dry_run(&self) -> Passed {
        through(&self.relay, &self.sandbox).demo().login().expect("a token");
        self.relay.take_passed().remove(0)
    }
}

pub fn check(_: &str, table: &Table) -> bool {
    let [https, secured] = [(); 2].map(|()| Fixture::new(Sandbox::start().expect("a sandbox")));
    let http = Fixture::new(Sandbox::builder().plain_http().start().expect("a sandbox"));
    let answer = http.dry_run().down;
    let in_head = 20;
    let in_body = answer.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4 + 20;
    // The signature in the handshake makes streams differ by a few bytes: the middle of a record stays within it.
    let begin = answer_begin(&secured.dry_run());
    let in_record = |byte: usize| begin + byte * RECORD + RECORD / 2;
    let parts = [
        (&https, [tls_cases(), request_cases(request_begin(&https.dry_run()))]),
        (&http, [answer_cases("headers", in_head, false), answer_cases("body", in_body, false)]),
        (&secured, [answer_cases("headers", in_record(in_head), true), answer_cases("body", in_record(in_body), true)]),
    ];
    // Most of them wait for their deadline.
    std::thread::scope(|scope| {
        for (fixture, cases) in &parts {
            scope.spawn(move || cases.iter().flatten().for_each(|case| fixture.check(case, table)));
        }
    });
    true
}

/// Where the request begins: the first record after that of `Finished`, which follows the one (in clear) that only
/// middleboxes read. The library's part of TLS 1.3 has no byte of variable length before that.
fn request_begin(passed: &Passed) -> usize {
    let records = tls::records(&passed.up);
    let types: Vec<_> = records.iter().map(|record| record.content_type).collect();
    assert!(matches!(types[..], [tls::HANDSHAKE, 20, tls::APPLICATION_DATA, tls::APPLICATION_DATA, ..]), "{types:?}");
    records[3].begin
}

/// Where the answer begins: it is the last record but one, that of `close_notify`.
fn answer_begin(passed: &Passed) -> usize {
    let records = tls::records(&passed.down);
    records[records.len() - 2].begin
}

/// In the middle of `ServerHello`, and of `ClientHello`.
fn tls_cases() -> Vec<Case> {
    let timeout = Outcome::TimesOut("handshake");
    let case = |fault, way, kind, outcome, retried| {
        let service = if outcome == TOKEN { A_LOGIN } else { NOTHING };
        Case { phase: "TLS", fault, place: Fault { way, after: 60, kind }, in_bytes: false, outcome, service, retried }
    };
    [Way::Up, Way::Down]
        .into_iter()
        .flat_map(|way| {
            [
                case("latency", way, Kind::Delay(LATENCY), TOKEN, false),
                case("stall", way, Kind::Stall, timeout, true),
                case("drip", way, DRIP, timeout, true),
                case("reset", way, Kind::Reset, RESET, true),
                case("half-close", way, Kind::HalfClose, CLOSED, true),
                case("cut", way, Kind::Close, CLOSED, true),
            ]
        })
        .collect()
}

/// Within the request's headers. All of it fits into the socket's buffer, so that the library waits for the answer
/// while the request is on its way.
fn request_cases(begin: usize) -> Vec<Case> {
    let timeout = Outcome::TimesOut("answer");
    let case = |fault, kind, outcome, service, retried| {
        let place = Fault { way: Way::Up, after: begin + 60, kind };
        Case { phase: "request", fault, place, in_bytes: false, outcome, service, retried }
    };
    vec![
        case("latency", Kind::Delay(LATENCY), TOKEN, A_LOGIN, false),
        case("stall", Kind::Stall, timeout, NOTHING, false),
        case("drip", DRIP, timeout, NOTHING, false),
        case("reset", Kind::Reset, RESET, NOTHING, true),
        case("half-close", Kind::HalfClose, CLOSED, NOTHING, true),
        case("cut", Kind::Close, CLOSED, NOTHING, true),
    ]
}

/// The service has done its login. What had arrived of the answer forbids another try.
fn answer_cases(phase: &'static str, after: usize, in_bytes: bool) -> Vec<Case> {
    let timeout = Outcome::TimesOut("answer");
    // Within a body a login does not tell a reset from an end.
    let reset = if phase == "body" { CLOSED } else { RESET };
    let case = |fault, kind, outcome| {
        let place = Fault { way: Way::Down, after, kind };
        Case { phase, fault, place, in_bytes, outcome, service: A_LOGIN, retried: false }
    };
    vec![
        case("latency", Kind::Delay(LATENCY), TOKEN),
        case("stall", Kind::Stall, timeout),
        case("drip", DRIP, timeout),
        case("reset", Kind::Reset, reset),
        case("half-close", Kind::HalfClose, CLOSED),
        case("cut", Kind::Close, CLOSED),
    ]
}

impl Fixture {
    fn check(&self, case: &Case, table: &Table) {
        let what = format!("{} in {}, {:?}", case.fault, case.phase, case.place);
        let late = (1..=TRIES).find_map(|tried| match self.once(case, &what) {
            Ok(late) => Some(late),
            Err(problem) => {
                assert!(tried < TRIES && matches!(case.outcome, Outcome::TimesOut(_)), "{what}: {problem}");
                None
            }
        });
        table.add(case.phase, case.fault, late.expect("the last try says"));
        if case.outcome != TOKEN {
            self.check_retry(case, &what);
        }
    }

    /// Without another try.
    fn once(&self, case: &Case, what: &str) -> Result<Duration, String> {
        let options = through(&self.relay, &self.sandbox);
        if matches!(case.outcome, Outcome::TimesOut(_)) {
            options.timeout_ms(TIMEOUT.as_millis() as u32);
        }
        let auth = options.demo();
        let before = self.served();
        self.order(case);
        let call = Call::login(&auth);
        let passed = self.relay.take_passed();
        let after = self.served();
        let late = call.check(case.outcome, &self.sandbox)?;
        let service = Service { requests: after.requests - before.requests, issued: after.issued - before.issued };
        assert_eq!((passed.len(), service), (1, case.service), "{what}: connections, and what the service did");
        check_place(case, &passed[0], what);
        if let Kind::Delay(time) = case.place.kind {
            assert!(call.took() >= time, "{what}: it took {:?}", call.took());
        }
        assert_usable(&auth, &self.sandbox, what);
        self.relay.take_passed();
        Ok(late)
    }

    /// With another try, on a connection that nothing disturbs.
    fn check_retry(&self, case: &Case, what: &str) {
        let options = through(&self.relay, &self.sandbox);
        options.max_retries(1);
        if matches!(case.outcome, Outcome::TimesOut(_)) {
            if !case.retried {
                // There is no time left for one.
                return;
            }
            options.connect_timeout_ms(TIMEOUT.as_millis() as u32);
        }
        self.order(case);
        let (outcome, connections) = if case.retried { (TOKEN, 2) } else { (case.outcome, 1) };
        let problem = Call::login(&options.demo()).check(outcome, &self.sandbox).err();
        assert_eq!((problem, self.relay.take_passed().len()), (None, connections), "{what}, with a retry");
    }

    fn order(&self, case: &Case) {
        self.relay.order(case.place);
        // A try before may not have come so far as to use it.
        self.sandbox.clear_faults();
        if case.in_bytes {
            self.sandbox.order(personr_sandbox::Fault::new(Action::Drip { bytes: 1, every: Duration::ZERO }));
        }
    }

    fn served(&self) -> Service {
        // The service notes a request on a thread of its own; it is done with what has ended.
        assert!(self.sandbox.wait_until(Duration::from_secs(60), |counters| counters.open == 0), "it does not end");
        let counters = self.sandbox.counters();
        Service { requests: counters.requests, issued: counters.tokens_issued }
    }
}

/// The fault was where it was to be.
fn check_place(case: &Case, passed: &Passed, what: &str) {
    let length = if case.place.way == Way::Up { passed.up.len() } else { passed.down.len() };
    let is_right = match case.place.kind {
        Kind::Delay(_) | Kind::Drip(_) => length > case.place.after,
        _ => length == case.place.after,
    };
    assert!(passed.disturbed && is_right, "{what}: {length} bytes have passed");
}
