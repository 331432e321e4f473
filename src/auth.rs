//! One account and its token, as a handle of the C interface holds them. [`Auth`] answers the calls: it asks `session`
//! what to do next, does that through `store` and `login` (`Leader`), and tells `session` how it went.
//!
//! `Account` is what stays the same in a forked child, `Process` what a child makes anew.

mod account;
mod events;
mod leader;
mod operations;
mod process;
mod relayed;
mod requests;
mod token_worker;

use std::mem::MaybeUninit;
use std::sync::{Arc, MutexGuard};

use ring::digest::{SHA256, digest};

use crate::clock::{Deadline, Instant, Now};
use crate::credentials::{Credentials, CredentialsSource};
use crate::dial::{Dialer, Tls};
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::log::Level;
use crate::operation::Relay;
use crate::options::Options;
use crate::published::Found;
use crate::request::Obtained;
use crate::secret::{CALL_DEPTH, LOGIN_DEPTH, wiping_stack};
use crate::session::{Call, Flight, Policy, Session, State, Step, Ticket};
use crate::store;
use crate::sys::ForkLocal;
use crate::sys::watch::{is_worker, while_leading};
use crate::token::{Token, token_in};
use account::Account;
use events::Events;
use leader::Leader;
#[cfg_attr(not(feature = "capi"), allow(unused_imports))]
pub(crate) use operations::Started;
use process::Process;

/// One account at the service, and its one live token. Any number of threads may use it at once.
pub struct Auth {
    account: Account,
    /// For the service, and for a store behind TLS.
    tls: Arc<Tls>,
    /// Names the account in a store: SHA-256 of the service's URL in its one form, NUL and the email in small letters
    /// (those of ASCII), in hexadecimal.
    key: String,
    policy: Policy,
    /// All that changes, but for the published token. A forked child makes its own.
    process: ForkLocal<Process>,
}

impl Auth {
    /// Checks everything that can be checked without the network, and opens nothing. The password is not needed if the
    /// options have a credentials callback.
    pub fn new(email: &str, password: Option<&str>, mut options: Options) -> Result<Self> {
        #[cfg(feature = "test-panic")]
        assert!(email != "panic@personr.test", "forced, with a secret: {password:?}");
        let relay = Arc::new(Relay::new());
        relayed::by(&relay, &mut options);
        let credentials = match (&options.credentials, password) {
            (Some(hook), _) => CredentialsSource::asked(email, Arc::clone(hook))?,
            (None, Some(password)) => {
                CredentialsSource::Kept(wiping_stack::<CALL_DEPTH, _>(|| Credentials::new(email, password))?)
            }
            (None, None) => return Err(Error::argument("password", "it is NULL")),
        };
        let environment = Environment::read();
        let tls = Tls::shared(&options.dial, &environment);
        // Other handles may trust the same roots: then one copy is enough for all.
        options.dial.added_roots = tls.added_roots().clone();
        let dialer = Dialer::new(&options.base_url, &options.dial, &environment, &tls)?;
        let (key, spread) = key_and_spread(&options.base_url.normalized(), credentials.email());
        let auth = Self {
            policy: Policy { renew_before: options.renew_before, spread },
            account: Account::new(options, credentials, dialer, relay),
            tls,
            key,
            process: ForkLocal::new(),
        };
        // Opens the store. A `memory:` store ends with the last handle of its account, and this handle counts even if
        // it is never used.
        auth.process();
        Ok(auth)
    }

    /// Logs in anew, and so ends the token before it.
    pub fn login(&self) -> Result<Arc<Token>> {
        Ok(self.answer(Call::Login, self.deadline())?.token)
    }

    /// A token that is good now. Uses the network only if there is none, or if it ends soon.
    pub fn token(&self) -> Result<Arc<Token>> {
        Ok(self.answer(Call::Token, self.deadline())?.token)
    }

    /// Copies `Bearer VALUE` of the token in hand into `buffer`, which must be longer by a byte, if that token is good
    /// and nothing is due. Takes no lock and allocates nothing.
    pub(crate) fn authorization_in_hand(&self, buffer: &mut [MaybeUninit<u8>]) -> Found {
        self.account.authorization_in_hand(buffer)
    }

    /// Copies `Bearer VALUE` of a token that is good now into `buffer`. Logs in if there is none.
    pub(crate) fn authorization(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<Found> {
        let token = self.token()?;
        let text = token.authorization().to_bytes();
        if buffer.len() <= text.len() {
            return Ok(Found::TooSmall(text.len()));
        }
        for (place, byte) in buffer.iter_mut().zip(text) {
            place.write(*byte);
        }
        Ok(Found::Copied(text.len()))
    }

    /// Marks the token with this value, this `Bearer VALUE`, or this Authorization line, as refused by the service. No
    /// I/O.
    pub fn reject(&self, token_or_authorization: &str) -> Result<()> {
        let Some(value) = token_in(token_or_authorization) else {
            return Err(Error::argument("token_or_authorization", "there is no token in it"));
        };
        self.reject_value(value.as_bytes());
        Ok(())
    }

    fn reject_value(&self, value: &[u8]) {
        let now = Now::read();
        let mut session = self.process().session();
        let was_in_hand = wiping_stack::<CALL_DEPTH, _>(|| session.reject(now.instant, value));
        self.account.publish(&session, &now);
        drop(session);
        if was_in_hand {
            let mut events = Events::default();
            events.add(Level::Warn, "rejected", || "the service refused the token in hand".to_owned());
            events.tell(self.account.options.log.as_deref());
        }
    }

    /// Whether the state is [`State::Good`], and nothing is due: what most calls find. Takes no lock.
    pub(crate) fn is_good(&self) -> bool {
        self.account.is_good()
    }

    /// The state of the session. No I/O.
    pub fn state(&self) -> State {
        self.process().session().state(Instant::now())
    }

    /// When the token in hand is renewed, in Unix seconds; 0: at the next call. No I/O.
    pub fn renews_at(&self) -> i64 {
        let now = Now::read();
        self.process().session().renews_at(now.instant).map_or(0, |at| now.unix_seconds_of(at))
    }

    fn process(&self) -> &Process {
        let account = &self.account;
        self.process.get_or_make(|| {
            if account.is_forked() {
                account.protect_again();
            }
            let inherited = wiping_stack::<CALL_DEPTH, _>(|| account.inherited_token());
            let session = Session::new(self.policy, inherited, &Now::read());
            let store = store::open(
                &account.options.store,
                &account.options.dial,
                &self.tls,
                &self.key,
                account.credentials.kept(),
            );
            Process::new(session, store)
        })
    }

    /// Of a call that begins now.
    fn deadline(&self) -> Deadline {
        Deadline::after(self.account.options.timeout)
    }

    /// Answers a call: the turns of one ticket.
    fn answer(&self, call: Call, deadline: Deadline) -> Result<Obtained> {
        self.run_callbacks();
        let process = self.process();
        let mut session = process.session();
        let limits = Limits { call: deadline, flight: deadline, answer: self.deadline() };
        let ticket = session.arrive(call);
        loop {
            match self.turn(process, session, ticket, limits) {
                Turn::Answered(answer) => return answer,
                Turn::Waits(locked) => session = process.wait(locked, deadline, &self.account.relay)?,
            }
        }
    }

    /// A turn of a call: asks the session for the next step until there is an answer, or until the call has to wait for
    /// another call's flight. The session is not locked while this call leads one itself.
    fn turn<'a>(
        &'a self,
        process: &'a Process,
        mut session: MutexGuard<'a, Session>,
        ticket: Ticket,
        limits: Limits,
    ) -> Turn<'a> {
        loop {
            let now = Now::read();
            match session.next(&now, ticket, limits.call.remaining_at(now.instant)) {
                Step::Ready(token) => {
                    self.account.publish(&session, &now);
                    return Turn::Answered(Ok(Obtained { token, is_own: false }));
                }
                Step::Fail(error) => return Turn::Answered(Err(error)),
                Step::Wait => return Turn::Waits(session),
                Step::Lead(flight) => {
                    drop(session);
                    process.pool().reap(now.instant);
                    let result = self.lead(process, flight, limits);
                    session = process.session();
                    let answer =
                        result.and_then(|result| session.answer_of_leader(Instant::now(), ticket.call(), &result));
                    if let Some(answer) = answer {
                        return Turn::Answered(answer.map(|token| Obtained { token, is_own: true }));
                    }
                }
            }
        }
    }

    /// Leads a flight to its end. What happened is told after it, when neither lock is held.
    fn lead(&self, process: &Process, flight: Flight, limits: Limits) -> Option<Result<Arc<Token>>> {
        let mut events = Events::default();
        let result = wiping_stack::<LOGIN_DEPTH, _>(|| {
            while_leading(process.waiters(), || {
                Leader::new(&self.account, process, flight, limits.flight, limits.answer, &mut events).lead()
            })
        });
        events.tell(self.account.options.log.as_deref());
        result
    }

    /// Runs the callbacks that threads of the library have left. On a thread of the application alone.
    pub(crate) fn run_callbacks(&self) {
        if !is_worker() && self.account.relay.is_due() {
            self.account.relay.run();
        }
    }

    /// The last handle of the application is freed: no callback may be called afterwards.
    pub(crate) fn close_callbacks(&self) {
        self.account.relay.close();
    }
}

/// The ends of the times for one call.
#[derive(Clone, Copy)]
struct Limits {
    call: Deadline,
    /// For a flight that the call leads.
    flight: Deadline,
    /// Once its request is out, a login is waited for until then, if that is later.
    answer: Deadline,
}

enum Turn<'a> {
    Answered(Result<Obtained>),
    Waits(MutexGuard<'a, Session>),
}

/// Key and spread depend on the account alone: every process on every machine works out the same. The spread is 0 to 1.
///
/// Emails that differ in capitals are one account: with two keys its logins would end each other's token. Other
/// alphabets have no rule that all systems agree on, so only ASCII's letters are made small.
fn key_and_spread(base_url: &str, email: &str) -> (String, f64) {
    let email = email.to_ascii_lowercase();
    let digest = digest(&SHA256, &[base_url.as_bytes(), b"\0", email.as_bytes()].concat());
    let number = digest.as_ref().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    let key = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    (key, f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod auth_tests;
