//! The manual page: man has nothing to say of it, and it tells of every option, exit status and variable.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fs;
use std::process::Command;

use personr_testkit::c_program::source;
use personr_testkit::compile::{is_installed, said, skip};

use crate::scene::Scene;

/// The long options in a text.
pub fn options(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let found = text.split("--").skip(1).map(|rest| rest.split(|letter| !is_part(letter)).next().unwrap_or_default());
    found.filter(|name| name.starts_with(|letter: char| letter.is_ascii_lowercase())).map(str::to_owned).collect()
}

/// What `personr --help` lists.
pub fn all_options() -> BTreeSet<String> {
    let found = options(Scene::new().run(&["--help"]).done().text());
    assert!(found.len() > 25, "{found:?}");
    found
}

fn page() -> String {
    fs::read_to_string(source("cli/personr.1")).expect("the page").replace("\\-", "-")
}

#[test]
fn man_reads_the_page_without_a_warning() {
    if !is_installed("man") {
        return skip("the manual page of the command", "man is not installed (Debian: man-db)");
    }
    let mut man = Command::new("man");
    man.args(["--warnings", "--encoding=UTF-8", "--local-file"]).arg(source("cli/personr.1"));
    let output = man.env("MANWIDTH", "100").env("MANROFFOPT", "-rHY=0").output().expect("man runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    let text = said(&output);
    for part in ["SYNOPSIS", "THE PASSWORD", "EXIT STATUS", "EXAMPLES", "27                      the document"] {
        assert!(text.contains(part), "there is no {part}:\n{text}");
    }
}

#[test]
fn the_page_tells_of_each_option_and_of_no_other() {
    assert_eq!(options(&page()), all_options());
}

#[test]
fn the_page_tells_of_each_variable_that_is_read() {
    let page = page();
    let sources = fs::read_dir(source("cli")).expect("the sources").map(|file| file.expect("an entry").path());
    let text: String = sources.filter_map(|path| fs::read_to_string(path).ok()).collect();
    for call in ["getenv(\"", "variable(\""] {
        for rest in text.split(call).skip(1) {
            let name = rest.split('"').next().expect("a name");
            assert!(page.contains(name), "{name}");
        }
    }
}

/// But for those that the command cannot meet: what it passes is right, or said before.
#[test]
fn the_page_tells_of_the_exit_status_of_each_status() {
    let page = page();
    let never = ["PERSONR_OK", "PERSONR_INVALID_ARGUMENT", "PERSONR_BUFFER_TOO_SMALL", "PERSONR_CANCELLED"];
    for status in 0..1000 {
        // SAFETY: the name is valid for ever.
        let name = unsafe { CStr::from_ptr(personr::ffi::personr_status_name(status)) }.to_str().expect("ASCII");
        if name != "PERSONR_UNKNOWN" && !never.contains(&name) {
            assert!(page.contains(&format!("\n{}\t", status + 10)), "{name}");
        }
    }
}
