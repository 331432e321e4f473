//! The lock files that this process holds.
//!
//! Two locks of the system are taken on each (`sys::files::try_lock`).
//!
//! The lock of the process is the process's as a whole: within the process it keeps nobody out, and it goes as soon
//! as any descriptor of the file is closed, also one that was opened under another name. So who holds what is kept
//! here, by what the system knows a file by, and descriptors of a held file are closed with the lock alone.
//!
//! The lock of the description (of what was opened) keeps everybody out, and stays. It is there for what this list
//! does not know of: a second copy of the library in the process, with a list of its own, and the application's own
//! descriptors.

use std::ffi::CStr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::directory::{Directory, Opened, check_file};
use super::problem::{Part, failed};
use crate::error::Result;
use crate::random;
use crate::sys::files::{self, FileId};
use crate::sys::fork::UnsharedFile;
use crate::sys::{ForkLocal, fork_generation};

/// A forked child begins with none, as it does for the system: its copies of the descriptors are closed.
static LOCKS: ForkLocal<Locks> = ForkLocal::new();

/// How long a waiter pauses, in milliseconds, beside a random part of the same size: many should not try as one.
const PAUSE_MS: u64 = 10;
const FURTHER_PAUSE_MS: u64 = 40;

#[derive(Default)]
struct Locks {
    held: Mutex<Vec<HeldFile>>,
    released: Condvar,
}

struct HeldFile {
    id: FileId,
    locked: UnsharedFile,
    /// What else this process has opened of it.
    others: Vec<UnsharedFile>,
}

impl Locks {
    fn of_this_process() -> &'static Self {
        LOCKS.get_or_make(Self::default)
    }

    /// A thread that panicked left no half-made entry: each is pushed and removed whole.
    fn held(&self) -> MutexGuard<'_, Vec<HeldFile>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lock file that is locked until this is dropped.
pub(super) struct Lock {
    id: FileId,
    generation: u64,
}

impl Lock {
    /// `None` if another one has it. Does not wait.
    pub(super) fn try_take(directory: &Directory, name: &CStr) -> Result<Option<Self>> {
        let mut held = Locks::of_this_process().held();
        // Without opening it, if that can be helped: the descriptor would stay open for as long as the lock is held.
        if let Some(id) = directory.lock_id(name)? {
            if held.iter().any(|it| it.id == id) {
                return Ok(None);
            }
        }
        let opened = directory.open_lock(name)?;
        Self::take_among(&mut held, directory, name, opened)
    }

    /// The same with the file as it was opened.
    #[cfg(test)]
    pub(super) fn take_opened(directory: &Directory, name: &CStr, opened: Opened) -> Result<Option<Self>> {
        Self::take_among(&mut Locks::of_this_process().held(), directory, name, opened)
    }

    /// `held` stays borrowed until a file that is not kept has been closed: a thread that got the lock before that
    /// would lose it.
    fn take_among(
        held: &mut Vec<HeldFile>,
        directory: &Directory,
        name: &CStr,
        (file, metadata): Opened,
    ) -> Result<Option<Self>> {
        let id = FileId::of(&metadata);
        if let Some(it) = held.iter_mut().find(|it| it.id == id) {
            it.others.push(file);
            return Ok(None);
        }
        check_file(Part::Lock, &metadata)?;
        let fail = |error| failed(Part::Lock, &error);
        if !file.descriptor().and_then(files::try_lock).map_err(fail)? {
            return Ok(None);
        }
        let entry = HeldFile { id, locked: file, others: Vec::new() };
        // Whoever comes later must meet the same file. If this one has just been removed, the next try does.
        if directory.lock_id(name)? != Some(id) {
            return Ok(None);
        }
        held.push(entry);
        Ok(Some(Self { id, generation: fork_generation() }))
    }

    pub(super) fn id(&self) -> FileId {
        self.id
    }

    /// Whether the locks are this process's still.
    ///
    /// They are taken again: the application may have ended the process's lock by closing a descriptor of the file.
    /// That fails if another process came in between, which it cannot while the lock of the description is held.
    pub(super) fn is_held(&self) -> Result<bool> {
        if !self.is_of_this_process() {
            return Ok(false);
        }
        let held = Locks::of_this_process().held();
        let Some(it) = held.iter().find(|it| it.id == self.id) else { return Ok(false) };
        let fail = |error| failed(Part::Lock, &error);
        // An application that closed all descriptors may have another file behind this one.
        if FileId::of(&it.locked.metadata().map_err(fail)?) != self.id {
            return Ok(false);
        }
        it.locked.descriptor().and_then(files::try_lock).map_err(fail)
    }

    /// A forked child has a copy of this value, and not the lock.
    fn is_of_this_process(&self) -> bool {
        self.generation == fork_generation()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_of_this_process() {
            let locks = Locks::of_this_process();
            locks.held().retain(|it| it.id != self.id);
            locks.released.notify_all();
        }
    }
}

impl Drop for HeldFile {
    /// A child that was forked behind the back of `pthread_atfork` has a copy of the descriptor, so that closing it
    /// here would not be enough.
    fn drop(&mut self) {
        // It fails in a forked child alone, which has no lock.
        let _ = self.locked.descriptor().map(files::unlock);
    }
}

/// A waiter's pause between two tries; it ends early when a thread of this process gives a lock back.
pub(super) fn pause(at_most: Duration) {
    let locks = Locks::of_this_process();
    // Without randomness all pause alike, which does no harm.
    let random = random::bytes().map_or(0, u64::from_ne_bytes);
    let pause = Duration::from_millis(PAUSE_MS + random % (FURTHER_PAUSE_MS + 1)).min(at_most);
    drop(locks.released.wait_timeout(locks.held(), pause));
}
