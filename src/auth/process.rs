//! What belongs to one process: its session, its store, and the condition on which its calls wait for a flight. A
//! forked child makes its own.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::{Deadline, Instant};
use crate::error::{Error, Result, Status};
use crate::pool::Pool;
use crate::session::Session;
use crate::store::Store;

/// After a refusal the application is asked for another password at most this often.
const ASK_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Process {
    session: Mutex<Session>,
    flight_ended: Condvar,
    store: Box<dyn Store>,
    /// The connections to the service that are kept.
    pool: Pool,
    /// When the application was asked for the password last, in nanoseconds of the boot clock; 0: never.
    asked_at: AtomicU64,
    told_of_fork: AtomicBool,
}

impl Process {
    pub(super) fn new(session: Session, store: Box<dyn Store>) -> Self {
        Self {
            session: Mutex::new(session),
            flight_ended: Condvar::new(),
            store,
            pool: Pool::new(),
            asked_at: AtomicU64::new(0),
            told_of_fork: AtomicBool::new(false),
        }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        // A session that a panic has left half changed does no harm: each next step is worked out from what the session
        // holds.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Waits until a flight ends, and returns with the session locked again. Fails at the deadline.
    pub(super) fn wait<'a>(
        &self,
        session: MutexGuard<'a, Session>,
        deadline: Deadline,
    ) -> Result<MutexGuard<'a, Session>> {
        let remaining = deadline.remaining();
        if remaining.is_zero() {
            let message = "another call's login did not end within the time allowed";
            return Err(Error::new(Status::Timeout, "login", message));
        }
        Ok(self.flight_ended.wait_timeout(session, remaining).unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Wakes the calls that wait for the flight. The session must be unlocked.
    pub(super) fn wake_waiters(&self) {
        self.flight_ended.notify_all();
    }

    /// Notes that the application is asked for the password now.
    pub(super) fn mark_asked(&self) {
        self.asked_at.store(Instant::now().as_nanos(), Ordering::Relaxed);
    }

    /// Whether the application was asked for the password within the last minute.
    pub(super) fn asked_recently(&self, now: Instant) -> bool {
        // 0 must not look like the start of a machine that started less than a minute ago.
        let asked_at = self.asked_at.load(Ordering::Relaxed);
        asked_at != 0 && now < Instant::from_nanos(asked_at).after(ASK_EVERY)
    }

    /// Whether the log is still to be told of the fork: true for one caller.
    pub(super) fn take_fork_notice(&self) -> bool {
        !self.told_of_fork.swap(true, Ordering::Relaxed)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let session = self.session();
        // A `memory:` store wants to know whether a good token is lost with its last handle.
        let has_good_token = session.in_hand().map(|_| session.has_usable(Instant::now()));
        drop(session);
        self.store.close(has_good_token);
    }
}
