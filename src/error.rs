//! Why a call failed: a status to decide by, a reason that tells its cases apart, and a message for people.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::sys::mapping::Mapped;
use crate::text::{self, MESSAGE_MAX, REASON_MAX};

/// What kind of failure it was. The C constants of the same names carry the meaning, see `personr.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// A parameter is missing, malformed or out of range.
    InvalidArgument,
    /// The service knows no account with this email and password.
    InvalidCredentials,
    /// The service answered 401, or fresh tokens keep being refused.
    Unauthorized,
    /// The service refused for another reason, which it names.
    Rejected,
    /// The service answered 429.
    RateLimited,
    /// The service answered 5xx.
    Server,
    /// Name look-up, connect, proxy, reset, or closed before the answer was complete.
    Network,
    /// The time that the caller allowed has passed.
    Timeout,
    /// The certificate or the handshake.
    Tls,
    /// An answer that is not Personr's.
    Protocol,
    /// The token store failed.
    Store,
    /// The caller's buffer cannot hold the value.
    BufferTooSmall,
    /// A defect of this library.
    Internal,
    /// An operation that was cancelled, or whose process is another.
    Cancelled,
    /// The application did not tell the password.
    Credentials,
    /// A file cannot be read or written.
    File,
    /// A JSON document has no such value.
    NoValue,
}

impl Status {
    const NAMES: [(Self, &'static str); 17] = [
        (Self::InvalidArgument, "invalid-argument"),
        (Self::InvalidCredentials, "invalid-credentials"),
        (Self::Unauthorized, "unauthorized"),
        (Self::Rejected, "rejected"),
        (Self::RateLimited, "rate-limited"),
        (Self::Server, "server"),
        (Self::Network, "network"),
        (Self::Timeout, "timeout"),
        (Self::Tls, "tls"),
        (Self::Protocol, "protocol"),
        (Self::Store, "store"),
        (Self::BufferTooSmall, "buffer-too-small"),
        (Self::Internal, "internal"),
        (Self::Cancelled, "cancelled"),
        (Self::Credentials, "credentials"),
        (Self::File, "file"),
        (Self::NoValue, "no-value"),
    ];

    /// Its name in records and in the log.
    pub(crate) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(status, _)| *status == self).map_or("internal", |(_, name)| name)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }
}

/// A failure. It never holds a secret: every text is one of ours, or one of the service from which the secrets have
/// been taken out. Each text is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: Status,
    reason: Cow<'static, str>,
    message: Cow<'static, str>,
    http_status: u16,
    retry_after: Option<Duration>,
    may_have_run: bool,
    answer: Option<Answer>,
}

impl Error {
    pub(crate) fn new(
        status: Status,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (reason, message) = (presentable(reason.into(), REASON_MAX), presentable(message.into(), MESSAGE_MAX));
        Self { status, reason, message, http_status: 0, retry_after: None, may_have_run: false, answer: None }
    }

    /// An argument that cannot be used; `parameter` is its name in the C header.
    pub(crate) fn argument(parameter: &str, problem: &str) -> Self {
        Self::new(Status::InvalidArgument, "argument", format!("{parameter}: {problem}"))
    }

    /// A panic. Where it has stopped the work, nothing is known of how far it had come.
    pub(crate) fn defect() -> Self {
        let message = "a defect of the library was met; please report it";
        Self::new(Status::Internal, "panic", message).with_may_have_run(true)
    }

    pub(crate) fn with_http_status(mut self, http_status: u16) -> Self {
        self.http_status = http_status;
        self
    }

    pub(crate) fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    pub(crate) fn with_may_have_run(mut self, may_have_run: bool) -> Self {
        self.may_have_run = may_have_run;
        self
    }

    pub(crate) fn with_answer(mut self, body: Arc<Mapped>) -> Self {
        self.answer = Some(Answer(body));
        self
    }

    /// What kind of failure it was.
    pub fn status(&self) -> Status {
        self.status
    }

    /// For programs: the service's own word, or one of ours (`"connect"`, `"certificate-expired"`).
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// For people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The status of the HTTP answer; 0 if there was none.
    pub fn http_status(&self) -> u16 {
        self.http_status
    }

    /// How long to wait before another try, if that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Whether the service may have begun to do what the request asked for. If not, it may be sent again.
    pub fn may_have_run(&self) -> bool {
        self.may_have_run
    }

    /// The body of the answer that refused a request; empty if there was none. It is not for a log: it may hold
    /// personal data.
    pub fn body(&self) -> &[u8] {
        self.answer().map_or(&[], |answer| answer)
    }

    /// The same, to be shared.
    pub(crate) fn answer(&self) -> Option<&Arc<Mapped>> {
        self.answer.as_ref().map(|answer| &answer.0)
    }
}

/// It may hold personal data, so nothing shows it.
#[derive(Clone)]
struct Answer(Arc<Mapped>);

impl PartialEq for Answer {
    fn eq(&self, other: &Self) -> bool {
        **self.0 == **other.0
    }
}

impl Eq for Answer {}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A borrowed text is one of ours. An owned one may hold what a service or a store says, and is cleaned.
fn presentable(text: Cow<'static, str>, most: usize) -> Cow<'static, str> {
    match text {
        Cow::Borrowed(_) => text,
        Cow::Owned(text) => text::clean(text, most).into(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.reason)
    }
}

impl std::error::Error for Error {}

/// What fallible functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

/// How one attempt over the network failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// Whether to try again: another attempt may do better, and does no harm, since nothing of an answer has arrived.
    pub(crate) retry: bool,
}

impl From<Error> for Failure {
    /// A failure that another attempt would meet again.
    fn from(error: Error) -> Self {
        Self { error, retry: false }
    }
}
