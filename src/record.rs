//! What is known of an account's token, for all who share it, and how a store keeps that: as JSON with Unix times.
//!
//! In memory all times are instants of this machine's boot clock, which cannot be set. That clock means nothing to
//! another machine, so a store has Unix times: [`Stored::of`] converts to them, and [`Stored::at`] converts back.
//! Another machine's Unix clock may be wrong. A time in the future therefore never lengthens a pause ([`pause_begun`]) or
//! makes a token invalid ([`past`]), and a token is never trusted for longer than its lifetime.
//!
//! A record that cannot be read counts as no record, which costs one login. Members that this version does not know are
//! written back unchanged, if there is room; a record of a later `version` is an error and is left as it is. What would
//! break without that: an old program would throw away what a newer one needs.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::clock::{Instant, Now};
use crate::error::{Error, Result, Status};
use crate::token::{Token, is_token_text};

/// A record as a store keeps it. The token stands in it.
pub(crate) type RecordBytes = Zeroizing<Vec<u8>>;

/// The longest record, in bytes: the longest token and user id, and room for what later versions may add.
pub(crate) const RECORD_MAX: usize = 32_768;

const VERSION: u64 = 1;
/// A record with a higher generation is damaged: so many logins there never are. Up to here a login can raise the
/// generation without a wrap to 0.
const GENERATION_MAX: u64 = u64::MAX / 2;
/// The clocks of two machines that keep time may differ by this much.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(5);
const DAY_S: u64 = 86_400;

/// Times are instants of this process's clock.
#[derive(Clone)]
pub(crate) struct Record {
    /// Raised by each login. Times do not decide which of two tokens is the newer: clocks differ.
    pub(crate) generation: u64,
    pub(crate) token: Option<Arc<Token>>,
    /// When the token was handed out last. A store has only the UTC day, so that it is written once a day.
    pub(crate) used: Instant,
    /// The service knows no account with this password, so no process sends it again unasked.
    pub(crate) refusal: Option<Refusal>,
    pub(crate) failure: Option<LoginFailure>,
    pub(crate) replacements: Replacements,
    /// What a later version wrote, and this one keeps.
    pub(crate) unknown: Map<String, Value>,
}

/// A password that the service refused. Its salted tag tells it from other passwords, and is too short to find the
/// password by trying: of 65,536 passwords one has the same tag.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) error: Error,
    pub(crate) salt: u64,
    pub(crate) tag: u16,
}

/// The last login has failed. `count` says how many have failed in a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoginFailure {
    pub(crate) error: Error,
    pub(crate) at: Instant,
    pub(crate) count: u32,
    /// How long the login took until the caller's own deadline ended it; `None` if it failed otherwise. A call that has
    /// more time than that does not wait for the pause after such a failure.
    pub(crate) cut_off_after: Option<Duration>,
}

/// Logins that replaced a rejected token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Replacements {
    /// How many there were in a row. The last one was at `last`.
    pub(crate) count: u32,
    pub(crate) last: Option<Instant>,
}

/// The UTC day of this Unix time.
pub(crate) fn day_of(unix: Duration) -> u64 {
    unix.as_secs() / DAY_S
}

impl Default for Record {
    fn default() -> Self {
        Self {
            generation: 0,
            token: None,
            used: Instant::START,
            refusal: None,
            failure: None,
            replacements: Replacements::default(),
            unknown: Map::new(),
        }
    }
}

impl Record {
    /// Reads what a store holds. What cannot be read counts as no record, and is replaced by the next save; a record
    /// of a later version is an error, and is never replaced.
    pub(crate) fn decode(bytes: Option<&RecordBytes>, now: &Now) -> Result<Self> {
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        // By itself: a later version may have changed every other member.
        if let Ok(Version { version }) = serde_json::from_slice(bytes) {
            if version > VERSION {
                let message = "the store holds a record of a later version of the library, which is left as it is";
                return Err(Error::new(Status::Store, "store-version", message));
            }
        }
        let stored = serde_json::from_slice::<Stored>(bytes).ok().filter(|stored| stored.generation <= GENERATION_MAX);
        Ok(stored.map_or_else(Self::default, |stored| stored.at(now)))
    }

    /// At most [`RECORD_MAX`] bytes. Where there is no room for what a later version wrote, that is left out. Else the
    /// store would refuse the record of a login that is already done, and the other processes would never have its
    /// token.
    pub(crate) fn encode(&self, now: &Now) -> Result<RecordBytes> {
        let whole = Stored::of(self, now).to_json()?;
        if whole.len() <= RECORD_MAX {
            return Ok(whole);
        }
        Stored { unknown: Map::new(), ..Stored::of(self, now) }.to_json()
    }
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// The form in a store. Times are Unix seconds with a fraction. Programs of different versions share a store, so names
/// stay, and members that are added are optional.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u64,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<Zeroizing<String>>,
    #[serde(default)]
    user_id: String,
    #[serde(default)]
    obtained_at: f64,
    #[serde(default)]
    expires_at: f64,
    #[serde(default)]
    /// The UTC day, counted from 1970.
    used_on: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<StoredRefusal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<StoredFailure>,
    #[serde(default)]
    replacements: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced_at: Option<f64>,
    /// What is none of these, from a later version.
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct StoredError {
    status: String,
    reason: String,
    message: String,
    #[serde(default)]
    http_status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct StoredRefusal {
    error: StoredError,
    salt: u64,
    tag: u16,
}

#[derive(Serialize, Deserialize)]
struct StoredFailure {
    error: StoredError,
    at: f64,
    count: u32,
    /// `cut_off_after` in memory. In stores it keeps the name that it had first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_vain_ms: Option<u64>,
}

impl Stored {
    fn of(record: &Record, now: &Now) -> Self {
        let token = record.token.as_deref();
        let unix = |instant: Instant| now.unix_of(instant).as_secs_f64();
        Self {
            version: VERSION,
            generation: record.generation,
            token: token.map(|token| token.value().to_string_lossy().into_owned().into()),
            user_id: token.map(|token| token.user_id().to_string_lossy().into_owned()).unwrap_or_default(),
            obtained_at: token.map_or(0.0, |token| unix(token.obtained())),
            expires_at: token.map_or(0.0, |token| unix(token.expires())),
            used_on: day_of(now.unix_of(record.used)),
            refusal: record.refusal.as_ref().map(|refusal| StoredRefusal {
                error: StoredError::of(&refusal.error),
                salt: refusal.salt,
                tag: refusal.tag,
            }),
            failure: record.failure.as_ref().map(|failure| StoredFailure {
                error: StoredError::of(&failure.error),
                at: unix(failure.at),
                count: failure.count,
                in_vain_ms: failure.cut_off_after.map(|spent| spent.as_millis() as u64),
            }),
            replacements: record.replacements.count,
            replaced_at: record.replacements.last.map(unix),
            unknown: record.unknown.clone(),
        }
    }

    fn to_json(&self) -> Result<RecordBytes> {
        let bytes = serde_json::to_vec(self).map(Zeroizing::new);
        bytes.map_err(|_| Error::new(Status::Internal, "record", "the record could not be written as JSON"))
    }

    /// As it is to a process that reads it now.
    fn at(self, now: &Now) -> Record {
        Record {
            generation: self.generation,
            token: self.token(now).map(Arc::new),
            // So many whole days ago. A day that is still to come counts as today: the clock that wrote it was wrong.
            used: now
                .instant
                .before(Duration::from_secs(day_of(now.unix).saturating_sub(self.used_on).saturating_mul(DAY_S))),
            refusal: self.refusal.and_then(|refusal| {
                Some(Refusal { error: refusal.error.into_error()?, salt: refusal.salt, tag: refusal.tag })
            }),
            failure: self.failure.and_then(|failure| {
                Some(LoginFailure {
                    error: failure.error.into_error()?,
                    at: pause_begun(failure.at, now).unwrap_or(Instant::START),
                    count: failure.count,
                    cut_off_after: failure.in_vain_ms.map(Duration::from_millis),
                })
            }),
            replacements: Replacements {
                count: self.replacements,
                last: self.replaced_at.and_then(|last| pause_begun(last, now)),
            },
            unknown: self.unknown,
        }
    }

    fn token(&self, now: &Now) -> Option<Token> {
        let value = self.token.as_deref().filter(|value| is_token_text(value))?;
        let user_id = if is_token_text(&self.user_id) { &self.user_id } else { "" };
        // By the boot clock it ends when the rest of its lifetime has passed, whatever the Unix clock is set to meanwhile.
        let lifetime = Duration::try_from_secs_f64(self.expires_at - self.obtained_at).ok()?;
        let expires = past(self.obtained_at, now).after(lifetime);
        Some(Token::new(value.as_bytes(), user_id.as_bytes(), lifetime, now.unix_seconds_of(expires), expires))
    }
}

/// When a stored pause began. `None` if that lies in the future: the clock that wrote it was wrong. If it counted as
/// now, each short-lived process would begin the pause anew, until that time comes. The clocks of two machines may
/// differ by a few seconds: else each machine whose clock is a little behind would not pause at all.
fn pause_begun(unix: f64, now: &Now) -> Option<Instant> {
    (unix - now.unix.as_secs_f64() <= CLOCK_DIFFERENCE.as_secs_f64()).then(|| past(unix, now))
}

/// A stored time that must lie in the past. One in the future counts as now: on a machine whose clock starts at 1970, a
/// good token would otherwise seem to be issued in the future.
fn past(unix: f64, now: &Now) -> Instant {
    let age = now.unix.as_secs_f64() - unix;
    // An age that is no duration is that of a damaged record, and counts as the longest.
    now.instant.before(Duration::try_from_secs_f64(age.max(0.0)).unwrap_or(Duration::MAX))
}

impl StoredError {
    fn of(error: &Error) -> Self {
        Self {
            status: error.status().name().to_owned(),
            reason: error.reason().to_owned(),
            message: error.message().to_owned(),
            http_status: error.http_status(),
            retry_after_ms: error.retry_after().map(|wait| wait.as_millis() as u64),
        }
    }

    /// `None` for a status that this version does not know.
    fn into_error(self) -> Option<Error> {
        let error = Error::new(Status::named(&self.status)?, self.reason, self.message);
        Some(error.with_http_status(self.http_status).with_retry_after(self.retry_after_ms.map(Duration::from_millis)))
    }
}

#[cfg(test)]
#[path = "record/record_tests.rs"]
mod tests;
