//! Makes a history happen, event by event, and has each step checked.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Call, Policy, Step};
use super::events::{Content, Event, Next, Rejected, Service, Setup};
use super::outside::{Account, Store};
use super::process::{Leader, Process, Stage, Waiting};
use super::rules::Seen;
use crate::clock::Instant;
use crate::error::{Error, Status};
use crate::record::Record;
use crate::token::Token;

pub(super) struct World {
    pub(super) setup: Setup,
    pub(super) policy: Policy,
    /// Since the history began.
    pub(super) at: Duration,
    pub(super) account: Account,
    pub(super) store: Store,
    pub(super) processes: Vec<Process>,
    /// Logins of which the process has learned that they succeeded.
    pub(super) successes: u32,
    /// What has happened that may cost a call a further login.
    pub(super) excuses: u32,
    pub(super) answered: Vec<(usize, Result<usize, Error>)>,
    pub(super) broken: Option<String>,
    pub(super) unasked_logins: Vec<Duration>,
    /// What all processes together have seen.
    pub(super) seen: Seen,
    calls: usize,
}

impl World {
    pub(super) fn new(setup: Setup) -> Self {
        let policy = Policy { renew_before: None, spread: 0.0 };
        let processes = (0..setup.processes).map(|p| Process::new(setup.uptimes[p], policy)).collect();
        Self {
            policy,
            at: Duration::ZERO,
            account: Account::new(&setup),
            store: Store::new(&setup),
            processes,
            successes: 0,
            excuses: 0,
            answered: Vec::new(),
            broken: None,
            unasked_logins: Vec::new(),
            seen: Seen::default(),
            calls: 0,
            setup,
        }
    }

    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Pass(time) => self.pass(time),
            Event::PassTo(percent) => {
                if let Some(issued) = self.account.live.map(|live| &self.account.issued[live]) {
                    let moment = issued.at + issued.lifetime * percent / 100;
                    self.pass(moment.saturating_sub(self.at));
                }
            }
            Event::Call(p, call, time) => {
                self.call(p, call, time);
            }
            Event::Step(p, which) => self.step(p, which),
            Event::Run(p) => self.run(p),
            Event::Use(p) => {
                self.use_token(p);
            }
            Event::Reject(p, which) => self.reject(p, which),
            Event::Crash(p, next) => self.crash(p, next),
            Event::Clock(p, step) => self.processes[p].set_clock(step),
            Event::Serve(mode) => self.account.mode = mode,
            Event::Lifetime(lifetime) => self.account.lifetime = lifetime,
            Event::Revoke => self.account.live = None,
            Event::Flap(p, times) => {
                for _ in 0..times {
                    self.account.live = None;
                    self.use_token(p);
                    self.call(p, Call::Token, Duration::from_secs(30));
                    self.run(p);
                }
            }
            Event::Password(p, password) => self.processes[p].password = password,
            Event::RightPassword(password) => self.account.password = password,
            Event::SavesFail(fails) => self.store.saves_fail = fails,
            Event::PreparationFails(fails) => self.store.preparation_fails = fails,
            Event::LoadsFail(fails) => self.store.loads_fail = fails,
            Event::LoseLock => self.lose_lock(),
            Event::Overtake(p, steps) => self.overtake(p, steps),
            Event::Replace(content) => self.replace(content),
        }
        self.check_always();
    }

    fn lose_lock(&mut self) {
        self.excuses += 1;
        self.store.lose_lock();
    }

    fn overtake(&mut self, p: usize, steps: usize) {
        let is_to_save =
            |it: &Self| matches!(it.processes[p].leaders.first().map(|it| &it.stage), Some(Stage::Save(_)));
        for _ in 0..6 {
            if !is_to_save(self) {
                self.step(p, 0);
            }
        }
        if is_to_save(self) {
            self.lose_lock();
            self.call(p, Call::Login, Duration::from_secs(30));
            for _ in 0..steps {
                self.step(p, self.processes[p].leaders.len().saturating_sub(1));
            }
        }
    }

    fn replace(&mut self, content: Content) {
        self.excuses += 1;
        self.store.replace(content);
    }

    /// Time passes, and on its way the deadlines of those who wait.
    fn pass(&mut self, time: Duration) {
        let end = self.at + time;
        for _ in 0..1000 {
            let Some(next) = self.next_deadline().filter(|next| *next <= end) else { break };
            self.at = self.at.max(next);
            for p in 0..self.processes.len() {
                self.give_up(p);
            }
        }
        self.at = end;
    }

    fn next_deadline(&self) -> Option<Duration> {
        let limit = self.store.lease_left();
        let leaders = |it: &Process| it.leaders.iter().filter_map(|it| it.gives_up_at(limit)).min();
        let calls = |it: &Process| it.calls.iter().filter(|it| !it.leads).map(|it| it.deadline).min();
        self.processes.iter().flat_map(|process| [leaders(process), calls(process)]).flatten().min()
    }

    fn give_up(&mut self, p: usize) {
        let limit = self.store.lease_left();
        let (at, is_over) = (self.at, |it: &Leader, at| it.gives_up_at(limit).is_some_and(|end| end <= at));
        while let Some(i) = self.processes[p].leaders.iter().position(|it| is_over(it, at)) {
            self.step_leader(p, i);
        }
        self.poll_all(p);
    }

    pub(super) fn call(&mut self, p: usize, call: Call, time: Duration) -> usize {
        self.calls += 1;
        let number = self.calls;
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        if let Some((token, _)) = process.published.filter(|(_, until)| call == Call::Token && now.instant < *until) {
            self.hand_out(p, number, token, None);
            self.answered.push((number, Ok(token)));
            return number;
        }
        let (begun, deadline, ticket) = (self.at, self.at + time, process.session.arrive(call));
        let excuses = self.excuses;
        process.calls.push(Waiting {
            number,
            call,
            ticket,
            begun,
            deadline,
            leads: false,
            flights: 0,
            logins: 0,
            excuses,
        });
        self.poll(p, number);
        number
    }

    pub(super) fn poll_all(&mut self, p: usize) {
        let waiting: Vec<_> = self.processes[p].calls.iter().filter(|it| !it.leads).map(|it| it.number).collect();
        waiting.into_iter().for_each(|number| self.poll(p, number));
    }

    /// `Auth::answer`, until it waits.
    fn poll(&mut self, p: usize, number: usize) {
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        let Some(waiting) = process.calls.iter_mut().find(|it| it.number == number) else { return };
        let left = waiting.deadline.saturating_sub(self.at);
        match process.session.next(&now, waiting.ticket, left) {
            Step::Ready(token) => {
                let number_of_token = number_of(&token);
                let expires = token.expires();
                self.publish(p);
                self.answer(p, number, Ok(number_of_token));
                self.hand_out(p, number, number_of_token, Some(expires));
            }
            Step::Fail(error) => self.answer(p, number, Err(error)),
            Step::Wait if left.is_zero() => self.answer(p, number, Err(Error::new(Status::Timeout, "login", ""))),
            Step::Wait => self.check_waits(p),
            Step::Lead(flight) => {
                (waiting.leads, waiting.flights) = (true, waiting.flights + 1);
                let leader = Leader::new(flight, number, waiting.deadline);
                self.begin_to_lead(p, leader);
                self.check_flights(p, number);
            }
        }
    }

    pub(super) fn answer(&mut self, p: usize, number: usize, answer: Result<usize, Error>) {
        self.processes[p].calls.retain(|it| it.number != number);
        self.answered.push((number, answer));
    }

    pub(super) fn publish(&mut self, p: usize) {
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        process.published =
            process.session.to_publish(&now).map(|(token, good_until, _)| (number_of(&token), good_until));
    }

    fn step(&mut self, p: usize, which: usize) {
        let leaders = self.processes[p].leaders.len();
        if leaders > 0 {
            self.step_leader(p, which % leaders);
        }
    }

    pub(super) fn run(&mut self, p: usize) {
        for _ in 0..12 {
            self.step(p, 0);
        }
    }

    /// Whether the service accepted it; `None` if there is none.
    pub(super) fn use_token(&mut self, p: usize) -> Option<bool> {
        let given = self.processes[p].given?;
        let accepted = self.account.accepts(given, self.at);
        if !accepted {
            self.reject(p, Rejected::InHand);
        }
        Some(accepted)
    }

    fn reject(&mut self, p: usize, which: Rejected) {
        let text = match which {
            Rejected::InHand => self.processes[p].given.map(|given| format!("t{given}")),
            Rejected::Old(back) => self.account.issued.len().checked_sub(1 + back).map(|number| format!("t{number}")),
            Rejected::Unknown(number) => Some(format!("u{number}")),
        };
        let Some(text) = text else { return };
        self.excuses += 1;
        self.note_rejection(p, &text);
        let process = &mut self.processes[p];
        let now = process.now(self.at);
        process.session.reject(now.instant, text.as_bytes());
        self.publish(p);
    }

    fn crash(&mut self, p: usize, next: Next) {
        self.excuses += 1;
        let process = &mut self.processes[p];
        process.leaders.drain(..).filter_map(|leader| leader.lock).for_each(|lock| self.store.abandon(lock));
        // What `published` has at a fork, whether good by now or not.
        // What is published does not tell when it was used last; a parent that forks is one that is at work.
        let at_work = |until: Instant| process.now(self.at).instant < until.after(super::events::DAY);
        let published =
            process.published.filter(|(_, until)| next == Next::Fork && at_work(*until)).map(|(number, _)| number);
        let token = process.session.record.token.as_ref().filter(|it| published == Some(number_of(it)));
        let token = token
            .map(|it| Token::new(it.value().to_bytes(), b"user", it.full_lifetime(), it.expires_at(), it.expires()));
        if next == Next::Reboot {
            self.processes[p].reboot(self.at);
        }
        self.processes[p].begin_anew(self.at, self.policy, token);
        self.note_hand(p);
    }

    pub(super) fn heal(&mut self) {
        (self.account.mode, self.account.lifetime) = (Service::Issues, super::events::YEAR);
        self.store.heal();
        if self.store.load().is_ok_and(|it| Record::decode(it.as_ref(), &self.processes[0].now(self.at)).is_err()) {
            self.store.record = None;
        }
        let password = self.account.password;
        self.processes.iter_mut().for_each(|process| process.password = password);
    }
}

pub(super) fn number_of(token: &Arc<Token>) -> usize {
    token.value().to_str().ok().and_then(|value| value.strip_prefix('t')?.parse().ok()).expect("a token of ours")
}
