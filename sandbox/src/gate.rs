//! Where requests wait: for a while, for a release, or for the end.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::locks::lock;

/// Lets connections wait without being in the way of the shutdown.
#[derive(Default)]
pub(crate) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    releases: u64,
    stopped: bool,
}

/// The sandbox is shutting down; whatever waited must end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Stopped;

/// Which release a holder waits for: the one after the ticket was taken.
pub(crate) struct Ticket(u64);

impl Gate {
    /// Taken before the hold is announced, so that a release that answers the
    /// announcement is never missed.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(lock(&self.state).releases)
    }

    /// Waits for the release after `ticket`.
    pub(crate) fn hold(&self, ticket: &Ticket) -> Result<(), Stopped> {
        let waiting = |state: &mut State| !state.stopped && state.releases == ticket.0;
        let state = self.changed.wait_while(lock(&self.state), waiting).unwrap_or_else(PoisonError::into_inner);
        if state.stopped { Err(Stopped) } else { Ok(()) }
    }

    /// Waits for `time`, or less if the sandbox shuts down.
    pub(crate) fn pause(&self, time: Duration) -> Result<(), Stopped> {
        let (state, _) = self
            .changed
            .wait_timeout_while(lock(&self.state), time, |state| !state.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        if state.stopped { Err(Stopped) } else { Ok(()) }
    }

    /// Lets everyone go on who holds a ticket now.
    pub(crate) fn release(&self) {
        lock(&self.state).releases += 1;
        self.changed.notify_all();
    }

    /// Ends all waiting, now and later.
    pub(crate) fn stop(&self) {
        lock(&self.state).stopped = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_after_the_ticket_is_never_missed() {
        let gate = Gate::default();
        let ticket = gate.ticket();
        gate.release();
        assert_eq!(gate.hold(&ticket), Ok(()));
    }

    #[test]
    fn a_stop_ends_every_wait() {
        let gate = Gate::default();
        let ticket = gate.ticket();
        gate.stop();
        assert_eq!(gate.hold(&ticket), Err(Stopped));
        assert_eq!(gate.pause(Duration::from_secs(3600)), Err(Stopped));
    }

    #[test]
    fn a_pause_takes_its_time() {
        let gate = Gate::default();
        let start = std::time::Instant::now();
        assert_eq!(gate.pause(Duration::from_millis(20)), Ok(()));
        assert!(start.elapsed() >= Duration::from_millis(20));
    }
}
