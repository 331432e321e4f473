//! A prefix into which `make install` has put the release library.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use personr_testkit::compile::{ROOT, release, said, target};
use tempfile::TempDir;

/// Everything below a folder is removed with it.
pub struct Prefix(TempDir);

/// One for all tests that only look at it.
pub fn prefix() -> &'static Prefix {
    static PREFIX: LazyLock<Prefix> = LazyLock::new(Prefix::installed);
    &PREFIX
}

impl Prefix {
    pub fn installed() -> Self {
        static BUILT: LazyLock<PathBuf> = LazyLock::new(release);
        assert!(BUILT.is_file());
        let prefix = Self(TempDir::new().expect("a folder"));
        make(&["install"], prefix.path());
        prefix
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// All files and links, relative to the prefix.
    pub fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let entry = entry.expect("an entry");
                if entry.file_type().expect("a type").is_dir() {
                    folders.push(entry.path());
                } else {
                    let path = entry.path();
                    files.insert(path.strip_prefix(self.path()).expect("below it").display().to_string());
                }
            }
        }
        files
    }
}

/// Runs make with these words, for a prefix.
pub fn make(words: &[&str], prefix: &Path) {
    let mut make = Command::new("make");
    make.arg("-C").arg(ROOT).args(words).arg(format!("PREFIX={}", prefix.display()));
    make.env("CARGO_TARGET_DIR", target());
    // Those of a `make check` that runs this test.
    make.env_remove("MAKEFLAGS").env_remove("MAKELEVEL");
    let output = make.output().expect("make runs");
    assert!(output.status.success(), "{make:?}:\n{}", said(&output));
}

/// What a program of binutils says of a file.
pub fn tool(program: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(program).args(arguments).arg(file).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error} (Debian: binutils)"));
    assert!(output.status.success(), "{program}: {}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}
