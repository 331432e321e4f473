//! The lock files that this process holds.
//!
//! The system's lock is the process's as a whole: within the process it keeps nobody out, and it goes as soon as any
//! descriptor of the file is closed, also one that was opened under another name. So who holds what is kept here, by
//! what the system knows a file by, and descriptors of a held file are closed with the lock alone.

use std::ffi::CStr;
use std::fs::{File, Metadata};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::directory::{Directory, check_file};
use super::problem::{Part, failed};
use crate::error::Result;
use crate::random;
use crate::sys::files::{self, FileId};
use crate::sys::{ForkLocal, fork_generation};

/// A forked child begins with none, as it does for the system; it leaves its parent's descriptors open.
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
    /// All that this process has opened of it.
    files: Vec<File>,
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
    /// `None` if another thread or process has it. Does not wait.
    pub(super) fn try_take(directory: &Directory, name: &CStr) -> Result<Option<Self>> {
        // Without opening it, if that can be helped: the descriptor would stay open for as long as the lock is held.
        if let Some(id) = directory.lock_id(name)? {
            if Locks::of_this_process().held().iter().any(|it| it.id == id) {
                return Ok(None);
            }
        }
        let (file, metadata) = directory.open_lock(name)?;
        Self::take(directory, name, file, &metadata)
    }

    /// The same with the file as it was opened.
    pub(super) fn take(directory: &Directory, name: &CStr, file: File, metadata: &Metadata) -> Result<Option<Self>> {
        let mut held = Locks::of_this_process().held();
        Self::take_among(&mut held, directory, name, file, metadata)
    }

    /// `held` stays borrowed until a file that is not kept has been closed: a thread that got the lock before that would
    /// lose it.
    fn take_among(
        held: &mut Vec<HeldFile>,
        directory: &Directory,
        name: &CStr,
        file: File,
        metadata: &Metadata,
    ) -> Result<Option<Self>> {
        let id = FileId::of(metadata);
        if let Some(it) = held.iter_mut().find(|it| it.id == id) {
            it.files.push(file);
            return Ok(None);
        }
        check_file(Part::Lock, metadata)?;
        if !files::try_lock(&file).map_err(|error| failed(Part::Lock, &error))? {
            return Ok(None);
        }
        // Whoever comes later must meet the same file. If this one has just been removed, the next try does.
        if directory.lock_id(name)? != Some(id) {
            return Ok(None);
        }
        held.push(HeldFile { id, files: vec![file] });
        Ok(Some(Self { id, generation: fork_generation() }))
    }

    pub(super) fn id(&self) -> FileId {
        self.id
    }

    /// A forked child has a copy of this value, and not the lock.
    pub(super) fn is_of_this_process(&self) -> bool {
        self.generation == fork_generation()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_of_this_process() {
            let locks = Locks::of_this_process();
            // Closing the file is what unlocks it.
            locks.held().retain(|it| it.id != self.id);
            locks.released.notify_all();
        }
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
