//! The completions for bash and zsh: they know each option, and what may stand behind it.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use personr_testkit::c_program::source;
use personr_testkit::compile::{is_installed, said, skip};

use crate::page::{all_options, options};
use crate::scene::Scene;

#[test]
fn the_completions_have_each_option_and_no_other() {
    let expected: BTreeSet<_> = all_options().into_iter().chain(["version".to_owned()]).collect();
    for file in ["personr.bash", "_personr"] {
        let text = fs::read_to_string(source("cli/completions").join(file)).expect("a file");
        assert_eq!(options(&text), expected, "{file}");
    }
}

/// What bash offers for the last word of a command line.
fn offered(scene: &Scene, words: &[&str]) -> Vec<String> {
    let script = "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1))
        complete -p personr >/dev/null; _personr; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", script]).arg(source("cli/completions/personr.bash")).args(words);
    let output = bash.current_dir(scene.path("")).output().expect("bash runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", said(&output));
    said(&output).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_offers_what_a_command_takes() {
    if !is_installed("bash") {
        return skip("completion for bash", "bash is not installed");
    }
    let scene = Scene::new();
    for (words, expected) in [
        (&["personr", "re"][..], &["reject", "request"][..]),
        (&["personr", "token", "--log"], &["--login-method", "--log", "--login"]),
        (&["personr", "status", "--password"], &[]),
        (&["personr", "request", "api-applicant-s"], &["api-applicant-status"]),
        (&["personr", "request", "x", "--encoding", "b"], &["base64", "binary"]),
        (&["personr", "json", "--t"], &["--type"]),
        (&["personr", "json", "-i", "pass"], &["password"]),
        (&["personr", "token", "--email", ""], &[]),
    ] {
        assert_eq!(offered(&scene, words), expected, "{words:?}");
    }
}

/// zsh completes in a terminal alone: here its word is taken that the function is in order.
#[test]
fn zsh_takes_the_function() {
    if !is_installed("zsh") {
        return skip("completion for zsh", "zsh is not installed");
    }
    let script = "fpath=($0 $fpath); autoload -Uz compinit && compinit -u -D; print -r -- $_comps[personr]
        functions[check]=$(<$0/_personr) && print checked";
    let output = Command::new("zsh").args(["-fc", script]).arg(source("cli/completions")).output().expect("zsh runs");
    assert_eq!(said(&output), "_personr\nchecked\n");
}
