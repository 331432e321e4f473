//! What a host program may do for the library: keep the record, tell the password, take the log.
//!
//! They are called on a thread of a caller, maybe on several at once; the C interface makes them of callbacks.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Result;
use crate::secret::Secret;
use crate::store::{RecordBytes, SaveOutcome};

/// A place for records that the host keeps.
pub(crate) trait StoreHook: Send + Sync {
    /// The record under this key; `None` if there is none.
    fn load(&self, key: &str) -> Result<Option<RecordBytes>>;
    /// Replaces the record under this key, whose lock is held.
    fn save(&self, key: &str, record: &[u8]) -> Result<SaveOutcome>;
    /// Takes the lock of this key; `false` if another one holds it all the time. `lease` is how long it must be held for
    /// sure, unless it is unlocked before.
    fn lock(&self, key: &str, wait: Duration, lease: Duration) -> Result<bool>;
    /// Gives the lock back.
    fn unlock(&self, key: &str) -> Result<()>;
}

/// Who is asked for the password before each login.
pub(crate) trait CredentialsHook: Send + Sync {
    fn password(&self, email: &str) -> Result<Secret>;
}

/// How much a log wants to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// Who is told what happens. Never a secret.
pub(crate) trait LogHook: Send + Sync {
    /// Whether an event of this level is wanted.
    fn wants(&self, level: Level) -> bool;
    /// `event` is one of a few stable names, `text` is for people.
    fn event(&self, level: Level, event: &'static str, text: &str);
}

/// The hooks that options hold.
#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) credentials: Option<Arc<dyn CredentialsHook>>,
    pub(crate) log: Option<Arc<dyn LogHook>>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}
