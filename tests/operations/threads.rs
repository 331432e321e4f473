//! What operations take of the process: few threads, with all signals blocked, and none when they are done.

use std::collections::BTreeSet;
use std::fs;

use personr::ffi::*;
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::client::Options;
use personr_testkit::compile::skip;
use personr_testkit::figures::figures;
use personr_testkit::forked::in_child;
use personr_testkit::{run_alone, subprocess, test_name};

use crate::caller::{Operation, PATIENCE, threads_of_the_library, wait_until, wait_until_no_thread_is_left};

const TOKENS: usize = 1000;
const REQUESTS: usize = 200;
const SENDS: &str = "api-applicant-status";

/// All of them, whatever their names.
fn all_threads() -> usize {
    fs::read_dir("/proc/self/task").expect("Linux").count()
}

fn raise_descriptors() {
    let limit = libc::rlimit { rlim_cur: 4096, rlim_max: 4096 };
    // SAFETY: reads a limit of ours. What the system allows may be less, and more than is needed.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) };
}

#[test]
#[ignore = "run by a_thousand_operations_are_one_login_on_one_thread"]
fn a_thousand_operations() {
    raise_descriptors();
    let auth = subprocess::options().demo();
    let before = all_threads();
    let operations: Vec<_> = (0..TOKENS).map(|_| Operation::token(&auth, 60_000)).collect();
    subprocess::say("started");
    subprocess::await_line();
    let during = all_threads() - before;
    assert!(operations.iter().all(|operation| !operation.step()));
    subprocess::say(&during.to_string());
    let tokens: BTreeSet<_> = operations.into_iter().map(|it| it.runs_to_a_token().expect("a token")).collect();
    assert_eq!(tokens.len(), 1);
    wait_until("as many threads as before", || all_threads() == before);
}

#[test]
fn a_thousand_operations_are_one_login_on_one_thread() {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.order(Fault::new(Action::Hold));
    let mut process = subprocess::Subprocess::start(test_name!(a_thousand_operations), &sandbox, "memory:");
    assert_eq!(process.said(), "started");
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    process.nudge();
    let threads: usize = process.said().parse().expect("a number");
    sandbox.release();
    process.finish();
    let logins = sandbox.counters().logins;
    figures!("{TOKENS} operations without a token: {logins} login, {threads} threads more than before");
    assert!(logins == 1 && threads <= 2);
}

#[test]
#[ignore = "run by two_hundred_requests_have_64_threads_at_most"]
fn two_hundred_requests() {
    raise_descriptors();
    let auth = subprocess::options().demo();
    auth.token().expect("a token");
    let before = all_threads();
    let operations: Vec<_> = (0..REQUESTS).map(|_| Operation::request(&auth, SENDS, 1)).collect();
    subprocess::say("started");
    subprocess::await_line();
    subprocess::say(&(all_threads() - before).to_string());
    for operation in operations {
        operation.run();
        assert_eq!(operation.response_now(), Ok(200));
    }
    wait_until("as many threads as before", || all_threads() == before);
}

#[test]
fn two_hundred_requests_have_64_threads_at_most() {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    sandbox.order(Fault::new(Action::Hold).on_path(SENDS).times(64));
    let mut process = subprocess::Subprocess::start(test_name!(two_hundred_requests), &sandbox, "memory:");
    assert_eq!(process.said(), "started");
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 64));
    process.nudge();
    let threads: usize = process.said().parse().expect("a number");
    sandbox.release();
    process.finish();
    let counters = sandbox.counters();
    figures!("{REQUESTS} requests at once: {threads} threads more than before, none when they are done");
    assert!(threads <= 64 && counters.authorized == REQUESTS as u64, "{counters:?}");
}

/// A timer of each tells when its time is over, and no thread is needed for that.
#[test]
fn a_request_in_the_queue_ends_at_its_deadline() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    auth.token().expect("a token");
    sandbox.order(Fault::new(Action::Hold).on_path(SENDS).times(64));
    let held: Vec<_> = (0..64).map(|_| Operation::request(&auth, SENDS, 1)).collect();
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 64));
    let queued = Operation::request_within(&auth, SENDS, 50);
    wait_until("it rings, although nobody has stepped it", || queued.is_ready());
    assert!(queued.step());
    let ended = queued.response_now().expect_err("too late");
    assert_eq!((ended.kind(), ended.may_have_run), ((PERSONR_TIMEOUT, "operation"), 0));
    sandbox.release();
    held.iter().for_each(Operation::run);
    wait_until_no_thread_is_left();
    assert_eq!(sandbox.counters().endpoint(SENDS), 64, "it was never sent");
}

/// Each thread of the library, in the middle of its work.
#[test]
fn all_signals_are_blocked_on_the_threads() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    auth.token().expect("a token");
    sandbox.order(Fault::new(Action::Hold).times(2));
    let operations = [Operation::login(&auth, 0), Operation::request(&auth, SENDS, 1)];
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 2));
    let mut looked_at = Vec::new();
    for task in fs::read_dir("/proc/self/task").expect("Linux").flatten() {
        let Ok(status) = fs::read_to_string(task.path().join("status")) else { continue };
        let field =
            |name: &str| status.lines().find_map(|it| Some(it.strip_prefix(name)?.trim().to_owned())).expect(name);
        if field("Name:").starts_with("personr-") {
            let blocked = u64::from_str_radix(&field("SigBlk:"), 16).expect("a mask");
            // SIGKILL and SIGSTOP cannot be blocked, and 32 and 33 are the C library's own.
            let cannot_be = [libc::SIGKILL, libc::SIGSTOP, 32, 33].iter().fold(0, |set, it| set | 1_u64 << (it - 1));
            assert_eq!(blocked | cannot_be, u64::MAX, "{}", field("Name:"));
            looked_at.push(field("Name:"));
        }
    }
    looked_at.sort();
    assert_eq!(looked_at, ["personr-request", "personr-token"]);
    sandbox.release();
    operations.iter().for_each(Operation::run);
}

/// A renewal that is due is a thread's, for which nobody waits.
#[test]
fn with_a_good_token_nothing_is_started() {
    run_alone!();
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    let token = auth.token().expect("a token").value;
    let descriptors = || fs::read_dir("/proc/self/fd").expect("Linux").count();
    let (before, threads) = (descriptors(), all_threads());
    let operation = Operation::token(&auth, 0);
    assert_eq!((operation.descriptor(), operation.token_now().as_deref()), (-1, Ok(&*token)));
    assert_eq!((descriptors(), all_threads()), (before, threads));
    assert!(threads_of_the_library().is_empty());
}

/// From now on the system ends this process at any system call but those that read the clock or end the process.
fn allow_the_clock_alone() -> bool {
    let statement = |code: u32, if_so: u8, if_not: u8, value: u32| libc::sock_filter {
        code: code as u16,
        jt: if_so,
        jf: if_not,
        k: value,
    };
    let is_number =
        |number: libc::c_long, jump: u8| statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, jump, 0, number as u32);
    let mut filter = [
        // The number of the call is the first word of what the filter is given.
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, 0),
        is_number(libc::SYS_clock_gettime, 3),
        is_number(libc::SYS_exit_group, 2),
        is_number(libc::SYS_exit, 1),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_KILL_PROCESS),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: reads a program of ours.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) == 0
    }
}

#[test]
fn with_a_good_token_no_system_call_is_made_but_that_of_the_clock() {
    run_alone!();
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    let token = auth.token().expect("a token").value;
    let hands_out = || Operation::token(&auth, 0).token_now().is_ok_and(|found| found == token);
    if !in_child(allow_the_clock_alone) {
        return skip("system calls of an operation that is done at once", "no filter can be set");
    }
    assert!(!in_child(|| allow_the_clock_alone() && std::fs::metadata("/").is_ok()), "the filter works");
    // What a child makes anew, and what the allocator gets from the system, is there before.
    let is_quiet =
        in_child(|| (0..100).all(|_| hands_out()) && allow_the_clock_alone() && (0..100).all(|_| hands_out()));
    assert!(is_quiet, "it makes a system call");
}

#[test]
fn a_renewal_that_is_due_goes_on_behind_an_operation_that_is_done() {
    run_alone!();
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.set_lifetime(4.0);
    let options = Options::of(&sandbox);
    // At most half of the life.
    options.renew_before_s(3600);
    let auth = options.demo();
    let first = auth.token().expect("a token").value;
    wait_until("it is time to renew", || auth.state() == PERSONR_STATE_RENEWING);
    sandbox.set_lifetime(3600.0);
    let operation = Operation::token(&auth, 0);
    assert_eq!((operation.descriptor(), operation.token_now()), (-1, Ok(first.clone())), "done at once");
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.tokens_issued == 2));
    wait_until_no_thread_is_left();
    let second = Operation::token(&auth, 0);
    assert_ne!(second.token_now(), Ok(first));
    assert_eq!((second.descriptor(), sandbox.counters().logins), (-1, 2));
}
