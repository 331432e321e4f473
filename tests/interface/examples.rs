//! The programs in `examples-c/`, compiled as their users would and run against the sandbox.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use personr_sandbox::{Action, DEFAULT_EMAIL, Fault, Sandbox};
use personr_testkit::c_program::{Account, Checker, FLAGS, Program, source};
use personr_testkit::compile::{ROOT, Workshop, built, cc};
use personr_testkit::memory::{Needles, Residue, scan};
use personr_testkit::suite::members::{GLIB, LIBUV, Package, SQLITE};
use personr_testkit::suite::scenarios::*;
use personr_testkit::suite::talking::{
    a_loop_has_a_token_for_each_account, an_interrupted_loop_loses_no_token, program_of,
};
use personr_testkit::wiping_application::random_part;

fn example(name: &str) -> PathBuf {
    source("examples-c").join(name).with_extension("c")
}

fn compiled(name: &str) -> Program {
    Program::compiled(&example(name))
}

fn compiled_with(name: &str, flags: &[String]) -> Program {
    Program::compiled_with(&example(name), &flags.iter().map(String::as_str).collect::<Vec<_>>())
}

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

#[test]
fn applicant_goes_from_the_first_request_to_the_last() {
    let program = compiled("applicant");
    applicant_is_checked_and_documents_come_back(&program);
    applicant_says_what_was_refused(&program);
}

#[test]
fn custom_store_logs_in_once_for_all_processes() {
    let Some(flags) = SQLITE.flags_or_skip("custom_store.c") else { return };
    let program = compiled_with("custom_store", &flags);
    custom_store_shares_one_login(&program);
    custom_store_believes_no_lease_that_is_too_long(&program);
    custom_store_saves_only_while_it_has_the_lock(&program);
    custom_store_tells_that_it_failed(&program);
}

/// Both what it does by itself and what it does about Ctrl-C.
fn loop_works(name: &str, package: Option<&Package>) {
    let flags = match package {
        Some(package) => package.flags_or_skip(&format!("{name}.c")),
        None => Some(Vec::new()),
    };
    let Some(flags) = flags else { return };
    let program = compiled_with(name, &flags);
    a_loop_has_a_token_for_each_account(&program);
    an_interrupted_loop_loses_no_token(&program);
}

#[test]
fn loop_poll_loses_no_token() {
    loop_works("loop_poll", None);
}

#[test]
fn loop_libuv_loses_no_token() {
    loop_works("loop_libuv", Some(&LIBUV));
}

#[test]
fn loop_glib_loses_no_token() {
    loop_works("loop_glib", Some(&GLIB));
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
fn errors_knows_every_status() {
    let text = fs::read_to_string(example("errors")).expect("errors.c");
    let name = |status| unsafe { std::ffi::CStr::from_ptr(personr::ffi::personr_status_name(status)) };
    let names: Vec<_> = (0..1000).map(|status| name(status).to_str().expect("ASCII")).collect();
    let names: Vec<_> = names.into_iter().filter(|name| *name != "PERSONR_UNKNOWN").collect();
    assert!(names.len() > 15, "{names:?}");
    let missing: Vec<_> = names.iter().filter(|name| !text.contains(&format!("case {name}:"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// What stands of the token in a program that stops when it frees its first handle, or tells of an error. It is
/// optimised as its users' builds are.
fn left_by(name: &str, sandbox: &Sandbox, arguments: &[&str]) -> Vec<Residue> {
    let workshop = Workshop::new();
    let stop = workshop.write("stop.h", STOP);
    let flags = ["-O2", "-include", stop.to_str().expect("UTF-8")];
    let program = Program::compiled_in(workshop, &[example(name)], &flags);
    let mut command = program.command(&Account::of(sandbox));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    let output = BufReader::new(child.stdout.take().expect("a pipe"));
    assert!(output.lines().any(|line| line.expect("UTF-8") == "it stops"), "{name}");
    let mut needles = Needles::default();
    needles.add("token", random_part(&sandbox.live_token(DEFAULT_EMAIL).expect("a token")));
    let (found, _) = scan(program_of(&child), &needles);
    drop(child.stdin.take());
    child.wait().expect("its end");
    found.into_iter().filter(|residue| !residue.is_left_out_of_cores).collect()
}

/// What is called afterwards writes over the stack below, and with it what a program has left there.
const STOP: &str = r#"
#include <personr.h>
#include <stdio.h>
#include <unistd.h>

static void stop(void)
{
    char byte;

    puts("it stops");
    fflush(stdout);
    if (read(STDIN_FILENO, &byte, 1) != 0)
        _exit(2);
}
#define personr_auth_free(auth) (stop(), personr_auth_free(auth))
#define personr_error_message(error) (stop(), personr_error_message(error))
"#;

fn plain_sandbox() -> Sandbox {
    Sandbox::builder().plain_http().start().expect("a sandbox")
}

#[test]
fn examples_wipe_what_held_a_token() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("tokens").display());
    for (name, arguments) in [("errors", &["1"][..]), ("prefork", &[&*store]), ("request", &[]), ("threads", &[])] {
        let found = left_by(name, &plain_sandbox(), arguments);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

/// The token is refused, and there is no other.
#[test]
fn request_wipes_its_buffer_after_a_failure_too() {
    let sandbox = plain_sandbox();
    let answer = |status| Action::Answer { status, headers: Vec::new(), body: b"{}".to_vec() };
    sandbox.order(Fault::new(answer(401)).on_path("api-applicant-status").always());
    sandbox.order(Fault::new(Action::Delay(Duration::ZERO)).on_path("api-basic-auth"));
    sandbox.order(Fault::new(answer(400)).on_path("api-basic-auth").always());
    let found = left_by("request", &sandbox, &[]);
    assert_eq!(sandbox.counters().tokens_issued, 1);
    assert!(found.is_empty(), "{found:#?}");
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

/// The others are programs, which are compiled, or a few lines.
#[test]
fn the_upload_of_the_readme_is_that_of_applicant() {
    let [readme, program] =
        ["README.md", "examples-c/applicant.c"].map(|path| fs::read_to_string(source(path)).expect("a text"));
    let (_, rest) = readme.split_once("```c\nstatic int upload(").expect("the README shows an upload");
    let (upload, _) = rest.split_once("```").expect("a block ends");
    assert!(program.contains(upload), "applicant.c has another upload");
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
