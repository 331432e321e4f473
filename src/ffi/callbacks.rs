use std::ffi::c_void;
use std::sync::Arc;

use super::callback_types::{
    level_of, personr_credentials_fn, personr_log_fn, personr_store_load_fn, personr_store_lock_fn,
    personr_store_save_fn, personr_store_unlock_fn, personr_user_data_free_fn,
};
use super::error::personr_error;
use super::guard::guard;
use super::handle::handle_mut;
use super::hooks::{CredentialsCallback, LogCallback, StoreCallbacks};
use super::options::personr_options;
use super::status::personr_status;
use super::user_data::UserData;
use crate::credentials::CredentialsHook;
use crate::error::{Error, Result};
use crate::log::LogHook;
use crate::store::StoreOption;

/// Sets a token store that the application keeps, in a database for example, instead of the one that
/// personr_options_set_token_store() names. The last of both calls counts.
///
/// Who reads and writes the same records shares their tokens. The records hold tokens in clear: keep them as you would
/// keep a password.
///
/// @param options        The object.
/// @param load           Reads a record.
/// @param save           Replaces a record.
/// @param lock           Takes the lock of a record.
/// @param unlock         Gives it back.
/// @param user_data      Passed to each of them. May be NULL.
/// @param user_data_free Frees user_data when its last owner has gone. May be NULL. Not called if this function fails.
/// @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
#[allow(clippy::too_many_arguments)] // four callbacks that are of no use alone
pub unsafe extern "C" fn personr_options_set_token_store_callbacks(
    options: *mut personr_options,
    load: personr_store_load_fn,
    save: personr_store_save_fn,
    lock: personr_store_lock_fn,
    unlock: personr_store_unlock_fn,
    user_data: *mut c_void,
    user_data_free: personr_user_data_free_fn,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, callbacks that keep its rules, user data that they and
    // `user_data_free` may be called with on any thread, and a place to write to.
    unsafe {
        guard(error, || {
            let options = handle_mut("options", options)?;
            let (load, save) = (required("load", load)?, required("save", save)?);
            let (lock, unlock) = (required("lock", lock)?, required("unlock", unlock)?);
            // Nothing fails from here on: the user data are the library's.
            let owned = UserData::new(user_data, user_data_free);
            let user_data = owned.pointer();
            let callbacks = StoreCallbacks { load, save, lock, unlock, user_data };
            options.options.store = StoreOption::Hook(Arc::new(callbacks));
            options.owned.store = Some(owned);
            Ok(())
        })
    }
}

/// Sets who is asked for the password before each login. It is then not kept in memory, and personr_auth_new() may be
/// given NULL for it.
///
/// After a refusal it is asked again at most once a minute, and only another password is sent; personr_auth_login()
/// always asks and sends. In a "memory:" store the handles of one account share its token, whatever the password is.
///
/// @param options        The object.
/// @param callback       Tells the password. NULL for none again: the other two are then not used.
/// @param user_data      Passed to it. May be NULL.
/// @param user_data_free Frees user_data when its last owner has gone. May be NULL. Not called if this function fails.
/// @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_credentials_callback(
    options: *mut personr_options,
    callback: personr_credentials_fn,
    user_data: *mut c_void,
    user_data_free: personr_user_data_free_fn,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: as in `personr_options_set_token_store_callbacks`.
    unsafe {
        guard(error, || {
            let options = handle_mut("options", options)?;
            let (hook, owned): (Option<Arc<dyn CredentialsHook>>, _) = match callback {
                None => (None, None),
                Some(callback) => {
                    let owned = UserData::new(user_data, user_data_free);
                    (Some(Arc::new(CredentialsCallback { callback, user_data: owned.pointer() })), Some(owned))
                }
            };
            options.options.credentials = hook;
            options.owned.credentials = owned;
            Ok(())
        })
    }
}

/// Sets who is told what happens: logins, renewals, failures. Never a secret, at any level.
///
/// @param options        The object.
/// @param callback       Is told. NULL for none again: the next three are then not used.
/// @param level          The last level that is told: #PERSONR_LOG_ERROR for the fewest events, then
///                       #PERSONR_LOG_WARN, #PERSONR_LOG_INFO, and #PERSONR_LOG_DEBUG for all.
/// @param user_data      Passed to it. May be NULL.
/// @param user_data_free Frees user_data when its last owner has gone. May be NULL. Not called if this function fails.
/// @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_log_callback(
    options: *mut personr_options,
    callback: personr_log_fn,
    level: i32,
    user_data: *mut c_void,
    user_data_free: personr_user_data_free_fn,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: as in `personr_options_set_token_store_callbacks`.
    unsafe {
        guard(error, || {
            let options = handle_mut("options", options)?;
            let (hook, owned): (Option<Arc<dyn LogHook>>, _) = match callback {
                None => (None, None),
                Some(callback) => {
                    let level = level_of(level)?;
                    let owned = UserData::new(user_data, user_data_free);
                    (Some(Arc::new(LogCallback { callback, level, user_data: owned.pointer() })), Some(owned))
                }
            };
            options.options.log = hook;
            options.owned.log = owned;
            Ok(())
        })
    }
}

fn required<T>(parameter: &str, callback: Option<T>) -> Result<T> {
    callback.ok_or_else(|| Error::argument(parameter, "it is NULL"))
}
