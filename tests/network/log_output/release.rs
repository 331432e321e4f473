//! The library as it is shipped has not even the texts that the libraries below would log.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_testkit::compile::{ROOT, built, release};
use personr_testkit::figures::{figures, is_check};

const LOGGING: [&str; 2] = ["ureq-proto", "rustls"];
/// Shorter ones may stand there by chance.
const LENGTH_MIN: usize = 16;

fn cargo(arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    let output = command.current_dir(ROOT).args(arguments).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn sources(package: &serde_json::Value) -> Vec<PathBuf> {
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let mut folders = vec![manifest.parent().expect("a folder").join("src")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() { folders.push(entry) } else { files.push(entry) }
        }
    }
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files
}

/// The fixed parts of what a source file logs.
fn texts(source: &str) -> Vec<String> {
    let mut texts = Vec::new();
    for name in ["trace!(", "debug!(", "info!(", "warn!(", "error!("] {
        for (position, _) in source.match_indices(name) {
            let Some(literal) = source[position + name.len()..].trim_start().strip_prefix('"') else { continue };
            let literal = literal.split('"').next().unwrap_or_default();
            // A text with an escape would have to be read as the compiler reads it.
            let parts = literal.split(['{', '}', '\\']).step_by(2).map(str::to_owned);
            texts.extend(parts.filter(|part| part.len() >= LENGTH_MIN));
        }
    }
    texts
}

#[test]
fn the_texts_of_a_log_are_found_in_a_source() {
    let source =
        "log::debug!(\n    \"first {} and this is the second {name} part of it\", 1); trace!(\"short\"); warn!(x)";
    assert_eq!(texts(source), [" and this is the second "]);
}

/// All that the libraries below could log.
fn all_texts() -> BTreeSet<String> {
    let metadata = cargo(&["metadata", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list").iter();
    let below = packages.filter(|package| package["name"].as_str().is_some_and(|name| LOGGING.contains(&name)));
    let files: Vec<PathBuf> = below.flat_map(sources).collect();
    files.iter().flat_map(|file| texts(&fs::read_to_string(file).expect("a source"))).collect()
}

/// By grep: the unoptimised library has a hundred megabytes.
fn held_by(library: &Path, texts: &BTreeSet<String>) -> BTreeSet<String> {
    let mut patterns = tempfile::NamedTempFile::new().expect("a file");
    texts.iter().for_each(|text| writeln!(patterns, "{text}").expect("written"));
    let mut grep = Command::new("grep");
    grep.env("LC_ALL", "C").arg("-aohFf").arg(patterns.path()).arg(library);
    let output = grep.output().expect("grep runs");
    assert!(matches!(output.status.code(), Some(0 | 1)), "{output:?}");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// An unoptimised build never reaches them, but holds them: there the scan finds what it must not find in a release.
#[test]
fn the_release_library_holds_no_text_of_a_log() {
    let texts = all_texts();
    if cfg!(debug_assertions) {
        let found = held_by(&built("libpersonr.so"), &texts);
        assert!(found.len() >= 2, "the scan finds what is there: {found:?}");
    }
    // It takes a minute or two to build.
    if is_check() {
        assert_eq!(held_by(&release(), &texts), BTreeSet::new(), "compiled in");
        figures!(of "log-output": "{} texts that the libraries below could log: none in the release library", texts.len());
    }
}
