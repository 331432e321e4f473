//! The header, the symbol list and the shared library say the same, and C and C++ of every age can read it.
//!
//! `PERSONR_UPDATE=1` renews `include/personr.h`, and what else in the tree is made from it, instead: that is `make header`.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_testkit::compile::{ROOT, Workshop, built, cc, cxx, is_installed, said, skip};
use personr_tools::{Constant, Function, Header, Value, generated, lists, nullability};

const C: [&str; 5] = ["c89", "c99", "c11", "c17", "c2x"];
const CXX: [&str; 4] = ["c++11", "c++14", "c++17", "c++20"];

fn committed(path: &str) -> PathBuf {
    Path::new(ROOT).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn header() -> String {
    read(&committed("include/personr.h"))
}

/// As the parser of `tools/` reads it.
fn parsed(text: &str) -> Header {
    Header::parse(text).unwrap_or_else(|error| panic!("personr.h, {error}"))
}

/// All names in the text that follow `mark` and begin with `prefix`.
fn names<'a>(text: &'a str, mark: &str, prefix: &str) -> BTreeSet<&'a str> {
    let pattern = format!("{mark}{prefix}");
    let found = text.match_indices(&pattern).map(|(at, _)| {
        let name = &text[at + mark.len()..];
        &name[..name.find(|c| !is_of_a_name(c)).unwrap_or(name.len())]
    });
    found.collect()
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// One name a line, sorted.
fn list(names: impl IntoIterator<Item = String>) -> String {
    let sorted: BTreeSet<_> = names.into_iter().map(|name| name + "\n").collect();
    sorted.into_iter().collect()
}

fn only_in_one<'a>(left: &'a str, right: &'a str) -> Vec<&'a str> {
    let (left, right): (BTreeSet<_>, BTreeSet<_>) = (left.lines().collect(), right.lines().collect());
    left.symmetric_difference(&right).copied().collect()
}

#[test]
fn what_is_made_from_the_sources_is_up_to_date() {
    let written = read(Path::new(concat!(env!("OUT_DIR"), "/personr.h")));
    let annotated = nullability::annotated(&written).unwrap_or_else(|error| panic!("what cbindgen wrote, {error}"));
    let header = parsed(&annotated);
    let files = generated::files(&header);
    for (name, text) in files.into_iter().chain([("include/personr.h", annotated)]) {
        let path = committed(name);
        if env::var_os("PERSONR_UPDATE").is_some_and(|value| value == "1") {
            fs::create_dir_all(path.parent().expect("a folder")).expect("the folder can be made");
            fs::write(&path, text).expect("the file can be written");
        } else {
            let is_the_same = fs::read_to_string(&path).is_ok_and(|committed| committed == text);
            assert!(is_the_same, "{name} is not what the sources say: run make header");
        }
    }
}

#[test]
fn the_shared_library_exports_the_functions_of_the_header_and_nothing_else() {
    if !is_installed("nm") {
        return skip("exported symbols", "nm is not installed");
    }
    let library = built("libpersonr.so");
    let output = Command::new("nm").args(["-D", "--defined-only"]).arg(&library).output().expect("nm runs");
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let exported = list(text.lines().map(|line| line.rsplit(' ').next().expect("a name").to_owned()));
    let symbols = read(&committed("abi/personr.symbols"));
    assert_eq!(
        only_in_one(&exported, &lists::symbols(&parsed(&header()))),
        [] as [&str; 0],
        "exported but not declared, or the other way"
    );
    assert_eq!(
        only_in_one(&exported, &symbols),
        [] as [&str; 0],
        "exported but not committed, or the other way: run make header"
    );
    assert_eq!(exported, symbols, "the lines of abi/personr.symbols are not sorted");
    assert!(exported.lines().all(|name| name.starts_with("personr_")), "{exported}");
}

#[test]
fn the_shared_library_needs_no_other_than_the_systems() {
    if !is_installed("readelf") {
        return skip("needed libraries", "readelf is not installed");
    }
    let library = built("libpersonr.so");
    let output = Command::new("readelf").env("LC_ALL", "C").arg("-dW").arg(&library).output().expect("readelf runs");
    assert!(output.status.success(), "{}", said(&output));
    let text = said(&output);
    let entries = |tag: &str| -> Vec<&str> {
        let lines = text.lines().filter(|line| line.contains(tag));
        lines.filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0)).collect()
    };
    // The last three are parts of libc since glibc 2.34.
    let systems = ["libc", "libgcc_s", "ld-linux", "ld-musl", "ld64", "libm", "libpthread", "libdl"];
    let needed = entries("(NEEDED)");
    assert!(!needed.is_empty(), "{text}");
    for name in needed {
        let stem = name.split(".so").next().expect("a name");
        let is_systems = systems.iter().any(|system| stem == *system || stem.starts_with(&format!("{system}-")));
        assert!(is_systems, "{name} is needed, and a system may not have it");
    }
    assert_eq!(entries("(SONAME)"), [concat!("libpersonr.so.", env!("CARGO_PKG_VERSION_MAJOR"))]);
    assert!(text.contains("NODELETE"), "it may be unloaded under its thread-locals:\n{text}");
}

/// Two files of one program: both include the header, one of them twice. The program tells whether header and library
/// are of one version.
fn assert_compiles(compiler: &str, suffix: &str, standards: &[&str]) {
    let workshop = Workshop::new();
    let main = workshop.write(
        &format!("main.{suffix}"),
        "#include <personr.h>\n#include <personr.h>\nint is_the_version(uint32_t version);\n\
         int main(void) { return is_the_version(personr_library_version_number()) ? 0 : 1; }\n",
    );
    let version = workshop.write(
        &format!("version.{suffix}"),
        "#include <personr.h>\nint is_the_version(uint32_t version);\n\
         int is_the_version(uint32_t version) { return version == PERSONR_VERSION_NUMBER; }\n",
    );
    let (main, version) = (main.to_str().expect("UTF-8"), version.to_str().expect("UTF-8"));
    for standard in standards {
        let std = format!("-std={standard}");
        let mut arguments = vec![&*std, "-Wall", "-Wextra", "-Wpedantic", "-Werror", main, version];
        if suffix == "c" {
            arguments.push("-Wstrict-prototypes");
        }
        let program = workshop.program(standard, compiler, &arguments);
        let output = Command::new(program).output().expect("the program runs");
        assert!(output.status.success(), "{compiler} {std}: {} {}", output.status, said(&output));
    }
}

#[test]
fn c_of_every_age_reads_the_header() {
    assert_compiles(&cc(), "c", &C);
}

#[test]
fn cxx_of_every_age_reads_the_header() {
    let compiler = cxx();
    if !is_installed(compiler.split_whitespace().next().unwrap_or_default()) {
        return skip("the header in C++", &format!("{compiler} is not installed"));
    }
    assert_compiles(&compiler, "cc", &CXX);
}

#[test]
fn clang_reads_the_header() {
    if !is_installed("clang") {
        return skip("the header under clang", "clang is not installed");
    }
    assert_compiles("clang", "c", &C);
}

#[test]
fn clang_reads_the_header_as_cxx() {
    if !is_installed("clang++") || !is_installed("c++") {
        return skip("the header under clang++", "clang++ or a C++ standard library is not installed");
    }
    assert_compiles("clang++", "cc", &CXX);
}

/// A number, since what reads the header without a preprocessor computes nothing.
#[test]
fn the_version_is_told_as_text_and_as_numbers() {
    let header = parsed(&header());
    let number = |name: &str| match header.constants.iter().find(|constant| constant.name == name) {
        Some(Constant { value: Value::Number(number), .. }) => *number,
        other => panic!("{name} is not a number: {other:?}"),
    };
    let [major, minor, patch] = ["MAJOR", "MINOR", "PATCH"].map(|part| number(&format!("PERSONR_VERSION_{part}")));
    assert_eq!(header.version(), Some(env!("CARGO_PKG_VERSION")));
    assert!(env!("CARGO_PKG_VERSION").starts_with(&format!("{major}.{minor}.{patch}")));
    assert_eq!(number("PERSONR_VERSION_NUMBER"), major * 10_000 + minor * 100 + patch);
}

/// To Ada, Pascal, Fortran and COBOL two such names are one.
#[test]
fn no_two_names_differ_by_capitals_alone() {
    let header = parsed(&header());
    let types = header.opaque.iter().map(|it| &it.name).chain(header.aliases.iter().map(|it| &it.name));
    let types = types.chain(header.callbacks.iter().map(|it| &it.name));
    let names =
        types.chain(header.constants.iter().map(|it| &it.name)).chain(header.functions.iter().map(|it| &it.name));
    let names: Vec<_> = names.map(|name| name.to_ascii_lowercase()).collect();
    let mut seen = BTreeSet::new();
    let twice: Vec<_> = names.iter().filter(|name| !seen.insert(*name)).collect();
    assert!(names.len() > 80 && twice.is_empty(), "of {} names: {twice:?}", names.len());
}

/// A word of COBOL had up to 30 characters for most of its life.
#[test]
fn the_names_of_constants_are_not_too_long_for_cobol() {
    let header = parsed(&header());
    let too_long: Vec<_> = header.constants.iter().map(|it| &it.name).filter(|name| name.len() > 30).collect();
    assert!(too_long.is_empty(), "{too_long:?}");
}

/// What stands behind `@return`. "Those of personr_x()" stands for what it says there.
fn returned(functions: &[Function], function: &Function) -> String {
    let text = function.comment.returned.join("\n");
    let those = names(&text, "Those of ", "personr_");
    let others = functions.iter().filter(|other| those.contains(&*other.name) && other.name != function.name);
    others.map(|other| returned(functions, other)).collect::<String>() + &text
}

#[test]
fn every_function_is_documented_whole() {
    let functions = parsed(&header()).functions;
    let mut missing = Vec::new();
    for function in &functions {
        let mut expect = |is_there: bool, what: &str| {
            if !is_there {
                missing.push(format!("{}: {what}", function.name));
            }
        };
        let (comment, signature) = (&function.comment, &function.signature);
        let described = comment.parameters.iter().map(|parameter| &parameter.name);
        expect(!comment.description.is_empty(), "no Doxygen comment");
        expect(
            described.eq(signature.parameters.iter().map(|parameter| &parameter.name)),
            "its @param lines are not its parameters",
        );
        expect(!comment.notes.is_empty(), "no line \"Threads: \"");
        expect(comment.notes.iter().any(|line| line.contains("Network: ")), "no \"Network: \"");
        expect(signature.result.is_void() || !comment.returned.is_empty(), "no @return");
        let fails = signature.parameters.iter().any(|parameter| parameter.of.is("personr_error", 2));
        if fails && signature.result.is("personr_status", 0) {
            let statuses = returned(&functions, function);
            let statuses = names(&statuses, "#", "PERSONR_");
            expect(statuses.contains("PERSONR_OK"), "no #PERSONR_OK in @return");
            expect(statuses.contains("PERSONR_INVALID_ARGUMENT"), "no #PERSONR_INVALID_ARGUMENT in @return");
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn comments_speak_only_of_what_the_header_has() {
    let header = header();
    let parsed = parsed(&header);
    for name in names(&header, "#", "PERSONR_") {
        let is_defined = parsed.constants.iter().any(|constant| constant.name == name);
        assert!(is_defined, "a comment refers to #{name}, which is not defined");
    }
    for (at, _) in header.match_indices("()") {
        let name = header[..at].rsplit(|c| !is_of_a_name(c)).next().expect("a name");
        let is_declared = parsed.functions.iter().any(|function| function.name == name);
        assert!(is_declared, "a comment speaks of {name}()");
    }
}
