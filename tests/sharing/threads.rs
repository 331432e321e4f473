//! One token for all threads of a process: who logs in, who waits, and what is remembered.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::{Action, DEFAULT_EMAIL, DEFAULT_PASSWORD, Fault, Sandbox};
use personr_testkit::client::{Auth, Failure, Options};

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

/// Calls `work` on so many threads at the same moment.
fn at_once<R: Send>(threads: usize, work: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let barrier = Barrier::new(threads);
    thread::scope(|scope| {
        let run = |number| {
            let (barrier, work) = (&barrier, &work);
            scope.spawn(move || {
                barrier.wait();
                work(number)
            })
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        running.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

fn answer(status: u16, headers: &[(&str, &str)]) -> Action {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Action::Answer { status, headers, body: b"{}".to_vec() }
}

/// Waits for a condition that no event announces.
fn eventually(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it never came true");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn sixty_four_threads_without_a_token_log_in_once() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).demo();
    let tokens = at_once(64, |number| if number % 2 == 0 { auth.authorization() } else { token_of(&auth) });
    let live = format!("Bearer {}", sandbox.live_token(DEFAULT_EMAIL).expect("one"));
    assert!(tokens.into_iter().all(|token| token == Ok(live.clone())));
    assert_eq!(sandbox.counters().tokens_issued, 1);

    for _ in 0..10_000 {
        assert_eq!(auth.authorization().as_ref(), Ok(&live));
    }
    let counters = sandbox.counters();
    assert_eq!((counters.requests, counters.connections), (1, 1), "from memory, without a further request");
    assert_eq!(auth.state(), PERSONR_STATE_GOOD);
}

fn token_of(auth: &Auth) -> Result<String, Failure> {
    auth.token().map(|token| token.authorization)
}

#[test]
fn sixty_four_logins_at_once_reach_the_service_twice_at_most() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).demo();
    sandbox.order(Fault::new(Action::Hold));
    let calling = AtomicUsize::new(0);
    let log_in = || {
        calling.fetch_add(1, Ordering::Relaxed);
        auth.login().expect("a token").value
    };
    thread::scope(|scope| {
        let logins: Vec<_> = (0..64).map(|_| scope.spawn(log_in)).collect();
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        eventually(|| calling.load(Ordering::Relaxed) == 64);
        // From the count to the call there is no event, only an instruction or two.
        thread::sleep(Duration::from_millis(200));
        sandbox.release();
        let values: Vec<_> = logins.into_iter().map(|login| login.join().expect("no panic")).collect();
        let live = sandbox.live_token(DEFAULT_EMAIL).expect("one");
        assert!(values.iter().filter(|value| **value == live).count() >= 63, "all but the first share the second");
    });
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

#[test]
fn callers_whom_the_service_turns_away_share_one_error_and_few_requests() {
    for (action, status, requests) in [
        (answer(429, &[]), PERSONR_RATE_LIMITED, 1),
        (answer(429, &[("Retry-After", "3600")]), PERSONR_RATE_LIMITED, 1),
        (answer(429, &[("Retry-After", "0")]), PERSONR_RATE_LIMITED, 3),
        (answer(503, &[]), PERSONR_SERVER, 3),
    ] {
        let sandbox = sandbox();
        let options = Options::of(&sandbox);
        options.max_retries(2);
        let auth = options.demo();
        sandbox.order(Fault::new(action.clone()).always());
        let failures = at_once(128, |_| auth.authorization().expect_err("no token"));
        assert!(failures.iter().all(|failure| failure.status == status && failure.retry_after_ms >= 0), "{action:?}");
        assert_eq!(sandbox.counters().requests, requests, "one login with its retries: {action:?}");
        assert_eq!(auth.state(), PERSONR_STATE_FAILING);
    }
}

#[test]
fn a_pause_that_the_service_asks_for_is_not_slept_under_the_lock() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.max_retries(2);
    let (first, other) = (options.demo(), options.demo());
    sandbox.order(Fault::new(answer(429, &[("Retry-After", "20")])).always());
    for auth in [&first, &other] {
        let failure = auth.token().expect_err("no token");
        assert_eq!(failure.status, PERSONR_RATE_LIMITED);
        assert!((15_000..=20_000).contains(&failure.retry_after_ms), "{failure:?}");
    }
    assert_eq!(sandbox.counters().requests, 1, "the other one learns it from the record");
}

#[test]
fn a_failure_is_over_when_its_time_is() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).demo();
    sandbox.order(Fault::new(answer(503, &[])));
    assert!(auth.token().is_err() && auth.token().is_err());
    assert_eq!(sandbox.counters().requests, 1);
    eventually(|| auth.token().is_ok());
    assert_eq!(sandbox.counters().requests, 2);
}

#[test]
fn a_caller_with_a_short_deadline_fails_alone() {
    let sandbox = sandbox();
    let (short, long) = (Options::of(&sandbox), Options::of(&sandbox));
    // Time enough for its request to arrive, on a busy machine as well.
    short.timeout_ms(1_000);
    let (short, long) = (short.demo(), long.demo());
    sandbox.order(Fault::new(Action::Stall));
    thread::scope(|scope| {
        let first = scope.spawn(|| short.token());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.requests == 1), "the short one leads");
        let others: Vec<_> = (0..16).map(|_| scope.spawn(|| long.token())).collect();
        assert_eq!(first.join().expect("no panic").expect_err("no time").kind(), (PERSONR_TIMEOUT, "answer"));
        assert!(others.into_iter().all(|other| other.join().expect("no panic").is_ok()));
    });
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

/// Within one handle all callers have the same timeout: a later one has a little time left when the first has none.
#[test]
fn a_waiting_caller_with_little_time_left_shares_the_timeout() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    options.timeout_ms(2_000);
    let auth = options.demo();
    sandbox.order(Fault::new(Action::Stall));
    thread::scope(|scope| {
        let first = scope.spawn(|| auth.token());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.requests == 1));
        let second = scope.spawn(|| auth.token());
        assert_eq!(first.join().expect("no panic").expect_err("no time").status, PERSONR_TIMEOUT);
        // Less than the first one spent in vain: it does not try in a hurry.
        let second = second.join().expect("no panic").expect_err("no time either");
        assert_eq!(second.status, PERSONR_TIMEOUT);
    });
    assert_eq!(sandbox.counters().requests, 1);
}

#[test]
fn an_expired_token_is_replaced_exactly_once() {
    let sandbox = sandbox();
    sandbox.set_lifetime(2.0);
    let options = Options::of(&sandbox);
    options.renew_before_s(0);
    let auth = options.demo();
    let first = auth.token().expect("a token");
    assert_eq!(first.lifetime, 2);
    sandbox.set_lifetime(3600.0);
    while auth.state() == PERSONR_STATE_GOOD {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(sandbox.counters().tokens_issued, 1, "nobody asked");
    let second = at_once(16, |_| auth.token().expect("a token").value);
    assert!(second.iter().all(|value| *value == second[0] && *value != first.value));
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

#[test]
fn renewing_earlier_than_half_of_the_life_is_no_storm() {
    let sandbox = sandbox();
    sandbox.set_lifetime(3600.0);
    let options = Options::of(&sandbox);
    options.renew_before_s(1_000_000_000);
    let auth = options.demo();
    let token = auth.token().expect("a token");
    let renews_in = auth.renews_at() - (token.expires_at - token.lifetime);
    // Half of the life, and up to a tenth of the window later.
    assert!((1799..=1981).contains(&renews_in), "{renews_in}");
    for _ in 0..1000 {
        auth.authorization().expect("a token");
    }
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

#[test]
fn a_failed_renewal_fails_no_call_while_the_token_is_good() {
    let sandbox = sandbox();
    sandbox.set_lifetime(4.0);
    let options = Options::of(&sandbox);
    options.renew_before_s(i64::MAX);
    let auth = options.demo();
    let token = auth.authorization().expect("a token");
    sandbox.order(Fault::new(answer(503, &[])).always());
    while auth.state() == PERSONR_STATE_GOOD {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(auth.state(), PERSONR_STATE_RENEWING);
    for _ in 0..100 {
        assert_eq!(auth.authorization().as_ref(), Ok(&token));
    }
    assert_eq!(sandbox.counters().requests, 2, "one try to renew it, then a pause");
}

#[test]
fn a_wrong_password_is_asked_for_once_and_the_right_one_at_once() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    let wrong = options.auth(DEFAULT_EMAIL, "wrong").expect("a handle");
    for _ in 0..1000 {
        assert_eq!(wrong.token().expect_err("refused").status, PERSONR_INVALID_CREDENTIALS);
    }
    assert_eq!(sandbox.counters().requests, 1);
    assert_eq!(wrong.state(), PERSONR_STATE_REFUSED);
    assert!(options.auth(DEFAULT_EMAIL, DEFAULT_PASSWORD).expect("a handle").token().is_ok());
    assert_eq!(wrong.token().expect_err("still refused").status, PERSONR_INVALID_CREDENTIALS);
    assert_eq!(sandbox.counters().requests, 2);

    sandbox.set_account(DEFAULT_EMAIL, "wrong");
    assert!(wrong.login().is_ok(), "it is sent when it is asked for");
    assert!(wrong.token().is_ok(), "and a success forgets the refusal");
}

#[test]
fn many_rejections_of_one_token_lead_to_one_login() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).demo();
    let first = auth.authorization().expect("a token");
    sandbox.revoke_all();
    let renewed = at_once(64, |number| {
        auth.reject(if number % 2 == 0 { &first } else { first.strip_prefix("Bearer ").expect("a scheme") });
        auth.authorization().expect("a token")
    });
    assert!(renewed.iter().all(|token| *token == renewed[0] && *token != first));
    assert_eq!(sandbox.counters().tokens_issued, 2);
    auth.reject(&first);
    auth.reject("Bearer unknown");
    assert_eq!(auth.authorization().as_ref(), Ok(&renewed[0]));
}

#[test]
fn tokens_that_keep_being_rejected_do_not_storm_the_service() {
    let sandbox = sandbox();
    let auth = Options::of(&sandbox).demo();
    let mut refused = 0;
    for _ in 0..100 {
        match auth.authorization() {
            Ok(token) => auth.reject(&token),
            Err(failure) => {
                assert_eq!(failure.kind(), (PERSONR_UNAUTHORIZED, "tokens-keep-being-refused"));
                assert!((1..=60_000).contains(&failure.retry_after_ms), "{failure:?}");
                refused += 1;
            }
        }
    }
    assert_eq!((sandbox.counters().tokens_issued, refused), (4, 96), "the first, and three in a row");
    assert_eq!(auth.state(), PERSONR_STATE_FAILING);
}

#[test]
fn handles_of_one_account_share_its_token() {
    let sandbox = sandbox();
    let options = Options::of(&sandbox);
    let (one, two) = (options.demo(), options.demo());
    let first = one.token().expect("a token").value;
    assert_eq!(two.token().expect("the same").value, first);
    let second = two.login().expect("a newer one").value;
    one.reject(&first);
    assert_eq!(one.token().expect("adopted").value, second);
    assert_eq!(sandbox.counters().tokens_issued, 2);
    let wrong = options.auth(DEFAULT_EMAIL, "wrong").expect("a handle");
    assert!(wrong.token().is_err(), "a handle with another password does not get it");
}

#[test]
fn a_waiting_call_ends_at_its_own_deadline() {
    let sandbox = sandbox();
    let (long, short) = (Options::of(&sandbox), Options::of(&sandbox));
    short.timeout_ms(100);
    let (long, short) = (long.demo(), short.demo());
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let leader = scope.spawn(|| long.token());
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        assert_eq!(short.token().expect_err("no time").kind(), (PERSONR_TIMEOUT, "store-lock"));
        sandbox.release();
        assert!(leader.join().expect("no panic").is_ok());
    });
    assert!(short.token().is_ok(), "a lock that was not had in time is no failure of the service");
    assert_eq!(sandbox.counters().tokens_issued, 1);
}
