//! Side by side with what users would pick instead, in turn (A B A B …): `make bench`. Machines are noisy: what counts
//! are the ratios of one run, their median and range, and CPU time before wall time.
//!
//! With `--smoke` it looks at what can be counted alone, and fails if an aim is missed: `make bench-smoke`. A time never
//! fails anything. With the name of a group, such as `logins`, it prints the lines of that group.

mod answers;
mod counts;
mod handing_out;
mod logins;
mod measure;
mod pages;
mod plot;
// Not by `personr-testkit`, which has the library in it, and so its allocator for this program.
#[allow(dead_code)] // its faults
#[path = "../../testkit/src/relay/mod.rs"]
mod relay;
mod report;
mod requests;
mod setting;
mod start;

use std::process::ExitCode;

use report::Line;
use setting::Setting;

fn main() -> ExitCode {
    let is_asked_for = |option: &str| std::env::args().any(|argument| argument == option);
    // `cargo test --benches` only asks whether it builds.
    if is_asked_for("--test") {
        return ExitCode::SUCCESS;
    }
    let setting = Setting::new();
    if let Some((_, lines)) = GROUPS.iter().find(|(name, _)| is_asked_for(name)) {
        report::print(&lines(&setting));
        return ExitCode::SUCCESS;
    }
    if is_asked_for("--smoke") { smoke(&setting) } else { whole(&setting) }
}

type Lines = fn(&Setting) -> Vec<Line>;
const GROUPS: [(&str, Lines); 5] = [
    ("logins", logins::lines),
    ("start", start::lines),
    ("handing-out", handing_out::lines),
    ("requests", requests::lines),
    ("counts", counts::lines),
];
/// How cost grows.
const GROWTH: [Lines; 4] = [handing_out::growth, requests::growth, counts::processes, answers::growth];

fn smoke(setting: &Setting) -> ExitCode {
    let mut lines = counts::lines(setting);
    lines.extend(counts::processes(setting));
    report::print(&lines);
    let missed = lines.iter().filter(|line| !line.is_met()).count();
    println!("\n{} counts, {missed} missed", lines.len());
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn whole(setting: &Setting) -> ExitCode {
    println!("{} pairs in turn; median (lowest to highest)\n", measure::PAIRS);
    let lines: Vec<_> = GROUPS.iter().flat_map(|(_, lines)| lines(setting)).collect();
    report::print(&lines);
    println!();
    let growth: Vec<_> = GROWTH.iter().flat_map(|lines| lines(setting)).collect();
    report::print(&growth);
    pages::write(setting, &lines, &growth);
    let missed = lines.iter().filter(|line| !line.is_met()).count();
    println!("\n{} lines, {missed} missed; written to docs/benchmarks.md, README.md and bench.json", lines.len());
    ExitCode::SUCCESS
}
