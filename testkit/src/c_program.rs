//! Applications in C: compiled as their users would, and run with an account of a sandbox's, by themselves or under a
//! checker.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};

use crate::compile::{ROOT, Workshop, cc, said};

pub const FLAGS: [&str; 6] = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// In seconds. Long enough for any machine; who hangs is ended and fails.
const PATIENCE: &str = "300";

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
    /// The same.
    ThreadSanitizer,
}

/// A compiled program and the way it is run.
pub struct Program {
    pub path: PathBuf,
    pub checker: Checker,
    pub workshop: Workshop,
}

impl Program {
    /// Linked to the shared library that cargo has built for this test run.
    pub fn compiled(source: &Path) -> Self {
        Self::compiled_with(source, &[])
    }

    pub fn compiled_with(source: &Path, libraries: &[&str]) -> Self {
        Self::compiled_in(Workshop::new(), &[source], libraries)
    }

    /// Linked to the library of a workshop.
    pub fn compiled_in(workshop: Workshop, sources: &[impl AsRef<OsStr>], libraries: &[&str]) -> Self {
        let path = workshop.program("program", &cc(), &arguments(sources, libraries));
        Self { path, checker: Checker::None, workshop }
    }

    /// Not linked to the library: it loads the one that the loader finds in the workshop.
    pub fn loading(source: &Path) -> Self {
        let workshop = Workshop::new();
        let rpath = format!("-Wl,-rpath,{}", workshop.path("").display());
        let path = workshop.link("program", &cc(), &arguments(&[source], &["-ldl", &rpath]), &[]);
        Self { path, checker: Checker::None, workshop }
    }

    pub fn under_valgrind(self) -> Self {
        Self { checker: Checker::Valgrind, ..self }
    }

    /// Runs it with an account in its environment, and nothing else of this test's.
    pub fn run(&self, account: &Account, arguments: &[&str]) -> Run {
        self.run_in(account, arguments, &[])
    }

    /// With these variables in its environment too.
    pub fn run_in(&self, account: &Account, arguments: &[&str], variables: &[(&str, &str)]) -> Run {
        let mut command = self.command(account);
        let output = command.args(arguments).envs(variables.iter().copied()).output().expect("the program runs");
        account.assert_kept(&said(&output));
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    pub fn command(&self, account: &Account) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=1", PATIENCE]).env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("PERSONR_EMAIL", &account.email).env("PERSONR_PASSWORD", &account.password);
        command.env("PERSONR_BASE_URL", &account.base_url).env("PERSONR_CA_FILE", &account.ca_file);
        match self.checker {
            Checker::None => {}
            Checker::Valgrind => {
                command.args(["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
                // As deep as it takes from the allocator to the function that was called, in a debug build.
                command.arg("--num-callers=50");
                command.arg(format!("--error-exitcode={FOUND}"));
                command.arg(format!("--suppressions={ROOT}/tests/valgrind.supp"));
            }
            // The names of functions come from llvm-symbolizer, or where it is missing from binutils.
            Checker::AddressSanitizer => {
                let options = "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:allow_addr2line=1";
                command.env("ASAN_OPTIONS", format!("{options}:exitcode={FOUND}"));
            }
            // `io_sync`: what one thread writes into a descriptor and another one reads puts them in no order. All sockets
            // would count as one descriptor, and each request would hide a race.
            Checker::ThreadSanitizer => {
                let options = format!("io_sync=0:history_size=7:die_after_fork=0:atexit_sleep_ms=0:exitcode={FOUND}");
                let names = in_path("addr2line").map(|path| format!(":external_symbolizer_path={}", path.display()));
                command.env("TSAN_OPTIONS", options + &names.unwrap_or_default());
            }
        }
        command.arg(&self.path);
        command
    }
}

fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn arguments<'a>(sources: &'a [impl AsRef<OsStr>], libraries: &'a [&'a str]) -> Vec<&'a OsStr> {
    let sources = sources.iter().map(AsRef::as_ref);
    FLAGS.iter().map(OsStr::new).chain(sources).chain(libraries.iter().map(OsStr::new)).collect()
}

/// How a run ended.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// It came to a good end.
    #[track_caller]
    pub fn succeeded(self) -> Self {
        self.assert_code(0);
        self
    }

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

    /// The lines without a colon, which label no number.
    pub fn lines(&self) -> Vec<&str> {
        self.stdout.lines().filter(|line| !line.contains(": ")).collect()
    }

    /// All lines of the form `label: number`.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, i64)> {
        self.stdout.lines().filter_map(|line| {
            let (label, number) = line.split_once(": ")?;
            Some((label, number.parse().ok()?))
        })
    }

    #[track_caller]
    pub fn number(&self, label: &str) -> i64 {
        let found = self.numbers().find(|(name, _)| *name == label);
        found.unwrap_or_else(|| panic!("no {label} in {}", self.stdout)).1
    }
}

/// Whom a program logs in, and where.
pub struct Account {
    pub email: String,
    pub password: String,
    pub base_url: String,
    pub ca_file: PathBuf,
}

impl Account {
    pub fn of(sandbox: &Sandbox) -> Self {
        Self {
            email: DEFAULT_EMAIL.to_owned(),
            password: DEFAULT_PASSWORD.to_owned(),
            base_url: sandbox.base_url().to_owned(),
            ca_file: sandbox.ca_file().to_owned(),
        }
    }

    pub fn with_password(self, password: &str) -> Self {
        Self { password: password.to_owned(), ..self }
    }

    /// By a name that has to be looked up: see `tests/c/look_up.h`.
    pub fn by_name(self) -> Self {
        Self { base_url: self.base_url.replace("127.0.0.1", "personr.test"), ..self }
    }

    pub fn is_by_name(&self) -> bool {
        self.base_url.contains("personr.test")
    }

    /// The password is in nothing that a program says.
    #[track_caller]
    pub fn assert_kept(&self, text: &str) {
        assert!(!text.contains(&self.password), "the password is in the output:\n{text}");
    }
}
