//! An application that does what it is told, line by line: `tests/c/roots.c`.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use personr_sandbox::Sandbox;
use personr_testkit::c_program::{Account, Program, source};
use tempfile::TempDir;

pub struct Application {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Application {
    /// Tells it to do something, and returns its answer.
    pub fn does(&mut self, what: &str) -> String {
        let input = self.input.as_mut().expect("open");
        writeln!(input, "{what}").expect("it reads");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("UTF-8");
        assert!(line.ends_with('\n'), "it ended at {what:?}");
        line.trim_end().to_owned()
    }

    #[track_caller]
    pub fn succeeds(&mut self, what: &str) {
        assert_eq!(self.does(what), "ok", "{what}");
    }

    /// With this status and reason, and these words in the message, which it returns.
    #[track_caller]
    pub fn fails(&mut self, what: &str, kind: &str, words: &str) -> String {
        let answer = self.does(what);
        assert!(answer.starts_with(kind) && answer.contains(words), "{what}: {answer}");
        answer
    }

    pub fn number(&mut self, what: &str) -> i64 {
        self.does(what).parse().expect("a number")
    }

    /// How it ends when there is nothing more to do.
    pub fn end(mut self) {
        drop(self.input.take());
        assert!(self.process.wait().expect("it ends").success());
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub const UNKNOWN: &str = "PERSONR_TLS (certificate-unknown-issuer)";

/// An application, and a folder with places for its roots.
pub struct Fixture {
    program: Program,
    folder: TempDir,
}

impl Fixture {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        std::fs::create_dir(folder.path().join("certs")).expect("a directory");
        // What the library asks for is to be this program's `getenv`.
        let program = Program::compiled_with(&source("tests/c/roots.c"), &["-rdynamic"]);
        Self { program, folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, contents: &str) {
        std::fs::write(self.path(name), contents).expect("written");
    }

    /// Whose roots are here, and nowhere else.
    pub fn application(&self, sandbox: &Sandbox) -> Application {
        self.application_with(
            sandbox,
            &[("SSL_CERT_FILE", &self.path("bundle")), ("SSL_CERT_DIR", &self.path("certs"))],
        )
    }

    /// Whose roots are where these variables say.
    pub fn application_with(&self, sandbox: &Sandbox, variables: &[(&str, impl AsRef<OsStr>)]) -> Application {
        let mut command = self.program.command(&Account::of(sandbox));
        let variables = variables.iter().map(|(name, value)| (name, value.as_ref()));
        command.envs(variables).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the program runs");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("piped"));
        Application { process, input, output }
    }
}

/// A sandbox, and the certificate of the CA of another one.
pub fn sandbox_and_stranger() -> (Sandbox, String) {
    let [sandbox, other] = [0, 1].map(|_| Sandbox::start().expect("a sandbox"));
    let stranger = other.ca_pem().to_owned();
    (sandbox, stranger)
}
