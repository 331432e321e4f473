//! What the session holds, and when it is to be looked after: questions that change nothing.

use std::sync::Arc;
use std::time::Duration;

use super::renewal::{IDLE_LIMIT, until_next_day};
use super::single_flight::FlightResult;
use super::{Call, Flight, Session, State};
use crate::clock::{Instant, Now};
use crate::error::{Error, Status};
use crate::record::{LoginFailure, Record};
use crate::token::{Fingerprint, Token};

impl Session {
    /// The token in hand, until when it may be handed out without asking the session, and when its renewal window begins;
    /// `None` without a token.
    pub(crate) fn to_publish(&self, now: &Now) -> Option<(Arc<Token>, Instant, Instant)> {
        let token = self.usable(now.instant)?;
        let day_ends = now.instant.after(until_next_day(now.unix));
        let save_again = self.write_back.retry_at().unwrap_or(Instant::NEVER);
        let good_until = self.renewal_check(&token).min(token.expires()).min(day_ends).min(save_again);
        let window = self.policy.window_start(&token);
        Some((token, good_until, window))
    }

    /// The states of the table in the head of `session`.
    pub(crate) fn state(&self, now: Instant) -> State {
        match self.usable(now) {
            Some(token) if now < self.policy.window_start(&token) => State::Good,
            Some(_) => State::Renewing,
            None if self.refused => State::Refused,
            None if self.backoff_error(now, Duration::ZERO).is_some() => State::Failing,
            None => State::Empty,
        }
    }

    /// When the token in hand is renewed next; `None`: at the next call.
    pub(crate) fn renews_at(&self, now: Instant) -> Option<Instant> {
        let token = self.usable(now)?;
        Some(self.renewal_at(&token).min(token.expires())).filter(|at| *at > now)
    }

    pub(crate) fn has_flight(&self) -> bool {
        self.flights.is_in_flight()
    }

    pub(crate) fn is_in_flight(&self, flight: Flight) -> bool {
        self.flights.is_current(flight)
    }

    /// What came of the login of this flight, until that of a later one takes its place.
    pub(crate) fn result_of(&self, flight: Flight) -> Option<FlightResult> {
        self.flights.result_of(flight)
    }

    /// The answer for the call that led, by the result of its own flight and not by what another one failed in since.
    /// `None`: the call asks for its next step, as those that waited do.
    pub(crate) fn answer_of_leader(&self, now: Instant, call: Call, result: &FlightResult) -> Option<FlightResult> {
        match result {
            // A later login has ended a token that is no longer in hand.
            Ok(token) => self.usable(now).filter(|it| it.fingerprint() == token.fingerprint()).map(Ok),
            Err(error) if call == Call::Login => Some(Err(error.clone())),
            // No failure is a reason to withhold a token that is good.
            Err(_) if self.has_usable(now) => None,
            // The later calls get the same error with the time until the next try (`retry_after`): so does this one.
            Err(error) => {
                let backoff_error = self.backoff_error(now, Duration::ZERO);
                let is_same = |it: &Error| (it.status(), it.reason()) == (error.status(), error.reason());
                Some(Err(backoff_error.filter(is_same).unwrap_or_else(|| error.clone())))
            }
        }
    }

    /// The record that `Decision::Save` saves.
    pub(crate) fn record(&self) -> Record {
        self.record.clone()
    }

    /// The fingerprint of the token in the record, usable or not.
    pub(crate) fn in_hand(&self) -> Option<Fingerprint> {
        self.record.token.as_ref().map(|token| *token.fingerprint())
    }

    pub(crate) fn has_usable(&self, now: Instant) -> bool {
        self.usable(now).is_some()
    }

    pub(super) fn usable(&self, now: Instant) -> Option<Arc<Token>> {
        self.record.token.as_ref().filter(|token| self.is_usable(token, self.record.used, now)).cloned()
    }

    /// Whether this token, which was used last at `used`, may be handed out.
    pub(super) fn is_usable(&self, token: &Token, used: Instant, now: Instant) -> bool {
        let idle_since = used.max(token.obtained());
        now < token.expires() && now < idle_since.after(IDLE_LIMIT) && !self.rejected.contains(token.fingerprint())
    }

    /// The first moment at which a call may renew this token.
    pub(super) fn renewal_at(&self, token: &Token) -> Instant {
        if self.refused {
            // The password would be sent again, unasked.
            return Instant::NEVER;
        }
        let failed = self.record.failure.as_ref().map_or(Instant::START, LoginFailure::renewal_not_before);
        self.policy.window_start(token).max(failed)
    }

    /// The first moment at which a call leads a renewal of this token. The store is checked then, and a login follows
    /// only from `renewal_at` on.
    pub(super) fn renewal_check(&self, token: &Token) -> Instant {
        self.checks.renewal_check(self.policy, token)
    }

    pub(super) fn replaces_a_rejected_one(&self) -> bool {
        self.record.token.as_ref().is_some_and(|token| self.rejected.contains(token.fingerprint()))
    }

    /// The failure that a call without a usable token meets instead of a login.
    pub(super) fn backoff_error(&self, now: Instant, left: Duration) -> Option<Error> {
        if let Some(refusal) = self.record.refusal.as_ref().filter(|_| self.refused) {
            return Some(refusal.error.clone());
        }
        if let Some(failure) = self.record.failure.as_ref().filter(|failure| failure.binds(now, left)) {
            return Some(failure.error.clone().with_retry_after(Some(now.until(failure.not_before()))));
        }
        let not_before = self.record.replacements.not_before(now).filter(|_| self.replaces_a_rejected_one())?;
        let message = "the service keeps refusing tokens that it has just issued (does another program log in too?)";
        let error = Error::new(Status::Unauthorized, "tokens-keep-being-refused", message);
        Some(error.with_retry_after(Some(now.until(not_before))))
    }
}
