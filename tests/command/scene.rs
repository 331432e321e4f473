//! A sandbox, a folder of a user's, and the command as that user runs it.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::env;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::c_program::{Program, source};
use personr_testkit::compile::Workshop;
use tempfile::TempDir;

pub const BINARY: &[u8] = b"\x00\xff%PDF-1.7 \r\n\r\n--";

/// Compiled once for all tests.
pub fn program() -> &'static PathBuf {
    static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
        let files = fs::read_dir(source("cli")).expect("the sources").map(|file| file.expect("an entry").path());
        let sources: Vec<_> = files.filter(|path| path.extension().is_some_and(|it| it == "c")).collect();
        Program::compiled_in(Workshop::new(), &sources, &[])
    });
    &PROGRAM.path
}

/// How a run ended.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Outcome {
    fn of(output: Output) -> Self {
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(!stderr.contains(DEFAULT_PASSWORD), "{stderr}");
        Self { code: output.status.code(), stdout: output.stdout, stderr }
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("UTF-8")
    }

    /// It has done its work, and has nothing to say on stderr.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!((self.code, &*self.stderr), (Some(0), ""), "{}", self.text());
        self
    }

    /// It failed with this exit status, in one line on stderr that has these words, and wrote nothing else.
    #[track_caller]
    pub fn failed(self, code: i32, words: &str) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.contains(words), "{words:?} is not in {:?}", self.stderr);
        let is_line = self.stderr.starts_with("personr: ") && self.stderr.matches('\n').count() == 1;
        assert!(is_line && self.stderr.ends_with('\n') && self.stdout.is_empty(), "{self:?}");
        self
    }
}

pub struct Scene {
    pub sandbox: Sandbox,
    folder: TempDir,
}

impl Scene {
    /// The password stands in a file, which the environment names.
    pub fn new() -> Self {
        let scene =
            Self { sandbox: Sandbox::start().expect("a sandbox"), folder: tempfile::tempdir().expect("a folder") };
        scene.write("password", format!("{DEFAULT_PASSWORD}\n"));
        scene
    }

    /// And there is a token in the store.
    pub fn with_token() -> Self {
        let scene = Self::new();
        scene.run(&["token"]).done();
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        fs::write(self.path(name), text).expect("written");
        self.path(name).display().to_string()
    }

    pub fn live_token(&self) -> String {
        self.sandbox.live_token(DEFAULT_EMAIL).expect("a token")
    }

    /// Without a terminal, and ended if it hangs. Its stdin is at its end.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--foreground", "--kill-after=1", "60"]).arg(program()).args(arguments);
        self.settle(&mut command);
        // SAFETY: setsid may be called behind fork.
        unsafe {
            command.pre_exec(|| match libc::setsid() {
                -1 => Err(std::io::Error::last_os_error()),
                _ => Ok(()),
            })
        };
        command
    }

    /// The environment and the working directory of the user.
    pub fn settle(&self, command: &mut Command) {
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("HOME", self.path("home")).env("PERSONR_EMAIL", DEFAULT_EMAIL);
        command.env("PERSONR_BASE_URL", self.sandbox.base_url()).env("PERSONR_CA_FILE", self.sandbox.ca_file());
        command.env("PERSONR_PASSWORD_FILE", self.path("password"));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        finish(&mut self.command(arguments))
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Outcome {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("it runs");
        child.stdin.take().expect("a pipe").write_all(input).expect("it reads");
        wait(child)
    }
}

/// A script of the user that runs the command as "$0", with its arguments as "$@".
pub fn sh(scene: &Scene, script: &str, arguments: &[&str]) -> Command {
    let mut shell = Command::new("timeout");
    shell.args(["--kill-after=1", "60", "sh", "-euc", script]).arg(program()).args(arguments);
    scene.settle(&mut shell);
    shell
}

pub fn finish(command: &mut Command) -> Outcome {
    Outcome::of(command.output().expect("it runs"))
}

pub fn wait(child: Child) -> Outcome {
    Outcome::of(child.wait_with_output().expect("its end"))
}
