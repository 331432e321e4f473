//! What the fuzzer found worth keeping, and what once broke a promise, is tried again in each test run.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::targets::{answer, calls, json, options, request, response};

/// The inputs in a folder of `fuzz/`, by name.
fn inputs(folder: &str, target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder).join(target);
    let entries = fs::read_dir(&folder).into_iter().flatten();
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.sort();
    files
}

fn replay(target: &str, run: fn(&[u8])) {
    let begun = Instant::now();
    let corpus = inputs("corpus", target);
    assert!(!corpus.is_empty(), "fuzz/corpus/{target} is empty");
    let fixed = inputs("crashes-fixed", target);
    for file in corpus.iter().chain(&fixed) {
        // Shown if the input fails.
        #[allow(clippy::print_stdout)]
        {
            println!("{}", file.display());
        }
        run(&fs::read(file).expect("a readable file"));
    }
    let (corpus, fixed, time) = (corpus.len(), fixed.len(), begun.elapsed().as_millis());
    let figure = format!("fuzzing: {corpus} inputs of {target} and {fixed} that once failed, {time} ms\n");
    // Not by `eprint`, which cargo shows only if the test fails.
    io::stderr().write_all(figure.as_bytes()).expect("stderr can be written");
}

#[test]
fn every_kept_answer_keeps_its_promises() {
    replay("answer", answer::run);
}

#[test]
fn every_kept_response_keeps_its_promises() {
    replay("response", response::run);
}

#[test]
fn every_kept_request_is_read_as_what_was_put_in() {
    replay("request", request::run);
}

#[test]
fn every_kept_row_of_options_keeps_its_promises() {
    replay("options", options::run);
}

#[test]
fn every_kept_row_of_calls_keeps_its_promises() {
    replay("calls", calls::run);
}

#[test]
fn every_kept_text_of_json_keeps_its_promises() {
    replay("json", json::run);
}
