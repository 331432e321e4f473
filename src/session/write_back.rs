//! Whether the store has the token of the last login.
//!
//! ```text
//!             a login                      saved
//!     Clean ----------> Saving -------------------------------> Clean
//!       ^                 |  \  the lock was lost: the login is discarded, and the store's used
//!       |                 |   `-------------------------------> Clean
//!       |   saved, or     | the save failed
//!       |   overtaken     v
//!       `-------------- Failed   (a call saves it later, but only over what the login replaced)
//! ```
//!
//! A save is a compare-and-set by generation: a login is saved only over the generation that it found under the lock. If
//! another login is in the store by now, ours is never saved over it.
//!
//! A flight that has its result no longer keeps others from leading, so two of one process may be about to save. The
//! events of one must not be taken for the other's. A lost lock therefore names its flight, and a save its record. What
//! would break without that: the lost lock of an earlier login would discard the live token of the later one.

use super::Flight;
use super::renewal::CHECK_EVERY_WHILE_GOOD;
use crate::clock::Instant;
use crate::record::Record;
use crate::token::Fingerprint;

pub(super) struct WriteBack {
    /// As the store had it when it was read last.
    stored_generation: u64,
    state: WriteState,
}

#[derive(Clone, Copy)]
enum WriteState {
    /// The store has all that it is to have.
    Clean,
    /// A login is done, and its save is under way.
    Saving(UnsavedLogin),
    /// The save failed.
    Failed { login: UnsavedLogin, retry_at: Instant },
}

/// A login that is not in the store yet.
#[derive(Clone, Copy)]
pub(super) struct UnsavedLogin {
    flight: u64,
    pub(super) token: Fingerprint,
    /// Of the record that has it. The token alone does not tell two logins apart: the service may issue one twice.
    generation: u64,
    /// Of the record in the store, under the lock. It may be lower than that of the record in memory before the login:
    /// the store does not count the logins that could not be saved.
    pub(super) expected_generation: u64,
}

impl UnsavedLogin {
    /// Whether the record has what this login brought.
    fn is_in(&self, record: &Record) -> bool {
        record.generation == self.generation
            && record.token.as_ref().is_some_and(|token| *token.fingerprint() == self.token)
    }
}

impl WriteBack {
    pub(super) fn new() -> Self {
        Self { stored_generation: 0, state: WriteState::Clean }
    }

    /// The store was read. A save that failed is given up if another login stands there by now.
    pub(super) fn observe(&mut self, generation: u64) {
        self.stored_generation = generation;
        if matches!(self.state, WriteState::Failed { login, .. } if login.expected_generation != generation) {
            self.state = WriteState::Clean;
        }
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.state, WriteState::Saving(_))
    }

    pub(super) fn has_failed(&self) -> bool {
        matches!(self.state, WriteState::Failed { .. })
    }

    /// When a save that failed is tried again.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        match self.state {
            WriteState::Failed { retry_at, .. } => Some(retry_at),
            WriteState::Clean | WriteState::Saving(_) => None,
        }
    }

    pub(super) fn postpone(&mut self, now: Instant) {
        self.retry_from(now.after(CHECK_EVERY_WHILE_GOOD));
    }

    pub(super) fn save_at_once(&mut self, now: Instant) {
        self.retry_from(now);
    }

    fn retry_from(&mut self, at: Instant) {
        if let WriteState::Failed { retry_at, .. } = &mut self.state {
            *retry_at = at;
        }
    }

    /// The flight has logged in, and the record has what it brought.
    pub(super) fn begin(&mut self, flight: Flight, token: Fingerprint, generation: u64) {
        let expected_generation = self.stored_generation;
        self.state = WriteState::Saving(UnsavedLogin { flight: flight.number, token, generation, expected_generation });
    }

    /// The record was saved, or could not be.
    pub(super) fn saved(&mut self, now: Instant, record: &Record, saved: bool) {
        match self.state {
            WriteState::Saving(login) | WriteState::Failed { login, .. } if login.is_in(record) => {
                let retry_at = now.after(CHECK_EVERY_WHILE_GOOD);
                self.state = if saved { WriteState::Clean } else { WriteState::Failed { login, retry_at } };
            }
            _ => {}
        }
    }

    /// The flight has lost its lock before it could save. The login that it was about to save, if there was one.
    pub(super) fn lock_was_lost(&mut self, flight: Flight) -> Option<UnsavedLogin> {
        match self.state {
            WriteState::Saving(login) if login.flight == flight.number => {
                self.state = WriteState::Clean;
                Some(login)
            }
            _ => None,
        }
    }

    #[cfg(test)]
    pub(super) fn check(&self, held: &Record) {
        if let WriteState::Saving(login) | WriteState::Failed { login, .. } = self.state {
            assert!(login.generation <= held.generation, "unsaved login: the record has an earlier generation");
            assert!(login.expected_generation < login.generation, "unsaved login: it does not raise the generation");
        }
    }
}
