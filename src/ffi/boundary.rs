//! Keeps track of whose code a thread is running, and lets no panic cross the boundary to C.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result, Status};
use crate::sys::cancellation::{as_before, uncancelled};

/// Whose code a thread is running.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
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

/// `place` is that of this thread. The caller looks it up once, since that takes as long as all else here.
fn catch<R>(place: &Cell<Place>, work: impl FnOnce() -> R) -> std::result::Result<R, ()> {
    silence_own_panics();
    let from = place.replace(Place::Inside);
    // What a panic leaves half done is behind locks that ignore poison on purpose, or is dropped here.
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    place.set(from);
    // Dropping a panic's payload may panic again: leave it.
    result.map_err(std::mem::forget)
}

/// Runs the work of a call that can report a failure.
pub(super) fn run(work: impl FnOnce() -> Result<()>) -> Result<()> {
    PLACE.with(|place| {
        if place.get() == Place::Callback {
            // The call from which the callback was called may lead the login that this one would wait for.
            let message = "the library was called from inside one of its own callbacks";
            return Err(Error::new(Status::InvalidArgument, "reentrant", message));
        }
        caught(place, work)
    })
}

/// As [`run`], for a call that waits for nobody: from inside a callback too.
pub(super) fn run_anywhere(work: impl FnOnce() -> Result<()>) -> Result<()> {
    PLACE.with(|place| caught(place, work))
}

/// Where a panic has stopped the work, nothing is known of how far it had come.
fn caught(place: &Cell<Place>, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let message = "a defect of the library was met; please report it";
    let defect = || Error::new(Status::Internal, "panic", message).with_may_have_run(true);
    catch(place, work).unwrap_or_else(|()| Err(defect()))
}

/// Runs one of the application's callbacks: calls of the library from inside it are refused, and its panics, if it is
/// written in Rust, are its own to report. The callback returns, as the header asks, so nothing has to be unwound.
pub(super) fn in_callback<R>(callback: impl FnOnce() -> R) -> R {
    let from = PLACE.replace(Place::Callback);
    let result = as_before(callback);
    PLACE.set(from);
    result
}

/// Runs the work of a function that cannot report a failure: if it panics, the answer is `otherwise`. No cancellation
/// of the thread acts in it.
pub(super) fn quietly<R>(otherwise: R, work: impl FnOnce() -> R) -> R {
    PLACE.with(|place| catch(place, || uncancelled(work))).unwrap_or(otherwise)
}
