//! `make release-check` finds what was forgotten: here, of what needs no build.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::path::Path;
use std::process::Command;

use personr_testkit::compile::{ROOT, is_installed, said, skip};
use tempfile::TempDir;

const CHANGELOG: &str = "# Changelog\n\n## 1.2.3, 2026-01-31\n\n- It works.\n\n## 1.2.2, 2026-01-30\n";

/// A repository that may be released as version 1.2.3.
struct Repository(TempDir);

impl Repository {
    fn new() -> Self {
        let repository = Self(TempDir::new().expect("a folder"));
        for folder in ["packaging", "include", "docs"] {
            fs::create_dir(repository.0.path().join(folder)).expect("made");
        }
        for script in ["packaging/release-check.sh", "packaging/version.sh"] {
            fs::copy(Path::new(ROOT).join(script), repository.0.path().join(script)).expect("copied");
        }
        for (path, text) in [
            ("Cargo.toml", "[workspace.package]\nversion = \"1.2.3\"\n"),
            ("include/personr.h", "#define PERSONR_VERSION \"1.2.3\"\n#define PERSONR_VERSION_NUMBER 10203\n"),
            ("CHANGELOG.md", CHANGELOG),
            ("docs/testing.md", "Last run: 2026-01-31, version 1.2.3, Linux x86_64, 2 processors, rustc 1.85.0.\n"),
        ] {
            repository.write(path, text);
        }
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.path().join(path), text).expect("written");
    }

    fn git(&self, words: &[&str]) {
        let mut git = Command::new("git");
        // Nothing of this machine's: neither a repository around it, nor signing, nor hooks.
        git.args(["-c", "user.name=test", "-c", "user.email=test@example.com"]).args(words);
        git.current_dir(self.0.path()).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"].iter().for_each(|name| {
            git.env_remove(name);
        });
        let output = git.output().expect("git runs");
        assert!(output.status.success(), "{git:?}: {}", said(&output));
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "All", "--allow-empty"]);
    }

    /// What is said to be wrong.
    fn failures(&self) -> Vec<String> {
        let mut check = Command::new("sh");
        check.arg(self.0.path().join("packaging/release-check.sh")).arg("papers");
        let output = check.output().expect("a shell");
        let said = said(&output);
        let failures: Vec<_> =
            said.lines().filter_map(|line| line.strip_prefix("FAILED  ")).map(str::to_owned).collect();
        assert_eq!(output.status.success(), failures.is_empty(), "{said}");
        assert_eq!(said.matches("ok      ").count() + failures.len(), 5, "{said}");
        failures
    }
}

#[test]
fn a_release_that_is_not_ready_is_refused() {
    if !is_installed("git") {
        return skip("the check of a release", "git is not installed");
    }
    let repository = Repository::new();
    assert_eq!(repository.failures(), [] as [&str; 0]);

    repository.write("new.c", "");
    assert_eq!(repository.failures(), ["nothing is changed that is not committed"]);
    repository.commit();

    for (path, text, failure) in [
        (
            "include/personr.h",
            "#define PERSONR_VERSION \"1.2.30\"\n#define PERSONR_VERSION_NUMBER 10203\n",
            "include/personr.h has version 1.2.3",
        ),
        (
            "include/personr.h",
            "#define PERSONR_VERSION \"1.2.3\"\n#define PERSONR_VERSION_NUMBER 10202\n",
            "include/personr.h has version 1.2.3",
        ),
        ("docs/testing.md", "Last run: 2026-01-30, version 1.2.2, Linux.\n", "docs/testing.md is of version 1.2.3"),
    ] {
        let before = fs::read_to_string(repository.0.path().join(path)).expect("text");
        repository.write(path, text);
        repository.commit();
        assert_eq!(repository.failures(), [failure]);
        repository.write(path, &before);
        repository.commit();
    }
    for heading in
        ["## 1.2.3, unreleased", "## 1.2.2, 2026-01-31", "## 1.2.3, 2999-01-31", "## 1.2.3", "## 1.2.34, 2026-01-31"]
    {
        repository.write("CHANGELOG.md", &CHANGELOG.replace("## 1.2.3, 2026-01-31", heading));
        repository.commit();
        assert_eq!(repository.failures(), ["CHANGELOG.md begins with 1.2.3 and its day"], "{heading}");
    }
    repository.write("CHANGELOG.md", CHANGELOG);
    repository.commit();

    repository.git(&["tag", "v1.2.3"]);
    assert_eq!(repository.failures(), ["there is no tag v1.2.3"]);
}
