//! The library needs little stack, and loading and unloading it again and again leaves nothing behind.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::path::Path;

use personr_sandbox::Sandbox;
use personr_testkit::c_program::{Account, Program, Run, source};
use personr_testkit::compile::{Workshop, built, release};
use personr_testkit::figures::{self, figures};
use tempfile::TempDir;

/// What is promised, in kibibytes.
const STACK: usize = 128;

/// Runs every operation on such a stack, and shows how much the hungriest of them used.
fn run_on_small_stacks(build: &str, library: &Path) {
    let program = Program::compiled_in(Workshop::of(library), &[source("tests/c/stacks.c")], &[]);
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = TempDir::new().expect("a folder");
    let store = format!("file:{}", folder.path().join("store").display());
    let account = Account::of(&sandbox).by_name();
    let said = program.run(&account, &[&STACK.to_string(), &store]).succeeded();
    let (operation, bytes) = said.numbers().max_by_key(|(_, bytes)| *bytes).expect("some operations");
    figures!(
        of "small-stacks":
        "threads with {STACK} KiB of stack, {build}: {} operations, at most {} KiB used ({operation})",
        said.numbers().count(),
        (bytes + 1023) / 1024
    );
}

#[test]
fn a_small_stack_is_enough() {
    run_on_small_stacks("debug build", &built("libpersonr.so"));
    if figures::is_check() {
        run_on_small_stacks("release build", &release());
    }
}

const ROUNDS: i64 = 100;
/// Over the second half of the rounds, in bytes: less than 21 for each.
const HEAP_LIMIT: i64 = 1024;
/// The same for what the system gives in pages, in kibibytes: less than a page for each.
const MEMORY_LIMIT: i64 = 192;
/// As many pages as the library keeps for the next secret, of which the first half of the rounds may not need all: how
/// many secrets there are at once is chance with threads.
const MAPPINGS_LIMIT: i64 = 7;
/// The heap without the caches of its threads, which count as in use, and are full or not by chance.
const WITHOUT_CACHES: (&str, &str) = ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0");

fn load_and_unload(threads: usize) -> Run {
    let program = Program::loading(&source("tests/c/unload.c"));
    let sandbox = Sandbox::start().expect("a sandbox");
    let arguments: &[&str] = &[&ROUNDS.to_string(), &threads.to_string()];
    let said = program.run_in(&Account::of(&sandbox), arguments, &[WITHOUT_CACHES]).succeeded();
    assert_eq!((said.number("rounds"), said.number("kept")), (ROUNDS, 1), "`-z nodelete` keeps it loaded");
    assert!(sandbox.counters().tokens_issued >= ROUNDS as u64);
    let limits =
        [("heap", HEAP_LIMIT), ("resident", MEMORY_LIMIT), ("data", MEMORY_LIMIT), ("mappings", MAPPINGS_LIMIT)];
    for (label, limit) in limits {
        assert!(said.number(label) <= limit, "{label} has grown: {said:?}");
    }
    for label in ["threads", "descriptors"] {
        assert_eq!(said.number(label), 0, "the number of {label} has changed: {said:?}");
    }
    said
}

fn show(with: &str, said: &Run) {
    figures!(
        of "small-stacks":
        "{ROUNDS} × dlopen, login, dlclose{with}: over the last {} the heap grew by {} bytes, memory by {} KiB, mappings by \
         {}; threads and descriptors by none",
        ROUNDS / 2,
        said.number("heap"),
        said.number("resident").max(said.number("data")),
        said.number("mappings")
    );
}

#[test]
fn unloading_leaves_nothing_behind() {
    show("", &load_and_unload(0));
}

#[test]
fn threads_outlive_the_unloading() {
    show(", 4 threads that outlive it", &load_and_unload(4));
}
