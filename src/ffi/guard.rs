//! Every call comes in by one of these doors: no panic goes out by them.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::personr_error;
use super::status::{PERSONR_OK, personr_status, status_of};
use crate::error::{Error, Result, Status};

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

static HOOK_IS_SET: AtomicBool = AtomicBool::new(false);

/// A caught panic still prints by the hook, and a broken stderr pipe then ends the host program by SIGPIPE. So this
/// library's panics say nothing; in a Rust program that links the same standard library, others go on as before.
fn silence_own_panics() {
    // A load first: a swap would have all threads of a busy program fight for one cache line.
    if !HOOK_IS_SET.load(Ordering::Relaxed) && !HOOK_IS_SET.swap(true, Ordering::Relaxed) {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !INSIDE.get() {
                others(info);
            }
        }));
    }
}

fn catch<R>(work: impl FnOnce() -> R) -> std::result::Result<R, ()> {
    silence_own_panics();
    let outside = INSIDE.replace(true);
    // What a panic may leave half-done is behind locks that ignore poison on purpose, or is dropped here.
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(outside);
    // Dropping a panic's payload may panic again: leave it.
    result.map_err(std::mem::forget)
}

/// Runs `work` and reports how it went, by status and by the error object that the caller may have asked for.
///
/// # Safety
/// `error` is NULL or points to a pointer that may be written.
pub(super) unsafe fn guard(error: *mut *mut personr_error, work: impl FnOnce() -> Result<()>) -> personr_status {
    if let Some(error) = NonNull::new(error) {
        // SAFETY: promised by the caller.
        unsafe { error.write(std::ptr::null_mut()) };
    }
    let message = "a defect of the library was met; please report it";
    let failure = match catch(work) {
        Ok(Ok(())) => return PERSONR_OK,
        Ok(Err(failure)) => failure,
        Err(()) => Error::new(Status::Internal, "panic", message),
    };
    let status = status_of(failure.status());
    if let Some(error) = NonNull::new(error) {
        // SAFETY: promised by the caller.
        unsafe { error.write(personr_error::boxed(failure)) };
    }
    status
}

/// For functions that cannot report: `otherwise` stands for the answer of a call that panicked.
pub(super) fn quietly<R>(otherwise: R, work: impl FnOnce() -> R) -> R {
    catch(work).unwrap_or(otherwise)
}
