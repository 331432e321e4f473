//! Bytes in an anonymous mapping: an answer may have 64 MiB, and its length is what a server says.
//!
//! The system gives a page when it is first written, so that a length costs nothing until the bytes are there, and it
//! moves pages instead of copying them when the mapping grows. Only what was written is wiped.

use std::alloc::{Layout, handle_alloc_error};
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};
use std::{fmt, slice};

use zeroize::optimization_barrier;

/// A page, or a part of one: the least that is mapped.
const LEAST: usize = 4096;

/// Bytes with room behind them, left out of core dumps. A NUL that is not counted stands behind them.
pub(crate) struct Mapped {
    start: NonNull<u8>,
    /// Of the mapping. The last byte is for the NUL alone.
    size: usize,
    length: usize,
}

impl Mapped {
    /// Room for so many bytes. Aborts where there is no memory, as every allocation in Rust does.
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        let size = size_for(capacity);
        Self { start: map(size), size, length: 0 }
    }

    /// The room behind the bytes, for at least one more.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        if self.length + 1 == self.size {
            self.grow(self.size.saturating_mul(2));
        }
        // SAFETY: `length..size - 1` lies within the mapping, which is ours and which the system has filled with zeroes.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr().add(self.length), self.size - 1 - self.length) }
    }

    /// Counts so many bytes of the room as written.
    pub(crate) fn advance(&mut self, written: usize) {
        self.length += written.min(self.size - 1 - self.length);
    }

    /// For C: the NUL behind the bytes may be read too.
    #[allow(dead_code)] // until there are requests
    pub(crate) fn as_c_ptr(&self) -> *const u8 {
        self.start.as_ptr()
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn grow(&mut self, size: usize) {
        let size = size_for(size);
        // SAFETY: the mapping is ours and `&mut self` says that nobody has a pointer into it.
        let moved = unsafe { libc::mremap(self.start.as_ptr().cast(), self.size, size, libc::MREMAP_MAYMOVE) };
        self.start = mapped(moved);
        self.size = size;
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn grow(&mut self, size: usize) {
        let mut larger = Self::with_capacity(size);
        larger.room().get_mut(..self.length).unwrap_or_default().copy_from_slice(self);
        larger.advance(self.length);
        *self = larger;
    }
}

/// With the NUL, and a whole number of [`LEAST`].
fn size_for(capacity: usize) -> usize {
    capacity.saturating_add(1).checked_next_multiple_of(LEAST).unwrap_or(usize::MAX)
}

fn map(size: usize) -> NonNull<u8> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a fresh anonymous mapping; no address is asked for.
    let start = mapped(unsafe { libc::mmap(ptr::null_mut(), size, protection, flags, -1, 0) });
    // SAFETY: the mapping is ours, and its contents do not change. An old kernel cannot do it: nothing is lost.
    #[cfg(any(target_os = "linux", target_os = "android"))]
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
        // SAFETY: the mapping is ours, and nobody has it any more.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.size) };
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: `length` bytes lie within the mapping, which is ours, and nothing writes to them while `self` is
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

// SAFETY: the mapping belongs to this value alone, as the memory of a `Vec` does.
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
        let mapped = Mapped::from(vec![7; LEAST]);
        assert_eq!((mapped.len(), mapped.size), (LEAST, 2 * LEAST));
        // SAFETY: the NUL lies within the mapping.
        assert_eq!(unsafe { mapped.as_c_ptr().add(LEAST).read() }, 0);
        assert_eq!(Mapped::from(vec![7; LEAST - 1]).size, LEAST);
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
