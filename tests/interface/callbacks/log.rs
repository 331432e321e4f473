//! What is told to the application's log, and what never is.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use personr::ffi::*;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Fault, Sandbox};
use personr_testkit::client::{Auth, Options};
use personr_testkit::forked::in_child;
use personr_testkit::run_alone;

use super::application::{Application, Kind};
use super::{answer, sandbox};

fn logged(sandbox: &Sandbox, level: i32, password: &str) -> (Arc<Application>, Auth) {
    let application = Application::new(&Arc::default());
    let options = Options::of(sandbox);
    application.takes_the_log(&options, level);
    (application, options.auth(DEFAULT_EMAIL, password).expect("a handle"))
}

#[test]
fn a_login_is_told_with_its_host_status_duration_and_attempts() {
    let sandbox = sandbox();
    let (application, auth) = logged(&sandbox, PERSONR_LOG_DEBUG, DEFAULT_PASSWORD);
    auth.token().expect("a token");
    auth.token().expect("the same");
    assert_eq!(application.event_names(), ["login"]);
    let event = application.event("login");
    assert_eq!(event.level, PERSONR_LOG_INFO);
    for part in ["host 127.0.0.1", "attempts 1", " ms", "status 200"] {
        assert!(event.text.contains(part), "{event:?}");
    }
}

/// A `memory:` store ends with the last handle of its account, so a program that makes a handle for each request logs in
/// each time.
#[test]
fn a_good_token_that_went_with_its_last_handle_is_logged_at_the_next_login() {
    let sandbox = sandbox();
    let levels: Vec<_> = (0..5)
        .map(|_| {
            let (application, auth) = logged(&sandbox, PERSONR_LOG_DEBUG, DEFAULT_PASSWORD);
            auth.token().expect("a token");
            assert_eq!(application.event_names(), ["login"]);
            application.event("login")
        })
        .map(|event| (event.level, event.text.contains("lost when the last handle of the account was freed")))
        .collect();
    let (once, again) = ((PERSONR_LOG_INFO, false), (PERSONR_LOG_WARN, true));
    assert_eq!(levels, [once, again, again, again, again]);
    assert_eq!(sandbox.counters().tokens_issued, 5);

    // Nothing was lost by these: the login was asked for; the token was refused; another handle is there; it is kept.
    let (asked, auth) = logged(&sandbox, PERSONR_LOG_WARN, DEFAULT_PASSWORD);
    let token = auth.login().expect("a token").value;
    auth.reject(&token);
    drop(auth);
    assert_eq!(asked.event_names(), ["rejected"]);
    let (rejected, auth) = logged(&sandbox, PERSONR_LOG_WARN, DEFAULT_PASSWORD);
    auth.token().expect("a token");
    let (kept, other) = logged(&sandbox, PERSONR_LOG_WARN, DEFAULT_PASSWORD);
    drop(auth);
    other.token().expect("the same token");
    other.login().expect("a token");
    assert!(rejected.event_names().is_empty() && kept.event_names().is_empty());
}

/// By a `memory:` store, which it does not share with its parent.
#[test]
fn a_forked_child_tells_once_that_it_ends_its_parents_token() {
    run_alone!();
    let sandbox = sandbox();
    let (application, auth) = logged(&sandbox, PERSONR_LOG_WARN, DEFAULT_PASSWORD);
    auth.login().expect("a token");
    let told_once = || application.event_names() == ["forked"] && application.event("forked").level == PERSONR_LOG_WARN;
    assert!(in_child(|| auth.login().is_ok() && auth.login().is_ok() && told_once()));
    auth.login().expect("a token");
    assert!(application.event_names().is_empty(), "the parent has nothing to tell");

    let folder = tempfile::tempdir().expect("a folder");
    let options = Options::of(&sandbox);
    options.token_store(&format!("file:{}", folder.path().join("tokens").display())).expect("accepted");
    let shared = Application::new(&Arc::default());
    shared.takes_the_log(&options, PERSONR_LOG_WARN);
    let auth = options.demo();
    auth.login().expect("a token");
    assert!(in_child(|| auth.login().is_ok() && shared.event_names().is_empty()), "a file: store is shared");
}

#[test]
fn each_event_has_its_level() {
    let sandbox = sandbox();
    let (application, auth) = logged(&sandbox, PERSONR_LOG_DEBUG, DEFAULT_PASSWORD);
    sandbox.order(Fault::new(answer(503, "{}")));
    assert!(auth.login().is_err());
    let token = auth.login().expect("a token").value;
    auth.reject(&token);
    auth.reject(&token);
    auth.reject("another-one");
    let (other, two) = logged(&sandbox, PERSONR_LOG_DEBUG, DEFAULT_PASSWORD);
    two.login().expect("a newer one");
    auth.token().expect("the newer one");
    assert_eq!(application.event_names(), ["failed", "login", "rejected", "adopted"]);
    assert_eq!(other.event_names(), ["login"]);
    let (refused, wrong) = logged(&sandbox, PERSONR_LOG_DEBUG, "wrong");
    assert!(wrong.token().is_err() && wrong.token().is_err());
    assert_eq!(refused.event_names(), ["refused"]);
    for (name, level) in [
        ("failed", PERSONR_LOG_WARN),
        ("login", PERSONR_LOG_INFO),
        ("rejected", PERSONR_LOG_WARN),
        ("adopted", PERSONR_LOG_INFO),
    ] {
        assert_eq!(application.event(name).level, level, "{name}");
    }
    assert_eq!(refused.event("refused").level, PERSONR_LOG_ERROR);
    assert!(application.event("failed").text.contains("status 503"));
    assert!(refused.event("refused").text.contains("INVALID_LOGIN_CREDENTIALS"));
}

#[test]
fn a_renewal_is_told_as_one() {
    let sandbox = sandbox();
    sandbox.set_lifetime(4.0);
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    options.renew_before_s(i64::MAX);
    application.takes_the_log(&options, PERSONR_LOG_INFO);
    let auth = options.demo();
    auth.token().expect("a token");
    while auth.state() == PERSONR_STATE_GOOD {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    auth.token().expect("a token");
    assert_eq!(application.event_names(), ["login", "renewed"]);
}

#[test]
fn who_waits_for_the_lock_is_told_once() {
    let sandbox = sandbox();
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    options.timeout_ms(300);
    application.keeps_records(&options);
    application.takes_the_log(&options, PERSONR_LOG_DEBUG);
    application.returns(Kind::Lock, PERSONR_STORE_BUSY);
    assert!(options.demo().token().is_err());
    assert_eq!(application.event_names(), ["lock-wait", "failed"]);
    assert_eq!(application.event("lock-wait").level, PERSONR_LOG_DEBUG);
}

#[test]
fn a_level_leaves_out_the_more_detailed_ones() {
    for (level, told) in [
        (PERSONR_LOG_ERROR, &["refused"][..]),
        (PERSONR_LOG_WARN, &["failed", "refused"]),
        (PERSONR_LOG_INFO, &["failed", "login", "refused"]),
        (PERSONR_LOG_DEBUG, &["failed", "login", "refused"]),
    ] {
        let sandbox = sandbox();
        let (application, auth) = logged(&sandbox, level, DEFAULT_PASSWORD);
        sandbox.order(Fault::new(answer(503, "{}")));
        assert!(auth.login().is_err() && auth.login().is_ok());
        sandbox.set_account(DEFAULT_EMAIL, "another");
        assert!(auth.login().is_err());
        assert_eq!(application.event_names(), told, "level {level}");
    }
    let (application, options) = (Application::new(&Arc::default()), Options::new());
    for level in [i32::MIN, -1, 0, 5, i32::MAX] {
        let failure = application.tries_to_take_the_log(&options, level).expect_err("no such level");
        assert_eq!((failure.status, &*failure.message), (PERSONR_INVALID_ARGUMENT, "level: there is no such level"));
    }
}

/// The service may say anything, our own secrets too.
#[test]
fn no_text_holds_a_secret() {
    let sandbox = sandbox();
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    application.takes_the_log(&options, PERSONR_LOG_DEBUG);
    application.keeps_records(&options);
    application.tells_passwords(&options);
    let auth = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    let token = auth.token().expect("a token").value;
    let basic = BASE64_STANDARD.encode(format!("{DEFAULT_EMAIL}:{DEFAULT_PASSWORD}"));
    for secret in [DEFAULT_PASSWORD, &*basic, &*token] {
        for status in [400, 401, 500] {
            let body =
                format!(r#"{{"statusCode":{status},"reason":"{secret}","message":"{secret}, Bearer {secret}"}}"#);
            sandbox.order(Fault::new(answer(status, &body)));
            assert!(auth.login().is_err());
        }
    }
    auth.reject(&token);
    for kind in [Kind::Load, Kind::Save, Kind::Lock, Kind::Ask] {
        application.returns(kind, 7);
        assert!(auth.login().is_err());
        application.works(kind);
    }
    let second = auth.login().expect("a token").value;
    let events = format!("{:?}", application.events.lock().expect("no panic"));
    for secret in [DEFAULT_PASSWORD, &*basic, &*BASE64_STANDARD.encode(DEFAULT_PASSWORD), &*token, &*second] {
        assert!(!events.contains(secret), "{secret} in {events}");
    }
    assert!(application.count(Kind::Log) >= 15, "{events}");
}
