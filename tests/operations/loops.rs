//! Operations in the loops that applications have: poll, epoll, libuv, GLib and Python's asyncio. None is left behind,
//! none keeps its loop busy, and a cancelled one is ready at once.
//!
//! The programs in `loops/` check what only they can see, and count. Here the service holds its answers until they say
//! that they are ready for them.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::c_program::{Account, Program, source};
use personr_testkit::compile::{built, is_installed, skip};
use personr_testkit::figures::figures;
use personr_testkit::suite::members::{GLIB, LIBUV, Package};

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// As in `loops/loops.h`.
const AT_ONCE: u64 = 200;
const TO_CANCEL: u64 = 10;

/// A program as it runs.
struct Loop {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Loop {
    fn start(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, output }
    }

    fn says(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("UTF-8");
        if line.is_empty() {
            let mut errors = String::new();
            self.child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("UTF-8");
            panic!("it ended: {errors}");
        }
        line.trim_end().to_owned()
    }

    fn counts(&mut self, label: &str) -> u64 {
        let line = self.says();
        let (name, count) = line.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        assert_eq!(name, label);
        count.parse().expect("a number")
    }

    fn goes_on(&mut self) {
        self.child.stdin.as_mut().expect("a pipe").write_all(b"\n").expect("it waits for a line");
    }
}

/// What has been counted on the way through a program.
struct Counted {
    wakes: u64,
    most: u64,
    callbacks: u64,
    microseconds: u64,
}

fn run(command: Command, sandbox: &Sandbox) -> Counted {
    sandbox.order(Fault::new(Action::Hold).on_path("api-basic-auth"));
    sandbox.order(Fault::new(Action::Hold).on_path("api-applicant-details").always());
    let mut program = Loop::start(command);
    assert_eq!(program.says(), "started");
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1), "no login");
    sandbox.release();
    let [wakes, most, callbacks] = ["wakes", "most", "callbacks"].map(|label| program.counts(label));
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.authorized), (1, AT_ONCE / 2), "{counters:?}");
    assert_eq!(program.says(), "to be cancelled");
    assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == TO_CANCEL), "{:?}", sandbox.counters());
    program.goes_on();
    let microseconds = program.counts("cancelled in");
    assert_eq!(program.says(), "all checked");
    assert!(program.child.wait().expect("its end").success());
    sandbox.release();
    Counted { wakes, most, callbacks, microseconds }
}

/// With a store of the library's, and with one of callbacks, which the loop runs.
fn works(name: &str, command: impl Fn(&Account, &str) -> Command) {
    for kind in ["memory", "callbacks"] {
        let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
        let counted = run(command(&Account::of(&sandbox), kind), &sandbox);
        let Counted { wakes, most, callbacks, microseconds } = counted;
        figures!(
            "{name}, {kind}: {AT_ONCE} operations at once, {wakes} wakes (at most {most} for one), {callbacks} callbacks; \
             {TO_CANCEL} cancelled, all seen in {microseconds} us"
        );
        assert_eq!(callbacks > 0, kind == "callbacks");
        assert!((AT_ONCE..=4 * AT_ONCE + callbacks).contains(&wakes) && most <= 4 + callbacks, "{wakes}, {most}");
        // They are ready at once, which the program has checked. The time is that of its loop, and of the machine.
        assert!(microseconds < 2_000_000, "{microseconds}");
    }
}

fn c_program_works(name: &str, package: Option<&Package>) {
    let flags = match package {
        Some(package) => package.flags_or_skip(&format!("operations in a loop of {name}")),
        None => Some(Vec::new()),
    };
    let Some(flags) = flags else { return };
    let source = source("tests/operations/loops").join(name).with_extension("c");
    let program = Program::compiled_with(&source, &flags.iter().map(String::as_str).collect::<Vec<_>>());
    works(name, |account, kind| {
        let mut command = program.command(account);
        command.arg(kind);
        command
    });
}

#[test]
fn poll() {
    c_program_works("poll", None);
}

#[test]
fn epoll() {
    c_program_works("epoll", None);
}

#[test]
fn libuv() {
    c_program_works("libuv", Some(&LIBUV));
}

#[test]
fn glib() {
    c_program_works("glib", Some(&GLIB));
}

#[test]
fn asyncio() {
    if !is_installed("python3") {
        return skip("operations in a loop of asyncio", "python3 is not installed");
    }
    let script: PathBuf = source("tests/operations/loops/asyncio_loop.py");
    works("asyncio", |account, kind| {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=1", "300", "python3"]).arg(&script).arg(kind);
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("PERSONR_LIBRARY", built("libpersonr.so")).env("PERSONR_BASE_URL", &account.base_url);
        command.env("PERSONR_EMAIL", &account.email).env("PERSONR_PASSWORD", &account.password);
        command
    });
}
