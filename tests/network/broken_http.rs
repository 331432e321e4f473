//! Answers that break the rules of HTTP, or bend them, each sent whole and byte by byte.

mod cases;
mod reads;
mod server;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use cases::{After, Case, Expected};
use personr_sandbox::{Action, DEFAULT_PASSWORD, Fault, Sandbox};
use personr_testkit::client::{Failure, Options, Token};
use personr_testkit::figures::{figures, is_check};
use server::{Server, Way};

/// What the client sends: `demo@example.com:correct horse battery staple`.
const BASE64: &str = "ZGVtb0BleGFtcGxlLmNvbTpjb3JyZWN0IGhvcnNlIGJhdHRlcnkgc3RhcGxl";
/// For a case that ends by its deadline alone.
const SHORT_MS: u32 = 500;
/// Cases that wait for their deadline leave the processor to others.
const WORKERS: usize = 4;

/// For a case that must end by its own event. It is no measure of time: nothing comes near it, but for the heads of
/// 64 KiB that `make check` reads byte by byte.
fn generous() -> Duration {
    Duration::from_secs(if is_check() { 900 } else { 60 })
}

fn generous_ms() -> u32 {
    generous().as_millis().try_into().expect("it fits")
}

#[test]
fn each_case_ends_as_documented_whole_and_byte_by_byte() {
    let cases = Arc::new(cases::all());
    let runs = 2 * cases.len();
    let next = Arc::new(AtomicUsize::new(0));
    let (results, of_workers) = mpsc::channel();
    for _ in 0..WORKERS {
        let (cases, next, results) = (Arc::clone(&cases), Arc::clone(&next), results.clone());
        // Not scoped: a call that hangs must not keep the test from saying so.
        thread::spawn(move || {
            loop {
                let run = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = cases.get(run / 2) else { return };
                let way = if run % 2 == 0 { Way::Whole } else { Way::ByteByByte };
                let complaint = judge_run(case, way).err();
                results.send((run, complaint)).expect("the test waits");
            }
        });
    }
    drop(results); // so that a worker's panic ends the wait
    let mut open = vec![true; runs];
    let mut complaints = Vec::new();
    for _ in 0..runs {
        let Ok((run, complaint)) = of_workers.recv_timeout(2 * generous()) else {
            let hanging: Vec<_> = (0..runs).filter(|run| open[*run]).map(|run| cases[run / 2].name).collect();
            panic!("a call hangs, or its thread has panicked; open are {hanging:?}; {complaints:#?}");
        };
        open[run] = false;
        complaints.extend(complaint);
    }
    assert!(complaints.is_empty(), "{} of {runs} runs: {complaints:#?}", complaints.len());
    show_figures(&cases);
}

fn show_figures(cases: &[Case]) {
    let tokens = cases.iter().filter(|case| case.expected == Expected::Token).count();
    let timeouts = cases.iter().filter(|case| case.waits_for_its_deadline()).count();
    let (all, errors) = (cases.len(), cases.len() - tokens);
    figures!(of "broken-http":
        "{all} answers, each whole and byte by byte: {errors} errors, each the documented one, \
         {timeouts} of them by the deadline; {tokens} harmless oddities, each a token; 0 retries");
}

/// One login against one case. The complaint names the case.
fn judge_run(case: &Case, way: Way) -> Result<(), String> {
    let server = Server::start(case, way);
    let options = Options::new();
    options.base_url(&server.url()).expect("loopback");
    options.max_retries(0);
    options.timeout_ms(if case.waits_for_its_deadline() { SHORT_MS } else { generous_ms() });
    let complain = |what: String| Err(format!("{} ({way:?}): {what}", case.name));
    let auth = options.demo();
    let outcome = match way {
        Way::Whole => auth.login(),
        Way::ByteByByte => {
            let (outcome, alone) = reads::byte_by_byte(|| auth.login());
            // A head is read before anything in it can be judged, but for its very first byte.
            if alone == 0 && !case.answer.is_empty() {
                return complain("no byte was read alone".to_owned());
            }
            outcome
        }
    };
    if let Err(what) = judge(case, &outcome) {
        return complain(what);
    }
    match server.connections() {
        // None: on a busy machine, the deadline of a case can come before its server's turn.
        0 | 1 => Ok(()),
        connections => complain(format!("{connections} connections")),
    }
}

fn judge(case: &Case, outcome: &Result<Token, Failure>) -> Result<(), String> {
    match (outcome, &case.expected) {
        (Ok(token), Expected::Token) => {
            let found = (token.value.as_str(), token.user_id.as_str(), token.lifetime);
            if found == (cases::TOKEN, cases::USER_ID, cases::LIFETIME) { Ok(()) } else { Err(format!("{token:?}")) }
        }
        (Err(failure), expected) => {
            if let Some(secret) = secret_in(failure) {
                return Err(format!("{secret} is told: {failure:?}"));
            }
            let found = Expected::Error(failure.status, &failure.reason, failure.http_status);
            if found == *expected { Ok(()) } else { Err(format!("{found:?} instead of {expected:?}")) }
        }
        (Ok(token), expected) => Err(format!("{token:?} instead of {expected:?}")),
    }
}

/// The part of a secret is enough to be told; so is any part of it that a cut could leave.
fn secret_in(failure: &Failure) -> Option<&'static str> {
    let told = format!("{} {}", failure.reason, failure.message);
    let secrets = [DEFAULT_PASSWORD, "battery", BASE64, &BASE64[20..40], cases::TOKEN, &cases::TOKEN[8..24]];
    secrets.into_iter().find(|secret| told.contains(secret))
}

/// The same answers inside TLS, as far as the sandbox can send them: bytes, and an orderly close.
#[test]
fn tls_changes_no_outcome() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let options = Options::of(&sandbox);
    options.timeout_ms(generous_ms());
    let auth = options.demo();
    let fits = |case: &Case| case.after == After::Close && !case.answer.is_empty();
    let step = if is_check() { 1 } else { 6 };
    let cases: Vec<_> = cases::all().into_iter().filter(fits).step_by(step).collect();
    let mut logins = 0;
    for case in &cases {
        for way in [Way::Whole, Way::ByteByByte] {
            sandbox.order(Fault::new(Action::Raw(case.answer.clone())));
            let outcome = match way {
                Way::Whole => auth.login(),
                Way::ByteByByte => reads::byte_by_byte(|| auth.login()).0,
            };
            logins += 1;
            assert_eq!(judge(case, &outcome), Ok(()), "{} ({way:?})", case.name);
            assert_eq!(sandbox.counters().connections, logins, "{}: one connection a login", case.name);
        }
    }
    figures!(of "broken-http": "{} of them also inside TLS, with the same outcomes", cases.len());
}
