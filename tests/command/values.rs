//! The command `json`: what is printed of a document, and what counts as no value.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::scene::{Scene, finish};

/// As the service writes: with a comma behind the last member.
const DOCUMENT: &str = r#"{
    "text": "Ōtāhuhu \"x\"\n", "nul": "a\u0000b", "list": [1, 2.50, {"a/b": "c"}], "Created Date": 9007199254740993,
    "none": null, "yes": true, "empty": "", "file": "aGVsbG8=",
}"#;

#[test]
fn a_value_is_printed_as_its_type_has_it() {
    let scene = Scene::new();
    for (pointer, expected) in [
        ("/text", "Ōtāhuhu \"x\"\n\n"),
        ("/nul", "a\0b\n"),
        ("/list", "[1, 2.50, {\"a/b\": \"c\"}]\n"),
        ("/list/1", "2.50\n"),
        ("/list/2/a~1b", "c\n"),
        ("/Created Date", "9007199254740993\n"),
        ("/yes", "true\n"),
        ("/empty", "\n"),
    ] {
        assert_eq!(scene.run_with_input(&["json", pointer], DOCUMENT.as_bytes()).done().text(), expected, "{pointer}");
    }
    assert_eq!(scene.run_with_input(&["json", "-n", "/yes"], DOCUMENT.as_bytes()).done().text(), "true");
    let file = scene.write("d.json", DOCUMENT);
    assert_eq!(scene.run(&["json", "-n", "-i", &file, ""]).done().text(), DOCUMENT);
    scene.run(&["json", "-i", &file, "/text", "-n", "-o", "out"]).done();
    assert_eq!(fs::read_to_string(scene.path("out")).expect("a file"), "Ōtāhuhu \"x\"\n");
}

#[test]
fn types_and_counts_are_printed() {
    let scene = Scene::new();
    let file = scene.write("d.json", DOCUMENT);
    let run = |option: &str, pointer: &str| scene.run(&["json", "-i", &file, option, pointer]);
    for (pointer, expected) in [
        ("", "object\n"),
        ("/list", "array\n"),
        ("/text", "string\n"),
        ("/list/0", "number\n"),
        ("/yes", "boolean\n"),
        ("/none", "null\n"),
        ("/other", "missing\n"),
    ] {
        assert_eq!(run("--type", pointer).done().text(), expected, "{pointer}");
    }
    for (pointer, expected) in [("", "8\n"), ("/list", "3\n"), ("/list/2", "1\n")] {
        assert_eq!(run("--count", pointer).done().text(), expected, "{pointer}");
    }
    run("--count", "/text").failed(27, "json-type");
    run("--count", "/other").failed(27, "json-missing");
    run("--count", "other").failed(2, "pointer");
    run("--type", "other").failed(2, "pointer");
}

#[test]
fn what_is_no_value_or_no_json_has_its_exit_status() {
    let scene = Scene::new();
    let run =
        |arguments: &[&str], text: &str| scene.run_with_input(&[&["json"][..], arguments].concat(), text.as_bytes());
    run(&["/other"], DOCUMENT).failed(27, "PERSONR_NO_VALUE (json-missing)");
    run(&["/none"], DOCUMENT).failed(27, "PERSONR_NO_VALUE (json-type)");
    run(&["none"], DOCUMENT).failed(2, "PERSONR_INVALID_ARGUMENT");
    run(&["/a"], "<html>").failed(20, "PERSONR_PROTOCOL (json)");
    run(&["/a"], "").failed(20, "PERSONR_PROTOCOL");
    scene.run(&["json", "-i", "none", "/a"]).failed(26, "No such file");
    scene.run(&["json", "-i", ".", "/a"]).failed(26, "Is a directory");
}

#[test]
fn base64_is_decoded_into_a_file() {
    let scene = Scene::new();
    let file = scene.write("d.json", DOCUMENT);
    assert_eq!(scene.run(&["json", "-i", &file, "--save-base64", "out", "/file"]).done().text(), "");
    assert_eq!(fs::read(scene.path("out")).expect("a file"), b"hello");
    let mode = fs::metadata(scene.path("out")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    scene.run(&["json", "-i", &file, "--save-base64", "out", "/list"]).failed(27, "json-type");
    scene.run(&["json", "-i", &file, "--save-base64", "/dev/null", "/file"]).failed(26, "file-type");
}

#[test]
fn a_document_needs_no_account_and_may_be_long() {
    let scene = Scene::new();
    let text = format!("{{\"a\":\"{}\"}}", "x".repeat(3_000_000));
    let file = scene.write("long.json", text);
    let mut command = scene.command(&["json", "-i", &file, "/a"]);
    command.env_remove("PERSONR_EMAIL").env_remove("HOME");
    assert_eq!(finish(&mut command).done().stdout.len(), 3_000_001);
    assert_eq!(scene.sandbox.counters().requests, 0);
}
