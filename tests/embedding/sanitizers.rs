//! The C suite on a library that AddressSanitizer watches, its C as well as its Rust: no byte is read or written that
//! is not theirs, and nothing leaks. And defects are found.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod sanitized;

use personr_testkit::c_program::source;
use personr_testkit::compile::{is_installed, skip};
use personr_testkit::figures::figures;
use personr_testkit::suite::members::run_all;
use personr_testkit::suite::scenarios::operations_are_raced;
use personr_testkit::suite::seeds::{SEEDS, assert_all_are_found, seeded};
use sanitized::{Sanitized, functions_of_the_sanitizer};

fn is_clean(folder: &str) {
    let how = "with AddressSanitizer";
    let Some(sanitized) = Sanitized::built(&format!("{folder} {how}")) else { return };
    let ran = run_all(folder, how, |source, flags| sanitized.program(source, flags));
    figures!(of "sanitizers": "{} programs of {folder}, {} scenarios: no error, no leak", ran.programs, ran.scenarios);
}

#[test]
#[ignore = "run by make check"]
fn the_examples_are_clean() {
    is_clean("examples-c");
}

#[test]
#[ignore = "run by make check"]
fn the_c_tests_are_clean() {
    is_clean("tests/c");
}

#[test]
#[ignore = "run by make check"]
fn operations_that_are_raced_are_clean() {
    const ROUNDS: u32 = 10_000;
    let Some(sanitized) = Sanitized::built("races of operations with AddressSanitizer") else { return };
    operations_are_raced(&sanitized.program(&source("tests/c/operation_races.c"), &[]), ROUNDS);
    figures!(of "sanitizers": "{ROUNDS} operations raced by a step, a wait, a cancel and personr_auth_free: no error, no leak");
}

#[test]
#[ignore = "run by make check"]
fn seeded_defects_are_found() {
    let Some(sanitized) = Sanitized::built("seeded defects with AddressSanitizer") else { return };
    assert_all_are_found(|name| sanitized.program(&seeded(name), &[]), |seed| seed.address_sanitizer);
    figures!(of "sanitizers": "{} seeded defects found, each as what it is", SEEDS.len());
}

/// Else the suite would be clean whatever it did.
#[test]
#[ignore = "run by make check"]
fn library_and_programs_are_watched() {
    if !is_installed("nm") {
        return skip("what AddressSanitizer watches", "nm is not installed");
    }
    let Some(sanitized) = Sanitized::built("what AddressSanitizer watches") else { return };
    let objects = functions_of_the_sanitizer(&sanitized.rlib());
    assert!(objects.len() > 1, "the library has objects");
    assert!(objects.values().all(|calls| *calls > 0), "{objects:?}");
    let in_c: Vec<_> = functions_of_the_sanitizer(&sanitized.ring())
        .into_iter()
        .filter(|(object, calls)| !object.ends_with(".rcgu.o") && *calls > 0)
        .collect();
    assert!(!in_c.is_empty(), "no C code of ring is watched");
    let program = sanitized.program(&source("examples-c/login.c"), &[]);
    let program = functions_of_the_sanitizer(&program.workshop.path("program.o"));
    assert!(program.values().all(|calls| *calls > 0), "{program:?}");
    // One runtime in a process: that of the program.
    assert!(!sanitized.library_has_a_runtime());
    figures!(of "sanitizers": "all {} objects of the library are watched, and {} of ring's C", objects.len(), in_c.len());
}
