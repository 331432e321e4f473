//! The C suite: the programs of `examples-c/` and `tests/c/`, each with what it is put through. It is run by itself,
//! under valgrind, and on a library that looks after its own addresses.

#![allow(dead_code)] // each test binary uses its part

pub mod members;
pub mod scenarios;
pub mod seeds;

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_sandbox::{DEFAULT_EMAIL, Sandbox};

use crate::compile::{ROOT, Workshop, cc, said};

pub const FLAGS: [&str; 6] = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// What a checker exits with if it has something to say. The programs use 0 and 1.
pub const FOUND: i32 = 99;

pub fn source(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

/// What watches a program while it runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Checker {
    None,
    Valgrind,
    /// Of programs that were compiled for it.
    AddressSanitizer,
}

/// A compiled program and the way it is run.
pub struct Program {
    pub path: PathBuf,
    pub checker: Checker,
    pub workshop: Workshop,
}

/// How a run ended.
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn compiled(source: &Path) -> Self {
        Self::compiled_with(source, &[])
    }

    pub fn compiled_with(source: &Path, libraries: &[&str]) -> Self {
        let workshop = Workshop::new();
        let mut arguments: Vec<&OsStr> = FLAGS.iter().map(OsStr::new).collect();
        arguments.push(source.as_os_str());
        arguments.extend(libraries.iter().map(OsStr::new));
        let path = workshop.program("program", &cc(), &arguments);
        Self { path, checker: Checker::None, workshop }
    }

    pub fn under_valgrind(self) -> Self {
        Self { checker: Checker::Valgrind, ..self }
    }

    /// Runs it with an account of the sandbox's in its environment, and nothing else of this test's.
    pub fn run(&self, service: &Service, password: &str, arguments: &[&str]) -> Run {
        let mut command = self.command();
        command.args(arguments).envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", password);
        command.env("PERSONR_BASE_URL", &service.base_url).env("PERSONR_CA_FILE", &service.ca_file);
        let output = command.output().expect("the program runs");
        let all = said(&output);
        assert!(!all.contains(password), "the password is in the output:\n{all}");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(if self.checker == Checker::Valgrind {
            OsStr::new("valgrind")
        } else {
            self.path.as_os_str()
        });
        command.env_clear();
        match self.checker {
            Checker::None => {}
            Checker::Valgrind => {
                command.args(["-q", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
                // As deep as it takes from the allocator to the function that was called, in a debug build.
                command.arg("--num-callers=50");
                command.arg(format!("--error-exitcode={FOUND}"));
                command.arg(format!("--suppressions={ROOT}/tests/valgrind.supp"));
                command.arg(&self.path);
            }
            // The names of functions come from llvm-symbolizer, or where it is missing from binutils.
            Checker::AddressSanitizer => {
                let options = "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:allow_addr2line=1";
                command.env("ASAN_OPTIONS", format!("{options}:exitcode={FOUND}"));
            }
        }
        command
    }
}

impl Run {
    /// It ended with this code, and no checker had a word to say.
    #[track_caller]
    pub fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.stdout, self.stderr);
        assert!(!self.has_a_finding(), "\n{}\n{}", self.stdout, self.stderr);
    }

    /// A checker had something to say. Under valgrind the program may have come to a worse end than that.
    #[track_caller]
    pub fn assert_found(&self) {
        assert!(self.has_a_finding(), "\n{}\n{}", self.stdout, self.stderr);
        assert!(self.code.is_none_or(|code| code == FOUND), "{:?}\n{}", self.code, self.stderr);
    }

    /// A line of a checker's begins with "==" and the process, which may be a forked child with an exit code of its own.
    fn has_a_finding(&self) -> bool {
        self.stderr.lines().any(|line| line.starts_with("=="))
    }

    /// What stands behind `label` in each line that begins with it.
    pub fn values(&self, label: &str) -> Vec<&str> {
        self.stdout.lines().filter_map(|line| Some(line.strip_prefix(label)?.trim())).collect()
    }
}

/// Where a program finds the service.
pub struct Service {
    pub base_url: String,
    pub ca_file: PathBuf,
}

impl Service {
    pub fn of(sandbox: &Sandbox) -> Self {
        Self { base_url: sandbox.base_url().to_owned(), ca_file: sandbox.ca_file().to_owned() }
    }
}
