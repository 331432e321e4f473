//! What the unit tests do to a process; most of it in a forked child.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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

/// Whether something has happened on a descriptor. Does not wait.
pub(crate) fn polls(polled: &mut libc::pollfd) -> bool {
    // SAFETY: one entry of ours.
    unsafe { libc::poll(polled, 1, 0) == 1 }
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

/// Puts a file behind a descriptor that is open. For a child, whose files are its own.
pub(crate) fn put_behind(descriptor: RawFd, file: &File) {
    // SAFETY: both are open.
    assert_eq!(unsafe { libc::dup2(file.as_raw_fd(), descriptor) }, descriptor);
}

/// What a forked child has of a descriptor.
pub(crate) fn copy_of(descriptor: &impl AsRawFd) -> OwnedFd {
    // SAFETY: it is open for as long as the caller lends it.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor.as_raw_fd()) };
    borrowed.try_clone_to_owned().expect("a copy")
}

/// Takes a lock of the process on so many bytes of a file from its start; 0: on all of it.
pub(crate) fn lock_for_process(file: &File, length: i64) -> bool {
    // SAFETY: zeroes are a valid flock.
    let mut lock = unsafe { std::mem::MaybeUninit::<libc::flock>::zeroed().assume_init() };
    lock.l_type = libc::F_WRLCK as _;
    lock.l_whence = libc::SEEK_SET as _;
    lock.l_len = length as libc::off_t;
    // SAFETY: F_SETLK reads a flock, which is ours.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLK, &lock) == 0 }
}

/// Something that must not be opened.
pub(crate) fn make_fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).expect("no NUL");
    // SAFETY: the path ends with NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

/// As a daemon does. For a child, that does not use them.
pub(crate) fn close_standard_streams() {
    // SAFETY: numbers alone; nobody else in the child has them.
    (0..3).for_each(|stream| assert_eq!(unsafe { libc::close(stream) }, 0));
}

/// How many descriptors the process may have, from now on and at most. For a child.
pub(crate) fn limit_descriptors(now: libc::rlim_t, at_most: libc::rlim_t) {
    let limit = libc::rlimit { rlim_cur: now, rlim_max: at_most };
    // SAFETY: the pointer is to a limit of ours.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &limit) }, 0);
}

/// Has the system refuse locks of descriptions with this error, as a filter of system calls does. For a child;
/// `false` if the system does not let it.
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
pub(crate) fn refuse_locks_of_descriptions(error: i32) -> bool {
    // Of the kernel's `seccomp_data`: the number of the call, and the lower half of its second argument.
    const NUMBER: u32 = 0;
    const COMMAND: u32 = 24;
    let load = |offset| libc::sock_filter {
        code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16,
        jt: 0,
        jf: 0,
        k: offset,
    };
    let unless_equal = |value, skipped| libc::sock_filter {
        code: (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16,
        jt: 0,
        jf: skipped,
        k: value,
    };
    let answer = |what| libc::sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k: what };
    let mut filter = [
        load(NUMBER),
        unless_equal(libc::SYS_fcntl as u32, 3),
        load(COMMAND),
        unless_equal(libc::F_OFD_SETLK as u32, 1),
        answer(libc::SECCOMP_RET_ERRNO | error as u32),
        answer(libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog { len: filter.len() as u16, filter: filter.as_mut_ptr() };
    // SAFETY: the program and its filter are ours and outlive the call.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &program) == 0
    }
}

/// Lets the process have so many bytes of memory more than it has, and no more. For a child.
#[cfg(target_os = "linux")]
pub(crate) fn limit_memory(more: usize) {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("a process");
    let pages: u64 = pages.split(' ').next().and_then(|pages| pages.parse().ok()).expect("a number");
    // SAFETY: asks for a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64;
    let limit = pages * page + more as u64;
    let limit = libc::rlimit { rlim_cur: limit as libc::rlim_t, rlim_max: limit as libc::rlim_t };
    // SAFETY: the pointer is to a limit of ours.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}

/// The longest file that the process may write, in bytes. For a child.
pub(crate) fn limit_file_size(length: u64) {
    let limit = libc::rlimit { rlim_cur: length as libc::rlim_t, rlim_max: length as libc::rlim_t };
    // SAFETY: the pointer is to a limit of ours.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &limit) }, 0);
}
