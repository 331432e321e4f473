//! The threads of name look-ups: how many there are, what they stand on, and what happens without one.

#![cfg(all(feature = "capi", target_os = "linux"))]

use personr_sandbox::Sandbox;
use personr_testkit::c_program::{Account, Program, source};
use personr_testkit::figures::figures;

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

/// By how many threads a host is looked up at the most.
const THREADS_MAX: i64 = 4;

#[test]
fn a_thousand_callers_of_a_silent_name_server_share_their_look_ups() {
    const CALLERS: i64 = 1000;
    let program = Program::compiled(&source("tests/c/look_ups.c"));
    let sandbox = sandbox();
    let account = Account::of(&sandbox).by_name();
    let said = program.run(&account, &[&CALLERS.to_string(), "2000"]).succeeded();
    assert_eq!(said.number("timeouts"), CALLERS, "each at its own deadline");
    let (look_ups, threads) = (said.number("look-ups"), said.number("threads"));
    assert!((1..=THREADS_MAX).contains(&look_ups) && look_ups == threads, "{said:?}");
    figures!("threads that look up for {CALLERS} callers of a silent name server: {threads}");
}

/// glibc takes them out of the stack of each thread.
#[test]
fn a_thread_of_the_library_has_its_stack_beside_the_variables_of_threads() {
    let program = Program::compiled(&source("tests/c/thread_variables.c"));
    let sandbox = sandbox();
    program.run(&Account::of(&sandbox).by_name(), &[]).succeeded();
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

#[test]
fn a_look_up_that_gets_no_thread_says_so() {
    let program = Program::compiled(&source("tests/c/no_thread.c"));
    let sandbox = sandbox();
    let said = program.run(&Account::of(&sandbox).by_name(), &[]).succeeded();
    assert_eq!(said.lines(), ["PERSONR_NETWORK dns", "no thread could be started for the name look-up"]);
}
