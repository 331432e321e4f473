//! `tests/c/surface_*.c` call every function in every way that the header allows: as C and as C++. And no program is
//! missing from the C suite.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use personr_testkit::c_program::{Checker, Program, source};
use personr_testkit::compile::{Workshop, cxx, is_installed, said, skip};
use personr_testkit::figures::figures;
use personr_testkit::suite::members::{LEFT_OUT, MEMBERS, all_programs};
use personr_testkit::suite::scenarios::surface_is_as_the_header_says;
use personr_testkit::suite::seeds::{PROGRAMS, SEEDS, run_without_a_defect, seeded};

const SURFACE: [&str; 7] = [
    "tests/c/surface_auth.c",
    "tests/c/surface_callbacks.c",
    "tests/c/surface_json.c",
    "tests/c/surface_json_base64.c",
    "tests/c/surface_operation.c",
    "tests/c/surface_options.c",
    "tests/c/surface_request.c",
];

#[test]
fn as_c_it_is_as_the_header_says() {
    for path in SURFACE {
        surface_is_as_the_header_says(&Program::compiled(&source(path)));
    }
}

#[test]
fn as_cpp_it_is_as_the_header_says() {
    for path in SURFACE {
        let workshop = Workshop::new();
        let flags = ["-std=c++11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-x", "c++"].map(str::to_owned);
        let source = source(path).to_str().expect("UTF-8").to_owned();
        // What follows is for the linker again, and no C++.
        let arguments: Vec<_> = flags.into_iter().chain([source, "-x".to_owned(), "none".to_owned()]).collect();
        let path = workshop.program("program", &cxx(), &arguments);
        surface_is_as_the_header_says(&Program { path, checker: Checker::None, workshop });
    }
}

/// The names of the library's functions that a program takes from it.
fn called(program: &Path) -> BTreeSet<String> {
    let output = Command::new("nm").args(["-D", "-u"]).arg(program).output().expect("nm runs");
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let names =
        text.lines().filter_map(|line| line.split_whitespace().last()).filter(|name| name.starts_with("personr_"));
    names.map(str::to_owned).collect()
}

#[test]
fn every_function_is_called() {
    if !is_installed("nm") {
        return skip("every function is called", "nm is not installed");
    }
    let called: BTreeSet<_> = SURFACE.iter().flat_map(|path| called(&Program::compiled(&source(path)).path)).collect();
    let symbols = fs::read_to_string(source("abi/personr.symbols")).expect("the symbol list");
    let exported: BTreeSet<_> = symbols.lines().map(str::to_owned).collect();
    assert_eq!(called, exported);
    figures!(of "sanitizers": "the C suite calls all {} functions", exported.len());
}

/// A new program comes with what it is put through, or with the reason why it is not.
#[test]
fn every_program_is_in_the_suite() {
    let members = MEMBERS.iter().map(|member| member.path);
    let mut named: Vec<_> = members.chain(LEFT_OUT.iter().map(|(path, _)| *path)).map(str::to_owned).collect();
    named.sort();
    assert_eq!(all_programs(), named);
    assert!(MEMBERS.iter().all(|member| !member.scenarios.is_empty()));
}

/// What their defects are is for the checkers to say.
#[test]
fn every_seeded_program_works_without_its_defects() {
    let entries = fs::read_dir(source("tests/c/seeded")).expect("the seeded programs");
    let programs = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    let mut programs: Vec<_> = programs.filter_map(|name| name.strip_suffix(".c").map(str::to_owned)).collect();
    programs.sort();
    assert_eq!(programs, PROGRAMS);
    for name in PROGRAMS {
        assert!(name == "data_race" || SEEDS.iter().any(|seed| seed.program == name), "{name}");
        run_without_a_defect(&Program::compiled(&seeded(name)));
    }
}
