//! A child without exec, as a pre-forking server has them.

use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `work` in a forked child, which exits with 0 if it returns true. Waits for the child by an event, a
/// descriptor of its, so that one that hangs fails the test instead of stopping it.
pub fn in_child(work: impl FnOnce() -> bool) -> bool {
    let (reader, writer) = UnixStream::pair().expect("a pair");
    // SAFETY: the child runs `work`, which is what a forking application would do with the library, and `_exit`.
    match unsafe { libc::fork() } {
        -1 => panic!("no child"),
        0 => {
            drop(reader);
            let good = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or(false);
            unsafe { libc::_exit(if good { 0 } else { 1 }) }
        }
        child => {
            drop(writer);
            let fd = std::os::fd::IntoRawFd::into_raw_fd(reader);
            let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
            let mut status = -1;
            unsafe {
                let ended = libc::poll(&mut poll, 1, PATIENCE.as_millis() as i32) == 1;
                drop(OwnedFd::from_raw_fd(fd));
                if !ended {
                    libc::kill(child, libc::SIGKILL);
                }
                libc::waitpid(child, &mut status, 0);
                ended && libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
            }
        }
    }
}
