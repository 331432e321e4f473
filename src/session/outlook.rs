//! What the session holds, and when it is to be looked after: questions that change nothing.

use std::sync::Arc;
use std::time::Duration;

use super::limits::{IDLE_LIMIT, until_next_day};
use super::{Session, State, refused_again};
use crate::clock::{Instant, Now};
use crate::error::Error;
use crate::record::LoginFailure;
use crate::token::Token;

impl Session {
    /// The token in hand and until when it may be handed out without asking the session; `None` without a token.
    pub(crate) fn to_publish(&self, now: &Now) -> Option<(Arc<Token>, Instant)> {
        let token = self.usable(now.instant)?;
        let day_ends = now.instant.after(until_next_day(now.unix));
        let save_again = self.unsaved.map_or(Instant::NEVER, |it| it.again_at);
        let until = self.attention_at(&token).min(token.expires()).min(day_ends).min(save_again);
        Some((token, until))
    }

    pub(crate) fn state(&self, now: Instant) -> State {
        match self.usable(now) {
            Some(token) if now < self.window_start(&token) => State::Good,
            Some(_) => State::Renewing,
            None if self.refused => State::Refused,
            None if self.remembered(now, Duration::ZERO).is_some() => State::Failing,
            None => State::Empty,
        }
    }

    /// When the token in hand is renewed next; `None`: at the next call.
    pub(crate) fn renews_at(&self, now: Instant) -> Option<Instant> {
        let token = self.usable(now)?;
        Some(self.renewal_at(&token).min(token.expires())).filter(|at| *at > now)
    }

    pub(super) fn usable(&self, now: Instant) -> Option<Arc<Token>> {
        self.record.token.as_ref().filter(|token| self.is_usable(token, self.record.used, now)).cloned()
    }

    pub(super) fn is_usable(&self, token: &Token, used: Instant, now: Instant) -> bool {
        let idle_since = used.max(token.obtained());
        now < token.expires() && now < idle_since.after(IDLE_LIMIT) && !self.rejected.contains(token.fingerprint())
    }

    pub(super) fn window_start(&self, token: &Token) -> Instant {
        let life = token.full_lifetime();
        let window = self.policy.renew_before.unwrap_or(life / 5).min(life / 2);
        token.expires().before(window).after(window.div_f64(10.0).mul_f64(self.policy.spread))
    }

    /// The first moment at which a call may renew this token.
    pub(super) fn renewal_at(&self, token: &Token) -> Instant {
        if self.refused {
            return Instant::NEVER;
        }
        let failed = self.record.failure.as_ref().map_or(Instant::START, LoginFailure::renewal_not_before);
        self.window_start(token).max(failed)
    }

    /// The first moment at which a call looks after this token: to renew it, or, while that has to wait, to see whether
    /// another process has.
    pub(super) fn attention_at(&self, token: &Token) -> Instant {
        self.window_start(token).max(self.attention_at)
    }

    pub(super) fn replaces_a_rejected_one(&self) -> bool {
        self.record.token.as_ref().is_some_and(|token| self.rejected.contains(token.fingerprint()))
    }

    /// The failure that a call without a usable token meets instead of a login.
    pub(super) fn remembered(&self, now: Instant, left: Duration) -> Option<Error> {
        if let Some(refusal) = self.record.refusal.as_ref().filter(|_| self.refused) {
            return Some(refusal.error.clone());
        }
        if let Some(failure) = self.record.failure.as_ref().filter(|failure| failure.binds(now, left)) {
            return Some(failure.error.clone().with_retry_after(Some(now.until(failure.not_before()))));
        }
        let free_at = self.record.replacements.free_at(now).filter(|_| self.replaces_a_rejected_one())?;
        let error = refused_again(
            "the service keeps refusing tokens that it has just issued (does another program log in too?)",
        );
        Some(error.with_retry_after(Some(now.until(free_at))))
    }
}
