//! Bytes in an anonymous mapping: an answer may have 64 MiB, and its length is what a server says.
//!
//! The system gives a page when it is first written, so that a length costs nothing until the bytes are there, and it
//! moves pages instead of copying them when the mapping grows. Only what was written is wiped.
//!
//! A short answer stands on the heap: to map a page and to give it back costs more than all else that is done with one.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::{fmt, slice};

use zeroize::optimization_barrier;

/// A page, or a part of one: the least that is mapped.
const LEAST: usize = 4096;
/// The most that stands on the heap, with the NUL.
const HEAP_MAX: usize = 2 * LEAST;

/// Bytes with room behind them; if they are mapped, core dumps leave them out. A NUL that is not counted stands behind
/// them.
pub(crate) struct Mapped {
    start: NonNull<u8>,
    /// Of the mapping, or of the block: up to [`HEAP_MAX`] it is one. The last byte is for the NUL alone.
    size: usize,
    length: usize,
}

impl Mapped {
    /// Room for so many bytes. Aborts where there is no memory, as every allocation in Rust does.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let size = size_for(capacity);
        let start = if size <= HEAP_MAX { allocate(size) } else { map(size) };
        Self { start, size, length: 0 }
    }

    /// The room behind the bytes, for at least one more.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.length + 1 == self.size {
            self.grow(self.size.saturating_mul(2).max(LEAST));
        }
        // SAFETY: `length..size - 1` lies within the memory, which is ours and which began with zeroes.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr().add(self.length), self.size - 1 - self.length) }
    }

    /// Counts so many bytes of the room as written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.length += written.min(self.size - 1 - self.length);
    }

    /// For C: the NUL behind the bytes may be read too.
    pub(crate) fn as_c_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }

    fn grow(&mut self, size: usize) {
        let size = size_for(size);
        #[cfg(target_os = "linux")]
        if self.size > HEAP_MAX {
            // SAFETY: the mapping is ours and `&mut self` says that nobody has a pointer into it.
            let moved = unsafe { libc::mremap(self.start.as_ptr().cast(), self.size, size, libc::MREMAP_MAYMOVE) };
            self.start = mapped(moved);
            self.size = size;
            return;
        }
        let mut larger = Self::with_capacity(size - 1);
        larger.room().get_mut(..self.length).unwrap_or_default().copy_from_slice(self);
        larger.advance(self.length);
        *self = larger;
    }
}

/// With the NUL; of a mapping a whole number of [`LEAST`].
fn size_for(capacity: usize) -> usize {
    let size = capacity.saturating_add(1);
    if size <= HEAP_MAX { size } else { size.checked_next_multiple_of(LEAST).unwrap_or(usize::MAX) }
}

fn layout(size: usize) -> Layout {
    // Alignment 1 is a power of two, and the size is HEAP_MAX at most.
    Layout::array::<u8>(size).unwrap_or(Layout::new::<u8>())
}

fn allocate(size: usize) -> NonNull<u8> {
    // SAFETY: the size is not 0: there is room for the NUL.
    let start = unsafe { alloc_zeroed(layout(size)) };
    NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout(size)))
}

fn map(size: usize) -> NonNull<u8> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a fresh anonymous mapping; no address is asked for.
    let start = mapped(unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) });
    // SAFETY: the mapping is ours, and its contents do not change. An old kernel cannot do it: nothing is lost.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::madvise(start.as_ptr().cast(), size, libc::MADV_DONTDUMP);
    }
    start
}

fn mapped(start: *mut libc::c_void) -> NonNull<u8> {
    match NonNull::new(start.cast::<u8>()) {
        Some(start) if start.as_ptr().cast() != libc::MAP_FAILED => start,
        _ => handle_alloc_error(Layout::new::<Mapped>()),
    }
}

impl Mapped {
    fn wipe(&mut self) {
        self.fill(0);
        // What is written before it is given up would else be left out.
        optimization_barrier(&self.start);
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        self.wipe();
        // SAFETY: the memory is ours, nobody has it any more, and its size tells where it is from.
        unsafe {
            if self.size <= HEAP_MAX {
                dealloc(self.start.as_ptr(), layout(self.size));
            } else {
                libc::munmap(self.start.as_ptr().cast(), self.size);
            }
        }
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `length` bytes lie within the memory, which is ours, and nothing writes to them while `self` is
        // borrowed.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl DerefMut for Mapped {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and `&mut self` says that nobody else reads or writes them.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for Mapped {
    /// An answer is the user's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} bytes]", self.length)
    }
}

#[cfg(any(test, fuzzing))]
#[allow(clippy::indexing_slicing)]
impl From<Vec<u8>> for Mapped {
    fn from(bytes: Vec<u8>) -> Self {
        let mut mapped = Self::with_capacity(bytes.len());
        mapped.room()[..bytes.len()].copy_from_slice(&bytes);
        mapped.advance(bytes.len());
        mapped
    }
}

// SAFETY: the memory belongs to this value alone, as the memory of a `Vec` does.
unsafe impl Send for Mapped {}
// SAFETY: `&Mapped` only reads.
unsafe impl Sync for Mapped {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_keep_their_place_and_their_nul_while_they_grow() {
        let mut mapped = Mapped::with_capacity(0);
        let expected: Vec<u8> = (0..100_000_u32).map(|number| (number % 251) as u8 + 1).collect();
        let mut rest = expected.as_slice();
        while !rest.is_empty() {
            let room = mapped.room();
            let now = room.len().min(rest.len()).min(1000);
            assert!(now > 0, "there is always room for one more");
            room[..now].copy_from_slice(&rest[..now]);
            mapped.advance(now);
            rest = &rest[now..];
            // SAFETY: the NUL lies within the mapping.
            assert_eq!(unsafe { mapped.as_c_ptr().add(mapped.len()).read() }, 0);
        }
        assert!(*mapped == *expected);
    }

    #[test]
    fn a_full_page_has_its_nul_in_the_next_one() {
        let mapped = Mapped::from(vec![7; 3 * LEAST]);
        assert_eq!((mapped.len(), mapped.size), (3 * LEAST, 4 * LEAST));
        // SAFETY: the NUL lies within the mapping.
        assert_eq!(unsafe { mapped.as_c_ptr().add(3 * LEAST).read() }, 0);
        assert_eq!(Mapped::from(vec![7; 3 * LEAST - 1]).size, 3 * LEAST);
    }

    #[test]
    fn what_is_short_stands_on_the_heap_with_its_nul() {
        for length in [1, 100, HEAP_MAX - 1] {
            let short = Mapped::from(vec![7; length]);
            assert_eq!((short.len(), short.size), (length, length + 1));
            // SAFETY: the NUL lies within the block.
            assert_eq!(unsafe { short.as_c_ptr().add(length).read() }, 0);
        }
        assert_eq!(Mapped::from(vec![7; HEAP_MAX]).size, 3 * LEAST);
    }

    /// 64 MiB that a server has announced, and of which it sends nothing.
    #[test]
    #[cfg(target_os = "linux")]
    fn room_takes_no_memory_until_it_is_written() {
        let resident = || {
            let statm = std::fs::read_to_string("/proc/thread-self/statm").expect("a process");
            statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number")
        };
        let before = resident();
        let mut mapped = Mapped::with_capacity(1 << 26);
        assert_eq!(mapped.room().len(), (1 << 26) + LEAST - 1);
        drop(mapped);
        assert!(resident() < before + (1 << 26) / LEAST / 2, "other tests take less");
    }

    #[test]
    fn what_was_written_is_wiped() {
        let mut mapped = Mapped::from(vec![7; 3 * LEAST]);
        mapped.wipe();
        assert!(mapped.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Mapped::from(b"hunter2".to_vec())), "[7 bytes]");
    }
}
