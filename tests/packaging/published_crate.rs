//! The crate as it is published: what its sources include is in it, and its tests pass.

#![cfg(all(feature = "capi", unix))]

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use personr_testkit::compile::{ROOT, said};

fn cargo(words: &[&str], folder: &Path) -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(words).current_dir(folder);
    cargo
}

fn output(mut command: Command) -> String {
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The paths of the files in it.
fn packaged() -> Vec<PathBuf> {
    let list =
        output(cargo(&["package", "--list", "--allow-dirty", "--offline", "--package", "personr"], Path::new(ROOT)));
    list.lines().map(PathBuf::from).collect()
}

/// `a/b/../c` is `a/c`. `None` if it leaves the folder.
fn plain(path: &Path) -> Option<PathBuf> {
    path.components().try_fold(PathBuf::new(), |mut plain, part| match part {
        Component::ParentDir => plain.pop().then_some(plain),
        part => {
            plain.push(part);
            Some(plain)
        }
    })
}

const INCLUDES: [&str; 4] = ["#[path = \"", "include_str!(\"", "include_bytes!(\"", "include!(\""];

/// What a source includes: the text of each `#[path = "…"]`, and of each `include_…!("…")`. Not what is left out unless the
/// folder of the fuzz targets is there.
fn included(source: &str) -> Vec<&str> {
    let mut is_left_out = false;
    let mut found = Vec::new();
    for line in source.lines() {
        if line.contains("personr_fuzz_targets") {
            is_left_out = true;
        } else if !line.starts_with("#[") {
            is_left_out = false;
        }
        if INCLUDES.iter().any(|include| line.contains(include)) && !is_left_out {
            found.extend(line.split('"').nth(1));
        }
    }
    found
}

#[test]
fn what_its_sources_include_is_in_it() {
    let files = packaged();
    assert!(files.contains(&PathBuf::from("src/lib.rs")), "{files:?}");
    let mut count = 0;
    for file in files.iter().filter(|file| file.extension() == Some(OsStr::new("rs"))) {
        let source = fs::read_to_string(Path::new(ROOT).join(file)).expect("UTF-8");
        for path in included(&source) {
            let included = plain(&file.with_file_name(path));
            assert!(included.is_some_and(|it| files.contains(&it)), "{} includes {path}", file.display());
            count += 1;
        }
    }
    assert!(count >= 4, "{count} files are included");
}

#[test]
#[ignore = "run by make check"]
fn its_own_tests_pass() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("published");
    let mut package =
        cargo(&["package", "--no-verify", "--allow-dirty", "--offline", "--package", "personr"], Path::new(ROOT));
    package.env("CARGO_TARGET_DIR", &target);
    output(package);
    let folder = tempfile::tempdir().expect("a folder");
    let mut unpack = Command::new("tar");
    let name = concat!("personr-", env!("CARGO_PKG_VERSION"));
    unpack.arg("-xzf").arg(target.join(format!("package/{name}.crate"))).arg("-C").arg(folder.path());
    output(unpack);
    let mut test = cargo(&["test", "--offline", "--features", "redis"], &folder.path().join(name));
    // Not the figures of this run, nor its skips.
    test.env("CARGO_TARGET_DIR", &target).env_remove("PERSONR_FIGURES").env_remove("PERSONR_SKIPS");
    let said = output(test);
    assert!(said.contains("wire::answer::tests::the_documented_success_is_a_token ... ok"), "{said}");
}
