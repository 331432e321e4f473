//! What the unit tests do to a process; most of it in a forked child.

/// Runs `work` in a forked child; the number that it returns there.
pub(crate) fn in_child(work: impl FnOnce() -> i32) -> i32 {
    end_of(start_child(work))
}

/// Runs `work` in a forked child, whose number it returns.
pub(crate) fn start_child(work: impl FnOnce() -> i32) -> libc::pid_t {
    // SAFETY: the child calls async-signal-safe functions and the allocator, which glibc keeps usable after fork.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(-1);
        // SAFETY: ends the child without running the test harness in it.
        unsafe { libc::_exit(result) };
    }
    child
}

/// Waits for the end of a child; what its work returned.
pub(crate) fn end_of(child: libc::pid_t) -> i32 {
    let mut status = 0;
    // SAFETY: `status` is ours and `child` is our child.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    assert!(libc::WIFEXITED(status));
    libc::WEXITSTATUS(status)
}

/// Makes the process another user, who owns nothing; root may do anything. For a child.
pub(crate) fn become_user(user: u32) {
    // SAFETY: a number alone.
    assert_eq!(unsafe { libc::setuid(user) }, 0);
}

/// For a child.
pub(crate) fn set_umask(umask: u32) {
    // SAFETY: a number alone.
    unsafe { libc::umask(umask as libc::mode_t) };
}
