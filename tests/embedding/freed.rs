//! A handle that is freed while calls on it run.

#![cfg(all(feature = "capi", target_os = "linux"))]

use personr_testkit::c_program::{Program, source};
use personr_testkit::suite::talking::a_freed_handle_serves_its_calls;

#[test]
fn calls_go_on_to_their_end() {
    let program = Program::compiled(&source("tests/c/freed.c"));
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("store").display());
    a_freed_handle_serves_its_calls(&program, &[]);
    a_freed_handle_serves_its_calls(&program, &[&store]);
}

/// The inherited calls have no threads there.
#[test]
fn a_forked_child_frees_its_copy_by_itself() {
    a_freed_handle_serves_its_calls(&Program::compiled(&source("tests/c/freed.c")), &["fork"]);
}
