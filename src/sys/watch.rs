//! How a thread of the library learns, in the middle of a wait, that nobody wants its result any more.
//!
//! An operation works on such a thread ([`attend`]). Everything that waits there has two ends: its own deadline, and the
//! limit of the thread, which `clock` adds to every deadline. The limit is the latest deadline of the operations that
//! the thread works for, and the past once none of them is left. Each wait is a `poll` that the watch's bell ends too, or
//! no longer than a slice ([`slice()`]).
//!
//! Two exceptions. A login whose request is out has probably ended the former token, so it goes on: see [`shielded`]. And
//! a flight goes on for those that wait for it: see [`while_leading`].

use std::cell::Cell;
use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::bell::Bell;

/// The longest wait for something that is no descriptor.
const SLICE: Duration = Duration::from_millis(100);
/// No limit, in nanoseconds of `clock::Instant`.
pub(crate) const NO_LIMIT: u64 = u64::MAX;

/// What a thread works for: operations that are counted, and the latest of their deadlines.
pub(crate) struct Watch {
    bell: Arc<Bell>,
    pending: AtomicUsize,
    /// In nanoseconds of `clock::Instant`.
    latest: AtomicU64,
}

impl Watch {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        Self { bell, pending: AtomicUsize::new(0), latest: AtomicU64::new(0) }
    }

    /// One operation more, with this deadline.
    pub(crate) fn join(&self, deadline: u64) {
        self.latest.fetch_max(deadline, Ordering::SeqCst);
        self.pending.fetch_add(1, Ordering::SeqCst);
    }

    /// One less. Async-signal-safe.
    pub(crate) fn leave(&self) {
        self.pending.fetch_sub(1, Ordering::SeqCst);
    }

    /// Ends the thread's wait, so that it looks at its limit again. Async-signal-safe.
    pub(crate) fn wake(&self) {
        self.bell.ring();
    }

    fn is_wanted(&self) -> bool {
        self.pending.load(Ordering::SeqCst) > 0
    }
}

thread_local! {
    // Pointers, for which nothing has to be done when a thread of the application ends.
    static WATCH: Cell<Option<NonNull<Watch>>> = const { Cell::new(None) };
    static FLIGHT_WAITERS: Cell<Option<NonNull<AtomicUsize>>> = const { Cell::new(None) };
    static IS_SHIELDED: Cell<bool> = const { Cell::new(false) };
    /// The flight that this thread leads was given up.
    static HAS_GIVEN_UP: Cell<bool> = const { Cell::new(false) };
}

/// Puts the former value back when it goes, also when a panic unwinds.
struct Restore<T: Copy + 'static> {
    place: &'static std::thread::LocalKey<Cell<T>>,
    former: T,
}

impl<T: Copy> Restore<T> {
    fn after(place: &'static std::thread::LocalKey<Cell<T>>, value: T) -> Self {
        Self { place, former: place.replace(value) }
    }
}

impl<T: Copy> Drop for Restore<T> {
    fn drop(&mut self) {
        self.place.set(self.former);
    }
}

/// Does work on a thread of the library, which the watch can end.
pub(crate) fn attend<R>(watch: &Watch, work: impl FnOnce() -> R) -> R {
    let _restore = Restore::after(&WATCH, Some(NonNull::from(watch)));
    work()
}

/// Leads a flight. It goes on while `waiters` is not zero, also if its own operations have been cancelled. Once it was
/// given up it stays so, whoever comes then: else what was given up in the middle would pass for a failure of the
/// service's.
pub(crate) fn while_leading<R>(waiters: &AtomicUsize, work: impl FnOnce() -> R) -> R {
    let _given_up = Restore::after(&HAS_GIVEN_UP, false);
    let _restore = Restore::after(&FLIGHT_WAITERS, Some(NonNull::from(waiters)));
    work()
}

/// Does work that goes on to its own deadline, whoever wants it.
pub(crate) fn shielded<R>(work: impl FnOnce() -> R) -> R {
    let _restore = Restore::after(&IS_SHIELDED, true);
    work()
}

fn watch<'a>() -> Option<&'a Watch> {
    // SAFETY: `attend` borrows it for as long as it stands there, and the reference does not leave this module.
    WATCH.get().map(|watch| unsafe { watch.as_ref() })
}

fn flight_is_waited_for() -> bool {
    // SAFETY: `while_leading` borrows it for as long as it stands there.
    FLIGHT_WAITERS.get().is_some_and(|waiters| unsafe { waiters.as_ref() }.load(Ordering::SeqCst) > 0)
}

/// Whether this thread is one of the library's, on which an operation works. No callback may run on it.
pub(crate) fn is_worker() -> bool {
    WATCH.get().is_some()
}

/// Whoever asked ends what it does now, and with it the flight, if there is one.
fn give_up() {
    HAS_GIVEN_UP.set(FLIGHT_WAITERS.get().is_some());
}

/// Until when this thread may work, in nanoseconds of `clock::Instant`; [`NO_LIMIT`] for a thread of the application.
pub(crate) fn limit() -> u64 {
    match watch() {
        Some(_) if IS_SHIELDED.get() => NO_LIMIT,
        Some(_) if HAS_GIVEN_UP.get() => 0,
        Some(watch) if watch.is_wanted() || flight_is_waited_for() => watch.latest.load(Ordering::SeqCst),
        Some(_) => {
            give_up();
            0
        }
        None => NO_LIMIT,
    }
}

/// Whether nobody wants the result of this thread.
pub(crate) fn is_abandoned() -> bool {
    limit() == 0
}

/// Whether somebody may still come and run a callback for this thread: until `now`, and shielded or not. If not, the
/// flight is given up.
pub(crate) fn is_attended(now: u64) -> bool {
    let is_attended = watch()
        .is_some_and(|watch| flight_is_waited_for() || watch.is_wanted() && now < watch.latest.load(Ordering::SeqCst));
    if !is_attended {
        give_up();
    }
    is_attended
}

/// How long a wait may be that is no `poll`: all of `time`, but on a thread that can be told to stop. Whoever waits
/// looks at the deadline after it.
pub(crate) fn slice(time: Duration) -> Duration {
    if is_worker() { time.min(SLICE) } else { time }
}

/// What ends a `poll` of this thread besides what it waits for, and how long the `poll` may be.
pub(super) fn bell_and_slice(time: Duration) -> (Option<RawFd>, Duration) {
    match watch() {
        Some(watch) if !IS_SHIELDED.get() => {
            // Those who wait for a flight of cancelled operations do not ring when they leave.
            let time = if watch.is_wanted() { time } else { time.min(SLICE) };
            (watch.bell.descriptor().ok(), time)
        }
        _ => (None, time),
    }
}

/// The bell has ended a `poll`. Whoever waits looks at its deadline next, and so at the limit.
pub(super) fn heard() {
    if let Some(watch) = watch() {
        watch.bell.silence();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_of_the_application_has_no_limit() {
        assert!(!is_worker());
        assert_eq!(limit(), NO_LIMIT);
        assert_eq!(slice(Duration::from_secs(5)), Duration::from_secs(5));
    }

    #[test]
    fn the_limit_is_the_latest_deadline_and_the_past_when_nobody_is_left() {
        let watch = Watch::new(Arc::new(Bell::new().expect("a bell")));
        let waiters = AtomicUsize::new(0);
        attend(&watch, || {
            assert_eq!(limit(), 0);
            watch.join(10);
            watch.join(7);
            assert_eq!((limit(), is_attended(9), is_attended(10)), (10, true, false));
            watch.leave();
            watch.leave();
            assert_eq!((limit(), is_attended(9)), (0, false));
            while_leading(&waiters, || {
                assert_eq!(limit(), 0);
                waiters.store(1, Ordering::SeqCst);
                watch.join(12);
                assert_eq!(limit(), 0, "a flight that was given up stays so");
                watch.leave();
            });
            while_leading(&waiters, || assert_eq!((limit(), is_attended(99)), (12, true)));
            assert_eq!(limit(), 0);
            assert_eq!(shielded(limit), NO_LIMIT);
        });
        assert!(!is_worker());
    }

    /// What is out is shielded, and what it has found can be saved if another operation has come.
    #[test]
    fn a_flight_whose_callback_was_given_up_is_given_up() {
        let watch = Watch::new(Arc::new(Bell::new().expect("a bell")));
        attend(&watch, || {
            while_leading(&AtomicUsize::new(0), || {
                assert!(!is_attended(0));
                watch.join(10);
                assert!(is_abandoned());
                assert_eq!((shielded(limit), is_attended(9)), (NO_LIMIT, true));
            });
            assert_eq!(limit(), 10);
        });
    }
}
