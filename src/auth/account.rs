//! One account at the service: who logs in, where, and the token in hand. It stays the same in a forked child.

use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::clock::{Instant, Now};
use crate::credentials::{Credentials, CredentialsSource};
use crate::dial::Dialer;
use crate::operation::Relay;
use crate::options::Options;
use crate::published::{Found, Published, Times};
use crate::session::Session;
use crate::store::StoreOption;
use crate::sys;
use crate::token::Token;

pub(super) struct Account {
    pub(super) options: Options,
    pub(super) credentials: CredentialsSource,
    pub(super) dialer: Dialer,
    /// For the callbacks that threads of the library need.
    pub(super) relay: Arc<Relay>,
    /// Survives a fork: a child's `Process` begins with this token.
    published: Published,
    made_in_generation: u64,
}

impl Account {
    pub(super) fn new(options: Options, credentials: CredentialsSource, dialer: Dialer, relay: Arc<Relay>) -> Self {
        let published = Published::new();
        Self { options, credentials, dialer, relay, published, made_in_generation: sys::fork_generation() }
    }

    /// Whether this process is a child of the one that made the handle.
    pub(super) fn is_forked(&self) -> bool {
        self.made_in_generation != sys::fork_generation()
    }

    /// Locks the secrets into memory again, in a forked child, which does not inherit `mlock`.
    pub(super) fn protect_again(&self) {
        self.published.protect_again();
        self.credentials.kept().into_iter().for_each(Credentials::protect_again);
    }

    /// Whether a login may need a callback.
    pub(super) fn needs_callbacks(&self) -> bool {
        self.options.credentials.is_some() || matches!(self.options.store, StoreOption::Hook(_))
    }

    pub(super) fn authorization_in_hand(&self, buffer: &mut [MaybeUninit<u8>]) -> Found {
        self.published.read(Instant::now(), buffer)
    }

    /// Whether there is a token in hand that is good, and before its renewal window. `false`: the session knows.
    pub(super) fn is_good(&self) -> bool {
        self.published.is_before_window(Instant::now())
    }

    /// The token that was published last. In a forked child its parent has done that.
    pub(super) fn inherited_token(&self) -> Option<Token> {
        self.published.snapshot()
    }

    /// Publishes the token that the session holds. The caller has the lock of the session, so nobody else writes.
    pub(super) fn publish(&self, session: &Session, now: &Now) {
        match session.to_publish(now) {
            Some((token, good_until, window)) => self.published.write(Some((&token, Times { good_until, window }))),
            None => self.published.write(None),
        }
    }
}
