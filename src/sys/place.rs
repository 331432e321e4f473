//! Whose code a thread is running, and what becomes of a panic in it.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::LocalKey;

/// Whose code a thread is running.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The application's, which has not called the library.
    Outside,
    /// The library's.
    Inside,
    /// The application's again, in a callback of the library, which may be in the middle of a login.
    Callback,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Outside) };
}

/// The place of this thread. A call looks it up once, since that takes as long as all else here.
pub(crate) const fn of_this_thread() -> &'static LocalKey<Cell<Place>> {
    &PLACE
}

static HOOK_IS_SET: AtomicBool = AtomicBool::new(false);

/// A caught panic still prints, by the panic hook, and if stderr is a broken pipe this ends the application by SIGPIPE.
/// So panics of the library print nothing. In a Rust program that links the same standard library, other panics print
/// as before.
fn silence_own_panics() {
    // A load first: a swap would have all threads of a busy program fight for one cache line.
    if !HOOK_IS_SET.load(Ordering::Relaxed) && !HOOK_IS_SET.swap(true, Ordering::Relaxed) {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if PLACE.get() != Place::Inside {
                others(info);
            }
        }));
    }
}

/// Runs code of the library on a thread whose place is `place`. What a panic leaves half done is behind locks that
/// ignore poison on purpose, or is dropped here.
pub(crate) fn catch<R>(place: &Cell<Place>, work: impl FnOnce() -> R) -> Result<R, ()> {
    silence_own_panics();
    let from = place.replace(Place::Inside);
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    place.set(from);
    // Dropping a panic's payload may panic again: leave it.
    result.map_err(std::mem::forget)
}
