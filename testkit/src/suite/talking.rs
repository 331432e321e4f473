//! Scenarios of programs that say how far they are, and wait to be told to go on.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use personr_sandbox::{Action, DEFAULT_PASSWORD, Fault, Sandbox};

use crate::c_program::{Account, Program};
use crate::compile::said;
use crate::store_directory::StoreDirectory;

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::start().expect("a sandbox");
    sandbox.order(Fault::new(Action::Hold));
    sandbox
}

/// The service withholds its answer until all threads are cancelled.
pub fn cancelled_calls_return(program: &Program, store: &[&str]) {
    let sandbox = sandbox();
    let mut application = Talking::to(program, &sandbox, store);
    application.wait_for("cancelled");
    application.wait_until_held(&sandbox);
    sandbox.release();
    application.ends_well("cancelled: all checked\n");
}

/// The service withholds its answer until the handle is freed.
pub fn a_freed_handle_serves_its_calls(program: &Program, arguments: &[&str]) {
    let sandbox = sandbox();
    let mut application = Talking::to(program, &sandbox, arguments);
    application.wait_for("wait");
    application.wait_until_held(&sandbox);
    application.wait_until_all_wait();
    application.child.stdin.as_mut().expect("a pipe").write_all(b"\n").expect("it waits for a line");
    application.wait_for("freed");
    assert_eq!(sandbox.counters().held, 1);
    sandbox.release();
    application.ends_well("freed: all checked\n");
}

/// A CA moves from the file to the directory, and out of it.
pub fn roots_are_as_old_as_their_files(program: &Program) {
    let sandbox = Sandbox::start().expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("certs")).expect("a directory");
    let mut application = Talking::to(program, &sandbox, &[]);
    for (variable, name) in [("SSL_CERT_FILE", "bundle"), ("SSL_CERT_DIR", "certs")] {
        application.does(&format!("setenv {variable}={}", path(name).display()), "ok");
    }
    application.does("handles 2", "ok");
    for (name, other) in [("bundle", "certs/0a1b2c3d.0"), ("certs/0a1b2c3d.0", "bundle")] {
        fs::write(path(name), sandbox.ca_pem()).expect("written");
        fs::write(path(other), "").expect("written");
        application.does("login", "ok");
        application.does("login", "ok");
        fs::write(path(name), "-----BEGIN CERTIFICATE-----\n").expect("written");
        application.does("login", "PERSONR_TLS (roots-unreadable)");
        fs::remove_file(path(name)).expect("removed");
        application.does("login", "PERSONR_TLS (no-roots)");
    }
    drop(application.child.stdin.take());
    application.ends_well("");
}

const EMAILS: [&str; 3] = ["ann@example.com", "ben@example.com", "cleo@example.com"];

/// A service that knows three accounts, a store for their tokens, and what the program is told of both.
fn three_accounts() -> (Sandbox, StoreDirectory, Vec<String>) {
    let builder = EMAILS.iter().fold(Sandbox::builder(), |builder, email| builder.account(email, DEFAULT_PASSWORD));
    let store = StoreDirectory::new();
    let arguments = [store.url()].into_iter().chain(EMAILS.map(str::to_owned)).collect();
    (builder.start().expect("a sandbox"), store, arguments)
}

/// What was issued is in the store: one live token of each account, and no other was issued.
fn assert_all_are_kept(sandbox: &Sandbox, store: &StoreDirectory) {
    let entries = fs::read_dir(store.path()).expect("the store").map(|entry| entry.expect("an entry").path());
    let records = entries.filter(|path| path.extension().is_some_and(|it| it == "json"));
    let records: Vec<_> = records.map(|path| fs::read_to_string(path).expect("a record")).collect();
    let is_kept = |email: &&str| {
        let token = sandbox.live_token(email).expect("a token was issued");
        records.iter().any(|record| record.contains(&format!("\"{token}\"")))
    };
    assert_eq!(EMAILS.iter().filter(|email| is_kept(email)).count(), EMAILS.len());
    assert_eq!((sandbox.counters().tokens_issued, records.len()), (3, 3));
}

fn assert_a_line_for_each(output: &str) {
    let mut emails: Vec<_> = output.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    emails.sort_unstable();
    assert_eq!(emails, EMAILS, "{output}");
}

/// The second time they are in the store.
pub fn a_loop_has_a_token_for_each_account(program: &Program) {
    let (sandbox, store, arguments) = three_accounts();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    for _ in 0..2 {
        let run = program.run(&Account::of(&sandbox), &arguments);
        run.assert_code(0);
        assert_a_line_for_each(&run.stdout);
        assert_all_are_kept(&sandbox, &store);
    }
}

/// The service has the requests for all logins, and answers when their operations have been cancelled.
pub fn an_interrupted_loop_loses_no_token(program: &Program) {
    let (sandbox, store, arguments) = three_accounts();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    sandbox.order(Fault::new(Action::Hold).times(3));
    let mut application = Talking::to(program, &sandbox, &arguments);
    application.wait_until_all_are_held(&sandbox, 3);
    application.interrupt();
    application.wait_for("waiting for logins that are on their way");
    assert_eq!((sandbox.counters().held, sandbox.counters().tokens_issued), (3, 0));
    sandbox.release();
    let (code, output, errors) = application.ends();
    assert_eq!(code, Some(130), "{output}{errors}");
    assert_a_line_for_each(&output);
    assert_a_line_for_each(&errors);
    assert_eq!(errors.matches(": PERSONR_CANCELLED (cancelled): ").count(), 3, "{errors}");
    assert_all_are_kept(&sandbox, &store);
}

/// What `timeout` has started.
pub fn program_of(timeout: &Child) -> u32 {
    let id = timeout.id();
    let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).expect("the program");
    children.trim().parse().expect("one child")
}

/// A program as it runs, which says how far it is.
struct Talking {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Talking {
    fn to(program: &Program, sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut command = program.command(&Account::of(sandbox));
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, output }
    }

    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("output");
        assert_eq!(line.trim_end(), word, "{}", self.errors());
    }

    /// Tells it to do something. Its answer begins with these words.
    fn does(&mut self, what: &str, words: &str) {
        writeln!(self.child.stdin.as_mut().expect("a pipe"), "{what}").expect("it waits for a line");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("output");
        if !line.starts_with(words) {
            panic!("{what}: {line}{}", self.errors());
        }
    }

    /// Until its request has arrived, if it lives so long.
    fn wait_until_held(&mut self, sandbox: &Sandbox) {
        self.wait_until_all_are_held(sandbox, 1);
    }

    fn wait_until_all_are_held(&mut self, sandbox: &Sandbox, count: u64) {
        let begun = Instant::now();
        while !sandbox.wait_until(Duration::from_millis(50), |counters| counters.held == count) {
            let end = self.child.try_wait().expect("a status");
            assert!(end.is_none() && begun.elapsed() < PATIENCE, "{end:?}\n{}", self.errors());
        }
    }

    /// Until no thread of the program does anything for a while. (A checker lets one
    /// thread run at a time, and the others seem to wait.)
    fn wait_until_all_wait(&self) {
        let program = program_of(&self.child);
        let all_wait = || {
            let threads = fs::read_dir(format!("/proc/{program}/task")).expect("its threads");
            let states = threads.map(|thread| {
                let path = thread.expect("a thread").path().join("stat");
                let stat = fs::read_to_string(path).expect("how it stands");
                stat.rsplit_once(") ").expect("behind its name").1.starts_with('S')
            });
            states.into_iter().all(|waits| waits)
        };
        let begun = Instant::now();
        let mut times = 0;
        while times < 40 {
            assert!(begun.elapsed() < PATIENCE, "its threads never wait");
            times = if all_wait() { times + 1 } else { 0 };
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn errors(&mut self) -> String {
        let mut errors = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("UTF-8");
        errors
    }

    /// As the terminal does when its user presses Ctrl-C.
    fn interrupt(&self) {
        let program = program_of(&self.child).try_into().expect("a process id");
        // SAFETY: touches no memory. The program is a child of a child of ours that has not been waited for.
        assert_eq!(unsafe { libc::kill(program, libc::SIGINT) }, 0);
    }

    /// Its status and what it has said since.
    fn ends(mut self) -> (Option<i32>, String, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("UTF-8");
        let output = self.child.wait_with_output().expect("its end");
        (output.status.code(), rest, String::from_utf8(output.stderr).expect("UTF-8"))
    }

    fn ends_well(mut self, last: &str) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("UTF-8");
        let output = self.child.wait_with_output().expect("its end");
        let said = said(&output);
        assert!(output.status.success() && rest == last && said.is_empty(), "{:?}\n{rest}{said}", output.status);
    }
}
