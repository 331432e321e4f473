//! What the examples are put through: each scenario runs a program against a sandbox of its own, by itself or under a
//! checker.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use personr_sandbox::{Action, DEFAULT_EMAIL, Documented, Fault, Sandbox};

use crate::c_program::{Account, Program};
use crate::compile::Workshop;
use crate::figures::figures;
use crate::redis_server::RedisServer;
use crate::store_directory::StoreDirectory;

const WRONG_PASSWORD: &str = "not the battery staple";

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

/// It checks all by itself.
pub fn surface_is_as_the_header_says(program: &Program) {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("tokens");
    let arguments = [store.to_str().expect("UTF-8")];
    let run = program.run(&Account::of(&sandbox), &arguments);
    run.assert_code(0);
    assert!(run.stdout.ends_with(": all checked\n") && run.stderr.is_empty(), "{}{}", run.stdout, run.stderr);
}

/// Without TLS, so that there is time for many rounds.
pub fn operations_are_raced(program: &Program, rounds: u32) {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let run = program.run(&Account::of(&sandbox), &[&rounds.to_string()]);
    run.assert_code(0);
    assert_eq!((&*run.stdout, &*run.stderr), ("races: all checked\n", ""));
}

/// Over TLS and a name that is looked up, with tokens that are renewed every second; without that, where there is time for
/// all the rounds; and with files.
pub fn threads_do_all_at_once(program: &Program, rounds: u32) {
    let renewing = sandbox();
    renewing.set_lifetime(2.0);
    run_threads(program, &Account::of(&renewing).by_name(), rounds.div_ceil(4), "memory:");
    let plain = Sandbox::builder().plain_http().start().expect("a sandbox");
    run_threads(program, &Account::of(&plain), rounds, "memory:");
    run_threads(program, &Account::of(&plain), rounds.div_ceil(4), &StoreDirectory::new().url());
}

/// The same with Redis, if the library has that and there is one.
pub fn threads_do_all_at_once_with_redis(program: &Program, rounds: u32) {
    let Some(redis) = RedisServer::start("many threads with Redis", &[]) else { return };
    let plain = Sandbox::builder().plain_http().start().expect("a sandbox");
    run_threads(program, &Account::of(&plain), rounds, &redis.url());
}

fn run_threads(program: &Program, account: &Account, rounds: u32, store: &str) {
    let run = program.run(account, &[&rounds.to_string(), store]);
    run.assert_code(0);
    assert_eq!((&*run.stdout, &*run.stderr), ("threads: all checked\n", ""));
}

pub fn threads_call_back_at_once(program: &Program, rounds: u32) {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let run = program.run(&Account::of(&sandbox), &[&rounds.to_string()]);
    run.assert_code(0);
    assert_eq!((&*run.stdout, &*run.stderr), ("callbacks: all checked\n", ""));
}

/// From the first request to the last: what was uploaded arrives, and is what is downloaded.
pub fn applicant_is_checked_and_documents_come_back(program: &Program) {
    let sandbox = Sandbox::builder().polls(1).start().expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let (scan, saved) = (folder.path().join("scan.jpg"), folder.path().join("document-0"));
    let bytes: Vec<u8> = (0..40_000_u32).map(|at| (at % 251) as u8).collect();
    fs::write(&scan, &bytes).expect("written");
    let run =
        program.run(&Account::of(&sandbox), &[scan.to_str().expect("UTF-8"), folder.path().to_str().expect("UTF-8")]);
    run.assert_code(0);
    assert_eq!(run.stdout, format!("result: Approved\nPASSPORT: {}\n", saved.display()));
    assert!(fs::read(&saved).expect("a document") == bytes, "another document came back");
    let uploads = sandbox.requests_to("api-document-upload");
    let [upload] = uploads.as_slice() else { panic!("{} uploads", uploads.len()) };
    assert_eq!(upload.part("docFile").expect("a file").file_name.as_deref(), Some("scan.jpg"));
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

pub fn applicant_says_what_was_refused(program: &Program) {
    let sandbox = sandbox();
    let refusal = Action::Documented(Documented::WorkspaceNotFound);
    sandbox.order(Fault::new(refusal).on_path("api-applicant-create"));
    let run = program.run(&Account::of(&sandbox), &["/dev/null", "/"]);
    run.assert_code(1);
    assert!(run.stderr.starts_with("PERSONR_REJECTED "), "{}", run.stderr);
}

pub fn login_succeeds(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Account::of(&sandbox), &[]);
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

pub fn login_is_refused(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Account::of(&sandbox).with_password(WRONG_PASSWORD), &[]);
    run.assert_code(1);
    assert!(run.stderr.starts_with("PERSONR_INVALID_CREDENTIALS (INVALID_LOGIN_CREDENTIALS): "), "{}", run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.refused_logins), (0, 1), "{counters:?}");
}

pub fn errors_reports_success(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Account::of(&sandbox), &["2"]);
    run.assert_code(0);
    assert_eq!(run.values("status:"), ["PERSONR_OK", "PERSONR_OK"]);
    assert_eq!(run.values("what to do:"), ["go on", "go on"]);
    assert_eq!(sandbox.counters().requests, 1);
}

pub fn errors_asks_once_with_a_wrong_password(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Account::of(&sandbox).with_password(WRONG_PASSWORD), &["2"]);
    run.assert_code(1);
    assert_eq!(run.values("status:"), ["PERSONR_INVALID_CREDENTIALS"; 2]);
    assert_eq!(run.values("reason:"), ["INVALID_LOGIN_CREDENTIALS"; 2]);
    assert_eq!(run.values("HTTP status:"), ["400"; 2]);
    assert_eq!(sandbox.counters().requests, 1);
}

pub fn threads_share_one_token(program: &Program) {
    let sandbox = sandbox();
    let run = program.run(&Account::of(&sandbox), &[]);
    run.assert_code(0);
    assert_eq!(run.stdout, "16 threads, 16000 of 16000 calls served, all with one token\n");
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.requests), (1, 1), "{counters:?}");
}

pub fn request_repeats_once_after_a_401(program: &Program) {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let run = program.run(&Account::of(&sandbox), &[]);
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
pub fn prefork_shares_one_token(program: &Program) {
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("file:{}", folder.path().join("tokens").display());
    let requests = |action| Fault::new(action).on_path("api-applicant-status");
    sandbox.order(requests(Action::Hold).times(8));
    sandbox.order(requests(Action::Delay(Duration::ZERO)).times(32));
    sandbox.order(requests(Action::Hold));
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| program.run(&Account::of(&sandbox), &[&store]));
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
pub fn custom_store_shares_one_login(program: &Program) {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("tokens.db");
    let start = || {
        let run = program.run(&Account::of(&sandbox), &[database.to_str().expect("UTF-8")]);
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

/// A holder whose clock was a year ahead, and that has died, keeps nobody out.
pub fn custom_store_believes_no_lease_that_is_too_long(program: &Program) {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("tokens.db");
    let arguments = [database.to_str().expect("UTF-8")];
    program.run(&Account::of(&sandbox), &arguments).assert_code(0);
    plant(&database, DEAD_HOLDER);
    program.run(&Account::of(&sandbox), &arguments).assert_code(0);
    assert_eq!(sandbox.counters().tokens_issued, 2);
}

const DEAD_HOLDER: &str =
    "UPDATE personr SET record = NULL, owner = 'dead', lease_ends = (strftime('%s', 'now') + 31536000) * 1000";

/// While its login was under way the lease has ended, and another one has logged in: its record stays.
pub fn custom_store_saves_only_while_it_has_the_lock(program: &Program) {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("tokens.db");
    sandbox.order(Fault::new(Action::Hold));
    let run = std::thread::scope(|scope| {
        let run = scope.spawn(|| program.run(&Account::of(&sandbox), &[database.to_str().expect("UTF-8")]));
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
        plant(&database, NEXT_HOLDER);
        sandbox.release();
        run.join().expect("no panic")
    });
    run.assert_code(0);
    assert!(run.values("token:")[0].starts_with("others..."), "{}", run.stdout);
    assert_eq!(sandbox.counters().tokens_issued, 1);
}

/// A day that has not come yet counts as today.
const NEXT_HOLDER: &str = r#"
    UPDATE personr SET owner = 'next', lease_ends = (strftime('%s', 'now') + 20) * 1000,
    record = '{"version":1,"generation":9,"token":"others","obtained_at":1,"used_on":99999,"expires_at":99999999999}'
"#;

/// Changes the one row of a database of `custom_store.c`.
fn plant(database: &Path, sql: &str) {
    let workshop = Workshop::new();
    let source = workshop.write("plant.c", PLANT);
    let plant = Program::compiled_in(workshop, &[source], &["-lsqlite3"]);
    let status = Command::new(&plant.path).arg(database).arg(sql).status().expect("the program runs");
    assert!(status.success(), "{status}: {sql}");
}

const PLANT: &str = r#"
#include <sqlite3.h>
#include <stddef.h>

int main(int argc, char **argv)
{
    sqlite3 *database;

    return argc != 3 || sqlite3_open(argv[1], &database) != SQLITE_OK
           || sqlite3_busy_timeout(database, 60000) != SQLITE_OK
           || sqlite3_exec(database, argv[2], NULL, NULL, NULL) != SQLITE_OK || sqlite3_changes(database) != 1
           || sqlite3_close(database) != SQLITE_OK;
}
"#;

pub fn custom_store_tells_that_it_failed(program: &Program) {
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let database = folder.path().join("tokens.db");
    fs::write(&database, "no database").expect("written");
    program.run(&Account::of(&sandbox), &[database.to_str().expect("UTF-8")]).assert_code(1);
    assert_eq!(sandbox.counters().requests, 0);
}

pub fn ends_well(program: &Program, arguments: &[&str]) {
    let sandbox = sandbox();
    program.run(&Account::of(&sandbox), arguments).assert_code(0);
}

pub fn records_stay_whole_without_standard_streams(program: &Program) {
    const ROUNDS: u64 = 12;
    let sandbox = sandbox();
    let folder = tempfile::tempdir().expect("a folder");
    let store = folder.path().join("tokens");
    let run = program.run(&Account::of(&sandbox), &[store.to_str().expect("UTF-8"), &ROUNDS.to_string()]);
    run.assert_code(0);
    assert_eq!(run.stderr, format!("records: {ROUNDS} of {ROUNDS}, stray lines: 0\n"));
    let length_of = |ending: &str| {
        let mut files = fs::read_dir(&store).expect("the store").map(|entry| entry.expect("an entry").path());
        let file = files.find(|path| path.extension().is_some_and(|it| it == ending)).expect("a file");
        fs::metadata(file).expect("it is there").len()
    };
    assert!(length_of("lock") == 0 && length_of("json") > 0, "the application's text is in the lock file");
    assert_eq!(sandbox.counters().logins, ROUNDS, "one each, and the token was read from the record");
}

/// With a name look-up before each connection.
pub fn ends_well_by_name(program: &Program, arguments: &[&str]) {
    let sandbox = sandbox();
    program.run(&Account::of(&sandbox).by_name(), arguments).assert_code(0);
}
