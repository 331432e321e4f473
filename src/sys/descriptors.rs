//! Descriptors 0 to 2 are the application's, also when it has closed them.
//!
//! A daemon may run without them. What is opened next then gets their numbers, and the application's `printf` goes into
//! it: into the store's record, or into the middle of a TLS connection.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The lowest number that a descriptor of ours may have.
const LOWEST: i32 = 3;

/// The same file or socket behind a number of at least 3; close-on-exec.
pub(crate) fn above_standard_streams(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() >= LOWEST {
        return Ok(descriptor);
    }
    // SAFETY: the descriptor is open, and no pointers are passed.
    let moved = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_DUPFD_CLOEXEC, LOWEST) };
    if moved == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor was made by the line above, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(moved) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::in_child;
    use std::fs::File;

    #[test]
    fn what_would_become_a_standard_stream_is_moved() {
        // In a child: descriptors belong to the whole process, and other tests run beside this one.
        let moved = in_child(|| {
            // SAFETY: the child's own copies, which it does not use again.
            unsafe { (0..LOWEST).for_each(|standard| drop(OwnedFd::from_raw_fd(standard))) };
            let low = OwnedFd::from(File::open("/dev/null").expect("it opens"));
            assert!(low.as_raw_fd() < LOWEST);
            let moved = above_standard_streams(low).expect("there is room");
            // SAFETY: asks for the flags of a descriptor.
            let flags = unsafe { libc::fcntl(moved.as_raw_fd(), libc::F_GETFD) };
            assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
            // SAFETY: as above.
            assert_eq!(unsafe { libc::fcntl(0, libc::F_GETFD) }, -1, "the low one is closed");
            i32::from(moved.as_raw_fd() >= LOWEST)
        });
        assert_eq!(moved, 1);
    }
}
