//! `THIRD-PARTY.md` has the licences and notices of all that is linked into the library.
//!
//! `PERSONR_UPDATE=1` renews it instead: that is `make third-party`.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_testkit::compile::{ROOT, said, skip};
use serde_json::Value;

const PAGE: &str = "THIRD-PARTY.md";
/// What no `cargo` knows of. It is kept by hand.
const RUST: &str = "packaging/third-party-rust.md";

const HEAD: &str = "\
<!-- Written by `make third-party`. -->
# Third-party software in libpersonr

libpersonr itself is under the MIT or the Apache licence 2.0, at your option: LICENSE-MIT, LICENSE-APACHE. On Linux the
shared and the static library hold parts of the packages below, those of the Redis store included, and whoever passes the
library on passes these notices on with it. Where a package offers the MIT licence among others, it was chosen.

| package | licence |
|---|---|
";

/// A package that is linked in.
struct Package {
    name: String,
    licence: String,
    folder: PathBuf,
}

fn read(path: &Path) -> String {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What a program of the toolchain writes.
fn tool(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(env::var_os(program.to_uppercase()).unwrap_or_else(|| program.into()))
        .args(arguments)
        .current_dir(ROOT)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn target() -> String {
    let version = tool("rustc", &["-vV"]);
    version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

/// Where the sources of each package are, by name and version.
fn folders() -> BTreeMap<String, PathBuf> {
    let metadata = tool(
        "cargo",
        &["metadata", "--locked", "--features", "redis", "--format-version", "1", "--filter-platform", &target()],
    );
    let metadata: Value = serde_json::from_str(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter().map(|package| {
        let text = |key: &str| package[key].as_str().expect("text");
        let folder = Path::new(text("manifest_path")).parent().expect("a folder");
        (format!("{} {}", text("name"), text("version")), folder.to_owned())
    });
    packages.collect()
}

/// All that is linked into the library with all its features. Nothing of a build script or a macro is.
fn linked() -> Vec<Package> {
    let mut arguments = vec!["tree", "--locked", "--package", "personr", "--features", "redis", "--target"];
    let target = target();
    arguments.extend([&target, "--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}\t{l}"]);
    let tree = tool("cargo", &arguments);
    let folders = folders();
    // "ring v0.17.14", and behind it what differs between machines: a folder, a registry. A later mention ends in " (*)".
    let packages: BTreeMap<String, String> = tree
        .lines()
        .filter_map(|line| {
            let (package, licence) = line.split_once('\t')?;
            let mut words = package.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            Some((format!("{name} {version}"), licence.trim_end_matches(" (*)").replace('/', " OR ")))
        })
        .filter(|(name, _)| !name.starts_with("personr "))
        .collect();
    let packages = packages.into_iter().map(|(name, licence)| {
        let folder = folders.get(&name).unwrap_or_else(|| panic!("{name} is not among the packages")).clone();
        Package { name, licence, folder }
    });
    packages.collect()
}

/// The licences, copyrights and notices in a folder and below, sorted by name.
fn notices(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_name().expect("a name").to_string_lossy().to_lowercase();
        let is_notice = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
        if path.is_dir() {
            found.extend(notices(&path));
        } else if is_notice.iter().any(|start| name.starts_with(start)) && !name.ends_with(".rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Whether a text is a licence that was not chosen, since the package offers the MIT licence beside it.
fn is_alternative(licence: &str, text: &str) -> bool {
    let others = [
        "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION",
        "Permission to use, copy, modify, and/or distribute",
        "free and unencumbered software",
    ];
    licence.contains("MIT") && !licence.contains("AND") && others.iter().any(|other| text.contains(other))
}

/// Without what differs between files of one text: ends of lines, and blank lines at both ends.
fn tidied(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for Package { name, licence, folder } in linked() {
        writeln!(page, "| {name} | {licence} |").expect("written");
        let mut has_text = false;
        for path in notices(&folder) {
            let text = tidied(&read(&path));
            if !is_alternative(&licence, &text) {
                let file = path.strip_prefix(&folder).expect("below it").display().to_string();
                texts.entry(text).or_default().insert(format!("{name}: {file}"));
                has_text = true;
            }
        }
        assert!(has_text, "{name} ({licence}) has no file with its licence");
    }
    let mut texts: Vec<_> = texts.into_iter().map(|(text, files)| (files, text)).collect();
    texts.sort();
    for (files, text) in texts {
        let files: Vec<_> = files.into_iter().collect();
        write!(page, "\n## {}\n\n````text\n{text}\n````\n", files.join(", ")).expect("written");
    }
    page + "\n" + &read(&Path::new(ROOT).join(RUST))
}

/// Whether cargo builds what the repository lists: whoever calls it alone may have other versions.
fn is_as_listed() -> bool {
    let lock = read(&Path::new(ROOT).join("Cargo.lock"));
    let lock: String =
        lock.lines().filter(|line| !line.starts_with("source = ")).map(|line| format!("{line}\n")).collect();
    lock == read(&Path::new(ROOT).join("packaging/Cargo.lock.in"))
}

#[test]
fn the_page_is_up_to_date() {
    let path = Path::new(ROOT).join(PAGE);
    if !is_as_listed() {
        assert!(env::var_os("PERSONR_SKIPS").is_none(), "packaging/Cargo.lock.in is another list: run make lock");
        return skip(PAGE, "this Cargo.lock was not made by make");
    }
    let page = page();
    if env::var_os("PERSONR_UPDATE").is_some_and(|value| value == "1") {
        fs::write(&path, page).expect("the file can be written");
    } else {
        assert!(fs::read_to_string(&path).is_ok_and(|text| text == page), "{PAGE} is old: run make third-party");
    }
}

#[test]
fn the_page_has_what_must_not_be_missing() {
    let page = read(&Path::new(ROOT).join(PAGE));
    for words in [
        "| ring 0.17",
        "| redis-protocol ",
        "LICENSE-BoringSSL",
        "third_party/fiat/LICENSE",
        "Copyright (c) 2016-2017 Isis Agora Lovecruft",
        "Copyright 2015 Brian Smith.",
        "UNICODE LICENSE V3",
    ] {
        assert!(page.contains(words), "{PAGE} does not say {words:?}");
    }
    assert!(!page.contains("| serde_derive "), "a macro is not linked in");
    assert!(!page.contains(env!("CARGO_MANIFEST_DIR")), "a folder of this machine");
}

/// A later Rust may bring another package, and the oldest that `Cargo.toml` promises has one that later ones have not.
#[test]
fn each_package_of_the_standard_library_is_named() {
    let sysroot = tool("rustc", &["--print", "sysroot"]);
    let folder = Path::new(sysroot.trim()).join("lib/rustlib").join(target()).join("lib");
    // Not for programs: for tests, macros, profiles, and as a stand-in within the build of the standard library.
    let not_linked = ["getopts", "panic_abort", "proc_macro", "profiler_builtins", "sysroot", "test", "unicode_width"];
    let notices = read(&Path::new(ROOT).join(RUST));
    let mut named = 0;
    for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let file = entry.expect("an entry").file_name().into_string().expect("UTF-8");
        let Some(stem) = file.strip_prefix("lib").and_then(|name| name.strip_suffix(".rlib")) else { continue };
        let (name, _) = stem.rsplit_once('-').expect("a hash");
        if !not_linked.contains(&name) && !name.starts_with("rustc_std_workspace_") {
            assert!(notices.contains(&format!("`{name}`")), "{RUST} has nothing on {name}");
            named += 1;
        }
    }
    assert!(named > 10, "{}", folder.display());
}
