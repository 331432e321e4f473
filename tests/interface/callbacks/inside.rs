//! Callbacks that call the library, and callbacks that do not come back in time.

use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use personr_testkit::client::{Auth, Failure, Options, c, call};

use super::application::{Application, Gate, Kind};
use super::{PATIENCE, sandbox};

const ALL: [Kind; 6] = [Kind::Load, Kind::Save, Kind::Lock, Kind::Unlock, Kind::Ask, Kind::Log];

/// An application that does all three.
fn with_all(sandbox: &Sandbox, timeout_ms: u32) -> (Arc<Application>, Options, Auth) {
    let application = Application::new(&Arc::default());
    let options = Options::of(sandbox);
    options.timeout_ms(timeout_ms);
    application.keeps_records(&options);
    application.tells_passwords(&options);
    application.takes_the_log(&options, PERSONR_LOG_DEBUG);
    let auth = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    (application, options, auth)
}

/// Each function that returns a status, on live handles, so that it would do its work.
fn calls(auth: *mut personr_auth, options: *mut personr_options) -> Vec<Result<(), Failure>> {
    let (mut token, mut made) = (null_mut(), null_mut());
    let (mut buffer, mut length) = ([1; PERSONR_AUTHORIZATION_MAX], 9);
    let text = c("x");
    let results = vec![
        call(|error| unsafe { personr_auth_token(auth, &mut token, error) }),
        call(|error| unsafe { personr_auth_login(auth, &mut token, error) }),
        call(|error| unsafe {
            personr_auth_authorization(auth, buffer.as_mut_ptr(), buffer.len(), &mut length, error)
        }),
        call(|error| unsafe { personr_auth_reject(auth, text.as_ptr(), error) }),
        call(|error| unsafe { personr_auth_new(text.as_ptr(), text.as_ptr(), options, &mut made, error) }),
        call(|error| unsafe { personr_options_set_max_retries(options, 1, error) }),
        call(|error| unsafe { personr_options_set_log_callback(options, None, 1, null_mut(), None, error) }),
    ];
    assert!(token.is_null() && made.is_null() && (length, buffer[0]) == (0, 0), "outputs are cleared");
    assert_eq!(unsafe { personr_auth_token(auth, null_mut(), null_mut()) }, PERSONR_INVALID_ARGUMENT);
    results
}

/// What works inside a callback: nothing of it may wait for the call around it.
fn what_works(auth: *mut personr_auth) {
    unsafe {
        assert!((PERSONR_STATE_EMPTY..=PERSONR_STATE_REFUSED).contains(&personr_auth_state(auth)));
        assert!(personr_auth_renews_at(auth) >= 0);
        assert!(personr_error_status(null()) == PERSONR_OK && personr_token_lifetime(null()) == 0);
        personr_options_free(personr_options_new());
    }
}

#[test]
fn a_call_from_inside_a_callback_is_refused() {
    for kind in ALL {
        let sandbox = sandbox();
        let (application, options, auth) = with_all(&sandbox, 30_000);
        let spare = Mutex::new(Some(options.auth_without_password(DEFAULT_EMAIL).expect("a handle")));
        let found = Arc::new(Mutex::new(Vec::new()));
        let (handle, settings) = (AtomicPtr::new(auth.0), AtomicPtr::new(Options::new().0));
        let into = Arc::clone(&found);
        application.does(kind, move || {
            let auth = handle.load(Ordering::Relaxed);
            into.lock().expect("no panic").extend(calls(auth, settings.load(Ordering::Relaxed)));
            what_works(auth);
            drop(spare.lock().expect("no panic").take());
        });
        auth.token().expect("the call around it goes on");
        if kind == Kind::Log {
            auth.reject(&auth.token().expect("a token").value);
        }
        let found = found.lock().expect("no panic").clone();
        assert!(found.len() >= 7, "{kind:?}");
        for result in found.iter() {
            let failure = result.as_ref().expect_err("refused");
            assert_eq!(failure.kind(), (PERSONR_INVALID_ARGUMENT, "reentrant"), "{kind:?}");
        }
        assert!(auth.token().is_ok(), "and outside it works again");
        assert!(sandbox.counters().requests <= 2);
    }
}

#[test]
fn user_data_are_freed_as_in_a_callback() {
    let sandbox = sandbox();
    let application = Application::new(&Arc::default());
    let (options, other) = (Options::new(), Options::of(&sandbox).demo());
    application.takes_the_log(&options, PERSONR_LOG_INFO);
    let found = Arc::new(Mutex::new(Vec::new()));
    let (handle, settings, into) = (AtomicPtr::new(other.0), AtomicPtr::new(Options::new().0), Arc::clone(&found));
    application.does(Kind::Free, move || {
        let results = calls(handle.load(Ordering::Relaxed), settings.load(Ordering::Relaxed));
        into.lock().expect("no panic").extend(results);
        what_works(handle.load(Ordering::Relaxed));
    });
    drop(options);
    let found = found.lock().expect("no panic");
    assert_eq!(found.len(), 7);
    assert!(found.iter().all(|it| it.as_ref().expect_err("refused").reason == "reentrant"));
    assert!(other.token().is_ok());
}

/// The log is told when nothing is held: another thread finds the store's lock free and the session too.
#[test]
fn the_log_is_told_after_every_lock_was_given_back() {
    let sandbox = sandbox();
    let (application, _, auth) = with_all(&sandbox, 30_000);
    let (backend, handle) = (Arc::clone(&application.backend), AtomicPtr::new(auth.0));
    application.does(Kind::Log, move || {
        assert!(!backend.is_locked());
        let auth = AtomicPtr::new(handle.load(Ordering::Relaxed));
        let elsewhere = thread::spawn(move || unsafe { personr_auth_state(auth.load(Ordering::Relaxed)) });
        let begun = Instant::now();
        while !elsewhere.is_finished() {
            assert!(begun.elapsed() < PATIENCE, "the session is locked");
            thread::sleep(Duration::from_millis(1));
        }
    });
    let token = auth.token().expect("a token").value;
    auth.reject(&token);
    application.returns(Kind::Load, 7);
    assert!(auth.token().is_err());
    assert_eq!(application.event_names(), ["login", "rejected", "failed"]);
}

/// Blocks the callback in one call, and looks how another call on the same handle does meanwhile.
fn beside_a_blocked(kind: Kind, after: usize) -> Result<(), Failure> {
    let sandbox = sandbox();
    let (application, _, auth) = with_all(&sandbox, 700);
    let gate = Arc::new(Gate::default());
    let inside = Arc::clone(&gate);
    application.does_after(after, kind, move || inside.stay());
    let (other, took) = thread::scope(|scope| {
        let blocked = scope.spawn(|| auth.token());
        gate.wait_for_one();
        let begun = Instant::now();
        let other = auth.token().map(|_| ());
        let took = begun.elapsed();
        // The blocked one comes back late, and with an answer.
        gate.open();
        let _ = blocked.join().expect("no panic");
        (other, took)
    });
    assert!(took < PATIENCE / 2, "{kind:?}: it waited for the callback");
    assert!(other.is_ok() || took >= Duration::from_millis(700), "{kind:?}: {other:?} after {took:?}");
    assert!(auth.token().is_ok(), "{kind:?}: and then all is well");
    other
}

#[test]
fn beside_a_callback_that_blocks_before_the_login_others_end_at_their_deadline() {
    for (kind, after) in [(Kind::Load, 0), (Kind::Load, 1), (Kind::Lock, 0), (Kind::Save, 0), (Kind::Ask, 0)] {
        let failure = beside_a_blocked(kind, after).expect_err("no token yet");
        assert_eq!(failure.kind(), (PERSONR_TIMEOUT, "login"), "{kind:?}");
    }
}

#[test]
fn beside_a_callback_that_blocks_after_the_login_others_have_the_token() {
    for (kind, after) in [(Kind::Save, 1), (Kind::Unlock, 0), (Kind::Log, 0)] {
        assert_eq!(beside_a_blocked(kind, after), Ok(()), "{kind:?}");
    }
}

#[test]
fn another_process_ends_at_its_own_deadline_too() {
    let sandbox = sandbox();
    let (application, _, auth) = with_all(&sandbox, 30_000);
    let other = Application::new(&application.backend);
    let options = Options::of(&sandbox);
    options.timeout_ms(300);
    other.keeps_records(&options);
    let short = options.demo();
    let gate = Arc::new(Gate::default());
    let inside = Arc::clone(&gate);
    application.does(Kind::Save, move || inside.stay());
    thread::scope(|scope| {
        let blocked = scope.spawn(|| auth.token());
        gate.wait_for_one();
        assert_eq!(short.token().expect_err("no lock").kind(), (PERSONR_TIMEOUT, "store-lock"));
        gate.open();
        assert!(blocked.join().expect("no panic").is_ok());
    });
    assert!(short.token().is_ok());
    assert_eq!(sandbox.counters().requests, 1);
}

#[test]
fn a_password_that_comes_too_late_is_not_sent() {
    let sandbox = sandbox();
    let (application, _, auth) = with_all(&sandbox, 200);
    application.does(Kind::Ask, || thread::sleep(Duration::from_millis(250)));
    assert_eq!(auth.token().expect_err("too late").kind(), (PERSONR_TIMEOUT, "credentials-callback"));
    assert_eq!((application.count(Kind::Lock), sandbox.counters().requests), (0, 0));
}
