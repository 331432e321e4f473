//! The C suite under valgrind: nothing is lost for certain, nothing is used that is not there. And defects are found.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;

use personr_sandbox::Sandbox;
use personr_testkit::c_program::{Account, Program, source};
use personr_testkit::compile::{Workshop, is_installed, skip};
use personr_testkit::figures::figures;
use personr_testkit::suite::members::run_all;
use personr_testkit::suite::seeds::{SEEDS, assert_all_are_found, seeded};

fn is_clean(folder: &str) {
    if !is_installed("valgrind") {
        return skip(&format!("{folder} under valgrind"), "valgrind is not installed");
    }
    let ran = run_all(folder, "under valgrind", |source, flags| Program::compiled_with(source, flags).under_valgrind());
    figures!(of "valgrind": "{} programs of {folder}, {} scenarios: nothing definite", ran.programs, ran.scenarios);
}

#[test]
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
fn seeded_defects_are_found() {
    if !is_installed("valgrind") {
        return skip("seeded defects under valgrind", "valgrind is not installed");
    }
    assert_all_are_found(|name| Program::compiled(&seeded(name)).under_valgrind(), |seed| seed.valgrind);
    figures!(of "valgrind": "{} seeded defects found, each as what it is", SEEDS.len());
}

/// Puts a defect into `login.c`: valgrind must find it.
fn assert_found(defect: &str, old: &str, new: &str) {
    if !is_installed("valgrind") {
        return skip(&format!("login.c with {defect}"), "valgrind is not installed");
    }
    let text = fs::read_to_string(source("examples-c/login.c")).expect("login.c");
    assert_eq!(text.matches(old).count(), 1, "login.c has no single {old}");
    let workshop = Workshop::new();
    let defective = workshop.write("login.c", &text.replace(old, new));
    let sandbox = Sandbox::start().expect("a sandbox");
    let program = Program::compiled(&defective).under_valgrind();
    program.run(&Account::of(&sandbox), &[]).assert_found();
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

#[test]
fn valgrind_finds_a_leak() {
    assert_found("a leak", "    personr_token_free(token);\n", "");
}

#[test]
fn valgrind_finds_a_use_after_free() {
    assert_found(
        "a use after free",
        "    personr_options_free(options);\n",
        "    personr_options_free(options);\n    personr_options_set_max_retries(options, 1, NULL);\n",
    );
}

#[test]
fn valgrind_finds_an_uninitialised_value() {
    assert_found(
        "an uninitialised value",
        "    int result = EXIT_FAILURE;\n",
        "    int result;\n    if (*(volatile int *)&result == 7) puts(\"7\");\n",
    );
}
