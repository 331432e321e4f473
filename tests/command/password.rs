//! Where the password comes from, and where it is never taken from.

#![cfg(all(feature = "capi", target_os = "linux"))]

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD};

use crate::scene::{Scene, finish};
use crate::terminal::Terminal;

#[test]
fn a_password_in_the_arguments_is_refused_and_repeated_nowhere() {
    let scene = Scene::new();
    for arguments in [
        &["token", "--password", "topsecret"][..],
        &["token", "--password=topsecret"],
        &["token", "--pass=topsecret"],
        &["token", "--pw=topsecret"],
        &["token", "topsecret"],
        &["status", "--password-file=topsecret"],
        &["topsecret"],
        &["reject", "Bearer topsecret"],
    ] {
        let outcome = scene.run(arguments).failed(2, "");
        assert!(!outcome.stderr.contains("topsecret"), "{}", outcome.stderr);
    }
    let refused = scene.run(&["token", "--password", DEFAULT_PASSWORD]).failed(2, "--password-file");
    assert!(!refused.stderr.contains(DEFAULT_PASSWORD));
    assert_eq!(scene.sandbox.counters().requests, 0);
}

#[test]
fn the_environment_holds_no_password() {
    let scene = Scene::new();
    let mut command = scene.command(&["token"]);
    command.env("PERSONR_PASSWORD", DEFAULT_PASSWORD).env_remove("PERSONR_PASSWORD_FILE");
    finish(&mut command).failed(25, "there is no terminal to ask at");
}

#[test]
fn a_descriptor_comes_before_a_file_and_a_file_before_the_environment() {
    let scene = Scene::new();
    let good = scene.write("good", DEFAULT_PASSWORD);
    let wrong = scene.write("wrong", "wrong");
    scene.write("password", "wrong");
    let descriptor = ["token", "--login", "--password-fd", "0", "--password-file", &wrong];
    scene.run_with_input(&descriptor, DEFAULT_PASSWORD.as_bytes()).done();
    scene.run(&["token", "--login", "--password-file", &good]).done();

    std::fs::create_dir(scene.path("credentials")).expect("made");
    scene.write("credentials/personr.password", DEFAULT_PASSWORD);
    let mut unit = scene.command(&["token", "--login"]);
    unit.env("CREDENTIALS_DIRECTORY", scene.path("credentials")).env_remove("PERSONR_PASSWORD_FILE");
    finish(&mut unit).done();
    assert_eq!(scene.sandbox.counters().tokens_issued, 3);
}

#[test]
fn one_line_break_at_the_end_of_a_file_is_no_part_of_the_password() {
    let scene = Scene::new();
    for end in ["", "\n", "\r\n"] {
        scene.write("password", format!("{DEFAULT_PASSWORD}{end}"));
        scene.run(&["token", "--login"]).done();
    }
    // A blank is part of it.
    scene.write("password", format!("{DEFAULT_PASSWORD} \n"));
    scene.run(&["token", "--login"]).failed(12, "PERSONR_INVALID_CREDENTIALS");
}

#[test]
fn what_holds_no_password_is_said_and_not_sent() {
    let scene = Scene::new();
    for (text, words) in [
        ("", "there is no password in it"),
        ("\n", "there is no password in it"),
        ("first\nsecond\n", "a password is one line"),
        ("first\n\n", "a password is one line"),
        (&"x".repeat(1025), "at most 1024 bytes"),
        (&"x".repeat(5000), "at most 1024 bytes"),
    ] {
        let text = text.to_owned();
        scene.write("password", &text);
        let outcome = scene.run(&["token"]).failed(25, words);
        assert!(text.len() < 2 || !outcome.stderr.contains(text.trim()), "{}", outcome.stderr);
    }
    scene.run(&["token", "--password-file", "none"]).failed(25, "No such file");
    scene.run(&["token", "--password-fd", "77"]).failed(25, "Bad file descriptor");
    assert_eq!(scene.sandbox.counters().requests, 0);
    scene.write("password", "x".repeat(1024));
    scene.run(&["token"]).failed(12, "PERSONR_INVALID_CREDENTIALS");
}

#[test]
fn nobody_asks_for_the_password_while_there_is_a_token() {
    let scene = Scene::with_token();
    scene.run(&["token", "--password-file", "none"]).done();
    finish(scene.command(&["token"]).env_remove("PERSONR_PASSWORD_FILE")).done();
}

#[test]
fn the_terminal_does_not_show_what_is_typed_and_is_then_as_it_was() {
    let scene = Scene::new();
    let mut terminal = Terminal::running(&scene, &["token"]);
    terminal.read_until(&format!("Password for {DEFAULT_EMAIL}: "));
    assert!(!terminal.echoes());
    terminal.write(&format!("{DEFAULT_PASSWORD}\n"));
    let (status, shown, stdout) = terminal.finish();
    assert_eq!((status.code(), stdout), (Some(0), format!("{}\n", scene.live_token())));
    assert!(!shown.contains("correct"), "{shown}");
}

#[test]
fn no_core_file_holds_the_password() {
    let scene = Scene::new();
    let mut terminal = Terminal::running(&scene, &["token"]);
    terminal.read_until(": ");
    let limits = terminal.limits();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).expect("a line");
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"], "{core}");
}

#[test]
fn a_signal_at_the_prompt_ends_the_command_with_the_terminal_as_it_was() {
    let scene = Scene::new();
    let mut terminal = Terminal::running(&scene, &["token"]);
    terminal.read_until(": ");
    terminal.write("corr\x03");
    assert_ended_by(terminal, libc::SIGINT);
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
        let mut terminal = Terminal::running(&scene, &["token"]);
        terminal.read_until(": ");
        terminal.signal(signal);
        assert_ended_by(terminal, signal);
    }
    assert_eq!(scene.sandbox.counters().requests, 0);
}

fn assert_ended_by(terminal: Terminal, signal: i32) {
    use std::os::unix::process::ExitStatusExt;
    let (status, shown, stdout) = terminal.finish();
    assert_eq!((status.signal(), &*stdout), (Some(signal), ""), "{shown}");
}

#[test]
fn a_line_that_is_too_long_or_empty_is_no_password() {
    let scene = Scene::new();
    let mut terminal = Terminal::running(&scene, &["token"]);
    terminal.read_until(": ");
    terminal.write(&format!("{}\n", "x".repeat(2000)));
    assert_eq!(terminal.finish().0.code(), Some(25));
    for input in ["\n", "\x04"] {
        let mut terminal = Terminal::running(&scene, &["token"]);
        terminal.read_until(": ");
        terminal.write(input);
        assert_eq!(terminal.finish().0.code(), Some(25), "{input:?}");
    }
    assert_eq!(scene.sandbox.counters().requests, 0);
}
