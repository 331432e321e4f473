//! Every setter of options, with any value.
//!
//! An input is a row of settings with a byte 0x1F between them: a letter (`setters.rs`) and the value. Beside the
//! setters, `n` makes a handle for the account that its value names, with the options as they stand, and `0` goes on
//! with NULL for the options.

use std::ptr;

use personr::ffi::*;

use super::c::{Text, call};
use super::secrets::PASSWORD;
use super::setters::set;

pub fn run(input: &[u8]) {
    // SAFETY: live until it is freed, or NULL; nobody else uses it.
    unsafe {
        let options = personr_options_new();
        assert!(!options.is_null());
        let mut target = options;
        for setting in input.split(|byte| *byte == 0x1f) {
            let Some((letter, value)) = setting.split_first() else { continue };
            match letter {
                b'n' => make_handle(target, value),
                b'0' => target = ptr::null_mut(),
                letter => drop(set(target, *letter, value)),
            }
        }
        make_handle(options, b"fuzz@personr.test");
        personr_options_free(options);
    }
}

/// # Safety
/// `options` is NULL or live.
unsafe fn make_handle(options: *const personr_options, email: &[u8]) {
    let (email, password) = (Text::of(email), Text::of(PASSWORD.as_bytes()));
    let mut auth = ptr::NonNull::<personr_auth>::dangling().as_ptr();
    // SAFETY: promised by the caller; the handle is freed once.
    unsafe {
        let made = call(true, |error| personr_auth_new(email.as_ptr(), password.as_ptr(), options, &mut auth, error));
        match made {
            Ok(()) => {
                let email = email.as_str().expect("only UTF-8 is accepted");
                assert!((1..=1024).contains(&email.len()) && !email.contains(|c: char| c.is_control() || c == ':'));
                assert_eq!(email.trim(), email);
                assert_eq!((personr_auth_state(auth), personr_auth_renews_at(auth)), (PERSONR_STATE_EMPTY, 0));
            }
            Err(failure) => {
                assert!(auth.is_null());
                assert_eq!(failure.status, PERSONR_INVALID_ARGUMENT);
            }
        }
        personr_auth_free(auth);
    }
}
