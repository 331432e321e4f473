//! Ends a call: turns its result into a status and an error object.

use std::ptr::NonNull;

use super::boundary::{run, run_anywhere};
use super::error::personr_error;
use super::status::{PERSONR_OK, personr_status, status_of};
use crate::error::Result;
use crate::sys::cancellation::uncancelled;

/// Runs `work` and reports how it went, by status and by the error object that the caller may have asked for. No
/// cancellation of the thread acts in it.
///
/// # Safety
/// `error` is NULL or points to a pointer that may be written.
pub(super) unsafe fn guard(error: *mut *mut personr_error, work: impl FnOnce() -> Result<()>) -> personr_status {
    // SAFETY: promised by the caller.
    unsafe { guard_quick(error, || uncancelled(work)) }
}

/// As `guard`, for work that rarely waits, and that calls [`uncancelled`] itself where it may: switching cancellation
/// off and on takes a few nanoseconds.
///
/// # Safety
/// As for `guard`.
pub(super) unsafe fn guard_quick(error: *mut *mut personr_error, work: impl FnOnce() -> Result<()>) -> personr_status {
    // SAFETY: promised by the caller.
    unsafe { report(error, || run(work)) }
}

/// As `guard`, for work that waits for nobody, and so may be asked for inside a callback too.
///
/// # Safety
/// As for `guard`.
pub(super) unsafe fn guard_anywhere(
    error: *mut *mut personr_error,
    work: impl FnOnce() -> Result<()>,
) -> personr_status {
    // SAFETY: promised by the caller.
    unsafe { report(error, || run_anywhere(|| uncancelled(work))) }
}

/// # Safety
/// As for `guard`.
unsafe fn report(error: *mut *mut personr_error, work: impl FnOnce() -> Result<()>) -> personr_status {
    if let Some(error) = NonNull::new(error) {
        // SAFETY: promised by the caller.
        unsafe { error.write(std::ptr::null_mut()) };
    }
    let failure = match work() {
        Ok(()) => return PERSONR_OK,
        Err(failure) => failure,
    };
    let status = status_of(failure.status());
    if let Some(error) = NonNull::new(error) {
        // SAFETY: promised by the caller.
        unsafe { error.write(personr_error::boxed(failure)) };
    }
    status
}
