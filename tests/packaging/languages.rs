//! `make test-languages`: whatever a package's tests do, the closing line of `bindings/run.sh` counts it. The packages here are
//! scripts of a few words. And the page on other languages shows the programs that it runs.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use personr_testkit::compile::{ROOT, said};
use tempfile::TempDir;

/// A source tree with the runner, and with packages.
struct Tree(TempDir);

impl Tree {
    /// Each package is a name, and what its `test.sh` does.
    fn of(packages: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().expect("a folder"));
        for script in ["bindings/run.sh", "tests/counted.sh"] {
            fs::create_dir_all(tree.path(script).parent().expect("a folder")).expect("made");
            fs::copy(Path::new(ROOT).join(script), tree.path(script)).expect("copied");
        }
        for (name, script) in packages {
            let folder = tree.path("bindings").join(name);
            fs::create_dir(&folder).expect("made");
            fs::write(folder.join("test.sh"), script).expect("written");
        }
        tree
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// With a library and a sandbox that are there already: nothing is built.
    fn runner(&self, names: &[&str]) -> Command {
        let mut runner = Command::new("sh");
        runner.arg(self.path("bindings/run.sh")).args(names);
        runner.env("PERSONR_PREFIX", "/opt/p").env("PERSONR_SANDBOX", "/opt/sandbox");
        runner.env("HTTPS_PROXY", "http://127.0.0.1:1");
        ["CARGO_TARGET_DIR", "CI", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH"].iter().for_each(|name| {
            runner.env_remove(name);
        });
        runner
    }

    /// Whether the run succeeded, and its last lines, those behind the last empty one.
    fn closing(&self, runner: &mut Command) -> (bool, Vec<String>) {
        let output = runner.output().expect("a shell");
        let text = said(&output);
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        let last = lines.iter().rposition(String::is_empty).unwrap_or_else(|| panic!("no closing lines:\n{text}"));
        (output.status.success(), lines[last + 1..].to_vec())
    }
}

#[test]
fn passed_failed_and_skipped_are_summed_over_the_packages() {
    let tree = Tree::of(&[
        ("ada", "echo '2 passed, 0 failed'"),
        ("basic", "echo 'SKIP fork: it has none'\necho '3 passed, 0 failed, 1 skipped'"),
        ("cobol", "echo 'looking for cobc'\necho 'cobc is not installed'\nexit 77"),
    ]);
    let (succeeded, lines) = tree.closing(&mut tree.runner(&[]));
    assert_eq!(lines, ["SKIP cobol: cobc is not installed", "SKIP fork: it has none", "5 passed, 0 failed, 2 skipped"]);
    assert!(succeeded);

    let (succeeded, lines) = tree.closing(&mut tree.runner(&["ada"]));
    assert_eq!(lines, ["2 passed, 0 failed"]);
    assert!(succeeded);
}

#[test]
fn a_failure_is_never_lost() {
    for (script, expected) in [
        ("echo '1 passed, 2 failed'\nexit 1", vec!["p: 2 failed, see above", "1 passed, 2 failed"]),
        ("echo '1 passed, 1 failed'", vec!["p: 1 failed, see above", "1 passed, 1 failed"]),
        (
            "exit 3",
            vec![
                "p: it failed with exit status 3, and counts no failure; that counts as one failure",
                "0 passed, 1 failed",
            ],
        ),
        (
            "echo '4 passed, 0 failed'\nexit 1",
            vec![
                "p: it failed with exit status 1, and counts no failure; that counts as one failure",
                "4 passed, 1 failed",
            ],
        ),
        (
            "echo all is well",
            vec!["p: it succeeded, but counts no test that passed; that counts as one failure", "0 passed, 1 failed"],
        ),
        (
            "echo '1 passed, 0 failed, 2 skipped'\necho 'SKIP fork: it has none'",
            vec![
                "p: it skipped 2, and names 1; that counts as one failure",
                "SKIP fork: it has none",
                "1 passed, 1 failed, 1 skipped",
            ],
        ),
    ] {
        let tree = Tree::of(&[("p", script)]);
        let (succeeded, lines) = tree.closing(&mut tree.runner(&[]));
        assert_eq!(lines, expected, "{script}");
        assert!(!succeeded, "{script}");
    }
}

#[test]
fn a_package_that_hangs_is_ended_and_named() {
    let tree = Tree::of(&[("p", "echo '1 passed, 0 failed'\nsleep 600"), ("q", "echo '1 passed, 0 failed'")]);
    let (succeeded, lines) = tree.closing(tree.runner(&[]).env("PERSONR_SECONDS", "0.2"));
    assert_eq!(lines, ["p: it did not end within 0.2 seconds; that counts as one failure", "2 passed, 1 failed"]);
    assert!(!succeeded);
}

/// On a user's machine whatever is missing is skipped.
#[test]
fn under_ci_only_what_is_listed_may_be_skipped() {
    let tree = Tree::of(&[("go", "echo no go\nexit 77"), ("swift", "echo no swift\nexit 77")]);
    let (succeeded, lines) = tree.closing(tree.runner(&[]).env("CI", "true"));
    assert_eq!(
        lines,
        [
            "go: here it may not be skipped (no go); that counts as one failure",
            "SKIP swift: no swift",
            "0 passed, 1 failed, 1 skipped"
        ]
    );
    assert!(!succeeded);
}

#[test]
fn a_package_is_told_where_everything_is() {
    let tree = Tree::of(&[(
        "p",
        "set -eu
        [ \"$PWD\" = \"$(cd \"$(dirname \"$0\")/../..\" && pwd)\" ]
        [ \"$PERSONR_PREFIX $PERSONR_SANDBOX\" = '/opt/p /opt/sandbox' ]
        [ \"$PKG_CONFIG_PATH $LD_LIBRARY_PATH\" = '/opt/p/lib/pkgconfig /opt/p/lib' ]
        [ -z \"${HTTPS_PROXY-}\" ]
        [ -z \"$(ls -A \"$PERSONR_WORK\")\" ]
        : >\"$PERSONR_WORK/built\"
        if read -r line; then exit 1; fi
        # Else no test could show what Ctrl-C does.
        if sh -c 'kill -INT $$'; then exit 1; fi
        echo '1 passed, 0 failed'",
    )]);
    for _ in 0..2 {
        let (succeeded, lines) = tree.closing(&mut tree.runner(&[]));
        assert_eq!(lines, ["1 passed, 0 failed"], "what the first run has built is not there in the second");
        assert!(succeeded);
    }
    let output = tree.runner(&["q"]).output().expect("a shell");
    assert!(!output.status.success() && said(&output).contains("there is no bindings/q/test.sh"), "{}", said(&output));
}

/// `make` exports DESTDIR and its like, which speak of another installation.
#[test]
fn the_library_is_built_if_it_is_old_and_installed_for_the_tests() {
    let tree = Tree::of(&[("p", "echo \"p $PERSONR_PREFIX\" >>log\necho '1 passed, 0 failed'")]);
    fs::create_dir(tree.path("packaging")).expect("made");
    let note = "echo \"$1 ${PREFIX-} ${DESTDIR-}${LIBDIR-}${BINDIR-}${TARGET-}\" >>log\n";
    fs::write(tree.path("packaging/install.sh"), format!("{note}[ $1 != is-current ]")).expect("written");
    fs::write(tree.path("packaging/build.sh"), "echo build >>log").expect("written");
    let mut runner = tree.runner(&[]);
    runner.env_remove("PERSONR_PREFIX").env_remove("PREFIX");
    let (succeeded, lines) = tree.closing(
        runner.env("DESTDIR", "/destdir").env("LIBDIR", "/lib").env("BINDIR", "/bin").env("TARGET", "aarch64-linux"),
    );
    assert_eq!((succeeded, lines), (true, vec!["1 passed, 0 failed".to_owned()]));
    let prefix = tree.path("target/languages/prefix");
    let expected = format!("is-current  \nbuild\ninstall {0} \np {0}\n", prefix.display());
    assert_eq!(fs::read_to_string(tree.path("log")).expect("a log"), expected);
}

/// By a signal, as from a terminal or from what watches over CI. The pipe ends when the last process that holds it does.
#[test]
fn a_run_that_is_ended_ends_the_package_that_it_runs() {
    let tree = Tree::of(&[("p", "exec 3>pipe\nsleep 30 &\necho begun >&3\nwait")]);
    assert!(Command::new("mkfifo").arg(tree.path("pipe")).status().expect("mkfifo runs").success());
    let began = Instant::now();
    let mut run = tree.runner(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a shell");
    let mut pipe = BufReader::new(File::open(tree.path("pipe")).expect("the pipe opens"));
    let mut line = String::new();
    pipe.read_line(&mut line).expect("a line");
    assert_eq!(line, "begun\n");

    assert!(Command::new("kill").arg(run.id().to_string()).status().expect("kill runs").success());
    assert_eq!(run.wait().expect("it ends").code(), Some(143));
    pipe.read_to_string(&mut line).expect("the pipe ends");
    assert!(began.elapsed() < Duration::from_secs(20), "something of the package went on");
}

/// Word for word. The other files in that folder are for the tests alone.
#[test]
fn the_page_on_languages_shows_the_programs_that_are_run() {
    let page = fs::read_to_string(Path::new(ROOT).join("docs/languages.md")).expect("the page");
    let blocks: BTreeSet<_> =
        page.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').expect("a line").1).collect();
    let mut programs = BTreeSet::new();
    for entry in fs::read_dir(Path::new(ROOT).join("bindings/others")).expect("the programs") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().to_ascii_lowercase();
        if ["applicant", "personr-r", "operations", "interrupt"].contains(&&*name) {
            let text = fs::read_to_string(&path).expect("text");
            assert!(blocks.contains(&*text), "docs/languages.md does not show {} as it is", path.display());
            programs.insert(text);
        }
    }
    assert_eq!(programs.len(), blocks.len(), "docs/languages.md shows a program that is not there");
    assert!(programs.len() > 12, "{}", programs.len());
}
