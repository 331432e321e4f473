//! What a caller holds: asks `session` what to do, does it through `store` and `login`, and tells `session` how it
//! went.

use std::mem::MaybeUninit;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ring::digest::{SHA256, digest};

use crate::clock::{Deadline, Instant, Now};
use crate::credentials::Credentials;
use crate::dial::Dialer;
use crate::error::{Error, Result, Status};
use crate::login::{Effort, login};
use crate::options::Options;
use crate::published::{Found, Published};
use crate::session::{Call, Errand, Flight, Landing, Plan, Policy, Session, State, Step};
use crate::store::{Locked, Memory, Patience, Record, Store};
use crate::sys::ForkLocal;
use crate::token::Token;

/// For connecting during a renewal: the token in hand is good, and its caller should not wait long for another.
const RENEWAL_CONNECT: Duration = Duration::from_secs(5);

/// One account at the service, and its one live token. Any number of threads may use it at once.
pub struct Auth {
    options: Options,
    credentials: Credentials,
    dialer: Dialer,
    policy: Policy,
    /// Survives a fork; all else that changes is made anew for the child.
    published: Published,
    process: ForkLocal<Process>,
}

/// What belongs to one process.
struct Process {
    session: Mutex<Session>,
    landed: Condvar,
    store: Memory,
}

impl Auth {
    /// Checks everything that can be checked without the network, and opens nothing.
    pub fn new(email: &str, password: &str, options: Options) -> Result<Self> {
        let credentials = Credentials::new(email, password)?;
        #[cfg(feature = "test-panic")]
        assert!(email != "panic@personr.test", "forced, with a secret: {password}");
        let dialer = Dialer::new(&options.base_url, &options)?;
        let policy = Policy { renew_before: options.renew_before, spread: spread(&options, &credentials) };
        let published = Published::new();
        Ok(Self { options, credentials, dialer, policy, published, process: ForkLocal::new() })
    }

    /// Logs in anew, and so ends the token before it.
    pub fn login(&self) -> Result<Arc<Token>> {
        self.answer(Call::Login)
    }

    /// A token that is good now; goes to the network only if it must.
    pub fn token(&self) -> Result<Arc<Token>> {
        self.answer(Call::Token)
    }

    /// Copies `Bearer VALUE` of such a token into `buffer`, which must be longer by a byte. In the common case without
    /// a lock or an allocation.
    pub(crate) fn authorization(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<Found> {
        match self.published.read(Instant::now(), buffer) {
            Found::Nothing => {}
            found => return Ok(found),
        }
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

    /// Marks the token with this value, or this `Bearer VALUE`, as refused by the service. No I/O.
    pub fn reject(&self, token_or_authorization: &str) -> Result<()> {
        let value = match token_or_authorization.split_once(' ') {
            Some((scheme, value)) if scheme.eq_ignore_ascii_case("bearer") => value.trim(),
            _ => token_or_authorization,
        };
        if value.is_empty() {
            return Err(Error::argument("token_or_authorization", "it is empty"));
        }
        let process = self.process();
        let mut session = process.session();
        session.reject(value.as_bytes());
        self.publish(&session, &Now::read());
        Ok(())
    }

    /// How it stands. No I/O.
    pub fn state(&self) -> State {
        self.process().session().state(Instant::now())
    }

    /// When the token in hand is renewed, in Unix seconds; 0: at the next call. No I/O.
    pub fn renews_at(&self) -> i64 {
        let now = Now::read();
        self.process().session().renews_at(now.instant).map_or(0, |at| now.unix_seconds_of(at))
    }

    fn process(&self) -> &Process {
        self.process.get_or_make(|| Process {
            session: Mutex::new(Session::new(self.policy, self.published.snapshot(), Instant::now())),
            landed: Condvar::new(),
            store: Memory::open(&self.options.base_url.normalized(), &self.credentials),
        })
    }

    fn answer(&self, call: Call) -> Result<Arc<Token>> {
        let deadline = Deadline::after(self.options.timeout);
        let process = self.process();
        let mut session = process.session();
        let ticket = session.arrive(call);
        loop {
            let now = Now::read();
            match session.next(now.instant, ticket, deadline.remaining_at(now.instant)) {
                Step::Ready(token) => {
                    self.publish(&session, &now);
                    return Ok(token);
                }
                Step::Fail(error) => return Err(error),
                Step::Wait => session = process.wait(session, deadline)?,
                Step::Lead(flight) => {
                    drop(session);
                    let led = Leader { auth: self, process, flight }.lead(deadline);
                    session = process.session();
                    // A failing store is no reason to withhold a token that is good.
                    if let Err(error) = led {
                        if call == Call::Login || !session.has_usable(Instant::now()) {
                            return Err(error);
                        }
                    }
                }
            }
        }
    }

    fn publish(&self, session: &Session, now: &Now) {
        match session.to_publish(now) {
            Some((token, until)) => self.published.write(Some(&token), until),
            None => self.published.write(None, Instant::START),
        }
    }
}

impl Process {
    fn session(&self) -> MutexGuard<'_, Session> {
        // A session that panicked is one that did not get to change anything by halves that matters: the next step is
        // worked out from what it holds.
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, session: MutexGuard<'a, Session>, deadline: Deadline) -> Result<MutexGuard<'a, Session>> {
        let remaining = deadline.remaining();
        if remaining.is_zero() {
            let message = "another call's login did not end within the time allowed";
            return Err(Error::new(Status::Timeout, "login", message));
        }
        Ok(self.landed.wait_timeout(session, remaining).unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// One call on its flight. It lands whatever happens: should it panic, the others do not wait for ever.
struct Leader<'a> {
    auth: &'a Auth,
    process: &'a Process,
    flight: Flight,
}

impl Leader<'_> {
    fn lead(self, deadline: Deadline) -> Result<()> {
        let store = &self.process.store;
        if self.flight.errand != Errand::Login && self.plan(store.load()?, deadline) == Plan::Land {
            return Ok(());
        }
        let patience = match self.flight.errand {
            Errand::Renew => Patience::None,
            Errand::Obtain | Errand::Login => Patience::Until(deadline),
        };
        let Some(locked) = store.lock(patience)? else {
            return match self.flight.errand {
                Errand::Renew => Ok(()),
                _ => Err(Error::new(Status::Timeout, "store-lock", "another login holds the store's lock")),
            };
        };
        if self.plan(locked.load()?, deadline) == Plan::Land {
            return Ok(());
        }
        let landing = self.login(deadline);
        self.land(landing, locked.as_ref());
        Ok(())
    }

    fn plan(&self, record: Record, deadline: Deadline) -> Plan {
        let now = Instant::now();
        self.process.session().plan(now, self.flight.errand, record, deadline.remaining_at(now))
    }

    fn login(&self, deadline: Deadline) -> Landing {
        let auth = self.auth;
        let begun = Instant::now();
        let effort = match self.flight.errand {
            Errand::Renew => Effort { deadline, retries: 0, connect: RENEWAL_CONNECT },
            _ => Effort { deadline, retries: auth.options.max_retries, connect: Duration::MAX },
        };
        match login(&auth.dialer, &auth.options, &auth.credentials, effort) {
            Ok(token) => Landing::LoggedIn(token),
            Err(error) => {
                let in_vain = deadline.has_passed().then(|| begun.until(Instant::now()));
                Landing::LoginFailed { error, in_vain }
            }
        }
    }

    /// The threads of this process have the result at once; the store has it before its lock is given back. A token
    /// that could not be saved is good all the same.
    fn land(self, landing: Landing, locked: &dyn Locked) {
        if let Some(record) = self.touch_down(landing) {
            let _ = locked.save(record);
        }
    }

    fn touch_down(&self, landing: Landing) -> Option<Record> {
        let now = Now::read();
        let mut session = self.process.session();
        let record = session.land(now.instant, self.flight, landing);
        self.auth.publish(&session, &now);
        drop(session);
        self.process.landed.notify_all();
        record
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        if self.process.session().is_in_flight(self.flight) {
            self.touch_down(Landing::WithoutLogin);
        }
    }
}

/// 0 to 1, the same for an account everywhere.
fn spread(options: &Options, credentials: &Credentials) -> f64 {
    let account = [options.base_url.normalized().as_bytes(), b"\0", credentials.email().as_bytes()].concat();
    let number = digest(&SHA256, &account).as_ref().first_chunk::<4>().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    f64::from(number) / f64::from(u32::MAX)
}
