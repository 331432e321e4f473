//! When a token is renewed, and how often the store is checked while that, or a login, has to wait.
//!
//! A token is renewed in a *window* before its end, by the first call then, and the others go on with the token in
//! hand: stale-while-revalidate, as RFC 5861 names it. While a renewal has to wait, after a failure or for another
//! process, the token stays in use (stale-if-error), and the store is checked every ten seconds: another process may
//! have renewed it.

use std::time::Duration;

use super::Policy;
use crate::clock::Instant;
use crate::token::Token;

/// The service ends a token that is unused for 30 days; a day is left for clocks and for the use itself.
pub(super) const IDLE_LIMIT: Duration = Duration::from_secs(29 * DAY_S);
const DAY_S: u64 = 86_400;

/// While a call cannot have a token, the store is checked this often: another process may have put one there.
pub(super) const CHECK_EVERY: Duration = Duration::from_secs(1);
/// While a renewal has to wait, the store is checked this often.
pub(super) const CHECK_EVERY_WHILE_GOOD: Duration = Duration::from_secs(10);

/// When the store is to be checked next.
pub(super) struct Checks {
    /// Without a usable token: not before this.
    pub(super) next_store_check: Instant,
    /// With a good one whose window has begun: not before this.
    next_renewal_check: Instant,
}

impl Checks {
    pub(super) fn new() -> Self {
        Self { next_store_check: Instant::START, next_renewal_check: Instant::START }
    }

    /// The store was checked now.
    pub(super) fn checked(&mut self, now: Instant, was_renewal: bool) {
        self.next_store_check = now.after(CHECK_EVERY);
        if was_renewal {
            self.next_renewal_check = now.after(CHECK_EVERY_WHILE_GOOD);
        }
    }

    /// There is a new token, whose window is not held up by the last check of the former one.
    pub(super) fn begin_anew(&mut self) {
        self.next_renewal_check = Instant::START;
    }

    /// The first moment at which a call checks the store on behalf of this token: to renew it, or, while that has to
    /// wait, to see whether another process has.
    pub(super) fn renewal_check(&self, policy: Policy, token: &Token) -> Instant {
        policy.window_start(token).max(self.next_renewal_check)
    }
}

impl Policy {
    /// When the window of this token begins.
    pub(super) fn window_start(self, token: &Token) -> Instant {
        let life = token.full_lifetime();
        let window = self.renew_before.unwrap_or(life / 5).min(life / 2);
        token.expires().before(window).after(window.div_f64(10.0).mul_f64(self.spread))
    }
}

/// From this Unix time to the end of its UTC day.
pub(super) fn until_next_day(unix: Duration) -> Duration {
    Duration::from_secs(DAY_S - unix.as_secs() % DAY_S)
}
