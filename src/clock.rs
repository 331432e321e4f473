//! The one place that reads the clocks.
//!
//! In memory the library counts by a clock that goes on while the machine is suspended and that nobody can set
//! ([`Instant`]). Unix time is used for what callers see and for what other processes read.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::sys;

/// How long before the start of the machine an [`Instant`] can be: a token in a store may have been issued, and used
/// last, long before this machine started. 64 bits of nanoseconds are 584 years, so the rest is enough for the time
/// after it.
const BEFORE_BOOT: Duration = Duration::from_secs(100 * 365 * 86_400);

/// A point in time on the clock of this machine's uptime. Survives a fork, means nothing on another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(Duration);

impl Instant {
    /// The earliest instant, a century before the machine started.
    pub(crate) const START: Self = Self(Duration::ZERO);
    pub(crate) const NEVER: Self = Self(Duration::MAX);

    pub(crate) fn now() -> Self {
        Self::since_boot(sys::time_since_boot())
    }

    pub(crate) const fn since_boot(uptime: Duration) -> Self {
        Self(BEFORE_BOOT.saturating_add(uptime))
    }

    pub(crate) const fn from_nanos(nanos: u64) -> Self {
        Self(Duration::from_nanos(nanos))
    }

    /// Nanoseconds since [`Self::START`]; what does not fit is `u64::MAX`.
    pub(crate) fn as_nanos(self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }

    pub(crate) fn before(self, time: Duration) -> Self {
        Self(self.0.saturating_sub(time))
    }

    /// How long from `self` to `later`; zero if `later` has passed.
    pub(crate) fn until(self, later: Self) -> Duration {
        later.0.saturating_sub(self.0)
    }
}

/// A pause of this thread. On a thread of the library it may end early: then every deadline has passed.
pub(crate) fn pause(time: Duration) {
    let until = Deadline::after(time);
    loop {
        let left = until.remaining();
        if left.is_zero() {
            return;
        }
        sys::sockets::sleep(left);
    }
}

/// One reading of both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) instant: Instant,
    /// Unix time.
    pub(crate) unix: Duration,
}

impl Now {
    pub(crate) fn read() -> Self {
        // A clock before 1970 counts as 1970.
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { instant: Instant::now(), unix }
    }

    /// The Unix time at `instant`, by the clock as it stands now.
    pub(crate) fn unix_of(&self, instant: Instant) -> Duration {
        if instant >= self.instant {
            self.unix.saturating_add(self.instant.until(instant))
        } else {
            self.unix.saturating_sub(instant.until(self.instant))
        }
    }

    /// The Unix second in which `instant` falls, by the clock as it stands now.
    pub(crate) fn unix_seconds_of(&self, instant: Instant) -> i64 {
        i64::try_from(self.unix_of(instant).as_secs()).unwrap_or(i64::MAX)
    }
}

/// The end of the time that a caller allows. On a thread of the library it comes sooner, if nobody wants the result any
/// more: see `sys::watch`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Self {
        Self(Instant::now().after(time))
    }

    pub(crate) const fn at(end: Instant) -> Self {
        Self(end)
    }

    /// Time left; zero once it has passed.
    pub(crate) fn remaining(self) -> Duration {
        self.remaining_at(Instant::now())
    }

    pub(crate) fn remaining_at(self, now: Instant) -> Duration {
        now.until(self.0.min(Instant::from_nanos(sys::watch::limit())))
    }

    pub(crate) fn has_passed(self) -> bool {
        self.remaining().is_zero()
    }

    pub(crate) fn end(self) -> Instant {
        self.0
    }

    pub(crate) fn or_later(self, other: Self) -> Self {
        Self(self.0.max(other.0))
    }

    /// The earlier of this deadline and `time` from now.
    pub(crate) fn at_most(self, time: Duration) -> Self {
        Self(self.0.min(Instant::now().after(time)))
    }
}
