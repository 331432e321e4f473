//! Keeps track of whose code a thread is running, and lets no panic cross the boundary to C.

use std::cell::Cell;

use crate::error::{Error, Result, Status};
use crate::sys::cancellation::{as_before, uncancelled};
use crate::sys::place::{Place, catch, of_this_thread};

/// Runs the work of a call that can report a failure.
pub(super) fn run(work: impl FnOnce() -> Result<()>) -> Result<()> {
    of_this_thread().with(|place| {
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
    of_this_thread().with(|place| caught(place, work))
}

fn caught(place: &Cell<Place>, work: impl FnOnce() -> Result<()>) -> Result<()> {
    catch(place, work).unwrap_or_else(|()| Err(Error::defect()))
}

/// Whether this thread is in one of the application's callbacks.
pub(super) fn is_in_callback() -> bool {
    of_this_thread().get() == Place::Callback
}

/// Runs one of the application's callbacks: calls of the library from inside it are refused, and its panics, if it is
/// written in Rust, are its own to report. The callback returns, as the header asks, so nothing has to be unwound.
pub(super) fn in_callback<R>(callback: impl FnOnce() -> R) -> R {
    let from = of_this_thread().replace(Place::Callback);
    let result = as_before(callback);
    of_this_thread().set(from);
    result
}

/// Runs the work of a function that cannot report a failure: if it panics, the answer is `otherwise`. No cancellation
/// of the thread acts in it.
pub(super) fn quietly<R>(otherwise: R, work: impl FnOnce() -> R) -> R {
    of_this_thread().with(|place| catch(place, || uncancelled(work))).unwrap_or(otherwise)
}
