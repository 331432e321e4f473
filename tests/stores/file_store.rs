//! One token for all processes of a host, by a `file:` store: who logs in, and what becomes of the lock of one that is
//! killed, stopped or forked.

use std::fs;
use std::thread;
use std::time::Duration;

use personr::ffi::*;
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::client::{Auth, Options};
use personr_testkit::forked::in_child;
use personr_testkit::store_directory::{StoreDirectory, live_token, mode, told};
use personr_testkit::subprocess::{self, Subprocess, await_line, say};
use personr_testkit::{run_alone, test_name};

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const BUSY: (i32, &str) = (PERSONR_TIMEOUT, "store-lock");

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn wait_until_held(sandbox: &Sandbox) {
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
}

/// A handle with the time for a try or two.
fn hasty(store: &StoreDirectory, sandbox: &Sandbox) -> Auth {
    let options = store.options(sandbox);
    options.timeout_ms(200);
    options.demo()
}

#[test]
#[ignore = "run by another_process_adopts_the_token"]
fn other_token() {
    say(&told(subprocess::options().demo().token()));
}

#[test]
fn another_process_adopts_the_token() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    let token = store.auth(&sandbox).token().expect("a token").value;
    let mut other = Subprocess::start(test_name!(other_token), &sandbox, &store.url());
    assert_eq!(other.said(), token);
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.connections), (1, 1), "without a request");
}

#[test]
#[ignore = "run by processes_that_start_at_once_log_in_once"]
fn other_threads() {
    let auth = subprocess::options().demo();
    say("ready");
    await_line();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| told(auth.token()))).collect();
        threads.into_iter().for_each(|thread| say(&thread.join().expect("no panic")));
    });
}

#[test]
fn processes_that_start_at_once_log_in_once() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    // So that all of them come while one logs in.
    sandbox.order(Fault::new(Action::Delay(Duration::from_millis(100))));
    let mut others: Vec<_> =
        (0..6).map(|_| Subprocess::start(test_name!(other_threads), &sandbox, &store.url())).collect();
    others.iter_mut().for_each(|other| assert_eq!(other.said(), "ready"));
    others.iter().for_each(Subprocess::nudge);
    for other in &mut others {
        (0..4).for_each(|_| assert_eq!(other.said(), live_token(&sandbox)));
    }
    assert_eq!(sandbox.counters().logins, 1);
}

#[test]
#[ignore = "run by files_and_directories_are_the_users_alone"]
fn other_with_an_open_umask() {
    // SAFETY: of this process alone, which runs one test.
    unsafe { libc::umask(0) };
    other_login();
}

#[test]
fn files_and_directories_are_the_users_alone() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    sandbox.order(Fault::new(Action::Hold));
    let mut other = Subprocess::start(test_name!(other_with_an_open_umask), &sandbox, &store.url());
    wait_until_held(&sandbox);
    assert_eq!(mode(&store.path()), 0o700);
    assert_eq!((mode(&store.file("new")), mode(&store.file("lock"))), (0o600, 0o600));
    sandbox.release();
    assert_eq!(other.said(), live_token(&sandbox));
    assert_eq!((store.files().len(), mode(&store.file("json")), mode(&store.file("lock"))), (2, 0o600, 0o600));
}

#[test]
fn no_descriptor_outlives_exec_or_a_call() {
    run_alone!();
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    let auth = store.auth(&sandbox);
    let descriptors = || -> Vec<(String, bool)> {
        let open = fs::read_dir("/proc/self/fd").expect("descriptors").filter_map(Result::ok);
        let ours = open.filter_map(|entry| {
            let path = fs::read_link(entry.path()).ok().filter(|path| path.starts_with(store.parent()))?;
            let number = entry.file_name().to_str()?.parse().ok()?;
            // SAFETY: only asks.
            let is_closed_by_exec = unsafe { libc::fcntl(number, libc::F_GETFD) } & libc::FD_CLOEXEC != 0;
            Some((path.display().to_string(), is_closed_by_exec))
        });
        ours.collect()
    };
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let login = scope.spawn(|| auth.token());
        wait_until_held(&sandbox);
        let during = descriptors();
        assert!(during.len() >= 3, "directory, lock and new record: {during:?}");
        assert!(during.iter().all(|(_, is_closed_by_exec)| *is_closed_by_exec), "{during:?}");
        sandbox.release();
        assert!(login.join().expect("no panic").is_ok());
    });
    assert_eq!(descriptors(), []);
}

#[test]
#[ignore = "run by other tests"]
fn other_login() {
    say(&told(subprocess::options().demo().login()));
}

#[test]
fn a_killed_holders_lock_is_free_at_once() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    sandbox.order(Fault::new(Action::Hold));
    let mut other = Subprocess::start(test_name!(other_login), &sandbox, &store.url());
    wait_until_held(&sandbox);
    assert_eq!(hasty(&store, &sandbox).token().expect_err("it is held").kind(), BUSY);
    other.kill();
    assert!(store.file("new").exists(), "it was killed between the preparation and the save");
    let options = store.options(&sandbox);
    options.timeout_ms(5_000);
    let token = options.demo().token().expect("a token").value;
    assert_eq!((store.files().len(), sandbox.counters().tokens_issued), (2, 1));
    assert_eq!(Subprocess::start(test_name!(other_token), &sandbox, &store.url()).said(), token);
    // What the killed one had asked for may be done all the same: then the token meets a 401.
    sandbox.release();
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.tokens_issued == 2));
    let auth = store.auth(&sandbox);
    auth.reject(&token);
    assert_eq!(auth.token().expect("a token").value, live_token(&sandbox));
    assert_eq!(sandbox.counters().tokens_issued, 3);
}

#[test]
#[ignore = "run by a_killed_parents_child_keeps_no_lock"]
fn other_that_forks() {
    thread::spawn(|| subprocess::options().demo().login());
    await_line();
    // SAFETY: the child only waits for its grandparent to end, and ends.
    if unsafe { libc::fork() } == 0 {
        let _ = std::panic::catch_unwind(|| {
            say("forked");
            await_line();
        });
        unsafe { libc::_exit(0) };
    }
    thread::sleep(PATIENCE);
}

#[test]
fn a_killed_parents_child_keeps_no_lock() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    sandbox.order(Fault::new(Action::Hold));
    let mut other = Subprocess::start(test_name!(other_that_forks), &sandbox, &store.url());
    wait_until_held(&sandbox);
    other.nudge();
    assert_eq!(other.said(), "forked");
    assert_eq!(hasty(&store, &sandbox).token().expect_err("it is held").kind(), BUSY);
    other.kill();
    assert!(store.auth(&sandbox).token().is_ok());
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

#[test]
fn a_stopped_holder_keeps_its_lock_and_stops_nobody_who_has_a_token() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    let (good, waiting) = (store.auth(&sandbox), hasty(&store, &sandbox));
    let token = good.token().expect("a token");
    sandbox.order(Fault::new(Action::Hold));
    let mut other = Subprocess::start(test_name!(other_login), &sandbox, &store.url());
    wait_until_held(&sandbox);
    other.signal(libc::SIGSTOP);
    waiting.reject(&token.value);
    let busy = thread_cpu_time();
    assert_eq!(waiting.token().expect_err("no time").kind(), BUSY);
    assert!(thread_cpu_time() - busy < Duration::from_millis(20), "it sleeps while it waits");
    assert_eq!(good.authorization(), Ok(token.authorization));
    assert_eq!(store.auth(&sandbox).token().expect("from the file").value, token.value);
    assert_eq!(sandbox.counters().tokens_issued, 1);

    other.signal(libc::SIGCONT);
    sandbox.release();
    let newer = other.said();
    assert_eq!((waiting.token().expect("from the file").value, live_token(&sandbox)), (newer.clone(), newer));
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

fn thread_cpu_time() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of ours.
    assert_eq!(unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[test]
fn a_child_forked_under_the_lock_neither_has_it_nor_frees_it() {
    run_alone!();
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    let (auth, hasty) = (store.auth(&sandbox), hasty(&store, &sandbox));
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let login = scope.spawn(|| auth.token().expect("a token").value);
        wait_until_held(&sandbox);
        let handle = auth.0;
        assert!(in_child(|| {
            let is_busy = hasty.token().is_err_and(|failure| failure.kind() == BUSY);
            unsafe { personr_auth_free(handle) };
            is_busy
        }));
        assert_eq!(hasty.token().expect_err("still held").kind(), BUSY, "within the process");
        assert!(in_child(|| hasty.token().is_err_and(|failure| failure.kind() == BUSY)), "among processes");
        sandbox.release();
        assert_eq!(login.join().expect("no panic"), live_token(&sandbox));
    });
    assert_eq!(sandbox.counters().logins, 1);
}

#[test]
fn a_parent_adopts_the_token_of_its_childs_login() {
    run_alone!();
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    let auth = store.auth(&sandbox);
    let first = auth.token().expect("a token").value;
    sandbox.revoke_all();
    assert!(in_child(|| {
        auth.reject(&first);
        auth.token().is_ok_and(|token| token.value != first)
    }));
    auth.reject(&first);
    assert_eq!(auth.token().expect("the child's").value, live_token(&sandbox));
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

/// What the record says, changed.
fn rewrite(store: &StoreDirectory, change: impl FnOnce(&mut serde_json::Value)) {
    let file = store.file("json");
    let mut record = serde_json::from_slice(&fs::read(&file).expect("a record")).expect("JSON");
    change(&mut record);
    fs::write(&file, record.to_string()).expect("written");
}

/// As short-lived processes do: each with a handle of its own.
#[test]
fn a_recorded_failure_in_the_future_is_ignored() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    let year = 31_536_000.0;
    let ahead = |time: &mut serde_json::Value| *time = (time.as_f64().expect("a time") + year).into();
    sandbox.order(Fault::new(Action::Answer { status: 503, headers: Vec::new(), body: Vec::new() }));
    assert_eq!(store.auth(&sandbox).token().expect_err("no token").status, PERSONR_SERVER);
    assert_eq!(store.auth(&sandbox).token().expect_err("remembered").status, PERSONR_SERVER);
    assert_eq!(sandbox.counters().requests, 1);
    rewrite(&store, |record| ahead(&mut record["failure"]["at"]));
    let token = store.auth(&sandbox).token().expect("a clock was wrong").value;

    rewrite(&store, |record| {
        record["replaced_at"] = record["obtained_at"].clone();
        ahead(&mut record["replaced_at"]);
        record["replacements"] = 3.into();
    });
    sandbox.revoke_all();
    let auth = store.auth(&sandbox);
    assert_eq!(auth.token().expect("as it stands there").value, token);
    auth.reject(&token);
    assert_eq!(auth.token().expect("a clock was wrong").value, live_token(&sandbox));
}

#[test]
fn an_impossible_generation_starts_again_at_one() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    for generation in [u64::MAX, u64::MAX - 1, u64::MAX / 2 + 1] {
        store.auth(&sandbox).token().expect("a token");
        rewrite(&store, |record| record["generation"] = generation.into());
        let auth = store.auth(&sandbox);
        assert_eq!(auth.token().expect("a login").value, live_token(&sandbox));
        assert_eq!(auth.login().expect("another").value, live_token(&sandbox));
        rewrite(&store, |record| assert_eq!(record["generation"], 2));
        assert_eq!(store.auth(&sandbox).token().expect("shared").value, live_token(&sandbox));
    }
}

#[test]
#[ignore = "run by a_relative_directory_is_where_it_was_set"]
fn other_that_goes_elsewhere() {
    let folder = std::env::var("TEST_STORE").expect("set by the parent").replace("file:", "");
    let options = subprocess::options();
    std::env::set_current_dir(&folder).expect("entered");
    options.token_store("file:relative").expect("accepted");
    std::env::set_current_dir("/").expect("entered");
    say(&told(options.demo().token()));
}

#[test]
fn a_relative_directory_is_where_it_was_set() {
    let (sandbox, store) = (sandbox(), StoreDirectory::new());
    let folder = store.parent().to_str().expect("UTF-8");
    let mut other = Subprocess::start(test_name!(other_that_goes_elsewhere), &sandbox, &format!("file:{folder}"));
    assert_eq!(other.said(), live_token(&sandbox));
    assert_eq!(mode(&store.parent().join("relative")), 0o700);
}

#[test]
fn two_accounts_share_a_directory_and_no_token() {
    let sandbox = Sandbox::builder().account("second@example.com", "p").start().expect("a sandbox");
    let store = StoreDirectory::new();
    let options: Options = store.options(&sandbox);
    let second = || options.auth("second@example.com", "p").expect("a handle").token().expect("a token").value;
    let first = || options.demo().token().expect("a token").value;
    let tokens = (first(), second());
    assert_ne!(tokens.0, tokens.1);
    assert_eq!((first(), second()), tokens, "each from its file");
    assert_eq!(sandbox.counters().tokens_issued, 2);
    assert_eq!(store.files().len(), 4);
}
