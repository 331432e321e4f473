//! The order of the steps of a flight: check the store, take its lock, check again, log in, save.
//!
//! What a step does is I/O, and stands behind [`FlightIo`]. There are two of these, and both run this very code. In
//! production (`auth/leader.rs`) each step blocks until it is done, so that the flight never has to be woken: it is
//! polled once, to its end. In the histories it waits before each step, and between two steps anything may happen to
//! the other processes, the store and the service. That is what the functions are `async` for: there is no runtime, and
//! no allocation.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Decision, FlightOutcome, Purpose};
use crate::error::{Error, Result, Status};
use crate::record::Record;

/// What a flight does outside of the session, and what it tells the session.
pub(crate) trait FlightIo {
    /// The right to log in and to save, given back when it is dropped.
    type Lock;

    /// Whether the deadline of the call that leads has passed.
    fn is_late(&self) -> bool;

    /// Reads the record without the lock, and asks the session what to do.
    async fn check(&mut self) -> Result<Decision>;

    /// Asks the application for the password, if that is not known. May take long.
    async fn ask_for_password(&mut self) -> Result<()>;

    /// `None`: another flight has the lock, of this process or of another one. A flight that waits for the lock has
    /// waited for some of its time, and tries again.
    async fn try_lock(&mut self) -> Result<Option<Self::Lock>>;

    /// Reads the record under the lock, and asks the session what to do.
    async fn check_locked(&mut self, lock: &mut Self::Lock) -> Result<Decision>;

    /// An error is one from before the request was sent.
    async fn log_in(&mut self, lock: &mut Self::Lock) -> Result<FlightOutcome>;

    /// Tells the session, which ends the flight for the calls that wait. The record that is to be saved, if it changed.
    async fn finish(&mut self, outcome: FlightOutcome) -> Option<Record>;

    /// What the session holds.
    async fn record(&mut self) -> Record;

    /// Saves the record, and tells the session how that went.
    async fn save(&mut self, lock: &mut Self::Lock, record: Record);
}

/// Leads a flight. An error is one from before the login; how the login itself went is a [`FlightOutcome`].
pub(crate) async fn lead(io: &mut impl FlightIo, purpose: Purpose) -> Result<()> {
    let led = steps(io, purpose).await;
    let outcome = match &led {
        Ok(Ended::WithLogin) => return Ok(()),
        // The calls that wait get this error, and do not each meet the same failure anew.
        Err(error) if !io.is_late() => FlightOutcome::NotBegun(error.clone()),
        // The error may be that this call's own time is up. Those that wait may still succeed: they lead in their turn.
        Ok(Ended::WithoutLogin) | Err(_) => FlightOutcome::WithoutLogin,
    };
    io.finish(outcome).await;
    led.map(|_| ())
}

enum Ended {
    /// The session was told what came of it.
    WithLogin,
    WithoutLogin,
}

/// Decides without the lock, then again under it: another process may have logged in between. What would break without
/// the second decision: two processes that find no token would both log in, and the second login would end the first
/// one's token.
async fn steps(io: &mut impl FlightIo, purpose: Purpose) -> Result<Ended> {
    if purpose.checks_store_first() && io.check().await? == Decision::Done {
        return Ok(Ended::WithoutLogin);
    }
    // Before any lock: the other processes would wait for the application's callback.
    if purpose.needs_password() {
        io.ask_for_password().await?;
    }
    let Some(mut lock) = lock(io, purpose).await? else { return Ok(Ended::WithoutLogin) };
    match io.check_locked(&mut lock).await? {
        Decision::Done => Ok(Ended::WithoutLogin),
        Decision::Save => {
            let record = io.record().await;
            io.save(&mut lock, record).await;
            Ok(Ended::WithoutLogin)
        }
        Decision::Login => {
            let outcome = io.log_in(&mut lock).await?;
            // First the session, so that the waiting threads go on at once; then the store, before its lock is given
            // back. The other order would have every thread wait for the store's I/O.
            if let Some(record) = io.finish(outcome).await {
                io.save(&mut lock, record).await;
            }
            Ok(Ended::WithLogin)
        }
    }
}

/// The store's lock. `None` ends the flight: another one has the lock and this flight does not wait for it, or what the
/// other one has stored meanwhile leaves nothing to do.
async fn lock<Io: FlightIo>(io: &mut Io, purpose: Purpose) -> Result<Option<Io::Lock>> {
    loop {
        let lock = io.try_lock().await?;
        if lock.is_some() || !purpose.waits_for_lock() {
            return Ok(lock);
        }
        if io.is_late() {
            let message = "another login held the store's lock for all of the time allowed";
            return Err(Error::new(Status::Timeout, "store-lock", message));
        }
        if purpose.checks_store_while_waiting() && io.check().await? == Decision::Done {
            return Ok(None);
        }
    }
}

/// Runs a future that never waits to be woken. `None`: it did.
pub(crate) fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}
