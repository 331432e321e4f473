//! Where the record of an account is kept, and the lock around a login. Knows nothing of how a login works.

mod memory;

use std::sync::Arc;

pub(crate) use memory::Memory;

use crate::clock::{Deadline, Instant};
use crate::error::{Error, Result};
use crate::token::Token;

/// What is known of an account's token, for all who share it.
#[derive(Clone, Default)]
pub(crate) struct Record {
    /// Raised by each login. Times do not decide which of two tokens is the newer: clocks differ.
    pub(crate) generation: u64,
    pub(crate) token: Option<Arc<Token>>,
    /// The service knows no such account: this password is not sent again unasked.
    pub(crate) refusal: Option<Error>,
    pub(crate) failure: Option<LoginFailure>,
    pub(crate) replacements: Replacements,
}

/// The last login failed, and those before it since the last that did not.
#[derive(Clone)]
pub(crate) struct LoginFailure {
    pub(crate) error: Error,
    pub(crate) at: Instant,
    /// In a row.
    pub(crate) count: u32,
    /// Whether the caller's own deadline ended it, and after how long: it then says nothing to a caller who has more
    /// time than that.
    pub(crate) in_vain: Option<std::time::Duration>,
}

/// Logins that replaced a rejected token.
#[derive(Clone, Copy, Default)]
pub(crate) struct Replacements {
    /// In a row, the last one at `last`.
    pub(crate) count: u32,
    pub(crate) last: Option<Instant>,
}

/// How long to wait for a lock.
#[derive(Clone, Copy)]
pub(crate) enum Patience {
    None,
    Until(Deadline),
}

/// The place of one account's record.
pub(crate) trait Store: Send + Sync {
    /// The record as it is now; an empty one if there is none.
    fn load(&self) -> Result<Record>;

    /// The right to log in and to save. `None`: another one has it and `Patience` is at its end.
    fn lock(&self, patience: Patience) -> Result<Option<Box<dyn Locked + '_>>>;
}

/// A locked store; dropping it unlocks.
pub(crate) trait Locked {
    fn load(&self) -> Result<Record>;
    fn save(&self, record: Record) -> Result<()>;
}
