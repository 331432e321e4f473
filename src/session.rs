//! The life of the one token, as a state machine: it is told the time and what happened, and answers with what to do.
//! No clock, no lock, no I/O.
//!
//! A call arrives ([`Session::arrive`]) and asks for its next step until it is answered. At most one call at a time
//! *leads*: it reads the store, asks what to do about what it found ([`Session::plan`]), does it, and says how it went
//! ([`Session::land`]).

mod limits;
mod rejected;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Instant, Now};
use crate::error::{Error, Status};
use crate::store::{LoginFailure, Record};
use crate::token::{Fingerprint, Token};
use limits::IDLE_LIMIT;
use rejected::Rejected;

/// While a call cannot have a token, the store is looked at this often: another process may have put one there.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// While another process renews, its lock or its token is looked for this often.
const RENEWAL_PAUSE: Duration = Duration::from_secs(10);

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
    call: Call,
    /// The first flight that began after the call: an earlier one may have asked before the caller did.
    first_flight: u64,
}

/// What one leader is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flight {
    number: u64,
    pub(crate) errand: Errand,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// There is no token: find one in the store, or log in.
    Obtain,
    /// There is a good one that ends soon: try to replace it, and let nobody wait.
    Renew,
    /// Log in, whatever there is.
    Login,
}

/// What a call does next.
#[derive(Debug)]
pub(crate) enum Step {
    Ready(Arc<Token>),
    Fail(Error),
    /// Another call leads; ask again when it has landed.
    Wait,
    Lead(Flight),
}

/// What a leader does about what the store holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing: the session has taken over what it needs, or the login would be in vain.
    Land,
    Login,
}

/// How a flight went.
#[derive(Debug)]
pub(crate) enum Landing {
    /// Without a login: nothing was to do, or another process is doing it, or the store failed.
    WithoutLogin,
    LoggedIn(Token),
    /// `in_vain`: the leader's own deadline ended it, after this time.
    LoginFailed {
        error: Error,
        in_vain: Option<Duration>,
    },
}

/// The last login of this process, for the calls that were waiting for it.
struct Attempt {
    flight: u64,
    result: Result<Arc<Token>, Error>,
    in_vain: Option<Duration>,
}

pub(crate) struct Session {
    policy: Policy,
    /// As last read or written. Its token is the one in hand.
    record: Record,
    rejected: Rejected,
    /// When the token was handed out last.
    used: Instant,
    look_at: Instant,
    renewal_pauses_until: Instant,
    flights: u64,
    flight: Option<Flight>,
    attempt: Option<Attempt>,
}

impl Session {
    /// A session that holds `token`, if there is one.
    pub(crate) fn new(policy: Policy, token: Option<Token>, now: Instant) -> Self {
        Self {
            policy,
            record: Record { token: token.map(Arc::new), ..Record::default() },
            rejected: Rejected::default(),
            used: now,
            look_at: Instant::START,
            renewal_pauses_until: Instant::START,
            flights: 0,
            flight: None,
            attempt: None,
        }
    }

    pub(crate) fn arrive(&self, call: Call) -> Ticket {
        Ticket { call, first_flight: self.flights + 1 }
    }

    /// What the call with this ticket, which has `left` of its time, does next.
    pub(crate) fn next(&mut self, now: Instant, ticket: Ticket, left: Duration) -> Step {
        match ticket.call {
            Call::Token => self.next_for_token(now, left),
            Call::Login => self.next_for_login(ticket, left),
        }
    }

    fn next_for_token(&mut self, now: Instant, left: Duration) -> Step {
        if let Some(token) = self.usable(now) {
            if self.flight.is_none() && now >= self.renewal_at(&token) {
                return self.lead(Errand::Renew);
            }
            self.used = now;
            return Step::Ready(token);
        }
        if self.flight.is_some() {
            return Step::Wait;
        }
        match self.remembered(now, left) {
            Some(error) if now < self.look_at => Step::Fail(error),
            _ => self.lead(Errand::Obtain),
        }
    }

    fn next_for_login(&mut self, ticket: Ticket, left: Duration) -> Step {
        if let Some(attempt) = &self.attempt {
            if attempt.flight >= ticket.first_flight && attempt.in_vain.is_none_or(|spent| left <= spent) {
                return match &attempt.result {
                    Ok(token) => Step::Ready(Arc::clone(token)),
                    Err(error) => Step::Fail(error.clone()),
                };
            }
        }
        if self.flight.is_some() { Step::Wait } else { self.lead(Errand::Login) }
    }

    fn lead(&mut self, errand: Errand) -> Step {
        self.flights += 1;
        let flight = Flight { number: self.flights, errand };
        self.flight = Some(flight);
        Step::Lead(flight)
    }

    /// What the leader does, who has `left` of its time and found `record` in the store.
    pub(crate) fn plan(&mut self, now: Instant, errand: Errand, record: Record, left: Duration) -> Plan {
        let former = self.record.token.as_ref().map(|token| *token.fingerprint());
        self.take_over(now, record);
        self.look_at = now.after(LOOK_EVERY);
        match (errand, self.usable(now)) {
            (Errand::Login, _) => Plan::Login,
            (Errand::Obtain, Some(_)) => Plan::Land,
            (Errand::Renew, Some(token)) if Some(*token.fingerprint()) != former || now < self.renewal_at(&token) => {
                Plan::Land
            }
            (_, None) if self.remembered(now, left).is_some() => Plan::Land,
            _ => Plan::Login,
        }
    }

    /// The store's record replaces ours, but a usable token is not given up for one that is not.
    fn take_over(&mut self, now: Instant, mut record: Record) {
        let is_usable = |token: &Arc<Token>| self.is_usable(token, now);
        if !record.token.as_ref().is_some_and(is_usable) {
            let held = self.record.token.as_ref().filter(|token| record.token.is_none() || is_usable(token));
            record.token = held.cloned().or(record.token);
        }
        self.record = record;
    }

    /// The flight has ended. The record that is to be saved, if it changed.
    pub(crate) fn land(&mut self, now: Instant, flight: Flight, landing: Landing) -> Option<Record> {
        self.flight = None;
        let (result, in_vain) = match landing {
            Landing::WithoutLogin => {
                if flight.errand == Errand::Renew {
                    self.renewal_pauses_until = now.after(RENEWAL_PAUSE);
                }
                return None;
            }
            Landing::LoggedIn(token) => (self.logged_in(now, token), None),
            Landing::LoginFailed { error, in_vain } => (Err(self.login_failed(now, error, in_vain)), in_vain),
        };
        self.look_at = now.after(LOOK_EVERY);
        self.attempt = Some(Attempt { flight: flight.number, result, in_vain });
        Some(self.record.clone())
    }

    fn logged_in(&mut self, now: Instant, token: Token) -> Result<Arc<Token>, Error> {
        if token.expires() <= now {
            // Handing it out would be one thing; that each waiting call then logs in anew, and again, is another.
            let error = Error::new(Status::Protocol, "expires", "the token had expired before it arrived");
            return Err(self.login_failed(now, error, None));
        }
        if self.replaces_a_rejected_one() {
            self.record.replacements.count_one(now);
        }
        let token = Arc::new(token);
        self.record.generation += 1;
        self.record.token = Some(Arc::clone(&token));
        self.record.failure = None;
        self.record.refusal = None;
        self.renewal_pauses_until = Instant::START;
        self.used = now;
        Ok(token)
    }

    fn login_failed(&mut self, at: Instant, error: Error, in_vain: Option<Duration>) -> Error {
        if error.status() == Status::InvalidCredentials {
            self.record.refusal = Some(error.clone());
            self.record.failure = None;
        } else {
            let count = self.record.failure.as_ref().map_or(0, |failure| failure.count).saturating_add(1);
            self.record.failure = Some(LoginFailure { error: error.clone(), at, count, in_vain });
        }
        error
    }

    /// Marks the token with this value, if it is not marked already.
    pub(crate) fn reject(&mut self, value: &[u8]) {
        self.rejected.add(Fingerprint::of(value));
    }

    pub(crate) fn is_in_flight(&self, flight: Flight) -> bool {
        self.flight == Some(flight)
    }

    pub(crate) fn has_usable(&self, now: Instant) -> bool {
        self.usable(now).is_some()
    }

    /// The token in hand and until when it may be handed out without asking the session; `None` without a token.
    pub(crate) fn to_publish(&self, now: &Now) -> Option<(Arc<Token>, Instant)> {
        let token = self.usable(now.instant)?;
        let day_ends = now.instant.after(limits::until_next_day(now.unix));
        let until = self.renewal_at(&token).min(token.expires()).min(day_ends);
        Some((token, until))
    }

    pub(crate) fn state(&self, now: Instant) -> State {
        match self.usable(now) {
            Some(token) if now < self.window_start(&token) => State::Good,
            Some(_) => State::Renewing,
            None if self.record.refusal.is_some() => State::Refused,
            None if self.remembered(now, Duration::ZERO).is_some() => State::Failing,
            None => State::Empty,
        }
    }

    /// When the token in hand is renewed next; `None`: at the next call.
    pub(crate) fn renews_at(&self, now: Instant) -> Option<Instant> {
        let token = self.usable(now)?;
        Some(self.renewal_at(&token).min(token.expires())).filter(|at| *at > now)
    }

    fn usable(&self, now: Instant) -> Option<Arc<Token>> {
        self.record.token.as_ref().filter(|token| self.is_usable(token, now)).cloned()
    }

    fn is_usable(&self, token: &Token, now: Instant) -> bool {
        let used = self.used.max(token.obtained());
        now < token.expires() && now < used.after(IDLE_LIMIT) && !self.rejected.contains(token.fingerprint())
    }

    fn window_start(&self, token: &Token) -> Instant {
        let life = token.full_lifetime();
        let window = self.policy.renew_before.unwrap_or(life / 5).min(life / 2);
        token.expires().before(window).after(window.div_f64(10.0).mul_f64(self.policy.spread))
    }

    /// The first moment at which a call may renew this token.
    fn renewal_at(&self, token: &Token) -> Instant {
        if self.record.refusal.is_some() {
            return Instant::NEVER;
        }
        let failed = self.record.failure.as_ref().map_or(Instant::START, LoginFailure::renewal_not_before);
        self.window_start(token).max(failed).max(self.renewal_pauses_until)
    }

    fn replaces_a_rejected_one(&self) -> bool {
        self.record.token.as_ref().is_some_and(|token| self.rejected.contains(token.fingerprint()))
    }

    /// The failure that a call without a usable token meets instead of a login.
    fn remembered(&self, now: Instant, left: Duration) -> Option<Error> {
        if let Some(refusal) = &self.record.refusal {
            return Some(refusal.clone());
        }
        if let Some(failure) = self.record.failure.as_ref().filter(|failure| failure.binds(now, left)) {
            return Some(failure.error.clone().with_retry_after(Some(now.until(failure.not_before()))));
        }
        let free_at = self.record.replacements.free_at(now).filter(|_| self.replaces_a_rejected_one())?;
        let message = "the service keeps refusing tokens that it has just issued (does another program log in too?)";
        let error = Error::new(Status::Unauthorized, "tokens-keep-being-refused", message);
        Some(error.with_retry_after(Some(now.until(free_at))))
    }
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

#[cfg(test)]
#[path = "session/session_tests.rs"]
mod tests;
