//! The time since the machine started, suspended time included.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Duration;

/// Linux counts the time that the machine was suspended in `CLOCK_BOOTTIME` only; macOS does in `CLOCK_MONOTONIC`.
#[cfg(target_os = "linux")]
const BOOT_CLOCK: libc::clockid_t = libc::CLOCK_BOOTTIME;
#[cfg(not(target_os = "linux"))]
const BOOT_CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;

static UPTIME: Uptime = Uptime::by(BOOT_CLOCK);

/// The time since the machine started. It is counted by `CLOCK_MONOTONIC` where the system refuses the other clock, as
/// an old kernel or a filter of system calls does.
pub(crate) fn time_since_boot() -> Duration {
    UPTIME.read()
}

/// A clock, and `CLOCK_MONOTONIC` in its place if the system refuses it. Which of the two is read is decided once: they
/// differ by the time that the machine was suspended, and deadlines would jump.
struct Uptime {
    clock: libc::clockid_t,
    decision: AtomicI32,
    /// By how many nanoseconds the clock was ahead of `CLOCK_MONOTONIC` when it was decided on.
    ahead: AtomicU64,
}

const UNDECIDED: i32 = 0;
const THE_CLOCK: i32 = 1;
const MONOTONIC: i32 = 2;

impl Uptime {
    const fn by(clock: libc::clockid_t) -> Self {
        Self { clock, decision: AtomicI32::new(UNDECIDED), ahead: AtomicU64::new(0) }
    }

    fn read(&self) -> Duration {
        match self.decision.load(Ordering::Acquire) {
            THE_CLOCK => read(self.clock).unwrap_or_else(|| self.go_on_by_monotonic()),
            MONOTONIC => self.monotonic(),
            _ => self.decide(),
        }
    }

    /// Chooses the clock at the first reading. Two threads may both do so, with the same result.
    #[cold]
    fn decide(&self) -> Duration {
        let Some(time) = read(self.clock) else { return self.go_on_by_monotonic() };
        let ahead = time.saturating_sub(read(libc::CLOCK_MONOTONIC).unwrap_or(time));
        self.ahead.store(u64::try_from(ahead.as_nanos()).unwrap_or(0), Ordering::Relaxed);
        self.decision.store(THE_CLOCK, Ordering::Release);
        time
    }

    /// Reads `CLOCK_MONOTONIC` from now on. A filter of system calls may come at any time; what was counted before it
    /// came stays counted (`ahead`).
    #[cold]
    fn go_on_by_monotonic(&self) -> Duration {
        self.decision.store(MONOTONIC, Ordering::Release);
        self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        let ahead = Duration::from_nanos(self.ahead.load(Ordering::Relaxed));
        read(libc::CLOCK_MONOTONIC).unwrap_or_default().saturating_add(ahead)
    }
}

/// `None` if the system does not know the clock.
fn read(clock: libc::clockid_t) -> Option<Duration> {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: the pointer is to a timespec of our own.
    if unsafe { libc::clock_gettime(clock, time.as_mut_ptr()) } != 0 {
        return None;
    }
    // SAFETY: zeroes are a valid timespec, and so is what the system wrote.
    let time = unsafe { time.assume_init() };
    Some(Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No system has a clock of this number.
    const UNKNOWN: libc::clockid_t = 10_000;

    fn monotonic() -> Duration {
        read(libc::CLOCK_MONOTONIC).expect("every system has it")
    }

    #[test]
    fn the_boot_clock_goes_forward() {
        let first = time_since_boot();
        assert!(first > Duration::ZERO && time_since_boot() >= first);
    }

    #[test]
    fn without_the_boot_clock_the_monotonic_one_is_read() {
        assert_eq!(read(UNKNOWN), None);
        let uptime = Uptime::by(UNKNOWN);
        let before = monotonic();
        let (first, second) = (uptime.read(), uptime.read());
        assert!(before <= first && first <= second && second <= monotonic());
        assert!(first > Duration::ZERO);
    }

    #[test]
    fn the_choice_of_the_clock_is_kept() {
        let mut uptime = Uptime::by(UNKNOWN);
        uptime.read();
        uptime.clock = BOOT_CLOCK;
        uptime.read();
        assert_eq!(*uptime.decision.get_mut(), MONOTONIC);
    }

    #[test]
    fn counted_time_stays_counted_if_the_clock_disappears() {
        let mut uptime = Uptime::by(BOOT_CLOCK);
        let first = uptime.read();
        // As if the machine had been suspended for an hour.
        let hour = Duration::from_secs(3600);
        *uptime.ahead.get_mut() += u64::try_from(hour.as_nanos()).expect("an hour");
        uptime.clock = UNKNOWN;
        let second = uptime.read();
        assert!(second >= first + hour && second < first + 2 * hour, "{first:?}, {second:?}");
        assert!(uptime.read() >= second);
    }
}
