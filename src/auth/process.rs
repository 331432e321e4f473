//! What belongs to one process: its session, its store, and the condition on which its calls wait for a flight. A
//! forked child makes its own.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::token_worker::TokenWorker;

use crate::clock::{Deadline, Instant};
use crate::error::{Error, Result, Status};
use crate::operation::Relay;
use crate::pool::Pool;
use crate::session::Session;
use crate::store::Store;
use crate::sys::watch::{is_worker, slice};

/// After a refusal the application is asked for another password at most this often.
const ASK_EVERY: Duration = Duration::from_secs(60);

pub(super) struct Process {
    flights: Arc<Flights>,
    store: Box<dyn Store>,
    /// The thread of the token operations, if there is one.
    token_worker: Mutex<Option<Arc<TokenWorker>>>,
    /// The connections to the service that are kept.
    pool: Pool,
    /// When the application was asked for the password last, in nanoseconds of the boot clock; 0: never.
    asked_at: AtomicU64,
    told_of_fork: AtomicBool,
}

/// The session, and who waits for the end of a flight.
struct Flights {
    session: Mutex<Session>,
    /// A flight has ended, or a callback is due.
    changed: Condvar,
    waiters: AtomicUsize,
}

impl Flights {
    fn session(&self) -> MutexGuard<'_, Session> {
        // A session that a panic has left half changed does no harm: each next step is worked out from what the session
        // holds.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session must be unlocked. Its lock is taken so that no call is just about to wait.
    fn wake_waiters(&self) {
        drop(self.session());
        self.changed.notify_all();
    }
}

impl Process {
    pub(super) fn new(session: Session, store: Box<dyn Store>) -> Self {
        let flights =
            Arc::new(Flights { session: Mutex::new(session), changed: Condvar::new(), waiters: AtomicUsize::new(0) });
        Self {
            flights,
            store,
            token_worker: Mutex::new(None),
            pool: Pool::new(),
            asked_at: AtomicU64::new(0),
            told_of_fork: AtomicBool::new(false),
        }
    }

    pub(super) fn session(&self) -> MutexGuard<'_, Session> {
        self.flights.session()
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }

    pub(super) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(super) fn token_worker(&self) -> MutexGuard<'_, Option<Arc<TokenWorker>>> {
        self.token_worker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many calls wait for the flight.
    pub(super) fn waiters(&self) -> &AtomicUsize {
        &self.flights.waiters
    }

    /// Waits until a flight ends, and returns with the session locked again. Fails at the deadline. The flight may need
    /// callbacks meanwhile, which a thread of the application then runs.
    pub(super) fn wait<'a>(
        &'a self,
        session: MutexGuard<'a, Session>,
        deadline: Deadline,
        relay: &Relay,
    ) -> Result<MutexGuard<'a, Session>> {
        let remaining = deadline.remaining();
        if remaining.is_zero() {
            let message = "another call's login did not end within the time allowed";
            return Err(Error::new(Status::Timeout, "login", message));
        }
        self.waiters().fetch_add(1, Ordering::SeqCst);
        let flights = &self.flights;
        relay.wake_callers_by(|| {
            let flights = Arc::clone(flights);
            move || flights.wake_waiters()
        });
        let session = if !is_worker() && relay.is_due() {
            drop(session);
            relay.run();
            self.session()
        } else {
            let waited = self.flights.changed.wait_timeout(session, slice(remaining));
            waited.unwrap_or_else(PoisonError::into_inner).0
        };
        self.waiters().fetch_sub(1, Ordering::SeqCst);
        Ok(session)
    }

    /// Wakes the calls that wait for the flight. The session must be unlocked.
    pub(super) fn wake_waiters(&self) {
        self.flights.wake_waiters();
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
