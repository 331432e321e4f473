//! Whether something is sent again after a failure, and after which pause: for logins and for requests alike.
//!
//! The one question is whether the service may have begun to do what it was asked for. What was not begun can be sent
//! again without harm. What was begun is sent again only if doing it twice does no harm either. Pure: what is known of
//! the failure and how much time is left is given, the answer is a pause.

use std::time::Duration;

use crate::error::{Failure, Status};
use crate::random;

/// The longest pause before the first repetition; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Whether it does harm if the service gets the same twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeatable {
    No,
    /// A login: the next one ends the token whose answer was lost. But an answer that came, and was broken, would be
    /// broken again.
    UntilAnswered,
    Yes,
}

/// The repetitions of one call.
pub(crate) struct Attempts {
    repeatable: Repeatable,
    /// How many more there may be.
    left: u32,
    longest_pause: Duration,
}

impl Attempts {
    pub(crate) fn new(repeatable: Repeatable, retries: u32) -> Self {
        Self { repeatable, left: retries, longest_pause: FIRST_PAUSE }
    }

    /// How long to wait before the next attempt: less than `left`. `None`: there is none.
    ///
    /// `begun`: bytes may have gone out.
    pub(crate) fn pause_after(&mut self, failure: &Failure, begun: bool, left: Duration) -> Option<Duration> {
        if self.left == 0 || !self.may_be_repeated(failure, begun) {
            return None;
        }
        self.left -= 1;
        // A random part of the pause, so that the callers whom one outage failed do not come back as one; more if the
        // service asks for more, never less.
        let pause = jitter(self.longest_pause).max(failure.error.retry_after().unwrap_or_default());
        self.longest_pause = (self.longest_pause * 2).min(LONGEST_PAUSE);
        (pause < left).then_some(pause)
    }

    /// A refusal is final, and so is a timeout of what was begun: the service may be at work on it still.
    fn may_be_repeated(&self, failure: &Failure, begun: bool) -> bool {
        match failure.error.status() {
            // It was turned away, and is welcome later.
            Status::RateLimited => failure.error.retry_after().is_some(),
            _ if !begun => failure.retry,
            Status::Server => self.repeatable != Repeatable::No,
            Status::Network => match self.repeatable {
                Repeatable::No => false,
                Repeatable::UntilAnswered => failure.retry,
                Repeatable::Yes => true,
            },
            _ => false,
        }
    }
}

/// A random time up to `longest`. Without randomness it is `longest`: late is better than together.
fn jitter(longest: Duration) -> Duration {
    random::bytes().map_or(longest, |bytes| longest.mul_f64(f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    const LONG: Duration = Duration::from_secs(3600);

    fn failure(status: Status, retry: bool) -> Failure {
        Failure { error: Error::new(status, "r", "m"), retry }
    }

    fn is_repeated(repeatable: Repeatable, failure: &Failure, begun: bool) -> bool {
        Attempts::new(repeatable, 1).pause_after(failure, begun, LONG).is_some()
    }

    #[test]
    fn what_was_not_begun_is_repeated_if_it_may_do_better() {
        for repeatable in [Repeatable::No, Repeatable::UntilAnswered, Repeatable::Yes] {
            for status in [Status::Network, Status::Timeout] {
                assert!(is_repeated(repeatable, &failure(status, true), false), "{repeatable:?} {status:?}");
            }
            for status in [Status::Tls, Status::File, Status::Network] {
                assert!(!is_repeated(repeatable, &failure(status, false), false), "{repeatable:?} {status:?}");
            }
        }
    }

    #[test]
    fn what_was_begun_is_repeated_only_if_that_does_no_harm() {
        use Repeatable::{No, UntilAnswered, Yes};
        let reset = |answered: bool| failure(Status::Network, !answered);
        for (failure, repeated) in [
            (failure(Status::Server, false), [false, true, true]),
            (reset(false), [false, true, true]),
            (reset(true), [false, false, true]),
            (failure(Status::Timeout, true), [false, false, false]),
            (failure(Status::Protocol, true), [false, false, false]),
            (failure(Status::Rejected, true), [false, false, false]),
            (failure(Status::File, true), [false, false, false]),
            (failure(Status::RateLimited, true), [false, false, false]),
        ] {
            let found = [No, UntilAnswered, Yes].map(|repeatable| is_repeated(repeatable, &failure, true));
            assert_eq!(found, repeated, "{:?}", failure.error);
        }
    }

    #[test]
    fn what_was_turned_away_comes_back_when_it_is_told_to() {
        let mut turned_away = failure(Status::RateLimited, false);
        turned_away.error = turned_away.error.with_retry_after(Some(Duration::from_secs(5)));
        let pause = |left| Attempts::new(Repeatable::No, 1).pause_after(&turned_away, true, left);
        assert_eq!(pause(Duration::from_secs(6)), Some(Duration::from_secs(5)), "never sooner");
        assert_eq!(pause(Duration::from_secs(5)), None, "no time would be left for the answer");
    }

    #[test]
    fn the_number_of_attempts_and_their_pauses_are_limited() {
        let mut attempts = Attempts::new(Repeatable::Yes, 10);
        let mut longest = Duration::ZERO;
        for _ in 0..10 {
            let pause = attempts.pause_after(&failure(Status::Server, false), true, LONG).expect("one more");
            longest = longest.max(pause);
        }
        assert!(longest <= LONGEST_PAUSE && longest > FIRST_PAUSE, "{longest:?}: they double");
        assert_eq!(attempts.pause_after(&failure(Status::Server, false), true, LONG), None);
    }
}
