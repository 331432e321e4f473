//! No secret is left in the memory of a process that is done with the library, on whatever path it went.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod paths;

use std::time::Duration;

use paths::{PATHS, Path, Scene};
use personr_sandbox::{Action, Fault, Sandbox};
use personr_testkit::figures::{self, figures};
use personr_testkit::memory::{Residue, scan};
use personr_testkit::wiping_application::{EMAIL, Program, Settings, random_part};

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Goes a path and looks for what is left. Also tells how much memory that is, and how many stacks of threads.
fn go(program: &Program, path: &Path) -> Option<(Vec<Residue>, u64, usize)> {
    let mut scene = Scene::set(path)?;
    let mut application = program.run(&scene.settings, path.words);
    application.wait_until("ready", || scene.look_for_the_live_token());
    scene.look_for_the_live_token();
    let said: Vec<_> = application.said.iter().map(String::as_str).collect();
    assert_eq!(said, path.said, "{}, {} library", path.name, program.form);
    let (found, bytes) = scan(application.pid, &scene.needles);
    let (stacks, residues): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|residue| residue.is_in(&application.stacks));
    assert!(stacks.is_empty(), "{}, {} library, on a stack: {stacks:#?}", path.name, program.form);
    let threads = application.stacks.len();
    application.end();
    Some((residues, bytes, threads))
}

fn nothing_is_left(program: &Program) {
    let (mut paths, mut megabytes, mut threads, mut in_pages) = (0, 0.0, 0, 0);
    for path in PATHS {
        let Some((residues, bytes, stacks)) = go(program, path) else { continue };
        // A forked child does not touch what its parent's threads may have in hand, and that is left out of cores. The
        // password is not among it.
        let (left, others): (Vec<_>, Vec<_>) = residues
            .into_iter()
            .partition(|residue| path.is_forked && residue.is_left_out_of_cores && residue.secret != "password");
        assert!(others.is_empty(), "{}, {} library: {others:#?}", path.name, program.form);
        paths += 1;
        megabytes += bytes as f64 / 1e6;
        threads += stacks;
        in_pages += left.len();
    }
    figures!(
        of "residue":
        "{} library: {paths} paths, {megabytes:.0} MB of writable memory, {threads} stacks: 0 pieces of a secret in the \
         heap and the data, 0 on the stacks; {in_pages} in the locked pages that a forked child inherits",
        program.form
    );
}

#[test]
fn nothing_is_left_by_the_shared_library() {
    nothing_is_left(&Program::with_the_shared_library());
}

#[test]
fn nothing_is_left_by_the_static_library() {
    nothing_is_left(&Program::with_the_static_library());
}

#[test]
fn nothing_is_left_by_the_release_library() {
    if figures::is_check() {
        nothing_is_left(&Program::with_the_release_library());
    }
}

/// What is found in an application that stops after these words.
fn found_after(words: &[&str]) -> Vec<Residue> {
    let sandbox = Sandbox::start().expect("a sandbox");
    let settings = Settings::of(&sandbox);
    let program = Program::with_the_shared_library();
    let mut application = program.run(&settings, words);
    application.wait_until("paused", || ());
    let mut needles = settings.needles();
    needles.add("token", random_part(&sandbox.live_token(EMAIL).expect("a token")));
    let (found, _) = scan(application.pid, &needles);
    application.end_paused();
    found
}

#[test]
fn a_live_handle_has_its_secrets_in_pages_of_their_own_alone() {
    let found = found_after(&["open", "token", "wipe", "pause"]);
    for secret in ["password", "token"] {
        assert!(found.iter().any(|residue| residue.secret == secret), "the scan does not find the {secret}");
    }
    assert!(found.iter().all(|residue| residue.is_left_out_of_cores), "{found:#?}");
    figures!(of "residue": "while a handle is alive: {} pieces, all in pages that cores leave out", found.len());
}

/// The buffers of that thread are beyond its reach.
#[test]
fn a_forked_child_wipes_the_password_that_a_thread_of_its_parent_logs_in_with() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let settings = Settings::of(&sandbox);
    sandbox.order(Fault::new(Action::Hold));
    let program = Program::with_the_shared_library();
    let mut application = program.run(&settings, &["open", "login-aside", "fork"]);
    application.wait_until("ready", || {
        assert!(sandbox.wait_until(PATIENCE, |counters| counters.held == 1));
    });
    let (found, _) = scan(application.pid, &settings.needles());
    let passwords: Vec<_> = found.iter().filter(|residue| residue.secret == "password").collect();
    assert!(passwords.is_empty(), "{passwords:#?}");
    application.end();
}

#[test]
fn the_scan_finds_what_is_planted() {
    let found = found_after(&["open", "token", "plant", "wipe", "pause"]);
    let elsewhere: Vec<_> = found.iter().filter(|residue| !residue.is_left_out_of_cores).collect();
    assert_eq!(elsewhere.len(), 1, "{elsewhere:#?}");
    assert_eq!((elsewhere[0].secret, &*elsewhere[0].mapping), ("password", "[heap]"));
}
