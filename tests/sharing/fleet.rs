//! One live token for many processes: who logs in when they all start, when the token is revoked, when one is killed.
//!
//! "Login" means a token issued at the sandbox.

#![cfg(target_os = "linux")]

#[cfg(feature = "redis")]
mod hosts;
mod workers;

#[cfg(feature = "redis")]
use std::net::SocketAddr;
use std::time::Duration;

use personr::ffi::*;
#[cfg(feature = "redis")]
use personr_sandbox::Proxy;
use personr_sandbox::{Action, DEFAULT_EMAIL, DEFAULT_PASSWORD, Fault, Sandbox};
use personr_testkit::client::Options;
use personr_testkit::figures::figures;
use workers::{Fleet, Orders, PATIENCE, Report, Task};

const PROCESSES: usize = 16;
const THREADS: usize = 8;

fn plain() -> Sandbox {
    Sandbox::builder().plain_http().start().expect("a sandbox")
}

/// A token store of its own in a temporary folder.
struct FileStore {
    folder: tempfile::TempDir,
}

impl FileStore {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn url(&self) -> String {
        format!("file:{}", self.folder.path().join("tokens").display())
    }
}

fn all_served(reports: &[Report]) {
    for report in reports {
        assert_eq!(report.failures, Vec::<String>::new());
    }
}

fn tokens_of(reports: &[Report]) -> Vec<&str> {
    let mut tokens: Vec<_> = reports.iter().flat_map(|report| &report.tokens).map(String::as_str).collect();
    tokens.sort_unstable();
    tokens.dedup();
    tokens
}

#[test]
fn processes_that_start_at_the_same_moment_log_in_once() {
    let (sandbox, store) = (plain(), FileStore::new());
    let fleet = Fleet::start(&sandbox, &store.url(), PROCESSES, THREADS, Task::Token);
    let reports = fleet.go_and_finish();
    all_served(&reports);
    let live = format!("Bearer {}", sandbox.live_token(DEFAULT_EMAIL).expect("one"));
    assert_eq!(tokens_of(&reports), [live.as_str()]);
    let logins = sandbox.counters().tokens_issued;
    figures!("{PROCESSES} processes x {THREADS} threads on an empty file store: {logins} login");
    assert_eq!(logins, 1);
}

#[test]
fn a_token_that_is_revoked_in_full_use_is_replaced_once() {
    let (sandbox, store) = (plain(), FileStore::new());
    let fleet = Fleet::start(&sandbox, &store.url(), PROCESSES, THREADS, Task::Requests);
    fleet.go();
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.authorized >= 500), "all are at work");
    sandbox.revoke_all();
    let served = sandbox.counters().authorized;
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.authorized >= served + 500), "and go on");
    let reports = fleet.finish();
    all_served(&reports);
    let requests: u64 = reports.iter().map(|report| report.requests).sum();
    let repeated: u64 = reports.iter().map(|report| report.repeated).sum();
    let logins = sandbox.counters().tokens_issued;
    figures!(
        "revoked under {PROCESSES} x {THREADS} threads: {requests} requests, {repeated} repeated after a 401, {logins} logins in all"
    );
    assert_eq!(logins, 2);
    assert!(repeated > 0);
}

#[test]
fn a_wrong_password_in_many_processes_is_sent_once() {
    let (sandbox, store) = (plain(), FileStore::new());
    let orders = Orders { password: "wrong".to_owned(), ..Orders::of(&sandbox, &store.url(), 1, Task::ThousandCalls) };
    let fleet = Fleet::on_hosts((0..PROCESSES).map(|_| (Vec::new(), orders.clone())));
    let reports = fleet.go_and_finish();
    for report in &reports {
        assert_eq!((report.failures.len(), &*report.failures[0]), (1000, "PERSONR_INVALID_CREDENTIALS"));
    }
    let requests = sandbox.counters().requests;
    figures!("a wrong password, {PROCESSES} processes x 1000 calls: {requests} request");
    assert_eq!(requests, 1);
    let options = Options::of(&sandbox);
    options.token_store(&store.url()).expect("accepted");
    assert!(options.demo().token().is_ok(), "the right one: a token at once");
}

#[test]
fn another_host_that_logs_in_costs_one_401_and_no_login() {
    let (sandbox, store) = (plain(), FileStore::new());
    let options = Options::of(&sandbox);
    options.token_store(&store.url()).expect("accepted");
    let auth = options.demo();
    let old = auth.authorization().expect("a token");
    // A process of its own, as another host would be with a shared store.
    all_served(&Fleet::start(&sandbox, &store.url(), 1, 1, Task::Login).go_and_finish());
    assert_eq!(auth.authorization().as_ref(), Ok(&old), "nothing told us");
    auth.reject(&old);
    let new = auth.authorization().expect("adopted");
    assert_eq!(new, format!("Bearer {}", sandbox.live_token(DEFAULT_EMAIL).expect("one")));
    assert_eq!(sandbox.counters().tokens_issued, 2, "none of them ours");
}

#[test]
fn processes_that_share_no_store_do_not_storm_the_service() {
    let sandbox = plain();
    let (one, two) = (FileStore::new(), FileStore::new());
    let auth = |store: &FileStore| {
        let options = Options::of(&sandbox);
        options.token_store(&store.url()).expect("accepted");
        options.demo()
    };
    let (one, two) = (auth(&one), auth(&two));
    let mut unauthorized = 0;
    for _ in 0..200 {
        for auth in [&one, &two] {
            match auth.authorization() {
                Ok(authorization) if workers::request(sandbox.base_url(), &authorization) == 401 => {
                    auth.reject(&authorization);
                }
                Ok(_) => {}
                Err(failure) => {
                    assert_eq!(failure.kind(), (PERSONR_UNAUTHORIZED, "tokens-keep-being-refused"));
                    unauthorized += 1;
                }
            }
        }
    }
    let logins = sandbox.counters().tokens_issued;
    figures!(
        "two programs with unshared stores, 400 calls: {logins} logins, {unauthorized} times PERSONR_UNAUTHORIZED"
    );
    assert!(logins <= 8, "{logins}");
    assert!(unauthorized > 100, "{unauthorized}");
}

#[test]
fn the_answer_of_a_renewal_may_be_lost() {
    let (sandbox, store) = (plain(), FileStore::new());
    sandbox.set_lifetime(8.0);
    let options = Options::of(&sandbox);
    options.token_store(&store.url()).expect("accepted");
    options.renew_before_s(1_000_000);
    let auth = options.demo();
    let old = auth.authorization().expect("a token");
    while auth.state() == PERSONR_STATE_GOOD {
        std::thread::sleep(Duration::from_millis(10));
    }
    sandbox.set_lifetime(3600.0);
    sandbox.order(Fault::new(Action::ResetAfterIssue));
    assert_eq!(auth.authorization().as_ref(), Ok(&old), "the renewal failed, as far as anybody here knows");
    assert_eq!(sandbox.counters().tokens_issued, 2);
    assert_eq!(workers::request(sandbox.base_url(), &old), 401);
    auth.reject(&old);
    // The failure of the renewal is remembered for a second.
    let new = loop {
        match auth.authorization() {
            Ok(authorization) => break authorization,
            Err(failure) => {
                assert_eq!(failure.status, PERSONR_NETWORK);
                std::thread::sleep(Duration::from_millis(failure.retry_after_ms.clamp(1, 1000) as u64));
            }
        }
    };
    assert_eq!(workers::request(sandbox.base_url(), &new), 200);
    assert_eq!(sandbox.counters().tokens_issued, 3, "one login followed");
}

#[test]
fn a_fleet_of_one_account_does_not_disturb_another() {
    let (sandbox, store) = (plain(), FileStore::new());
    sandbox.set_account("other@example.com", "other");
    let options = Options::of(&sandbox);
    options.token_store(&store.url()).expect("accepted");
    let (one, two) = (options.demo(), options.auth("other@example.com", "other").expect("a handle"));
    let (first, second) = (one.token().expect("a token"), two.token().expect("a token"));
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL), Some(first.value));
    assert_eq!(sandbox.live_token("other@example.com"), Some(second.value));
    assert_eq!(sandbox.counters().tokens_issued, 2);
    assert_ne!(DEFAULT_PASSWORD, "other");
}

/// Sixteen processes on three hosts that share nothing but the service and a Redis server.
#[cfg(feature = "redis")]
#[test]
fn hosts_that_start_at_the_same_moment_log_in_once() {
    let test = "hosts_that_start_at_the_same_moment_log_in_once";
    let Some(hosts) = hosts::Hosts::start(test, 3) else { return };
    let Some(redis) = personr_testkit::redis_server::RedisServer::start(test, &[]) else { return };
    let sandbox = Sandbox::start().expect("a sandbox");
    // The service is no loopback address to them, and its name is known to the proxy alone.
    let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
    let port_of = |url: &str| url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let local = |url: &str| SocketAddr::from(([127, 0, 0, 1], port_of(url)));
    let orders: Vec<_> = (0..3)
        .map(|host| Orders {
            base_url: "https://personr.test/api/1.1/wf".to_owned(),
            proxy: format!("http://{}", hosts.forward(host, local(proxy.url()))),
            store: format!("redis://{}", hosts.forward(host, local(&redis.url()))),
            ..Orders::of(&sandbox, "", THREADS, Task::Token)
        })
        .collect();
    let fleet = Fleet::on_hosts((0..PROCESSES).map(|number| (hosts.prefix(number % 3), orders[number % 3].clone())));
    let reports = fleet.go_and_finish();
    all_served(&reports);
    assert_eq!(tokens_of(&reports).len(), 1);
    let logins = sandbox.counters().tokens_issued;
    figures!("{PROCESSES} processes x {THREADS} threads on three hosts, empty Redis store: {logins} login");
    assert_eq!(logins, 1);
}
