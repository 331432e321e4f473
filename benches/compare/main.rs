//! Side by side with what users would pick instead, in turn (A B A B …): `make bench`. Machines are noisy: what counts
//! are the ratios of one run, their median and range, and CPU time before wall time.
//!
//! With `--smoke` it looks at what can be counted alone, and fails if an aim is missed: `make bench-smoke`. A time never
//! fails anything.

mod answers;
mod counts;
mod handing_out;
mod logins;
mod measure;
mod pages;
mod plot;
#[path = "../../tests/relay/mod.rs"]
mod relay;
mod report;
mod setting;
mod start;

use std::process::ExitCode;

use setting::Setting;

fn main() -> ExitCode {
    let is_asked_for = |option: &str| std::env::args().any(|argument| argument == option);
    // `cargo test --benches` only asks whether it builds.
    if is_asked_for("--test") {
        return ExitCode::SUCCESS;
    }
    let setting = Setting::new();
    if is_asked_for("--smoke") { smoke(&setting) } else { whole(&setting) }
}

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
    let mut lines = logins::lines(setting);
    lines.extend(start::lines(setting));
    lines.extend(handing_out::lines(setting));
    lines.extend(counts::lines(setting));
    report::print(&lines);
    println!();
    let mut growth = handing_out::growth(setting);
    growth.extend(counts::processes(setting));
    growth.extend(answers::growth(setting));
    report::print(&growth);
    pages::write(setting, &lines, &growth);
    let missed = lines.iter().filter(|line| !line.is_met()).count();
    println!("\n{} lines, {missed} missed; written to docs/benchmarks.md, README.md and bench.json", lines.len());
    ExitCode::SUCCESS
}
