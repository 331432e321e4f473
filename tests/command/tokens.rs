//! The commands `token`, `authorization`, `reject` and `status`, and the exit status of each failure of a login.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use personr_sandbox::{Action, DEFAULT_EMAIL, Documented, Fault, Sandbox};
#[cfg(feature = "redis")]
use personr_testkit::redis_server::RedisServer;

use crate::scene::{Scene, finish, wait};

const PATIENCE: Duration = Duration::from_secs(60);
/// How long a login takes at most if nothing is said of it.
const UNLESS_SET: Duration = Duration::from_secs(30);

fn on_login(action: Action) -> Fault {
    Fault::new(action).on_path("api-basic-auth")
}

fn answer(status: u16) -> Action {
    Action::answer(status, "{}")
}

#[test]
fn the_token_is_printed_as_a_line_and_logged_in_for_once() {
    let scene = Scene::new();
    let printed = scene.run(&["token"]).done();
    let token = scene.live_token();
    assert_eq!(printed.text(), format!("{token}\n"));
    assert_eq!(scene.run(&["token", "-n"]).done().text(), token);
    assert_eq!(scene.run(&["authorization"]).done().text(), format!("Bearer {token}\n"));
    assert_eq!(scene.sandbox.counters().logins, 1);
}

#[test]
fn two_processes_at_once_share_one_login() {
    let scene = Scene::new();
    scene.sandbox.order(on_login(Action::Hold));
    let both = [(); 2].map(|()| scene.command(&["token"]).spawn().expect("it runs"));
    assert!(scene.sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    scene.sandbox.release();
    let printed = both.map(|child| wait(child).done().text().to_owned());
    let line = format!("{}\n", scene.live_token());
    assert_eq!(printed, [line.clone(), line]);
    assert_eq!(scene.sandbox.counters().tokens_issued, 1);
}

#[test]
fn the_store_stands_where_the_user_keeps_state() {
    let scene = Scene::new();
    scene.run(&["token"]).done();
    let store = scene.path("home/.local/state/personr");
    assert_eq!(fs::metadata(&store).expect("a folder").permissions().mode() & 0o777, 0o700);

    let state = scene.path("state");
    finish(scene.command(&["token"]).env("XDG_STATE_HOME", &state)).done();
    assert!(state.join("personr").is_dir());
    // A relative path does not count.
    fs::remove_dir_all(&store).expect("removed");
    finish(scene.command(&["token"]).env("XDG_STATE_HOME", "relative")).done();
    assert!(store.is_dir() && !scene.path("relative").exists());
    // What is named counts before both, and is not made with its parents.
    scene.run(&["token", "--store", "file:named"]).done();
    assert!(scene.path("named").is_dir());
    scene.run(&["token", "--store", "file:no/parent"]).failed(21, "PERSONR_STORE (store-open)");
    finish(scene.command(&["token"]).env_remove("HOME")).failed(2, "--store");
}

#[test]
fn a_rejected_token_is_replaced_in_the_store() {
    let scene = Scene::with_token();
    let refused = scene.live_token();
    scene.sandbox.revoke_all();
    let header = format!("Authorization: Bearer {refused}\r\n");
    assert_eq!(scene.run_with_input(&["reject"], header.as_bytes()).done().text(), "");
    assert_ne!(scene.live_token(), refused);
    assert_eq!(scene.run(&["token"]).done().text(), format!("{}\n", scene.live_token()));
    // It has been replaced: another process that was refused with it costs no login.
    scene.run_with_input(&["reject"], refused.as_bytes()).done();
    assert_eq!(scene.sandbox.counters().logins, 2);
}

/// Two that end each other's tokens must not storm the service, and each process is new here.
#[test]
fn rejections_in_a_row_are_limited() {
    let scene = Scene::with_token();
    for _ in 0..3 {
        let token = scene.run(&["token"]).done();
        scene.run_with_input(&["reject"], &token.stdout).done();
    }
    let token = scene.run(&["token"]).done();
    scene.run_with_input(&["reject"], &token.stdout).failed(13, "(tokens-keep-being-refused)");
    assert_eq!(scene.sandbox.counters().logins, 4);
}

#[test]
fn what_is_no_token_is_not_rejected() {
    let scene = Scene::new();
    for input in ["", "\n", "two words"] {
        scene.run_with_input(&["reject"], input.as_bytes()).failed(2, "PERSONR_INVALID_ARGUMENT");
    }
    scene.run(&["reject", "topsecret"]).failed(2, "an argument too many");
    assert_eq!(scene.sandbox.counters().requests, 0);
}

#[test]
fn the_status_of_a_good_token_is_told_without_network_and_password() {
    let scene = Scene::with_token();
    let requests = scene.sandbox.counters().requests;
    let outcome = finish(scene.command(&["status"]).env_remove("PERSONR_PASSWORD_FILE")).done();
    let lines: Vec<_> = outcome.text().lines().map(|line| line.split_once(": ").expect("a name and a value")).collect();
    let names: Vec<_> = lines.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["account", "store", "state", "renews", "expires", "user-id"]);
    assert_eq!(lines[0].1, DEFAULT_EMAIL);
    assert_eq!(lines[1].1, format!("file:{}", scene.path("home/.local/state/personr").display()));
    assert_eq!(lines[2].1, "good");
    for (_, time) in &lines[3..5] {
        assert!(time.len() == 20 && time.ends_with('Z') && time.starts_with("20"), "{time}");
    }
    assert!(!outcome.text().contains(&scene.live_token()));
    assert_eq!(scene.sandbox.counters().requests, requests);
}

#[test]
fn the_status_tells_why_there_is_no_token() {
    let scene = Scene::new();
    let status = |expected: &[&str]| {
        let outcome = scene.run(&["status"]);
        assert_eq!((outcome.code, &*outcome.stderr), (Some(3), ""));
        let lines: Vec<_> = outcome.text().lines().skip(2).collect();
        assert_eq!(lines[..expected.len()], *expected, "{}", outcome.text());
    };
    status(&["state: empty"]);
    scene.sandbox.order(on_login(Action::Answer {
        status: 429,
        headers: vec![("Retry-After".to_owned(), "100".to_owned())],
        body: Vec::new(),
    }));
    scene.run(&["token"]).failed(15, "retry after 100 s");
    status(&["state: failing", "status: PERSONR_RATE_LIMITED", "reason: http-429"]);

    let scene = Scene::new();
    scene.write("password", "wrong");
    scene.run(&["token"]).failed(12, "PERSONR_INVALID_CREDENTIALS");
    let outcome = scene.run(&["status"]);
    assert!(outcome.text().contains("\nstate: refused\n"), "{}", outcome.text());
    assert_eq!(scene.sandbox.counters().logins, 1);
}

#[cfg(feature = "redis")]
#[test]
fn the_password_of_a_redis_store_is_not_told() {
    let arguments = ["--requirepass", "topsecret"];
    let Some(server) = RedisServer::start("the command with a Redis store", &arguments) else { return };
    let scene = Scene::new();
    let store = server.url_as(":topsecret");
    scene.run(&["token", "--store", &store]).done();
    let outcome = scene.run(&["status", "--store", &store]).done();
    assert!(outcome.text().contains("\nstore: redis\nstate: good\n"), "{}", outcome.text());
    let store = server.url_as(":wrongsecret");
    let outcome = scene.run(&["token", "--store", &store]).failed(21, "PERSONR_STORE (store-auth)");
    assert!(!outcome.stderr.contains("wrongsecret"), "{}", outcome.stderr);
}

#[test]
fn a_refused_password_is_sent_once_and_another_one_at_once() {
    let scene = Scene::new();
    scene.write("password", "wrong");
    for _ in 0..3 {
        scene.run(&["token"]).failed(12, "PERSONR_INVALID_CREDENTIALS (INVALID_LOGIN_CREDENTIALS)");
    }
    assert_eq!(scene.sandbox.counters().refused_logins, 1);
    // The account has it now: the same password is sent again if that is asked for.
    scene.sandbox.set_account(DEFAULT_EMAIL, "wrong");
    scene.run(&["token"]).failed(12, "PERSONR_INVALID_CREDENTIALS");
    scene.run(&["token", "--login"]).done();
    scene.run(&["token"]).done();
    assert_eq!(scene.sandbox.counters().tokens_issued, 1);

    let other = Scene::new();
    other.write("password", "wrong");
    other.run(&["token"]).failed(12, "");
    other.write("password", personr_sandbox::DEFAULT_PASSWORD);
    other.run(&["token"]).done();
}

#[test]
fn each_failure_of_a_login_has_its_exit_status() {
    let cases = [
        (answer(401), 13, "PERSONR_UNAUTHORIZED"),
        (answer(429), 15, "PERSONR_RATE_LIMITED"),
        (answer(500), 16, "PERSONR_SERVER"),
        (Action::Reset, 17, "PERSONR_NETWORK (reset)"),
        (Action::Stall, 18, "PERSONR_TIMEOUT (answer)"),
        (Action::answer(200, "<html>"), 20, "PERSONR_PROTOCOL"),
        (Action::Documented(Documented::WorkspaceNotFound), 14, "PERSONR_REJECTED"),
    ];
    for (action, code, words) in cases {
        let scene = Scene::new();
        let timeout = if code == 18 { "0.5" } else { "20" };
        scene.sandbox.order(on_login(action).always());
        let begun = Instant::now();
        scene.run(&["token", "--timeout", timeout]).failed(code, words);
        assert!(begun.elapsed() < UNLESS_SET, "{words} took {:?}", begun.elapsed());
    }
    let (scene, other) = (Scene::new(), Sandbox::start().expect("a sandbox"));
    let ca_file = other.ca_file().to_str().expect("UTF-8");
    scene.run(&["token", "--ca-file", ca_file]).failed(19, "PERSONR_TLS (certificate-unknown-issuer)");
}

#[test]
fn what_happens_is_told_on_stderr_if_wanted() {
    let scene = Scene::new();
    let outcome = scene.run(&["token", "--log", "info"]);
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stderr.starts_with("personr: info: login: a token was issued: "), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.matches('\n').count(), 1, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains(&scene.live_token()));
}

#[test]
fn a_command_line_that_cannot_be_right_is_refused() {
    let scene = Scene::new();
    for (arguments, words) in [
        (&[][..], "which command?"),
        (&["login"], "no such command"),
        (&["token", "--json"], "no option --json"),
        (&["token", "-x"], "no option -x"),
        (&["token", "--store"], "--store takes an argument"),
        (&["token", "--timeout", "0"], "--timeout"),
        (&["token", "--timeout", "1m"], "--timeout"),
        (&["token", "--login-method", "digest"], "--login-method"),
        (&["token", "--base-url", "ftp://x"], "base_url"),
        (&["token", "--ca-file", "none.pem"], "ca_file"),
        (&["request"], "an endpoint is missing"),
        (&["json"], "a JSON pointer is missing"),
    ] {
        scene.run(arguments).failed(2, words);
    }
    finish(scene.command(&["token"]).env_remove("PERSONR_EMAIL")).failed(2, "--email");
    finish(scene.command(&["token"]).env("PERSONR_EMAIL", "")).failed(2, "--email");
    assert_eq!(scene.sandbox.counters().requests, 0);
}
