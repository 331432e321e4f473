//! The programs in `examples-c/`, compiled as their users would and run against the sandbox.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod c_program;
mod compile;
mod figures;
mod suite;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use c_program::{Account, Checker, FLAGS, Program, source};
use compile::{ROOT, Workshop, built, cc, skip};
use personr_sandbox::{Action, Fault, Sandbox};
use suite::members::has_sqlite;
use suite::scenarios::*;

fn example(name: &str) -> PathBuf {
    source("examples-c").join(name).with_extension("c")
}

fn compiled(name: &str) -> Program {
    Program::compiled(&example(name))
}

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

#[test]
fn custom_store_logs_in_once_for_all_processes() {
    if !has_sqlite() {
        return skip("custom_store.c", "sqlite3.h is missing (Debian: libsqlite3-dev)");
    }
    let program = Program::compiled_with(&example("custom_store"), &["-lsqlite3"]);
    custom_store_shares_one_login(&program);
    custom_store_tells_that_it_failed(&program);
}

#[test]
fn login_prints_a_token() {
    login_succeeds(&compiled("login"));
}

#[test]
fn login_says_why_it_is_refused() {
    login_is_refused(&compiled("login"));
}

#[test]
fn login_links_statically() {
    let workshop = Workshop::new();
    // As `rustc --print native-static-libs` says.
    let library = built("libpersonr.a");
    let libraries: Vec<&OsStr> = [library.as_os_str()]
        .into_iter()
        .chain(["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"].map(OsStr::new))
        .collect();
    let login = example("login");
    let mut arguments: Vec<&OsStr> = FLAGS.iter().map(OsStr::new).collect();
    arguments.push(login.as_os_str());
    let path = workshop.link("program", &cc(), &arguments, &libraries);
    login_succeeds(&Program { path, checker: Checker::None, workshop });
}

#[test]
fn errors_says_what_to_do() {
    let program = compiled("errors");
    errors_reports_success(&program);
    errors_asks_once_with_a_wrong_password(&program);
}

#[test]
fn errors_names_a_service_that_fails() {
    let sandbox = sandbox();
    sandbox.order(Fault::new(Action::Answer { status: 503, headers: Vec::new(), body: Vec::new() }).always());
    let run = compiled("errors").run(&Account::of(&sandbox), &[]);
    run.assert_code(1);
    assert_eq!(run.values("status:"), ["PERSONR_SERVER"]);
    assert_eq!(run.values("HTTP status:"), ["503"]);
    // Once, and the two retries of the default options.
    assert_eq!(sandbox.counters().requests, 3);
}

#[test]
fn errors_names_a_service_that_is_not_there() {
    let sandbox = sandbox();
    let workshop = Workshop::new();
    let account = Account { ca_file: workshop.write("ca.pem", sandbox.ca_pem()), ..Account::of(&sandbox) };
    drop(sandbox);
    let run = compiled("errors").run(&account, &[]);
    run.assert_code(1);
    assert_eq!(run.values("status:"), ["PERSONR_NETWORK"]);
    assert_eq!(run.values("reason:"), ["connect"]);
    assert_eq!(run.values("HTTP status:"), ["0"]);
}

#[test]
fn threads_log_in_once() {
    threads_share_one_token(&compiled("threads"));
}

#[test]
fn request_rejects_and_repeats() {
    request_repeats_once_after_a_401(&compiled("request"));
}

#[test]
fn prefork_serves_all() {
    prefork_shares_one_token(&compiled("prefork"));
}

/// It names the real service, so it is compiled and not run.
#[test]
fn the_programs_of_the_readme_compile() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let blocks = readme.split("```c\n").skip(1).map(|block| block.split_once("```").expect("a block ends").0);
    let programs: Vec<_> = blocks.filter(|block| block.contains("int main")).collect();
    assert_eq!(programs.len(), 1);
    for program in programs {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program.c");
        fs::write(&path, program).expect("written");
        Program::compiled(&path);
    }
}
