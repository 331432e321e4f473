//! A request that is cancelled in each of its phases: its connection is shut down, and what is said of whether the service
//! may have begun is true.

use std::time::Duration;

use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::client::Auth;
use personr_testkit::compile::skip;
use personr_testkit::relay::full::{FullListener, attempts};
use personr_testkit::run_alone;

use crate::caller::{CANCELLED, Operation, PATIENCE, patient_options, wait_until, wait_until_no_thread_is_left};

const SENDS: &str = "api-applicant-status";
/// Longer than a test waits, and shorter than a request may take.
const LONG: Duration = Duration::from_secs(90);

fn with_a_token() -> (Sandbox, Auth) {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let auth = patient_options(&sandbox).demo();
    auth.token().expect("a token");
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 0));
    (sandbox, auth)
}

#[track_caller]
fn is_cancelled(operation: &Operation, may_have_run: i32) {
    operation.is_cancelled_at_once();
    let ended = operation.response_now().expect_err("cancelled");
    assert_eq!((ended.kind(), ended.may_have_run), (CANCELLED, may_have_run));
    wait_until_no_thread_is_left();
    assert_eq!(operation.response_now().expect_err("cancelled"), ended, "nothing has changed since");
}

#[test]
fn before_it_is_sent() {
    run_alone!();
    let (sandbox, auth) = with_a_token();
    sandbox.order(Fault::new(Action::Hold).on_path(SENDS).times(64));
    let before: Vec<_> = (0..64).map(|_| Operation::request(&auth, SENDS, 1)).collect();
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 64));
    let queued = Operation::request(&auth, SENDS, 1);
    queued.is_cancelled_at_once();
    assert_eq!(queued.response_now().expect_err("cancelled").may_have_run, 0);
    assert_eq!(queued.sent(), (0, -1));
    sandbox.release();
    before.iter().for_each(Operation::run);
    wait_until_no_thread_is_left();
    assert_eq!(sandbox.counters().endpoint(SENDS), 64, "it never came");
}

#[test]
fn while_it_waits_for_a_token() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let auth = patient_options(&sandbox).demo();
    sandbox.order(Fault::new(Action::Hold));
    let operation = Operation::request(&auth, SENDS, 1);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    operation.is_cancelled_at_once();
    assert_eq!(operation.response_now().expect_err("cancelled").may_have_run, 0);
    sandbox.release();
    // Its login is kept, as that of a token.
    assert_eq!(Operation::token(&auth, 0).runs_to_a_token().ok(), sandbox.live_token(DEFAULT_EMAIL));
    wait_until_no_thread_is_left();
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.endpoint(SENDS)), (1, 0), "{counters:?}");
}

#[test]
fn while_it_connects() {
    run_alone!();
    let (sandbox, auth) = with_a_token();
    let port = sandbox.address().port();
    drop(sandbox);
    // Another program may have the port by now.
    let Some(silent) = FullListener::at("127.0.0.1", port) else {
        return skip("a request that is cancelled while it connects", "its port was taken");
    };
    let operation = Operation::request(&auth, SENDS, 1);
    silent.wait_for_attempt();
    is_cancelled(&operation, 0);
    assert_eq!(attempts(port), 0, "its socket is closed");
}

#[test]
fn while_its_body_goes_out() {
    run_alone!();
    let (sandbox, auth) = with_a_token();
    sandbox.order(Fault::new(Action::StallRequest { after: 1000 }).on_path(SENDS));
    let operation = Operation::request(&auth, SENDS, 60_000_000);
    wait_until("a part of it is sent", || operation.sent().0 > 1000);
    is_cancelled(&operation, 1);
    let (sent, total) = operation.sent();
    assert!(sent < total && total > 60_000_000, "{sent} of {total}");
    sandbox.release();
}

#[test]
fn while_it_waits_for_the_answer() {
    run_alone!();
    let (sandbox, auth) = with_a_token();
    sandbox.order(Fault::new(Action::Stall).on_path(SENDS));
    let operation = Operation::request(&auth, SENDS, 1);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.endpoint(SENDS) == 1));
    is_cancelled(&operation, 1);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 0), "its connection is shut down");
    let next = Operation::request(&auth, SENDS, 1);
    next.run();
    assert_eq!(next.response_now(), Ok(200));
}

#[test]
fn while_the_answer_comes_in() {
    run_alone!();
    let (sandbox, auth) = with_a_token();
    sandbox.order(Fault::new(Action::Drip { bytes: 20, every: LONG }).on_path(SENDS));
    let operation = Operation::request(&auth, SENDS, 1);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.endpoint(SENDS) == 1));
    is_cancelled(&operation, 1);
}

/// A 429: the service has not begun.
#[test]
fn in_the_pause_before_it_is_sent_again() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let options = patient_options(&sandbox);
    options.max_retries(2);
    let auth = options.demo();
    auth.token().expect("a token");
    let later = Action::Answer {
        status: 429,
        headers: vec![("Retry-After".to_owned(), LONG.as_secs().to_string())],
        body: b"{}".to_vec(),
    };
    // That the answer has been read nothing tells but this.
    for (round, wait) in [50, 200, 1000, 5000].into_iter().enumerate() {
        sandbox.order(Fault::new(later.clone()).on_path(SENDS));
        let operation = Operation::request(&auth, SENDS, 1);
        let count = round as u64 + 1;
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.endpoint(SENDS) == count));
        assert!(!operation.wait(wait), "it will be sent again");
        operation.is_cancelled_at_once();
        let ended = operation.response_now().expect_err("cancelled");
        wait_until_no_thread_is_left();
        assert_eq!((ended.kind(), sandbox.counters().endpoint(SENDS)), (CANCELLED, count));
        if ended.may_have_run == 0 {
            return;
        }
    }
    panic!("a 429 may have run");
}
