//! What is done with a handle for its token, and what must hold of a token.

use std::collections::BTreeSet;
use std::ffi::c_char;
use std::ptr::{self, NonNull};
use std::thread;

use personr::ffi::*;

use super::super::super::c::{Text, call, number, text};
use super::super::super::{http, reference};
use super::{PLACES, World, at};

// SAFETY of all below: the places of a world hold live handles or NULL, as `World::step` asks.

impl World {
    pub(super) unsafe fn obtain(&mut self, letter: u8, place: usize, rest: &[u8]) {
        let to = usize::from(rest.first().map_or(0, |byte| byte.wrapping_sub(b'0')));
        let wants_error = rest.get(1) != Some(&b'N');
        let auth = at(&self.auths, place);
        let mut token = NonNull::<personr_token>::dangling().as_ptr();
        let out: *mut *mut personr_token = if to < PLACES { &mut token } else { ptr::null_mut() };
        // SAFETY: as above.
        unsafe {
            let result = call(wants_error, |error| match letter {
                b'L' => personr_auth_login(auth, out, error),
                _ => personr_auth_token(auth, out, error),
            });
            if result.is_ok() {
                assert!(!auth.is_null() && to < PLACES && !token.is_null());
                self.free_token(to);
                self.tokens[to] = token;
                self.check_token(token);
            } else {
                assert!(out.is_null() || token.is_null());
            }
        }
    }

    pub(super) unsafe fn obtain_twice(&self, auth: *mut personr_auth) {
        /// What threads do with one handle.
        struct Work<F>(F);
        // SAFETY: any number of threads may use a handle, and the closure only reads the world, whose handles stay as
        // they are until both threads are over.
        unsafe impl<F: Fn()> Sync for Work<F> {}
        let work = &Work(|| {
            let mut token = ptr::null_mut();
            // SAFETY: as above; each thread frees its own token.
            unsafe {
                let _ = call(true, |error| personr_auth_token(auth, &mut token, error));
                self.check_token(token);
                personr_token_free(token);
            }
        });
        thread::scope(|scope| {
            let threads = [0, 1].map(|_| scope.spawn(move || (work.0)()));
            // Not left to the scope, which does not wait for what a thread frees at its very end.
            threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
        });
    }

    pub(super) unsafe fn authorization(&self, auth: *const personr_auth, rest: &[u8]) {
        let capacity = number(rest) as usize;
        let mut buffer = [b'#'; 2 * PERSONR_AUTHORIZATION_MAX];
        // A larger capacity than that is a lie that does not matter: nothing longer is ever written.
        let capacity = if capacity > buffer.len() { usize::MAX } else { capacity };
        let is_null = rest.ends_with(b"N");
        let pointer = if is_null { ptr::null_mut() } else { buffer.as_mut_ptr().cast::<c_char>() };
        let mut length = usize::MAX;
        // SAFETY: as above.
        let result =
            unsafe { call(true, |error| personr_auth_authorization(auth, pointer, capacity, &mut length, error)) };
        match result {
            Ok(()) => {
                assert!(
                    length < capacity && buffer[length] == 0 && buffer[length + 1..].iter().all(|byte| *byte == b'#')
                );
                let written = std::str::from_utf8(&buffer[..length]).expect("ASCII");
                self.assert_legitimate(written.strip_prefix("Bearer ").expect("a scheme"));
            }
            Err(failure) => {
                assert!(is_null || capacity == 0 || buffer[0] == 0);
                assert!(buffer[capacity.min(buffer.len())..].iter().all(|byte| *byte == b'#'));
                if failure.status == PERSONR_BUFFER_TOO_SMALL {
                    assert!(capacity <= length && length < PERSONR_AUTHORIZATION_MAX);
                } else {
                    assert_eq!(length, 0);
                }
            }
        }
    }

    pub(super) unsafe fn reject(&self, auth: *const personr_auth, rest: &[u8]) {
        let place = usize::from(rest.first().map_or(0, |byte| byte.wrapping_sub(b'0')));
        // SAFETY: as above.
        unsafe {
            let token = at(&self.tokens, place);
            let value = match rest {
                [b'0'..=b'2'] => Text::of(text(personr_token_value(token)).as_bytes()),
                [b'0'..=b'2', b'A'] => Text::of(text(personr_token_authorization(token)).as_bytes()),
                text => Text::of(text),
            };
            if let Err(failure) = call(true, |error| personr_auth_reject(auth, value.as_ptr(), error)) {
                assert_eq!(failure.status, PERSONR_INVALID_ARGUMENT);
            }
        }
    }

    /// NULL is a token, too.
    pub(super) unsafe fn check_token(&self, token: *const personr_token) {
        // SAFETY: as above.
        unsafe {
            let value = text(personr_token_value(token));
            let authorization = text(personr_token_authorization(token));
            let user_id = text(personr_token_user_id(token));
            let lifetime = personr_token_lifetime(token);
            let left = personr_token_seconds_left(token);
            let expires_at = personr_token_expires_at(token);
            if token.is_null() {
                assert_eq!((value + &authorization + &user_id, lifetime, left, expires_at), (String::new(), 0, 0, 0));
                return;
            }
            assert_eq!(authorization, format!("Bearer {value}"));
            assert!(user_id.bytes().all(|byte| byte.is_ascii_graphic()));
            assert!((0..=lifetime).contains(&left), "{left} of {lifetime}");
            self.assert_legitimate(&value);
        }
    }

    /// A token that the service issued in this input, as a second reading of its bytes finds, or a record held.
    fn assert_legitimate(&self, value: &str) {
        let mut legitimate = BTreeSet::new();
        for bytes in self.server.given() {
            legitimate
                .extend(http::bodies(&bytes).filter_map(|body| reference::success(&body)).map(|found| found.token));
        }
        for record in self.applications.planted.lock().expect("no panic").iter() {
            legitimate.extend(reference::texts(record));
        }
        assert!(legitimate.contains(value), "the token {value:?} was never issued");
    }
}

/// # Safety
/// `auth` is NULL or live.
pub(super) unsafe fn check_state(auth: *const personr_auth) {
    // SAFETY: promised by the caller.
    unsafe {
        assert!((PERSONR_STATE_EMPTY..=PERSONR_STATE_REFUSED).contains(&personr_auth_state(auth)));
        assert!(personr_auth_renews_at(auth) >= 0);
    }
}
