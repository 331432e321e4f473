//! A store that the application keeps.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::client::{Auth, Options};

use super::application::{Application, Backend, Kind};
use super::{PATIENCE, eventually, sandbox};

/// A handle of an application of its own.
fn process(sandbox: &Sandbox, backend: &Arc<Backend>) -> (Arc<Application>, Auth) {
    let application = Application::new(backend);
    let options = Options::of(sandbox);
    options.timeout_ms(5_000);
    application.keeps_records(&options);
    application.takes_the_log(&options, PERSONR_LOG_DEBUG);
    (application, options.demo())
}

fn alone() -> (Sandbox, Arc<Backend>, Arc<Application>, Auth) {
    let (sandbox, backend) = (sandbox(), Arc::default());
    let (application, auth) = process(&sandbox, &backend);
    (sandbox, backend, application, auth)
}

#[track_caller]
fn assert_store_callback_fails(auth: &Auth) {
    let failure = auth.token().expect_err("no token");
    assert_eq!(failure.kind(), (PERSONR_STORE, "store-callback"), "{failure:?}");
}

#[test]
fn processes_share_a_record() {
    let (sandbox, backend, application, one) = alone();
    let (other_application, two) = process(&sandbox, &backend);
    let token = one.token().expect("a token").value;
    assert_eq!(two.token().expect("the same").value, token);
    assert_eq!(sandbox.counters().requests, 1);
    assert_eq!(
        (application.event_names(), other_application.event_names()),
        (vec!["login".to_owned()], vec!["adopted".to_owned()])
    );
    assert_eq!(other_application.count(Kind::Lock), 0, "a token that is there needs no lock");

    sandbox.revoke_all();
    one.reject(&token);
    let second = one.token().expect("a newer one").value;
    two.reject(&token);
    assert_eq!(two.token().expect("the newer one").value, second);
    assert_eq!(sandbox.counters().requests, 2);
    assert!(!backend.is_locked());
}

#[test]
fn a_burst_over_processes_and_threads_is_one_login() {
    let (sandbox, backend) = (sandbox(), Arc::default());
    let processes: Vec<_> = (0..4).map(|_| process(&sandbox, &backend)).collect();
    thread::scope(|scope| {
        for (_, auth) in &processes {
            for _ in 0..8 {
                scope.spawn(|| auth.authorization().expect("a token"));
            }
        }
    });
    assert_eq!(sandbox.counters().requests, 1);
}

#[test]
fn who_waits_for_the_lock_finds_the_token() {
    let (sandbox, backend, _, one) = alone();
    let (application, two) = process(&sandbox, &backend);
    sandbox.order(Fault::new(Action::Hold));
    thread::scope(|scope| {
        let first = scope.spawn(|| one.token().expect("a token").value);
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        let second = scope.spawn(|| two.token().expect("a token").value);
        eventually(|| application.count(Kind::Lock) == 1);
        sandbox.release();
        assert_eq!(first.join().expect("no panic"), second.join().expect("no panic"));
    });
    assert_eq!(sandbox.counters().requests, 1);
}

#[test]
fn callbacks_are_given_what_the_header_says() {
    let (_sandbox, _, application, auth) = alone();
    auth.token().expect("a token");
    let seen = application.seen.lock().expect("no panic").clone();
    let words: Vec<Vec<&str>> = seen.iter().map(|line| line.split(' ').collect()).collect();
    let names: Vec<_> = words.iter().map(|words| words[0]).collect();
    assert_eq!(names, ["load", "lock", "load", "load", "save", "save", "unlock"]);
    let keys: BTreeSet<_> = words.iter().map(|words| words[1]).collect();
    assert!(keys.len() == 1 && keys.iter().all(|key| key.len() == 64 && key.bytes().all(|c| c.is_ascii_hexdigit())));
    let owners = owners(&application);
    assert_eq!(owners.len(), 1, "lock, save and unlock are one owner's");
    assert!(owners.iter().all(|owner| owner.len() == 32 && owner.bytes().all(|c| c.is_ascii_hexdigit())));
    assert_eq!(&words[0][2..], [PERSONR_RECORD_MAX.to_string(), "0".to_owned()]);
    assert!((1..=1000).contains(&words[1][3].parse::<u32>().expect("a number")));
    assert_eq!(words[1][4], "20000");
}

fn owners(application: &Application) -> BTreeSet<String> {
    let seen = application.seen.lock().expect("no panic");
    seen.iter()
        .filter(|line| !line.starts_with("load"))
        .map(|line| line.split(' ').collect::<Vec<_>>()[2].to_owned())
        .collect()
}

/// However often it asks for its lock. Another login is another owner.
#[test]
fn a_login_is_one_owner() {
    let (_sandbox, _, application, auth) = alone();
    application.returns(Kind::Lock, PERSONR_STORE_BUSY);
    let asked_for_the_third_time = Arc::clone(&application);
    application.does_after(2, Kind::Lock, move || asked_for_the_third_time.works(Kind::Lock));
    let token = auth.token().expect("a token").value;
    assert_eq!((application.count(Kind::Lock), owners(&application).len()), (4, 1));
    auth.reject(&token);
    auth.token().expect("another token");
    assert_eq!((application.count(Kind::Lock), owners(&application).len()), (5, 2));
}

/// 0 is what a callback returns that has thrown, in other languages.
#[test]
fn a_store_that_fails_before_the_login_stops_it() {
    for kind in [Kind::Load, Kind::Lock, Kind::Save] {
        for code in [0, 2, -2, i32::MIN, i32::MAX] {
            let (sandbox, backend, application, auth) = alone();
            application.returns(kind, code);
            assert_store_callback_fails(&auth);
            assert_store_callback_fails(&auth);
            assert_eq!(auth.login().expect_err("no login").status, PERSONR_STORE);
            assert_eq!((sandbox.counters().requests, backend.is_locked()), (0, false), "{kind:?}");
            assert_eq!(auth.state(), PERSONR_STATE_EMPTY);
            application.works(kind);
            assert!(auth.token().is_ok(), "and {kind:?} works again");
        }
    }
}

/// Under the lock too.
#[test]
fn a_load_that_fails_under_the_lock_gives_it_back() {
    for after in [1, 2] {
        let (sandbox, backend, application, auth) = alone();
        application.returns_after(after, Kind::Load, 7);
        assert_store_callback_fails(&auth);
        assert_eq!((sandbox.counters().requests, backend.is_locked()), (0, false));
    }
}

#[test]
fn a_save_that_fails_after_the_login_loses_no_token() {
    let (sandbox, backend, application, auth) = alone();
    application.returns_after(1, Kind::Save, 7);
    let token = auth.token().expect("a token").value;
    assert_eq!(auth.token().expect("the same").value, token);
    let event = application.event("save-failed");
    assert!(event.level == PERSONR_LOG_ERROR && event.text.contains("returned 7"), "{event:?}");
    assert_eq!((sandbox.counters().requests, backend.is_locked()), (1, false));
    assert_eq!(*backend.record.lock().expect("no panic"), b"{}");
}

#[test]
fn an_unlock_that_fails_fails_no_call() {
    let (sandbox, _, application, auth) = alone();
    application.returns(Kind::Unlock, 7);
    assert!(auth.token().is_ok());
    assert_eq!((sandbox.counters().requests, application.count(Kind::Unlock)), (1, 1));
}

#[test]
fn a_failing_store_fails_no_call_while_the_token_is_good() {
    let (sandbox, application) = (sandbox(), Application::new(&Arc::default()));
    sandbox.set_lifetime(4.0);
    let options = Options::of(&sandbox);
    options.renew_before_s(i64::MAX);
    application.keeps_records(&options);
    application.takes_the_log(&options, PERSONR_LOG_WARN);
    let auth = options.demo();
    let token = auth.authorization().expect("a token");
    for kind in [Kind::Load, Kind::Lock, Kind::Save] {
        application.returns(kind, 7);
    }
    while auth.state() == PERSONR_STATE_GOOD {
        thread::sleep(Duration::from_millis(20));
    }
    for _ in 0..100 {
        assert_eq!(auth.authorization().as_ref(), Ok(&token));
    }
    assert_eq!(application.event_names(), ["failed"], "but the log tells, once for the pause");
    assert!(application.event("failed").text.contains("load callback"));
    assert_eq!(sandbox.counters().requests, 1);
}

#[test]
fn a_lock_that_is_never_granted_is_a_timeout() {
    let (sandbox, _, application, _) = alone();
    let options = Options::of(&sandbox);
    options.timeout_ms(400);
    application.keeps_records(&options);
    let auth = options.demo();
    // This one does not wait, so it is the library that must not ask without a pause.
    application.returns(Kind::Lock, PERSONR_STORE_BUSY);
    let begun = Instant::now();
    assert_eq!(auth.token().expect_err("no lock").kind(), (PERSONR_TIMEOUT, "store-lock"));
    assert!(begun.elapsed() >= Duration::from_millis(400) && begun.elapsed() < PATIENCE / 2);
    assert!((2..=10).contains(&application.count(Kind::Lock)), "{}", application.count(Kind::Lock));
    assert_eq!(sandbox.counters().requests, 0);
    application.works(Kind::Lock);
    assert!(auth.token().is_ok());
}

#[test]
fn a_lock_that_was_lost_leaves_the_others_token() {
    let (sandbox, backend, application, auth) = alone();
    let elsewhere = Arc::default();
    let (_, other) = process(&sandbox, &elsewhere);
    let others = other.token().expect("a token").value;
    let (here, there) = (Arc::clone(&backend), elsewhere);
    application.does_after(1, Kind::Save, move || {
        *here.record.lock().expect("no panic") = there.record.lock().expect("no panic").clone();
    });
    application.returns_after(1, Kind::Save, PERSONR_STORE_BUSY);
    let kept = format!("{:?}", auth.token().expect("a token"));
    assert!(kept.contains(&others), "the store's token, and not the one of the login whose lock was lost");
    assert_eq!(application.event("save-failed").level, PERSONR_LOG_WARN);
    assert_eq!(sandbox.counters().requests, 2);
}

/// A callback that says so of each save must not lead from login to login.
#[test]
fn a_lock_that_is_always_lost_is_noticed_before_the_login() {
    let (sandbox, _, application, auth) = alone();
    application.returns(Kind::Save, PERSONR_STORE_BUSY);
    assert_store_callback_fails(&auth);
    assert_eq!(sandbox.counters().requests, 0);
}

#[test]
fn a_record_has_its_limit() {
    for length in [PERSONR_RECORD_MAX + 1, usize::MAX] {
        let (sandbox, _, application, auth) = alone();
        *application.length.lock().expect("no panic") = Some(length);
        assert_store_callback_fails(&auth);
        assert_eq!(sandbox.counters().requests, 0);
    }
    let (sandbox, backend, _, auth) = alone();
    // A day that has not come yet counts as today.
    let mut record = br#"{"version":1,"generation":1,"token":"kept","expires_at":99999999999,"obtained_at":1,"used_on":99999,"pad":""#.to_vec();
    record.resize(PERSONR_RECORD_MAX - 2, b'x');
    record.extend(br#""}"#);
    *backend.record.lock().expect("no panic") = record;
    assert_eq!(auth.token().expect("the one in the record").value, "kept");
    assert_eq!(sandbox.counters().requests, 0);
}

#[test]
fn a_record_that_cannot_be_read_is_replaced_and_a_later_one_is_not() {
    for garbage in [&b"\xff\x00garbage"[..], b"{", &[0; PERSONR_RECORD_MAX]] {
        let (sandbox, backend, _, auth) = alone();
        *backend.record.lock().expect("no panic") = garbage.to_vec();
        let token = auth.token().expect("a token").value;
        let record = String::from_utf8(backend.record.lock().expect("no panic").clone()).expect("JSON");
        assert!(record.contains(&token));
        assert_eq!(sandbox.counters().requests, 1);
    }
    let (sandbox, backend, _, auth) = alone();
    let later = br#"{"version":2,"form":"unknown"}"#;
    *backend.record.lock().expect("no panic") = later.to_vec();
    assert_eq!(auth.token().expect_err("left alone").kind(), (PERSONR_STORE, "store-version"));
    assert_eq!(*backend.record.lock().expect("no panic"), later);
    assert_eq!(sandbox.counters().requests, 0);
}
