//! Whom the lock of a `file:` store keeps out beside other processes, and what cannot break it: a second copy of the
//! library in the process, an application that opens the lock file, children that are forked under the lock.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod second_copy;

use std::fs::File;
use std::process::Command;
use std::thread;
use std::time::Duration;

use personr::ffi::PERSONR_TIMEOUT;
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::forked;
use personr_testkit::store_directory::{StoreDirectory, live_token, told};
use personr_testkit::subprocess::{self, Subprocess, say};
use personr_testkit::{run_alone, test_name};
use second_copy::SecondCopy;

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
/// Time for a try or two, in milliseconds.
const HASTY: u32 = 200;

fn busy() -> String {
    format!("{PERSONR_TIMEOUT} store-lock")
}

/// A sandbox that holds the answer to the next login.
fn sandbox_that_holds() -> Sandbox {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.order(Fault::new(Action::Hold));
    sandbox
}

fn wait_until_held(sandbox: &Sandbox) {
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
}

#[test]
#[ignore = "run by other tests"]
fn other_hasty() {
    let options = subprocess::options();
    options.timeout_ms(HASTY);
    say(&told(options.demo().token()));
}

/// What another process gets that asks for a token now.
fn others_token(sandbox: &Sandbox, store: &StoreDirectory) -> String {
    Subprocess::start(test_name!(other_hasty), sandbox, &store.url()).said()
}

/// What this process gets from the library that the test is linked to: a token, or how it failed.
fn own_token(sandbox: &Sandbox, store: &StoreDirectory, timeout_ms: u32) -> String {
    let options = store.options(sandbox);
    options.timeout_ms(timeout_ms);
    told(options.demo().token())
}

/// `second` is kept out while `first` logs in, and then has its token. Both get a token in so many milliseconds.
fn log_in_once(
    first: impl Fn(&Sandbox, &StoreDirectory, u32) -> String + Sync,
    second: impl Fn(&Sandbox, &StoreDirectory, u32) -> String,
) {
    let (sandbox, store) = (sandbox_that_holds(), StoreDirectory::new());
    thread::scope(|scope| {
        let login = scope.spawn(|| first(&sandbox, &store, 30_000));
        wait_until_held(&sandbox);
        assert_eq!(second(&sandbox, &store, HASTY), busy(), "within the process");
        assert_eq!(others_token(&sandbox, &store), busy(), "among processes, after the other copy has tried");
        sandbox.release();
        assert_eq!(login.join().expect("no panic"), live_token(&sandbox));
    });
    assert_eq!(second(&sandbox, &store, 30_000), live_token(&sandbox));
    assert_eq!(sandbox.counters().logins, 1);
}

#[test]
fn two_copies_in_one_process_log_in_once() {
    let copy = SecondCopy::load();
    let copys_token =
        |sandbox: &Sandbox, store: &StoreDirectory, timeout_ms| copy.token(sandbox, &store.url(), timeout_ms);
    log_in_once(own_token, copys_token);
    log_in_once(copys_token, own_token);
}

/// To close any descriptor of a file ends the process's POSIX lock on it.
#[test]
fn an_application_that_opens_and_closes_the_lock_file_lets_nobody_in() {
    let (sandbox, store) = (sandbox_that_holds(), StoreDirectory::new());
    thread::scope(|scope| {
        let login = scope.spawn(|| own_token(&sandbox, &store, 30_000));
        wait_until_held(&sandbox);
        for _ in 0..2 {
            drop(File::open(store.file("lock")).expect("it opens"));
            assert_eq!(others_token(&sandbox, &store), busy());
        }
        sandbox.release();
        assert_eq!(login.join().expect("no panic"), live_token(&sandbox));
    });
    assert_eq!(others_token(&sandbox, &store), live_token(&sandbox), "it was saved");
    assert_eq!(sandbox.counters().logins, 1);
}

/// A child that does nothing, until it is ended.
struct Idle(libc::pid_t);

impl Idle {
    /// As an application forks.
    fn forked() -> Self {
        // SAFETY: the child only pauses.
        Self::or_pause(unsafe { libc::fork() })
    }

    /// Behind the back of `pthread_atfork`, as some runtimes do.
    fn cloned() -> Self {
        // SAFETY: without flags it is fork; the child only pauses.
        Self::or_pause(unsafe { libc::syscall(libc::SYS_clone, libc::SIGCHLD, 0, 0, 0, 0) } as libc::pid_t)
    }

    fn or_pause(child: libc::pid_t) -> Self {
        if child == 0 {
            loop {
                // SAFETY: waits for a signal.
                unsafe { libc::pause() };
            }
        }
        assert!(child > 0, "a child");
        Self(child)
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        // SAFETY: a child of ours that was not waited for.
        unsafe {
            libc::kill(self.0, libc::SIGKILL);
            libc::waitpid(self.0, std::ptr::null_mut(), 0);
        }
    }
}

#[test]
fn an_idle_child_keeps_no_lock_of_its_parent() {
    run_alone!();
    for child in [Idle::forked, Idle::cloned] {
        let (sandbox, store) = (sandbox_that_holds(), StoreDirectory::new());
        let auth = store.auth(&sandbox);
        thread::scope(|scope| {
            let login = scope.spawn(|| auth.token().expect("a token").value);
            wait_until_held(&sandbox);
            let _child = child();
            assert_eq!(others_token(&sandbox, &store), busy(), "the parent holds it");
            sandbox.release();
            let token = login.join().expect("no panic");
            auth.reject(&token);
            assert_eq!(own_token(&sandbox, &store, 5_000), token, "from the record");
            assert_ne!(auth.token().expect("the lock is free").value, token);
        });
        assert_eq!(sandbox.counters().logins, 2);
    }
}

/// An unlock in the child would free the lock that parent and child share. Other processes would not notice, since the
/// parent's own lock stays; a second copy in the parent does.
#[test]
fn a_child_that_ends_or_runs_another_program_frees_no_lock_of_its_parent() {
    run_alone!();
    let copy = SecondCopy::load();
    let (sandbox, store) = (sandbox_that_holds(), StoreDirectory::new());
    let nobody_gets_in = |after: &str| {
        assert_eq!(copy.token(&sandbox, &store.url(), HASTY), busy(), "in the process, after {after}");
        assert_eq!(others_token(&sandbox, &store), busy(), "in another one, after {after}");
    };
    thread::scope(|scope| {
        let login = scope.spawn(|| own_token(&sandbox, &store, 30_000));
        wait_until_held(&sandbox);
        assert!(forked::in_child(|| true));
        nobody_gets_in("a child's end");
        assert!(forked::in_child(|| {
            // SAFETY: the arguments end with NULL.
            unsafe { libc::execlp(c"true".as_ptr(), c"true".as_ptr(), std::ptr::null::<i8>()) };
            false
        }));
        assert!(Command::new("true").status().expect("run").success());
        nobody_gets_in("another program");
        sandbox.release();
        assert_eq!(login.join().expect("no panic"), live_token(&sandbox));
    });
    assert_eq!(sandbox.counters().logins, 1);
}
