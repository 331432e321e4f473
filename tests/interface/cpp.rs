//! `include/personr.hpp`: that compilers take it, that it does what it says and leaks nothing, and that nothing of it is
//! left untested. And the programs in `examples-cpp/`.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod cxx;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::thread;
use std::time::Duration;

use cxx::{Dialect, FLAGS, clang, compiled, dialects, sanitized, uncovered, without_exceptions};
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::c_program::{Account, FOUND, Program, source};
use personr_testkit::compile::{Workshop, is_installed, said, skip};
use personr_testkit::figures::{figures, is_check};
use personr_testkit::suite::scenarios::{login_is_refused, login_succeeds, surface_is_as_the_header_says};
use personr_tools::Header;

const TESTS: [&str; 6] = [
    "tests/cpp/auth.cpp",
    "tests/cpp/callbacks.cpp",
    "tests/cpp/json.cpp",
    "tests/cpp/operations.cpp",
    "tests/cpp/options.cpp",
    "tests/cpp/requests.cpp",
];
const EXAMPLES: [&str; 2] = ["examples-cpp/fleet.cpp", "examples-cpp/login.cpp"];

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs one task for each item, two at a time: a compiler takes a core.
fn in_pairs<T: Sync>(items: &[T], task: impl Fn(&T) + Sync) {
    let (left, right) = items.split_at(items.len() / 2);
    thread::scope(|scope| {
        scope.spawn(|| left.iter().for_each(&task));
        right.iter().for_each(&task);
    });
}

#[test]
fn compilers_take_it_as_every_standard() {
    let dialects = dialects("personr.hpp");
    in_pairs(&dialects, |dialect| {
        if is_check() {
            TESTS.iter().for_each(|path| surface_is_as_the_header_says(&compiled(path, dialect, &["-O2"])));
            EXAMPLES.iter().for_each(|path| drop(compiled(path, dialect, &["-O2"])));
        } else {
            dialect.check("tests/cpp/callbacks.cpp").expect("no warning");
        }
    });
    let names: Vec<_> = dialects.iter().map(ToString::to_string).collect();
    figures!("personr.hpp: no warning of {}", names.join(", "));
}

#[test]
fn an_older_standard_is_told_what_it_needs() {
    let [dialect, ..] = &*dialects("personr.hpp as C++14") else { return };
    let older = Dialect { standard: "c++14", ..dialect.clone() };
    let said = older.check("examples-cpp/login.cpp").expect_err("an error");
    assert!(said.contains("personr.hpp needs C++17 or later"), "{said}");
}

/// In a build that counts how often each line is run, and keeps functions that nobody calls.
#[test]
fn every_function_works_and_leaks_nothing() {
    let name = "personr.hpp under AddressSanitizer";
    if !is_installed("g++") || !is_installed("gcov") {
        return skip(name, "g++ or gcov is not installed");
    }
    let programs = TESTS.map(|path| sanitized(path, &["--coverage", "-fkeep-inline-functions"]));
    in_pairs(&programs, surface_is_as_the_header_says);
    let (lines, uncovered) = uncovered(&programs);
    assert!(uncovered.is_empty(), "lines that no test runs:\n{}", uncovered.join("\n"));
    assert!(lines > 100, "{lines}");
    figures!(of "sanitizers": "personr.hpp: all {lines} lines run, no error, no leak");
}

#[test]
fn seeded_leaks_are_found() {
    if !is_installed("g++") {
        return skip("seeded leaks of personr.hpp", "g++ is not installed");
    }
    let program = sanitized("tests/cpp/seeded/leak.cpp", &[]);
    let run = |defect| {
        let sandbox = Sandbox::start().expect("a sandbox");
        program.run(&Account::of(&sandbox), &[defect])
    };
    run("none").assert_code(0);
    for (defect, made_by) in
        [("token", "personr::Auth::token()"), ("auth", "personr::Auth::try_new("), ("user data", "in main")]
    {
        let run = run(defect);
        run.assert_found();
        assert_eq!(run.code, Some(FOUND));
        assert!(run.stderr.contains("LeakSanitizer") && run.stderr.contains(made_by), "{defect}: {}", run.stderr);
    }
}

#[test]
fn without_exceptions_it_works_as_well() {
    let dialects = dialects("personr.hpp without exceptions");
    // One of each compiler.
    let dialects: Vec<_> = dialects.iter().filter(|dialect| dialect.standard == "c++17").collect();
    in_pairs(&dialects, |dialect| {
        let program = without_exceptions("tests/cpp/plain.cpp", dialect);
        surface_is_as_the_header_says(&program);
        let sandbox = Sandbox::start().expect("a sandbox");
        let aborted = Command::new(&program.path)
            .args(["call", "what would throw"])
            .env("PERSONR_BASE_URL", sandbox.base_url())
            .env("PERSONR_CA_FILE", sandbox.ca_file())
            .output()
            .expect("the program runs");
        assert_eq!(aborted.status.signal(), Some(libc::SIGABRT), "{dialect}: {}", said(&aborted));
        assert_eq!(said(&aborted), "", "nothing is ever printed");
    });
}

/// Each line of `dangling.cpp` that says so, and no other.
#[test]
fn clang_warns_of_what_outlives_its_owner() {
    let Some(compiler) = clang() else {
        return skip("what clang warns of", "clang++ is not installed");
    };
    let path = "tests/cpp/dangling.cpp";
    let text = fs::read_to_string(source(path)).expect("dangling.cpp");
    let marked = text.lines().zip(1..).filter(|(line, _)| line.ends_with("/* warned of */")).map(|(_, number)| number);
    let said = Dialect { compiler, standard: "c++17" }.check(path).expect_err("warnings");
    let of_line = |line: &str| line.split_once("dangling.cpp:")?.1.split(':').next()?.parse::<usize>().ok();
    let warned: BTreeSet<_> = said.lines().filter(|line| line.contains("error: ")).filter_map(of_line).collect();
    assert_eq!(warned, marked.collect(), "{said}");
}

fn header() -> String {
    fs::read_to_string(source("include/personr.hpp")).expect("personr.hpp")
}

/// The words of a text that begin so.
fn words<'a>(text: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with(prefix)).collect()
}

#[test]
fn nothing_of_the_c_header_is_missing() {
    let header = header();
    let c_header = fs::read_to_string(source("include/personr.h")).expect("personr.h");
    let c_header = Header::parse(&c_header).expect("personr.h");
    let called = words(&header, "personr_");
    let functions = c_header.functions.iter().map(|function| &*function.name);
    let missing: Vec<_> = functions.filter(|name| !called.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");

    let named = words(&header, "PERSONR_");
    // The version of the header is the program's to ask, and has no other name in C++.
    let constants = c_header.constants.iter().filter(|constant| !constant.is_of_the_version());
    let missing: Vec<_> = constants.map(|constant| &*constant.name).filter(|name| !named.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn what_can_fail_comes_in_two_forms() {
    let header = header();
    let names = words(&header, "try_");
    assert!(names.len() > 18, "{names:?}");
    for name in names.iter().filter(|name| !["try_", "try_new"].contains(*name)) {
        let throwing = name.strip_prefix("try_").expect("a name");
        let calls = format!("{name}(");
        let throws = |line: &str| line.contains(&format!(" {throwing}(")) || line.contains(&format!("&{throwing}("));
        assert!(header.lines().any(|line| throws(line) && line.contains(&calls)), "{throwing}() is missing");
        let forms = header.lines().filter(|line| line.contains("Result<") && line.contains(&format!(" {calls}")));
        assert!(forms.clone().count() >= 1 && forms.into_iter().all(|line| line.contains(" noexcept")), "{name}");
    }
}

/// A new program comes with a test.
#[test]
fn every_program_is_tested() {
    let names = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(source(folder)).expect("a folder of programs");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
        names.filter(|name| name.ends_with(".cpp")).collect()
    };
    assert!(names("examples-cpp").iter().eq(["fleet.cpp", "login.cpp"]));
    assert!(names("tests/cpp").iter().eq([
        "auth.cpp",
        "callbacks.cpp",
        "dangling.cpp",
        "json.cpp",
        "operations.cpp",
        "options.cpp",
        "plain.cpp",
        "requests.cpp"
    ]));
}

fn example(path: &str) -> Option<Program> {
    let dialects = dialects(path);
    dialects.first().map(|dialect| compiled(path, dialect, &[]))
}

#[test]
fn login_prints_a_token_or_says_why_it_is_refused() {
    let Some(program) = example("examples-cpp/login.cpp") else { return };
    login_succeeds(&program);
    login_is_refused(&program);
}

/// Two processes of eight threads, which wait for each other at their first request. The token is revoked when half of
/// all requests were served and one more waits for its answer.
#[test]
fn fleet_shares_one_token_and_repeats_after_a_401() {
    let Some(program) = example("examples-cpp/fleet.cpp") else { return };
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("tokens").display());
    let requests = |action| Fault::new(action).on_path("api-applicant-status");
    sandbox.order(requests(Action::Hold).times(16));
    sandbox.order(requests(Action::Delay(Duration::ZERO)).times(64));
    sandbox.order(requests(Action::Hold));
    let run = || program.run(&Account::of(&sandbox), &[&store]);
    let runs = thread::scope(|scope| {
        let runs = [scope.spawn(run), scope.spawn(run)];
        let all_there = sandbox.wait_until(PATIENCE, |counters| counters.held == 16);
        let logins = sandbox.counters().tokens_issued;
        sandbox.release();
        let halfway = sandbox.wait_until(PATIENCE, |counters| counters.authorized >= 80 && counters.held == 1);
        sandbox.revoke_all();
        sandbox.clear_faults();
        assert!(all_there && halfway, "{:?}", sandbox.counters());
        assert_eq!(logins, 1, "one login for all threads of both");
        runs.map(|run| run.join().expect("no panic"))
    });
    for run in runs {
        run.assert_code(0);
        assert_eq!((&*run.stdout, &*run.stderr), ("8 threads, 80 of 80 requests served\n", ""));
    }
    let counters = sandbox.counters();
    figures!(
        "fleet.cpp: 2 processes of 8 threads, their token revoked halfway: {} tokens issued, {} times 401, 160 served",
        counters.tokens_issued,
        counters.unauthorized
    );
    assert_eq!((counters.tokens_issued, counters.authorized), (2, 160), "{counters:?}");
    assert!((1..=16).contains(&counters.unauthorized), "{counters:?}");
}

/// They name the real service, so they are compiled and not run.
#[test]
fn the_programs_of_the_readme_compile() {
    let readme = fs::read_to_string(source("README.md")).expect("the README");
    let blocks = readme.split("```cpp\n").skip(1).map(|block| block.split_once("```").expect("a block ends").0);
    let programs: Vec<_> = blocks.filter(|block| block.contains("int main")).collect();
    let dialects = dialects("the C++ of the README");
    let [dialect, ..] = &*dialects else { return };
    if programs.is_empty() {
        return skip("the C++ of the README", "there is none");
    }
    let workshop = Workshop::new();
    for program in programs {
        let path = workshop.write("program.cpp", program);
        workshop.program("program", &dialect.to_string(), &[&*path.to_string_lossy()]);
    }
    figures!("the C++ of the README compiles with {}", FLAGS.join(" "));
}
