//! What the service, the control interface and the owner of a sandbox share.

use std::sync::Mutex;

use crate::accounts::Accounts;
use crate::fault::queue::Queue;
use crate::gate::Gate;
use crate::journal::Journal;
use crate::locks::lock;

pub(crate) struct State {
    pub(crate) accounts: Mutex<Accounts>,
    pub(crate) faults: Mutex<Queue>,
    pub(crate) journal: Journal,
    pub(crate) gate: Gate,
}

impl State {
    pub(crate) fn new(accounts: Accounts) -> State {
        State {
            accounts: Mutex::new(accounts),
            faults: Mutex::default(),
            journal: Journal::default(),
            gate: Gate::default(),
        }
    }

    /// Forgets the faults, then lets those go on that are held by one.
    pub(crate) fn clear_faults(&self) {
        lock(&self.faults).clear();
        self.gate.release();
    }
}
