//! What `auth/leader.rs` does, step by step: between two steps anything may happen.

use std::time::Duration;

use super::super::{Decision, FlightOutcome, Purpose};
use super::outside::{Answer, broken};
use super::process::{LoggedIn, Stage};
use super::world::{World, number_of};
use crate::error::{Error, Status};
use crate::record::RecordBytes;
use crate::record::{Record, Refusal};
use crate::token::Token;

impl World {
    /// One step of `Leader::lead`.
    pub(super) fn step_leader(&mut self, p: usize, i: usize) {
        let leader = &mut self.processes[p].leaders[i];
        match std::mem::replace(&mut leader.stage, Stage::Look) {
            Stage::Look => match self.look(p, i, false) {
                Ok(Decision::Done) => self.end(p, i, Ok(())),
                Ok(_) => self.processes[p].leaders[i].stage = Stage::Lock,
                Err(error) => self.end(p, i, Err(error)),
            },
            Stage::Lock => self.lock(p, i),
            Stage::Locked => match self.look(p, i, true) {
                Ok(Decision::Login) if self.shelf.preparation_fails => self.end(p, i, Err(broken())),
                Ok(Decision::Login) => self.begin_login(p, i),
                Ok(Decision::Save) => {
                    let record = Box::new(self.processes[p].session.record());
                    self.processes[p].leaders[i].stage = Stage::Save { record, logged_in: None };
                }
                Ok(Decision::Done) => self.end(p, i, Ok(())),
                Err(error) => self.end(p, i, Err(error)),
            },
            Stage::Request { begun } if self.is_in_time(p, i, begun) => {
                let answer = self.account.login(self.at, self.processes[p].password);
                let stage = match answer {
                    Answer::Never => Stage::Request { begun },
                    answer => Stage::Answer { begun, answer },
                };
                self.processes[p].leaders[i].stage = stage;
            }
            Stage::Answer { begun, answer } if self.is_in_time(p, i, begun) => self.finish_login(p, i, begun, answer),
            Stage::Request { begun } | Stage::Answer { begun, .. } => self.finish_login(p, i, begun, Answer::Never),
            Stage::Save { record, logged_in } => self.save(p, i, &record, logged_in),
        }
    }

    fn is_in_time(&self, p: usize, i: usize, begun: Duration) -> bool {
        self.at < self.processes[p].leaders[i].deadline.min(begun.saturating_add(self.shelf.lease_left()))
    }

    /// Reads the record and asks the session what to do.
    fn look(&mut self, p: usize, i: usize, is_locked: bool) -> Result<Decision, Error> {
        let bytes = self.shelf.load()?;
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

    fn lock(&mut self, p: usize, i: usize) {
        let lock = self.shelf.lock(self.at);
        let leader = &mut self.processes[p].leaders[i];
        leader.stage = Stage::Lock;
        if lock.is_some() {
            (leader.lock, leader.stage) = (lock, Stage::Locked);
        } else if !leader.flight.purpose.waits_for_lock() {
            self.end(p, i, Ok(()));
        } else if self.at >= leader.deadline {
            self.end(p, i, Err(Error::new(Status::Timeout, "store-lock", "")));
        } else if leader.flight.purpose.checks_store_while_waiting() {
            match self.look(p, i, false) {
                Ok(Decision::Done) => self.end(p, i, Ok(())),
                Ok(_) => {}
                Err(error) => self.end(p, i, Err(error)),
            }
        }
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

    fn finish_login(&mut self, p: usize, i: usize, begun: Duration, answer: Answer) {
        let had_good = self.good_in_hand(p);
        let process = &mut self.processes[p];
        let (flight, deadline) = (process.leaders[i].flight, process.leaders[i].deadline);
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
        self.note_outcome(p, i, &outcome);
        let new = if let FlightOutcome::LoggedIn(token) = &outcome { Some(*token.fingerprint()) } else { None };
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        let record = process.session.finish(&now, flight, outcome);
        process.leaders[i].result = process.session.result_of(flight);
        self.publish(p);
        self.check_kept(p, had_good && new.is_none());
        let hand = self.processes[p].session.record.token.as_ref();
        let logged_in = hand.filter(|it| Some(*it.fingerprint()) == new).map(number_of);
        let nth = self.processes[p].seen.logins;
        let logged_in = logged_in.map(|token| LoggedIn { token, nth });
        self.note_hand(p);
        match record {
            Some(record) => self.processes[p].leaders[i].stage = Stage::Save { record: Box::new(record), logged_in },
            None => self.end(p, i, Ok(())),
        }
        self.poll_all(p);
    }

    /// As this process would have it of the answer to a request that it sent at `begun`.
    pub(super) fn token(&self, p: usize, number: usize, begun: Duration) -> Token {
        let lifetime = self.account.issued[number].lifetime;
        let expires = self.processes[p].now(begun).instant.after(lifetime);
        Token::new(format!("t{number}").as_bytes(), b"user", lifetime, 0, expires)
    }

    fn save(&mut self, p: usize, i: usize, record: &Record, logged_in: Option<LoggedIn>) {
        let had_good = self.good_in_hand(p);
        let process = &mut self.processes[p];
        // A later login is another thread's, which has not lost anything; and another thread may have saved this one.
        let is_last = logged_in.is_some_and(|login| login.nth == process.seen.logins) && !process.seen.is_saved;
        let now = process.now(self.at);
        let held = process.leaders[i].lock.is_some_and(|lock| self.shelf.is_held(lock, self.at));
        if self.shelf.saves_fail {
            process.session.saved(now.instant, record, false);
        } else if held {
            let bytes: RecordBytes = record.encode(&now).expect("JSON");
            self.shelf.save(bytes);
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
        let gives_up = !held && !self.shelf.saves_fail && is_last;
        self.check_kept(p, had_good && !gives_up);
        self.end(p, i, Ok(()));
    }

    /// What is dropped at the end of `Leader::lead`, and what `Auth::answer` makes of its result.
    fn end(&mut self, p: usize, i: usize, led: Result<(), Error>) {
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        let leader = process.leaders.remove(i);
        if let Some(lock) = leader.lock {
            self.shelf.unlock(lock);
        }
        if process.session.is_in_flight(leader.flight) {
            let outcome = match &led {
                Err(error) if self.at < leader.deadline => FlightOutcome::NotBegun(error.clone()),
                _ => FlightOutcome::WithoutLogin,
            };
            process.session.finish(&now, leader.flight, outcome);
            self.publish(p);
        }
        let process = &mut self.processes[p];
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
