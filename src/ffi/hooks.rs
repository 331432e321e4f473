//! Turns C callbacks into the traits that the rooms below call.

use std::ffi::{c_char, c_void};
use std::slice;
use std::time::Duration;

use super::boundary::in_callback;
use super::callback_types::{PERSONR_CALLBACK_OK, PERSONR_STORE_BUSY, number_of};
use super::strings::owned;
use super::user_data::Pointer;
use crate::credentials::{CREDENTIAL_MAX, CredentialsHook};
use crate::error::{Error, Result, Status};
use crate::log::{Level, LogHook};
use crate::record::{RECORD_MAX, RecordBytes};
use crate::secret::{Pages, Secret};
use crate::store::{SaveOutcome, StoreHook};

pub(super) type Load = unsafe extern "C" fn(*mut c_void, *const c_char, *mut u8, usize, *mut usize) -> i32;
pub(super) type Save = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char, *const u8, usize) -> i32;
pub(super) type Lock = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char, u32, u32) -> i32;
pub(super) type Unlock = unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char) -> i32;
pub(super) type AskPassword = unsafe extern "C" fn(*mut c_void, *const c_char, *mut c_char, usize) -> i32;
pub(super) type Log = unsafe extern "C" fn(*mut c_void, i32, *const c_char, *const c_char);

/// Whoever makes this value promises that the callbacks do what the header asks of them: they may be called with these
/// user data on any thread as long as the value is in use, and use the other pointers only as the header says.
pub(super) struct StoreCallbacks {
    pub(super) load: Load,
    pub(super) save: Save,
    pub(super) lock: Lock,
    pub(super) unlock: Unlock,
    pub(super) user_data: Pointer,
}

impl StoreHook for StoreCallbacks {
    fn load(&self, key: &str) -> Result<Option<RecordBytes>> {
        let (load, user_data, key) = (self.load, self.user_data.get(), owned(key));
        let mut record = RecordBytes::new(vec![0; RECORD_MAX]);
        let mut length = 0;
        // SAFETY: the callback is as the header asks, and all pointers are good until it returns: a string, so many
        // bytes that may be written, and a place for the length.
        match in_callback(|| unsafe { load(user_data, key.as_ptr(), record.as_mut_ptr(), RECORD_MAX, &mut length) }) {
            PERSONR_CALLBACK_OK if length > RECORD_MAX => {
                Err(store_error("the load callback reports a record that is longer than 32768 bytes"))
            }
            PERSONR_CALLBACK_OK => {
                record.truncate(length);
                Ok(Some(record).filter(|record| !record.is_empty()))
            }
            code => Err(failed("load", code)),
        }
    }

    fn save(&self, key: &str, owner: &str, record: &[u8]) -> Result<SaveOutcome> {
        let (save, user_data, key, owner) = (self.save, self.user_data.get(), owned(key), owned(owner));
        // SAFETY: the callback is as the header asks, and the strings and the bytes are good until it returns.
        match in_callback(|| unsafe { save(user_data, key.as_ptr(), owner.as_ptr(), record.as_ptr(), record.len()) }) {
            PERSONR_CALLBACK_OK => Ok(SaveOutcome::Saved),
            PERSONR_STORE_BUSY => Ok(SaveOutcome::LockLost),
            code => Err(failed("save", code)),
        }
    }

    fn lock(&self, key: &str, owner: &str, wait: Duration, lease: Duration) -> Result<bool> {
        let (lock, user_data, key, owner) = (self.lock, self.user_data.get(), owned(key), owned(owner));
        let (wait, lease) = (milliseconds(wait), milliseconds(lease));
        // SAFETY: the callback is as the header asks, and the strings are good until it returns.
        match in_callback(|| unsafe { lock(user_data, key.as_ptr(), owner.as_ptr(), wait, lease) }) {
            PERSONR_CALLBACK_OK => Ok(true),
            PERSONR_STORE_BUSY => Ok(false),
            code => Err(failed("lock", code)),
        }
    }

    fn unlock(&self, key: &str, owner: &str) -> Result<()> {
        let (unlock, user_data, key, owner) = (self.unlock, self.user_data.get(), owned(key), owned(owner));
        // SAFETY: the callback is as the header asks, and the strings are good until it returns.
        match in_callback(|| unsafe { unlock(user_data, key.as_ptr(), owner.as_ptr()) }) {
            PERSONR_CALLBACK_OK => Ok(()),
            code => Err(failed("unlock", code)),
        }
    }
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

fn failed(which: &str, code: i32) -> Error {
    store_error(format!("the {which} callback of the token store failed: {}", returned(code)))
}

fn returned(code: i32) -> String {
    format!("it returned {code}, and not PERSONR_CALLBACK_OK (1)")
}

fn store_error(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(Status::Store, "store-callback", message)
}

/// With the promise of [`StoreCallbacks`].
pub(super) struct CredentialsCallback {
    pub(super) callback: AskPassword,
    pub(super) user_data: Pointer,
}

impl CredentialsHook for CredentialsCallback {
    fn password(&self, email: &str) -> Result<Secret> {
        const CAPACITY: usize = CREDENTIAL_MAX + 1;
        let (callback, user_data, email) = (self.callback, self.user_data.get(), owned(email));
        // These pages are wiped when they are given back, whatever the application has written.
        let pages = Pages::lent(CAPACITY);
        let buffer = pages.as_ptr();
        // SAFETY: the callback is as the header asks, and the pointers are good until it returns: a string, and so many
        // bytes that may be written.
        let code = in_callback(|| unsafe { callback(user_data, email.as_ptr(), buffer.cast(), CAPACITY) });
        if code != PERSONR_CALLBACK_OK {
            let message = format!("the credentials callback failed: {}", returned(code));
            return Err(Error::new(Status::Credentials, "credentials-callback", message));
        }
        // SAFETY: the pages are initialised (fresh ones are zero) and at least so long, and nobody writes to them now.
        let written = unsafe { slice::from_raw_parts(buffer, CAPACITY) };
        let length = written.iter().position(|byte| *byte == 0);
        match length.and_then(|length| written.get(..length)) {
            Some(password) => Ok(Secret::concat(&[password])),
            None => {
                let message = "the credentials callback wrote no valid password: it does not end with a NUL";
                Err(Error::new(Status::Credentials, "password", message))
            }
        }
    }
}

/// With the promise of [`StoreCallbacks`].
pub(super) struct LogCallback {
    pub(super) callback: Log,
    pub(super) level: Level,
    pub(super) user_data: Pointer,
}

impl LogHook for LogCallback {
    fn wants(&self, level: Level) -> bool {
        level <= self.level
    }

    fn event(&self, level: Level, event: &'static str, text: &str) {
        let (callback, user_data) = (self.callback, self.user_data.get());
        let (level, event, text) = (number_of(level), owned(event), owned(text));
        // SAFETY: the callback is as the header asks, and the strings are good until it returns.
        in_callback(|| unsafe { callback(user_data, level, event.as_ptr(), text.as_ptr()) });
    }
}
