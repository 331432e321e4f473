//! A panic inside the library is PERSONR_INTERNAL, and nothing is printed. Needs the feature `test-panic`, by which a
//! certain email makes `personr_auth_new` panic.

#![cfg(feature = "test-panic")]

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Command, ExitStatus, Stdio};

use personr::ffi::*;
use personr_testkit::client::Options;
use personr_testkit::{subprocess, test_name};

const PASSWORD: &str = "a-password-that-a-panic-message-holds";

fn panics_inside() {
    let failure = Options::new().auth("panic@personr.test", PASSWORD).expect_err("a panic");
    assert_eq!(failure.kind(), (PERSONR_INTERNAL, "panic"));
    assert!(!failure.message.contains(PASSWORD));
}

#[test]
fn a_panic_is_an_error_and_the_library_goes_on() {
    for _ in 0..3 {
        panics_inside();
        assert!(Options::new().auth("a@example.com", PASSWORD).is_ok());
    }
}

/// What the other tests run in a process of its own: exits with 42 if all went well.
#[test]
#[ignore = "run by the tests of what is printed"]
fn child() {
    panics_inside();
    std::process::exit(42);
}

fn child_process() -> Command {
    let mut command = subprocess::command(test_name!(child));
    command.env("RUST_BACKTRACE", "1");
    command
}

fn assert_went_well(status: ExitStatus) {
    assert_eq!((status.code(), status.signal()), (Some(42), None));
}

#[test]
fn nothing_is_printed() {
    let output = child_process().output().expect("run");
    assert_went_well(output.status);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(!String::from_utf8_lossy(&output.stdout).contains(PASSWORD));
}

#[test]
fn a_closed_stderr_does_no_harm() {
    let mut command = child_process();
    // SAFETY: `close` is async-signal-safe; descriptor 2 is the child's own.
    unsafe {
        command.pre_exec(|| {
            libc::close(2);
            Ok(())
        });
    }
    assert_went_well(command.stdout(Stdio::null()).status().expect("run"));
}

#[test]
fn a_broken_stderr_does_no_harm() {
    let (reader, writer) = UnixStream::pair().expect("a pair");
    drop(reader);
    let mut command = child_process();
    let fd = writer.as_raw_fd();
    // SAFETY: both calls are async-signal-safe. Rust programs begin with SIGPIPE ignored, C programs do not.
    unsafe {
        command.pre_exec(move || {
            libc::dup2(fd, 2);
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            Ok(())
        });
    }
    assert_went_well(command.stdout(Stdio::null()).status().expect("run"));
}
