//! Pages that hold one secret and nothing else, and a few of them that are kept for the next secret.

use std::alloc::{Layout, handle_alloc_error};
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering};

use zeroize::optimization_barrier;

use super::locked::{Lock, SMALLEST_PAGE};

/// Pages of one length that were given back: wiped, and still locked. To map, lock and unmap pages for each secret took
/// an eighth of the time of a login. Each place is taken and filled by one atomic operation, so there is no lock that a
/// fork could leave locked.
struct Reserve<const COUNT: usize> {
    length: usize,
    places: [AtomicPtr<Mapping>; COUNT],
}

/// For a password or a record.
static SHORT: Reserve<6> = Reserve::of(SMALLEST_PAGE);
/// For the token in hand of one handle.
static LONG: Reserve<1> = Reserve::of(5 * SMALLEST_PAGE);

impl<const COUNT: usize> Reserve<COUNT> {
    const fn of(length: usize) -> Self {
        Self { length, places: [const { AtomicPtr::new(ptr::null_mut()) }; COUNT] }
    }

    fn take(&self) -> Option<Mapping> {
        let place = |place: &AtomicPtr<Mapping>| NonNull::new(place.swap(ptr::null_mut(), Ordering::Acquire));
        let found = self.places.iter().find_map(place)?;
        // SAFETY: `keep` has put a box there, and the swap has given it to this call alone.
        Some(*unsafe { Box::from_raw(found.as_ptr()) })
    }

    /// Keeps the mapping for the next secret. Returns it if there is no room.
    fn keep(&self, mapping: Mapping) -> Option<Mapping> {
        let kept = Box::into_raw(Box::new(mapping));
        let is_free = |place: &AtomicPtr<Mapping>| {
            place.compare_exchange(ptr::null_mut(), kept, Ordering::Release, Ordering::Relaxed).is_ok()
        };
        if self.places.iter().any(is_free) {
            return None;
        }
        // SAFETY: it came from a box above, and no place has it.
        Some(*unsafe { Box::from_raw(kept) })
    }
}

/// Zeroed, writable pages that hold nothing else.
pub(crate) struct Pages {
    mapping: ManuallyDrop<Mapping>,
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
        let mapping = kept.unwrap_or_else(|| Mapping::new(length));
        // Pages that a parent has kept are not locked in its forked child.
        mapping.lock();
        Self { mapping: ManuallyDrop::new(mapping), is_lent: false }
    }

    /// Pages that the application gets pointers into. They are never kept, but unmapped when they are given back: an
    /// application that reads them afterwards crashes, and does not read a later secret.
    pub(crate) fn lent(length: usize) -> Self {
        let mapping = Mapping::new(length.max(1));
        mapping.lock();
        Self { mapping: ManuallyDrop::new(mapping), is_lent: true }
    }

    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.mapping.start.as_ptr()
    }

    /// Locks the pages again, in a forked child: it inherits the pages, but not that they are locked.
    pub(super) fn protect_again(&self) {
        self.mapping.lock();
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: `self` is not used again.
        let mut mapping = unsafe { ManuallyDrop::take(&mut self.mapping) };
        mapping.wipe();
        let _unmapped = match mapping.length {
            _ if self.is_lent => Some(mapping),
            length if length == SHORT.length => SHORT.keep(mapping),
            length if length == LONG.length => LONG.keep(mapping),
            _ => Some(mapping),
        };
    }
}

struct Mapping {
    start: NonNull<u8>,
    length: usize,
    lock: Lock,
}

impl Mapping {
    /// Maps fresh pages, and has them left out of core dumps if the kernel can do that.
    fn new(length: usize) -> Self {
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
                // This must come before the mapping is locked. Locking brings its pages into memory, and the kernel
                // joins a mapping to its neighbour only before that. A process may have 65,530 mappings. SAFETY: the
                // mapping is ours, and its contents do not change.
                #[cfg(all(target_os = "linux", not(personr_bench_unwiped)))]
                unsafe {
                    libc::madvise(start.as_ptr().cast(), length, libc::MADV_DONTDUMP);
                }
                Self { start, length, lock: Lock::default() }
            }
            _ => handle_alloc_error(Layout::new::<Pages>()),
        }
    }

    /// Locks the mapping in this process, unless it is locked already.
    fn lock(&self) {
        if cfg!(not(personr_bench_unwiped)) {
            self.lock.lock(self.start, self.length);
        }
    }

    fn wipe(&mut self) {
        // SAFETY: the mapping is ours and `length` bytes long, and `&mut self` says that nobody reads it.
        unsafe { self.start.write_bytes(0, self.length) };
        // Without this the compiler may leave out the write, since nothing reads it.
        optimization_barrier(&self.start);
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, and nobody has it any more. Unmapping unlocks.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.length) };
        self.lock.end(self.length);
    }
}

// SAFETY: the mapping belongs to this value alone, as the memory of a `Box` does.
unsafe impl Send for Mapping {}
// SAFETY: `&Pages` gives out a raw pointer only; who reads or writes through it answers for that.
unsafe impl Sync for Mapping {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice;

    /// Reserves of its own: the library's are used by the tests beside it.
    #[test]
    fn kept_pages_are_taken_once_and_their_number_is_limited() {
        let reserve = Reserve::<2>::of(SMALLEST_PAGE);
        assert!(reserve.take().is_none());
        let mappings = [0, 1, 2].map(|_| Mapping::new(SMALLEST_PAGE));
        let [one, two, three] = mappings.each_ref().map(|mapping| mapping.start);
        let given_back = mappings.map(|mapping| reserve.keep(mapping).map(|mapping| mapping.start));
        assert_eq!(given_back, [None, None, Some(three)]);
        assert_eq!([0, 1, 2].map(|_| reserve.take().map(|mapping| mapping.start)), [Some(one), Some(two), None]);
    }

    #[test]
    fn used_pages_are_zero_again() {
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
