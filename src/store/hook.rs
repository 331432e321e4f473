//! A store that the application keeps, and that is reached by its callbacks. No lock of the library is held while one
//! is called, so a callback that blocks holds up its own caller alone.

use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{Owner, RECORD_MAX, RecordBytes, SaveOutcome, Store, StoreLock};
use crate::clock::{self, Deadline, Instant};
use crate::error::{Error, Result, Status};

/// How long the application is asked to keep a lock whose holder may have died.
const LEASE: Duration = Duration::from_secs(20);
/// How long a login may take under this lease. The rest of the lease is for the save.
const LOGIN_LIMIT: Duration = Duration::from_secs(15);
/// The pause before an application that does not wait for its lock is asked again: without it, the caller would spin.
const BUSY_PAUSE: Duration = Duration::from_millis(50);
/// What is saved before the first login, to see whether the application can save. It is read as no record.
const NO_RECORD: &[u8] = b"{}";

/// The application's store. It is called on a thread of a caller, maybe on several at once.
pub(crate) trait StoreHook: Send + Sync {
    /// The record under this key; `None` if there is none.
    fn load(&self, key: &str) -> Result<Option<RecordBytes>>;
    /// Replaces the record under this key, while its lock is this owner's.
    fn save(&self, key: &str, owner: &str, record: &[u8]) -> Result<SaveOutcome>;
    /// Takes the lock of this key for an owner; `false` if another one holds it all the time. `lease` is how long it
    /// must be held for sure, unless it is unlocked before.
    fn lock(&self, key: &str, owner: &str, wait: Duration, lease: Duration) -> Result<bool>;
    /// Gives the lock back.
    fn unlock(&self, key: &str, owner: &str) -> Result<()>;
}

pub(crate) struct Hook {
    /// Weak, because the options own it. A forked child never frees its parent's store, and would keep the user data of
    /// the callbacks for ever.
    hook: Weak<dyn StoreHook>,
    key: String,
}

impl Hook {
    pub(crate) fn open(hook: &Arc<dyn StoreHook>, key: &str) -> Self {
        Self { hook: Arc::downgrade(hook), key: key.to_owned() }
    }

    fn hook(&self) -> Result<Arc<dyn StoreHook>> {
        let gone = || Error::new(Status::Internal, "store", "the store's callbacks were freed before their handle");
        self.hook.upgrade().ok_or_else(gone)
    }
}

impl Store for Hook {
    fn load(&self, _: Deadline) -> Result<Option<RecordBytes>> {
        self.hook()?.load(&self.key)
    }

    fn lock(&self, owner: &Owner, _: Deadline, wait: Duration) -> Result<Option<Box<dyn StoreLock + '_>>> {
        let hook = self.hook()?;
        // The lease began at some moment after this.
        let asked = Instant::now();
        if hook.lock(&self.key, owner.as_str(), wait, LEASE)? {
            return Ok(Some(Box::new(Held { hook, key: &self.key, owner: owner.clone(), asked })));
        }
        let rest = wait.min(BUSY_PAUSE).saturating_sub(asked.until(Instant::now()));
        if !rest.is_zero() {
            clock::pause(rest);
        }
        Ok(None)
    }
}

struct Held<'a> {
    hook: Arc<dyn StoreHook>,
    key: &'a str,
    owner: Owner,
    asked: Instant,
}

impl StoreLock for Held<'_> {
    fn load(&mut self) -> Result<Option<RecordBytes>> {
        self.hook.load(self.key)
    }

    /// Saves what is there once more. Nothing is known of this store, so only a save shows whether it can save.
    fn prepare(&mut self) -> Result<()> {
        let record = self.hook.load(self.key)?;
        match self.save(record.as_deref().map_or(NO_RECORD, Vec::as_slice))? {
            SaveOutcome::Saved => Ok(()),
            SaveOutcome::LockLost => {
                Err(Error::new(Status::Store, "store-callback", "the save callback says that the lock was lost"))
            }
        }
    }

    fn save(&mut self, record: &[u8]) -> Result<SaveOutcome> {
        if record.len() > RECORD_MAX {
            return Err(Error::new(Status::Store, "store-record", "the record is longer than 32768 bytes"));
        }
        self.hook.save(self.key, self.owner.as_str(), record)
    }

    /// The time that callbacks take under the lock is taken from the login.
    fn lease_left(&self) -> Duration {
        LOGIN_LIMIT.saturating_sub(self.asked.until(Instant::now()))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // If it fails the application knows that. The lock ends with its lease, and the call that held it has its
        // result already.
        let _ = self.hook.unlock(self.key, self.owner.as_str());
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    /// Slow under the lock.
    struct Slow;

    impl StoreHook for Slow {
        fn load(&self, _: &str) -> Result<Option<RecordBytes>> {
            thread::sleep(Duration::from_millis(30));
            Ok(None)
        }

        fn save(&self, _: &str, _: &str, _: &[u8]) -> Result<SaveOutcome> {
            Ok(SaveOutcome::Saved)
        }

        fn lock(&self, _: &str, _: &str, wait: Duration, lease: Duration) -> Result<bool> {
            assert_eq!((wait, lease), (Duration::from_secs(1), LEASE));
            Ok(true)
        }

        fn unlock(&self, _: &str, _: &str) -> Result<()> {
            Ok(())
        }
    }

    fn held(store: &Hook) -> Box<dyn StoreLock + '_> {
        let deadline = Deadline::after(Duration::from_secs(60));
        let owner = Owner::random().expect("random");
        store.lock(&owner, deadline, Duration::from_secs(1)).expect("works").expect("free")
    }

    #[test]
    fn a_login_ends_before_the_lease_however_slow_the_callbacks_are() {
        let owner: Arc<dyn StoreHook> = Arc::new(Slow);
        let store = Hook::open(&owner, "key");
        let mut held = held(&store);
        assert!(held.lease_left() <= LOGIN_LIMIT);
        held.load().expect("works");
        held.prepare().expect("works");
        assert!(held.lease_left() <= LOGIN_LIMIT - Duration::from_millis(60));
    }

    #[test]
    fn a_record_that_is_too_long_is_not_saved() {
        let owner: Arc<dyn StoreHook> = Arc::new(Slow);
        let store = Hook::open(&owner, "key");
        let mut held = held(&store);
        assert_eq!(held.save(&[b' '; RECORD_MAX]), Ok(SaveOutcome::Saved));
        assert_eq!(held.save(&[b' '; RECORD_MAX + 1]).expect_err("too long").reason(), "store-record");
    }
}
