//! Whichever allocation of a login fails: the call reports an error, or the process aborts. It never hangs, and what it
//! takes for a token is one.

#![cfg(all(feature = "capi", target_os = "linux", target_env = "gnu"))]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use personr_testkit::c_program::{Account, Program, source};
use personr_testkit::client::Options;
use personr_testkit::compile::{Workshop, release};
use personr_testkit::figures::{self, figures};
use tempfile::TempDir;

/// What the documentation allows for a service that is there: the CA file cannot be read, the name cannot be looked up.
const ERRORS: [&str; 2] = ["PERSONR_INVALID_ARGUMENT argument", "PERSONR_NETWORK dns"];

/// What is said on stderr before an abort: by Rust, or by the C library for a thread-local that it cannot register.
const LAST_WORDS: [&str; 2] =
    ["memory allocation of ", "Fatal glibc error: failed to register TLS destructor: out of memory"];

/// How a login ended.
#[derive(Debug)]
enum Outcome {
    Success { allocations: u64, hash: String },
    Error(String),
    Abort(String),
}

impl Outcome {
    /// Anything else, such as SIGSEGV or a hang, fails the test.
    #[track_caller]
    fn parse(line: &str, what: &str) -> Self {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        match kind {
            "success" => {
                let (allocations, hash) = rest.split_once(' ').expect("a number and a hash");
                Self::Success { allocations: allocations.parse().expect("a number"), hash: hash.to_owned() }
            }
            "error" => Self::Error(rest.to_owned()),
            "abort" => Self::Abort(rest.to_owned()),
            _ => panic!("{what}: {line}"),
        }
    }
}

/// A running `out_of_memory.c`: it forks a child for each login.
struct Server<'a> {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    sandbox: &'a Sandbox,
    account: Account,
    _program: Program,
}

impl<'a> Server<'a> {
    fn start(program: Program, sandbox: &'a Sandbox, account: Account, backtrace: &str) -> Self {
        let mut command = program.command(&account);
        command.arg("serve").env("RUST_BACKTRACE", backtrace).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let orders = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, orders, answers, sandbox, account, _program: program }
    }

    /// A login whose allocation of this number fails, and all after it if `all`. What comes of it is checked.
    fn log_in(&mut self, number: u64, all: bool, store: &str) -> Outcome {
        writeln!(self.orders, "{number} {} {store}", u8::from(all)).expect("the program reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the program answers");
        let what = format!("allocation {number}{}", if all { " and all after it" } else { "" });
        let token = self.sandbox.live_token(DEFAULT_EMAIL);
        self.account.assert_kept(&line);
        assert!(token.as_ref().is_none_or(|token| !line.contains(token)), "{what}: the token is in the output");
        let outcome = Outcome::parse(line.trim_end(), &what);
        match &outcome {
            Outcome::Success { hash, .. } => assert_eq!(Some(hash), token.as_deref().map(fnv).as_ref(), "{what}"),
            Outcome::Error(error) => assert!(ERRORS.contains(&error.as_str()), "{what}: {error}"),
            Outcome::Abort(text) => assert!(LAST_WORDS.iter().any(|words| text.contains(words)), "{what}: {text}"),
        }
        outcome
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // That is `timeout`. The program itself ends when there are no more orders.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// As `out_of_memory.c` has it: a token is compared and not told.
fn fnv(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}

/// How often each outcome came about.
#[derive(Default)]
struct Tally {
    allocations: u64,
    aborts: usize,
    tolerated: usize,
    errors: BTreeMap<String, usize>,
}

impl Tally {
    /// Returns whether the allocation that was to fail was one of the login's.
    fn add(&mut self, number: u64, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Success { allocations, .. } if *allocations < number => return false,
            Outcome::Success { .. } => self.tolerated += 1,
            Outcome::Error(error) => *self.errors.entry(error.clone()).or_default() += 1,
            Outcome::Abort(_) => self.aborts += 1,
        }
        self.allocations = number;
        true
    }

    fn text(&self) -> String {
        let errors: Vec<_> = self.errors.iter().map(|(error, count)| format!("{count} × {error}")).collect();
        let errors = if errors.is_empty() { "no error".to_owned() } else { errors.join(", ") };
        format!("{} aborts, {errors}, {} tokens", self.aborts, self.tolerated)
    }
}

/// Of a look-up thread's allocations some come late, or after the end. Then the count differs from run to run.
const BEYOND: usize = 8;

/// Every N, until several logins in a row did without their N-th allocation. `then` sees each outcome.
fn sweep(server: &mut Server, all: bool, mut store: impl FnMut() -> String, mut then: impl FnMut(&Outcome)) -> Tally {
    let mut tally = Tally::default();
    let mut beyond = 0;
    for number in 1.. {
        let outcome = server.log_in(number, all, &store());
        then(&outcome);
        beyond = if tally.add(number, &outcome) { 0 } else { beyond + 1 };
        if beyond == BEYOND {
            break;
        }
    }
    assert!(tally.allocations > 100 && tally.aborts > 100, "{}: nothing was refused", tally.text());
    tally
}

fn program_in(workshop: Workshop) -> Program {
    let sources = ["tests/c/out_of_memory.c", "tests/c/failing_malloc.c"].map(source);
    Program::compiled_in(workshop, &sources, &[])
}

fn program() -> Program {
    program_in(Workshop::new())
}

fn show(how: &str, one: &Tally, all: &Tally) {
    figures!(
        of "out-of-memory":
        "{how}: each of {} allocations fails ({}), or it and all after it ({})",
        one.allocations,
        one.text(),
        all.text()
    );
}

fn in_memory() -> String {
    "memory:".to_owned()
}

#[test]
fn any_allocation_of_a_login_may_fail() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut builds = vec![("", program())];
    if figures::is_check() {
        builds.push((", release build", program_in(Workshop::of(&release()))));
    }
    for (build, program) in builds {
        let mut server = Server::start(program, &sandbox, Account::of(&sandbox), "0");
        let [one, all] = [false, true].map(|all| sweep(&mut server, all, in_memory, |_| ()));
        show(&format!("a login over TLS{build}"), &one, &all);
    }
}

#[test]
fn any_allocation_of_a_look_up_may_fail() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut server = Server::start(program(), &sandbox, Account::of(&sandbox).by_name(), "0");
    let [one, all] = [false, true].map(|all| sweep(&mut server, all, in_memory, |_| ()));
    show("the same with a name look-up", &one, &all);
}

/// Whatever became of a login, the next process is told the token that is good, or what the former one was told.
#[test]
fn any_allocation_of_a_login_with_a_file_store_may_fail() {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let mut server = Server::start(program(), &sandbox, Account::of(&sandbox), "0");
    let folder = TempDir::new().expect("a folder");
    let [one, all] = [false, true].map(|all| {
        let count = std::cell::Cell::new(0);
        let store = || format!("file:{}", folder.path().join(format!("{all}-{}", count.get())).display());
        let next = || {
            count.set(count.get() + 1);
            store()
        };
        sweep(&mut server, all, next, |outcome| {
            let options = Options::of(&sandbox);
            options.token_store(&store()).expect("accepted");
            let issued = sandbox.counters().tokens_issued;
            let found = options.demo().token().map(|token| token.value);
            assert_eq!(found.ok(), sandbox.live_token(DEFAULT_EMAIL), "after {outcome:?}");
            let shared = sandbox.counters().tokens_issued == issued;
            assert!(shared || !matches!(outcome, Outcome::Success { .. }), "a token that was saved is not found");
        })
    });
    show("a login with a file store, and another process after it", &one, &all);
}

/// An application may ask Rust for backtraces, which take memory.
#[test]
fn a_backtrace_changes_no_outcome() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut server = Server::start(program(), &sandbox, Account::of(&sandbox), "full");
    let mut tally = Tally::default();
    let step = if figures::is_check() { 4 } else { 40 };
    for number in (1..=300).step_by(step) {
        for all in [false, true] {
            let outcome = server.log_in(number, all, "memory:");
            tally.add(number, &outcome);
        }
    }
    assert!(tally.aborts > 10);
    figures!("with RUST_BACKTRACE=full: {}", tally.text());
}
