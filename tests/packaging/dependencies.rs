//! The crates that are said to be in the library are: those that its static form has objects of.

#![cfg(all(feature = "capi", feature = "redis", target_os = "linux"))]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use personr_testkit::compile::{ROOT, built, is_installed, said, skip};

/// Crates of which nothing is called: they leave no object.
const UNUSED: [&str; 1] = ["minimal_lexical"];

fn output(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).current_dir(ROOT).output().expect("it runs");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_crates_that_are_counted_are_linked_in() {
    if !is_installed("ar") {
        return skip("the_crates_that_are_counted_are_linked_in", "ar is not installed (Debian: binutils)");
    }
    let listed = output("sh", &["packaging/dependencies.sh", "list"]);
    let names: Vec<String> =
        listed.lines().filter_map(|line| line.split(' ').next()).map(|name| name.replace('-', "_")).collect();
    let archive = built("libpersonr.a");
    let objects = output("ar", &["t", archive.to_str().expect("UTF-8")]);
    let linked: BTreeSet<&str> = objects.lines().filter_map(|object| object.split(['-', '.']).next()).collect();
    assert!(linked.contains("ring") && Path::new(&archive).is_file(), "{linked:?}");
    for name in &names {
        // Of this one the library has a shorter name than the package.
        let name = name.strip_prefix("rustls_").filter(|rest| *rest == "webpki").unwrap_or(name);
        assert!(linked.contains(name) || UNUSED.contains(&name), "{name} is counted and not linked in");
    }
    let versions: BTreeSet<_> = listed.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>()).collect();
    assert!(versions.len() == names.len() && names.len() > 25, "one stands twice, or none is listed: {listed}");
}
