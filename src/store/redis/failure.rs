//! Why the store failed. The one place that decides it: every text is one of ours, since Redis's own can repeat what was
//! sent to it.

use std::time::Duration;

use crate::clock::Deadline;
use crate::error::{Error, Status};

/// Redis answers in milliseconds: one that does not is broken, and nobody should wait for all of a deadline to learn it.
const EXCHANGE: Duration = Duration::from_secs(5);

/// How long a step may take.
#[derive(Clone, Copy)]
pub(super) struct Time {
    pub(super) until: Deadline,
    /// Where the caller's time ends. Not that of a step with time of its own.
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
        // Its texts are ours, and name the certificate's flaw.
        (Status::Tls, _) => store("store-tls", format!("Redis: {}", error.message())),
        (_, "dns") => store("store-connect", "the name of the Redis server could not be looked up"),
        (_, "connect") => store("store-connect", "Redis cannot be connected to"),
        _ => store("store-connect", "the connection to Redis was lost"),
    }
}

/// A refusal, by its code; `otherwise` is for one that says nothing that is known.
pub(super) fn of_code(code: &str, otherwise: Error) -> Error {
    match code {
        "NOAUTH" => store("store-auth", "Redis asks for a password, and the URL has none"),
        "WRONGPASS" => store("store-auth", "Redis does not know this user and password"),
        "DENIED" => store("store-auth", "Redis is in protected mode: it accepts no connection without a password"),
        "NOPERM" => store("store-auth", "Redis does not allow this user what the store needs"),
        "READONLY" | "MASTERDOWN" => store("store-read-only", "this Redis server is a replica, and accepts no writes"),
        "MISCONF" => store("store-read-only", "Redis accepts no writes, since it cannot save to its disk"),
        "NOREPLICAS" => store("store-read-only", "Redis accepts no writes, since it has too few replicas"),
        "OOM" => store("store-full", "Redis has no memory left for writes"),
        "LOADING" | "BUSY" | "TRYAGAIN" | "CLUSTERDOWN" => store("store-busy", "Redis is busy or starting"),
        "MOVED" | "ASK" => store("store-moved", "another node of the Redis cluster keeps this account"),
        "WRONGTYPE" => store("store-answer", "Redis holds something else under the key of the account"),
        _ => otherwise,
    }
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
    fn only_the_callers_own_deadline_is_a_timeout_to_it() {
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
    fn a_code_that_is_not_known_is_the_steps_own_failure() {
        for (code, reason) in [("", "store-answer"), ("ERR", "store-answer"), ("OOM", "store-full")] {
            assert_eq!(of_code(code, answer()).reason(), reason);
        }
    }
}
