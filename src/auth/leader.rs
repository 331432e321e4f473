//! One call that leads a flight: all I/O of a call is here. What is to be done is decided by the session, and in which
//! order by `session/lead.rs`; here is what each step does. A step blocks until it is done, so that none of these
//! futures is ever pending.
//!
//! The session is locked for one question at a time, and never while the leader waits for the store, the application
//! or the service. So the other threads go on with the token in hand during a renewal.

use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::events::Events;
use super::process::Process;
use crate::clock::{Deadline, Instant, Now};
use crate::credentials::ForLogin;
use crate::error::{Result, Status};
use crate::log::Level;
use crate::login::{Effort, login};
use crate::random;
use crate::record::{Record, RecordBytes, Refusal};
use crate::session::{Decision, Flight, FlightIo, FlightOutcome, Purpose, lead, poll_once};
use crate::store::{Owner, SaveOutcome, StoreLock, StoreOption};
use crate::sys::watch::{is_abandoned, shielded};
use crate::token::Token;

/// For connecting during a renewal: the token in hand is good, and its caller should not wait long for another.
const RENEWAL_CONNECT: Duration = Duration::from_secs(5);
/// So long a store waits for its lock, before the record is read again: who has the lock may have saved a token.
const LOCK_SLICE: Duration = Duration::from_secs(1);

/// A leader that panics ends its flight when it is dropped. Else the others would wait for it until their deadlines.
pub(super) struct Leader<'a> {
    account: &'a Account,
    process: &'a Process,
    flight: Flight,
    /// Of the caller.
    deadline: Deadline,
    /// Of a login whose request is out: never the earlier one.
    answer_deadline: Deadline,
    /// What would be sent. `None`: the application is still to be asked.
    credentials: Option<ForLogin<'a>>,
    /// Names this flight to the store, from the first try of the lock on.
    owner: Option<Owner>,
    /// Of the login, or the error that kept it from beginning.
    result: Option<Result<Arc<Token>>>,
    events: &'a mut Events,
}

impl<'a> Leader<'a> {
    pub(super) fn new(
        account: &'a Account,
        process: &'a Process,
        flight: Flight,
        deadline: Deadline,
        answer_deadline: Deadline,
        events: &'a mut Events,
    ) -> Self {
        let credentials = account.credentials.kept().map(ForLogin::Kept);
        Self { account, process, flight, deadline, answer_deadline, credentials, owner: None, result: None, events }
    }

    /// The result for the leader's own caller. `None`: there was no login, and the caller asks for its next step.
    pub(super) fn lead(mut self) -> Option<Result<Arc<Token>>> {
        let purpose = self.flight.purpose;
        if let Some(Err(error)) = poll_once(lead(&mut self, purpose)) {
            self.events.add(Level::Warn, "failed", || error.to_string());
            self.result = Some(Err(error));
        }
        self.result.take()
    }

    /// Asks the session what to do about the record that was found in the store.
    fn decide(&mut self, found: Option<RecordBytes>) -> Result<Decision> {
        let now = Now::read();
        let record = Record::decode(found.as_ref(), &now)?;
        let asked_recently = self.process.asked_recently(now.instant);
        let credentials = self.credentials.as_deref();
        let refuses = |refusal: &Refusal| match credentials {
            Some(credentials) => credentials.tag(refusal.salt) == refusal.tag,
            // The application is asked later in this flight, and may then tell another password than the refused one.
            // But it is asked once a minute at most: within that it counts as the same.
            None => asked_recently,
        };
        let left = self.deadline.remaining_at(now.instant);
        let mut session = self.process.session();
        let before = session.in_hand();
        let decision = session.decide(&now, self.flight.purpose, record, refuses, left);
        // A token that is replaced by this login, or that is unusable, does not count as adopted.
        let adopted =
            self.flight.purpose != Purpose::Login && session.in_hand() != before && session.has_usable(now.instant);
        drop(session);
        if adopted {
            self.events.add(Level::Info, "adopted", || "a token was found in the store".to_owned());
        }
        Ok(decision)
    }

    /// One login within `limit`, after which the lock may be another one's.
    fn login(&mut self, limit: Duration) -> FlightOutcome {
        let account = self.account;
        // A flight that was to record the use of a token has not asked the application. Meanwhile the token has ended.
        let Some(credentials) = self.credentials.as_deref() else { return FlightOutcome::WithoutLogin };
        let begun = Instant::now();
        let (deadline, answer) = (self.deadline.at_most(limit), self.answer_deadline.at_most(limit));
        // A renewal does not retry: another call tries again after a pause, and the token in hand is good until then.
        let effort = match self.flight.purpose {
            Purpose::Renew => Effort { deadline, answer, retries: 0, connect: RENEWAL_CONNECT },
            _ => Effort { deadline, answer, retries: account.options.max_retries, connect: Duration::MAX },
        };
        let outcome = login(&account.dialer, &account.options, credentials, effort);
        let spent = begun.until(Instant::now());
        let how =
            format!("host {}, attempts {}, {} ms", account.options.base_url.host, outcome.attempts, spent.as_millis());
        match outcome.result {
            Ok(token) => {
                self.tell_of_token(&how);
                self.tell_of_fork();
                FlightOutcome::LoggedIn(token)
            }
            // Its operation was cancelled while it connected: that tells nothing of the service.
            Err(_) if !outcome.begun && is_abandoned() => FlightOutcome::WithoutLogin,
            Err(error) if error.status() == Status::InvalidCredentials => {
                self.events.add(Level::Error, "refused", || format!("{error}: {how}, status {}", error.http_status()));
                // Without randomness the salt is 0: then equal passwords of two accounts have equal tags, of 16 bits.
                let salt = random::bytes().map_or(0, u64::from_ne_bytes);
                FlightOutcome::Refused(Refusal { error, salt, tag: credentials.tag(salt) })
            }
            Err(error) => {
                self.events.add(Level::Warn, "failed", || format!("{error}: {how}, status {}", error.http_status()));
                // What a login tells that was cancelled in a pause is the service's own.
                let is_cut_off = !is_abandoned() || error.status() == Status::Timeout;
                FlightOutcome::LoginFailed { error, cut_off_after: self.cut_off_after(begun).filter(|_| is_cut_off) }
            }
        }
    }

    /// The time since `begun`, if the caller's own deadline has passed and so ended the work.
    fn cut_off_after(&self, begun: Instant) -> Option<Duration> {
        self.deadline.has_passed().then(|| begun.until(Instant::now()))
    }

    /// Tells the log that there is a token.
    fn tell_of_token(&mut self, how: &str) {
        let event = if self.flight.purpose == Purpose::Renew { "renewed" } else { "login" };
        let has_lost_one = self.process.store().has_lost_a_token();
        // `personr_auth_login` logs in anyway: the lost token cost no login.
        if has_lost_one && self.flight.purpose != Purpose::Login {
            let why = "the token before it was still good, and was lost when the last handle of the account was freed: keep \
                       a handle, or use a store other than memory:";
            self.events.add(Level::Warn, event, || format!("a token was issued: {how}, status 200; {why}"));
        } else {
            self.events.add(Level::Info, event, || format!("a token was issued: {how}, status 200"));
        }
    }

    /// Tells the log, once, that a login of a forked child has ended its parent's token: they share no store.
    fn tell_of_fork(&mut self) {
        let is_unshared = matches!(self.account.options.store, StoreOption::Memory) && self.account.is_forked();
        if is_unshared && self.process.take_fork_notice() {
            let text = "this process was forked, and a memory: store is not shared: its parent's token has ended";
            self.events.add(Level::Warn, "forked", || text.to_owned());
        }
    }

    /// Tells the session the outcome, publishes what it holds then, and wakes the calls that wait.
    fn finish_flight(&mut self, outcome: FlightOutcome) -> Option<Record> {
        let now = Now::read();
        let mut session = self.process.session();
        let record = session.finish(&now, self.flight, outcome);
        self.result = session.result_of(self.flight);
        self.account.publish(&session, &now);
        drop(session);
        self.process.wake_waiters();
        record
    }
}

impl<'a> FlightIo for Leader<'a> {
    type Lock = Box<dyn StoreLock + 'a>;

    fn is_late(&self) -> bool {
        self.deadline.has_passed()
    }

    async fn check(&mut self) -> Result<Decision> {
        let found = self.process.store().load(self.deadline)?;
        self.decide(found)
    }

    async fn ask_for_password(&mut self) -> Result<()> {
        self.process.mark_asked();
        self.credentials = Some(self.account.credentials.for_login(self.deadline)?);
        Ok(())
    }

    async fn try_lock(&mut self) -> Result<Option<Self::Lock>> {
        let waits = self.flight.purpose.waits_for_lock();
        let wait = if waits { self.deadline.remaining().min(LOCK_SLICE) } else { Duration::ZERO };
        let is_first_try = self.owner.is_none();
        let owner = match &self.owner {
            Some(owner) => owner,
            None => self.owner.insert(Owner::random()?),
        };
        let lock = self.process.store().lock(owner, self.deadline, wait)?;
        if lock.is_none() && waits && is_first_try {
            self.events.add(Level::Debug, "lock-wait", || "another process is logging in".to_owned());
        }
        Ok(lock)
    }

    async fn check_locked(&mut self, lock: &mut Self::Lock) -> Result<Decision> {
        let found = lock.load()?;
        self.decide(found)
    }

    async fn log_in(&mut self, lock: &mut Self::Lock) -> Result<FlightOutcome> {
        lock.prepare()?;
        Ok(self.login(lock.lease_left()))
    }

    async fn finish(&mut self, outcome: FlightOutcome) -> Option<Record> {
        self.finish_flight(outcome)
    }

    async fn record(&mut self) -> Record {
        self.process.session().record()
    }

    /// A token that could not be saved is handed out all the same, and the session has a later call save it. A lost
    /// lock is different: another process may have logged in since, and then ours is dead.
    async fn save(&mut self, lock: &mut Self::Lock, record: Record) {
        let saved = shielded(|| record.encode(&Now::read()).and_then(|bytes| lock.save(&bytes)));
        let now = Now::read();
        let mut session = self.process.session();
        match &saved {
            Ok(SaveOutcome::Saved) => session.saved(now.instant, &record, true),
            Ok(SaveOutcome::LockLost) => session.lock_was_lost(self.flight),
            Err(_) => {
                session.saved(now.instant, &record, false);
                if is_abandoned() {
                    // Nobody came to run the callback: that says nothing of the store.
                    session.save_at_once(now.instant);
                }
            }
        }
        self.account.publish(&session, &now);
        drop(session);
        match saved {
            Ok(SaveOutcome::Saved) => {}
            Ok(SaveOutcome::LockLost) => self.events.add(Level::Warn, "save-failed", || {
                "the store's lock was lost during the login: the token is discarded for the store's".to_owned()
            }),
            Err(error) => self.events.add(Level::Error, "save-failed", || error.to_string()),
        }
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if self.process.session().is_in_flight(self.flight) {
            self.finish_flight(FlightOutcome::WithoutLogin);
        }
    }
}
