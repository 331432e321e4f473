//! Locks secrets into memory, and counts how much is locked. The system allows a process to lock so much
//! (RLIMIT_MEMLOCK), and the application may need some of that itself.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sys::fork_generation;

/// No system has smaller pages.
pub(super) const SMALLEST_PAGE: usize = 4096;

/// The most that is locked, in bytes, and never more than half of what the system allows. It is enough for about 70
/// handles. Pages beyond that are not locked, but left out of core dumps and wiped as the others are.
const LOCKED_MAX: u32 = 2 * 1024 * 1024;

/// The fork generation of the process that counts in the upper half, and its locked bytes in the lower half. One word
/// has both, so that a forked child, which has nothing locked, begins at 0 without a lock.
static LOCKED: AtomicU64 = AtomicU64::new(0);

/// Whether a mapping is locked, and in which process.
#[derive(Default)]
pub(super) struct Lock {
    /// The fork generation of the process that has locked it, plus 1; 0 if it is not locked.
    locked_in: AtomicU64,
}

impl Lock {
    /// Locks a mapping that this process has not locked yet, if there is room for it and the system lets it.
    pub(super) fn lock(&self, start: NonNull<u8>, length: usize) {
        let generation = fork_generation();
        if self.is_of(generation) || !reserve(generation, length) {
            return;
        }
        // SAFETY: the range is a mapping of ours, whose contents do not change.
        if unsafe { libc::mlock(start.as_ptr().cast(), length) } == 0 {
            self.locked_in.store(generation + 1, Ordering::Relaxed);
        } else {
            give_back(generation, length);
        }
    }

    /// The mapping is gone, and its lock with it.
    pub(super) fn end(&self, length: usize) {
        let generation = fork_generation();
        if self.is_of(generation) {
            give_back(generation, length);
        }
    }

    fn is_of(&self, generation: u64) -> bool {
        self.locked_in.load(Ordering::Relaxed) == generation + 1
    }
}

/// Counts `length` more bytes, if there is room for them, and tells whether there was.
fn reserve(generation: u64, length: usize) -> bool {
    let (length, limit) = (whole_pages(length), limit());
    let more = |now| locked(now, generation).checked_add(length).filter(|sum| *sum <= limit);
    let reserved = LOCKED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(word(generation, more(now)?)));
    reserved.is_ok()
}

fn give_back(generation: u64, length: usize) {
    let fewer = |now| locked(now, generation).saturating_sub(whole_pages(length));
    let _ = LOCKED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |now| Some(word(generation, fewer(now))));
}

/// The bytes that this process has locked. A word of another generation is that of its parent.
fn locked(word: u64, generation: u64) -> u32 {
    if (word >> 32) as u32 == generation as u32 { word as u32 } else { 0 }
}

fn word(generation: u64, locked: u32) -> u64 {
    generation << 32 | u64::from(locked)
}

/// The system locks whole pages.
fn whole_pages(length: usize) -> u32 {
    // SAFETY: asks the system, and touches no memory.
    let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(SMALLEST_PAGE);
    length.checked_next_multiple_of(page).and_then(|length| u32::try_from(length).ok()).unwrap_or(u32::MAX)
}

/// The most that may be locked now, in bytes. The application may change the system's limit at any time.
#[cfg(not(target_os = "illumos"))]
fn limit() -> u32 {
    let mut allowed = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer is to a structure of our own, which stays as it is if the call fails.
    unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &mut allowed) };
    u32::try_from(allowed.rlim_cur / 2).unwrap_or(u32::MAX).min(LOCKED_MAX)
}

/// illumos has no such limit: who may lock at all may lock everything.
#[cfg(target_os = "illumos")]
fn limit() -> u32 {
    LOCKED_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_process_counts_its_own_locked_bytes() {
        let (parent, child) = (7, 8);
        let word = word(parent, 4096);
        assert_eq!((locked(word, parent), locked(word, child)), (4096, 0));
    }

    #[test]
    fn more_than_the_limit_is_never_locked() {
        assert!(!reserve(fork_generation(), usize::MAX));
        assert!(!reserve(fork_generation(), LOCKED_MAX as usize + 1));
    }
}
