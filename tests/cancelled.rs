//! Threads may be cancelled (`pthread_cancel`) while they are in the library: it acts behind the call.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod c_program;
mod compile;
mod figures;
mod suite;

use c_program::{Program, source};
use suite::talking::cancelled_calls_return;

#[test]
fn a_cancelled_call_returns_and_then_the_thread_ends() {
    let program = Program::compiled(&source("tests/c/cancelled.c"));
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("store").display());
    cancelled_calls_return(&program, &[]);
    cancelled_calls_return(&program, &[&store]);
}
