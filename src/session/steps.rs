//! What the session is told, and what it answers with.

use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::record::Refusal;
use crate::token::Token;

/// When tokens are renewed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Policy {
    /// Before the end; a fifth of the token's life if not said, never more than half of it.
    pub(crate) renew_before: Option<Duration>,
    /// 0 to 1, different per account: how far into a tenth of the window its renewals stand, so that the accounts of
    /// a fleet do not renew as one.
    pub(crate) spread: f64,
}

/// What a call wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A token that is good now.
    Token,
    /// A new login.
    Login,
}

/// A call that waits for its answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ticket {
    pub(super) call: Call,
    /// The first flight whose result may be the call's. For a login it is one that began after the call: an earlier
    /// one may have asked before the caller did.
    pub(super) first_flight: u64,
}

impl Ticket {
    pub(crate) fn call(self) -> Call {
        self.call
    }
}

/// What one leader is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flight {
    pub(super) number: u64,
    pub(crate) purpose: Purpose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// There is no token: find one in the store, or log in.
    Obtain,
    /// There is a good one that ends soon: try to replace it, and let nobody wait.
    Renew,
    /// There is a good one: record in the store that it is in use, or save it again if its save failed. Nobody waits.
    RecordUse,
    /// Log in, whatever there is.
    Login,
}

impl Purpose {
    /// The store is checked without its lock first: most find there what they need.
    pub(crate) fn checks_store_first(self) -> bool {
        self != Self::Login
    }

    /// The flight waits for the store's lock, since calls wait for its result. The other two only try the lock: there
    /// is a good token, and whoever has the lock is about to do the same.
    pub(crate) fn waits_for_lock(self) -> bool {
        matches!(self, Self::Obtain | Self::Login)
    }

    /// A token that the holder of the lock stores ends the wait. A new login does not want that token.
    pub(crate) fn checks_store_while_waiting(self) -> bool {
        self == Self::Obtain
    }

    /// The flight may have to log in, and so to ask the application for the password.
    pub(crate) fn needs_password(self) -> bool {
        self != Self::RecordUse
    }

    /// Calls wait for it: there is no token to go on with.
    pub(crate) fn has_waiters(self) -> bool {
        self.waits_for_lock()
    }
}

/// What a call does next.
#[derive(Debug)]
pub(crate) enum Step {
    Ready(Arc<Token>),
    Fail(Error),
    /// Another call leads; ask again when it has ended.
    Wait,
    Lead(Flight),
}

/// What a leader does about what the store holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Nothing: the session has taken over what it needs, or a login would be in vain.
    Done,
    /// Save what the session holds, if the store is locked.
    Save,
    Login,
}

/// How a flight went.
#[derive(Debug)]
pub(crate) enum FlightOutcome {
    /// Without a login: nothing was to do, or another process is doing it, or the leader's own time was up.
    WithoutLogin,
    /// A login was to be, and could not be begun: the store failed, or whoever is asked for the password did.
    NotBegun(Error),
    LoggedIn(Token),
    /// The service knows no account with this password.
    Refused(Refusal),
    /// `cut_off_after`: the leader's own deadline ended it, after this time.
    LoginFailed {
        error: Error,
        cut_off_after: Option<Duration>,
    },
}

/// What a caller is told of the session without any I/O.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The next call logs in, or asks the store.
    Empty,
    /// There is a good token.
    Good,
    /// There is a good token, inside its renewal window.
    Renewing,
    /// There is no usable token, and logins fail just now.
    Failing,
    /// There is no usable token, and the credentials were refused.
    Refused,
}
