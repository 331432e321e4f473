//! The connections of one handle that are kept between two requests.
//!
//! A connection is taken out while a request uses it, and put back if it may serve another one. Services close idle
//! connections when they like, so one that has ended, or on which something has arrived that nobody asked for, is
//! found out before it is used. That is no proof: a request may meet the end of the connection on its way, and then
//! nobody knows whether it has run. So what must not be sent twice goes over a connection that was in use just now.
//!
//! TLS sessions are not resumed: a ticket would stay in memory, be shared with forked children, and tell the service's
//! network who comes back, for what a kept connection saves anyway.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Instant;
use crate::dial::Stream;
use crate::sys::ForkLocal;
use crate::sys::fork::ClosedInChild;

/// How many are kept.
const CONNECTIONS: usize = 8;
/// How long one is kept.
pub(crate) const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// A forked child begins with none, and has closed its copies of its parent's.
pub(crate) struct Pool {
    /// In the order in which they were put back.
    kept: ForkLocal<Mutex<Vec<Kept>>>,
}

struct Kept {
    /// Dropped before the stream.
    _closed_in_child: ClosedInChild,
    stream: Stream,
    since: Instant,
}

impl Pool {
    pub(crate) const fn new() -> Self {
        Self { kept: ForkLocal::new() }
    }

    /// The connection that was used last, if that is no longer ago than `max_idle` and it is still open. It has the
    /// deadline of its former use.
    pub(crate) fn take(&self, max_idle: Duration, now: Instant) -> Option<Stream> {
        self.reap(now);
        loop {
            let mut stream = self.newest(max_idle, now)?.stream;
            if stream.is_idle() {
                return Some(stream);
            }
        }
    }

    /// Keeps it. The one that has been idle for the longest time makes room.
    pub(crate) fn put(&self, mut stream: Stream, now: Instant) {
        stream.release_memory();
        let kept = Kept { _closed_in_child: ClosedInChild::mark(&stream), stream, since: now };
        let mut all = self.lock();
        let oldest = (all.len() >= CONNECTIONS).then(|| all.remove(0));
        all.push(kept);
        // Closed once the others may go on.
        drop(all);
        drop(oldest);
    }

    /// Closes those that have been idle for too long.
    pub(crate) fn reap(&self, now: Instant) {
        let mut all = self.lock();
        let young = all.iter().position(|kept| kept.since.until(now) <= LONGEST_IDLE).unwrap_or(all.len());
        let old: Vec<_> = all.drain(..young).collect();
        drop(all);
        drop(old);
    }

    fn newest(&self, max_idle: Duration, now: Instant) -> Option<Kept> {
        let mut all = self.lock();
        all.last().filter(|kept| kept.since.until(now) <= max_idle)?;
        all.pop()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Kept>> {
        self.kept.get_or_make(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "pool/pool_tests.rs"]
mod tests;
