//! A child that is forked by a program with threads goes on with its parent's handles.

mod client;
mod forked;

use std::thread;
use std::time::Duration;

use client::Options;
use forked::in_child;
use personr::ffi::personr_auth_free;
use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn a_child_keeps_the_token_at_hand() {
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
