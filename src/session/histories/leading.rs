//! Leads as `auth/leader.rs` does, by the same `session::lead`: what that wants done is done to the world of the history,
//! and between two steps anything may happen.

use std::time::Duration;

use super::super::{Decision, FlightOutcome, Purpose};
use super::effects::Effect;
use super::outside::{Answer, broken};
use super::process::{Leader, LoggedIn, Stage};
use super::world::{World, number_of};
use crate::error::{Error, Status};
use crate::record::RecordBytes;
use crate::record::{Record, Refusal};
use crate::token::Token;

impl World {
    /// One step of a leader, up to where its next one begins.
    pub(super) fn step_leader(&mut self, p: usize, i: usize) {
        let leader = &mut self.processes[p].leaders[i];
        match std::mem::replace(&mut leader.stage, Stage::Check) {
            Stage::Check => {
                let decision = self.check_store(p, i, false);
                self.resume(p, i, decision);
            }
            Stage::Lock => {
                leader.stage = Stage::Lock;
                leader.lock = self.store.lock(self.at);
                let lock = leader.lock.map(|_| ());
                self.resume(p, i, Ok::<_, Error>(lock));
            }
            Stage::CheckLocked => {
                let decision = self.check_store(p, i, true);
                self.resume(p, i, decision);
            }
            Stage::Request { begun } if self.is_in_time(p, i, begun) => {
                let answer = self.account.login(self.at, self.processes[p].password);
                let stage = match answer {
                    Answer::Never => Stage::Request { begun },
                    answer => Stage::Answer { begun, answer },
                };
                self.processes[p].leaders[i].stage = stage;
            }
            Stage::Answer { begun, answer } if self.is_in_time(p, i, begun) => self.end_login(p, i, begun, answer),
            Stage::Request { begun } | Stage::Answer { begun, .. } => self.end_login(p, i, begun, Answer::Never),
            Stage::Save(record) => {
                self.save(p, i, &record);
                self.resume(p, i, ());
            }
        }
    }

    /// A call begins to lead, up to its first step.
    pub(super) fn begin_to_lead(&mut self, p: usize, leader: Leader) {
        let leaders = &mut self.processes[p].leaders;
        leaders.push(leader);
        let i = leaders.len() - 1;
        let effect = leaders[i].led.resume(None, false);
        self.handle(p, i, effect);
    }

    fn resume<T: 'static>(&mut self, p: usize, i: usize, reply: T) {
        let leader = &mut self.processes[p].leaders[i];
        let effect = leader.led.resume(Some(Box::new(reply)), self.at >= leader.deadline);
        self.handle(p, i, effect);
    }

    /// An effect is the next step, before which anything may happen, or is handled as a part of this one.
    fn handle(&mut self, p: usize, i: usize, effect: Effect) {
        let process = &mut self.processes[p];
        let leader = &mut process.leaders[i];
        match effect {
            // While the lock is waited for.
            Effect::Check if matches!(leader.stage, Stage::Lock) => {
                let decision = self.check_store(p, i, false);
                self.resume(p, i, decision);
            }
            Effect::Check => leader.stage = Stage::Check,
            // Each process knows its password.
            Effect::AskForPassword => self.resume(p, i, Ok::<_, Error>(())),
            Effect::TryLock => leader.stage = Stage::Lock,
            Effect::CheckLocked => leader.stage = Stage::CheckLocked,
            Effect::LogIn if self.store.preparation_fails => self.resume(p, i, Err::<FlightOutcome, _>(broken())),
            Effect::LogIn => self.begin_login(p, i),
            Effect::Finish(outcome) => {
                let record = self.finish(p, i, outcome);
                self.resume(p, i, record);
            }
            Effect::Record => {
                let record = process.session.record();
                self.resume(p, i, record);
            }
            Effect::Save(record) => leader.stage = Stage::Save(Box::new(record)),
            Effect::End(led) => self.end(p, i, led),
        }
    }

    fn is_in_time(&self, p: usize, i: usize, begun: Duration) -> bool {
        self.at < self.processes[p].leaders[i].deadline.min(begun.saturating_add(self.store.lease_left()))
    }

    /// Reads the record and asks the session what to do.
    fn check_store(&mut self, p: usize, i: usize, is_locked: bool) -> Result<Decision, Error> {
        let bytes = self.store.load()?;
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        let stored = Record::decode(bytes.as_ref(), &now)?;
        let (leader, password) = (&process.leaders[i], u16::from(process.password));
        let (purpose, left) = (leader.flight.purpose, leader.deadline.saturating_sub(self.at));
        self.note_stored(p, &stored);
        let had_good = self.good_in_hand(p);
        let process = &mut self.processes[p];
        let hand_before = process.session.in_hand();
        let decision = process.session.decide(&now, purpose, stored, |refusal| refusal.tag == password, left);
        self.check_kept(p, had_good);
        self.note_hand(p);
        if decision == Decision::Login && is_locked {
            self.check_login(p, i, hand_before, bytes.as_ref());
        }
        Ok(decision)
    }

    fn begin_login(&mut self, p: usize, i: usize) {
        let leader = &mut self.processes[p].leaders[i];
        leader.stage = Stage::Request { begun: self.at };
        if leader.flight.purpose != Purpose::Login {
            self.unasked_logins.push(self.at);
        }
        let call = leader.call;
        if let Some(waiting) = self.processes[p].calls.iter_mut().find(|it| it.number == call) {
            waiting.logins += 1;
        }
        self.check_one_login();
        self.check_logins_of(p, call);
    }

    fn end_login(&mut self, p: usize, i: usize, begun: Duration, answer: Answer) {
        let process = &self.processes[p];
        let deadline = process.leaders[i].deadline;
        let cut_off_after = (self.at >= deadline).then(|| self.at.saturating_sub(begun));
        let outcome = match answer {
            Answer::Token(number) => FlightOutcome::LoggedIn(self.token(p, number, begun)),
            Answer::Refused => {
                let error = Error::new(Status::InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", "");
                FlightOutcome::Refused(Refusal { error, salt: 0, tag: u16::from(process.password) })
            }
            Answer::Failed(error) => FlightOutcome::LoginFailed { error, cut_off_after },
            Answer::Never => {
                FlightOutcome::LoginFailed { error: Error::new(Status::Timeout, "answer", ""), cut_off_after }
            }
        };
        self.resume(p, i, Ok::<_, Error>(outcome));
        self.poll_all(p);
    }

    /// `Leader::finish_flight`.
    fn finish(&mut self, p: usize, i: usize, outcome: FlightOutcome) -> Option<Record> {
        let had_good = self.good_in_hand(p);
        self.note_outcome(p, i, &outcome);
        let new = if let FlightOutcome::LoggedIn(token) = &outcome { Some(*token.fingerprint()) } else { None };
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        let flight = process.leaders[i].flight;
        let record = process.session.finish(&now, flight, outcome);
        process.leaders[i].result = process.session.result_of(flight);
        self.publish(p);
        self.check_kept(p, had_good && new.is_none());
        let process = &mut self.processes[p];
        let hand = process.session.record.token.as_ref();
        let token = hand.filter(|it| Some(*it.fingerprint()) == new).map(number_of);
        let nth = process.seen.logins;
        process.leaders[i].logged_in = token.map(|token| LoggedIn { token, nth });
        self.note_hand(p);
        record
    }

    /// As this process would have it of the answer to a request that it sent at `begun`.
    pub(super) fn token(&self, p: usize, number: usize, begun: Duration) -> Token {
        let lifetime = self.account.issued[number].lifetime;
        let expires = self.processes[p].now(begun).instant.after(lifetime);
        Token::new(format!("t{number}").as_bytes(), b"user", lifetime, 0, expires)
    }

    fn save(&mut self, p: usize, i: usize, record: &Record) {
        let had_good = self.good_in_hand(p);
        let process = &mut self.processes[p];
        let logged_in = process.leaders[i].logged_in;
        // A later login is another thread's, which has not lost anything; and another thread may have saved this one.
        let is_last = logged_in.is_some_and(|login| login.nth == process.seen.logins) && !process.seen.is_saved;
        let now = process.now(self.at);
        let held = process.leaders[i].lock.is_some_and(|lock| self.store.is_held(lock, self.at));
        if self.store.saves_fail {
            process.session.saved(now.instant, record, false);
        } else if held {
            let bytes: RecordBytes = record.encode(&now).expect("JSON");
            self.store.save(bytes);
            // A success of which the others learn only now.
            self.successes += u32::from(process.session.write_back.has_failed());
            process.session.saved(now.instant, record, true);
            let in_hand = process.session.in_hand();
            let has_it = |it: &Record| it.token.as_ref().map(|token| *token.fingerprint()) == in_hand;
            process.seen.is_saved |= has_it(record) && record.generation == process.session.record.generation;
        } else {
            self.excuses += 1;
            self.note_lost_lock(p, logged_in.filter(|_| is_last));
            let flight = self.processes[p].leaders[i].flight;
            self.processes[p].session.lock_was_lost(flight);
        }
        self.publish(p);
        let gives_up = !held && !self.store.saves_fail && is_last;
        self.check_kept(p, had_good && !gives_up);
    }

    /// What `Leader::lead` drops at its end, and what `Auth::answer` makes of its result.
    fn end(&mut self, p: usize, i: usize, led: Result<(), Error>) {
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        let leader = process.leaders.remove(i);
        if let Some(lock) = leader.lock {
            self.store.unlock(lock);
        }
        if let Some(waiting) = process.calls.iter_mut().find(|it| it.number == leader.call) {
            waiting.leads = false;
            let (call, result) = (waiting.call, led.err().map(Err).or(leader.result));
            match result.and_then(|result| process.session.answer_of_leader(now.instant, call, &result)) {
                Some(Ok(token)) => {
                    let (number, expires) = (number_of(&token), token.expires());
                    self.answer(p, leader.call, Ok(number));
                    self.hand_out(p, leader.call, number, Some(expires));
                }
                Some(Err(error)) => self.answer(p, leader.call, Err(error)),
                None => {}
            }
        }
        self.poll_all(p);
    }
}
