//! `memory:`: one record for all handles of this process that have the same service, account and password.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use super::{Bytes, Locked, Saved, Store};
use crate::clock::Deadline;
use crate::credentials::Credentials;
use crate::error::Result;
use crate::secret::Secret;
use crate::sys::ForkLocal;

/// The accounts in use. A forked child begins with none: it may not touch locks that the parent's threads hold.
static ACCOUNTS: ForkLocal<Mutex<Vec<Weak<Account>>>> = ForkLocal::new();

/// The record of an account. It goes, and is wiped, with the last handle.
struct Account {
    key: String,
    /// Part of the identity: a handle with a wrong password does not get the token of one with the right one.
    /// Empty where the host is asked for it.
    password: Secret,
    record: Mutex<Option<Secret>>,
    is_locked: Mutex<bool>,
    unlocked: Condvar,
}

pub(crate) struct Memory(Arc<Account>);

impl Memory {
    pub(crate) fn open(key: &str, credentials: Option<&Credentials>) -> Self {
        let password = credentials.map_or(&[][..], Credentials::password);
        let accounts = ACCOUNTS.get_or_make(Mutex::default);
        let mut accounts = lock(accounts);
        accounts.retain(|account| account.strong_count() > 0);
        let known = accounts.iter().filter_map(Weak::upgrade).find(|account| account.is_of(key, password));
        Self(known.unwrap_or_else(|| {
            let account = Arc::new(Account::new(key, password));
            accounts.push(Arc::downgrade(&account));
            account
        }))
    }
}

impl Account {
    fn new(key: &str, password: &[u8]) -> Self {
        Self {
            key: key.to_owned(),
            password: Secret::concat(&[password]),
            record: Mutex::default(),
            is_locked: Mutex::new(false),
            unlocked: Condvar::new(),
        }
    }

    fn is_of(&self, key: &str, password: &[u8]) -> bool {
        self.key == key && self.password.as_bytes() == password
    }

    fn load(&self) -> Option<Bytes> {
        lock(&self.record).as_ref().map(|record| Bytes::new(record.as_bytes().to_vec()))
    }
}

impl Store for Memory {
    fn load(&self, _: Deadline) -> Result<Option<Bytes>> {
        Ok(self.0.load())
    }

    fn lock(&self, _: Deadline, wait: Duration) -> Result<Option<Box<dyn Locked + '_>>> {
        let until = Deadline::after(wait);
        let mut is_locked = lock(&self.0.is_locked);
        while *is_locked {
            let remaining = until.remaining();
            if remaining.is_zero() {
                return Ok(None);
            }
            let waited = self.0.unlocked.wait_timeout(is_locked, remaining);
            is_locked = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *is_locked = true;
        Ok(Some(Box::new(Held(&self.0))))
    }
}

struct Held<'a>(&'a Account);

impl Locked for Held<'_> {
    fn load(&mut self) -> Result<Option<Bytes>> {
        Ok(self.0.load())
    }

    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    fn save(&mut self, record: &[u8]) -> Result<Saved> {
        *lock(&self.0.record) = Some(Secret::concat(&[record]));
        Ok(Saved::Yes)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *lock(&self.0.is_locked) = false;
        self.0.unlocked.notify_one();
    }
}

/// A thread that panicked with the lock left no half-written value: each is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(key: &str, password: &str) -> Memory {
        Memory::open(key, Some(&Credentials::new("a@example.com", password).expect("accepted")))
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    fn save(store: &Memory, record: &[u8]) {
        let mut locked = store.lock(soon(), Duration::ZERO).expect("works").expect("free");
        assert_eq!(locked.save(record), Ok(Saved::Yes));
    }

    fn record(store: &Memory) -> Option<Vec<u8>> {
        store.load(soon()).expect("works").map(|record| record.to_vec())
    }

    #[test]
    fn handles_share_by_account_and_password() {
        let one = open("shared", "p");
        save(&one, b"record");
        assert_eq!(record(&open("shared", "p")).as_deref(), Some(&b"record"[..]));
        assert_eq!(record(&open("shared", "other")), None);
        assert_eq!(record(&open("other", "p")), None);
        drop(one);
        assert_eq!(record(&open("shared", "p")), None, "the record goes with the last handle");
    }

    #[test]
    fn one_holds_the_lock_and_the_others_wait_their_time() {
        let (one, two) = (open("lock", "p"), open("lock", "p"));
        let held = one.lock(soon(), Duration::ZERO).expect("works").expect("free");
        assert!(two.lock(soon(), Duration::ZERO).expect("works").is_none());
        assert!(two.lock(soon(), Duration::from_millis(20)).expect("works").is_none());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| two.lock(soon(), Duration::from_secs(60)).expect("works").is_some());
            drop(held);
            assert!(waiting.join().expect("no panic"));
        });
    }
}
