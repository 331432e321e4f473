//! `memory:`: one record for all handles of this process that have the same service, account and password.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use super::{Locked, Patience, Record, Store};
use crate::credentials::Credentials;
use crate::error::Result;
use crate::secret::Secret;
use crate::sys::ForkLocal;

/// The accounts in use. A forked child begins with none: it may not touch locks that the parent's threads hold.
static ACCOUNTS: ForkLocal<Mutex<Vec<Weak<Account>>>> = ForkLocal::new();

/// The record of an account. It goes, and is wiped, with the last handle.
struct Account {
    base_url: String,
    email: String,
    /// Part of the identity: a handle with a wrong password does not get the token of one with the right one.
    password: Secret,
    record: Mutex<Record>,
    is_locked: Mutex<bool>,
    unlocked: Condvar,
}

pub(crate) struct Memory(Arc<Account>);

impl Memory {
    pub(crate) fn open(base_url: &str, credentials: &Credentials) -> Self {
        let accounts = ACCOUNTS.get_or_make(Mutex::default);
        let mut accounts = lock(accounts);
        accounts.retain(|account| account.strong_count() > 0);
        let known = accounts.iter().filter_map(Weak::upgrade).find(|account| account.is_of(base_url, credentials));
        Self(known.unwrap_or_else(|| {
            let account = Arc::new(Account::new(base_url, credentials));
            accounts.push(Arc::downgrade(&account));
            account
        }))
    }
}

impl Account {
    fn new(base_url: &str, credentials: &Credentials) -> Self {
        Self {
            base_url: base_url.to_owned(),
            email: credentials.email().to_owned(),
            password: Secret::concat(&[credentials.password()]),
            record: Mutex::default(),
            is_locked: Mutex::new(false),
            unlocked: Condvar::new(),
        }
    }

    fn is_of(&self, base_url: &str, credentials: &Credentials) -> bool {
        self.base_url == base_url
            && self.email == credentials.email()
            && self.password.as_bytes() == credentials.password()
    }
}

impl Store for Memory {
    fn load(&self) -> Result<Record> {
        Ok(lock(&self.0.record).clone())
    }

    fn lock(&self, patience: Patience) -> Result<Option<Box<dyn Locked + '_>>> {
        let mut is_locked = lock(&self.0.is_locked);
        while *is_locked {
            let Patience::Until(deadline) = patience else { return Ok(None) };
            let remaining = deadline.remaining();
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
    fn load(&self) -> Result<Record> {
        Ok(lock(&self.0.record).clone())
    }

    fn save(&self, record: Record) -> Result<()> {
        *lock(&self.0.record) = record;
        Ok(())
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
    use crate::clock::Deadline;
    use std::time::Duration;

    fn open(email: &str, password: &str) -> Memory {
        Memory::open("https://personr.example", &Credentials::new(email, password).expect("accepted"))
    }

    fn save_generation(store: &Memory, generation: u64) {
        let locked = store.lock(Patience::None).expect("works").expect("free");
        locked.save(Record { generation, ..Record::default() }).expect("works");
    }

    fn generation(store: &Memory) -> u64 {
        store.load().expect("works").generation
    }

    #[test]
    fn handles_share_by_account_and_password() {
        let one = open("shared@example.com", "p");
        save_generation(&one, 7);
        assert_eq!(generation(&open("shared@example.com", "p")), 7);
        assert_eq!(generation(&open("shared@example.com", "other")), 0);
        assert_eq!(generation(&open("other@example.com", "p")), 0);
        drop(one);
        assert_eq!(generation(&open("shared@example.com", "p")), 0, "the record goes with the last handle");
    }

    #[test]
    fn one_holds_the_lock_and_the_others_wait_their_time() {
        let one = open("lock@example.com", "p");
        let two = open("lock@example.com", "p");
        let held = one.lock(Patience::None).expect("works").expect("free");
        assert!(two.lock(Patience::None).expect("works").is_none());
        let soon = Deadline::after(Duration::from_millis(20));
        assert!(two.lock(Patience::Until(soon)).expect("works").is_none());
        assert!(soon.has_passed());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                two.lock(Patience::Until(Deadline::after(Duration::from_secs(60)))).expect("works").is_some()
            });
            drop(held);
            assert!(waiting.join().expect("no panic"));
        });
    }
}
