//! `file:DIRECTORY`: one record per account, for all processes of a machine that run as the same user. The files belong
//! to this user alone.
//!
//! An account has up to three files. `KEY.json` is the record. `KEY.lock` is locked around a login; it is never
//! removed, and its content means nothing. `KEY.new` is the next record while it is written. A save renames `KEY.new`
//! to `KEY.json`, so a reader finds the old record or the new one, and either is whole.

mod directory;
mod locks;
mod problem;

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{Owner, RecordBytes, SaveOutcome, Store, StoreLock};
use crate::blanks;
use crate::clock::{self, Deadline};
use crate::error::Result;
use directory::{Directory, NewFile};
use locks::Lock;
use problem::{PERMISSIONS, Part, refuse};

/// The longest path that Linux takes, in bytes.
const PATH_MAX: usize = 4095;

/// What stands behind `file:`, as an absolute path: the application may change its working directory later.
pub(super) fn parse_directory(text: &str) -> std::result::Result<PathBuf, &'static str> {
    if let Some(problem) = blanks::problem_of(text.as_bytes()) {
        return Err(problem);
    }
    if text.is_empty() {
        return Err("there is no directory behind \"file:\"");
    }
    if text.contains('\0') {
        return Err("the directory contains a NUL");
    }
    // `file:///var/lib/x` is the path `/var/lib/x` as it is; `file://var/lib/x` would name a host.
    if text.starts_with("//") && !text.starts_with("///") {
        return Err("\"file:\" takes a path and no host: file:/DIRECTORY or file:///DIRECTORY");
    }
    if text == "~" || text.starts_with("~/") {
        return Err("\"~\" is not expanded: write the home directory out");
    }
    let path = std::path::absolute(text).map_err(|_| "a relative directory, and there is no working directory")?;
    if path.as_os_str().len() > PATH_MAX {
        return Err("the path of the directory is longer than 4095 bytes");
    }
    Ok(path)
}

pub(super) struct FileStore {
    directory: Arc<Path>,
    record: CString,
    lock: CString,
    new: CString,
}

impl FileStore {
    /// No I/O. The key consists of letters and digits.
    pub(super) fn open(directory: &Arc<Path>, key: &str) -> Self {
        // A key has no NUL. If it had, the name would be empty, and no file has that name.
        let name = |ending| CString::new(format!("{key}.{ending}")).unwrap_or_default();
        Self { directory: Arc::clone(directory), record: name("json"), lock: name("lock"), new: name("new") }
    }
}

/// How long to wait for another process that has made a file and has not set its mode yet, and how long between two
/// attempts.
const MAKING: Duration = Duration::from_millis(250);
const LOOK: Duration = Duration::from_millis(2);

impl FileStore {
    /// Under an unusual umask a file cannot be used, not even by its owner, until the process that makes it has set its
    /// mode. An attempt that fails for that reason is made again, if the file may have been made just now.
    fn once_it_is_made<T>(&self, deadline: Deadline, attempt: impl Fn() -> Result<T>) -> Result<T> {
        let end = deadline.at_most(MAKING);
        loop {
            match attempt() {
                Err(error)
                    if error.reason() == PERMISSIONS && !end.has_passed() && directory::is_young(&self.directory) =>
                {
                    clock::pause(LOOK);
                }
                done => return done,
            }
        }
    }

    fn try_lock(&self) -> Result<Option<Held<'_>>> {
        let directory = Directory::open_or_make(&self.directory)?;
        let lock = Lock::try_take(&directory, &self.lock)?;
        Ok(lock.map(|lock| Held { store: self, directory, lock, new: None }))
    }
}

impl Store for FileStore {
    fn load(&self, deadline: Deadline) -> Result<Option<RecordBytes>> {
        self.once_it_is_made(deadline, || {
            Directory::open(&self.directory)?.map_or(Ok(None), |directory| directory.read(&self.record))
        })
    }

    fn lock(&self, _: &Owner, deadline: Deadline, wait: Duration) -> Result<Option<Box<dyn StoreLock + '_>>> {
        match self.once_it_is_made(deadline.at_most(wait), || self.try_lock())? {
            Some(held) => Ok(Some(Box::new(held))),
            None => {
                locks::pause(wait);
                Ok(None)
            }
        }
    }
}

struct Held<'a> {
    store: &'a FileStore,
    directory: Directory,
    lock: Lock,
    /// The file of the next record, until it has taken the place of the record.
    new: Option<NewFile>,
}

impl Held<'_> {
    /// Whether another process that wants the lock now would find it held. If somebody has replaced the lock file or
    /// the directory, it would not, and may have logged in by now.
    fn holds(&self) -> Result<bool> {
        if !self.lock.is_held()? {
            return Ok(false);
        }
        let now = Directory::open(&self.store.directory)?.map(|now| now.lock_id(&self.store.lock)).transpose()?;
        match now.flatten() {
            Some(id) => Ok(id == self.lock.id()),
            None => Err(refuse(Part::Lock, "store-open", "was removed while it was locked")),
        }
    }
}

impl StoreLock for Held<'_> {
    fn load(&mut self) -> Result<Option<RecordBytes>> {
        self.directory.read(&self.store.record)
    }

    fn prepare(&mut self) -> Result<()> {
        self.new = Some(self.directory.make_new(&self.store.new)?);
        Ok(())
    }

    fn save(&mut self, record: &[u8]) -> Result<SaveOutcome> {
        let new = match self.new.take() {
            Some(new) => new,
            None => self.directory.make_new(&self.store.new)?,
        };
        // The lock is looked at after all that takes time, and right before the record is replaced: hardly any time is
        // left in which it could be lost unseen.
        self.new.insert(new).write(record)?;
        if !self.holds()? {
            return Ok(SaveOutcome::LockLost);
        }
        self.directory.replace(&self.store.new, &self.store.record)?;
        self.new = None;
        Ok(SaveOutcome::Saved)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Without the lock, the file of this name may be another process's.
        if self.new.is_some() && self.holds() == Ok(true) {
            self.directory.remove_new(&self.store.new);
        }
    }
}

#[cfg(test)]
#[path = "file/file_tests.rs"]
mod tests;
