//! Where the figures are written to: the page, its plot, the README's table, and JSON.

use std::fs;
use std::path::Path;
use std::thread::available_parallelism;

use crate::measure::{PAIRS, output};
use crate::plot;
use crate::report::{Line, json, short_table, table};
use crate::setting::{Roots, Setting, Side, root, system_certificates, target};

const PAGE: &str = include_str!("page.md");
/// What stands between these two lines of the README is ours.
const README_MARKS: [&str; 2] = ["<!-- written by make bench -->\n", "<!-- end of what make bench writes -->\n"];

pub fn write(setting: &Setting, lines: &[Line], growth: &[Line]) {
    let described = describe(setting);
    let whole = json(lines, growth, &described, PAIRS);
    fs::write(target().join("bench.json"), whole).expect("target/bench.json can be written");

    let items: String = described.iter().map(|(name, value)| format!("- {name}: {value}\n")).collect();
    let page = PAGE
        .replace("@PAIRS@", &PAIRS.to_string())
        .replace("@SETTING@\n", &items)
        .replace("@LINES@\n", &table(lines.iter()))
        .replace("@GROWTH@\n", &table(growth.iter()));
    let docs = root().join("docs");
    fs::write(docs.join("benchmarks.md"), page).expect("docs/benchmarks.md can be written");
    fs::write(docs.join("benchmarks.svg"), plot::svg(lines)).expect("docs/benchmarks.svg can be written");
    put_between(&root().join("README.md"), README_MARKS, &short_table(lines));
}

/// What the figures depend on.
fn describe(setting: &Setting) -> Vec<(String, String)> {
    let peer = output(&mut setting.command(&setting.own_program(Side::Peer, "version", &[]), Roots::One));
    let processors = available_parallelism().map_or(0, usize::from);
    let described = [
        ("the peer", peer.trim().to_owned()),
        ("libpersonr", format!("{}, default features, as make install has it", env!("CARGO_PKG_VERSION"))),
        ("processors", format!("{processors}, {}", std::env::consts::ARCH)),
        ("the system's root certificates", system_certificates().to_string()),
    ];
    described.map(|(name, value)| (name.to_owned(), value)).into()
}

fn put_between(file: &Path, [begin, end]: [&str; 2], text: &str) {
    let whole = fs::read_to_string(file).expect("the README can be read");
    let (before, rest) = whole.split_once(begin).expect("the README has a place for it");
    let (_, after) = rest.split_once(end).expect("the place has an end");
    fs::write(file, format!("{before}{begin}{text}{end}{after}")).expect("the README can be written");
}
