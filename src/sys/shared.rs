//! What a handle and the calls on it share.
//!
//! To free a handle while a call on it runs is an error of the application, which the finalizer of a garbage collector
//! easily makes. A call that waits has been counted before, so it goes on to its end, and whoever is the last frees the
//! value.
//!
//! A forked child begins to count anew. It has none of the threads on which calls of its parent run, so these calls
//! would never be over in it.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use super::fork_generation;

/// The handle's own share.
pub(crate) struct Shared<T: Send + Sync> {
    inner: NonNull<Inner<T>>,
}

/// A call's share.
pub(crate) struct Use<T: Send + Sync> {
    inner: NonNull<Inner<T>>,
    generation: u32,
}

struct Inner<T> {
    value: T,
    /// The process that has counted (its fork generation) in the upper half, its shares in the lower one.
    shares: AtomicU64,
}

impl<T: Send + Sync> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        let shares = AtomicU64::new(word(generation(), 1));
        Self { inner: NonNull::from(Box::leak(Box::new(Inner { value, shares }))) }
    }

    /// The value, for work that does not wait. This is not counted.
    pub(crate) fn peek(&self) -> &T {
        // SAFETY: it is freed by the last share, and this one is here as long as the reference.
        unsafe { &self.inner.as_ref().value }
    }

    /// The value, for a call that may wait. It is counted until the result is dropped.
    pub(crate) fn enter(&self) -> Use<T> {
        // Read once: as soon as this is counted the handle may be freed, and `self` with it.
        let (inner, generation) = (self.inner, generation());
        // SAFETY: as in `peek`.
        unsafe { inner.as_ref() }.change(generation, |shares| shares.saturating_add(1));
        Use { inner, generation }
    }
}

impl<T: Send + Sync> Use<T> {
    /// Another share, for somebody else.
    pub(crate) fn another(&self) -> Self {
        // SAFETY: this share is counted, so the last one is not gone.
        unsafe { self.inner.as_ref() }.change(self.generation, |shares| shares.saturating_add(1));
        Self { inner: self.inner, generation: self.generation }
    }
}

// SAFETY: as for `Use`.
unsafe impl<T: Send + Sync> Send for Shared<T> {}
// SAFETY: as for `Use`.
unsafe impl<T: Send + Sync> Sync for Shared<T> {}
// SAFETY: it gives `&T` alone, and the last share frees the value, on whatever thread that is.
unsafe impl<T: Send + Sync> Send for Use<T> {}
// SAFETY: as above.
unsafe impl<T: Send + Sync> Sync for Use<T> {}

impl<T> Inner<T> {
    /// Changes the number of this process's shares, and returns the new one.
    fn change(&self, generation: u32, how: impl Fn(u32) -> u32) -> u32 {
        let changed = |now: u64| {
            // In a new child only the handle itself counts.
            let shares = if (now >> 32) as u32 == generation { now as u32 } else { 1 };
            how(shares)
        };
        let former =
            self.shares.fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| Some(word(generation, changed(now))));
        changed(former.unwrap_or_default())
    }
}

fn word(generation: u32, shares: u32) -> u64 {
    u64::from(generation) << 32 | u64::from(shares)
}

/// The lower half is enough to tell a process from its children.
fn generation() -> u32 {
    fork_generation() as u32
}

/// # Safety
/// Each share is given up once.
unsafe fn leave<T>(inner: NonNull<Inner<T>>, generation: u32) {
    // SAFETY: the caller's share is counted still, so the last one is not gone.
    if unsafe { inner.as_ref() }.change(generation, |shares| shares.saturating_sub(1)) == 0 {
        // SAFETY: it came from a box, and of all shares this was the last.
        drop(unsafe { Box::from_raw(inner.as_ptr()) });
    }
}

impl<T: Send + Sync> Deref for Use<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: as in `Shared::peek`.
        unsafe { &self.inner.as_ref().value }
    }
}

impl<T: Send + Sync> Drop for Use<T> {
    fn drop(&mut self) {
        // A child that was forked inside a callback, and returned from it although the header forbids that, has not
        // been counted.
        if self.generation == generation() {
            // SAFETY: this share is dropped once.
            unsafe { leave(self.inner, self.generation) };
        }
    }
}

impl<T: Send + Sync> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: this share is dropped once.
        unsafe { leave(self.inner, generation()) };
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::in_child;
    use super::*;

    #[test]
    fn the_last_share_frees_the_value() {
        let counted = Arc::new(());
        let owners = || Arc::strong_count(&counted);
        let handle = Shared::new(Arc::clone(&counted));
        let calls = [handle.enter(), handle.enter()];
        assert_eq!((owners(), Arc::strong_count(handle.peek())), (2, 2));
        drop(handle);
        let [one, two] = calls;
        drop(one);
        assert_eq!((owners(), Arc::strong_count(&two)), (2, 2), "a call goes on after its handle is freed");
        drop(two);
        assert_eq!(owners(), 1);
    }

    #[test]
    fn a_handle_that_is_freed_after_its_calls_frees() {
        let counted = Arc::new(());
        let handle = Shared::new(Arc::clone(&counted));
        drop(handle.enter());
        assert_eq!(Arc::strong_count(&counted), 2);
        drop(handle);
        assert_eq!(Arc::strong_count(&counted), 1);
    }

    #[test]
    fn a_child_frees_whatever_calls_its_parent_runs() {
        let counted = Arc::new(());
        let handle = Shared::new(Arc::clone(&counted));
        let parents = [handle.enter(), handle.enter()];
        let owners = |handle: Shared<_>, calls: usize| {
            let calls: Vec<_> = (0..calls).map(|_| handle.enter()).collect();
            drop(handle);
            let with_calls = Arc::strong_count(&counted);
            drop(calls);
            (with_calls * 10 + Arc::strong_count(&counted)) as i32
        };
        let again = || Shared { inner: handle.inner };
        assert_eq!(in_child(|| owners(again(), 0)), 11);
        assert_eq!(in_child(|| owners(again(), 3)), 21, "its own calls count");
        drop(handle);
        assert_eq!(Arc::strong_count(&counted), 2, "the parent's is the parent's");
        drop(parents);
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
