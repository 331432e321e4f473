//! Threads may be cancelled (`pthread_cancel`) while they are in the library: it acts behind the call.

#![cfg(all(feature = "capi", target_os = "linux"))]

use personr_testkit::c_program::{Program, source};
use personr_testkit::suite::talking::cancelled_calls_return;

#[test]
fn a_cancelled_call_returns_and_then_the_thread_ends() {
    let program = Program::compiled(&source("tests/c/cancelled.c"));
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("store").display());
    cancelled_calls_return(&program, &[]);
    cancelled_calls_return(&program, &[&store]);
}
