//! A forked child that drops its copy of a sandbox leaves its parent's alone, and does not hang.
#![cfg(unix)]

mod client;

use std::time::{Duration, Instant};

use client::{Client, login};
use personr_sandbox::{Proxy, Sandbox};

/// The child's exit status, within a few seconds.
fn wait_for(child: libc::pid_t) -> Option<i32> {
    let end = Instant::now() + Duration::from_secs(10);
    let mut status = 0;
    while Instant::now() < end {
        // SAFETY: `child` is a child of this process, and `status` outlives the call.
        if unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == child {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    // SAFETY: the child was not waited for yet, so the number is still its own.
    unsafe { libc::kill(child, libc::SIGKILL) };
    None
}

#[test]
fn a_forked_child_changes_nothing() {
    let (sandbox, proxy) = (Sandbox::start().unwrap(), Proxy::start().unwrap());
    let mut client = Client::new(&sandbox);
    client.exchange(&login()).token();
    // SAFETY: the child only drops values and ends; glibc keeps the allocator usable in it.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop((sandbox, proxy));
        // SAFETY: ends the child at once, without the parent's exit handlers.
        unsafe { libc::_exit(0) };
    }
    assert_eq!(wait_for(child), Some(0), "the child hung");
    client.exchange(&login()).token();
    Client::new(&sandbox).exchange(&login()).token();
    assert!(sandbox.ca_file().exists());
}
