use std::ffi::{c_char, c_void};

use crate::error::{Error, Result};
use crate::log::Level;
use crate::record::RECORD_MAX;

/// The longest record of a token store, in bytes: the capacity that a load callback gets.
pub const PERSONR_RECORD_MAX: usize = 32768;
const _: () = assert!(PERSONR_RECORD_MAX == RECORD_MAX);

/// What a callback returns that has done its work. Every other number is a failure, but for #PERSONR_STORE_BUSY. So is
/// 0: it is what a callback in another language returns if it throws (Python's cffi, Java's JNA).
pub const PERSONR_CALLBACK_OK: i32 = 1;
/// What a lock callback returns if another one holds the lock, and a save callback if the lock was lost.
pub const PERSONR_STORE_BUSY: i32 = -1;

/// Something has to be done: "refused" (the service does not know the email and password), "save-failed".
pub const PERSONR_LOG_ERROR: i32 = 1;
/// A failure that a later call may not meet: "failed" (a login failed, or could not be begun), "rejected" (a token
/// was told to be refused), "forked" (a forked child ended the token of its parent), "save-failed" (the lock was lost
/// meanwhile), "login" (of an account whose last handle was freed with a good token, which a "memory:" store does not
/// keep).
pub const PERSONR_LOG_WARN: i32 = 2;
/// What happens when all goes well: "login", "renewed", "adopted" (another one's token was found in the store).
pub const PERSONR_LOG_INFO: i32 = 3;
/// What is only of use in a search for a defect: "lock-wait" (another process is logging in).
pub const PERSONR_LOG_DEBUG: i32 = 4;

/// Frees the user data of callbacks.
///
/// It is called once for each successful call of a setter that was given it, when the last owner goes. Owners are the
/// options object, until it is freed or set anew, each personr_auth that was made with it, and each operation of these.
/// A setter that fails does not call it: the user data stay the caller's. A forked child has its own copy of the data
/// and calls it for that, whatever its parent's threads were doing; if one of them was just making or freeing an owner
/// it may not.
///
/// It runs on the thread that frees the last owner; the rules of #personr_store_load_fn hold for it. No callback with
/// these user data runs any more, nor will.
///
/// @param user_data What was given to the setter, so it may be NULL.
pub type personr_user_data_free_fn = Option<unsafe extern "C" fn(user_data: *mut c_void)>;

/// Reads a record of a token store.
///
/// All callbacks are called on a thread that called the library, maybe on several at once with the same user data,
/// and with no lock of the library held. A function of the library that returns a status does nothing when it is
/// called from inside one, and returns #PERSONR_INVALID_ARGUMENT, reason "reentrant". The time that a callback takes
/// is its caller's; others wait no longer than their own timeout.
///
/// They must return: no longjmp, no exception, no pthread_exit. Nor may a cancellation (pthread_cancel) act in one:
/// it ends the process. In callbacks a thread can be cancelled if it could be before the call, so if your threads are
/// ever cancelled, switch that off in them (pthread_setcancelstate): most functions that read, write or wait are
/// cancellation points. A child that is forked in a callback may call exec or _exit, and must not return.
///
/// This one is also called without the lock, and must then give a whole record, as it was before or after a save.
///
/// @param user_data  What was given to the setter, so it may be NULL.
/// @param key        The account: 64 hexadecimal digits. Valid during the call.
/// @param buffer     Where to write the record: bytes that mean nothing to the callback. The token stands in them in
///                   clear. Valid during the call.
/// @param capacity   Size of the buffer in bytes: #PERSONR_RECORD_MAX.
/// @param length_out Where to write the length of the record; 0 (which stands there) if there is none. Valid during
///                   the call.
///
/// @return #PERSONR_CALLBACK_OK, also if there is no record; any other number for a failure: no login is made behind a
/// store that cannot be read, and the call that needs one is #PERSONR_STORE.
pub type personr_store_load_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        key: *const c_char,
        buffer: *mut u8,
        capacity: usize,
        length_out: *mut usize,
    ) -> i32,
>;

/// Replaces a record of a token store: afterwards there is the new one, whole, or after a failure the old one.
///
/// The library holds the lock of the key, as the owner that took it. To be safe from a lease that ended meanwhile, look
/// whether the lock is this owner's still, and write, in one step (one transaction). Before a login the library saves
/// the record that is there once more (if there is none, "{}"), to see that its token will find a place. See
/// #personr_store_load_fn for the rules.
///
/// @param user_data What was given to the setter, so it may be NULL.
/// @param key       The account, as in the load callback. Valid during the call.
/// @param owner     Who holds the lock, as in the lock callback. Valid during the call.
/// @param record    The record. Valid during the call. It holds a secret.
/// @param length    Its length in bytes, 1 to #PERSONR_RECORD_MAX.
///
/// @return #PERSONR_CALLBACK_OK; #PERSONR_STORE_BUSY if the lock is no longer this owner's, since its lease has ended
/// and another one took it: nothing may be written then, and the library uses what the other one saves; any other
/// number for a failure. Before a login that is #PERSONR_STORE; after it, the token is handed out, "save-failed" is
/// logged, and saved by a later call.
pub type personr_store_save_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        key: *const c_char,
        owner: *const c_char,
        record: *const u8,
        length: usize,
    ) -> i32,
>;

/// Takes the lock of a key: one holder at a time, of all threads, processes and machines that share the store.
///
/// The holder that does not come back (its process may have died) loses it when the lease ends, and not before. The
/// save and the unlock callback for it may be called on other threads than this one: the owner tells whose lock it is.
/// See #personr_store_load_fn for the rules.
///
/// @param user_data What was given to the setter, so it may be NULL.
/// @param key       The account, as in the load callback. Valid during the call.
/// @param owner     Who asks: 32 hexadecimal digits that nobody else has. They are the same however often one login
///                  asks for its lock, and a lock that they hold already may be given to them again. Valid during the
///                  call.
/// @param wait_ms   How long to wait at most, in milliseconds, 0 to 1000; the library asks again as long as it has
///                  time. A callback that cannot wait may return #PERSONR_STORE_BUSY at once, and is asked again
///                  after a pause.
/// @param lease_ms  How long the lock must last without an unlock, in milliseconds: 20000 in this version. A login
///                  under it gets at most 15 seconds, less what the callbacks under it take.
///
/// @return #PERSONR_CALLBACK_OK if this owner holds the lock now; #PERSONR_STORE_BUSY if another one does; any other
/// number for a failure, which is #PERSONR_STORE.
pub type personr_store_lock_fn = Option<
    unsafe extern "C" fn(
        user_data: *mut c_void,
        key: *const c_char,
        owner: *const c_char,
        wait_ms: u32,
        lease_ms: u32,
    ) -> i32,
>;

/// Gives the lock of a key back, but not one that another holder has by now.
///
/// It is called once for each lock that was taken. See #personr_store_load_fn for the rules.
///
/// @param user_data What was given to the setter, so it may be NULL.
/// @param key       The account, as in the load callback. Valid during the call.
/// @param owner     Who holds the lock, as in the lock callback. Valid during the call.
///
/// @return #PERSONR_CALLBACK_OK; any other number for a failure, which fails no call: the lock ends with its lease.
pub type personr_store_unlock_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, key: *const c_char, owner: *const c_char) -> i32>;

/// Tells the password of an account.
///
/// It is asked before each login and before the lock of the store is taken, so that it may take its time, of the
/// timeout of the call. See #personr_store_load_fn for the rules.
///
/// @param user_data What was given to the setter, so it may be NULL.
/// @param email     As it was given to personr_auth_new(). Valid during the call.
/// @param password  Where to write the password and a NUL: UTF-8, 1 to 1024 bytes, no control character. Valid during
///                  the call, and wiped by the library after it.
/// @param capacity  Size of that buffer in bytes: 1025.
///
/// @return #PERSONR_CALLBACK_OK; any other number for a failure. That, or a password that cannot be one, is
/// #PERSONR_CREDENTIALS, and the next call that needs a login asks again.
pub type personr_credentials_fn = Option<
    unsafe extern "C" fn(user_data: *mut c_void, email: *const c_char, password: *mut c_char, capacity: usize) -> i32,
>;

/// Is told what happened.
///
/// It is called at the end of the call in which it happened, after every lock has been given back, the store's too.
/// See #personr_store_load_fn for the rules.
///
/// @param user_data What was given to the setter, so it may be NULL.
/// @param level     #PERSONR_LOG_ERROR, #PERSONR_LOG_WARN, #PERSONR_LOG_INFO or #PERSONR_LOG_DEBUG. Later versions may
///                  add numbers.
/// @param event     For programs: one of the names that stand with the levels. They never change their meaning; later
///                  versions may add some. Valid during the call.
/// @param text      For people: a sentence in English, UTF-8, with the host, the HTTP status, the duration and the
///                  number of attempts of a login. Never a secret, at any level. Valid during the call.
pub type personr_log_fn =
    Option<unsafe extern "C" fn(user_data: *mut c_void, level: i32, event: *const c_char, text: *const c_char)>;

pub(super) fn level_of(number: i32) -> Result<Level> {
    let levels = [Level::Error, Level::Warn, Level::Info, Level::Debug];
    let level = levels.into_iter().find(|level| number_of(*level) == number);
    level.ok_or_else(|| Error::argument("level", "there is no such level"))
}

pub(super) fn number_of(level: Level) -> i32 {
    match level {
        Level::Error => PERSONR_LOG_ERROR,
        Level::Warn => PERSONR_LOG_WARN,
        Level::Info => PERSONR_LOG_INFO,
        Level::Debug => PERSONR_LOG_DEBUG,
    }
}
