//! One token for processes and hosts that share a Redis server.

#![cfg(all(feature = "redis", feature = "capi"))]

use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::figures::figures;
use personr_testkit::redis_server::RedisServer;
use personr_testkit::subprocess::{self, Subprocess, say};
use personr_testkit::test_name;

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const PROCESSES: usize = 16;
const THREADS: usize = 8;

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

#[test]
fn handles_that_share_nothing_but_a_server_share_a_token() {
    let Some(redis) = RedisServer::start("handles_that_share_nothing_but_a_server_share_a_token", &[]) else { return };
    let sandbox = sandbox();
    let (one, two) = (redis.options(&sandbox).demo(), redis.options(&sandbox).demo());
    let first = one.token().expect("a token").value;
    assert_eq!(two.token().expect("the same").value, first);
    let second = two.login().expect("a newer one").value;
    one.reject(&first);
    assert_eq!(one.token().expect("adopted").value, second);
    assert_eq!(sandbox.counters().tokens_issued, 2);

    let key = redis.record_key();
    assert!(key.starts_with("personr:{") && key.ends_with('}') && key.len() == "personr:{}".len() + 64, "{key}");
    let days = redis.run(&["TTL", &key]).parse::<u64>().expect("seconds") / 86_400;
    assert!((399..=400).contains(&days), "{days}");
    assert_eq!(redis.lock_key(), "", "given back");
    assert!(redis.run(&["INFO", "clients"]).contains("connected_clients:1\r"), "our own alone: none is kept");
}

#[test]
fn the_database_of_the_url_is_used() {
    let Some(redis) = RedisServer::start("the_database_of_the_url_is_used", &[]) else { return };
    let sandbox = sandbox();
    let options = redis.options(&sandbox);
    options.token_store(&format!("{}/3", redis.url())).expect("accepted");
    options.demo().token().expect("a token");
    assert!(redis.run(&["INFO", "keyspace"]).contains("db3:keys=1,"), "in the third database");
    assert_eq!(redis.run(&["DBSIZE"]), "0");
}

#[test]
fn one_logs_in_while_the_others_wait() {
    let Some(redis) = RedisServer::start("one_logs_in_while_the_others_wait", &[]) else { return };
    let sandbox = sandbox();
    let (one, two, short) = (redis.options(&sandbox), redis.options(&sandbox), redis.options(&sandbox));
    short.timeout_ms(300);
    let (one, two, short) = (one.demo(), two.demo(), short.demo());
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let first = scope.spawn(|| one.token());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        let lease = redis.run(&["PTTL", &redis.lock_key()]).parse::<u64>().expect("milliseconds");
        assert!((1..=20_000).contains(&lease), "{lease}");
        assert_eq!(short.token().expect_err("no time").kind(), (PERSONR_TIMEOUT, "store-lock"));
        let second = scope.spawn(|| two.token());
        sandbox.release();
        let first = first.join().expect("no panic").expect("a token");
        assert_eq!(second.join().expect("no panic").expect("the same").value, first.value);
    });
    assert!(short.token().is_ok());
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

#[test]
fn a_login_longer_than_its_lease_allows_is_given_up() {
    let Some(redis) = RedisServer::start("a_login_longer_than_its_lease_allows_is_given_up", &[]) else { return };
    let sandbox = sandbox();
    sandbox.order(Fault::new(Action::Stall));
    let begun = Instant::now();
    let failure = redis.options(&sandbox).demo().token().expect_err("no answer");
    assert_eq!(failure.kind(), (PERSONR_TIMEOUT, "answer"));
    assert!(begun.elapsed() < Duration::from_secs(20), "before the lease ended");
    assert_eq!(redis.lock_key(), "", "given back");
}

#[test]
fn a_token_whose_lock_was_lost_yields_to_the_stores() {
    let Some(redis) = RedisServer::start("a_token_whose_lock_was_lost_yields_to_the_stores", &[]) else { return };
    let sandbox = sandbox();
    let (slow, quick) = (redis.options(&sandbox).demo(), redis.options(&sandbox).demo());
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let late = scope.spawn(|| slow.token());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        redis.run(&["DEL", &redis.lock_key()]);
        let others = quick.token().expect("the lock is free").value;
        let record = redis.run(&["GET", &redis.record_key()]);
        sandbox.release();
        assert_eq!(late.join().expect("no panic").expect("the store's").value, others);
        assert_eq!(redis.run(&["GET", &redis.record_key()]), record, "nothing was written");
    });
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

#[test]
fn a_lock_that_is_anothers_by_now_is_not_given_back() {
    let Some(redis) = RedisServer::start("a_lock_that_is_anothers_by_now_is_not_given_back", &[]) else { return };
    let sandbox = sandbox();
    let options = redis.options(&sandbox);
    options.timeout_ms(3_000);
    let auth = options.demo();
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let late = scope.spawn(|| auth.login());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        redis.run(&["SET", &redis.lock_key(), "another"]);
        sandbox.release();
        // Its token is discarded, and it waits for the other one's.
        assert_eq!(late.join().expect("no panic").expect_err("no time").kind(), (PERSONR_TIMEOUT, "store-lock"));
        assert_eq!(redis.run(&["GET", &redis.lock_key()]), "another");
    });
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

#[test]
fn a_connection_that_was_cut_during_the_login_is_made_anew() {
    let Some(redis) = RedisServer::start("a_connection_that_was_cut_during_the_login_is_made_anew", &[]) else {
        return;
    };
    let sandbox = sandbox();
    let (one, two) = (redis.options(&sandbox).demo(), redis.options(&sandbox).demo());
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let login = scope.spawn(|| one.token());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        assert_eq!(redis.run(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]), "1");
        sandbox.release();
        let token = login.join().expect("no panic").expect("a token").value;
        assert_eq!(two.token().expect("saved").value, token);
    });
    assert_eq!((sandbox.counters().tokens_issued, redis.lock_key().as_str()), (1, ""));
}

/// At each line, its threads all ask for the token at once, `reject`ing what they have if they are told so.
#[test]
#[ignore = "run by other tests of this file"]
fn child() {
    let auth = subprocess::options().demo();
    say("ready");
    for line in std::io::stdin().lines() {
        let reject = line.expect("UTF-8").strip_prefix("reject ").map(str::to_owned);
        let ask = || {
            reject.iter().for_each(|token| auth.reject(token));
            auth.authorization().map_err(|failure| failure.reason)
        };
        let mut tokens: Vec<_> = thread::scope(|scope| {
            let asking: Vec<_> = (0..THREADS).map(|_| scope.spawn(ask)).collect();
            asking.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        tokens.dedup();
        say(&format!("{tokens:?}"));
    }
}

#[test]
fn sixteen_processes_with_eight_threads_log_in_once() {
    let Some(redis) = RedisServer::start("sixteen_processes_with_eight_threads_log_in_once", &[]) else { return };
    let sandbox = sandbox();
    let mut processes: Vec<_> =
        (0..PROCESSES).map(|_| Subprocess::start(test_name!(child), &sandbox, &redis.url())).collect();
    processes.iter_mut().for_each(|process| assert_eq!(process.said(), "ready"));
    let mut command = "ask".to_owned();
    for logins in 1..=2 {
        processes.iter_mut().for_each(|process| process.tell(&command));
        let said: Vec<_> = processes.iter_mut().map(Subprocess::said).collect();
        let live = format!("Bearer {}", sandbox.live_token(DEFAULT_EMAIL).expect("one"));
        assert!(said.iter().all(|said| *said == format!("[Ok({live:?})]")), "{said:?}");
        assert_eq!(sandbox.counters().tokens_issued, logins);
        figures!("{PROCESSES} processes x {THREADS} threads on Redis: {logins} login(s)");
        sandbox.revoke_all();
        command = format!("reject {live}");
    }
}

#[test]
fn the_lock_of_a_killed_process_ends_with_its_lease() {
    let Some(redis) = RedisServer::start("the_lock_of_a_killed_process_ends_with_its_lease", &[]) else { return };
    let sandbox = sandbox();
    sandbox.order(Fault::new(Action::Hold));
    let mut process = Subprocess::start(test_name!(child), &sandbox, &redis.url());
    assert_eq!(process.said(), "ready");
    process.tell("ask");
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    drop(process);
    let options = redis.options(&sandbox);
    options.timeout_ms(300);
    assert_eq!(options.demo().token().expect_err("locked").kind(), (PERSONR_TIMEOUT, "store-lock"));
    // Most of the 20 seconds pass.
    assert_eq!(redis.run(&["PEXPIRE", &redis.lock_key(), "500"]), "1");
    let token = redis.options(&sandbox).demo().token().expect("the lease ended").value;
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL), Some(token));
}
