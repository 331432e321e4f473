//! Where the record of an account is kept, and the lock around a login.
//!
//! A store has two tasks. It keeps one record for each account, which anybody who shares the store may read at any
//! time. And it gives one of them at a time the right to log in and to replace the record. What would break without the
//! lock: two processes that find no token would both log in, and one of them would work with a dead token.
//!
//! To a store a record is only bytes. It knows neither what they say nor how a login works.

mod file;
mod hook;
mod memory;
mod owner;
#[cfg(feature = "redis")]
mod redis;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::blanks;
use crate::clock::Deadline;
use crate::credentials::Credentials;
use crate::dial::{Settings, Tls};
use crate::error::Result;
use crate::record::{RECORD_MAX, RecordBytes};
use crate::url::split_once;
pub(crate) use hook::StoreHook;
pub(crate) use owner::Owner;

/// The place of one account's record.
pub(crate) trait Store: Send + Sync {
    /// The record as it is now, without the lock; `None` if there is none. Any I/O ends at the deadline.
    fn load(&self, deadline: Deadline) -> Result<Option<RecordBytes>>;

    /// Takes the lock: the right to log in and to save, until the value is dropped. `None` if somebody else has it.
    ///
    /// Waits for at most `wait`; with zero it only tries. It may give up earlier, after a pause: the caller reads the
    /// record in between, and asks again as the same owner.
    fn lock(&self, owner: &Owner, deadline: Deadline, wait: Duration) -> Result<Option<Box<dyn StoreLock + '_>>>;

    /// The handle is about to be freed. The argument tells whether the token in hand is good; `None` if there is none.
    fn close(&self, _has_good_token: Option<bool>) {}

    /// Whether a good token of this account was lost when the last handle before this one was freed. It is true once.
    fn has_lost_a_token(&self) -> bool {
        false
    }
}

/// The lock of an account, held until the value is dropped.
pub(crate) trait StoreLock {
    fn load(&mut self) -> Result<Option<RecordBytes>>;

    /// Does before the login what could make the save fail after it. A login whose token cannot be saved ends the token
    /// of the others, and they do not find the new one.
    fn prepare(&mut self) -> Result<()>;

    /// Replaces the record. It has some seconds of its own even if the deadline has passed: the login is done, and its
    /// token should not be lost.
    fn save(&mut self, record: &[u8]) -> Result<SaveOutcome>;

    /// How long a login may take: what is left of the lock's lease, less the time that a save needs.
    fn lease_left(&self) -> Duration {
        Duration::MAX
    }
}

/// How a save went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SaveOutcome {
    Saved,
    /// The lock was lost meanwhile, and nothing was written. What the store has may be the record of a later login.
    LockLost,
}

/// Which store the options name.
#[derive(Clone, Default)]
pub(crate) enum StoreOption {
    /// `memory:`
    #[default]
    Memory,
    /// `file:DIRECTORY`, which is absolute.
    File(Arc<Path>),
    /// `redis://…`, `rediss://…`
    #[cfg(feature = "redis")]
    Redis(Arc<redis::Server>),
    /// Callbacks of the application.
    Hook(Arc<dyn StoreHook>),
}

impl StoreOption {
    /// Reads a URL. The error says what is wrong, and repeats nothing of it.
    pub(crate) fn parse(url: &[u8]) -> std::result::Result<Self, &'static str> {
        if let Some(problem) = blanks::problem_of(url) {
            return Err(problem);
        }
        match split_once(url, b":") {
            Some((b"memory", b"")) => Ok(Self::Memory),
            Some((b"file", directory)) => {
                let directory = std::str::from_utf8(directory).map_err(|_| "the directory is not UTF-8")?;
                Ok(Self::File(file::parse_directory(directory)?.into()))
            }
            Some((b"redis" | b"rediss", _)) => Self::parse_redis(url),
            _ => Err("it is neither \"memory:\" nor \"file:DIRECTORY\" nor \"redis://...\" nor \"rediss://...\""),
        }
    }

    #[cfg(feature = "redis")]
    fn parse_redis(url: &[u8]) -> std::result::Result<Self, &'static str> {
        redis::Server::parse(url).map(|server| Self::Redis(Arc::new(server)))
    }

    #[cfg(not(feature = "redis"))]
    fn parse_redis(_: &[u8]) -> std::result::Result<Self, &'static str> {
        Err("this build of the library has no Redis store: build it with the cargo feature \"redis\"")
    }
}

/// Opens the store of an account, without any I/O. `key` names the account in stores that hold many; `dial` and `tls`
/// are for a store on another machine, `kept` are the credentials, unless a callback is asked for them.
pub(crate) fn open(
    option: &StoreOption,
    #[cfg_attr(not(feature = "redis"), allow(unused_variables))] dial: &Settings,
    #[cfg_attr(not(feature = "redis"), allow(unused_variables))] tls: &Arc<Tls>,
    key: &str,
    kept: Option<&Credentials>,
) -> Box<dyn Store> {
    match option {
        StoreOption::Memory => Box::new(memory::Memory::open(key, kept)),
        StoreOption::File(directory) => Box::new(file::FileStore::open(directory, key)),
        StoreOption::Hook(hook) => Box::new(hook::Hook::open(hook, key)),
        #[cfg(feature = "redis")]
        StoreOption::Redis(server) => Box::new(redis::Redis::open(Arc::clone(server), key, dial, tls)),
    }
}
