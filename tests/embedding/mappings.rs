//! What many handles take of the system: mappings, of which a process may have 65,530, and locked memory, of which the
//! application may need some.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;

use personr_sandbox::Sandbox;
use personr_testkit::client::{Auth, Options};
use personr_testkit::compile::skip;
use personr_testkit::figures::figures;
use personr_testkit::forked::in_child;
use personr_testkit::run_alone;

const HANDLES: usize = 5000;

/// What the header and SECURITY.md say.
const LOCKED_MAX_KB: u64 = 2048;

fn mappings() -> usize {
    fs::read_to_string("/proc/self/maps").expect("the mappings").lines().count()
}

/// Kilobytes of this process that are locked into memory.
fn locked_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).expect("a line");
    line.trim_end_matches("kB").trim().parse().expect("a number")
}

fn limit_locked_memory(bytes: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
    // SAFETY: reads a structure of ours.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_MEMLOCK, &limit) }, 0);
}

#[test]
fn many_handles_take_few_mappings_and_little_locked_memory() {
    run_alone!();
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    let options = Options::of(&sandbox);
    let before = mappings();
    let handles: Vec<Auth> = (0..HANDLES).map(|_| options.demo()).collect();
    assert!(handles.iter().all(|auth| auth.authorization().is_ok()));
    let (grown, locked) = (mappings().saturating_sub(before), locked_kb());
    figures!("{HANDLES} handles with a token: {grown} mappings more, {locked} kB locked");
    assert!(grown < 100, "{grown} mappings for {HANDLES} handles");
    assert!(locked <= LOCKED_MAX_KB, "{locked} kB are locked");
    // What was locked is counted, and given back.
    drop(handles);
    let kept = locked_kb();
    assert!(kept < 64, "{kept} kB are locked for no handle");
    let again: Vec<Auth> = (0..200).map(|_| options.demo()).collect();
    assert!(locked == 0 || locked_kb() > LOCKED_MAX_KB / 2, "{} kB", locked_kb());

    assert!(in_child(|| {
        let handles: Vec<Auth> = (0..200).map(|_| options.demo()).collect();
        drop(handles);
        locked_kb() <= LOCKED_MAX_KB && (locked == 0 || again[0].authorization().is_ok() && locked_kb() > 0)
    }));
    if locked == 0 {
        return skip("the half of the locked memory", "this system lets nothing be locked");
    }
    // The application has the other half.
    assert!(in_child(|| {
        limit_locked_memory(64 * 1024);
        let handles: Vec<Auth> = (0..100).map(|_| options.demo()).collect();
        let page = vec![0_u8; 16 * 1024];
        // SAFETY: memory of ours.
        let can_lock = unsafe { libc::mlock(page.as_ptr().cast(), page.len()) } == 0;
        let kb = locked_kb();
        can_lock && kb <= 32 + 20 && handles.len() == 100
    }));
}
