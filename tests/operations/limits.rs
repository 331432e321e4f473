//! An application in which something is short: descriptors, threads, the stacks of threads; or that ends in the middle.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use personr::ffi::*;
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::c_program::{Account, Program, source};
use personr_testkit::client::Options;
use personr_testkit::run_alone;

use crate::caller::{Operation, wait_until_no_thread_is_left};

const SENDS: &str = "api-applicant-status";
const DESCRIPTORS: (i32, &str) = (PERSONR_NETWORK, "descriptors");

fn limit_descriptors(to: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: to, rlim_max: 1024 };
    // SAFETY: reads a limit of ours.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
}

#[test]
fn without_a_descriptor_left_none_is_started() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    limit_descriptors(128);
    let mut taken: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    // An operation has one, and its thread another.
    for _ in 0..2 {
        for _ in 0..3 {
            let token = Operation::try_to(personr_auth_token_start, &auth, 0).expect_err("none is left");
            let login = Operation::try_to(personr_auth_login_start, &auth, 0).expect_err("none is left");
            let request = Operation::try_to_send(&auth, SENDS, 1, 1000).expect_err("none is left");
            assert_eq!([token.kind(), login.kind(), request.kind()], [DESCRIPTORS; 3]);
        }
        taken.pop();
    }
    // Then there is none for the connection.
    assert_eq!(Operation::token(&auth, 0).runs_to_a_token().expect_err("none is left").kind(), DESCRIPTORS);
    wait_until_no_thread_is_left();
    let before = std::fs::metadata("/dev/null").map(|_| taken.len()).expect("there");
    assert!(before > 0 && sandbox.counters().connections == 0);
    limit_descriptors(1024);
    drop(taken);
    assert!(Operation::login(&auth, 0).runs_to_a_token().is_ok(), "no failure is remembered for ever");
}

#[test]
fn without_a_thread_none_is_started() {
    let program = Program::compiled(&source("tests/c/operation_no_thread.c"));
    let sandbox = Sandbox::start().expect("a sandbox");
    let said = program.run(&Account::of(&sandbox), &[]).succeeded();
    assert_eq!(said.lines(), ["PERSONR_NETWORK thread"; 3]);
    assert_eq!(sandbox.counters().connections, 0);
}

extern "C" fn count(_: libc::c_int) {
    SIGNALS.fetch_add(1, Ordering::SeqCst);
}

static SIGNALS: AtomicUsize = AtomicUsize::new(0);
static ENOUGH: AtomicBool = AtomicBool::new(false);

/// So that a program in another language may look at what its own handler has noted.
#[test]
fn a_wait_ends_with_a_signal() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    sandbox.order(Fault::new(Action::Hold));
    let auth = Options::of(&sandbox).demo();
    let operation = Operation::token(&auth, 0);
    // SAFETY: a handler that changes an atomic, and a signal for the thread that sends it.
    unsafe {
        libc::signal(libc::SIGUSR1, count as *const () as libc::sighandler_t);
        let waits = libc::pthread_self();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // Until it waits. If one comes before, another one does, too.
                while SIGNALS.load(Ordering::SeqCst) < 1000 && !ENOUGH.load(Ordering::SeqCst) {
                    libc::pthread_kill(waits, libc::SIGUSR1);
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
            });
            assert!(!operation.wait(u32::MAX), "it is not done");
            ENOUGH.store(true, Ordering::SeqCst);
        });
    }
    assert!(SIGNALS.load(Ordering::SeqCst) > 0);
    sandbox.release();
    operation.run();
    assert!(operation.token_now().is_ok());
}

/// The service never answers, and nothing is waited for.
#[test]
fn an_application_may_end_and_unload_in_the_middle() {
    let program = Program::loading(&source("tests/c/operation_unload.c"));
    for way in ["return", "exit", "unload", "free"] {
        let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
        sandbox.order(Fault::new(Action::Stall).always());
        program.run(&Account::of(&sandbox), &[way]).succeeded();
    }
}
