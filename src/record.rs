//! What is known of an account's token, for all who share it; and its form in a store, which is JSON with Unix times.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::clock::{Instant, Now};
use crate::error::{Error, Result, Status};
use crate::store::Bytes;
use crate::token::{Token, is_token_text};

const VERSION: u64 = 1;
/// No row of logins comes to more; a record that says so is damaged. What is raised from here on does not wrap either.
const GENERATION_MAX: u64 = u64::MAX / 2;
/// By so much the clocks of two hosts that keep time may differ.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(5);
const DAY_S: u64 = 86_400;

/// Times are those of this process's clock.
#[derive(Clone)]
pub(crate) struct Record {
    /// Raised by each login. Times do not decide which of two tokens is the newer: clocks differ.
    pub(crate) generation: u64,
    pub(crate) token: Option<Arc<Token>>,
    /// When the token was handed out last; a store knows the UTC day of it.
    pub(crate) used: Instant,
    /// The service knows no such account: this password is not sent again unasked.
    pub(crate) refusal: Option<Refusal>,
    pub(crate) failure: Option<LoginFailure>,
    pub(crate) replacements: Replacements,
    /// What a later version wrote, and this one keeps.
    pub(crate) unknown: Map<String, Value>,
}

/// A password that the service refused. Of the password there is only enough to tell it from another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) error: Error,
    pub(crate) salt: u64,
    pub(crate) tag: u16,
}

/// The last login failed, and those before it since the last that did not.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LoginFailure {
    pub(crate) error: Error,
    pub(crate) at: Instant,
    /// In a row.
    pub(crate) count: u32,
    /// Whether the caller's own deadline ended it, and after how long: it then says nothing to a caller who has more
    /// time than that.
    pub(crate) cut_off_after: Option<Duration>,
}

/// Logins that replaced a rejected token.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Replacements {
    /// In a row, the last one at `last`.
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
    /// Reads what a store holds. What cannot be read is as none, and is replaced; what a later version wrote in a form
    /// of its own is an error, and is never replaced.
    pub(crate) fn decode(bytes: Option<&Bytes>, now: &Now) -> Result<Self> {
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        if let Ok(Version { version }) = serde_json::from_slice(bytes) {
            if version > VERSION {
                let message = "the store holds a record of a later version of the library, which is left as it is";
                return Err(Error::new(Status::Store, "store-version", message));
            }
        }
        let stored = serde_json::from_slice::<Stored>(bytes).ok().filter(|stored| stored.generation <= GENERATION_MAX);
        Ok(stored.map_or_else(Self::default, |stored| stored.at(now)))
    }

    pub(crate) fn encode(&self, now: &Now) -> Result<Bytes> {
        let bytes = serde_json::to_vec(&Stored::of(self, now)).map(Zeroizing::new);
        bytes.map_err(|_| Error::new(Status::Internal, "record", "the record could not be written as JSON"))
    }
}

#[derive(Deserialize)]
struct Version {
    version: u64,
}

/// The form in a store. Times are Unix seconds with a fraction.
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
    used_on: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<StoredRefusal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<StoredFailure>,
    #[serde(default)]
    replacements: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    replaced_at: Option<f64>,
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

    fn at(self, now: &Now) -> Record {
        Record {
            generation: self.generation,
            token: self.token(now).map(Arc::new),
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
        let lifetime = Duration::try_from_secs_f64(self.expires_at - self.obtained_at).ok()?;
        let expires = past(self.obtained_at, now).after(lifetime);
        Some(Token::new(value.as_bytes(), user_id.as_bytes(), lifetime, now.unix_seconds_of(expires), expires))
    }
}

/// When a stored pause began. `None` if that lies in the future, for the clock that said so was wrong: read as of now by
/// one short-lived process after the other, the pause would last until then. Clocks that nearly agree are believed, or
/// each host whose clock is a little behind would try at once.
fn pause_begun(unix: f64, now: &Now) -> Option<Instant> {
    (unix - now.unix.as_secs_f64() <= CLOCK_DIFFERENCE.as_secs_f64()).then(|| past(unix, now))
}

/// A stored time that is to have been. One in the future counts as now: a clock that started at 1970 must not make a
/// token of the real present look unborn.
fn past(unix: f64, now: &Now) -> Instant {
    let age = now.unix.as_secs_f64() - unix;
    now.instant.before(Duration::try_from_secs_f64(age.max(0.0)).unwrap_or(Duration::ZERO))
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
mod tests {
    use super::*;

    fn now() -> Now {
        Now { instant: Instant::START.after(Duration::from_secs(5_000_000)), unix: Duration::from_secs(1_700_000_000) }
    }

    fn full() -> Record {
        let now = now();
        let lifetime = Duration::from_secs(31_536_000);
        let obtained = now.instant.before(Duration::from_secs(100));
        let expires = obtained.after(lifetime);
        let error = Error::new(Status::RateLimited, "http-429", "Too many")
            .with_http_status(429)
            .with_retry_after(Some(Duration::from_secs(7)));
        Record {
            generation: 42,
            token: Some(Arc::new(Token::new(b"bus|1", b"user", lifetime, now.unix_seconds_of(expires), expires))),
            used: now.instant.before(Duration::from_secs(2 * DAY_S)),
            refusal: Some(Refusal { error: error.clone(), salt: u64::MAX, tag: 77 }),
            failure: Some(LoginFailure {
                error,
                at: now.instant.before(Duration::from_secs(3)),
                count: 2,
                cut_off_after: Some(Duration::from_millis(1500)),
            }),
            replacements: Replacements { count: 3, last: Some(now.instant.before(Duration::from_secs(50))) },
            unknown: Map::new(),
        }
    }

    fn decode(text: &str) -> Result<Record> {
        Record::decode(Some(&Zeroizing::new(text.as_bytes().to_vec())), &now())
    }

    fn seconds(from: Instant, to: Instant) -> u64 {
        from.until(to).as_secs_f64().round() as u64
    }

    #[test]
    fn what_is_written_is_read() {
        let (now, full) = (now(), full());
        let bytes = full.encode(&now).expect("JSON");
        let read = Record::decode(Some(&bytes), &now).expect("readable");
        let (before, after) = (full.token.expect("one"), read.token.expect("one"));
        assert_eq!((after.value(), after.user_id(), after.lifetime()), (c"bus|1", c"user", before.lifetime()));
        assert_eq!(seconds(now.instant, after.expires()), seconds(now.instant, before.expires()));
        assert_eq!((read.generation, seconds(read.used, now.instant)), (42, 2 * DAY_S));
        assert_eq!(read.refusal, full.refusal);
        let (before, after) = (full.failure.expect("one"), read.failure.expect("one"));
        assert_eq!((after.error, after.count, after.cut_off_after), (before.error, before.count, before.cut_off_after));
        assert_eq!((seconds(after.at, now.instant), read.replacements.count), (3, 3));
        assert_eq!(read.replacements.last.map(|last| seconds(last, now.instant)), Some(50));
    }

    #[test]
    fn unknown_fields_are_kept_and_a_later_version_is_left_alone() {
        let record = decode(r#"{"version":1,"generation":5,"colour":{"of":["later"]}}"#).expect("readable");
        let bytes = record.encode(&now()).expect("JSON");
        assert!(std::str::from_utf8(&bytes).expect("UTF-8").contains(r#""colour":{"of":["later"]}"#));
        for text in [r#"{"version":2}"#, r#"{"version":99,"generation":"in words"}"#] {
            let Err(error) = decode(text) else { panic!("taken for ours: {text}") };
            assert_eq!((error.status(), error.reason()), (Status::Store, "store-version"));
        }
    }

    #[test]
    fn what_cannot_be_read_is_as_none() {
        for text in ["", "{", "[]", "null", "\u{0}\u{1}", r#"{"version":1}"#, r#"{"version":"one","generation":1}"#] {
            let record = decode(text).expect("as none");
            assert!(record.token.is_none() && record.generation == 0, "{text}");
        }
        assert!(Record::decode(None, &now()).expect("none").token.is_none());
    }

    #[test]
    fn a_token_that_cannot_be_one_is_none() {
        let with = |token: &str, obtained: &str, expires: &str| {
            let text = format!(
                r#"{{"version":1,"generation":1,"token":{token},"obtained_at":{obtained},"expires_at":{expires}}}"#
            );
            decode(&text).expect("readable").token.is_some()
        };
        assert!(with("\"abc\"", "1700000000.0", "1700000060.0"));
        for (token, obtained, expires) in [
            ("\"a b\"", "1700000000", "1700000060"),
            ("\"\"", "1700000000", "1700000060"),
            ("\"abc\"", "1700000060", "1700000000"),
            ("\"abc\"", "0", "1e300"),
            ("null", "0", "1"),
        ] {
            assert!(!with(token, obtained, expires), "{token} {obtained} {expires}");
        }
    }

    #[test]
    fn times_that_have_not_come_count_as_now() {
        let text = r#"{"version":1,"generation":1,"token":"abc","obtained_at":1800000000,"expires_at":1800000060,
            "used_on":99999}"#;
        let (record, now) = (decode(text).expect("readable"), now());
        let token = record.token.expect("one");
        assert_eq!((seconds(now.instant, token.expires()), token.lifetime()), (60, 60));
        assert_eq!(record.used, now.instant);
    }

    #[test]
    fn a_pause_that_has_not_begun_does_not_bind() {
        let of = |ahead: f64| {
            let at = 1_700_000_000.0 + ahead;
            let text = format!(
                r#"{{"version":1,"generation":1,"replacements":3,"replaced_at":{at},
                "failure":{{"error":{{"status":"server","reason":"","message":"","retry_after_ms":3600000}},"at":{at},"count":9}}}}"#
            );
            decode(&text).expect("readable")
        };
        for ahead in [-3.0, 0.0, 0.02, 5.0] {
            let record = of(ahead);
            assert!(record.failure.is_some_and(|failure| seconds(failure.at, now().instant) <= 3), "{ahead}");
            assert!(record.replacements.last.is_some(), "{ahead}");
        }
        for ahead in [5.1, 60.0, 31_536_000.0, 1e18] {
            let record = of(ahead);
            assert_eq!(record.failure.map(|failure| (failure.at, failure.count)), Some((Instant::START, 9)), "{ahead}");
            assert_eq!((record.replacements.last, record.replacements.count), (None, 3), "{ahead}");
        }
    }

    #[test]
    fn a_generation_that_cannot_be_is_that_of_a_damaged_record() {
        let of = |generation: u64| {
            decode(&format!(r#"{{"version":1,"generation":{generation},"colour":1}}"#)).expect("readable").generation
        };
        assert_eq!((of(GENERATION_MAX), of(GENERATION_MAX + 1), of(u64::MAX)), (GENERATION_MAX, 0, 0));
    }

    #[test]
    fn what_was_before_this_machine_started_is_told() {
        let day = Duration::from_secs(DAY_S);
        let now =
            Now { instant: Instant::since_boot(Duration::from_secs(1)), unix: Duration::from_secs(1_700_000_000) };
        let text = r#"{"version":1,"generation":1,"token":"abc","obtained_at":1674080000,"expires_at":1705616000,
            "used_on":19635}"#;
        let record = Record::decode(Some(&Zeroizing::new(text.as_bytes().to_vec())), &now).expect("readable");
        let token = record.token.expect("one");
        assert_eq!((seconds(now.instant, token.expires()), token.lifetime()), (65 * DAY_S, 365 * DAY_S as i64));
        assert_eq!(record.used, now.instant.before(40 * day));
        assert_eq!(seconds(token.obtained(), now.instant), 300 * DAY_S);
    }

    #[test]
    fn what_is_left_is_never_more_than_the_lifetime() {
        let text = r#"{"version":1,"generation":1,"token":"abc","obtained_at":1699999990,"expires_at":1700000050}"#;
        let token = decode(text).expect("readable").token.expect("one");
        assert_eq!((seconds(now().instant, token.expires()), token.lifetime()), (50, 60));
        // A clock that started at 1970: the token is trusted for its whole life.
        let early = Now { unix: Duration::from_secs(5), ..now() };
        let token = Record::decode(Some(&Zeroizing::new(text.as_bytes().to_vec())), &early).expect("readable").token;
        assert_eq!(seconds(now().instant, token.expect("one").expires()), 60);
    }
}
