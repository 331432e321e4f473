use std::ffi::c_char;
use std::sync::Arc;

use super::boundary::quietly;
use super::handle::{self, Handle, TypeWord, free, known_handle};
use crate::token::Token;

/// A token as it was when it was handed out: an object of the caller's, freed by personr_token_free(). It never
/// changes, and outlives the personr_auth that it came from.
#[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
pub struct personr_token {
    _type: TypeWord<Self>,
    token: Arc<Token>,
}

// SAFETY: the type is `repr(C)` and begins with its word.
unsafe impl Handle for personr_token {
    const NAME: &'static str = "personr_token";
}

impl personr_token {
    pub(super) fn boxed(token: Arc<Token>) -> *mut Self {
        handle::boxed(Self { _type: TypeWord::new(), token })
    }
}

/// Returns the token itself, without "Bearer ": printable ASCII, at most 4096 bytes. It is a secret.
///
/// @param token The token. NULL gives "".
/// @return Borrowed: valid until the token is freed. Never NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_token_value(token: *const personr_token) -> *const c_char {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(token) }.map_or(c"".as_ptr(), |token| token.token.value().as_ptr())
}

/// Returns "Bearer " and the token: the value of an Authorization header. It is a secret.
///
/// @param token The token. NULL gives "".
/// @return Borrowed: valid until the token is freed. Never NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_token_authorization(token: *const personr_token) -> *const c_char {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(token) }.map_or(c"".as_ptr(), |token| token.token.authorization().as_ptr())
}

/// Returns the service's id of the user who logged in: printable ASCII, at most 4096 bytes.
///
/// @param token The token. NULL gives "".
/// @return Borrowed: valid until the token is freed; "" if the service did not say. Never NULL.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_token_user_id(token: *const personr_token) -> *const c_char {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(token) }.map_or(c"".as_ptr(), |token| token.token.user_id().as_ptr())
}

/// Returns how long the token was good when it was issued.
///
/// By the service's rules a token that is unused for 30 days ends before that.
///
/// @param token The token. NULL gives 0.
/// @return Seconds, at least 1.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_token_lifetime(token: *const personr_token) -> i64 {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(token) }.map_or(0, |token| token.token.lifetime())
}

/// Returns when the token expires, by this machine's clock as it stood at the login.
///
/// @param token The token. NULL gives 0.
/// @return Unix time in seconds.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_token_expires_at(token: *const personr_token) -> i64 {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(token) }.map_or(0, |token| token.token.expires_at())
}

/// Returns how long the token is still good, counted by a clock that goes on while the machine sleeps and that nobody
/// can set.
///
/// @param token The token. NULL gives 0.
/// @return Seconds; 0 once it has expired, never negative.
///
/// Threads: any number at once. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_token_seconds_left(token: *const personr_token) -> i64 {
    // SAFETY: NULL or a live handle, says the header.
    unsafe { known_handle(token) }.map_or(0, |token| quietly(0, || token.token.seconds_left()))
}

/// Frees a token and the strings borrowed from it. The service is not told: the token stays good.
///
/// @param token The token. NULL does nothing.
///
/// Threads: nothing else may use this personr_token any more. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_token_free(token: *mut personr_token) {
    // SAFETY: NULL or a live handle that is not used again, says the header; made by `boxed`.
    unsafe { free(token) }
}
