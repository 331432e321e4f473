//! Descriptors 0 to 2 are the application's, also when it has closed them.
//!
//! A daemon may run without them. The next files and sockets that are opened then get their numbers, and the
//! application's `printf` writes to these: into the store's record, or into the middle of a TLS connection.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The lowest number that a descriptor of ours may have.
const LOWEST: i32 = 3;

/// Moves the file or socket to a number of at least 3, close-on-exec.
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

/// Runs `open` while the numbers of closed standard streams are taken, so that what it opens has at no moment a number
/// that the application prints to.
pub(crate) fn beside_standard_streams<T>(open: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    // SAFETY: asks for the flags of a descriptor, which may be closed.
    let is_closed = |standard: &i32| unsafe { libc::fcntl(*standard, libc::F_GETFD) } == -1;
    let _taken: Vec<_> = (0..LOWEST).filter(is_closed).filter_map(|_| placeholder()).collect();
    open()
}

/// A descriptor that can be neither read nor written, just as a closed one. `None` if none can be opened; the caller
/// then has to move what it opens.
fn placeholder() -> Option<OwnedFd> {
    #[cfg(target_os = "linux")]
    const UNREADABLE: libc::c_int = libc::O_PATH;
    #[cfg(not(target_os = "linux"))]
    const UNREADABLE: libc::c_int = libc::O_RDONLY | libc::O_DIRECTORY;
    // SAFETY: the name ends with NUL.
    match unsafe { libc::open(c"/".as_ptr(), UNREADABLE | libc::O_CLOEXEC) } {
        -1 => None,
        // SAFETY: the descriptor was made by the line above, and nobody else has it.
        placeholder => Some(unsafe { OwnedFd::from_raw_fd(placeholder) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::in_child;
    use std::fs::File;

    #[test]
    fn a_descriptor_with_a_number_of_a_standard_stream_is_moved() {
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

    #[test]
    fn nothing_is_opened_at_the_number_of_a_standard_stream() {
        let found = in_child(|| {
            // SAFETY: the child's own copies, which it does not use again.
            unsafe { (0..LOWEST).for_each(|standard| drop(OwnedFd::from_raw_fd(standard))) };
            let used = || {
                let mut byte = 0_u8;
                let pointer = (&raw mut byte).cast::<libc::c_void>();
                // SAFETY: a byte of ours, and a descriptor of the child's own.
                (0..LOWEST).any(|standard| unsafe {
                    libc::write(standard, pointer, 1) != -1 || libc::read(standard, pointer, 1) != -1
                })
            };
            let open = || Ok((File::open("/dev/null")?.as_raw_fd(), used()));
            let (descriptor, is_used) = beside_standard_streams(open).expect("it opens");
            // SAFETY: only asks.
            let open = (0..LOWEST).filter(|standard| unsafe { libc::fcntl(*standard, libc::F_GETFD) } != -1).count();
            i32::from(descriptor < LOWEST) + 2 * i32::from(is_used) + 4 * i32::from(open != 0)
        });
        assert_eq!(found, 0, "1: a standard stream, 2: one can be read or written, 4: one stays open");
    }
}
