//! Operations and handles that several threads use in the same moment, as far as the header allows it.
//! `tests/embedding/sanitizers.rs` and `tests/embedding/data_races.rs` have the same on a library that is watched.

use personr_testkit::c_program::{Program, source};
use personr_testkit::figures::{self, figures};
use personr_testkit::suite::scenarios::{operations_are_raced, threads_call_back_at_once, threads_do_all_at_once};

const ROUNDS: u32 = 10_000;
const SAMPLE: u32 = 300;

#[test]
fn a_cancel_comes_in_any_moment_of_steps_waits_and_frees() {
    let rounds = if figures::is_check() { ROUNDS } else { SAMPLE };
    operations_are_raced(&Program::compiled(&source("tests/c/operation_races.c")), rounds);
    figures!("{rounds} operations raced by a step, a wait, a cancel and personr_auth_free");
}

#[test]
fn threads_do_at_once_what_they_may() {
    let rounds = if figures::is_check() { 200 } else { 10 };
    threads_do_all_at_once(&Program::compiled(&source("tests/c/many_threads.c")), rounds);
    threads_call_back_at_once(&Program::compiled(&source("tests/c/many_threads_callbacks.c")), rounds);
}
