//! Operations over a fork: in the child they are over, and in the parent they go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use personr::ffi::*;
use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::application::Application;
use personr_testkit::client::Options;
use personr_testkit::figures::figures;
use personr_testkit::forked::in_child;
use personr_testkit::{run_alone, subprocess, test_name};

use crate::caller::{Operation, PATIENCE, wait_until, wait_until_no_thread_is_left};

const SENDS: &str = "api-applicant-status";
const FORKS: usize = 250;

fn is_forked(operation: &Operation) -> bool {
    operation.step()
        && operation.wait(1000)
        && operation.token_now().is_err_and(|it| it.kind() == (PERSONR_CANCELLED, "forked"))
}

#[test]
fn a_child_leaves_its_parents_operations_alone() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    sandbox.order(Fault::new(Action::Hold));
    let pending = Operation::login(&auth, 0);
    let cancelled = Operation::login(&auth, 0);
    cancelled.cancel();
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    let handle = pending.0;
    assert!(in_child(|| {
        pending.cancel();
        cancelled.cancel();
        let are_over = is_forked(&pending) && is_forked(&cancelled);
        unsafe { personr_operation_free(handle) };
        // Its own login, on a thread and a connection of its own.
        are_over && Operation::token(&auth, 0).runs_to_a_token().is_ok()
    }));
    assert!(cancelled.is_ready(), "the child has taken no ring of its parent's");
    assert!(!pending.is_ready() && !pending.step(), "nor rung");
    sandbox.release();
    let token = pending.runs_to_a_token().expect("a token");
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL), Some(token));
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

/// The descriptor is one for both.
#[test]
fn a_child_takes_no_ring_of_its_parents() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    application.keeps_records(&options);
    let auth = options.demo();
    let operation = Operation::token(&auth, 0);
    wait_until("it rings for a callback", || operation.is_ready());
    let handle = operation.0;
    assert!(in_child(|| {
        let is_over = is_forked(&operation);
        unsafe { personr_operation_free(handle) };
        is_over
    }));
    assert!(operation.is_ready());
    assert_eq!(operation.runs_to_a_token().ok(), sandbox.live_token(DEFAULT_EMAIL));
}

/// The library's first use is the time at which something could be made behind a `Once`.
#[test]
#[ignore = "run by a_fork_at_any_moment_of_the_first_operation"]
fn first_use() {
    let set = |name: &str| std::env::var(name).expect("set by the parent");
    let log_in = || {
        let options = Options::new();
        options.base_url(&set("TEST_BASE_URL")).expect("accepted");
        options.timeout_ms(20_000);
        let auth = options.demo();
        let request = Operation::request(&auth, SENDS, 1);
        let token = Operation::login(&auth, 0).runs_to_a_token();
        // It may be refused: the logins of all these processes end each other's token.
        request.run();
        token.is_ok()
    };
    thread::scope(|scope| {
        let first = scope.spawn(log_in);
        thread::sleep(Duration::from_micros(set("TEST_DELAY_US").parse().expect("a number")));
        for _ in 0..5 {
            assert!(in_child(log_in), "a child hangs, or cannot log in");
        }
        assert!(first.join().expect("no panic"));
    });
}

#[test]
fn a_fork_at_any_moment_of_the_first_operation() {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    for round in 0..50 {
        let mut command = subprocess::command(test_name!(first_use));
        command.env("TEST_BASE_URL", sandbox.base_url()).env("TEST_DELAY_US", (round * 60).to_string());
        subprocess::run(command);
    }
    figures!("250 forks within the first operation in 50 processes: every child logged in by one of its own");
}

/// Whatever lock a thread of the parent holds in that moment.
#[test]
fn a_fork_at_any_moment_of_operations() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let options = Options::of(&sandbox);
    options.timeout_ms(20_000);
    let auth = options.demo();
    let done = AtomicBool::new(false);
    let mut ended = 0;
    thread::scope(|scope| {
        for number in 0..3 {
            let (auth, done) = (&auth, &done);
            scope.spawn(move || {
                while !done.load(Ordering::Relaxed) {
                    let login = Operation::login(auth, 0);
                    let request = Operation::request(auth, SENDS, 1);
                    if number == 0 {
                        login.cancel();
                    }
                    request.run();
                    login.run();
                }
            });
        }
        for round in 0..FORKS {
            let operations =
                [Operation::login(&auth, 0), Operation::token(&auth, 0), Operation::request(&auth, SENDS, 1)];
            let handles = [operations[0].0, operations[1].0, operations[2].0];
            let is_well = in_child(|| {
                let at_hand = operations[1].descriptor() == -1;
                let are_over =
                    is_forked(&operations[0]) && (at_hand || is_forked(&operations[1])) && operations[2].step();
                handles.iter().for_each(|handle| unsafe { personr_operation_free(*handle) });
                are_over && Operation::login(&auth, 0).runs_to_a_token().is_ok()
            });
            assert!(is_well, "round {round}: a child hangs, or has no token");
            for operation in &operations {
                operation.run();
                ended += 1;
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    wait_until_no_thread_is_left();
    figures!(
        "{FORKS} forks among operations: every child logged in by one of its own, and {ended} of the parent ended"
    );
}
