//! What must hold in every history, and what has to be remembered to check it. None of it asks the session.

use std::time::Duration;

use super::super::{Call, FlightOutcome, Purpose};
use super::events::{DAY, Service};
use super::process::{Leader, LoggedIn, Process};
use super::world::{World, number_of};
use crate::clock::Instant;
use crate::record::Record;
use crate::record::RecordBytes;
use crate::token::Fingerprint;

/// Times that went through a record are rounded.
const ROUNDING: Duration = Duration::from_millis(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What a process has seen.
#[derive(Default)]
pub(super) struct Seen {
    /// The last eight that it rejected; the one in hand is not forgotten for another.
    rejected: Vec<String>,
    /// How often it has logged in.
    pub(super) logins: u32,
    /// The last of them is in the store.
    pub(super) is_saved: bool,
    /// The token in hand, and since when.
    in_hand: Option<(usize, Duration)>,
    /// The logins that failed since the last success, of any process.
    failures: Option<Failures>,
    /// The password that the service refused, and how many logins had succeeded by then.
    refused: Option<(u8, u32)>,
    /// When its unasked logins replaced a rejected token.
    replacements: Vec<Duration>,
}

struct Failures {
    count: u32,
    at: Duration,
    retry_after: Duration,
    cut_off_after: bool,
    /// The successes until then, and the generation of the record, which a login raises that overlapped with this one
    /// because one of them had lost the lock.
    known: (u32, u64),
}

impl Failures {
    fn pause(&self, first: u64, longest: u64) -> Duration {
        let pause = Duration::from_secs((first << (self.count - 1).min(16)).min(longest));
        pause.max(self.retry_after.min(Duration::from_secs(3600)))
    }
}

impl Seen {
    fn reject(&mut self, text: &str, in_hand: Option<usize>) {
        if !self.has_rejected(text) {
            self.rejected.push(text.to_owned());
        }
        if self.rejected.len() > 8 {
            let in_hand = in_hand.map(|number| format!("t{number}"));
            let oldest = self.rejected.iter().position(|it| Some(it) != in_hand.as_ref());
            oldest.map(|at| self.rejected.remove(at));
        }
    }

    fn is_issued_anew(&mut self, text: &str) {
        self.rejected.retain(|known| known != text);
    }

    fn has_rejected(&self, text: &str) -> bool {
        self.rejected.iter().any(|known| known == text)
    }
}

impl World {
    pub(super) fn require(&mut self, holds: bool, what: impl FnOnce(&Self) -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(what(self));
        }
    }

    /// The token in hand, if it is neither rejected nor over.
    pub(super) fn good_in_hand(&self, p: usize) -> bool {
        let process = &self.processes[p];
        let now = process.now(self.at).instant;
        process.session.record.token.as_ref().is_some_and(|token| {
            let idle_since = process.session.record.used.max(token.obtained());
            let rejected = process.seen.has_rejected(&format!("t{}", number_of(token)));
            now < token.expires() && now < idle_since.after(29 * DAY) && !rejected
        })
    }

    pub(super) fn note_hand(&mut self, p: usize) {
        let at = self.at;
        let process = &mut self.processes[p];
        let hand = process.session.record.token.as_ref().map(number_of);
        if hand != process.seen.in_hand.map(|(number, _)| number) {
            process.seen.in_hand = hand.map(|number| (number, at));
        }
    }

    pub(super) fn note_rejection(&mut self, p: usize, text: &str) {
        let process = &mut self.processes[p];
        process.seen.reject(text, process.session.record.token.as_ref().map(number_of));
    }

    /// A later login than the one that a process knows of has brought the very token that it has in hand.
    pub(super) fn note_stored(&mut self, p: usize, stored: &Record) {
        let process = &mut self.processes[p];
        let held = &process.session.record;
        let is_later = held.generation != 0 && stored.generation > held.generation;
        if let (true, Some(token), Some(held)) = (is_later, &stored.token, &held.token) {
            if token.fingerprint() == held.fingerprint() {
                process.seen.is_issued_anew(&format!("t{}", number_of(token)));
                process.seen.in_hand = None;
            }
        }
    }

    /// The token of a login whose lock was lost counts as rejected.
    pub(super) fn note_lost_lock(&mut self, p: usize, login: Option<LoggedIn>) {
        if let Some(login) = login {
            self.processes[p].seen.reject(&format!("t{}", login.token), None);
        }
    }

    pub(super) fn note_outcome(&mut self, p: usize, i: usize, outcome: &FlightOutcome) {
        let (at, successes) = (self.at, self.successes);
        let process = &mut self.processes[p];
        let asked = process.leaders[i].flight.purpose == Purpose::Login;
        match outcome {
            FlightOutcome::WithoutLogin | FlightOutcome::NotBegun(_) => {}
            FlightOutcome::LoggedIn(token) if token.expires() <= process.now(at).instant => {
                self.note_failure(p, Duration::ZERO, false);
            }
            FlightOutcome::LoggedIn(token) => {
                let hand = process.session.record.token.as_ref().map(|it| format!("t{}", number_of(it)));
                if !asked && hand.is_some_and(|hand| process.seen.has_rejected(&hand)) {
                    process.seen.replacements.push(at);
                    self.seen.replacements.push(at);
                }
                process.seen.is_issued_anew(&token.value().to_string_lossy());
                process.seen.logins += 1;
                process.seen.is_saved = false;
                process.seen.in_hand = None;
                (process.seen.failures, process.seen.refused) = (None, None);
                self.successes += 1;
                self.check_replacements(p);
            }
            FlightOutcome::Refused(_) => {
                (process.seen.failures, self.seen.failures) = (None, None);
                process.seen.refused = Some((process.password, successes));
            }
            FlightOutcome::LoginFailed { error, cut_off_after } => {
                // It says nothing to those who have more time, and takes the place of what they were waiting for.
                self.excuses += u32::from(cut_off_after.is_some());
                self.note_failure(p, error.retry_after().unwrap_or_default(), cut_off_after.is_some());
            }
        }
    }

    fn note_failure(&mut self, p: usize, retry_after: Duration, cut_off_after: bool) {
        let process = &mut self.processes[p];
        let known = (self.successes, process.session.record.generation);
        for seen in [&mut process.seen, &mut self.seen] {
            let former = seen.failures.take().filter(|it| it.known == known);
            let count = former.map_or(0, |it| it.count) + 1;
            seen.failures = Some(Failures { count, at: self.at, retry_after, cut_off_after, known });
        }
    }

    /// A token is given to a caller.
    pub(super) fn hand_out(&mut self, p: usize, call: usize, number: usize, expires: Option<Instant>) {
        self.note_hand(p);
        let at = self.at;
        let process = &mut self.processes[p];
        process.given = Some(number);
        let rejected = process.seen.has_rejected(&format!("t{number}"));
        let in_time = expires.is_none_or(|expires| process.now(at).instant < expires);
        let first = process.seen.in_hand.filter(|(it, _)| *it == number).map_or(at, |(_, since)| since);
        let issued = &mut self.account.issued[number];
        let (used, end) = (issued.used, issued.at + issued.lifetime);
        let is_young = at < first + issued.lifetime;
        issued.used = at;
        self.require(!rejected, |_| format!("call {call} of {p} is given t{number}, which {p} has rejected"));
        self.require(in_time && is_young, |it| {
            format!("at {:?} call {call} of {p} is given t{number}, had since {first:?}, which has expired", it.at)
        });
        if !self.setup.clocks && !self.setup.contents {
            self.require(at < end + ROUNDING, |_| format!("call {call} of {p} is given t{number}, over since {end:?}"));
            self.require(at < used + 30 * DAY, |_| {
                format!("call {call} of {p} is given t{number}, unused since {used:?}")
            });
        }
    }

    /// A good token may be replaced by a good one, and is not lost.
    pub(super) fn check_kept(&mut self, p: usize, had_good: bool) {
        let now = self.processes[p].now(self.at).instant;
        let kept = !had_good || self.processes[p].session.has_usable(now);
        self.require(kept, |_| format!("{p} had a good token and has lost it"));
    }

    pub(super) fn check_waits(&mut self, p: usize) {
        let waits = self.processes[p].is_in_flight();
        self.require(waits, |_| format!("a call of {p} waits for nobody"));
    }

    pub(super) fn check_flights(&mut self, p: usize, call: usize) {
        let process = &self.processes[p];
        let leading = process.leaders.iter().filter(|leader| process.session.is_in_flight(leader.flight)).count();
        let excuses = self.excuses;
        let waiting = process.calls.iter().find(|it| it.number == call);
        let bounded = waiting.is_none_or(|it| it.flights <= 4 + excuses - it.excuses + self.ended_since(it.begun));
        self.require(leading == 1, |_| format!("{leading} calls of {p} lead at once"));
        self.require(bounded, |_| format!("call {call} of {p} leads again and again"));
    }

    /// How many tokens have come since then, and are over or to be renewed by now.
    fn ended_since(&self, begun: Duration) -> u32 {
        self.account.issued.iter().filter(|it| it.at >= begun && it.at + it.lifetime * 4 / 5 <= self.at).count() as u32
    }

    pub(super) fn check_logins_of(&mut self, p: usize, call: usize) {
        let excuses = self.excuses;
        let Some(waiting) = self.processes[p].calls.iter().find(|it| it.number == call) else { return };
        let repeats = if self.account.mode == Service::Repeats { 2 } else { 0 };
        let most = 1 + excuses - waiting.excuses + self.ended_since(waiting.begun) + repeats;
        let logins = waiting.logins;
        self.require(logins <= most, |_| format!("call {call} of {p} logs in for the {logins}th time"));
    }

    /// Those who have lost the lock, or given up, no longer count.
    pub(super) fn check_one_login(&mut self) {
        let counts = |it: &Leader| {
            it.stage.login_begun().is_some() && it.lock.is_none_or(|lock| self.store.is_held(lock, self.at))
        };
        let logins =
            self.processes.iter().flat_map(|process: &Process| &process.leaders).filter(|it| counts(it)).count();
        self.require(logins <= 1, |_| format!("{logins} logins at once"));
    }

    pub(super) fn check_login(
        &mut self,
        p: usize,
        i: usize,
        before: Option<Fingerprint>,
        stored: Option<&RecordBytes>,
    ) {
        let process = &self.processes[p];
        let now = process.now(self.at);
        let leader = &process.leaders[i];
        let (purpose, left) = (leader.flight.purpose, leader.deadline.saturating_sub(self.at));
        if purpose == Purpose::Login {
            return;
        }
        let in_window = |it: &Record| {
            it.token.as_ref().is_none_or(|token| now.instant >= token.expires().before(token.full_lifetime() / 5))
        };
        let hand_allows = !self.good_in_hand(p) || (purpose == Purpose::Renew && in_window(&process.session.record));
        let stored = Record::decode(stored, &now).expect("it was read before");
        let found = stored.token.as_ref().filter(|it| Some(*it.fingerprint()) != before);
        let is_better = found.is_some_and(|it| {
            let idle_since = stored.used.max(it.obtained());
            now.instant < it.expires()
                && now.instant < idle_since.after(29 * DAY)
                && !process.seen.has_rejected(&format!("t{}", number_of(it)))
        });
        // A good one in hand is kept for one in the store that is older; then it is renewed.
        let store_allows = !is_better || (purpose == Purpose::Renew && (in_window(&stored) || hand_allows));
        let tag = u16::from(process.password);
        let store_refuses = stored.refusal.as_ref().is_some_and(|it| it.tag == tag);
        let seen = &process.seen;
        let refuses = store_refuses || seen.refused == Some((process.password, self.successes));
        let known = (self.successes, process.session.record.generation);
        let has_good = self.good_in_hand(p);
        let pause_of = |seen: &Seen| {
            let failures = seen.failures.as_ref().filter(|it| it.known == known)?;
            match purpose {
                Purpose::Renew if has_good => Some(failures.at + failures.pause(60, 3600)),
                _ if failures.cut_off_after => None,
                _ => Some(failures.at + failures.pause(1, 60)),
            }
        };
        let pause = pause_of(seen).max(pause_of(&self.seen).filter(|_| self.setup.is_calm()));
        let too_early = pause.is_some_and(|pause| self.at + ROUNDING < pause);
        self.require(hand_allows, |_| format!("{p} logs in ({purpose:?}) with a good token in hand"));
        self.require(store_allows, |_| format!("{p} logs in ({purpose:?}) with a good token in the store"));
        self.require(!refuses, |_| format!("{p} sends the refused password once more, unasked"));
        self.require(!too_early, |_| format!("{p} logs in ({purpose:?}, {left:?} left) before {pause:?}"));
    }

    fn check_replacements(&mut self, p: usize) {
        // The time that counts is when the answer came.
        let too_soon = |seen: &Seen| match seen.replacements.last_chunk() {
            Some([a, b, c, d]) => *b - *a < MINUTE && *c - *b < MINUTE && *d - *c + ROUNDING < MINUTE,
            None => false,
        };
        let (own, all) = (too_soon(&self.processes[p].seen), too_soon(&self.seen));
        let holds = !(own && !self.setup.contents || all && self.setup.is_calm());
        self.require(holds, |it| format!("{p} replaces a rejected token too soon: {:?}", it.seen.replacements));
    }

    pub(super) fn check_always(&mut self) {
        self.check_one_login();
        for p in 0..self.processes.len() {
            let process = &self.processes[p];
            process.session.check(process.now(self.at).instant);
            let leads = process.calls.iter().filter(|it| it.leads).count();
            let agrees = process.leaders.len() == leads;
            let at = self.at;
            let late = process
                .calls
                .iter()
                .find(|it| !it.leads && it.deadline < at)
                .map(|it| (it.number, it.call == Call::Login));
            self.require(agrees, |_| format!("{leads} calls of {p} lead, with other leaders"));
            self.require(late.is_none(), |_| format!("a call of {p} is not answered: {late:?}"));
        }
    }
}
