//! The guard of the interface lets additions pass, and nothing else.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use personr_testkit::compile::{ROOT, is_installed, said, skip};
use personr_testkit::figures::figures;

/// What must be noticed: a text of the header, and what stands there instead.
const BREAKS: [(&str, &str, &str); 9] = [
    ("a parameter of another size", "uint32_t timeout_ms", "uint16_t timeout_ms"),
    (
        "a parameter of another handle",
        "void personr_auth_free(personr_auth *",
        "void personr_auth_free(personr_token *",
    ),
    (
        "a parameter more",
        "int32_t personr_auth_state(const personr_auth *PERSONR_NULLABLE auth",
        "int32_t personr_auth_state(const personr_auth *PERSONR_NULLABLE auth, int more",
    ),
    ("another result", "int64_t personr_token_lifetime", "int32_t personr_token_lifetime"),
    (
        "a result that is no longer const",
        "const char *PERSONR_NONNULL personr_error_reason",
        "char *PERSONR_NONNULL personr_error_reason",
    ),
    ("another status", "typedef int32_t personr_status;", "typedef int16_t personr_status;"),
    ("a callback with another parameter", "const char *PERSONR_NONNULL event", "int event"),
    ("a constant with another value", "#define PERSONR_TIMEOUT 8", "#define PERSONR_TIMEOUT 9"),
    ("a function that is gone", "void personr_token_free(", "void personr_token_end("),
];

const ADDITION: &str = "void personr_addition(personr_token *PERSONR_NULLABLE token);\n#define PERSONR_ADDITION 1\n";

/// What the guard could not see a change of.
const STRANGE: [&str; 3] = [
    "#define PERSONR_FLAG (1 << 3)\n",
    "int personr_strange(struct other *PERSONR_NULLABLE other);\n",
    "extern int personr_strange;\n",
];

fn check(header: &str) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("personr.h");
    fs::write(&path, header).expect("written");
    let mut check = Command::new("sh");
    check.arg(Path::new(ROOT).join("packaging/abi.sh")).arg("check").arg(&path);
    check.output().expect("a shell")
}

#[test]
#[ignore = "run by make check"]
fn an_addition_passes_and_a_break_does_not() {
    if !is_installed("abidiff") {
        return skip("the guard of the interface", "abidiff is not installed (Debian: abigail-tools)");
    }
    let header = fs::read_to_string(Path::new(ROOT).join("include/personr.h")).expect("the header");
    let output = check(&header);
    assert!(output.status.success(), "the header as it is: {}", said(&output));
    let with = |more: &str| header.replacen("#ifdef __cplusplus\n}", &format!("{more}#ifdef __cplusplus\n}}"), 1);
    let output = check(&with(ADDITION));
    assert!(output.status.success(), "an addition: {}", said(&output));
    for strange in STRANGE {
        let output = check(&with(strange));
        assert!(!output.status.success() && said(&output).contains("personr-tools: "), "{strange}: {}", said(&output));
    }
    for (name, from, to) in BREAKS {
        assert!(header.contains(from), "{name}: the header has no {from}");
        let output = check(&header.replacen(from, to, 1));
        assert!(!output.status.success(), "{name} passes: {}", said(&output));
        // By the guard, and not because the header is no C any more.
        assert!(said(&output).contains("would break"), "{name}: {}", said(&output));
    }
    figures!("{} breaks of the interface noticed; an addition passes", BREAKS.len());
}
