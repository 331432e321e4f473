//! Notices forks by the handlers of `pthread_atfork`: counts them, tells whether one is under way, and closes in a
//! child what belongs to its parent.
//!
//! A child that is made without these handlers (by the system call itself, or by `vfork` without a following exec) is
//! not noticed.

use std::fs::{File, Metadata};
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, Ordering};
use std::time::Duration;

/// How many forks led to this process.
static GENERATION: AtomicU64 = AtomicU64::new(0);
static IS_REGISTERED: AtomicBool = AtomicBool::new(false);

/// How many forks this process has begun and ended, failed ones included.
static BEGUN: AtomicU64 = AtomicU64::new(0);
static ENDED: AtomicU64 = AtomicU64::new(0);

extern "C" fn before_fork() {
    BEGUN.fetch_add(1, Ordering::SeqCst);
}

extern "C" fn after_fork_in_parent() {
    ENDED.fetch_add(1, Ordering::SeqCst);
}

/// Only the thread that forked lives on. Other threads may have been forking at the same time: the child has counted
/// the beginning of their forks and never sees the end.
extern "C" fn after_fork_in_child() {
    ENDED.store(BEGUN.load(Ordering::SeqCst), Ordering::SeqCst);
    GENERATION.fetch_add(1, Ordering::Relaxed);
    close_what_is_the_parents();
}

/// A number that differs between a process and each child that it forks, counted rather than asked for: `getpid` is
/// a system call.
///
/// Two threads may both register the handlers, and the child then counts by two: all that matters is that the number
/// changes. A `Once` would avoid that, but would hang a child that is forked while it runs.
pub(crate) fn fork_generation() -> u64 {
    if !IS_REGISTERED.load(Ordering::Acquire) {
        // SAFETY: the handlers are async-signal-safe (atomics and `close`), and the library is never unloaded
        // (`-z nodelete`), so the pointers stay valid.
        unsafe { libc::pthread_atfork(Some(before_fork), Some(after_fork_in_parent), Some(after_fork_in_child)) };
        IS_REGISTERED.store(true, Ordering::Release);
    }
    GENERATION.load(Ordering::Relaxed)
}

/// A moment, to tell whether a fork has begun since, or was under way.
struct Moment {
    begun: u64,
    ended: u64,
}

impl Moment {
    fn now() -> Self {
        // The handlers have been registered by now, since each handle asks for the generation when it is made. A fork
        // that began before that is not counted, and is over.
        fork_generation();
        // In this order: if they are equal, none was under way when the second was read.
        let ended = ENDED.load(Ordering::SeqCst);
        Self { begun: BEGUN.load(Ordering::SeqCst), ended }
    }

    fn saw_no_fork(&self) -> bool {
        self.begun == self.ended && BEGUN.load(Ordering::SeqCst) == self.begun
    }
}

/// A file whose descriptor a forked child closes at once. Without that, an open-file-description lock on the file would
/// last until the child ends, if this process is killed.
pub(crate) struct UnsharedFile(Listed);

/// An entry of this process's. A forked child, which finds it free, may give it to a file of its own: there it is not that
/// of the owner whom the child inherits.
struct Listed {
    entry: &'static Entry,
    generation: u64,
}

impl Listed {
    fn enter(descriptor: RawFd) -> Self {
        Self { entry: enter(descriptor), generation: fork_generation() }
    }

    /// [`NONE`] in a forked child.
    fn descriptor(&self) -> RawFd {
        if self.is_own() { self.entry.descriptor.load(Ordering::SeqCst) } else { NONE }
    }

    /// Frees the entry, and returns what stood there: [`NONE`] in a forked child.
    fn leave(&self) -> RawFd {
        if self.is_own() { self.entry.descriptor.swap(NONE, Ordering::SeqCst) } else { NONE }
    }

    fn is_own(&self) -> bool {
        self.generation == fork_generation()
    }
}

/// An entry of a list that never gets shorter, so that the handler of a fork can walk it at any moment. A free entry is
/// used again.
struct Entry {
    /// [`NONE`] for an entry that is free.
    descriptor: AtomicI32,
    next: *const Entry,
}

// SAFETY: `next` is written before the entry is shared, and points to an entry that is never freed.
unsafe impl Sync for Entry {}

static ENTRIES: AtomicPtr<Entry> = AtomicPtr::new(ptr::null_mut());

const NONE: RawFd = -1;

/// How often a file is opened until no fork comes in between, and how long to wait for the fork to be over.
const TRIES: u32 = 256;
const FORK: Duration = Duration::from_millis(1);

impl UnsharedFile {
    /// Opens by `open` at a moment without a fork: a child that is forked between the opening and the entry into the
    /// list has a descriptor that it does not know of.
    ///
    /// A fork that takes longer than all tries has copied the descriptors long ago, and cannot have this one.
    pub(crate) fn open(open: impl Fn() -> io::Result<OwnedFd>) -> io::Result<Self> {
        for _ in 1..TRIES {
            let moment = Moment::now();
            let file = Self::enter(open()?);
            if moment.saw_no_fork() {
                return Ok(file);
            }
            drop(file);
            std::thread::sleep(FORK);
        }
        Ok(Self::enter(open()?))
    }

    /// Enters the descriptor into the list.
    fn enter(descriptor: OwnedFd) -> Self {
        Self(Listed::enter(descriptor.into_raw_fd()))
    }

    /// Fails in a forked child.
    pub(crate) fn descriptor(&self) -> io::Result<RawFd> {
        match self.0.descriptor() {
            NONE => Err(io::Error::from_raw_os_error(libc::EBADF)),
            descriptor => Ok(descriptor),
        }
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        let descriptor = self.descriptor()?;
        // SAFETY: the descriptor is open for as long as `self` lives, and is not closed here.
        ManuallyDrop::new(unsafe { File::from_raw_fd(descriptor) }).metadata()
    }
}

impl Drop for UnsharedFile {
    fn drop(&mut self) {
        // The entry is freed before the descriptor is closed. In the other order a child that is forked in between
        // would close whatever has got the number by then.
        close(self.0.leave());
    }
}

/// Has a forked child close its copy of a descriptor, which stays its owner's here. To be dropped before the descriptor
/// is closed.
pub(crate) struct ClosedInChild(Listed);

impl ClosedInChild {
    pub(crate) fn mark(descriptor: &impl AsRawFd) -> Self {
        Self(Listed::enter(descriptor.as_raw_fd()))
    }
}

impl Drop for ClosedInChild {
    fn drop(&mut self) {
        self.0.leave();
    }
}

fn enter(descriptor: RawFd) -> &'static Entry {
    let is_taken = |entry: &&Entry| {
        let descriptor_of = &entry.descriptor;
        descriptor_of.load(Ordering::Relaxed) == NONE
            && descriptor_of.compare_exchange(NONE, descriptor, Ordering::SeqCst, Ordering::SeqCst).is_ok()
    };
    entries().find(is_taken).unwrap_or_else(|| push(descriptor))
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    // SAFETY: the pointers in the list are null or to entries that are never freed.
    let first = unsafe { ENTRIES.load(Ordering::SeqCst).as_ref() };
    // SAFETY: as above.
    std::iter::successors(first, |entry| unsafe { entry.next.as_ref() })
}

fn push(descriptor: RawFd) -> &'static Entry {
    let entry = Box::into_raw(Box::new(Entry { descriptor: AtomicI32::new(descriptor), next: ptr::null() }));
    let _ = ENTRIES.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |next| {
        // SAFETY: it came from `Box::into_raw` above, and nobody else has it until the update succeeds.
        unsafe { (*entry).next = next };
        Some(entry)
    });
    // SAFETY: as above, and it is never freed.
    unsafe { &*entry }
}

/// Closes, and unlocks nothing: an unlock in a child frees a living parent's lock.
fn close_what_is_the_parents() {
    entries().for_each(|entry| close(entry.descriptor.swap(NONE, Ordering::SeqCst)));
}

fn close(descriptor: RawFd) {
    if descriptor != NONE {
        // SAFETY: it was in the list, whose descriptors belong to nobody else, and is so no longer.
        unsafe { libc::close(descriptor) };
    }
}

#[cfg(test)]
#[path = "fork_tests.rs"]
mod tests;
