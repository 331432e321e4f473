//! The host programs in `tests/c/`, compiled like the examples and run with an account of a sandbox's.

#![allow(dead_code)] // each test binary uses its part

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};

use crate::compile::{ROOT, Workshop, cc, said};

const FLAGS: [&str; 6] = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

/// In seconds. Long enough for any machine; who hangs is ended and fails.
const PATIENCE: &str = "300";

pub struct Program {
    path: PathBuf,
    _workshop: Workshop,
}

impl Program {
    /// Linked to the shared library that cargo has built for this test run.
    pub fn compile(sources: &[&str]) -> Self {
        Self::compile_in(Workshop::new(), sources)
    }

    pub fn compile_in(workshop: Workshop, sources: &[&str]) -> Self {
        let path = workshop.program("program", &cc(), &arguments(sources));
        Self { path, _workshop: workshop }
    }

    /// Not linked to the library: it loads the one that the loader finds in the workshop.
    pub fn compile_loader(sources: &[&str]) -> Self {
        let workshop = Workshop::new();
        let folder = workshop.path("");
        let rpath = format!("-Wl,-rpath,{}", folder.display());
        let path = workshop.link("program", &cc(), &arguments(sources), &["-ldl".as_ref(), rpath.as_ref()]);
        Self { path, _workshop: workshop }
    }

    /// Runs it with an account in its environment, and nothing else of this test's.
    pub fn command(&self, account: &Account) -> Command {
        let mut command = Command::new("timeout");
        command.args(["--kill-after=1", PATIENCE]).arg(&self.path);
        command.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("PERSONR_EMAIL", &account.email).env("PERSONR_PASSWORD", &account.password);
        command.env("PERSONR_BASE_URL", &account.base_url).env("PERSONR_CA_FILE", &account.ca_file);
        command
    }

    /// Runs it to its end, which is a good one.
    #[track_caller]
    pub fn run<A: AsRef<OsStr>>(&self, account: &Account, arguments: &[A]) -> Said {
        let output = self.command(account).args(arguments).output().expect("the program runs");
        account.assert_kept(&said(&output));
        assert!(output.status.success(), "{}\n{}", output.status, said(&output));
        Said::of(&output)
    }
}

fn arguments(sources: &[&str]) -> Vec<PathBuf> {
    let sources = sources.iter().map(|name| Path::new(ROOT).join("tests/c").join(name));
    FLAGS.iter().map(PathBuf::from).chain(sources).collect()
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

/// The lines that a program wrote.
#[derive(Debug, PartialEq, Eq)]
pub struct Said(Vec<String>);

impl Said {
    fn of(output: &Output) -> Self {
        Self(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    }

    /// The lines without a colon, which label no number.
    pub fn lines(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).filter(|line| !line.contains(": ")).collect()
    }

    /// All lines of the form `label: number`.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, i64)> {
        self.0.iter().filter_map(|line| {
            let (label, number) = line.split_once(": ")?;
            Some((label, number.parse().ok()?))
        })
    }

    #[track_caller]
    pub fn number(&self, label: &str) -> i64 {
        let found = self.numbers().find(|(name, _)| *name == label);
        found.unwrap_or_else(|| panic!("no {label} in {:?}", self.0)).1
    }
}
