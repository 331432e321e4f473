//! The number of the last error, which is the thread's own.

/// Where the system keeps it for this thread.
pub(super) fn errno_place() -> *mut libc::c_int {
    #[cfg(target_os = "illumos")]
    use libc::___errno as place;
    #[cfg(target_os = "linux")]
    use libc::__errno_location as place;
    #[cfg(any(target_os = "freebsd", target_vendor = "apple"))]
    use libc::__error as place;
    // SAFETY: it returns the place, and does nothing else.
    unsafe { place() }
}
