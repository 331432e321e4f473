//! The pauses between logins: after failures, and between those that replace rejected tokens.
//!
//! A failed login is remembered, in memory and in the record, so that all threads, processes and machines pause as one.
//! The pause doubles from a second to a minute, for a renewal from a minute to an hour; a service that asks for more
//! (`Retry-After`) gets it, up to an hour. A failure that only the caller's own deadline made binds no call that has
//! more time than that one had.
//!
//! Two programs that share no store end each other's tokens for ever. Logins that replace a rejected token are
//! therefore limited: three in a row, then one a minute.

use std::time::Duration;

use crate::clock::Instant;
use crate::record::{LoginFailure, Record, Refusal, Replacements};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// While the token in hand is good there is no hurry.
const FIRST_RENEWAL_PAUSE: Duration = Duration::from_secs(60);
const LONGEST_RENEWAL_PAUSE: Duration = Duration::from_secs(3600);
/// A longer `Retry-After` counts as this.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// So many logins may replace rejected tokens in a row, then one each `REPLACEMENT_PAUSE`.
const REPLACEMENTS_IN_A_ROW: u32 = 3;
const REPLACEMENT_PAUSE: Duration = Duration::from_secs(60);
/// After so long without one the row begins anew.
const CALM: Duration = Duration::from_secs(600);

impl Record {
    /// Copies what this process knows of failed logins into a record from the store, where it may be missing: because
    /// the save failed, or because another process saved the refusal of another password. It may also be wrong there:
    /// the time of a failure that a clock ahead of ours has written counts as now each time that it is read. Called
    /// only if no login has succeeded since.
    pub(super) fn carry_failures_into(&self, stored: &mut Self, refuses: impl Fn(&Refusal) -> bool) {
        if self.refusal.as_ref().is_some_and(|ours| stored.refusal.is_none() || refuses(ours)) {
            stored.refusal.clone_from(&self.refusal);
        }
        if let Some(ours) = &self.failure {
            // Of two failures the one whose pause ends later counts, and the higher count.
            let gives_way = |it: &LoginFailure| it.is(ours) || it.not_before() < ours.not_before();
            if stored.failure.as_ref().is_none_or(gives_way) {
                let count = stored.failure.as_ref().map_or(0, |it| it.count).max(ours.count);
                stored.failure = Some(LoginFailure { count, ..ours.clone() });
            }
        }
        if self.replacements.last.is_some() {
            stored.replacements = self.replacements;
        }
    }
}

impl LoginFailure {
    /// Whether it is the same failure. Its time is not compared, since it may have been written by another clock.
    fn is(&self, other: &Self) -> bool {
        (self.count, self.cut_off_after, &self.error) == (other.count, other.cut_off_after, &other.error)
    }

    /// Before this time a call without a token does not log in.
    pub(super) fn not_before(&self) -> Instant {
        self.at.after(self.pause(FIRST_PAUSE, LONGEST_PAUSE))
    }

    /// Before this time a call with a good token does not renew it.
    pub(super) fn renewal_not_before(&self) -> Instant {
        self.at.after(self.pause(FIRST_RENEWAL_PAUSE, LONGEST_RENEWAL_PAUSE))
    }

    /// Whether it stops a call that has `left` of its time.
    pub(super) fn binds(&self, now: Instant, left: Duration) -> bool {
        now < self.not_before() && self.cut_off_after.is_none_or(|spent| left <= spent)
    }

    fn pause(&self, first: Duration, longest: Duration) -> Duration {
        let doublings = self.count.saturating_sub(1).min(16);
        let pause = first.saturating_mul(1 << doublings).min(longest);
        pause.max(self.error.retry_after().unwrap_or_default().min(LONGEST_RETRY_AFTER))
    }
}

impl Replacements {
    /// A login replaces a rejected token now.
    pub(super) fn count_one(&mut self, now: Instant) {
        let since = self.last.map_or(Duration::MAX, |last| last.until(now));
        self.count = match since {
            _ if since < REPLACEMENT_PAUSE => self.count.saturating_add(1),
            _ if since < CALM && self.count >= REPLACEMENTS_IN_A_ROW => self.count,
            _ => 1,
        };
        self.last = Some(now);
    }

    /// Keeps a row that is under way by our clock. A clock that is years off may have written that it is over.
    pub(super) fn continue_from(&mut self, ours: Self, now: Instant) {
        if ours.last.is_some_and(|last| now < last.after(REPLACEMENT_PAUSE)) {
            *self = Self { count: self.count.max(ours.count), last: self.last.max(ours.last) };
        }
    }

    /// Before this time a call does not log in to replace a rejected token; `None` if it may now.
    pub(super) fn not_before(&self, now: Instant) -> Option<Instant> {
        let not_before = self.last?.after(REPLACEMENT_PAUSE);
        (self.count >= REPLACEMENTS_IN_A_ROW && now < not_before).then_some(not_before)
    }
}
