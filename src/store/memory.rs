//! `memory:`: one record for all handles of this process that have the same service, account and password.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use once_cell::race::OnceBox;
use ring::digest::{Context, SHA256};

use super::{Owner, RecordBytes, SaveOutcome, Store, StoreLock};
use crate::clock::Deadline;
use crate::credentials::Credentials;
use crate::error::Result;
use crate::random;
use crate::secret::{CALL_DEPTH, Secret, wiping_stack};
use crate::sys::ForkLocal;
use crate::sys::watch::slice;

/// The accounts of this process. A forked child begins with none: threads of its parent may hold the locks.
static ACCOUNTS: ForkLocal<Mutex<Accounts>> = ForkLocal::new();

/// How many accounts are remembered whose good token went with their last handle.
const LOST_MAX: usize = 64;

#[derive(Default)]
struct Accounts {
    /// A tree and not a hash table, since the latter points to the middle of its memory, and valgrind takes that for
    /// lost.
    in_use: BTreeMap<Identity, InUse>,
    /// The keys of accounts whose token was still good when their last handle was freed, the oldest first.
    lost: Vec<String>,
}

struct InUse {
    account: Arc<Account>,
    handles: usize,
}

/// A hash of account and password. A handle with a wrong password must not get the token of a handle with the right
/// one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Identity([u8; 32]);

/// The record of an account. It goes, and is wiped, with the last handle.
struct Account {
    record: Mutex<Option<Secret>>,
    /// The lock of the store: a flag, since it is held across calls, and whoever waits for it has a limit.
    is_locked: Mutex<bool>,
    unlocked: Condvar,
    /// Whether its token was good, as seen by the handle that was freed last of those with a token.
    has_good_token: AtomicBool,
    has_lost_a_token: AtomicBool,
}

pub(crate) struct Memory {
    key: String,
    identity: Identity,
    account: Arc<Account>,
}

impl Identity {
    /// Only a salted hash of the password is kept. The salt stands in a [`Secret`], which is left out of core dumps, so
    /// a dump has nothing to try passwords against.
    fn of(key: &str, password: &[u8]) -> Self {
        static SALT: OnceBox<Secret> = OnceBox::new();
        // If the system has no random bytes it is zero.
        let salt = SALT.get_or_init(|| Box::new(Secret::concat(&[&random::bytes::<32>().unwrap_or_default()])));
        wiping_stack::<CALL_DEPTH, _>(|| {
            let mut context = Context::new(&SHA256);
            [salt.as_bytes(), key.as_bytes(), b"\0", password].into_iter().for_each(|part| context.update(part));
            Self(context.finish().as_ref().first_chunk().copied().unwrap_or_default())
        })
    }
}

impl Accounts {
    fn of_this_process() -> MutexGuard<'static, Self> {
        lock(ACCOUNTS.get_or_make(Mutex::default))
    }

    /// Counts a handle. It shares the account of the other handles with the same identity, if there are any.
    fn open(&mut self, key: &str, identity: Identity) -> Arc<Account> {
        let Self { in_use, lost } = self;
        let found = in_use.entry(identity).or_insert_with(|| {
            let place = lost.iter().position(|it| it == key);
            let account = Account::new(place.map(|place| lost.remove(place)).is_some());
            InUse { account: Arc::new(account), handles: 0 }
        });
        found.handles += 1;
        Arc::clone(&found.account)
    }

    /// Counts a handle off. The account goes with the last one. If its token was still good, that is remembered, so
    /// that the next login of the account can say in the log why it was needed.
    fn close(&mut self, memory: &Memory) {
        let Some(found) = self.in_use.get_mut(&memory.identity) else { return };
        found.handles -= 1;
        if found.handles > 0 {
            return;
        }
        self.in_use.remove(&memory.identity);
        if memory.account.has_good_token.load(Ordering::Relaxed) {
            if self.lost.len() == LOST_MAX {
                self.lost.remove(0);
            }
            self.lost.push(memory.key.clone());
        }
    }
}

impl Memory {
    pub(crate) fn open(key: &str, credentials: Option<&Credentials>) -> Self {
        // With a credentials callback there is no password that would tell handles apart.
        let identity = Identity::of(key, credentials.map_or(&[][..], Credentials::password));
        let account = Accounts::of_this_process().open(key, identity);
        Self { key: key.to_owned(), identity, account }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        Accounts::of_this_process().close(self);
    }
}

impl Account {
    fn new(has_lost_a_token: bool) -> Self {
        Self {
            record: Mutex::default(),
            is_locked: Mutex::new(false),
            unlocked: Condvar::new(),
            has_good_token: AtomicBool::new(false),
            has_lost_a_token: AtomicBool::new(has_lost_a_token),
        }
    }

    fn load(&self) -> Option<RecordBytes> {
        lock(&self.record).as_ref().map(|record| RecordBytes::new(record.as_bytes().to_vec()))
    }
}

impl Store for Memory {
    fn load(&self, _: Deadline) -> Result<Option<RecordBytes>> {
        Ok(self.account.load())
    }

    fn lock(&self, _: &Owner, _: Deadline, wait: Duration) -> Result<Option<Box<dyn StoreLock + '_>>> {
        let until = Deadline::after(wait);
        let account = &*self.account;
        let mut is_locked = lock(&account.is_locked);
        while *is_locked {
            let remaining = until.remaining();
            if remaining.is_zero() {
                return Ok(None);
            }
            let waited = account.unlocked.wait_timeout(is_locked, slice(remaining));
            is_locked = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *is_locked = true;
        Ok(Some(Box::new(Held(account))))
    }

    fn close(&self, has_good_token: Option<bool>) {
        if let Some(has_good_token) = has_good_token {
            self.account.has_good_token.store(has_good_token, Ordering::Relaxed);
        }
    }

    fn has_lost_a_token(&self) -> bool {
        self.account.has_lost_a_token.swap(false, Ordering::Relaxed)
    }
}

struct Held<'a>(&'a Account);

impl StoreLock for Held<'_> {
    fn load(&mut self) -> Result<Option<RecordBytes>> {
        Ok(self.0.load())
    }

    fn prepare(&mut self) -> Result<()> {
        Ok(())
    }

    fn save(&mut self, record: &[u8]) -> Result<SaveOutcome> {
        *lock(&self.0.record) = Some(Secret::concat(&[record]));
        Ok(SaveOutcome::Saved)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *lock(&self.0.is_locked) = false;
        self.0.unlocked.notify_one();
    }
}

/// A thread that panicked with the lock has left no half-written value, since each value is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(key: &str, password: &str) -> Memory {
        Memory::open(key, Some(&Credentials::new("a@example.com", password).expect("accepted")))
    }

    fn owner() -> Owner {
        Owner::random().expect("random")
    }

    fn soon() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    fn save(store: &Memory, record: &[u8]) {
        let mut locked = store.lock(&owner(), soon(), Duration::ZERO).expect("works").expect("free");
        assert_eq!(locked.save(record), Ok(SaveOutcome::Saved));
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

    /// The accounts that are remembered are few, and the process's.
    fn alone() -> MutexGuard<'static, ()> {
        static ALONE: Mutex<()> = Mutex::new(());
        lock(&ALONE)
    }

    #[test]
    fn a_good_token_lost_with_the_last_handle_is_reported_once() {
        let _alone = alone();
        let open_and_close = |password, is_good| {
            let store = open("lost", password);
            let has_lost = store.has_lost_a_token();
            store.close(is_good);
            has_lost
        };
        assert!(!open_and_close("p", None), "there was none");
        assert!(!open_and_close("p", Some(true)));
        let (one, two) = (open("lost", "other"), open("lost", "other"));
        assert!(one.has_lost_a_token() && !two.has_lost_a_token(), "whatever the password is");
        one.close(Some(true));
        two.close(None);
        drop((one, two));
        assert!(open_and_close("p", Some(false)), "a handle without a token knows nothing of it");
        assert!(!open_and_close("p", None), "it was not good");
    }

    /// Two threads may each have closed their handle before one of them has let go of the account.
    #[test]
    fn handles_that_close_at_the_same_time_leave_nothing_behind() {
        let (one, two) = (open("closing", "p"), open("closing", "p"));
        let mut accounts = Accounts::of_this_process();
        accounts.close(&one);
        assert!(accounts.in_use.contains_key(&one.identity));
        accounts.close(&two);
        assert!(!accounts.in_use.contains_key(&one.identity));
    }

    #[test]
    fn the_number_of_remembered_losses_is_limited() {
        let _alone = alone();
        let key = |number: usize| format!("lost {number}");
        for number in 0..=LOST_MAX {
            open(&key(number), "p").close(Some(true));
        }
        assert!(!open(&key(0), "p").has_lost_a_token());
        assert!(open(&key(LOST_MAX), "p").has_lost_a_token());
        assert!(Accounts::of_this_process().lost.len() <= LOST_MAX);
    }

    /// What is compared are the fastest of many rounds.
    #[test]
    fn an_account_is_found_as_fast_among_many_others() {
        let fastest = || {
            let time = |round| {
                let begun = std::time::Instant::now();
                drop(open(&format!("fast {round}"), "p"));
                begun.elapsed()
            };
            (0..200).map(time).min().expect("rounds")
        };
        let alone = fastest();
        let others: Vec<_> = (0..20_000).map(|number| open(&format!("other {number}"), "p")).collect();
        let among_many = fastest();
        drop(others);
        assert!(among_many < alone * 5, "{alone:?} alone, {among_many:?} among 20,000");
    }

    #[test]
    fn one_holds_the_lock_and_the_others_wait_their_time() {
        let (one, two) = (open("lock", "p"), open("lock", "p"));
        let held = one.lock(&owner(), soon(), Duration::ZERO).expect("works").expect("free");
        assert!(two.lock(&owner(), soon(), Duration::ZERO).expect("works").is_none());
        assert!(two.lock(&owner(), soon(), Duration::from_millis(20)).expect("works").is_none());
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| two.lock(&owner(), soon(), Duration::from_secs(60)).expect("works").is_some());
            drop(held);
            assert!(waiting.join().expect("no panic"));
        });
    }
}
