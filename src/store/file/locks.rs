//! The lock files that this process holds. Two locks of the system are taken on each ([`files::try_lock`]).
//!
//! The *lock of the process* (`F_SETLK`) belongs to the process as a whole. It keeps no other thread out. And the
//! process loses it as soon as it closes any descriptor of the file, even one that was opened under another name. So
//! this module has a list of the files that are locked, by their [`FileId`], and closes further descriptors of such a
//! file only together with the lock.
//!
//! The *lock of the description* (`F_OFD_SETLK`) belongs to one opening of the file. It keeps everybody out, other
//! threads of this process too, and it stays when other descriptors are closed. It is needed for what the list does not
//! know of: a second copy of the library in the same process, which has a list of its own, and descriptors of the
//! application.

use std::ffi::CStr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::directory::{Directory, Opened, check_file};
use super::problem::{Part, failed};
use crate::error::Result;
use crate::random;
use crate::sys::files::{self, FileId};
use crate::sys::fork::UnsharedFile;
use crate::sys::watch::slice;
use crate::sys::{ForkLocal, fork_generation};

/// A forked child begins with an empty list. It holds no lock in the eyes of the system either: its copies of the
/// descriptors have been closed.
static LOCKS: ForkLocal<Locks> = ForkLocal::new();

/// A waiter pauses for `PAUSE_MS` and a random part of `FURTHER_PAUSE_MS`, so that many waiters do not try at the same
/// moment.
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
    /// Further descriptors of this file, which are closed together with the lock.
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
    /// Tries to take the lock, and does not wait. `None` if somebody else has it.
    pub(super) fn try_take(directory: &Directory, name: &CStr) -> Result<Option<Self>> {
        let mut held = Locks::of_this_process().held();
        // If this process has locked the file already, it is not opened again: the descriptor would stay open for as
        // long as the lock is held.
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

    /// Locks the opened file, and puts it on the list. The list stays locked until a file that is not kept has been
    /// closed: if another thread took the lock before that, the closing would end it.
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
        // Others find the lock by its name. If the file has just been removed, they would lock another one, so the next
        // try must open that.
        if directory.lock_id(name)? != Some(id) {
            return Ok(None);
        }
        held.push(entry);
        Ok(Some(Self { id, generation: fork_generation() }))
    }

    pub(super) fn id(&self) -> FileId {
        self.id
    }

    /// Whether this process still holds both locks.
    ///
    /// They are taken once more, because the application may have ended the lock of the process by closing a descriptor
    /// of the file. This fails if another process has taken the lock in between, which it cannot while the lock of the
    /// description is held.
    pub(super) fn is_held(&self) -> Result<bool> {
        if !self.is_of_this_process() {
            return Ok(false);
        }
        let held = Locks::of_this_process().held();
        let Some(it) = held.iter().find(|it| it.id == self.id) else { return Ok(false) };
        let fail = |error| failed(Part::Lock, &error);
        // An application that closes all descriptors may have opened another file under this number since.
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
    /// Unlocks the file. To close it would not be enough: a child that was forked without the handlers of
    /// `pthread_atfork` has a copy of the descriptor, and so the lock of the description.
    fn drop(&mut self) {
        // There is no descriptor in a forked child, which holds no lock.
        let _ = self.locked.descriptor().map(files::unlock);
    }
}

/// A waiter's pause between two tries; it ends early when a thread of this process gives a lock back.
pub(super) fn pause(at_most: Duration) {
    let locks = Locks::of_this_process();
    // Without randomness all pause alike, which does no harm.
    let random = random::bytes().map_or(0, u64::from_ne_bytes);
    let pause = slice(Duration::from_millis(PAUSE_MS + random % (FURTHER_PAUSE_MS + 1)).min(at_most));
    drop(locks.released.wait_timeout(locks.held(), pause));
}
