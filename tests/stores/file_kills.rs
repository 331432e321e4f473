//! A process is killed at any moment of a login: the others find a store that can be read, a lock that is free, and a
//! token that works, at once or after one 401.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use personr_sandbox::Sandbox;
use personr_testkit::figures::figures;
use personr_testkit::store_directory::{StoreDirectory, live_token, told};
use personr_testkit::subprocess::{self, Subprocess, say};
use personr_testkit::test_name;

const KILLS: u32 = 200;
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "run by a_process_may_be_killed_at_any_moment_of_a_login"]
fn other_login() {
    let auth = subprocess::options().demo();
    say("ready");
    say(&told(auth.login()));
}

/// What a killed process left behind.
#[derive(Debug, Default)]
struct Counts {
    before_the_login: u32,
    new_record_left: u32,
    token_lost: u32,
    saved: u32,
}

#[test]
fn a_process_may_be_killed_at_any_moment_of_a_login() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut counts = Counts::default();
    let whole = kill_after(&sandbox, None, &mut Counts::default());
    for number in 0..KILLS {
        kill_after(&sandbox, Some(whole * number / KILLS), &mut counts);
    }
    figures!("{KILLS} kills: {counts:?}");
    assert!(counts.token_lost + counts.new_record_left > 0, "not one of them came at a bad moment: {counts:?}");
}

/// Kills a process so long after it began to log in; `None`: when it has done so. How long after that was.
fn kill_after(sandbox: &Sandbox, delay: Option<Duration>, counts: &mut Counts) -> Duration {
    let store = StoreDirectory::new();
    let token = store.auth(sandbox).token().expect("a token").value;
    let mut other = Subprocess::start(test_name!(other_login), sandbox, &store.url());
    assert_eq!(other.said(), "ready");
    let begun = Instant::now();
    match delay {
        Some(delay) => thread::sleep(delay),
        None => assert_eq!(other.said(), live_token(sandbox)),
    }
    other.kill();
    let killed_after = begun.elapsed();
    // What it asked for may still be under way.
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.open == 0));
    assert_is_in_order(sandbox, &store, &token, counts);
    killed_after
}

/// `former` is the token from before the killed process.
fn assert_is_in_order(sandbox: &Sandbox, store: &StoreDirectory, former: &str, counts: &mut Counts) {
    let new_record_left = store.files().iter().any(|path| path.extension().is_some_and(|it| it == "new"));
    let options = store.options(sandbox);
    options.timeout_ms(5_000);
    let auth = options.demo();
    let issued = sandbox.counters().tokens_issued;
    let (found, live) = (auth.token().expect("a token").value, live_token(sandbox));
    assert_eq!(sandbox.counters().tokens_issued, issued, "there is a record, and it can be read");
    let count = if live == former {
        &mut counts.before_the_login
    } else if live == found {
        &mut counts.saved
    } else {
        &mut counts.token_lost
    };
    *count += 1;
    counts.new_record_left += u32::from(new_record_left);
    if found != live {
        auth.reject(&found);
        assert_eq!(auth.token().expect("a token").value, live_token(sandbox));
    }
    // Whether by that login or by one of the next process.
    assert_eq!(store.auth(sandbox).login().expect("a token").value, live_token(sandbox));
    assert_eq!(fs::read_dir(store.path()).expect("a directory").count(), 2, "record and lock, and no new record");
}
