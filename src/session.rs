//! The life of the one token, as a state machine: it is told the time and what happened, and answers with what to do.
//! It has no clock, no lock and no I/O. `auth` does what the session answers, and the histories
//! (`session/histories.rs`) try it with several processes, an unreliable service and store, and clocks that are set.
//!
//! # How a call goes
//!
//! A call arrives ([`Session::arrive`]) and asks for its next step ([`Session::next`]) until it has its answer. At most
//! one call of a process at a time leads a *flight*:
//!
//! ```text
//! arrive --> next --> Ready | Fail            the answer
//!              |  \-> Wait                    another call leads; ask again when its flight has ended
//!              `----> Lead(flight)            the steps are in `lead`; each time that it has read the store: decide
//!                        |                       Done    nothing is to do, or a login would be in vain
//!                        |                       Save    what the session holds
//!                        |                       Login   ask the service
//!                        `--> finish          the flight ends for the others, who ask for their next step
//!                               `--> saved | lock_was_lost     the record that finish gave is in the store, or is not
//! ```
//!
//! # States
//!
//! What a caller is told of them is [`State`].
//!
//! | state | what holds | what the next call for a token does |
//! |---|---|---|
//! | empty | no usable token, nothing known of the service | leads: finds one in the store, or logs in |
//! | good | a usable token, before its renewal window | hands it out |
//! | renewing | a usable token, in its window | one call tries to renew it, the others hand it out |
//! | failing | no usable token, a failure whose pause is not over | fails with that failure; once a second one looks into the store |
//! | refused | no usable token, this very password was refused | fails with that refusal, however long ago it was; once a second one looks into the store |
//!
//! A token is *usable* that is unexpired, was in use within 29 days, and is not marked as rejected. A call for a new
//! login ([`Call::Login`]) logs in from any state, and another password ends the state refused.
//!
//! # Invariants
//!
//! `Session::check` asserts them after each step of the histories.
//!
//! * **one flight**: the current flight is the last one that has begun.
//! * **unsaved login**: a login that is to be saved has a higher generation than the record in the store had, and at
//!   most that of the record in memory.
//! * **refusal**: a password counts as refused only if the record has a refusal.
//! * **past use**: the last use of the token is not in the future.
//!
//! And the histories, from outside: a usable token is never given up for one that is not; no token that was rejected is
//! handed out; one login at a time; no login before its pause is over; each call ends by its deadline.

mod backoff;
mod lead;
mod merge;
mod queries;
mod rejected;
mod renewal;
mod single_flight;
mod steps;
mod write_back;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Instant, Now};
use crate::error::{Error, Status};
use crate::record::{LoginFailure, Record, Refusal, day_of};
use crate::token::{Fingerprint, Token};
pub(crate) use lead::{FlightIo, lead, poll_once};
use merge::{Kept, is_reissued, merge};
use rejected::Rejected;
use renewal::Checks;
use single_flight::{FlightResult, SingleFlight};
pub use steps::State;
pub(crate) use steps::{Call, Decision, Flight, FlightOutcome, Policy, Purpose, Step, Ticket};
use write_back::WriteBack;

pub(crate) struct Session {
    policy: Policy,
    /// As last read or written. Its token is the one in hand.
    record: Record,
    /// The refusal in the record is of the password that this process would send.
    refused: bool,
    /// Tokens that callers rejected. They are not usable, wherever they are found.
    rejected: Rejected,
    /// The UTC day that the store has for the last use of the token.
    use_recorded_on: u64,
    /// When the store is to be read again.
    checks: Checks,
    /// Who leads, and what the others share.
    flights: SingleFlight,
    /// Whether the store has the last login.
    write_back: WriteBack,
}

impl Session {
    /// A session that holds `token`, if there is one: a forked child has that of its parent.
    pub(crate) fn new(policy: Policy, token: Option<Token>, now: &Now) -> Self {
        Self {
            policy,
            record: Record { token: token.map(Arc::new), used: now.instant, ..Record::default() },
            refused: false,
            rejected: Rejected::default(),
            use_recorded_on: day_of(now.unix),
            checks: Checks::new(),
            flights: SingleFlight::default(),
            write_back: WriteBack::new(),
        }
    }

    /// A call begins. The ticket is for `next`.
    pub(crate) fn arrive(&self, call: Call) -> Ticket {
        self.flights.ticket(call)
    }

    /// What the call with this ticket, which has `left` of its time, does next.
    pub(crate) fn next(&mut self, now: &Now, ticket: Ticket, left: Duration) -> Step {
        match (ticket.call, self.usable(now.instant)) {
            (Call::Login, _) => self.next_for_login(now.instant, ticket, left),
            (Call::Token, Some(token)) => self.next_with_token(now, token, left),
            (Call::Token, None) => self.next_without_token(now.instant, ticket, left),
        }
    }

    /// Hands out the token. But if a renewal or a save is due, and no other call leads, this call leads first. The calls
    /// after it get the token without waiting.
    fn next_with_token(&mut self, now: &Now, token: Arc<Token>, left: Duration) -> Step {
        if !left.is_zero() {
            let due = self.due(now, &token);
            if due == Some(Purpose::Renew) {
                return self.lead(Purpose::Renew);
            }
            if due.is_some() {
                self.record.used = now.instant;
                // Now and not when the flight has succeeded: if the store fails or stays locked, each of the next calls
                // would try it again.
                self.use_recorded_on = day_of(now.unix);
                self.write_back.postpone(now.instant);
                return self.lead(Purpose::RecordUse);
            }
        }
        self.record.used = now.instant;
        Step::Ready(token)
    }

    /// What a call for a token is to do before it hands out this one.
    fn due(&self, now: &Now, token: &Token) -> Option<Purpose> {
        if self.flights.is_in_flight() {
            return None;
        }
        if now.instant >= self.renewal_check(token) {
            return Some(Purpose::Renew);
        }
        let is_save_due = self.write_back.retry_at().is_some_and(|at| now.instant >= at);
        (day_of(now.unix) != self.use_recorded_on || is_save_due).then_some(Purpose::RecordUse)
    }

    /// The token that an operation may have at once, and whether something is due that a flight has to do.
    ///
    /// Not while it is being saved by a thread that the application cannot wait for: an application that ends with its
    /// operation would end the save.
    pub(crate) fn at_hand(&mut self, now: &Now) -> Option<(Arc<Token>, bool)> {
        if self.write_back.is_under_way() {
            return None;
        }
        let token = self.usable(now.instant)?;
        self.record.used = now.instant;
        let is_due = self.due(now, &token).is_some();
        Some((token, is_due))
    }

    /// A call that has waited comes here again when the flight has ended without a token: it shares that flight's error,
    /// or leads in its turn.
    fn next_without_token(&mut self, now: Instant, ticket: Ticket, left: Duration) -> Step {
        if self.flights.is_in_flight() {
            return Step::Wait;
        }
        if let Some(error) = self.backoff_error(now, left) {
            // Once a second a call leads all the same, and finds what another process has stored. `decide` keeps it from
            // a login.
            if now < self.checks.next_store_check {
                return Step::Fail(error);
            }
        }
        match self.flights.shared(ticket, left) {
            Some(Err(error)) => Step::Fail(error.clone()),
            _ if left.is_zero() => Step::Fail(too_late()),
            _ => self.lead(Purpose::Obtain),
        }
    }

    /// A call for a new login shares only a flight that began after it arrived.
    fn next_for_login(&mut self, now: Instant, ticket: Ticket, left: Duration) -> Step {
        match self.flights.shared(ticket, left) {
            Some(Ok(token)) if self.is_usable(token, token.obtained(), now) => return Step::Ready(Arc::clone(token)),
            // Another call that shares this token has rejected it already: log in anew.
            Some(Ok(token)) if self.rejected.contains(token.fingerprint()) => {}
            Some(Ok(_)) => return Step::Fail(expired()),
            Some(Err(error)) => return Step::Fail(error.clone()),
            None => {}
        }
        match self.flights.is_in_flight() {
            true => Step::Wait,
            false if left.is_zero() => Step::Fail(too_late()),
            false => self.lead(Purpose::Login),
        }
    }

    fn lead(&mut self, purpose: Purpose) -> Step {
        Step::Lead(self.flights.begin(purpose))
    }

    /// What the leader does, who has `left` of its time and found `stored` in the store. `refuses` tells whether a
    /// refusal is of the password that would be sent.
    pub(crate) fn decide(
        &mut self,
        now: &Now,
        purpose: Purpose,
        stored: Record,
        refuses: impl Fn(&Refusal) -> bool,
        left: Duration,
    ) -> Decision {
        let former = self.in_hand();
        self.write_back.observe(stored.generation);
        let stored_token = stored.token.as_ref().map(|token| *token.fingerprint());
        self.merge_stored(now, stored, &refuses);
        self.refused = self.record.refusal.as_ref().is_some_and(refuses);
        self.checks.checked(now.instant, purpose == Purpose::Renew);
        let is_unsaved = self.write_back.has_failed();
        // A different token in the store may be the newer one: it is not replaced just to record a use.
        let may_replace = stored_token.is_none() || stored_token == self.in_hand();
        match (purpose, self.usable(now.instant)) {
            (Purpose::Login, _) => Decision::Login,
            (Purpose::RecordUse, Some(_)) if is_unsaved || may_replace => Decision::Save,
            (Purpose::RecordUse, _) => Decision::Done,
            // Only the token for which the flight began: another one was renewed by another process.
            (Purpose::Renew, Some(token)) if Some(*token.fingerprint()) == former && self.may_renew(&token, now) => {
                Decision::Login
            }
            (_, Some(_)) if is_unsaved => Decision::Save,
            (_, Some(_)) => Decision::Done,
            // There is no token, and none may be had.
            (_, None) if self.backoff_error(now.instant, left).is_some() => Decision::Done,
            (_, None) => Decision::Login,
        }
    }

    fn may_renew(&self, token: &Token, now: &Now) -> bool {
        now.instant >= self.renewal_at(token)
    }

    /// Takes over from the store's record what is better than ours, by the table in `merge`.
    fn merge_stored(&mut self, now: &Now, stored: Record, refuses: impl Fn(&Refusal) -> bool) {
        if let Some(token) = stored.token.as_ref().filter(|_| is_reissued(&self.record, &stored)) {
            self.rejected.remove(token.fingerprint());
        }
        let stored_day = day_of(now.unix_of(stored.used));
        let is_usable =
            |record: &Record| record.token.as_ref().is_some_and(|it| self.is_usable(it, record.used, now.instant));
        let (record, kept) = merge(&self.record, stored, now.instant, is_usable, refuses);
        self.use_recorded_on = match kept {
            Kept::Held => self.use_recorded_on,
            Kept::Same => self.use_recorded_on.max(stored_day),
            Kept::Stored => stored_day,
        };
        self.record = record;
    }

    /// The flight has this outcome, and has ended for the calls that wait. The record that is to be saved, if it changed.
    pub(crate) fn finish(&mut self, now: &Now, flight: Flight, outcome: FlightOutcome) -> Option<Record> {
        self.checks.checked(now.instant, flight.purpose == Purpose::Renew);
        let (result, cut_off_after) = match outcome {
            FlightOutcome::WithoutLogin => {
                self.flights.end();
                return None;
            }
            FlightOutcome::NotBegun(error) => {
                if flight.purpose.has_waiters() {
                    self.flights.end_with(flight, Err(error), None);
                } else {
                    self.flights.end();
                }
                return None;
            }
            FlightOutcome::LoggedIn(token) => (self.logged_in(now, flight, token), None),
            FlightOutcome::Refused(refusal) => (Err(self.was_refused(refusal)), None),
            FlightOutcome::LoginFailed { error, cut_off_after } => {
                (Err(self.login_failed(now.instant, error, cut_off_after)), cut_off_after)
            }
        };
        self.flights.end_with(flight, result, cut_off_after);
        Some(self.record.clone())
    }

    fn logged_in(&mut self, now: &Now, flight: Flight, token: Token) -> FlightResult {
        if token.expires() <= now.instant {
            // Counts as a failed login, so that there is a pause. Else each waiting call would log in, get such a token
            // again, and so on.
            return Err(self.login_failed(now.instant, expired(), None));
        }
        if self.replaces_a_rejected_one() {
            self.record.replacements.count_one(now.instant);
        }
        // The service may issue a token again that was rejected, and it is good then. If each is rejected at once, the
        // limit on replacements ends that.
        self.rejected.remove(token.fingerprint());
        let token = Arc::new(token);
        self.record.generation = self.record.generation.saturating_add(1);
        self.write_back.begin(flight, *token.fingerprint(), self.record.generation);
        self.record.token = Some(Arc::clone(&token));
        self.record.used = now.instant;
        self.record.failure = None;
        self.record.refusal = None;
        self.refused = false;
        self.use_recorded_on = day_of(now.unix);
        self.checks.begin_anew();
        Ok(token)
    }

    fn was_refused(&mut self, refusal: Refusal) -> Error {
        let error = refusal.error.clone();
        self.record.refusal = Some(refusal);
        self.record.failure = None;
        self.refused = true;
        error
    }

    fn login_failed(&mut self, at: Instant, error: Error, cut_off_after: Option<Duration>) -> Error {
        let former = self.record.failure.as_ref();
        // A login that the caller's own deadline cut off tells nothing of the service. It must not replace a failure of
        // the service's own while the pause after that one lasts: other callers would log in too early.
        let pauses_already = former.is_some_and(|it| it.cut_off_after.is_none() && at < it.not_before());
        if cut_off_after.is_none() || !pauses_already {
            let count = former.map_or(0, |failure| failure.count).saturating_add(1);
            self.record.failure = Some(LoginFailure { error: error.clone(), at, count, cut_off_after });
        }
        error
    }

    /// The store has this record, or could not save it.
    pub(crate) fn saved(&mut self, now: Instant, record: &Record, saved: bool) {
        self.write_back.saved(now, record, saved);
    }

    /// What could not be saved is saved by the next call.
    pub(crate) fn save_at_once(&mut self, now: Instant) {
        self.write_back.save_at_once(now);
    }

    /// The flight lost its lock before it could save. Another process has the lock since, and has logged in or is about
    /// to, which ends the token of this flight's login: it is discarded, so that the next call takes the store's. If
    /// the flight has no login of its own to save, nothing changes: the token in hand is that of another login.
    pub(crate) fn lock_was_lost(&mut self, flight: Flight) {
        let Some(lost) = self.write_back.lock_was_lost(flight) else { return };
        self.rejected.add(lost.token, self.in_hand());
        // Meanwhile another flight may have adopted a later token and its generation: these stay.
        if self.in_hand() == Some(lost.token) {
            self.record.token = None;
            self.record.generation = lost.expected_generation;
            self.flights.forget();
            self.checks.next_store_check = Instant::START;
        }
    }

    /// Marks the token with this value as rejected. Returns whether it was the one in hand, and usable until now.
    pub(crate) fn reject(&mut self, now: Instant, value: &[u8]) -> bool {
        let fingerprint = Fingerprint::of(value);
        let was_in_hand = self.usable(now).is_some_and(|token| *token.fingerprint() == fingerprint);
        self.rejected.add(fingerprint, self.in_hand());
        was_in_hand
    }

    #[cfg(test)]
    fn check(&self, now: Instant) {
        self.flights.check();
        self.write_back.check(&self.record);
        assert!(!self.refused || self.record.refusal.is_some(), "refusal: nobody has refused anything");
        assert!(self.record.used <= now, "past use: the token was used in the future");
    }
}

/// For a call whose time is over before its login has begun. Such a login would be cut off at once, and would count as a
/// failed one.
fn too_late() -> Error {
    Error::new(Status::Timeout, "login", "the time allowed was over before a login could begin")
}

fn expired() -> Error {
    Error::new(Status::Protocol, "expires", "the token had expired before it arrived")
}

#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;
