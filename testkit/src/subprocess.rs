//! This test program once more, as a process of its own, which runs one of its tests.
//!
//! A test that changes its process (its environment, its limits, its logger), forks it, or counts what it has, would
//! disturb the tests beside it, or be disturbed by them. It runs in such a process:
//!
//! - `run_alone!()` is the first line of a test that needs a process of its own.
//! - [`command`] runs another test of the program, one that is `#[ignore]`d as "run by ...". That test tells its parent by
//!   [`say`] what happens to it.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use personr_sandbox::Sandbox;

use crate::client::Options;

/// The name of the test that runs alone.
const ALONE: &str = "PERSONR_TEST_ALONE";
/// Before each line that is for the parent: the test harness writes lines, too.
const SAYS: &str = "says: ";

/// The name of a test, as the command line of the test program has it. It does not compile if there is no such test.
#[macro_export]
macro_rules! test_name {
    ($test:ident) => {{
        let _: fn() = $test;
        $crate::subprocess::without_crate(concat!(module_path!(), "::", stringify!($test)))
    }};
}

/// Runs the test in which it stands in a process of its own, and returns from it in this one. In that one it does nothing.
#[macro_export]
macro_rules! run_alone {
    () => {
        fn here() {}
        if $crate::subprocess::has_run_alone(::std::any::type_name_of_val(&here)) {
            return;
        }
    };
}

/// "program::module::test" is the test "module::test" of a program.
pub fn without_crate(path: &str) -> &str {
    path.split_once("::").map_or(path, |(_, name)| name)
}

/// For `run_alone!`. `inner` is the path of a function in the test.
#[track_caller]
pub fn has_run_alone(inner: &str) -> bool {
    let name = without_crate(inner).rsplit_once("::").expect("a function in a test").0;
    if env::var(ALONE).is_ok_and(|alone| alone == name) {
        return false;
    }
    let output = command(name).env(ALONE, name).stderr(Stdio::inherit()).output().expect("run");
    assert_ran(&output);
    true
}

/// Another process that runs this test of the program alone.
pub fn command(test: &str) -> Command {
    command_by(&[], test)
}

/// The same by a command line that begins with `prefix`.
pub fn command_by(prefix: &[String], test: &str) -> Command {
    let program = env::current_exe().expect("a path");
    let mut command = match prefix {
        [] => Command::new(program),
        [first, others @ ..] => {
            let mut command = Command::new(first);
            command.args(others).arg(program);
            command
        }
    };
    command.args(["--exact", test, "--include-ignored", "--nocapture", "--test-threads=1"]);
    command
}

/// Runs it to its end. What it said.
#[track_caller]
pub fn run(mut command: Command) -> Vec<String> {
    let output = command.output().expect("run");
    assert_ran(&output);
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    lines.lines().filter_map(|line| Some(line.split_once(SAYS)?.1.to_owned())).collect()
}

/// The test was there, and has passed.
#[track_caller]
fn assert_ran(output: &Output) {
    let text = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    let has_run = output.status.success() && text[0].contains("\ntest result: ok. 1 passed;");
    // The runner counts lines that begin as the result's does.
    assert!(has_run, "in a process of its own, {}:\n| {}", output.status, text.concat().replace('\n', "\n| "));
}

/// In the other process: tells the parent.
pub fn say(text: &str) {
    println!("{SAYS}{text}");
}

/// In the other process: waits for a line of the parent's, or for the parent's end.
pub fn await_line() {
    io::stdin().read_line(&mut String::new()).expect("UTF-8");
}

/// In the other process: options for the service and the store of [`Subprocess::start`].
pub fn options() -> Options {
    let set = |name: &str| env::var(name).expect("set by the parent");
    let options = Options::new();
    options.max_retries(0);
    options.base_url(&set("TEST_BASE_URL")).expect("accepted");
    options.only_ca(&set("TEST_CA_PEM"));
    options.token_store(&set("TEST_STORE")).expect("accepted");
    options
}

/// Another process to talk with. It ends with its owner.
pub struct Subprocess {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Subprocess {
    /// Starts a test that takes its [`options`] from here.
    pub fn start(test: &str, sandbox: &Sandbox, store: &str) -> Self {
        let mut command = command(test);
        command.env("TEST_BASE_URL", sandbox.base_url()).env("TEST_CA_PEM", sandbox.ca_pem()).env("TEST_STORE", store);
        Self::spawn(command)
    }

    pub fn spawn(mut command: Command) -> Self {
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("run");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, input, output }
    }

    pub fn tell(&self, line: &str) {
        writeln!(self.input.as_ref().expect("open"), "{line}").expect("it reads");
    }

    /// Lets it go on, if it waits for a line.
    pub fn nudge(&self) {
        self.tell("");
    }

    /// Nothing more is told.
    pub fn close_input(&mut self) {
        self.input = None;
    }

    /// What it says next.
    #[track_caller]
    pub fn said(&mut self) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).expect("UTF-8") != 0 {
            if let Some((_, said)) = line.trim_end().split_once(SAYS) {
                return said.to_owned();
            }
            line.clear();
        }
        panic!("it ended without a word");
    }

    #[cfg(unix)]
    pub fn signal(&self, signal: i32) {
        // SAFETY: the process is a child of ours that has not been waited for.
        assert_eq!(unsafe { libc::kill(self.process.id() as i32, signal) }, 0);
    }

    /// Ends it in the hardest way, and returns when it is gone.
    pub fn kill(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("gone");
    }

    /// Waits for it to end, and well.
    #[track_caller]
    pub fn finish(mut self) {
        self.input = None;
        assert!(self.process.wait().expect("it ends").success());
    }
}

impl Drop for Subprocess {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
