//! The programs in `examples-c/`, compiled as their users would and run against the sandbox: by themselves, and under
//! valgrind.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod compile;
mod figures;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use compile::{ROOT, Workshop, built, cc, is_installed, said, skip};
use figures::figures;
use personr_sandbox::{Action, DEFAULT_EMAIL, DEFAULT_PASSWORD, Fault, Sandbox};

const FLAGS: [&str; 6] = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];
const WRONG_PASSWORD: &str = "not the battery staple";

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// What valgrind exits with if it has something to say. The examples use 0 and 1.
const VALGRIND_ERROR: i32 = 99;

fn source(name: &str) -> PathBuf {
    Path::new(ROOT).join("examples-c").join(name).with_extension("c")
}

/// A compiled program and the way it is run.
struct Program {
    path: PathBuf,
    under_valgrind: bool,
    _workshop: Workshop,
}

/// How a run ended.
struct Run {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Program {
    fn compiled(source: &Path) -> Self {
        Self::compiled_with(source, &[])
    }

    fn compiled_with(source: &Path, libraries: &[&str]) -> Self {
        let workshop = Workshop::new();
        let mut arguments: Vec<&OsStr> = FLAGS.iter().map(OsStr::new).collect();
        arguments.push(source.as_os_str());
        arguments.extend(libraries.iter().map(OsStr::new));
        let path = workshop.program("program", &cc(), &arguments);
        Self { path, under_valgrind: false, _workshop: workshop }
    }

    fn example(name: &str) -> Self {
        Self::compiled(&source(name))
    }

    fn under_valgrind(self) -> Self {
        Self { under_valgrind: true, ..self }
    }

    /// Runs it with an account of the sandbox's in its environment, and nothing else of this test's.
    fn run(&self, service: &Service, password: &str, arguments: &[&str]) -> Run {
        let mut command = if self.under_valgrind {
            let mut valgrind = Command::new("valgrind");
            valgrind.args(["-q", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
            valgrind.arg(format!("--error-exitcode={VALGRIND_ERROR}"));
            valgrind.arg(format!("--suppressions={ROOT}/tests/valgrind.supp"));
            valgrind.arg(&self.path);
            valgrind
        } else {
            Command::new(&self.path)
        };
        command.args(arguments).env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", password);
        command.env("PERSONR_BASE_URL", &service.base_url).env("PERSONR_CA_FILE", &service.ca_file);
        let output = command.output().expect("the program runs");
        let all = said(&output);
        assert!(!all.contains(password), "the password is in the output:\n{all}");
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }
}

impl Run {
    #[track_caller]
    fn assert_code(&self, code: i32) {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.stdout, self.stderr);
    }

    /// What stands behind `label` in each line that begins with it.
    fn values(&self, label: &str) -> Vec<&str> {
        self.stdout.lines().filter_map(|line| Some(line.strip_prefix(label)?.trim())).collect()
    }
}

/// Where a program finds the service.
struct Service {
    base_url: String,
    ca_file: PathBuf,
}

impl Service {
    fn of(sandbox: &Sandbox) -> Self {
        Self { base_url: sandbox.base_url().to_owned(), ca_file: sandbox.ca_file().to_owned() }
    }
}

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn login_succeeds(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[]);
    run.assert_code(0);
    let token = sandbox.live_token(DEFAULT_EMAIL).expect("a token was issued");
    assert!(!run.values("user id:")[0].is_empty(), "{}", run.stdout);
    assert!(run.values("token:")[0].starts_with(&format!("{}...", &token[..6])), "{}", run.stdout);
    assert!(!run.stdout.contains(&token[..7]) && run.stderr.is_empty(), "{}{}", run.stdout, run.stderr);
    // As in 2027-11-24 03:47:16 UTC.
    let expires: String = run.values("expires:")[0].chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    assert_eq!(expires, "0000-00-00 00:00:00 UTC");
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.requests), (1, 1), "{counters:?}");
}

fn login_is_refused(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Service::of(&sandbox), WRONG_PASSWORD, &[]);
    run.assert_code(1);
    assert!(run.stderr.starts_with("PERSONR_INVALID_CREDENTIALS (INVALID_LOGIN_CREDENTIALS): "), "{}", run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.refused_logins), (0, 1), "{counters:?}");
}

fn errors_reports_success(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &["2"]);
    run.assert_code(0);
    assert_eq!(run.values("status:"), ["PERSONR_OK", "PERSONR_OK"]);
    assert_eq!(run.values("what to do:"), ["go on", "go on"]);
    assert_eq!(sandbox.counters().requests, 1);
}

fn errors_asks_once_with_a_wrong_password(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Service::of(&sandbox), WRONG_PASSWORD, &["2"]);
    run.assert_code(1);
    assert_eq!(run.values("status:"), ["PERSONR_INVALID_CREDENTIALS"; 2]);
    assert_eq!(run.values("reason:"), ["INVALID_LOGIN_CREDENTIALS"; 2]);
    assert_eq!(run.values("HTTP status:"), ["400"; 2]);
    assert_eq!(sandbox.counters().requests, 1);
}

fn threads_share_one_token(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[]);
    run.assert_code(0);
    assert_eq!(run.stdout, "16 threads, 16000 of 16000 calls served, all with one token\n");
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.requests), (1, 1), "{counters:?}");
}

fn request_repeats_once_after_a_401(program: &Program) {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let run = program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[]);
    run.assert_code(0);
    assert_eq!(
        run.stdout,
        "api-applicant-status: 200\nanother login ended the token\n\
         api-applicant-status: 401\napi-applicant-status: 200\n"
    );
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.authorized, counters.unauthorized), (2, 2, 1), "{counters:?}");
}

/// The children wait for each other at their first request. The token is revoked when half of all were served and one
/// more waits for its answer.
fn prefork_shares_one_token(program: &Program) {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("tokens").display());
    let requests = |action| Fault::new(action).on_path("api-applicant-status");
    sandbox.order(requests(Action::Hold).times(8));
    sandbox.order(requests(Action::Delay(Duration::ZERO)).times(32));
    sandbox.order(requests(Action::Hold));
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[&store]));
        let all_there = sandbox.wait_until(PATIENCE, |counters| counters.held == 8);
        sandbox.release();
        let halfway = sandbox.wait_until(PATIENCE, |counters| counters.authorized >= 40 && counters.held == 1);
        sandbox.revoke_all();
        sandbox.clear_faults();
        assert!(all_there && halfway, "{:?}", sandbox.counters());
        run.join().expect("no panic")
    });
    run.assert_code(0);
    assert_eq!((&*run.stdout, &*run.stderr), ("8 children, 80 of 80 requests served\n", ""));
    let counters = sandbox.counters();
    figures!(
        "8 children, their token revoked halfway: {} tokens issued, {} times 401",
        counters.tokens_issued,
        counters.unauthorized
    );
    assert_eq!((counters.tokens_issued, counters.authorized), (2, 80), "{counters:?}");
    assert!((1..=8).contains(&counters.unauthorized), "{counters:?}");
}

/// The first is in the middle of its login when the second starts; the third comes when all is over.
fn custom_store_shares_one_login(program: &Program) {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("tokens.db");
    let start = || {
        let run = program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[database.to_str().expect("UTF-8")]);
        run.assert_code(0);
        run.values("token:")[0].split("...").next().expect("a beginning").to_owned()
    };
    sandbox.order(Fault::new(Action::Hold));
    let mut tokens = std::thread::scope(|scope| {
        let first = scope.spawn(start);
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        let second = scope.spawn(start);
        // Long enough for it to meet the lock; if it is slower there is nothing wrong.
        std::thread::sleep(Duration::from_millis(500));
        sandbox.release();
        vec![first.join().expect("no panic"), second.join().expect("no panic")]
    });
    tokens.push(start());
    let live = sandbox.live_token(DEFAULT_EMAIL).expect("a token was issued");
    assert!(tokens.iter().all(|token| *token == live[..6]), "{tokens:?}");
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.requests), (1, 1), "{counters:?}");
    let mode = fs::metadata(&database).expect("the database").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "tokens stand in it in clear");
}

fn custom_store_tells_that_it_failed(program: &Program) {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("tokens.db");
    fs::write(&database, "no database").expect("written");
    program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[database.to_str().expect("UTF-8")]).assert_code(1);
    assert_eq!(sandbox.counters().requests, 0);
}

/// `None` where SQLite is not installed for C.
fn custom_store(test: &str) -> Option<Program> {
    let workshop = Workshop::new();
    let probe = workshop.write("probe.c", "#include <sqlite3.h>\n");
    let mut words = cc().split_whitespace().map(str::to_owned).collect::<Vec<_>>().into_iter();
    let mut compiler = Command::new(words.next().expect("a compiler's name"));
    if compiler.args(words).arg("-E").arg(probe).output().is_ok_and(|output| output.status.success()) {
        return Some(Program::compiled_with(&source("custom_store"), &["-lsqlite3"]));
    }
    skip(test, "sqlite3.h is missing (Debian: libsqlite3-dev)");
    None
}

#[test]
fn custom_store_logs_in_once_for_all_processes() {
    let Some(program) = custom_store("custom_store.c") else { return };
    custom_store_shares_one_login(&program);
    custom_store_tells_that_it_failed(&program);
}

#[test]
fn custom_store_is_clean() {
    if !is_installed("valgrind") {
        return skip("custom_store.c under valgrind", "valgrind is not installed");
    }
    let Some(program) = custom_store("custom_store.c under valgrind") else { return };
    let program = program.under_valgrind();
    custom_store_shares_one_login(&program);
    custom_store_tells_that_it_failed(&program);
}

#[test]
fn login_prints_a_token() {
    login_succeeds(&Program::example("login"));
}

#[test]
fn login_says_why_it_is_refused() {
    login_is_refused(&Program::example("login"));
}

#[test]
fn login_links_statically() {
    let workshop = Workshop::new();
    // As `rustc --print native-static-libs` says.
    let library = built("libpersonr.a");
    let libraries: Vec<&OsStr> = [library.as_os_str()]
        .into_iter()
        .chain(["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"].map(OsStr::new))
        .collect();
    let login = source("login");
    let mut arguments: Vec<&OsStr> = FLAGS.iter().map(OsStr::new).collect();
    arguments.push(login.as_os_str());
    let path = workshop.link("program", &cc(), &arguments, &libraries);
    login_succeeds(&Program { path, under_valgrind: false, _workshop: workshop });
}

#[test]
fn errors_says_what_to_do() {
    let program = Program::example("errors");
    errors_reports_success(&program);
    errors_asks_once_with_a_wrong_password(&program);
}

#[test]
fn errors_names_a_service_that_fails() {
    let sandbox = sandbox();
    sandbox.order(Fault::new(Action::Answer { status: 503, headers: Vec::new(), body: Vec::new() }).always());
    let run = Program::example("errors").run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[]);
    run.assert_code(1);
    assert_eq!(run.values("status:"), ["PERSONR_SERVER"]);
    assert_eq!(run.values("HTTP status:"), ["503"]);
    // Once, and the two retries of the default options.
    assert_eq!(sandbox.counters().requests, 3);
}

#[test]
fn errors_names_a_service_that_is_not_there() {
    let sandbox = sandbox();
    let workshop = Workshop::new();
    let service = Service { ca_file: workshop.write("ca.pem", sandbox.ca_pem()), ..Service::of(&sandbox) };
    drop(sandbox);
    let run = Program::example("errors").run(&service, DEFAULT_PASSWORD, &[]);
    run.assert_code(1);
    assert_eq!(run.values("status:"), ["PERSONR_NETWORK"]);
    assert_eq!(run.values("reason:"), ["connect"]);
    assert_eq!(run.values("HTTP status:"), ["0"]);
}

#[test]
fn threads_log_in_once() {
    threads_share_one_token(&Program::example("threads"));
}

#[test]
fn request_rejects_and_repeats() {
    request_repeats_once_after_a_401(&Program::example("request"));
}

/// Runs the scenarios on an example under valgrind: each passes with the exit code that it has otherwise.
fn under_valgrind(name: &str, scenarios: &[fn(&Program)]) {
    if !is_installed("valgrind") {
        return skip(&format!("{name}.c under valgrind"), "valgrind is not installed");
    }
    let program = Program::example(name).under_valgrind();
    scenarios.iter().for_each(|scenario| scenario(&program));
}

#[test]
fn login_is_clean() {
    under_valgrind("login", &[login_succeeds, login_is_refused]);
}

#[test]
fn errors_is_clean() {
    under_valgrind("errors", &[errors_reports_success, errors_asks_once_with_a_wrong_password]);
}

#[test]
fn threads_is_clean() {
    under_valgrind("threads", &[threads_share_one_token]);
}

#[test]
fn request_is_clean() {
    under_valgrind("request", &[request_repeats_once_after_a_401]);
}

#[test]
fn prefork_serves_all() {
    prefork_shares_one_token(&Program::example("prefork"));
}

#[test]
fn prefork_is_clean() {
    under_valgrind("prefork", &[prefork_shares_one_token]);
}

/// Puts a defect into `login.c`: valgrind must find it.
fn assert_found(defect: &str, old: &str, new: &str) {
    if !is_installed("valgrind") {
        return skip(&format!("login.c with {defect}"), "valgrind is not installed");
    }
    let text = fs::read_to_string(source("login")).expect("login.c");
    assert_eq!(text.matches(old).count(), 1, "login.c has no single {old}");
    let workshop = Workshop::new();
    let defective = workshop.write("login.c", &text.replace(old, new));
    let sandbox = sandbox();
    let program = Program::compiled(&defective).under_valgrind();
    program.run(&Service::of(&sandbox), DEFAULT_PASSWORD, &[]).assert_code(VALGRIND_ERROR);
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

#[test]
fn valgrind_finds_a_leak() {
    assert_found("a leak", "    personr_token_free(token);\n", "");
}

#[test]
fn valgrind_finds_a_use_after_free() {
    assert_found(
        "a use after free",
        "    personr_options_free(options);\n",
        "    personr_options_free(options);\n    personr_options_set_max_retries(options, 1, NULL);\n",
    );
}

#[test]
fn valgrind_finds_an_uninitialised_value() {
    assert_found(
        "an uninitialised value",
        "    int result = EXIT_FAILURE;\n",
        "    int result;\n    if (*(volatile int *)&result == 7) puts(\"7\");\n",
    );
}

/// A new example comes with a test.
#[test]
fn every_example_is_tested() {
    let folder = fs::read_dir(Path::new(ROOT).join("examples-c")).expect("the examples");
    let mut examples: Vec<_> = folder
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".c"))
        .collect();
    examples.sort();
    assert_eq!(examples, ["custom_store.c", "errors.c", "login.c", "prefork.c", "request.c", "threads.c"]);
}

/// It names the real service, so it is compiled and not run.
#[test]
fn the_programs_of_the_readme_compile() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("the README");
    let blocks = readme.split("```c\n").skip(1).map(|block| block.split_once("```").expect("a block ends").0);
    let programs: Vec<_> = blocks.filter(|block| block.contains("int main")).collect();
    assert_eq!(programs.len(), 1);
    for program in programs {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("program.c");
        fs::write(&path, program).expect("written");
        Program::compiled(&path);
    }
}
