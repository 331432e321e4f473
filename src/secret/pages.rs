//! Pages of their own, and a few that are kept for the next one.

use std::alloc::{Layout, handle_alloc_error};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use zeroize::optimization_barrier;

use crate::sys::fork_generation;

/// No system has smaller ones.
pub(super) const SMALLEST_PAGE: usize = 4096;

/// Wiped and locked pages that were given back, of one length. To map, lock and unmap them anew for each secret took an
/// eighth of a login. Nobody waits here, so there is nothing that a fork could leave locked.
struct Reserve<const COUNT: usize> {
    length: usize,
    places: [AtomicPtr<u8>; COUNT],
}

/// For a password or a record.
static SHORT: Reserve<6> = Reserve::of(SMALLEST_PAGE);
/// For the token in hand of one handle.
static LONG: Reserve<1> = Reserve::of(5 * SMALLEST_PAGE);

impl<const COUNT: usize> Reserve<COUNT> {
    const fn of(length: usize) -> Self {
        Self { length, places: [const { AtomicPtr::new(ptr::null_mut()) }; COUNT] }
    }

    fn take(&self) -> Option<NonNull<u8>> {
        self.places.iter().find_map(|place| NonNull::new(place.swap(ptr::null_mut(), Ordering::Acquire)))
    }

    /// Whether there was room.
    fn keep(&self, start: NonNull<u8>) -> bool {
        // Counted from here on, so that a child knows that it is one.
        fork_generation();
        self.places.iter().any(|place| {
            let (none, start) = (ptr::null_mut(), start.as_ptr());
            place.compare_exchange(none, start, Ordering::Release, Ordering::Relaxed).is_ok()
        })
    }
}

/// Zeroed, writable pages that hold nothing else.
pub(crate) struct Pages {
    start: NonNull<u8>,
    /// Of the mapping.
    length: usize,
    is_lent: bool,
}

impl Pages {
    /// Pages for at least `length` bytes. Aborts where there is no memory, as every allocation in Rust does.
    pub(crate) fn new(length: usize) -> Self {
        let (length, kept) = match length {
            _ if length <= SHORT.length => (SHORT.length, SHORT.take()),
            _ if length <= LONG.length => (LONG.length, LONG.take()),
            _ => (length, None),
        };
        let pages = Self { start: kept.unwrap_or_else(|| mapped(length)), length, is_lent: false };
        // A forked child inherits the pages, and not that they are locked.
        if kept.is_some() && fork_generation() != 0 {
            pages.protect_again();
        }
        pages
    }

    /// Pages that a host program gets pointers into. They are gone when they are given back: who reads them afterwards
    /// crashes, and does not read another's secret.
    pub(crate) fn lent(length: usize) -> Self {
        let length = length.max(1);
        Self { start: mapped(length), length, is_lent: true }
    }

    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// For a forked child, which inherits the pages and not that they are locked.
    pub(super) fn protect_again(&self) {
        protect(self.start, self.length);
    }
}

fn mapped(length: usize) -> NonNull<u8> {
    // SAFETY: a fresh anonymous mapping; no address is asked for.
    let start = unsafe {
        libc::mmap(
            ptr::null_mut(),
            length,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    match NonNull::new(start.cast::<u8>()) {
        Some(start) if start.as_ptr().cast() != libc::MAP_FAILED => {
            protect(start, length);
            start
        }
        _ => handle_alloc_error(Layout::new::<Pages>()),
    }
}

/// Asks for what the system may refuse: RLIMIT_MEMLOCK may be used up, an old kernel may not know the advice.
fn protect(start: NonNull<u8>, length: usize) {
    if cfg!(personr_bench_unwiped) {
        return;
    }
    // SAFETY: the range is a mapping of ours; neither call changes its contents.
    unsafe {
        libc::mlock(start.as_ptr().cast(), length);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        libc::madvise(start.as_ptr().cast(), length, libc::MADV_DONTDUMP);
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours and `length` bytes long, and `&mut self` says that nobody reads it.
        unsafe { self.start.write_bytes(0, self.length) };
        // What is written before it is given up would else be left out.
        optimization_barrier(&self.start);
        let is_kept = match self.length {
            _ if self.is_lent => false,
            length if length == SHORT.length => SHORT.keep(self.start),
            length if length == LONG.length => LONG.keep(self.start),
            _ => false,
        };
        if !is_kept {
            // SAFETY: the mapping is ours, and nobody has it any more. Unmapping unlocks.
            unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
        }
    }
}

// SAFETY: the mapping belongs to this value alone, as the memory of a `Box` does.
unsafe impl Send for Pages {}
// SAFETY: `&Pages` gives out a raw pointer only; who reads or writes through it answers for that.
unsafe impl Sync for Pages {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;

    /// Reserves of its own: the library's are used by the tests beside it.
    #[test]
    fn what_is_kept_is_taken_once_and_no_more_than_there_is_room() {
        let reserve = Reserve::<2>::of(SMALLEST_PAGE);
        assert!(reserve.take().is_none());
        let pages = [0, 1, 2].map(|_| Pages::lent(SMALLEST_PAGE));
        assert_eq!(pages.each_ref().map(|pages| reserve.keep(pages.start)), [true, true, false]);
        assert_eq!([0, 1, 2].map(|_| reserve.take()), [Some(pages[0].start), Some(pages[1].start), None]);
    }

    #[test]
    fn pages_are_zero_also_when_they_were_used_before() {
        for length in [1, SMALLEST_PAGE, SMALLEST_PAGE + 1, 5 * SMALLEST_PAGE, 5 * SMALLEST_PAGE + 1] {
            for _ in 0..20 {
                let pages = Pages::new(length);
                // SAFETY: the pages are ours and as long.
                let bytes = unsafe { slice::from_raw_parts_mut(pages.as_ptr(), length) };
                assert!(bytes.iter().all(|byte| *byte == 0));
                bytes.fill(0xA5);
            }
        }
    }
}
