//! A child that is forked by a program with threads goes on with its parent's handles.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use personr::ffi::personr_auth_free;
use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::client::{self, Options};
use personr_testkit::figures::figures;
use personr_testkit::forked::in_child;
use personr_testkit::{run_alone, subprocess, test_name};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_child_keeps_the_token_at_hand() {
    run_alone!();
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    let token = auth.token().expect("a token");
    assert!(in_child(|| {
        auth.authorization() == Ok(token.authorization.clone())
            && auth.token().is_ok_and(|found| found == found_again(&token, &found))
    }));
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.connections), (1, 1), "without a request");
}

/// The same token, but for the seconds that have passed.
fn found_again(token: &client::Token, found: &client::Token) -> client::Token {
    client::Token { seconds_left: found.seconds_left, ..token.clone() }
}

#[test]
fn a_child_logs_in_while_a_thread_of_its_parent_does() {
    run_alone!();
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let login = scope.spawn(|| auth.token().expect("a token").value);
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        assert!(in_child(|| auth.token().is_ok()), "its own login, on a connection of its own");
        assert_eq!(sandbox.counters().connections, 2);
        sandbox.release();
        let token = login.join().expect("no panic");
        assert_eq!(sandbox.live_token(DEFAULT_EMAIL), Some(token), "the parent's connection was left alone");
    });
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

#[test]
fn a_child_frees_what_its_parent_made() {
    run_alone!();
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    auth.token().expect("a token");
    let handle = auth.0;
    assert!(in_child(|| {
        unsafe { personr_auth_free(handle) };
        true
    }));
    assert!(auth.token().is_ok(), "the parent's is not the child's");
}

/// The library's first use is the time at which something could be made behind a `Once`.
#[test]
#[ignore = "run by a_fork_at_any_moment_of_the_first_use"]
fn first_use() {
    let orders = std::env::var("TEST_ORDERS").expect("orders");
    let (base_url, delay) = orders.split_once(' ').expect("two words");
    let delay = Duration::from_micros(delay.parse().expect("a number"));
    let log_in = || {
        let options = Options::new();
        options.base_url(base_url).expect("accepted");
        options.timeout_ms(20_000);
        options.demo().login().is_ok()
    };
    thread::scope(|scope| {
        let first = scope.spawn(log_in);
        thread::sleep(delay);
        for _ in 0..5 {
            assert!(in_child(log_in), "a child hangs, or cannot log in");
        }
        assert!(first.join().expect("no panic"));
    });
}

#[test]
fn a_fork_at_any_moment_of_the_first_use() {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    for round in 0_u64..50 {
        let mut command = subprocess::command(test_name!(first_use));
        command.env("TEST_ORDERS", format!("{} {}", sandbox.base_url(), round * 40));
        subprocess::run(command);
    }
    let counters = sandbox.counters();
    figures!(
        "250 forks within the first use in 50 processes: every child logged in ({} logins)",
        counters.tokens_issued
    );
    assert_eq!(counters.tokens_issued, 300);
}

#[test]
fn a_fork_at_any_moment_of_other_threads_logins() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let options = Options::of(&sandbox);
    options.timeout_ms(20_000);
    let (busy, held) = (options.demo(), options.auth("other@example.com", "other").expect("a handle"));
    sandbox.set_account("other@example.com", "other");
    let token = held.authorization().expect("a token");
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    busy.login().expect("a token");
                }
            });
        }
        for round in 0..250 {
            let child = in_child(|| held.authorization() == Ok(token.clone()) && busy.authorization().is_ok());
            assert!(child, "round {round}: a child hangs, or has lost a token");
        }
        done.store(true, Ordering::Relaxed);
    });
    figures!("250 forks among the logins of three threads: every child kept its token and got another");
}

#[test]
fn after_exec_nothing_of_the_library_is_open() {
    run_alone!();
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let login = scope.spawn(|| auth.token().is_ok());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1), "its connection is open");
        let output = Command::new("ls").args(["-l", "/proc/self/fd"]).stdin(Stdio::null()).output().expect("run");
        let open = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!open.contains("socket:"), "{open}");
        sandbox.release();
        assert!(login.join().expect("no panic"));
    });
}
