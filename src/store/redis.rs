//! `redis://` and `rediss://`: the record and the lock are two keys of a Redis server.
//!
//! The lock has a lease, so it ends by itself if its holder dies. A holder that is too late notices that when it saves:
//! the script that saves first looks whether the lock is still its own. Each step opens a connection, and a lock keeps
//! its connection until it is given back. No connection is shared by threads, and a forked child finds none that it
//! could write to.

mod connection;
mod failure;
mod refusal;
mod resp;
mod server;

use std::sync::Arc;
use std::time::Duration;

use super::{Owner, RECORD_MAX, RecordBytes, SaveOutcome, Store, StoreLock};
use crate::clock::{self, Deadline};
use crate::dial::{Dialer, Settings, Tls};
use crate::error::{Error, Result, Status};
use crate::random;
use crate::sys::watch::shielded;
use connection::Connection;
use failure::Time;
use resp::Answer;
pub(crate) use server::Server;

/// How long the lock lasts, in milliseconds. A login may take [`LOGIN`] of that, and the rest is for the save.
const LEASE: &str = "20000";
const LOGIN: Duration = Duration::from_secs(15);
const SAVE: Duration = Duration::from_secs(4);
/// How long giving the lock back may take. If it fails, the lease ends the lock.
const RELEASE: Duration = Duration::from_millis(500);
/// How long sending a command may take whose answer nobody awaits.
const SEND: Duration = Duration::from_millis(50);
/// How long Redis keeps a record, in milliseconds: 400 days. A token lives for a year, so a record that was not written
/// for longer is of no use.
const RECORD_LIFE: &str = "34560000000";
/// The pauses between two tries for the lock, in milliseconds.
const PAUSE: (u64, u64) = (20, 100);

const SAVE_SCRIPT: &[u8] = b"\
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1";

/// Begins the lease anew. It is a write from a script, so that a server refuses it before the login if it takes no
/// writes, allows no scripts, or does not let this user write the key. It is `SET` and not `PEXPIRE`, because a Redis
/// that has no memory left refuses only commands that need some, and the save needs some.
const PREPARE_SCRIPT: &[u8] = b"\
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1";

/// Changes nothing, and fails if this user may not run what the other scripts run. It is tried before the lock is
/// taken: who could take the lock and not give it back would block everybody for a lease. Its `DEL` finds no key, since
/// nothing runs between the commands of a script.
const TRY_SCRIPT: &[u8] = b"\
if redis.call('GET', KEYS[2]) then return 0 end
return redis.call('DEL', KEYS[2])";

const RELEASE_SCRIPT: &[u8] = b"\
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[2])";

pub(crate) struct Redis {
    server: Arc<Server>,
    dialer: Dialer,
    /// The names of the two keys. A cluster places a key by what stands in its braces, so both are kept on one node.
    record: String,
    lock: String,
}

impl Redis {
    pub(crate) fn open(server: Arc<Server>, key: &str, dial: &Settings, tls: &Arc<Tls>) -> Self {
        let record = format!("personr:{{{key}}}");
        let lock = format!("{record}:lock");
        Self { dialer: Dialer::direct(&server.url, dial, tls), server, record, lock }
    }

    fn connect(&self, time: Time) -> Result<Connection> {
        Connection::open(&self.dialer, &self.server, time)
    }

    fn script<'a>(&'a self, script: &'a [u8], arguments: &[&'a [u8]]) -> Vec<&'a [u8]> {
        let mut words = vec![b"EVAL", script, b"2", self.record.as_bytes(), self.lock.as_bytes()];
        words.extend_from_slice(arguments);
        words
    }

    /// Asks for one byte more than a record may have (the end counts too). A longer value is cut off, and can then not
    /// be read as a record.
    fn load_command(&self) -> [&[u8]; 4] {
        const { assert!(RECORD_MAX == 32_768) };
        [b"GETRANGE", self.record.as_bytes(), b"0", b"32768"]
    }

    fn check_rights(&self, connection: &mut Connection, time: Time) -> Result<()> {
        match connection.command(&self.script(TRY_SCRIPT, &[]), time)? {
            Answer::Number(0) => Ok(()),
            other => Err(other.unexpected()),
        }
    }

    fn try_lock(&self, connection: &mut Connection, owner: &Owner, time: Time) -> Result<bool> {
        let words = [b"SET", self.lock.as_bytes(), owner.as_str().as_bytes(), b"NX", b"PX", LEASE.as_bytes()];
        let answer = connection.command(&words, time).inspect_err(|_| {
            // Redis may have taken the lock, or take it later. The next command that it reads on this connection gives
            // the lock back.
            let _ = connection.send(&self.script(RELEASE_SCRIPT, &[owner.as_str().as_bytes()]), Time::own(SEND));
        })?;
        match answer {
            Answer::Done => Ok(true),
            Answer::Nothing => Ok(false),
            other => Err(other.unexpected()),
        }
    }
}

impl Store for Redis {
    fn load(&self, deadline: Deadline) -> Result<Option<RecordBytes>> {
        let time = Time::of(deadline);
        record_of(self.connect(time)?.command(&self.load_command(), time)?)
    }

    /// Asks again and again on one connection, with pauses, until `wait` is over.
    fn lock(&self, owner: &Owner, deadline: Deadline, wait: Duration) -> Result<Option<Box<dyn StoreLock + '_>>> {
        let until = Deadline::after(wait);
        let mut connection = self.connect(Time::of(deadline))?;
        self.check_rights(&mut connection, Time::of(deadline))?;
        let mut is_anothers = false;
        loop {
            let login_until = Deadline::after(LOGIN);
            match self.try_lock(&mut connection, owner, Time::of(deadline)) {
                Ok(true) => {
                    let (connection, owner) = (Some(connection), owner.clone());
                    return Ok(Some(Box::new(Held { redis: self, connection, owner, deadline, login_until })));
                }
                Ok(false) => is_anothers = true,
                // The caller's time is up, and another process held the lock all the while.
                Err(error) if is_anothers && error.status() == Status::Timeout => return Ok(None),
                Err(error) => return Err(error),
            }
            clock::pause(pause()?.min(until.remaining()));
            if until.has_passed() {
                return Ok(None);
            }
        }
    }
}

/// The lock, as long as its lease lasts.
struct Held<'a> {
    redis: &'a Redis,
    /// `None` after a failure; the next step opens another.
    connection: Option<Connection>,
    owner: Owner,
    deadline: Deadline,
    login_until: Deadline,
}

impl Held<'_> {
    fn command(&mut self, words: &[&[u8]], time: Time) -> Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.redis.connect(time)?,
        };
        let answer = connection.command(words, time)?;
        self.connection = Some(connection);
        Ok(answer)
    }

    /// Runs a script that does its work only if the lock is still ours, and tells whether it was.
    fn while_ours(&mut self, script: &[u8], arguments: &[&[u8]], time: Time) -> Result<bool> {
        let owner = self.owner.clone();
        let arguments = [&[owner.as_str().as_bytes()], arguments].concat();
        match self.command(&self.redis.script(script, &arguments), time)? {
            Answer::Number(1) => Ok(true),
            Answer::Number(0) => Ok(false),
            other => Err(other.unexpected()),
        }
    }
}

impl StoreLock for Held<'_> {
    fn load(&mut self) -> Result<Option<RecordBytes>> {
        record_of(self.command(&self.redis.load_command(), Time::of(self.deadline))?)
    }

    fn prepare(&mut self) -> Result<()> {
        self.login_until = Deadline::after(LOGIN);
        match self.while_ours(PREPARE_SCRIPT, &[LEASE.as_bytes()], Time::of(self.deadline))? {
            true => Ok(()),
            false => Err(failure::store("store-lock-lost", "Redis gave the lock to another before the login began")),
        }
    }

    fn save(&mut self, record: &[u8]) -> Result<SaveOutcome> {
        if record.len() > RECORD_MAX {
            return Err(failure::store("store-record", "the record is longer than a store may keep"));
        }
        let time = Time::own(SAVE);
        let arguments = [record, RECORD_LIFE.as_bytes()];
        // The connection was idle during the login, and may have been cut. To save twice does no harm.
        let is_ours = match self.while_ours(SAVE_SCRIPT, &arguments, time) {
            Err(_) if self.connection.is_none() => self.while_ours(SAVE_SCRIPT, &arguments, time)?,
            result => result?,
        };
        Ok(if is_ours { SaveOutcome::Saved } else { SaveOutcome::LockLost })
    }

    fn lease_left(&self) -> Duration {
        self.login_until.remaining()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // If it fails, the lease ends the lock. Whoever waits for the lock should not wait so long because the login was
        // cancelled.
        let _ = shielded(|| self.while_ours(RELEASE_SCRIPT, &[], Time::own(RELEASE)));
    }
}

/// A random pause, so that those who wait do not all ask at the same moment.
fn pause() -> Result<Duration> {
    let (shortest, longest) = PAUSE;
    let random = u64::from(u16::from_ne_bytes(random()?));
    Ok(Duration::from_millis(shortest + random % (longest - shortest + 1)))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    random::bytes().ok_or_else(|| Error::new(Status::Internal, "random", "the system gives no random numbers"))
}

/// Redis gives an empty string where there is no record.
fn record_of(answer: Answer) -> Result<Option<RecordBytes>> {
    match answer {
        Answer::Bytes(bytes) => Ok(Some(bytes).filter(|bytes| !bytes.is_empty())),
        other => Err(other.unexpected()),
    }
}
