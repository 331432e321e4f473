//! What the standard library does not offer of the operating system: a clock that counts through suspend, a count of
//! forks, values that are made anew in a forked child, threads and their cancellation, sockets, descriptors,
//! directories, files that are locked or read whole, and mappings of memory.

pub(crate) mod bell;
// Only the C interface is called by threads that may be cancelled.
#[cfg(feature = "capi")]
pub(crate) mod cancellation;
pub(crate) mod descriptors;
mod errno;
pub(crate) mod files;
pub(crate) mod fork;
#[cfg(not(target_vendor = "apple"))]
pub(crate) mod listing;
pub(crate) mod mapping;
pub(crate) mod place;
pub(crate) mod regular;
pub(crate) mod shared;
pub(crate) mod sockets;
#[cfg(test)]
mod testing;
pub(crate) mod threads;
mod uptime;
pub(crate) mod watch;

pub(crate) use fork::fork_generation;
#[cfg(test)]
pub(crate) use testing::*;
pub(crate) use uptime::time_since_boot;

use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// Whether the process has rights that its caller has not: setuid, setgid, or file capabilities.
#[cfg(target_os = "linux")]
pub(crate) fn has_more_rights_than_its_caller() -> bool {
    // SAFETY: reads what the kernel gave the process at its start.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Whether the process has rights that its caller has not: setuid or setgid.
#[cfg(any(target_vendor = "apple", target_os = "freebsd"))]
pub(crate) fn has_more_rights_than_its_caller() -> bool {
    // SAFETY: asks the system, and touches no memory.
    unsafe { libc::issetugid() != 0 }
}

/// Whether the process has rights that its caller has not, as far as this system tells.
#[cfg(target_os = "illumos")]
pub(crate) fn has_more_rights_than_its_caller() -> bool {
    // SAFETY: each asks the system, and touches no memory.
    unsafe { libc::getuid() != libc::geteuid() || libc::getgid() != libc::getegid() }
}

/// A value of this process. A forked child makes its own and *leaks* the parent's: that one may be locked by a thread
/// that does not exist in the child, and may hold sockets that are not the child's to close.
pub(crate) struct ForkLocal<T> {
    entry: AtomicPtr<Entry<T>>,
    owns: PhantomData<Entry<T>>,
}

struct Entry<T> {
    generation: u64,
    value: T,
}

impl<T> ForkLocal<T> {
    pub(crate) const fn new() -> Self {
        Self { entry: AtomicPtr::new(ptr::null_mut()), owns: PhantomData }
    }

    /// The value of this process; `make` is called if there is none yet. If two threads make one at the same time, one
    /// of the two is dropped, and nobody waits.
    pub(crate) fn get_or_make(&self, make: impl FnOnce() -> T) -> &T {
        let generation = fork_generation();
        let found = self.entry.load(Ordering::Acquire);
        // SAFETY: an entry that was stored here is freed by `drop` alone, which has `&mut self`.
        match unsafe { found.as_ref() } {
            Some(entry) if entry.generation == generation => &entry.value,
            _ => self.replace(found, Entry { generation, value: make() }),
        }
    }

    fn replace(&self, found: *mut Entry<T>, entry: Entry<T>) -> &T {
        let fresh = Box::into_raw(Box::new(entry));
        let stored = match self.entry.compare_exchange(found, fresh, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => {
                leave(found.cast());
                fresh
            }
            Err(winner) => {
                // SAFETY: `fresh` came from `Box::into_raw` above and was not stored, so nobody else has it.
                drop(unsafe { Box::from_raw(fresh) });
                winner
            }
        };
        // SAFETY: not null (`fresh`, or what another thread stored), and as above freed by `drop` alone.
        unsafe { &(*stored).value }
    }
}

impl<T> Drop for ForkLocal<T> {
    fn drop(&mut self) {
        let found = *self.entry.get_mut();
        // SAFETY: `&mut self`, so nobody borrows the entry, and it came from `Box::into_raw`.
        unsafe {
            match found.as_ref() {
                Some(entry) if entry.generation == fork_generation() => drop(Box::from_raw(found)),
                _ => leave(found.cast()),
            }
        }
    }
}

/// The values that parents have left to this process, as a linked list.
static LEFT: AtomicPtr<Left> = AtomicPtr::new(ptr::null_mut());

struct Left {
    #[allow(dead_code)] // it is enough that it stands here
    entry: *mut (),
    #[allow(dead_code)]
    next: *mut Left,
}

/// Leaks a value on purpose. It stays reachable from the list, so that valgrind and other leak checkers do not report
/// it.
fn leave(entry: *mut ()) {
    if entry.is_null() {
        return;
    }
    let left = Box::into_raw(Box::new(Left { entry, next: ptr::null_mut() }));
    let _ = LEFT.fetch_update(Ordering::AcqRel, Ordering::Acquire, |next| {
        // SAFETY: it came from `Box::into_raw` above, and nobody else has it until the update succeeds.
        unsafe { (*left).next = next };
        Some(left)
    });
}

// SAFETY: it hands out `&T` to any thread and drops the `T` on whichever thread it is dropped on itself.
unsafe impl<T: Send + Sync> Sync for ForkLocal<T> {}
// SAFETY: as above; the pointer is owned.
unsafe impl<T: Send + Sync> Send for ForkLocal<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[test]
    fn a_fork_local_value_is_made_once_and_dropped_once() {
        static DROPS: AtomicUsize = AtomicUsize::new(0);
        struct Counted;
        impl Drop for Counted {
            fn drop(&mut self) {
                DROPS.fetch_add(1, Ordering::Relaxed);
            }
        }
        let local = ForkLocal::new();
        let first: *const Counted = local.get_or_make(|| Counted);
        let again: *const Counted = local.get_or_make(|| unreachable!("there is one already"));
        assert_eq!(first, again);
        drop(local);
        assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_forked_child_makes_its_own_value() {
        let local = ForkLocal::new();
        assert_eq!(*local.get_or_make(|| 1), 1);
        assert_eq!(in_child(|| *local.get_or_make(|| 2)), 2);
        assert_eq!(*local.get_or_make(|| 3), 1, "the parent keeps its own");
    }
}
