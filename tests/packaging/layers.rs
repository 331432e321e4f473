//! Imports run downwards only: `src/lib.rs` says so, and a circle would make two rooms one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What each room of `src/` imports. A room names only rooms that stand below it here.
const ROOMS: &[(&str, &str)] = &[
    (
        "ffi",
        "atomic_file auth credentials error json log operation options published record request secret session store sys token",
    ),
    (
        "auth",
        "clock credentials dial environment error log login operation options pool published random record request secret \
         session store sys text token",
    ),
    ("operation", "clock error request sys token"),
    ("session", "clock error record token"),
    ("published", "clock secret sync token"),
    ("request", "attempts clock dial error http json options pool random sys token transport wire"),
    ("login", "attempts clock credentials dial error http options secret sys token transport wire"),
    ("wire", "credentials error http options text token"),
    ("pool", "clock dial sys"),
    ("transport", "dial error http sys"),
    ("attempts", "error random"),
    ("options", "credentials dial error log store url"),
    ("store", "blanks clock credentials dial error random record secret sys url"),
    ("dial", "blanks clock environment error pem secret sys url"),
    ("record", "clock error token"),
    ("token", "clock secret"),
    ("credentials", "blanks clock error secret"),
    ("url", "blanks secret"),
    ("atomic_file", "error random sys"),
    ("json", "error"),
    ("environment", "sys"),
    ("secret", "sys"),
    ("clock", "sys"),
    ("error", "sys text"),
    ("http", "sys"),
    ("alloc", ""),
    ("blanks", ""),
    ("log", ""),
    ("pem", ""),
    ("random", ""),
    ("sync", ""),
    ("sys", ""),
    ("text", ""),
];

/// Source files but for the crate's root and what is for tests alone, as the path below `src/` and the text.
fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut sources) = (vec![src.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(&src).expect("below").to_str().expect("UTF-8").to_owned();
            let is_for_tests =
                ["dial/testing.rs", "fuzz", "lib.rs", "session/histories", "session/tests", "sys/testing.rs"].iter();
            if path.is_dir() {
                folders.push(path);
            } else if !is_for_tests.clone().any(|test| name.starts_with(test)) && !name.ends_with("_tests.rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
                let is_code = |line: &&str| !line.trim_start().starts_with("//");
                sources.push((name, code.lines().filter(is_code).collect::<Vec<_>>().join("\n")));
            }
        }
    }
    sources
}

/// The modules that stand behind this prefix, alone or in braces.
fn named_after<'a>(prefix: &str, code: &'a str) -> Vec<&'a str> {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let first_name = |text: &'a str| text.split(|c| !is_of_name(c)).next().unwrap_or_default();
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let is_path_within = code[..at].ends_with("::") || code[..at].ends_with(is_of_name);
        match code[at + prefix.len()..].strip_prefix('{') {
            _ if is_path_within => {}
            Some(list) => {
                names.extend(list.split('}').next().unwrap_or_default().split(',').map(str::trim).map(first_name))
            }
            None => names.push(first_name(&code[at + prefix.len()..])),
        }
    }
    names
}

#[test]
fn each_room_imports_what_stands_below_it_and_nothing_else() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, code) in sources() {
        let room = name.split(['/', '.']).next().unwrap_or_default().to_owned();
        let names = named_after("crate::", &code).into_iter().filter(|name| *name != room).map(str::to_owned);
        found.entry(room.clone()).or_default().extend(names.collect::<Vec<_>>());
    }
    let mut below: BTreeSet<&str> = BTreeSet::new();
    for (room, imports) in ROOMS.iter().rev() {
        let allowed: BTreeSet<&str> = imports.split_whitespace().collect();
        assert!(allowed.is_subset(&below), "the table: {room} imports from above");
        let imported = found.remove(*room).unwrap_or_else(|| panic!("there is no room {room}"));
        assert_eq!(imported.iter().map(String::as_str).collect::<BTreeSet<_>>(), allowed, "what {room} imports");
        below.insert(room);
    }
    assert!(found.is_empty(), "not in the table: {:?}", found.keys());
}

/// A file and those beside it: a parent may use its children, and they may use it.
#[test]
fn no_two_files_of_a_room_import_each_other() {
    let sources = sources();
    let is_file = |path: &str| sources.iter().any(|(name, _)| name == path);
    let mut left: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, code) in &sources {
        let Some((folder, _)) = name.rsplit_once('/') else { continue };
        let beside = named_after("super::", code).into_iter().map(|module| format!("{folder}/{module}.rs"));
        left.insert(name, beside.filter(|path| is_file(path)).collect());
    }
    while let Some(lowest) = left.iter().find(|(_, uses)| !uses.iter().any(|path| left.contains_key(path.as_str()))) {
        let lowest = *lowest.0;
        left.remove(lowest);
    }
    assert!(left.is_empty(), "in a circle, or above one: {left:?}");
}
