//! What threads may do at once, on a library that ThreadSanitizer watches, with the standard library in it: nothing is read
//! or written by two threads without an order between them. And seeded races are found.
//!
//! It knows the orders that atomic operations, locks and threads make. Three things are beyond it. Words that are all atomic
//! do not race: whether `src/published.rs` hands out a whole token is for its model to say (`tests/models`). A wake-up that
//! is lost is no race. And it does not see what ring's assembly reads and writes. That makes no report false, since assembly
//! orders no threads; what could be missed is a race on a buffer of a cipher or a hash function, which the Rust around it
//! has borrowed.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod watched;

use personr_testkit::c_program::source;
use personr_testkit::compile::{is_installed, skip};
use personr_testkit::figures::figures;
use personr_testkit::store_directory::StoreDirectory;
use personr_testkit::suite::members::{MEMBERS, run_members};
use personr_testkit::suite::scenarios::{
    operations_are_raced, threads_call_back_at_once, threads_do_all_at_once, threads_do_all_at_once_with_redis,
};
use personr_testkit::suite::seeds::{RACES, assert_races_are_found, seeded};
use personr_testkit::suite::talking::a_freed_handle_serves_its_calls;
use watched::Watched;

const HOW: &str = "with ThreadSanitizer";

/// They write to descriptors that they have closed, and so to those that the library has for a moment, on purpose.
const RACE_THEMSELVES: [&str; 2] = ["tests/c/closed_streams.c", "tests/c/printing_daemon.c"];

#[test]
#[ignore = "run by make check"]
fn the_c_suite_has_none() {
    let Some(watched) = Watched::built(&format!("the C suite {HOW}")) else { return };
    // The libraries of the others are not watched, and not in the root.
    let members = MEMBERS.iter().filter(|member| member.package.is_none() && !RACE_THEMSELVES.contains(&member.path));
    let ran = run_members(members, HOW, |source, flags| watched.program(source, flags));
    figures!(of "data-races": "{} programs of the C suite, {} scenarios: no race", ran.programs, ran.scenarios);
}

#[test]
#[ignore = "run by make check"]
fn threads_at_once_have_none() {
    const ROUNDS: u32 = 50;
    let Some(watched) = Watched::built(&format!("threads that do all at once {HOW}")) else { return };
    let program = watched.program(&source("tests/c/many_threads.c"), &[]);
    threads_do_all_at_once(&program, ROUNDS);
    threads_do_all_at_once_with_redis(&program, ROUNDS / 4);
    threads_call_back_at_once(&watched.program(&source("tests/c/many_threads_callbacks.c"), &[]), ROUNDS);
    figures!(of "data-races": "hand-out, renewals, rejects, requests, cancelled logins, handles, callbacks, on 8 to 72 threads: no race");
}

#[test]
#[ignore = "run by make check"]
fn operations_that_are_raced_have_none() {
    const ROUNDS: u32 = 1_000;
    let Some(watched) = Watched::built(&format!("races of operations {HOW}")) else { return };
    operations_are_raced(&watched.program(&source("tests/c/operation_races.c"), &[]), ROUNDS);
    figures!(of "data-races": "{ROUNDS} operations raced by a step, a wait, a cancel and personr_auth_free: no race");
}

/// With a store of files, and with a fork while the calls run.
#[test]
#[ignore = "run by make check"]
fn handles_that_are_freed_too_early_have_none() {
    let Some(watched) = Watched::built(&format!("handles that are freed too early {HOW}")) else { return };
    let program = watched.program(&source("tests/c/freed.c"), &[]);
    a_freed_handle_serves_its_calls(&program, &[&StoreDirectory::new().url()]);
    a_freed_handle_serves_its_calls(&program, &["fork"]);
}

#[test]
#[ignore = "run by make check"]
fn seeded_ones_are_found() {
    let Some(watched) = Watched::built(&format!("seeded races {HOW}")) else { return };
    assert_races_are_found(&watched.program(&seeded("data_race"), &[]));
    figures!(of "data-races": "{} seeded races found, each as what it is", RACES.len());
}

/// Else there would be none whatever the threads did, or each lock would look like one.
#[test]
#[ignore = "run by make check"]
fn library_and_standard_library_are_watched() {
    if !is_installed("nm") {
        return skip("what ThreadSanitizer watches", "nm is not installed");
    }
    let Some(watched) = Watched::built("what ThreadSanitizer watches") else { return };
    assert!(watched.library_is_watched());
    for name in ["std", "alloc", "once_cell", "rustls", "ring"] {
        assert!(watched.crate_is_watched(name), "{name}");
    }
    assert!(!watched.library_has_a_runtime(), "one runtime in a process: that of the program");
}
