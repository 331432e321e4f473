//! Memory for secrets that live long: pages of their own, which are locked into memory if the system allows it, left
//! out of core dumps, and wiped before they are given back. And the stack, on which work with a secret leaves pieces of
//! it: [`wiping_stack`] removes these.

mod locked;
mod pages;
mod registers;

use std::fmt;
use std::hint::black_box;
use std::marker::PhantomData;
use std::ops::Deref;
use std::ptr;
use std::slice;

use locked::SMALLEST_PAGE;
pub(crate) use pages::Pages;

/// A value that stands in pages of its own, and never moves.
pub(crate) struct InPages<T> {
    pages: Pages,
    owns: PhantomData<T>,
}

impl<T> InPages<T> {
    pub(crate) fn new(value: T) -> Self {
        const { assert!(align_of::<T>() <= SMALLEST_PAGE) };
        let pages = Pages::new(size_of::<T>());
        // SAFETY: fresh pages, large enough, and aligned to a page, which is more than `T` asks for.
        unsafe { pages.as_ptr().cast::<T>().write(value) };
        Self { pages, owns: PhantomData }
    }
}

impl<T> InPages<T> {
    /// Locks the pages again, in a forked child: it inherits the pages, but not that they are locked.
    pub(crate) fn protect_again(&self) {
        self.pages.protect_again();
    }
}

impl<T> Deref for InPages<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: `new` has written a `T` there, which stays until `drop`, and `&mut` to it is never given out.
        unsafe { &*self.pages.as_ptr().cast::<T>() }
    }
}

impl<T> Drop for InPages<T> {
    fn drop(&mut self) {
        // SAFETY: a `T` stands there, and nobody sees it any more. The pages are wiped after it.
        unsafe { ptr::drop_in_place(self.pages.as_ptr().cast::<T>()) };
    }
}

/// Bytes that stand in pages of their own.
pub(crate) struct Secret {
    pages: Pages,
    length: usize,
}

impl Secret {
    /// The parts, one behind the other.
    pub(crate) fn concat(parts: &[&[u8]]) -> Self {
        Self::filled(Pages::new, parts)
    }

    /// As `concat`, for the application to read: see [`Pages::lent`].
    pub(crate) fn lent(parts: &[&[u8]]) -> Self {
        Self::filled(Pages::lent, parts)
    }

    fn filled(pages: fn(usize) -> Pages, parts: &[&[u8]]) -> Self {
        let length = parts.iter().map(|part| part.len()).sum();
        let pages = pages(length);
        let mut end = pages.as_ptr();
        for part in parts {
            // SAFETY: the pages hold the sum of all lengths, `end` has passed the parts before this one, and fresh
            // pages overlap with nothing.
            unsafe {
                ptr::copy_nonoverlapping(part.as_ptr(), end, part.len());
                end = end.add(part.len());
            }
        }
        Self { pages, length }
    }

    /// Locks the pages again, in a forked child: see [`InPages::protect_again`].
    pub(crate) fn protect_again(&self) {
        self.pages.protect_again();
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        // SAFETY: `length` bytes were written by `filled`, and nothing writes to them until they are dropped.
        unsafe { slice::from_raw_parts(self.pages.as_ptr(), self.length) }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// How much of the stack is wiped after a login. It is a little more than a login uses: 24 KiB, or 75 KiB in a build
/// without inlining.
pub(crate) const LOGIN_DEPTH: usize = if cfg!(debug_assertions) { 80 * 1024 } else { 32 * 1024 };
/// How much of the stack is wiped after work that handles a secret and does no I/O.
pub(crate) const CALL_DEPTH: usize = if cfg!(debug_assertions) { 16 * 1024 } else { 8 * 1024 };

/// Does `work`, and then wipes the `DEPTH` bytes of the stack below. A hash function leaves the end of its input there,
/// and other libraries have buffers there. All this would stay until something else is written over it, and be in a
/// core dump.
pub(crate) fn wiping_stack<const DEPTH: usize, R>(work: impl FnOnce() -> R) -> R {
    /// If it were inlined, its buffers would stand above the part that is wiped.
    #[inline(never)]
    fn below<R>(work: impl FnOnce() -> R) -> R {
        work()
    }
    let result = below(work);
    if cfg!(not(personr_bench_unwiped)) {
        wipe_stack::<DEPTH>();
    }
    result
}

#[inline(never)]
fn wipe_stack<const DEPTH: usize>() {
    black_box(&mut [0_u8; DEPTH]);
    registers::clear();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_parts_are_concatenated() {
        let secret = Secret::concat(&[b"Bearer ", b"", b"abc", b"\0"]);
        assert_eq!(secret.as_bytes(), b"Bearer abc\0");
        assert_eq!(Secret::concat(&[]).as_bytes(), b"");
    }

    #[test]
    fn a_secret_may_be_longer_than_a_page() {
        let long = vec![7_u8; 10_000];
        assert_eq!(Secret::concat(&[&long, b"end"]).as_bytes().len(), 10_003);
    }

    #[test]
    fn a_value_in_pages_is_dropped_once() {
        let counted = Arc::new(());
        let in_pages = InPages::new((7_u64, Arc::clone(&counted)));
        assert_eq!((in_pages.0, Arc::strong_count(&counted)), (7, 2));
        drop(in_pages);
        assert_eq!(Arc::strong_count(&counted), 1);
    }

    /// Kilobytes of this process that are locked into memory.
    #[cfg(target_os = "linux")]
    fn locked() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmLck:")).expect("a line");
        line.trim_end_matches("kB").trim().parse().expect("a number")
    }

    /// Whether `work` locks memory in a forked child, which inherits no lock.
    #[cfg(target_os = "linux")]
    fn child_locks<R>(work: impl FnOnce() -> R) -> bool {
        // SAFETY: the child reads files and allocates, which glibc keeps usable after fork, and ends.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let before = locked();
            let result = work();
            let is_locked = before == 0 && locked() > 0;
            std::mem::forget(result);
            // SAFETY: ends the child without running the test harness in it.
            unsafe { libc::_exit(i32::from(is_locked)) };
        }
        let mut status = 0;
        // SAFETY: `status` is ours and `child` is our child.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        libc::WEXITSTATUS(status) == 1
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_forked_child_locks_its_pages_again() {
        let secret = Secret::concat(&[b"hunter2"]);
        if locked() == 0 {
            return; // this system allows none
        }
        assert!(child_locks(|| secret.protect_again()));
        // Now it is one of the pages that are kept, or another's is.
        drop(secret);
        assert!(child_locks(|| Secret::concat(&[b"hunter2"])));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::concat(&[b"hunter2"])), "[redacted]");
    }
}
