//! What the processes share: the service, and the store.

use std::time::Duration;

use super::events::{Content, Service, Setup};
use crate::error::{Error, Status};
use crate::record::RecordBytes;

pub(super) struct Issued {
    pub(super) at: Duration,
    pub(super) lifetime: Duration,
    /// When a process was given it last.
    pub(super) used: Duration,
}

/// The account at the service. Tokens are numbers, in the order in which they were issued.
pub(super) struct Account {
    pub(super) mode: Service,
    pub(super) lifetime: Duration,
    pub(super) password: u8,
    pub(super) issued: Vec<Issued>,
    pub(super) live: Option<usize>,
    pub(super) logins: u32,
}

/// What comes of a request, if nothing happens to the one who sent it.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Token(usize),
    Refused,
    Failed(Error),
    Never,
}

impl Account {
    pub(super) fn new(setup: &Setup) -> Self {
        let lifetime = setup.lifetime;
        Self { mode: Service::Issues, lifetime, password: 0, issued: Vec::new(), live: None, logins: 0 }
    }

    /// Ends the token before it.
    pub(super) fn issue(&mut self, at: Duration) -> usize {
        self.issued.push(Issued { at, lifetime: self.lifetime, used: at });
        let number = self.issued.len() - 1;
        self.live = Some(number);
        number
    }

    fn repeat(&mut self, at: Duration) -> usize {
        let Some(live) = self.live else { return self.issue(at) };
        (self.issued[live].at, self.issued[live].used) = (at, at);
        live
    }

    pub(super) fn login(&mut self, at: Duration, password: u8) -> Answer {
        self.logins += 1;
        let fails = |status, reason| Answer::Failed(Error::new(status, reason, ""));
        match self.mode {
            Service::Fails => fails(Status::Server, "http-503"),
            Service::Unreachable => fails(Status::Network, "connect"),
            Service::Limits(wait) => {
                Answer::Failed(Error::new(Status::RateLimited, "http-429", "").with_retry_after(Some(wait)))
            }
            Service::Hangs => Answer::Never,
            _ if password != self.password => Answer::Refused,
            Service::LosesAnswers => {
                self.issue(at);
                fails(Status::Network, "closed")
            }
            Service::Repeats => Answer::Token(self.repeat(at)),
            Service::Issues => Answer::Token(self.issue(at)),
        }
    }

    pub(super) fn accepts(&self, number: usize, at: Duration) -> bool {
        let issued = &self.issued[number];
        self.live == Some(number) && at < issued.at + issued.lifetime
    }
}

/// The record of the account, and the lock around a login.
#[derive(Default)]
pub(super) struct Store {
    pub(super) record: Option<RecordBytes>,
    former: Vec<Option<RecordBytes>>,
    lock: Option<Lock>,
    locks: u64,
    lease: Option<Duration>,
    pub(super) saves_fail: bool,
    pub(super) preparation_fails: bool,
    pub(super) loads_fail: bool,
}

struct Lock {
    number: u64,
    ends: Duration,
}

impl Store {
    pub(super) fn new(setup: &Setup) -> Self {
        Self { lease: setup.leased.then_some(Duration::from_secs(20)), ..Self::default() }
    }

    /// How long a login under the lock may take.
    pub(super) fn lease_left(&self) -> Duration {
        self.lease.map_or(Duration::MAX, |_| Duration::from_secs(15))
    }

    pub(super) fn load(&self) -> Result<Option<RecordBytes>, Error> {
        if self.loads_fail { Err(broken()) } else { Ok(self.record.clone()) }
    }

    pub(super) fn lock(&mut self, at: Duration) -> Option<u64> {
        if self.lock.as_ref().is_some_and(|lock| at < lock.ends) {
            return None;
        }
        self.locks += 1;
        let ends = self.lease.map_or(Duration::MAX, |lease| at + lease);
        self.lock = Some(Lock { number: self.locks, ends });
        Some(self.locks)
    }

    pub(super) fn is_held(&self, number: u64, at: Duration) -> bool {
        self.lock.as_ref().is_some_and(|lock| lock.number == number && at < lock.ends)
    }

    pub(super) fn unlock(&mut self, number: u64) {
        self.lock.take_if(|lock| lock.number == number);
    }

    /// The holder is dead: the system gives its lock back, unless the lock is one that ends by itself.
    pub(super) fn abandon(&mut self, number: u64) {
        if self.lease.is_none() {
            self.unlock(number);
        }
    }

    pub(super) fn lose_lock(&mut self) {
        self.lock = None;
    }

    pub(super) fn save(&mut self, record: RecordBytes) {
        self.former.push(self.record.replace(record));
    }

    pub(super) fn replace(&mut self, content: Content) {
        let bytes = |text: &str| Some(RecordBytes::new(text.as_bytes().to_vec()));
        self.record = match content {
            Content::Nothing => None,
            Content::Garbage => bytes("{\"version\":1,\"gen"),
            Content::LaterVersion => bytes("{\"version\":2,\"generation\":900}"),
            Content::Former(back) => self.former.iter().nth_back(back - 1).cloned().flatten(),
        };
    }

    pub(super) fn heal(&mut self) {
        (self.saves_fail, self.preparation_fails, self.loads_fail) = (false, false, false);
    }
}

pub(super) fn broken() -> Error {
    Error::new(Status::Store, "store-io", "")
}
