use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::slice;
use std::sync::Arc;

use super::boundary::quietly;
use super::error::personr_error;
use super::guard::{guard, guard_quick};
use super::handle::{Handle, TypeWord, boxed, free, handle, known_handle, optional_handle};
use super::options::personr_options;
use super::status::personr_status;
use super::strings::{Output, text};
use super::token::personr_token;
use super::user_data::Owned;
use crate::auth::Auth;
use crate::error::{Error, Result, Status};
use crate::options::Options;
use crate::published::Found;
use crate::session::State;
use crate::sys::cancellation::uncancelled;
use crate::sys::shared::Shared;
use crate::token::Token;

/// There is no token: the next call logs in, or asks the store.
pub const PERSONR_STATE_EMPTY: i32 = 0;
/// There is a good token.
pub const PERSONR_STATE_GOOD: i32 = 1;
/// There is a good token, and it is time to renew it: the next call tries that.
pub const PERSONR_STATE_RENEWING: i32 = 2;
/// There is no usable token, and logins fail just now.
pub const PERSONR_STATE_FAILING: i32 = 3;
/// There is no usable token, and the service refused the email and password.
pub const PERSONR_STATE_REFUSED: i32 = 4;

/// The size of a buffer that personr_auth_authorization() can always use, in bytes, with the NUL.
pub const PERSONR_AUTHORIZATION_MAX: usize = 4104;

/// An account at the service, and its one live token.
///
/// Make one for each account of an application, share it between all threads, and keep it. Freed by
/// personr_auth_free().
///
/// **A token in a "memory:" store, the default, ends with the last handle of its account.** An application that makes
/// a handle for each request then logs in for each request, and each of its logins ends the token of the one before.
///
/// Password and token stand in pages of their own, which core dumps leave out (Linux). The library locks at most 2 MiB
/// of these pages into memory, for all handles of a process (enough for about 70), and never more than half of
/// RLIMIT_MEMLOCK.
#[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
pub struct personr_auth {
    _type: TypeWord<Self>,
    pub(super) shared: Shared<Account>,
}

// SAFETY: the type is `repr(C)` and begins with its word.
unsafe impl Handle for personr_auth {
    const NAME: &'static str = "personr_auth";
}

/// What the handle, the calls on it and its operations share. Any of them may be the last when the handle has been
/// freed. A thread of the library has a share of `auth` alone: the user data of the callbacks are freed with the last
/// handle, on the thread that frees it.
pub(super) struct Account {
    pub(super) auth: Shared<Auth>,
    /// Is freed after the callbacks that use it.
    #[allow(dead_code)]
    owned: Owned,
}

impl Drop for Account {
    fn drop(&mut self) {
        self.auth.peek().close_callbacks();
    }
}

/// Makes a handle for an account. Nothing is sent: the first call that needs a token logs in.
///
/// Unless a proxy is set, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read from the environment now, in capital or small
/// letters; HTTP_PROXY is not. NO_PROXY is read as curl reads it: "*", or domains, addresses and ranges ("10.0.0.0/8")
/// with commas between them; an entry with a port, or such as "*.example.com", has no meaning. SSL_CERT_FILE and
/// SSL_CERT_DIR are read now, too: see personr_options_set_system_roots(). Handles of one process for the same service,
/// email and password share one token.
///
/// @param email     UTF-8, 1 to 1024 bytes, no control character, no colon (Basic authentication cannot carry one, RFC
///                  7617), no blank at its beginning or end (cut off the padding of a field of fixed length, as in
///                  COBOL). Capital and small letters name the same account. Copied.
/// @param password  UTF-8, 1 to 1024 bytes, no control character. Blanks are part of it, also at its end: cut off the
///                  padding of a field of fixed length. Copied; wipe your own copy. With a credentials callback it is
///                  not used and may be NULL; without one NULL is #PERSONR_INVALID_ARGUMENT ("password: it is NULL").
/// @param options   Copied: free or change them afterwards as you like. NULL for the defaults.
/// @param auth_out  Receives the handle, yours to free by personr_auth_free(). NULL on failure.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT (also for a proxy variable that cannot be used, which the message
/// names); #PERSONR_INTERNAL.
///
/// Threads: any. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_new(
    email: *const c_char,
    password: *const c_char,
    options: *const personr_options,
    auth_out: *mut *mut personr_auth,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL, strings, a live handle and places to write to, each for this call.
    unsafe {
        let auth_out = Output::cleared(auth_out, std::ptr::null_mut());
        guard(error, || {
            let auth_out = auth_out.required("auth_out")?;
            let email = text("email", email)?;
            let password = if password.is_null() { None } else { Some(text("password", password)?) };
            let (options, owned) = match optional_handle("options", options)? {
                Some(options) => (options.options.clone(), options.owned.clone()),
                None => (Options::new()?, Owned::default()),
            };
            let shared = Shared::new(Account { auth: Shared::new(Auth::new(email, password, options)?), owned });
            auth_out.set(boxed(personr_auth { _type: TypeWord::new(), shared }));
            Ok(())
        })
    }
}

/// Logs in anew, whether there is a good token or not. This is how a password is verified.
///
/// Each login ends the token of the login before it, here and on every other machine. An application that wants a
/// token to work with calls personr_auth_token() or personr_auth_authorization(), which log in only if they must.
///
/// Calls that are waiting when a login begins share its result: of 64 at once, two at most reach the service.
///
/// @param auth      The handle.
/// @param token_out Receives the token, yours to free by personr_token_free(). NULL on failure.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_CREDENTIALS, #PERSONR_UNAUTHORIZED, #PERSONR_REJECTED,
/// #PERSONR_RATE_LIMITED, #PERSONR_SERVER, #PERSONR_PROTOCOL (the service's answer); #PERSONR_NETWORK,
/// #PERSONR_TIMEOUT, #PERSONR_TLS (no answer); #PERSONR_STORE; #PERSONR_CREDENTIALS; #PERSONR_INVALID_ARGUMENT;
/// #PERSONR_INTERNAL.
///
/// Threads: any number at once. Network: always. Takes at most the timeout of the options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_login(
    auth: *const personr_auth,
    token_out: *mut *mut personr_token,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and places to write to.
    unsafe { obtain(auth, token_out, error, Auth::login) }
}

/// Hands out a token that is good now. Logs in if there is none, and renews one that ends soon.
///
/// When the service answers a request with 401, another login has ended the token: call personr_auth_reject(), ask for
/// the token again, and repeat the request ONCE. A 403 is no reason to reject.
///
/// Calls that wait for the login of another call share its result, also if that login could not be begun
/// (#PERSONR_STORE, #PERSONR_CREDENTIALS).
///
/// A login that failed is remembered for a while (1 second, doubling up to 60, or as long as the service asks): until
/// then a call returns the same error at once. Refused credentials are remembered until personr_auth_login() succeeds.
/// While there is a good token, no failure of the service is ever returned.
///
/// @param auth      The handle.
/// @param token_out Receives the token, yours to free by personr_token_free(). NULL on failure.
/// @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_CREDENTIALS, #PERSONR_UNAUTHORIZED, #PERSONR_REJECTED,
/// #PERSONR_RATE_LIMITED, #PERSONR_SERVER, #PERSONR_PROTOCOL (the service's answer); #PERSONR_NETWORK,
/// #PERSONR_TIMEOUT, #PERSONR_TLS (no answer); #PERSONR_STORE; #PERSONR_CREDENTIALS; #PERSONR_INVALID_ARGUMENT;
/// #PERSONR_INTERNAL.
///
/// Threads: any number at once; one logs in and the others wait for its result. Network: only if there is no good
/// token, or it ends soon. Takes at most the timeout of the options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_token(
    auth: *const personr_auth,
    token_out: *mut *mut personr_token,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and places to write to.
    unsafe { obtain(auth, token_out, error, Auth::token) }
}

/// # Safety
/// `auth` is NULL or a live handle; the other two are NULL or may be written to.
unsafe fn obtain(
    auth: *const personr_auth,
    token_out: *mut *mut personr_token,
    error: *mut *mut personr_error,
    how: impl FnOnce(&Auth) -> Result<Arc<Token>>,
) -> personr_status {
    // SAFETY: promised by the caller.
    unsafe {
        let token_out = Output::cleared(token_out, std::ptr::null_mut());
        guard(error, || {
            let token_out = token_out.required("token_out")?;
            let account = handle("auth", auth)?.shared.enter();
            token_out.set(personr_token::boxed(how(account.auth.peek())?));
            Ok(())
        })
    }
}

/// Writes "Bearer TOKEN" and a NUL into a buffer: what an application calls before each request.
///
/// Does what personr_auth_token() does, without making an object. With a good token in hand it takes no lock, allocates
/// nothing, and makes no system call but to read the clock. The buffer holds a secret afterwards.
///
/// @param auth       The handle.
/// @param buffer     Where to write. #PERSONR_AUTHORIZATION_MAX bytes always suffice. On failure buffer[0] is NUL;
///                   what follows it is unspecified. May be NULL if capacity is 0.
/// @param capacity   Size of the buffer in bytes, with room for the NUL.
/// @param length_out Receives the length without the NUL, also with #PERSONR_BUFFER_TOO_SMALL; else 0 on failure. May
///                   be NULL.
/// @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return Those of personr_auth_token(); #PERSONR_BUFFER_TOO_SMALL.
///
/// Threads: any number at once, each with a buffer of its own. Network: as personr_auth_token().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_authorization(
    auth: *const personr_auth,
    buffer: *mut c_char,
    capacity: usize,
    length_out: *mut usize,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a buffer of this capacity that nobody else uses, and places
    // to write to.
    unsafe {
        let length_out = Output::cleared(length_out, 0);
        let terminator = Output::cleared(if capacity > 0 { buffer } else { std::ptr::null_mut() }, 0);
        guard_quick(error, || {
            let shared = &handle("auth", auth)?.shared;
            let buffer = writable("buffer", buffer, capacity)?;
            let found = match shared.peek().auth.peek().authorization_in_hand(buffer) {
                Found::Nothing => uncancelled(|| shared.enter().auth.peek().authorization(buffer)),
                found => Ok(found),
            };
            if let Ok(Found::Copied(length)) = found {
                if let Some(end) = buffer.get_mut(length) {
                    end.write(0);
                }
                length_out.set(length);
                return Ok(());
            }
            terminator.set(0);
            match found? {
                Found::TooSmall(length) => {
                    length_out.set(length);
                    let message = format!("buffer: the value needs {} bytes with its NUL", length + 1);
                    Err(Error::new(Status::BufferTooSmall, "buffer", message))
                }
                _ => Err(Error::new(Status::Internal, "authorization", "neither a token nor an error was found")),
            }
        })
    }
}

/// A caller's buffer, which need not be initialised.
///
/// # Safety
/// `buffer` is NULL, or `capacity` bytes that nobody else uses as long as the slice is.
unsafe fn writable<'a>(parameter: &str, buffer: *mut c_char, capacity: usize) -> Result<&'a mut [MaybeUninit<u8>]> {
    if capacity == 0 {
        return Ok(&mut []);
    }
    if buffer.is_null() {
        return Err(Error::argument(parameter, "it is NULL and the capacity is not 0"));
    }
    // Nothing longer is ever written, and a slice must not be longer than `isize::MAX`.
    let length = capacity.min(PERSONR_AUTHORIZATION_MAX);
    // SAFETY: promised by the caller, and not longer than that.
    Ok(unsafe { slice::from_raw_parts_mut(buffer.cast(), length) })
}

/// Tells the library that the service refused a token (answered 401). The token is not handed out again. The next call
/// for a token takes one that another process has put into the store meanwhile, or logs in.
///
/// Rejecting a token that has been replaced already does nothing, and a token that many threads reject counts once. So
/// a burst of 401s leads to one login. Logins after rejections are limited to three in a row, then one a minute; in
/// between personr_auth_token() returns #PERSONR_UNAUTHORIZED. Without this limit, two programs that end each other's
/// tokens would storm the service.
///
/// @param auth                   The handle.
/// @param token_or_authorization The token that was sent: itself, "Bearer TOKEN", or "Authorization: Bearer TOKEN",
///                               with or without blanks and line breaks around. What cannot be a token is
///                               #PERSONR_INVALID_ARGUMENT. The library keeps a hash of it alone.
/// @param error                  Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_reject(
    auth: *const personr_auth,
    token_or_authorization: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and a place to write to.
    unsafe {
        guard(error, || {
            let account = handle("auth", auth)?.shared.enter();
            account.auth.peek().reject(text("token_or_authorization", token_or_authorization)?)
        })
    }
}

/// Returns the state of the account's token, for monitoring.
///
/// @param auth The handle. NULL gives #PERSONR_STATE_EMPTY.
/// @return #PERSONR_STATE_EMPTY, #PERSONR_STATE_GOOD, #PERSONR_STATE_RENEWING, #PERSONR_STATE_FAILING or
/// #PERSONR_STATE_REFUSED. Later versions may add numbers.
///
/// Threads: any number at once, also from inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_state(auth: *const personr_auth) -> i32 {
    // SAFETY: NULL or a live handle, says the header.
    let Some(auth) = (unsafe { known_handle(auth) }) else { return PERSONR_STATE_EMPTY };
    let shared = &auth.shared;
    quietly(PERSONR_STATE_EMPTY, || match shared.peek().auth.peek().is_good() {
        true => PERSONR_STATE_GOOD,
        false => match shared.enter().auth.peek().state() {
            State::Empty => PERSONR_STATE_EMPTY,
            State::Good => PERSONR_STATE_GOOD,
            State::Renewing => PERSONR_STATE_RENEWING,
            State::Failing => PERSONR_STATE_FAILING,
            State::Refused => PERSONR_STATE_REFUSED,
        },
    })
}

/// Returns when the token in hand is to be renewed. The first call after that moment renews it.
///
/// @param auth The handle. NULL gives 0.
/// @return Unix time in seconds; 0 if the next call logs in or renews.
///
/// Threads: any number at once, also from inside a callback. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_renews_at(auth: *const personr_auth) -> i64 {
    // SAFETY: NULL or a live handle, says the header.
    let Some(auth) = (unsafe { known_handle(auth) }) else { return 0 };
    quietly(0, || auth.shared.enter().auth.peek().renews_at())
}

/// Frees a handle. Tokens that it handed out stay valid, here and at the service.
///
/// **With the last handle of an account goes its token in a "memory:" store.** The next handle of this account logs in
/// anew, and logs "login" at #PERSONR_LOG_WARN to say so.
///
/// To free a handle while a call on it runs is an error of the application: the call may read memory that is freed. A
/// call that waits already goes on to its end nevertheless, with its callbacks. The password and the user data of
/// callbacks are then freed when the last of these calls ends, on its thread. In a forked child the calls of its
/// parent's threads do not run, so its copies are freed at once.
///
/// @param auth The handle. NULL does nothing.
///
/// Threads: no call on the handle may be running or come later. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_auth_free(auth: *mut personr_auth) {
    // SAFETY: NULL or a live handle that is not used again, says the header; made by `boxed`.
    unsafe { free(auth) }
}
