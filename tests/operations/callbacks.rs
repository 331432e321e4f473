//! Callbacks that an operation needs: they are called on threads of the application alone, by a step, a wait, or a blocking
//! call, whoever comes first.

use std::collections::HashSet;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::thread;
use std::time::Duration;

use personr::ffi::*;
use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::application::{Application, Backend, Kind};
use personr_testkit::client::{Auth, Options};
use personr_testkit::run_alone;

use crate::caller::{CANCELLED, Operation, PATIENCE, wait_until, wait_until_no_thread_is_left};

/// A handle whose records an application keeps.
fn handle(sandbox: &Sandbox, backend: &Arc<Backend>) -> (Arc<Application>, Auth) {
    let application = Application::new(backend);
    let options = Options::of(sandbox);
    application.keeps_records(&options);
    (application, options.demo())
}

fn sandbox() -> Sandbox {
    Sandbox::builder().plain_http().start().expect("a sandbox")
}

fn holds(backend: &Backend, token: &str) -> bool {
    String::from_utf8_lossy(&backend.record.lock().expect("no panic")).contains(token)
}

/// Steps what is ready, as a loop does, until all are done.
fn run_all(operations: &[&Operation]) {
    let mut polled: Vec<_> = operations
        .iter()
        .map(|operation| libc::pollfd { fd: operation.descriptor(), events: libc::POLLIN, revents: 0 })
        .collect();
    let mut left = operations.len();
    while left > 0 {
        // SAFETY: entries of ours. A negative descriptor is left out.
        let ready =
            unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, PATIENCE.as_millis() as i32) };
        assert!(ready > 0, "none of them rings");
        for (polled, operation) in polled.iter_mut().zip(operations) {
            if polled.revents != 0 && operation.step() {
                polled.fd = -1;
                left -= 1;
            }
            polled.revents = 0;
        }
    }
}

#[test]
fn all_callbacks_run_on_the_thread_of_the_loop() {
    let sandbox = sandbox();
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    application.keeps_records(&options);
    application.tells_passwords(&options);
    application.takes_the_log(&options, PERSONR_LOG_DEBUG);
    let auth = options.auth_without_password(DEFAULT_EMAIL).expect("a handle");
    let operation = Operation::token(&auth, 0);
    operation.run();
    assert_eq!(operation.token_now().ok(), sandbox.live_token(DEFAULT_EMAIL));
    drop((operation, auth, options));
    for kind in [Kind::Load, Kind::Save, Kind::Lock, Kind::Unlock, Kind::Ask, Kind::Log] {
        assert!(application.count(kind) > 0, "{kind:?}");
    }
    assert_eq!(application.count(Kind::Free), 3);
    assert_eq!(*application.threads.lock().expect("no panic"), HashSet::from([thread::current().id()]));
    assert!(!application.backend.is_locked());
}

#[test]
fn a_wait_runs_them_too() {
    let sandbox = sandbox();
    let (application, auth) = handle(&sandbox, &Arc::default());
    let operation = Operation::token(&auth, 0);
    assert!(operation.wait(60_000));
    let token = operation.token_now().expect("a token");
    assert!(holds(&application.backend, &token));
    assert_eq!(*application.threads.lock().expect("no panic"), HashSet::from([thread::current().id()]));
}

/// Neither may wait for the other in a callback: the loop that would end that wait is the one that waits.
#[test]
fn two_handles_of_one_account_share_a_lock_on_one_loop() {
    let sandbox = sandbox();
    let backend = Arc::default();
    let (handles, applications): (Vec<_>, Vec<_>) =
        [handle(&sandbox, &backend), handle(&sandbox, &backend)].into_iter().map(|(one, other)| (other, one)).unzip();
    let locks = || applications.iter().map(|application| application.count(Kind::Lock)).sum::<usize>();
    sandbox.order(Fault::new(Action::Hold));
    let operations: Vec<_> = handles.iter().map(|auth| Operation::token(auth, 0)).collect();
    wait_until("one of them has the lock, and the other has found it taken twice", || {
        operations.iter().for_each(|operation| assert!(!operation.step()));
        locks() >= 3
    });
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    sandbox.release();
    run_all(&operations.iter().collect::<Vec<_>>());
    let live = sandbox.live_token(DEFAULT_EMAIL).expect("a token");
    assert!(operations.iter().all(|operation| operation.token_now() == Ok(live.clone())));
    // What is left to be called is called when they are freed.
    drop((operations, handles));
    assert_eq!(sandbox.counters().logins, 1);
    assert!(!backend.is_locked());
    assert!(locks() < 20, "{} tries of the lock: there is a pause between them", locks());
    for application in &applications {
        // "lock KEY OWNER WAIT LEASE"
        let seen = application.seen.lock().expect("no panic");
        let mut waits = seen.iter().filter(|it| it.starts_with("lock ")).filter_map(|it| it.split(' ').nth(3));
        assert!(waits.all(|wait| wait == "0"), "{seen:?}: a loop must not wait in a callback");
    }
}

/// A blocking call on the thread that would have stepped the operation.
#[test]
fn a_blocking_call_on_the_loops_own_thread_runs_them() {
    for login in [false, true] {
        let sandbox = sandbox();
        let (application, auth) = handle(&sandbox, &Arc::default());
        let operation = Operation::token(&auth, 0);
        if login {
            auth.login().expect("a token");
        } else {
            auth.token().expect("a token");
        }
        operation.run();
        assert!(operation.token_now().is_ok());
        assert_eq!(auth.token().expect("a token").value, sandbox.live_token(DEFAULT_EMAIL).expect("a token"));
        let issued = sandbox.counters().tokens_issued;
        assert!(issued == 1 || login && issued == 2, "{issued}");
        drop((operation, auth));
        assert!(!application.backend.is_locked());
    }
}

/// It leads the flight that all wait for, and nobody steps it.
#[test]
fn an_operation_that_is_never_stepped_holds_up_no_blocking_call() {
    run_alone!();
    let sandbox = sandbox();
    let (application, auth) = handle(&sandbox, &Arc::default());
    let operation = Operation::token(&auth, 60_000);
    wait_until("it rings for a callback", || operation.is_ready());
    thread::scope(|scope| {
        let callers: Vec<_> = (0..4).map(|_| scope.spawn(|| auth.token().expect("a token").value)).collect();
        let live: HashSet<_> = callers.into_iter().map(|caller| caller.join().expect("no panic")).collect();
        assert_eq!(live.into_iter().collect::<Vec<_>>(), [sandbox.live_token(DEFAULT_EMAIL).expect("a token")]);
    });
    // What is left of the flight (to save, to unlock) is done by who comes next, if nobody has stepped.
    wait_until("the lock is given back", || {
        auth.token().expect("a token");
        !application.backend.is_locked()
    });
    assert_eq!(sandbox.counters().logins, 1);
    drop(operation);
    wait_until_no_thread_is_left();
}

/// The operation that is rung for first is never stepped, and the next one is rung for.
#[test]
fn the_next_operation_is_rung_for_if_the_first_does_not_come() {
    let sandbox = sandbox();
    let (_, auth) = handle(&sandbox, &Arc::default());
    let (never_stepped, stepped) = (Operation::token(&auth, 60_000), Operation::token(&auth, 60_000));
    run_all(&[&stepped]);
    assert!(stepped.token_now().is_ok());
    assert!(never_stepped.step(), "one login has served both");
    assert_eq!(sandbox.counters().logins, 1);
}

/// Steps an operation until the service has the request of its login, and cancels it.
fn cancelled_while_its_login_is_out(sandbox: &Sandbox, auth: &Auth) -> Operation {
    sandbox.order(Fault::new(Action::Hold));
    let operation = Operation::token(auth, 0);
    while !sandbox.wait_until(Duration::from_millis(1), |counters| counters.held == 1) {
        assert!(!operation.step());
    }
    operation.is_cancelled_at_once();
    assert_eq!(operation.token_now().expect_err("cancelled").kind(), CANCELLED);
    operation
}

/// Nobody is there to run the callback that would save it.
#[test]
fn the_token_of_a_cancelled_login_stays_in_the_handle_and_the_next_call_saves_it() {
    run_alone!();
    let next_calls: [fn(&Auth) -> String; 3] = [
        |auth| Operation::token(auth, 0).runs_to_a_token().expect("a token"),
        |auth| auth.token().expect("a token").value,
        |auth| auth.authorization().expect("a token")["Bearer ".len()..].to_owned(),
    ];
    for next_call in next_calls {
        let sandbox = sandbox();
        let (application, auth) = handle(&sandbox, &Arc::default());
        let operation = cancelled_while_its_login_is_out(&sandbox, &auth);
        sandbox.release();
        wait_until_no_thread_is_left();
        let live = sandbox.live_token(DEFAULT_EMAIL).expect("a token");
        assert_eq!(auth.state(), PERSONR_STATE_GOOD, "it is in hand");
        assert!(!holds(&application.backend, &live), "and not saved");
        assert_eq!(next_call(&auth), live);
        assert!(holds(&application.backend, &live), "it is saved");
        drop(operation);
        auth.token().expect("a token");
        assert!(!application.backend.is_locked(), "the lock of the cancelled login was given back");
        assert_eq!(sandbox.counters().logins, 1);
        assert_eq!(*application.threads.lock().expect("no panic"), HashSet::from([thread::current().id()]));
    }
}

/// What the last of them to be freed calls is the end: the user data are gone then.
#[test]
fn the_last_handle_gives_the_lock_back_and_frees_the_user_data() {
    run_alone!();
    for frees_the_operation_first in [false, true] {
        let sandbox = sandbox();
        let backend = Arc::default();
        let (application, auth) = handle(&sandbox, &backend);
        let operation = cancelled_while_its_login_is_out(&sandbox, &auth);
        assert!(backend.is_locked());
        if frees_the_operation_first {
            drop(operation);
            assert!(backend.is_locked() && application.count(Kind::Free) == 0);
            drop(auth);
        } else {
            drop(auth);
            assert!(backend.is_locked() && application.count(Kind::Free) == 0);
            drop(operation);
        }
        assert!(!backend.is_locked(), "the callback for that was called");
        assert_eq!(application.count(Kind::Free), 1);
        let calls = application.seen.lock().expect("no panic").len();
        sandbox.release();
        wait_until_no_thread_is_left();
        assert_eq!(application.seen.lock().expect("no panic").len(), calls, "none is called afterwards");
        assert_eq!(*application.threads.lock().expect("no panic"), HashSet::from([thread::current().id()]));
        assert_eq!(Arc::strong_count(&application), 1);
        // What was issued then is lost, as the header says: another process logs in.
        let (_, next) = handle(&sandbox, &backend);
        next.token().expect("a token");
        assert_eq!(sandbox.counters().tokens_issued, 2);
    }
}

/// The operation that is being stepped, for a callback to cancel.
static STEPPED: AtomicPtr<personr_operation> = AtomicPtr::new(ptr::null_mut());

#[test]
fn an_operation_may_be_cancelled_in_each_of_its_callbacks() {
    run_alone!();
    for kind in [Kind::Load, Kind::Lock, Kind::Save, Kind::Unlock] {
        let sandbox = sandbox();
        let (application, auth) = handle(&sandbox, &Arc::default());
        let operation = Operation::token(&auth, 0);
        STEPPED.store(operation.0, Ordering::SeqCst);
        application.does(kind, || unsafe { personr_operation_cancel(STEPPED.load(Ordering::SeqCst)) });
        operation.run();
        let ended = operation.token_now();
        if kind == Kind::Unlock {
            assert!(ended.is_ok() || ended.is_err_and(|it| it.kind() == CANCELLED));
        } else {
            assert_eq!(ended.expect_err("cancelled").kind(), CANCELLED, "{kind:?}");
        }
        application.works(kind);
        wait_until_no_thread_is_left();
        if matches!(kind, Kind::Load | Kind::Lock) {
            assert_eq!(sandbox.counters().logins, 0, "{kind:?}: its request was not out");
        }
        let token = auth.token().expect("a token").value;
        drop((operation, auth));
        assert!(!application.backend.is_locked(), "{kind:?}");
        assert!(holds(&application.backend, &token), "{kind:?}");
        assert_eq!(sandbox.counters().logins, 1, "{kind:?}");
    }
}

/// A renewal, which a step has to run: then the operation is done when that has ended.
#[test]
fn a_renewal_with_callbacks_is_stepped() {
    let sandbox = sandbox();
    sandbox.set_lifetime(4.0);
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    application.keeps_records(&options);
    options.renew_before_s(3600);
    let auth = options.demo();
    let first = auth.token().expect("a token").value;
    wait_until("it is time to renew", || auth.state() == PERSONR_STATE_RENEWING);
    sandbox.set_lifetime(3600.0);
    let operation = Operation::token(&auth, 0);
    assert!(operation.descriptor() >= 3);
    let second = operation.runs_to_a_token().expect("a token");
    assert!(second != first && holds(&application.backend, &second));
}

/// Events are told by who comes next, in their order, and none is waited for.
#[test]
fn events_are_told_by_the_next_step() {
    let sandbox = sandbox();
    let application = Application::new(&Arc::default());
    let options = Options::of(&sandbox);
    application.takes_the_log(&options, PERSONR_LOG_INFO);
    let auth = options.demo();
    let operation = Operation::token(&auth, 0);
    wait_until("it is done", || auth.state() == PERSONR_STATE_GOOD);
    assert_eq!(application.event_names(), Vec::<String>::new(), "nobody has come");
    operation.run();
    assert!(operation.token_now().is_ok());
    drop((operation, auth));
    assert_eq!(application.event_names(), ["login"]);
}
