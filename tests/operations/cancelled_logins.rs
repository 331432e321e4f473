//! A login that is cancelled in each of its phases: before its request is out it is given up, and nothing is remembered;
//! afterwards it goes on and its token is kept. Whoever asks next has one token, and there was one login.

#[cfg(feature = "redis")]
use std::io::Read;
#[cfg(feature = "redis")]
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::c_program::{Account, Program, source};
use personr_testkit::client::{Auth, Options};
#[cfg(feature = "redis")]
use personr_testkit::redis_server::RedisServer;
use personr_testkit::relay::full::{FullListener, attempts};
use personr_testkit::store_directory::StoreDirectory;
use personr_testkit::subprocess::{self, Subprocess};
use personr_testkit::{run_alone, test_name};

use crate::caller::{
    CANCELLED, LONG_MS, Operation, PATIENCE, let_take_long, patient_options, threads_of_the_library, wait_until,
    wait_until_no_thread_is_left,
};

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn auth_with(store: &StoreDirectory, sandbox: &Sandbox) -> Auth {
    let options = store.options(sandbox);
    let_take_long(&options);
    options.demo()
}

/// Cancels it, and sees how it has ended and that its thread goes.
#[track_caller]
fn is_given_up(operation: &Operation, auth: &Auth) {
    operation.is_cancelled_at_once();
    assert_eq!(operation.token_now().expect_err("cancelled").kind(), CANCELLED);
    wait_until_no_thread_is_left();
    assert_eq!(auth.state(), PERSONR_STATE_EMPTY, "no failure is remembered");
}

/// The next call has a token by the first login that ends.
#[track_caller]
fn one_login_serves(auth: &Auth, sandbox: &Sandbox) {
    let token = Operation::token(auth, 0).runs_to_a_token();
    assert_eq!(token.ok(), sandbox.live_token(DEFAULT_EMAIL));
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.logins), (1, 1), "{counters:?}");
}

#[test]
fn at_once() {
    run_alone!();
    for round in 0..50 {
        let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
        let auth = patient_options(&sandbox).demo();
        let operation = Operation::token(&auth, 0);
        if round % 2 == 0 {
            operation.is_cancelled_at_once();
        }
        drop(operation);
        one_login_serves(&auth, &sandbox);
    }
    wait_until_no_thread_is_left();
}

#[test]
fn in_the_look_up() {
    let program = Program::compiled(&source("tests/c/operation_look_up.c"));
    let sandbox = sandbox();
    program.run(&Account::of(&sandbox).by_name(), &[]).succeeded();
    assert_eq!(sandbox.counters().logins, 1);
}

#[test]
fn while_it_connects() {
    run_alone!();
    let silent = FullListener::at("127.0.0.1", 0).expect("a port");
    let options = Options::new();
    options.base_url(&format!("http://{}", silent.address())).expect("accepted");
    let_take_long(&options);
    let auth = options.demo();
    let operation = Operation::login(&auth, 0);
    silent.wait_for_attempt();
    is_given_up(&operation, &auth);
    assert_eq!(attempts(silent.address().port()), 0, "its socket is closed");
}

#[test]
fn in_the_tls_handshake() {
    run_alone!();
    let sandbox = sandbox();
    let auth = patient_options(&sandbox).demo();
    sandbox.order(Fault::new(Action::StallTls));
    let operation = Operation::login(&auth, 0);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 1));
    is_given_up(&operation, &auth);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 0), "its connection is shut down");
    one_login_serves(&auth, &sandbox);
}

#[test]
fn while_another_call_waits_for_it_it_goes_on() {
    run_alone!();
    let sandbox = sandbox();
    let options = patient_options(&sandbox);
    options.connect_timeout_ms(2000);
    options.max_retries(1);
    let auth = options.demo();
    sandbox.order(Fault::new(Action::StallTls));
    let operation = Operation::token(&auth, 0);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 1));
    thread::scope(|scope| {
        let caller = scope.spawn(|| auth.token());
        // Long enough for it to wait. If it is slower, it leads a login of its own, and nothing is shown.
        thread::sleep(Duration::from_millis(200));
        operation.is_cancelled_at_once();
        // Several times as long as the thread waits before it looks whether somebody wants its result.
        assert!(
            !sandbox.wait_until(Duration::from_millis(400), |counters| counters.open != 1 || counters.connections != 1)
        );
        assert!(caller.join().expect("no panic").is_ok());
    });
    one_login_serves(&auth, &sandbox);
}

/// They do not say that they leave.
#[test]
fn when_those_who_waited_for_it_have_left_it_is_given_up() {
    run_alone!();
    let sandbox = sandbox();
    let options = patient_options(&sandbox);
    // Of the call that waits.
    options.timeout_ms(500);
    let auth = options.demo();
    sandbox.order(Fault::new(Action::StallTls));
    let operation = Operation::token(&auth, LONG_MS);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 1));
    thread::scope(|scope| {
        let caller = scope.spawn(|| auth.token());
        // Long enough for it to wait. If it is slower, it waits for nobody, and nothing is shown.
        thread::sleep(Duration::from_millis(200));
        operation.is_cancelled_at_once();
        assert_eq!(caller.join().expect("no panic").expect_err("too late").status, PERSONR_TIMEOUT);
    });
    wait_until_no_thread_is_left();
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 0));
    one_login_serves(&auth, &sandbox);
}

/// The token of a login whose request was out is adopted, whichever phase of the answer it was in.
fn is_kept(action: Action, operation: impl Fn(&Auth) -> Operation) {
    let sandbox = sandbox();
    let auth = patient_options(&sandbox).demo();
    sandbox.order(Fault::new(action));
    let operation = operation(&auth);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.logins == 1));
    operation.is_cancelled_at_once();
    assert_eq!(operation.token_now().expect_err("cancelled").kind(), CANCELLED);
    drop(operation);
    // Long enough for its thread to notice.
    thread::sleep(Duration::from_millis(200));
    assert_eq!(threads_of_the_library().len(), 1, "it goes on");
    sandbox.release();
    one_login_serves(&auth, &sandbox);
    wait_until_no_thread_is_left();
}

#[test]
fn while_it_waits_for_the_answer() {
    run_alone!();
    is_kept(Action::Hold, |auth| Operation::token(auth, 0));
    is_kept(Action::Hold, |auth| Operation::login(auth, 0));
}

#[test]
fn while_the_answer_comes_in() {
    run_alone!();
    is_kept(Action::Drip { bytes: 40, every: Duration::from_millis(100) }, |auth| Operation::login(auth, 0));
}

/// Also if all handles are freed, and the program goes on.
#[test]
fn what_is_issued_later_is_saved() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    for frees_the_handle in [false, true] {
        let auth = auth_with(&store, &sandbox);
        auth.token().expect("a token");
        sandbox.order(Fault::new(Action::Hold));
        let operation = Operation::login(&auth, 0);
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        operation.is_cancelled_at_once();
        if frees_the_handle {
            drop((auth, operation));
        }
        let issued = sandbox.counters().tokens_issued + 1;
        sandbox.release();
        let token = sandbox.wait_until(PATIENCE, |counters| counters.tokens_issued == issued);
        assert!(token, "it goes on");
        let live = sandbox.live_token(DEFAULT_EMAIL).expect("a token");
        wait_until("it is saved", || {
            // Another process, as far as a file store can tell.
            std::fs::read_to_string(store.file("json")).is_ok_and(|record| record.contains(&live))
        });
        assert_eq!(auth_with(&store, &sandbox).token().expect("a token").value, live);
        assert_eq!(sandbox.counters().tokens_issued, issued);
    }
}

/// A save that waits for a server.
#[test]
#[cfg(feature = "redis")]
fn what_is_issued_later_is_saved_in_redis() {
    run_alone!();
    let Some(redis) = RedisServer::start("the login of a cancelled operation, saved in Redis", &[]) else { return };
    let sandbox = sandbox();
    let auth = redis.options(&sandbox).demo();
    sandbox.order(Fault::new(Action::Hold));
    let operation = Operation::token(&auth, 0);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    operation.is_cancelled_at_once();
    drop((operation, auth));
    sandbox.release();
    wait_until_no_thread_is_left();
    let live = sandbox.live_token(DEFAULT_EMAIL).expect("a token");
    assert_eq!(redis.options(&sandbox).demo().token().expect("a token").value, live);
    assert_eq!(sandbox.counters().logins, 1);
}

#[test]
fn while_it_waits_for_the_login_of_another_thread() {
    run_alone!();
    let sandbox = sandbox();
    let auth = patient_options(&sandbox).demo();
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let login = scope.spawn(|| auth.token());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        let operation = Operation::token(&auth, 0);
        assert!(!operation.wait(20));
        operation.is_cancelled_at_once();
        assert_eq!(operation.token_now().expect_err("cancelled").kind(), CANCELLED);
        wait_until_no_thread_is_left();
        sandbox.release();
        assert!(login.join().expect("no panic").is_ok(), "it is not disturbed");
    });
    one_login_serves(&auth, &sandbox);
}

#[test]
#[ignore = "run by while_it_waits_for_the_lock_of_another_process"]
fn another_process() {
    let auth = subprocess::options().demo();
    subprocess::say(&auth.token().expect("a token").value);
}

#[test]
fn while_it_waits_for_the_lock_of_another_process() {
    run_alone!();
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    sandbox.order(Fault::new(Action::Hold));
    let mut other = Subprocess::start(test_name!(another_process), &sandbox, &store.url());
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    let auth = auth_with(&store, &sandbox);
    let operation = Operation::token(&auth, 0);
    assert!(!operation.wait(50));
    is_given_up(&operation, &auth);
    sandbox.release();
    let token = other.said();
    other.finish();
    assert_eq!(Operation::token(&auth, 0).runs_to_a_token(), Ok(token));
    assert_eq!(sandbox.counters().logins, 1);
}

/// A server that takes the question and does not answer.
#[test]
#[cfg(feature = "redis")]
fn while_redis_is_silent() {
    run_alone!();
    let sandbox = sandbox();
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let options = patient_options(&sandbox);
    options.token_store(&format!("redis://{}", silent.local_addr().expect("an address"))).expect("accepted");
    let auth = options.demo();
    let operation = Operation::token(&auth, 0);
    let (mut connection, _) = silent.accept().expect("a connection");
    assert!(connection.read(&mut [0; 64]).expect("a question") > 0);
    is_given_up(&operation, &auth);
    assert!(connection.read_to_end(&mut Vec::new()).is_ok(), "its connection is shut down");
    assert_eq!(sandbox.counters().connections, 0);
}

/// The service has said when to come back. The cancelled login does not, and the next one does not come sooner.
#[test]
fn in_the_pause_before_it_tries_again() {
    run_alone!();
    let sandbox = sandbox();
    let options = patient_options(&sandbox);
    options.max_retries(2);
    let auth = options.demo();
    sandbox.order(Fault::new(Action::Answer {
        status: 429,
        headers: vec![("Retry-After".to_owned(), "1".to_owned())],
        body: b"{}".to_vec(),
    }));
    let begun = Instant::now();
    let operation = Operation::login(&auth, 0);
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 0 && counters.requests == 1));
    assert!(!operation.wait(50), "it will try again");
    operation.is_cancelled_at_once();
    wait_until_no_thread_is_left();
    assert_eq!(sandbox.counters().requests, 1);
    wait_until("the pause is over", || match auth.token() {
        Ok(_) => true,
        Err(refusal) => {
            assert!(refusal.status == PERSONR_RATE_LIMITED && refusal.retry_after_ms <= 1000, "{refusal:?}");
            false
        }
    });
    assert!(begun.elapsed() >= Duration::from_secs(1), "sooner than the service has said");
    assert_eq!(sandbox.counters().logins, 2);
}

/// Whoever asks in the very moment in which a login is given up is not told that it was: it has a login of its own.
#[test]
fn the_next_operation_knows_nothing_of_a_cancelled_one() {
    let silent = FullListener::at("127.0.0.1", 0).expect("a port");
    let options = Options::new();
    options.base_url(&format!("http://{}", silent.address())).expect("accepted");
    let_take_long(&options);
    options.max_retries(0);
    let auth = options.demo();
    for round in 0..60 {
        let cancelled = Operation::token(&auth, 60_000);
        if round % 2 == 0 {
            // Until it connects.
            silent.wait_for_attempt();
        }
        cancelled.cancel();
        // Of several, one comes in that moment.
        for spins in 0..20 {
            (0..spins * 50).for_each(|_| std::hint::spin_loop());
            let next = Operation::token(&auth, 60_000);
            assert!(!next.wait(1), "round {round}: {:?}", next.token_now());
            next.cancel();
        }
    }
}
