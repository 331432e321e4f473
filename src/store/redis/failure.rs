//! Why the Redis store failed. This is decided here alone. Every message is our own, since a text of Redis may repeat
//! what was sent to it.

use std::time::Duration;

use super::refusal::Refusal;
use crate::clock::Deadline;
use crate::error::{Error, Status};

/// How long one step may take. Redis answers in milliseconds: if it does not, it is broken, and the caller should not
/// have to wait for the whole deadline to learn that.
const EXCHANGE: Duration = Duration::from_secs(5);

/// How long a step may take.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) until: Deadline,
    /// When the caller's own time ends; `None` for a step that has time of its own.
    callers: Option<Deadline>,
}

impl Time {
    /// Some seconds, at most what the caller has left.
    pub(super) fn of(callers: Deadline) -> Self {
        Self { until: callers.at_most(EXCHANGE), callers: Some(callers) }
    }

    pub(super) fn own(time: Duration) -> Self {
        Self { until: Deadline::after(time), callers: None }
    }

    fn is_up_for_the_caller(self) -> bool {
        self.callers.is_some_and(Deadline::has_passed)
    }
}

/// A failure of the connection, as `dial` tells it.
pub(super) fn of_connection(error: &Error, time: Time) -> Error {
    match (error.status(), error.reason()) {
        (Status::Timeout, _) if time.is_up_for_the_caller() => {
            Error::new(Status::Timeout, "store", "Redis did not answer within the time allowed")
        }
        (Status::Timeout, _) => store("store-timeout", "Redis does not answer"),
        // The messages of `dial` are our own, and say what is wrong with the certificate or the connection.
        (Status::Tls, _) => store("store-tls", format!("Redis: {}", error.message())),
        (_, "connect") => store("store-connect", format!("Redis: {}", error.message())),
        (_, "descriptors") => store("store-open", format!("Redis: {}", error.message())),
        (_, "dns") => store("store-connect", "the name of the Redis server could not be looked up"),
        _ => store("store-connect", "the connection to Redis was lost"),
    }
}

/// A refusal, as Redis words it.
pub(super) fn of_refusal(refusal: &Refusal) -> Error {
    store(refusal.reason, refusal.message)
}

pub(super) fn answer() -> Error {
    store("store-answer", "the answer is not one that Redis gives")
}

pub(super) fn store(reason: &'static str, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Status::Store, reason, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_callers_own_deadline_gives_a_timeout() {
        let timeout = Error::new(Status::Timeout, "answer", "");
        for (time, kind) in [
            (Time::of(Deadline::after(Duration::ZERO)), (Status::Timeout, "store")),
            (Time::of(Deadline::after(Duration::from_secs(60))), (Status::Store, "store-timeout")),
            (Time::own(Duration::ZERO), (Status::Store, "store-timeout")),
        ] {
            let error = of_connection(&timeout, time);
            assert_eq!((error.status(), error.reason()), kind);
        }
    }

    #[test]
    fn each_failure_of_a_connection_is_a_store_error() {
        for (status, reason, expected) in [
            (Status::Tls, "certificate-expired", "store-tls"),
            (Status::Network, "dns", "store-connect"),
            (Status::Network, "connect", "store-connect"),
            (Status::Network, "reset", "store-connect"),
            (Status::Network, "descriptors", "store-open"),
        ] {
            let error = of_connection(&Error::new(status, reason, "x"), Time::own(Duration::ZERO));
            assert_eq!((error.status(), error.reason()), (Status::Store, expected), "{reason}");
            assert_eq!(error.message() == "Redis: x", !matches!(reason, "dns" | "reset"), "{reason}: it says why");
        }
    }
}
