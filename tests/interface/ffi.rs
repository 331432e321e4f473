//! Other languages read `include/personr.ffi.h` as it is, and log in by what they have read.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::process::{Command, Output, Stdio};

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::c_program::source;
use personr_testkit::compile::{built, said, skip};
use personr_testkit::figures::figures;

/// A language that is here, if its program can do this.
fn finds(commands: &[&[&str]], probe: &[&str], name: &str, package: &str) -> Option<Vec<String>> {
    let works = |command: &&&[&str]| {
        let mut probing = Command::new(command[0]);
        probing.args(&command[1..]).args(probe).stdout(Stdio::null()).stderr(Stdio::null());
        probing.status().is_ok_and(|status| status.success())
    };
    let found = commands.iter().find(works);
    if found.is_none() {
        skip(&format!("personr.ffi.h in {name}"), &format!("it is not installed (Debian: {package})"));
    }
    found.map(|command| command.iter().map(|&word| word.to_owned()).collect())
}

fn python() -> Option<Vec<String>> {
    // The distribution's is found beside another, for which it has no packages.
    finds(&[&["python3"], &["/usr/bin/python3"]], &["-c", "import cffi"], "Python's cffi", "python3-cffi")
}

fn run(language: &[String], program: &str, sandbox: &Sandbox, arguments: &[&str]) -> Output {
    let mut command = Command::new(&language[0]);
    command.args(&language[1..]).arg(source("tests/interface/ffi").join(program));
    command.arg(source("include/personr.ffi.h")).arg(built("libpersonr.so")).args(arguments);
    command.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", DEFAULT_PASSWORD);
    command.env("PERSONR_BASE_URL", sandbox.base_url()).env("PERSONR_CA_FILE", sandbox.ca_file());
    command.output().expect("it runs")
}

fn logs_in(language: &[String], program: &str) {
    let sandbox = Sandbox::start().expect("a sandbox");
    let output = run(language, program, &sandbox, &[]);
    assert!(output.status.success(), "{program}: {}", said(&output));
    let token = sandbox.live_token(DEFAULT_EMAIL).expect("a token was issued");
    let expected = format!("libpersonr {}: Bearer {}...\n", env!("CARGO_PKG_VERSION"), &token[..6]);
    assert_eq!(said(&output), expected, "{program}");
    figures!("personr.ffi.h was read, and logged in by: {program}");
}

#[test]
fn cffi_logs_in() {
    if let Some(python) = python() {
        logs_in(&python, "login.py");
    }
}

/// A callback that raises returns 0: it must not be taken for one that has worked.
#[test]
fn a_store_in_python_whose_callbacks_raise_is_a_failure() {
    if let Some(python) = python() {
        let sandbox = Sandbox::start().expect("a sandbox");
        let output = run(&python, "login.py", &sandbox, &["throws"]);
        assert!(!output.status.success() && said(&output).starts_with("PERSONR_STORE: "), "{}", said(&output));
        assert_eq!(sandbox.counters().requests, 0);
    }
}

#[test]
fn php_logs_in() {
    let probe = ["-r", "exit(extension_loaded('FFI') ? 0 : 1);"];
    if let Some(php) = finds(&[&["php", "-d", "ffi.enable=1"]], &probe, "PHP's FFI", "php-cli") {
        logs_in(&php, "login.php");
    }
}

#[test]
fn luajit_logs_in() {
    if let Some(luajit) = finds(&[&["luajit"]], &["-e", "require('ffi')"], "LuaJIT", "luajit") {
        logs_in(&luajit, "login.lua");
    }
}
