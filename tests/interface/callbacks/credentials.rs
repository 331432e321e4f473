//! A password that is asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use personr::ffi::*;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::client::{Auth, Failure, Options, call};

use super::application::{Application, Kind};
use super::{eventually, sandbox};

fn asking(sandbox: &Sandbox) -> (Arc<Application>, Options, Auth) {
    let application = Application::new(&Arc::default());
    let options = Options::of(sandbox);
    application.tells_passwords(&options);
    let auth = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    (application, options, auth)
}

fn set(application: &Application, password: impl Into<Vec<u8>>) {
    *application.password.lock().expect("no panic") = password.into();
}

#[test]
fn the_password_is_asked_for_before_each_login_and_only_then() {
    let sandbox = sandbox();
    let (application, options, auth) = asking(&sandbox);
    assert_eq!(application.count(Kind::Ask), 0);
    for _ in 0..10 {
        auth.token().expect("a token");
        auth.authorization().expect("a token");
    }
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests), (1, 1));
    auth.login().expect("a token");
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests), (2, 2));
    assert_eq!(application.seen.lock().expect("no panic")[0], format!("ask {DEFAULT_EMAIL} 1025"));
    let other = options.auth(DEFAULT_EMAIL, "not used").expect("a handle");
    assert!(other.token().is_ok(), "the token of the same account, which needs no password");
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests), (2, 2));
}

#[test]
fn a_callback_that_fails_is_asked_again_by_the_next_call() {
    let sandbox = sandbox();
    let (application, _, auth) = asking(&sandbox);
    for code in [0, 2, -1, i32::MIN] {
        application.returns(Kind::Ask, code);
        let failure = auth.token().expect_err("no password");
        assert_eq!(failure.kind(), (PERSONR_CREDENTIALS, "credentials-callback"));
        assert!(failure.message.contains(&code.to_string()), "{failure:?}");
        assert_eq!(auth.login().expect_err("no password").status, PERSONR_CREDENTIALS);
    }
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests, auth.state()), (8, 0, PERSONR_STATE_EMPTY));
    application.works(Kind::Ask);
    assert!(auth.token().is_ok());
}

/// Twenty calls at once, of which the first one is in its callback until all have called.
fn twenty_at_once(application: &Application, kind: Kind, auth: &Auth) -> Vec<Result<(), Failure>> {
    let calling = Arc::new(AtomicUsize::new(0));
    let inside = Arc::clone(&calling);
    application.does(kind, move || {
        eventually(|| inside.load(Ordering::Relaxed) == 20);
        // From the count to the call there is no event, only an instruction or two.
        thread::sleep(Duration::from_millis(200));
    });
    application.returns_after(0, kind, 7);
    thread::scope(|scope| {
        let call = || {
            calling.fetch_add(1, Ordering::Relaxed);
            auth.token().map(drop)
        };
        let calls: Vec<_> = (0..20).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().expect("no panic")).collect()
    })
}

#[test]
fn those_who_wait_learn_why_a_callback_failed() {
    let sandbox = sandbox();
    let (application, options, auth) = asking(&sandbox);
    let results = twenty_at_once(&application, Kind::Ask, &auth);
    assert!(results.iter().all(|it| it.as_ref().is_err_and(|it| it.status == PERSONR_CREDENTIALS)), "{results:?}");
    assert!(application.count(Kind::Ask) <= 2, "asked {} times", application.count(Kind::Ask));

    application.works(Kind::Ask);
    application.keeps_records(&options);
    let auth = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    let results = twenty_at_once(&application, Kind::Lock, &auth);
    assert!(results.iter().all(|it| it.as_ref().is_err_and(|it| it.status == PERSONR_STORE)), "{results:?}");
    assert!(application.count(Kind::Lock) <= 2, "locked {} times", application.count(Kind::Lock));
    application.works(Kind::Lock);
    assert!(auth.token().is_ok());
}

#[test]
fn what_cannot_be_a_password_is_not_sent() {
    let sandbox = sandbox();
    let (application, _, auth) = asking(&sandbox);
    for (password, problem) in [
        (&b""[..], "it is empty"),
        (&[b'p'; 1025], "it does not end with a NUL"),
        (b"a\xff", "it is not UTF-8"),
        (b"a\nb", "it contains a control character"),
    ] {
        set(&application, password);
        let failure = auth.token().expect_err("refused");
        assert_eq!(failure.kind(), (PERSONR_CREDENTIALS, "password"));
        assert!(failure.message.contains(problem), "{failure:?}");
    }
    assert_eq!(sandbox.counters().requests, 0);
    let longest = "p".repeat(1024);
    set(&application, &*longest);
    sandbox.set_account(DEFAULT_EMAIL, &longest);
    assert!(auth.token().is_ok(), "the longest one");
}

#[test]
fn a_refused_password_is_not_asked_for_again_at_once() {
    let sandbox = sandbox();
    let (application, options, auth) = asking(&sandbox);
    set(&application, "wrong");
    for _ in 0..100 {
        assert_eq!(auth.token().expect_err("refused").status, PERSONR_INVALID_CREDENTIALS);
    }
    // The store is looked at once a second, and even that does not ask.
    thread::sleep(Duration::from_millis(1100));
    assert_eq!(auth.token().expect_err("refused").status, PERSONR_INVALID_CREDENTIALS);
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests), (1, 1));
    assert_eq!(auth.state(), PERSONR_STATE_REFUSED);

    // Another handle does not know what its application says: it asks, and does not send the same again.
    let other = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    assert_eq!(other.token().expect_err("refused").status, PERSONR_INVALID_CREDENTIALS);
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests), (2, 1));
    set(&application, DEFAULT_PASSWORD);
    let third = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    assert!(third.token().is_ok(), "another password is sent at once");
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests), (3, 2));
}

#[test]
fn an_explicit_login_asks_and_sends_also_after_a_refusal() {
    let sandbox = sandbox();
    let (application, _, auth) = asking(&sandbox);
    set(&application, "wrong");
    for _ in 0..2 {
        assert_eq!(auth.login().expect_err("refused").status, PERSONR_INVALID_CREDENTIALS);
    }
    set(&application, DEFAULT_PASSWORD);
    assert!(auth.login().is_ok() && auth.token().is_ok());
    assert_eq!((application.count(Kind::Ask), sandbox.counters().requests), (3, 3));
}

#[test]
fn a_renewal_that_gets_no_password_fails_no_call() {
    let sandbox = sandbox();
    sandbox.set_lifetime(4.0);
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    options.renew_before_s(i64::MAX);
    application.tells_passwords(&options);
    let auth = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    let token = auth.authorization().expect("a token");
    application.returns(Kind::Ask, 7);
    while auth.state() == PERSONR_STATE_GOOD {
        thread::sleep(Duration::from_millis(20));
    }
    for _ in 0..100 {
        assert_eq!(auth.authorization().as_ref(), Ok(&token));
    }
    assert_eq!(
        (application.count(Kind::Ask), sandbox.counters().requests),
        (2, 1),
        "asked once for the renewal, then a pause"
    );
}

#[test]
fn without_a_callback_there_must_be_a_password() {
    let sandbox = sandbox();
    let (application, options, auth) = asking(&sandbox);
    drop(auth);
    call(|error| unsafe {
        personr_options_set_credentials_callback(options.0, None, std::ptr::null_mut(), None, error)
    })
    .expect("none again");
    assert_eq!(application.count(Kind::Free), 1);
    let failure = options.auth_without_password(DEFAULT_EMAIL).expect_err("no password");
    assert_eq!((failure.kind(), &*failure.message), ((PERSONR_INVALID_ARGUMENT, "argument"), "password: it is NULL"));
    assert!(options.demo().token().is_ok());
}
