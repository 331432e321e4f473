use std::time::Duration;

use super::auth::{Account, personr_auth};
use super::boundary::{is_in_callback, quietly};
use super::error::personr_error;
use super::guard::{guard, guard_anywhere};
use super::handle::{Handle, TypeWord, boxed, free, handle, known_handle};
use super::request::personr_request;
use super::response::personr_response;
use super::status::personr_status;
use super::strings::Output;
use super::token::personr_token;
use crate::auth::{Auth, Started};
use crate::error::{Error, Result, Status};
use crate::operation::{Answer, Kind};
use crate::options;
use crate::sys::shared::Use;

/// A call that does not block, for an application with a loop of its own: an object of the caller's, freed by
/// personr_operation_free().
///
///     personr_auth_token_start(auth, 0, &operation, &error);
///     if (!personr_operation_step(operation))
///         watch personr_operation_fd(operation) for reading, and step again each time that it is ready
///     once a step has returned 1: stop watching, then
///         personr_operation_token(operation, &token, &error);
///         personr_operation_free(operation);
///
/// Step once right after the start: an operation that was done at once has no descriptor, which no loop would wake for.
///
/// A thread of the library works meanwhile: one for all token operations of a handle, and one for each request that is
/// being sent, at most 64 in a process (further requests wait for one of these). All signals are blocked on these
/// threads, and no callback ever runs on one: what is to be called is called by the start or a step of an operation of
/// the handle, by personr_operation_wait(), or by a blocking call. Hold no lock around these that a callback takes. An operation keeps what it needs of its personr_auth
/// and personr_request: these may be freed before it.
///
/// In a forked child the operations of its parent are over (#PERSONR_CANCELLED, reason "forked"); the parent's go on.
/// The child only frees them.
#[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
pub struct personr_operation {
    _type: TypeWord<Self>,
    started: Started,
    /// The user data of the callbacks are needed until the last operation is freed.
    account: Use<Account>,
}

// SAFETY: the type is `repr(C)` and begins with its word.
unsafe impl Handle for personr_operation {
    const NAME: &'static str = "personr_operation";
}

impl Drop for personr_operation {
    fn drop(&mut self) {
        if let Started::Pending(operation) = &self.started {
            operation.peek().close();
        }
    }
}

/// Begins to do what personr_auth_token() does, and does not wait for it.
///
/// With a good token at hand the operation is done at once: no thread is started, no descriptor opened. If that token is
/// to be renewed, a thread does that, and nobody waits for it; with callbacks for the store or the credentials, which a
/// step has to run, the operation is done when the renewal has succeeded or failed.
///
/// @param auth          The handle.
/// @param timeout_ms    The time for the operation, in milliseconds: 1 to 3600000; 0 is the timeout of the options.
/// @param operation_out Receives the operation, yours to free by personr_operation_free(). NULL on failure.
/// @param error         Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_NETWORK (reason "thread": no thread could be started;
/// "descriptors": no descriptor could be opened; nothing was sent); #PERSONR_INTERNAL.
///
/// Threads: any number at once. Network: not on this thread. Does not wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_token_start(
    auth: *const personr_auth,
    timeout_ms: u32,
    operation_out: *mut *mut personr_operation,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and places to write to.
    unsafe { start(auth, operation_out, error, |auth| Auth::start_token(auth, timeout(timeout_ms)?)) }
}

/// Begins to do what personr_auth_login() does, and does not wait for it.
///
/// @param auth          The handle.
/// @param timeout_ms    The time for the operation, in milliseconds: 1 to 3600000; 0 is the timeout of the options.
/// @param operation_out Receives the operation, yours to free by personr_operation_free(). NULL on failure.
/// @param error         Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return Those of personr_auth_token_start().
///
/// Threads: any number at once. Network: not on this thread. Does not wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_login_start(
    auth: *const personr_auth,
    timeout_ms: u32,
    operation_out: *mut *mut personr_operation,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: as in `personr_auth_token_start`.
    unsafe { start(auth, operation_out, error, |auth| Auth::start_login(auth, timeout(timeout_ms)?)) }
}

/// Begins to do what personr_request_send() does, and does not wait for it. Its time is that of the request, from now
/// on.
///
/// @param auth          The handle.
/// @param request       The request, as it stands now: it may be changed or freed afterwards.
/// @param operation_out Receives the operation, yours to free by personr_operation_free(). NULL on failure.
/// @param error         Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return Those of personr_auth_token_start(). What is wrong with the request is what the operation ends with.
///
/// Threads: any number at once. Network: not on this thread. Does not wait.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_start(
    auth: *const personr_auth,
    request: *const personr_request,
    operation_out: *mut *mut personr_operation,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: as in `personr_auth_token_start`.
    unsafe { start(auth, operation_out, error, |auth| Auth::start_request(auth, &handle("request", request)?.request)) }
}

/// # Safety
/// `auth` is NULL or a live handle; the other two are NULL or may be written to.
unsafe fn start(
    auth: *const personr_auth,
    operation_out: *mut *mut personr_operation,
    error: *mut *mut personr_error,
    how: impl FnOnce(&Use<Auth>) -> Result<Started>,
) -> personr_status {
    // SAFETY: promised by the caller.
    unsafe {
        let operation_out = Output::cleared(operation_out, std::ptr::null_mut());
        guard(error, || {
            let operation_out = operation_out.required("operation_out")?;
            let account = handle("auth", auth)?.shared.enter();
            let started = how(&account.auth.enter())?;
            operation_out.set(boxed(personr_operation { _type: TypeWord::new(), started, account }));
            Ok(())
        })
    }
}

/// `None`: that of the options.
fn timeout(milliseconds: u32) -> Result<Option<Duration>> {
    if milliseconds == 0 { Ok(None) } else { options::timeout("timeout_ms", milliseconds).map(Some) }
}

/// Returns the descriptor of an operation: it is ready for reading when there is something to do in
/// personr_operation_step(). It never changes.
///
/// For poll, select, epoll, kqueue, and what stands on them. Only watch it: do not read it, and do not close it. A
/// runtime that closes what it watches (Go) gets a copy (dup). Stop watching it before the operation is freed.
///
/// @param operation The operation. NULL gives -1.
/// @return The descriptor, 3 or above, close-on-exec; -1 if the operation was done at once, so that there is nothing to
/// watch. Most loops pass over -1 without a word, so step first.
///
/// Threads: one at a time for each operation. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_fd(operation: *const personr_operation) -> i32 {
    // SAFETY: NULL or a live handle, says the header.
    match unsafe { known_handle(operation) } {
        Some(personr_operation { started: Started::Pending(operation), .. }) => operation.peek().descriptor(),
        _ => -1,
    }
}

/// Does what is due, and tells whether the operation is done. Never waits, but for the callbacks of the application that
/// it runs.
///
/// To be called when the descriptor is ready; at any other time it does no harm. Once the operation is done, the
/// descriptor stays ready.
///
/// @param operation The operation. NULL gives 1.
/// @return 1 if it is done, well or not: personr_operation_token() or personr_operation_response() tells how. 0 if it
/// is not done yet, and from inside a callback.
///
/// Threads: one at a time for each operation. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_step(operation: *mut personr_operation) -> i32 {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(operation) }.map_or(1, |operation| i32::from(step(operation)))
}

fn step(operation: &personr_operation) -> bool {
    match &operation.started {
        Started::AtHand(_) => true,
        // Its account may have been freed here: a child's handles alone count in it.
        Started::Pending(pending) if pending.peek().is_forked() => true,
        Started::Pending(_) if is_in_callback() => false,
        Started::Pending(pending) => quietly(false, || operation.account.auth.peek().step(pending.peek())),
    }
}

/// Waits until an operation is done, and steps it meanwhile. For an application without a loop: with it, another thread
/// can cancel what would else be a blocking call.
///
///     personr_auth_token_start(auth, 0, &operation, &error);
///     while (!personr_operation_wait(operation, 1000))
///         ;
///     personr_operation_token(operation, &token, &error);
///
/// @param operation The operation. NULL gives 1.
/// @param wait_ms   The longest wait, in milliseconds. 0 only steps.
/// @return 1 if it is done. 0 if it is not done yet: after wait_ms, after a signal was handled on this thread, and from
/// inside a callback.
///
/// Threads: one at a time for each operation. Network: never on this thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_wait(operation: *mut personr_operation, wait_ms: u32) -> i32 {
    // SAFETY: NULL or a live handle, says the header.
    let Some(operation) = (unsafe { known_handle(operation) }) else { return 1 };
    let is_done = step(operation);
    match &operation.started {
        Started::Pending(pending) if !is_done && !is_in_callback() => {
            let longest = Duration::from_millis(wait_ms.into());
            i32::from(quietly(false, || operation.account.auth.peek().wait_for(pending.peek(), longest)))
        }
        _ => i32::from(is_done),
    }
}

/// Takes the token of an operation that is done.
///
/// @param operation The operation: one of personr_auth_token_start() or personr_auth_login_start().
/// @param token_out Receives the token, yours to free by personr_token_free(). NULL on failure.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return Those of personr_auth_token() or personr_auth_login(); #PERSONR_TIMEOUT (reason "operation": its time is
/// over); #PERSONR_CANCELLED (reason "cancelled" or "forked"); #PERSONR_INVALID_ARGUMENT, reason "not-done" before
/// personr_operation_step() has returned 1, and "kind" for an operation of personr_request_start().
///
/// Threads: one at a time for each operation. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_token(
    operation: *mut personr_operation,
    token_out: *mut *mut personr_token,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and places to write to.
    unsafe {
        let token_out = Output::cleared(token_out, std::ptr::null_mut());
        guard_anywhere(error, || {
            let token_out = token_out.required("token_out")?;
            let token = match &handle("operation", operation)?.started {
                Started::AtHand(token) => token.clone(),
                Started::Pending(pending) => match answer(pending.peek(), Kind::Token)? {
                    Answer::Token(token) => token,
                    Answer::Response(_) => return Err(of_another_kind()),
                },
            };
            token_out.set(personr_token::boxed(token));
            Ok(())
        })
    }
}

/// Takes the answer to a request whose operation is done. It is given once.
///
/// @param operation    The operation: one of personr_request_start().
/// @param response_out Receives the answer, yours to free by personr_response_free(). NULL on failure.
/// @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return Those of personr_request_send(); #PERSONR_TIMEOUT (reason "operation": its time is over);
/// #PERSONR_CANCELLED (reason "cancelled" or "forked"); #PERSONR_INVALID_ARGUMENT, reason "not-done" before
/// personr_operation_step() has returned 1, "taken" once the answer was given, and "kind" for an operation of another
/// function. Whether the service may have begun tells personr_error_may_have_run().
///
/// Threads: one at a time for each operation. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_response(
    operation: *mut personr_operation,
    response_out: *mut *mut personr_response,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and places to write to.
    unsafe {
        let response_out = Output::cleared(response_out, std::ptr::null_mut());
        guard_anywhere(error, || {
            let response_out = response_out.required("response_out")?;
            let Started::Pending(pending) = &handle("operation", operation)?.started else {
                return Err(of_another_kind());
            };
            let Answer::Response(response) = answer(pending.peek(), Kind::Request)? else {
                return Err(of_another_kind());
            };
            response_out.set(personr_response::boxed(response));
            Ok(())
        })
    }
}

fn answer(operation: &crate::operation::Operation, kind: Kind) -> Result<Answer> {
    if operation.kind() == kind { operation.result() } else { Err(of_another_kind()) }
}

fn of_another_kind() -> Error {
    Error::new(Status::InvalidArgument, "kind", "operation: it was started by another function")
}

/// Tells how much of a request's body has been sent: for a progress bar.
///
/// @param operation The operation. NULL is as one of a token.
/// @param sent_out  Receives the bytes of the body that this attempt has sent. 0 for an operation of a token. May be NULL.
/// @param total_out Receives the length of the body in bytes; -1 while it is not known, and for an operation of a token.
///                  May be NULL.
///
/// Threads: one at a time for each operation. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_progress(
    operation: *const personr_operation,
    sent_out: *mut i64,
    total_out: *mut i64,
) {
    // SAFETY: NULL or a live handle, says the header.
    let (sent, total) = match unsafe { known_handle(operation) } {
        Some(personr_operation { started: Started::Pending(operation), .. }) => {
            operation.peek().progress.sent_and_total()
        }
        _ => (0, -1),
    };
    // SAFETY: NULL or places to write to, says the header.
    unsafe {
        Output::cleared(sent_out, sent);
        Output::cleared(total_out, total);
    }
}

/// Cancels an operation: it is done at once, with #PERSONR_CANCELLED. Does nothing if it was done already.
///
/// A login that another call or operation waits for goes on for them. A login whose request is on its way goes on in
/// the background, because it has probably ended the former token: what it issues is saved, and the next call has it.
/// (With a store of callbacks it is saved by the next call of the handle; if the handle is freed as well, it is lost.)
/// Any other login is given up, and the connection of a request is shut down; personr_error_may_have_run() tells
/// whether the service may have begun.
///
/// @param operation The operation. NULL does nothing.
///
/// Threads: any, at any time before the operation is freed; from a signal handler and from a callback, too. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_cancel(operation: *mut personr_operation) {
    // SAFETY: NULL or a live handle, says the header. No guard: nothing here takes a lock, allocates, or touches a variable
    // of the thread, so that a signal handler may call it.
    if let Some(personr_operation { started: Started::Pending(operation), .. }) = unsafe { known_handle(operation) } {
        operation.peek().cancel();
    }
}

/// Frees an operation. If it is not done, it is cancelled. Its descriptor is closed: stop watching it before.
///
/// If it was the last of the handles of an account (its personr_auth was freed before), the user data of the callbacks
/// are freed on this thread.
///
/// @param operation The operation. NULL does nothing.
///
/// Threads: nothing else may use the operation any more; each personr_operation_cancel() has returned. Not from a
/// callback that a step of this very operation runs. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_operation_free(operation: *mut personr_operation) {
    // SAFETY: NULL or a live handle that is not used again, says the header; made by `boxed`.
    unsafe { free(operation) }
}
