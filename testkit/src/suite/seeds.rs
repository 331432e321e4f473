//! Programs with a defect on purpose: a checker that does not find it checks nothing.

use std::path::PathBuf;

use personr_sandbox::Sandbox;

use crate::c_program::{Account, Program, Run, source};

/// A defect of a program in `tests/c/seeded/`, and what a checker has to say of it.
pub struct Seed {
    pub program: &'static str,
    pub defect: &'static str,
    pub address_sanitizer: &'static [&'static str],
    pub valgrind: &'static [&'static str],
}

const fn seed(
    program: &'static str,
    defect: &'static str,
    address_sanitizer: &'static [&'static str],
    valgrind: &'static [&'static str],
) -> Seed {
    Seed { program, defect, address_sanitizer, valgrind }
}

/// The library looks at an object before it frees it, so an object that is freed twice is used after it was freed. A
/// token's string stands in pages of its own, and those are gone.
pub const SEEDS: [Seed; 12] = [
    seed(
        "use_after_free",
        "auth",
        &["heap-use-after-free", "personr_auth_state"],
        &["Invalid read", "personr_auth_state"],
    ),
    seed("use_after_free", "token", &["SEGV", "READ"], &["Invalid read", "main"]),
    seed(
        "use_after_free",
        "handle",
        &["heap-use-after-free", "personr_token_value"],
        &["Invalid read", "personr_token_value"],
    ),
    seed("use_after_free", "error", &["heap-use-after-free", "in main"], &["Invalid read", "main"]),
    seed("leak", "token", &["LeakSanitizer", "personr_auth_token"], &["definitely lost", "personr_auth_token"]),
    seed("leak", "error", &["LeakSanitizer", "personr_auth_reject"], &["definitely lost", "personr_auth_reject"]),
    seed("leak", "auth", &["LeakSanitizer", "personr_auth_new"], &["definitely lost", "personr_auth_new"]),
    seed(
        "double_free",
        "token",
        &["heap-use-after-free", "personr_token_free"],
        &["Invalid read", "personr_token_free"],
    ),
    seed(
        "double_free",
        "error",
        &["heap-use-after-free", "personr_error_free"],
        &["Invalid read", "personr_error_free"],
    ),
    seed("double_free", "message", &["attempting double-free", "in main"], &["Invalid free", "main"]),
    seed(
        "overflow",
        "whole",
        &["heap-buffer-overflow", "WRITE", "personr_auth_authorization"],
        &["Invalid write", "personr_auth_authorization"],
    ),
    seed(
        "overflow",
        "last",
        &["heap-buffer-overflow", "WRITE of size 1", "personr_auth_authorization"],
        &["Invalid write of size 1", "personr_auth_authorization"],
    ),
];

/// A defect of `data_race.c`, and what ThreadSanitizer has to say of it.
pub struct Race {
    pub defect: &'static str,
    pub thread_sanitizer: &'static [&'static str],
}

/// Two threads do what the header lets one do at a time.
pub const RACES: [Race; 3] = [
    Race { defect: "authorization", thread_sanitizer: &["data race", "personr_auth_authorization"] },
    Race { defect: "options", thread_sanitizer: &["data race", "personr_options_set_timeout_ms", "personr_auth_new"] },
    Race { defect: "request", thread_sanitizer: &["data race", "personr_request_add_text"] },
];

pub const PROGRAMS: [&str; 5] = ["data_race", "double_free", "leak", "overflow", "use_after_free"];

pub fn seeded(program: &str) -> PathBuf {
    source("tests/c/seeded").join(program).with_extension("c")
}

/// Runs each program with each of its defects, and without one.
pub fn assert_all_are_found(compile: impl Fn(&str) -> Program, expected: impl Fn(&Seed) -> &'static [&'static str]) {
    for name in PROGRAMS {
        let program = compile(name);
        run_without_a_defect(&program);
        for seed in SEEDS.iter().filter(|seed| seed.program == name) {
            assert_is_found(&program, seed.defect, expected(seed));
        }
    }
}

/// Runs the program of races, with each of them and without one.
pub fn assert_races_are_found(program: &Program) {
    run_without_a_defect(program);
    for race in &RACES {
        assert_is_found(program, race.defect, race.thread_sanitizer);
    }
}

fn assert_is_found(program: &Program, defect: &str, expected: &[&str]) {
    let run = run(program, defect);
    run.assert_found();
    for text in expected {
        assert!(run.stderr.contains(text), "{} {defect}: {text} is not in\n{}", program.path.display(), run.stderr);
    }
}

pub fn run_without_a_defect(program: &Program) {
    run(program, "none").assert_code(0);
}

fn run(program: &Program, defect: &str) -> Run {
    let sandbox = Sandbox::start().expect("a sandbox");
    program.run(&Account::of(&sandbox), &[defect])
}
