//! The life of the one token, as a state machine: it is told the time and what happened, and answers with what to do.
//! No clock, no lock, no I/O.
//!
//! A call arrives ([`Session::arrive`]) and asks for its next step until it is answered. At most one call of a process
//! at a time *leads*: it reads the store, asks what to do about what it found ([`Session::plan`]), does it, and says how
//! it went ([`Session::land`]).

mod limits;
mod outlook;
mod rejected;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Instant, Now};
use crate::error::{Error, Status};
use crate::record::{LoginFailure, Record, Refusal, day_of};
use crate::token::{Fingerprint, Token};
use limits::{LOOK_EVERY, LOOK_EVERY_WHILE_GOOD};
use rejected::Rejected;
pub use steps::State;
pub(crate) use steps::{Call, Errand, Flight, Landing, Plan, Policy, Step, Ticket};

/// The last login of this process, for the calls that were waiting for it.
struct Attempt {
    flight: u64,
    result: Result<Arc<Token>, Error>,
    in_vain: Option<Duration>,
}

/// A login whose token is not in the store yet.
#[derive(Clone, Copy)]
struct ToBeSaved {
    flight: u64,
    token: Fingerprint,
    /// Of its record. The service may issue the same token twice.
    generation: u64,
    /// What the store held under the lock. Ours may be higher: of a login that was not saved the store knows nothing. If
    /// another one stands there by now, ours is no longer to be saved.
    over_generation: u64,
}

impl ToBeSaved {
    /// Whether the record has what this login brought: another flight may have logged in before this one could save.
    fn is_in(&self, record: &Record) -> bool {
        record.generation == self.generation
            && record.token.as_ref().is_some_and(|token| *token.fingerprint() == self.token)
    }
}

/// A login whose token could not be saved.
#[derive(Clone, Copy)]
struct Unsaved {
    login: ToBeSaved,
    again_at: Instant,
}

pub(crate) struct Session {
    policy: Policy,
    /// As last read or written. Its token is the one in hand.
    record: Record,
    /// The refusal in the record is of the password that we would send.
    refused: bool,
    rejected: Rejected,
    /// The UTC day that was last noted in the store.
    noted_on: u64,
    /// Without a usable token: not before this is the store looked at again.
    look_at: Instant,
    /// With a good one that is to be renewed: the same.
    attention_at: Instant,
    unsaved: Option<Unsaved>,
    /// The last login, until its save has gone one way or the other.
    to_be_saved: Option<ToBeSaved>,
    /// As the store had it when it was read last.
    stored_generation: u64,
    flights: u64,
    flight: Option<Flight>,
    attempt: Option<Attempt>,
}

impl Session {
    /// A session that holds `token`, if there is one.
    pub(crate) fn new(policy: Policy, token: Option<Token>, now: &Now) -> Self {
        Self {
            policy,
            record: Record { token: token.map(Arc::new), used: now.instant, ..Record::default() },
            refused: false,
            rejected: Rejected::default(),
            noted_on: day_of(now.unix),
            look_at: Instant::START,
            attention_at: Instant::START,
            unsaved: None,
            to_be_saved: None,
            stored_generation: 0,
            flights: 0,
            flight: None,
            attempt: None,
        }
    }

    pub(crate) fn arrive(&self, call: Call) -> Ticket {
        let is_shared = call == Call::Token && self.flight.is_some();
        Ticket { call, first_flight: if is_shared { self.flights } else { self.flights + 1 } }
    }

    /// What the call with this ticket, which has `left` of its time, does next.
    pub(crate) fn next(&mut self, now: &Now, ticket: Ticket, left: Duration) -> Step {
        match ticket.call {
            Call::Token => self.next_for_token(now, ticket, left),
            Call::Login => self.next_for_login(now.instant, ticket, left),
        }
    }

    fn next_for_token(&mut self, now: &Now, ticket: Ticket, left: Duration) -> Step {
        if let Some(token) = self.usable(now.instant) {
            if self.flight.is_none() && !left.is_zero() {
                if now.instant >= self.attention_at(&token) {
                    return self.lead(Errand::Renew);
                }
                if day_of(now.unix) != self.noted_on || self.unsaved.is_some_and(|it| now.instant >= it.again_at) {
                    self.record.used = now.instant;
                    // However it goes: the store may fail, or be locked, for long.
                    self.noted_on = day_of(now.unix);
                    if let Some(unsaved) = &mut self.unsaved {
                        unsaved.again_at = now.instant.after(LOOK_EVERY_WHILE_GOOD);
                    }
                    return self.lead(Errand::Note);
                }
            }
            self.record.used = now.instant;
            return Step::Ready(token);
        }
        if self.flight.is_some() {
            return Step::Wait;
        }
        match self.remembered(now.instant, left) {
            Some(error) if now.instant < self.look_at => Step::Fail(error),
            _ => match self.shared(ticket, left) {
                Some(Err(error)) => Step::Fail(error.clone()),
                _ if left.is_zero() => Step::Fail(too_late()),
                _ => self.lead(Errand::Obtain),
            },
        }
    }

    fn next_for_login(&mut self, now: Instant, ticket: Ticket, left: Duration) -> Step {
        match self.shared(ticket, left) {
            Some(Ok(token)) if self.is_usable(token, token.obtained(), now) => return Step::Ready(Arc::clone(token)),
            // Another call got it too, and saw it refused.
            Some(Ok(token)) if self.rejected.contains(token.fingerprint()) => {}
            Some(Ok(_)) => return Step::Fail(expired()),
            Some(Err(error)) => return Step::Fail(error.clone()),
            None => {}
        }
        match self.flight {
            Some(_) => Step::Wait,
            None if left.is_zero() => Step::Fail(too_late()),
            None => self.lead(Errand::Login),
        }
    }

    /// What came of the login that this call has waited for, if it tells a call with so much time left something.
    fn shared(&self, ticket: Ticket, left: Duration) -> Option<&Result<Arc<Token>, Error>> {
        let attempt = self.attempt.as_ref().filter(|it| it.flight >= ticket.first_flight)?;
        attempt.in_vain.is_none_or(|spent| left <= spent).then_some(&attempt.result)
    }

    fn lead(&mut self, errand: Errand) -> Step {
        self.flights += 1;
        let flight = Flight { number: self.flights, errand };
        self.flight = Some(flight);
        Step::Lead(flight)
    }

    /// What the leader does, who has `left` of its time and found `stored`. `refuses` tells whether a refusal is of the
    /// password that would be sent.
    pub(crate) fn plan(
        &mut self,
        now: &Now,
        errand: Errand,
        stored: Record,
        refuses: impl Fn(&Refusal) -> bool,
        left: Duration,
    ) -> Plan {
        let former = self.in_hand();
        let is_unsaved = self.unsaved.take_if(|it| it.login.over_generation != stored.generation).is_none()
            && self.unsaved.is_some();
        self.stored_generation = stored.generation;
        let stored_token = stored.token.as_ref().map(|token| *token.fingerprint());
        self.take_over(now, stored, &refuses);
        let is_stored = stored_token.is_none() || stored_token == self.in_hand();
        self.refused = self.record.refusal.as_ref().is_some_and(refuses);
        self.look_again_later(now.instant, errand);
        match (errand, self.usable(now.instant)) {
            (Errand::Login, _) => Plan::Login,
            // Another token there may be the newer one.
            (Errand::Note, Some(_)) if is_unsaved || is_stored => Plan::Save,
            (Errand::Note, _) => Plan::Land,
            (Errand::Renew, Some(token))
                if Some(*token.fingerprint()) == former && now.instant >= self.renewal_at(&token) =>
            {
                Plan::Login
            }
            (_, Some(_)) if is_unsaved => Plan::Save,
            (_, Some(_)) => Plan::Land,
            (_, None) if self.remembered(now.instant, left).is_some() => Plan::Land,
            (_, None) => Plan::Login,
        }
    }

    fn look_again_later(&mut self, now: Instant, errand: Errand) {
        self.look_at = now.after(LOOK_EVERY);
        if errand == Errand::Renew {
            self.attention_at = now.after(LOOK_EVERY_WHILE_GOOD);
        }
    }

    /// The store's record replaces ours, but a usable token is not given up for one that is not, or that is older.
    fn take_over(&mut self, now: &Now, mut stored: Record, refuses: impl Fn(&Refusal) -> bool) {
        let is_same = match (&self.record.token, &stored.token) {
            (Some(held), Some(token)) => held.fingerprint() == token.fingerprint(),
            _ => false,
        };
        // The same token with a later number: the service has issued it once more, to another process. A number of 0 says
        // that ours is not known, as in a forked child.
        let is_reissued = is_same && self.record.generation != 0 && stored.generation > self.record.generation;
        if let Some(token) = stored.token.as_ref().filter(|_| is_reissued) {
            self.rejected.remove(token.fingerprint());
        }
        let ours = &self.record;
        let is_usable =
            |record: &Record| record.token.as_ref().is_some_and(|it| self.is_usable(it, record.used, now.instant));
        let noted_on = day_of(now.unix_of(stored.used));
        let is_older = stored.generation < ours.generation || !is_usable(&stored);
        // Of the same token ours is kept too: it counts by a clock that nobody sets.
        let is_kept = (is_same && !is_reissued) || stored.token.is_none() || (is_older && is_usable(ours));
        stored.replacements.goes_on_from(ours.replacements, now.instant);
        if stored.generation <= ours.generation && (is_kept || !is_usable(&stored)) {
            ours.failures_into(&mut stored, refuses);
        }
        if is_kept {
            stored.used = stored.used.max(ours.used);
            stored.token = ours.token.clone();
        }
        self.noted_on = match (is_kept, is_same) {
            (false, _) => noted_on,
            (true, true) => self.noted_on.max(noted_on),
            (true, false) => self.noted_on,
        };
        stored.generation = stored.generation.max(ours.generation);
        self.record = stored;
    }

    /// The flight has ended. The record that is to be saved, if it changed.
    pub(crate) fn land(&mut self, now: &Now, flight: Flight, landing: Landing) -> Option<Record> {
        self.flight = None;
        self.look_again_later(now.instant, flight.errand);
        let (result, in_vain) = match landing {
            Landing::WithoutLogin => return None,
            Landing::NotBegun(error) => {
                // With a good token in hand nobody waits, and nobody is to be told.
                if matches!(flight.errand, Errand::Obtain | Errand::Login) {
                    self.attempt = Some(Attempt { flight: flight.number, result: Err(error), in_vain: None });
                }
                return None;
            }
            Landing::LoggedIn(token) => (self.logged_in(now, flight, token), None),
            Landing::Refused(refusal) => (Err(self.was_refused(refusal)), None),
            Landing::LoginFailed { error, in_vain } => (Err(self.login_failed(now.instant, error, in_vain)), in_vain),
        };
        self.attempt = Some(Attempt { flight: flight.number, result, in_vain });
        Some(self.record.clone())
    }

    fn logged_in(&mut self, now: &Now, flight: Flight, token: Token) -> Result<Arc<Token>, Error> {
        if token.expires() <= now.instant {
            // Handing it out would be one thing; that each waiting call then logs in anew, and again, is another.
            return Err(self.login_failed(now.instant, expired(), None));
        }
        if self.replaces_a_rejected_one() {
            self.record.replacements.count_one(now.instant);
        }
        // What has just been issued is good, also if it was rejected before: the limit on replacements ends a row of them.
        self.rejected.remove(token.fingerprint());
        let token = Arc::new(token);
        self.record.generation = self.record.generation.saturating_add(1);
        self.to_be_saved = Some(ToBeSaved {
            flight: flight.number,
            token: *token.fingerprint(),
            generation: self.record.generation,
            over_generation: self.stored_generation,
        });
        self.record.token = Some(Arc::clone(&token));
        self.record.used = now.instant;
        self.record.failure = None;
        self.record.refusal = None;
        self.refused = false;
        self.noted_on = day_of(now.unix);
        self.attention_at = Instant::START;
        Ok(token)
    }

    fn was_refused(&mut self, refusal: Refusal) -> Error {
        let error = refusal.error.clone();
        self.record.refusal = Some(refusal);
        self.record.failure = None;
        self.refused = true;
        error
    }

    fn login_failed(&mut self, at: Instant, error: Error, in_vain: Option<Duration>) -> Error {
        let former = self.record.failure.as_ref();
        if in_vain.is_some() && former.is_some_and(|it| it.in_vain.is_none() && at < it.not_before()) {
            // One's own deadline says nothing of the service, which has said something.
            return error;
        }
        let count = former.map_or(0, |failure| failure.count).saturating_add(1);
        self.record.failure = Some(LoginFailure { error: error.clone(), at, count, in_vain });
        error
    }

    /// What came of the login of this flight, until another one is told.
    pub(crate) fn result_of(&self, flight: Flight) -> Option<Result<Arc<Token>, Error>> {
        self.attempt.as_ref().filter(|it| it.flight == flight.number).map(|it| it.result.clone())
    }

    /// What a leader answers its own caller, by what came of its login, whatever another flight has failed in since.
    /// `None`: its caller asks for its next step as the others do.
    pub(crate) fn answer_of_leader(
        &self,
        now: Instant,
        call: Call,
        result: &Result<Arc<Token>, Error>,
    ) -> Option<Result<Arc<Token>, Error>> {
        match result {
            // A later login has ended a token that is no longer in hand.
            Ok(token) => self.usable(now).filter(|it| it.fingerprint() == token.fingerprint()).map(Ok),
            // No failure is a reason to withhold a token that is good.
            Err(error) if call == Call::Login => Some(Err(error.clone())),
            Err(_) if self.has_usable(now) => None,
            // As the calls after it are told: with the time until the next try.
            Err(error) => {
                let remembered = self.remembered(now, Duration::ZERO);
                let is_same = |it: &Error| (it.status(), it.reason()) == (error.status(), error.reason());
                Some(Err(remembered.filter(is_same).unwrap_or_else(|| error.clone())))
            }
        }
    }

    /// What there is to be saved of a session that did not log in.
    pub(crate) fn record(&self) -> Record {
        self.record.clone()
    }

    /// The record that `land` gave was saved, or could not be. It speaks of its own login, and of no later one.
    pub(crate) fn saved(&mut self, now: Instant, record: &Record, saved: bool) {
        let landed = self.to_be_saved.take_if(|login| login.is_in(record));
        let Some(login) = landed.or(self.unsaved.map(|it| it.login).filter(|login| login.is_in(record))) else {
            return;
        };
        let again_at = now.after(LOOK_EVERY_WHILE_GOOD);
        self.unsaved = (!saved).then_some(Unsaved { login, again_at });
    }

    /// The flight has lost its lock, and nothing was saved. If its own login was to be, another one has logged in
    /// meanwhile, or is about to, and either way its token is not the live one. Else the token in hand is as good as it
    /// was: it may be that of a later login.
    pub(crate) fn lock_was_lost(&mut self, flight: Flight) {
        let Some(lost) = self.to_be_saved.take_if(|login| login.flight == flight.number) else { return };
        self.rejected.add(lost.token, self.in_hand());
        // Another flight may have adopted a later one meanwhile, with its number.
        if self.in_hand() == Some(lost.token) {
            self.record.token = None;
            self.record.generation = lost.over_generation;
            self.attempt = None;
            self.look_at = Instant::START;
        }
    }

    /// Marks the token with this value, if it is not marked already. Whether it was the one in hand, and good.
    pub(crate) fn reject(&mut self, now: Instant, value: &[u8]) -> bool {
        let fingerprint = Fingerprint::of(value);
        let was_in_hand = self.usable(now).is_some_and(|token| *token.fingerprint() == fingerprint);
        self.rejected.add(fingerprint, self.in_hand());
        was_in_hand
    }

    pub(crate) fn is_in_flight(&self, flight: Flight) -> bool {
        self.flight == Some(flight)
    }

    /// The mark of the token that a call would get.
    pub(crate) fn in_hand(&self) -> Option<Fingerprint> {
        self.record.token.as_ref().map(|token| *token.fingerprint())
    }

    pub(crate) fn has_usable(&self, now: Instant) -> bool {
        self.usable(now).is_some()
    }
}

/// For a call whose time is over before its login has begun: it would be in vain, and count as one that failed.
fn too_late() -> Error {
    Error::new(Status::Timeout, "login", "the time allowed was over before a login could begin")
}

fn expired() -> Error {
    Error::new(Status::Protocol, "expires", "the token had expired before it arrived")
}

fn refused_again(message: &'static str) -> Error {
    Error::new(Status::Unauthorized, "tokens-keep-being-refused", message)
}

#[cfg(test)]
mod histories;
#[cfg(test)]
#[path = "session/session_tests.rs"]
mod tests;
