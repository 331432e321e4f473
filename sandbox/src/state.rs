//! What the service, the control interface and the owner of a sandbox share.

use std::sync::Mutex;
use std::time::Instant;

use crate::accounts::Accounts;
use crate::fault::Action;
use crate::fault::queue::Queue;
use crate::gate::{Gate, Ticket};
use crate::journal::Journal;
use crate::keep_alive::KeepAlive;
use crate::locks::lock;
use crate::revocations::Revocations;
use crate::service::records::Records;

pub(crate) struct State {
    pub(crate) started: Instant,
    /// Locked before `revocations`, and that before `records`.
    pub(crate) accounts: Mutex<Accounts>,
    pub(crate) revocations: Mutex<Revocations>,
    pub(crate) records: Mutex<Records>,
    pub(crate) keep_alive: Mutex<KeepAlive>,
    pub(crate) faults: Mutex<Queue>,
    pub(crate) journal: Journal,
    pub(crate) gate: Gate,
}

impl State {
    pub(crate) fn new(accounts: Accounts, records: Records, keep_alive: KeepAlive) -> State {
        State {
            started: Instant::now(),
            revocations: Mutex::default(),
            records: Mutex::new(records),
            keep_alive: Mutex::new(keep_alive),
            accounts: Mutex::new(accounts),
            faults: Mutex::default(),
            journal: Journal::default(),
            gate: Gate::default(),
        }
    }

    /// The fault for this request, and a ticket in case that it holds. Taken at once: a request that got its ticket later
    /// would wait for ever if the faults were cleared in between.
    /// The head of the request is enough: some faults happen before its body has come.
    pub(crate) fn fault_for_request(&self, path: &str) -> (Option<Action>, Ticket) {
        let mut faults = lock(&self.faults);
        (faults.take_for_request(path), self.gate.ticket())
    }

    /// Forgets the faults, and lets those go on that are held by one.
    pub(crate) fn clear_faults(&self) {
        let mut faults = lock(&self.faults);
        faults.clear();
        self.gate.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Fault;

    #[test]
    fn a_request_that_has_its_fault_is_not_forgotten() {
        let state = State::new(Accounts::new(60.0), Records::new(1), KeepAlive::default());
        lock(&state.faults).order(Fault::new(Action::Hold));
        let (fault, ticket) = state.fault_for_request("/");
        assert_eq!(fault, Some(Action::Hold));
        state.clear_faults();
        assert_eq!(state.gate.hold(&ticket), Ok(()));
    }
}
