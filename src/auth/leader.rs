//! One call that leads a flight: it reads the store, takes its lock, logs in, and saves. All I/O of a call is here;
//! what is to be done is decided by the session.
//!
//! The session is locked for one question at a time, and never while the leader waits for the store, the application
//! or the service. So the other threads go on with the token in hand during a renewal.
//!
//! The order of the steps is also in `session/histories/leading.rs` and `tests/models/sharing/protocol.rs`, which try
//! what happens between them: change them together.

use std::sync::Arc;
use std::time::Duration;

use super::account::Account;
use super::events::Events;
use super::process::Process;
use crate::clock::{Deadline, Instant, Now};
use crate::credentials::{Credentials, ForLogin};
use crate::error::{Error, Result, Status};
use crate::log::Level;
use crate::login::{Effort, login};
use crate::random;
use crate::record::{Record, RecordBytes, Refusal};
use crate::session::{Decision, Flight, FlightOutcome, Purpose};
use crate::store::{Owner, SaveOutcome, StoreLock, StoreOption};
use crate::token::Token;

/// For connecting during a renewal: the token in hand is good, and its caller should not wait long for another.
const RENEWAL_CONNECT: Duration = Duration::from_secs(5);
/// How long a store may wait for its lock before the record is read again.
const LOCK_SLICE: Duration = Duration::from_secs(1);

/// Dropping it ends its flight. Without that, a leader that panics would leave the others waiting until their
/// deadlines.
pub(super) struct Leader<'a> {
    account: &'a Account,
    process: &'a Process,
    flight: Flight,
    deadline: Deadline,
    begun: Instant,
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
        events: &'a mut Events,
    ) -> Self {
        Self { account, process, flight, deadline, begun: Instant::now(), result: None, events }
    }

    /// The result for the leader's own caller. `None`: there was no login, and the caller asks for its next step.
    pub(super) fn lead(mut self) -> Option<Result<Arc<Token>>> {
        if let Err(error) = self.steps() {
            self.events.add(Level::Warn, "failed", || error.to_string());
            // The calls that wait get this error, and do not each meet the same failure anew. But if only this call's
            // own time is up, they may still succeed: they lead in their turn.
            let is_shared = self.cut_off_after(self.begun).is_none();
            self.finish(if is_shared { FlightOutcome::NotBegun(error.clone()) } else { FlightOutcome::WithoutLogin });
            self.result = Some(Err(error));
        }
        self.result.take()
    }

    /// Decides without the lock, then again under it: another process may have logged in between. What would break
    /// without the second decision: two processes that find no token would both log in, and the second login would
    /// end the first one's token. An error is one from before the login; how the login itself went is a
    /// [`FlightOutcome`].
    fn steps(&mut self) -> Result<()> {
        let account = self.account;
        let kept = account.credentials.kept();
        if self.flight.purpose.checks_store_first() {
            let found = self.process.store().load(self.deadline)?;
            if self.decide(found, kept)? == Decision::Done {
                return Ok(());
            }
        }
        // Before any lock: the application's callback may take long.
        let credentials =
            if self.flight.purpose.needs_password() { Some(self.credentials()?) } else { kept.map(ForLogin::Kept) };
        let process = self.process;
        let Some(mut locked) = self.lock(process, credentials.as_deref())? else { return Ok(()) };
        let found = locked.load()?;
        match (self.decide(found, credentials.as_deref())?, &credentials) {
            (Decision::Login, Some(credentials)) => {
                locked.prepare()?;
                let outcome = self.login(credentials, locked.lease_left());
                self.finish_and_save(outcome, locked.as_mut());
            }
            (Decision::Save, _) => {
                let record = self.process.session().record();
                self.save(&record, locked.as_mut());
            }
            (Decision::Done | Decision::Login, _) => {}
        }
        Ok(())
    }

    fn credentials(&self) -> Result<ForLogin<'a>> {
        self.process.mark_asked();
        self.account.credentials.for_login(self.deadline)
    }

    /// The store's lock. `None` ends the flight: another leader has the lock and this flight does not wait for it, or
    /// what the other one has stored meanwhile leaves nothing to do.
    fn lock<'p>(
        &mut self,
        process: &'p Process,
        credentials: Option<&Credentials>,
    ) -> Result<Option<Box<dyn StoreLock + 'p>>> {
        let is_patient = self.flight.purpose.waits_for_lock();
        let owner = Owner::random()?;
        let mut waits = 0;
        loop {
            let wait = if is_patient { self.deadline.remaining().min(LOCK_SLICE) } else { Duration::ZERO };
            let locked = process.store().lock(&owner, self.deadline, wait)?;
            if locked.is_some() || !is_patient {
                return Ok(locked);
            }
            if self.deadline.has_passed() {
                let message = "another login held the store's lock for all of the time allowed";
                return Err(Error::new(Status::Timeout, "store-lock", message));
            }
            waits += 1;
            if waits == 1 {
                self.events.add(Level::Debug, "lock-wait", || "another process is logging in".to_owned());
            }
            if self.flight.purpose.checks_store_while_waiting() {
                let found = process.store().load(self.deadline)?;
                if self.decide(found, credentials)? == Decision::Done {
                    return Ok(None);
                }
            }
        }
    }

    fn decide(&mut self, found: Option<RecordBytes>, credentials: Option<&Credentials>) -> Result<Decision> {
        let now = Now::read();
        let record = Record::decode(found.as_ref(), &now)?;
        let asked_recently = self.process.asked_recently(now.instant);
        let refuses = |refusal: &Refusal| match credentials {
            Some(credentials) => credentials.tag(refusal.salt) == refusal.tag,
            // The application is asked later in this flight, and may then tell another password. One that it told
            // within the last minute is taken for the same.
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

    fn login(&mut self, credentials: &Credentials, limit: Duration) -> FlightOutcome {
        let account = self.account;
        let begun = Instant::now();
        let deadline = self.deadline.at_most(limit);
        let effort = match self.flight.purpose {
            Purpose::Renew => Effort { deadline, retries: 0, connect: RENEWAL_CONNECT },
            _ => Effort { deadline, retries: account.options.max_retries, connect: Duration::MAX },
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
            Err(error) if error.status() == Status::InvalidCredentials => {
                self.events.add(Level::Error, "refused", || format!("{error}: {how}, status {}", error.http_status()));
                // Without randomness it is 0: a tag of 16 bits says little in any case.
                let salt = random::bytes().map_or(0, u64::from_ne_bytes);
                FlightOutcome::Refused(Refusal { error, salt, tag: credentials.tag(salt) })
            }
            Err(error) => {
                self.events.add(Level::Warn, "failed", || format!("{error}: {how}, status {}", error.http_status()));
                FlightOutcome::LoginFailed { error, cut_off_after: self.cut_off_after(begun) }
            }
        }
    }

    /// The time since `begun`, if the caller's own deadline has passed and so ended the work.
    fn cut_off_after(&self, begun: Instant) -> Option<Duration> {
        self.deadline.has_passed().then(|| begun.until(Instant::now()))
    }

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

    /// A login of a child ends its parent's token, unless they share a store. Told once.
    fn tell_of_fork(&mut self) {
        let is_unshared = matches!(self.account.options.store, StoreOption::Memory) && self.account.is_forked();
        if is_unshared && self.process.take_fork_notice() {
            let text = "this process was forked, and a memory: store is not shared: its parent's token has ended";
            self.events.add(Level::Warn, "forked", || text.to_owned());
        }
    }

    /// First the session, so that the waiting threads go on at once; then the store, before its lock is given back. The
    /// other order would have every thread wait for the store's I/O.
    fn finish_and_save(&mut self, outcome: FlightOutcome, locked: &mut dyn StoreLock) {
        if let Some(record) = self.finish(outcome) {
            self.save(&record, locked);
        }
    }

    /// A token that could not be saved is handed out all the same, and the session has a later call save it. A lost
    /// lock is different: another process may have logged in since, and then ours is dead.
    fn save(&mut self, record: &Record, locked: &mut dyn StoreLock) {
        let saved = record.encode(&Now::read()).and_then(|bytes| locked.save(&bytes));
        let now = Now::read();
        let mut session = self.process.session();
        match &saved {
            Ok(SaveOutcome::Saved) => session.saved(now.instant, record, true),
            Ok(SaveOutcome::LockLost) => session.lock_was_lost(self.flight),
            Err(_) => session.saved(now.instant, record, false),
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

    fn finish(&mut self, outcome: FlightOutcome) -> Option<Record> {
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

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if self.process.session().is_in_flight(self.flight) {
            self.finish(FlightOutcome::WithoutLogin);
        }
    }
}
