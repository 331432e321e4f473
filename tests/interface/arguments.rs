//! Every function with NULL for each pointer, with bad UTF-8, and with lengths at their limits: the documented status,
//! defined outputs, no crash.

mod setters;

use std::ffi::CString;
use std::ptr::{self, null, null_mut};

use personr::ffi::*;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::client::{Auth, Failure, Options, c, call, string};

/// Not UTF-8: a byte that never occurs in it, half a character, an encoded surrogate, an overlong NUL.
const NOT_UTF8: [&[u8]; 4] = [b"a\xff", b"a\xc3", b"\xed\xa0\x80", b"\xc0\x80"];

fn assert_names(result: Result<(), Failure>, parameter: &str) {
    let failure = result.expect_err(parameter);
    assert_eq!(failure.kind(), (PERSONR_INVALID_ARGUMENT, "argument"), "{failure:?}");
    assert!(failure.message.starts_with(&format!("{parameter}: ")), "{failure:?}");
    assert_eq!((failure.http_status, failure.retry_after_ms), (0, -1));
}

fn demo() -> (Sandbox, Auth) {
    let sandbox = Sandbox::start().expect("a sandbox");
    let auth = Options::of(&sandbox).demo();
    (sandbox, auth)
}

#[test]
fn a_handle_needs_email_password_and_a_place() {
    let (email, password) = (c("a@example.com"), c("p"));
    let new = |email, password, out| call(|error| unsafe { personr_auth_new(email, password, null(), out, error) });
    let mut auth = ptr::dangling_mut();
    assert_names(new(null(), password.as_ptr(), &mut auth), "email");
    assert!(auth.is_null());
    auth = ptr::dangling_mut();
    assert_names(new(email.as_ptr(), null(), &mut auth), "password");
    assert!(auth.is_null());
    assert_names(new(email.as_ptr(), password.as_ptr(), null_mut()), "auth_out");
    assert_names(new(null(), null(), null_mut()), "auth_out");
    for bytes in NOT_UTF8 {
        let text = CString::new(bytes).expect("no NUL");
        assert_names(new(text.as_ptr(), password.as_ptr(), &mut auth), "email");
        assert_names(new(email.as_ptr(), text.as_ptr(), &mut auth), "password");
    }
    let status = unsafe { personr_auth_new(null(), null(), null(), null_mut(), null_mut()) };
    assert_eq!(status, PERSONR_INVALID_ARGUMENT);
    assert_eq!(new(email.as_ptr(), password.as_ptr(), &mut auth), Ok(()));
    drop(Auth(auth));
}

#[test]
fn tokens_need_a_handle_and_a_place() {
    let (_sandbox, auth) = demo();
    for obtain in [personr_auth_login, personr_auth_token] {
        let mut token = ptr::dangling_mut();
        assert_names(call(|error| unsafe { obtain(null(), &mut token, error) }), "auth");
        assert!(token.is_null());
        assert_names(call(|error| unsafe { obtain(auth.0, null_mut(), error) }), "token_out");
        assert_names(call(|error| unsafe { obtain(null(), null_mut(), error) }), "token_out");
        assert_eq!(unsafe { obtain(null(), null_mut(), null_mut()) }, PERSONR_INVALID_ARGUMENT);
    }
}

#[test]
fn an_authorization_fits_its_buffer_or_is_not_written() {
    let (sandbox, auth) = demo();
    let write = |auth: *const personr_auth, buffer: *mut u8, capacity| {
        let mut length = 99;
        let result =
            call(|error| unsafe { personr_auth_authorization(auth, buffer.cast(), capacity, &mut length, error) });
        (result, length)
    };
    let mut buffer = [b'?'; PERSONR_AUTHORIZATION_MAX];
    let (result, length) = write(null(), buffer.as_mut_ptr(), buffer.len());
    assert_names(result, "auth");
    assert_eq!((length, buffer[0], buffer[1]), (0, 0, b'?'));
    let (result, length) = write(auth.0, null_mut(), 1);
    assert_names(result, "buffer");
    assert_eq!((length, sandbox.counters().requests), (0, 0));

    // The first call logs in, whatever the buffer; the later ones find the token published.
    for _ in 0..2 {
        let (result, needed) = write(auth.0, null_mut(), 0);
        assert_eq!(result.expect_err("too small").kind(), (PERSONR_BUFFER_TOO_SMALL, "buffer"));
        let expected = format!("Bearer {}", sandbox.live_token(DEFAULT_EMAIL).expect("logged in"));
        assert_eq!(needed, expected.len());
        for capacity in [1, 7, needed - 1, needed] {
            buffer.fill(b'?');
            let (result, length) = write(auth.0, buffer.as_mut_ptr(), capacity);
            let failure = result.expect_err("too small");
            assert_eq!(failure.kind(), (PERSONR_BUFFER_TOO_SMALL, "buffer"));
            assert!(failure.message.contains(&(needed + 1).to_string()), "{failure:?}");
            assert_eq!((length, buffer[0], buffer[capacity]), (needed, 0, b'?'));
        }
        for capacity in [needed + 1, needed + 2, PERSONR_AUTHORIZATION_MAX] {
            buffer.fill(b'?');
            let (result, length) = write(auth.0, buffer.as_mut_ptr(), capacity);
            assert_eq!((result, length), (Ok(()), needed));
            assert_eq!(unsafe { string(buffer.as_ptr().cast()) }, expected);
            assert!(buffer[needed + 1..].iter().all(|byte| *byte == b'?'), "nothing is written behind the NUL");
        }
        let mut huge = vec![b'?'; 2 * PERSONR_AUTHORIZATION_MAX];
        assert_eq!(write(auth.0, huge.as_mut_ptr(), huge.len()), (Ok(()), needed));
        auth.reject(&expected);
    }
    let status =
        unsafe { personr_auth_authorization(auth.0, buffer.as_mut_ptr().cast(), buffer.len(), null_mut(), null_mut()) };
    assert_eq!(status, PERSONR_OK, "length and error may be NULL");
    assert_eq!(
        unsafe { personr_auth_authorization(null(), null_mut(), 0, null_mut(), null_mut()) },
        PERSONR_INVALID_ARGUMENT
    );
}

#[test]
fn a_rejection_needs_a_handle_and_a_token() {
    let (_sandbox, auth) = demo();
    let token = c("abc");
    let reject = |auth, token| call(|error| unsafe { personr_auth_reject(auth, token, error) });
    assert_names(reject(null(), token.as_ptr()), "auth");
    assert_names(reject(auth.0, null()), "token_or_authorization");
    let none = ["", "Bearer ", "bearer   ", "Authorization:", " \r\n", "a b", "Bearer Bearer a", "a\u{1}"];
    for none in none.map(str::to_owned).into_iter().chain(["x".repeat(1_000_000)]) {
        let none = c(none);
        assert_names(reject(auth.0, none.as_ptr()), "token_or_authorization");
    }
    for bytes in NOT_UTF8 {
        let text = CString::new(bytes).expect("no NUL");
        assert_names(reject(auth.0, text.as_ptr()), "token_or_authorization");
    }
    assert_eq!(unsafe { personr_auth_reject(null(), null(), null_mut()) }, PERSONR_INVALID_ARGUMENT);
}

#[test]
fn getters_of_null_say_nothing() {
    unsafe {
        for getter in [personr_token_value, personr_token_authorization, personr_token_user_id] {
            assert_eq!(string(getter(null())), "");
        }
        for getter in [personr_token_lifetime, personr_token_expires_at, personr_token_seconds_left] {
            assert_eq!(getter(null()), 0);
        }
        assert_eq!(string(personr_error_message(null())), "");
        assert_eq!(string(personr_error_reason(null())), "");
        assert_eq!(personr_error_status(null()), PERSONR_OK);
        assert_eq!((personr_error_http_status(null()), personr_error_retry_after_ms(null())), (0, -1));
        assert_eq!((personr_auth_state(null()), personr_auth_renews_at(null())), (PERSONR_STATE_EMPTY, 0));
        personr_options_free(null_mut());
        personr_auth_free(null_mut());
        personr_token_free(null_mut());
        personr_error_free(null_mut());
    }
}

#[test]
fn a_fresh_handle_is_empty_and_asks_nothing() {
    let (sandbox, auth) = demo();
    assert_eq!((auth.state(), auth.renews_at()), (PERSONR_STATE_EMPTY, 0));
    assert_eq!(sandbox.counters().connections, 0);
    let token = auth.token().expect("a token");
    assert!(auth.renews_at() > token.expires_at - token.lifetime && auth.renews_at() < token.expires_at);
    assert_eq!(auth.state(), PERSONR_STATE_GOOD);
    auth.reject(&token.value);
    assert_eq!((auth.state(), auth.renews_at()), (PERSONR_STATE_EMPTY, 0));
}

#[test]
fn tokens_and_options_outlive_what_they_came_from() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let options = Options::of(&sandbox);
    let auth = options.auth(DEFAULT_EMAIL, DEFAULT_PASSWORD).expect("a handle");
    drop(options);
    let mut token = null_mut();
    call(|error| unsafe { personr_auth_token(auth.0, &mut token, error) }).expect("a token");
    drop(auth);
    unsafe {
        assert_eq!(Some(string(personr_token_value(token))), sandbox.live_token(DEFAULT_EMAIL));
        personr_token_free(token);
    }
}

#[test]
fn statuses_and_versions_have_names() {
    unsafe {
        assert_eq!(string(personr_status_name(PERSONR_OK)), "PERSONR_OK");
        assert_eq!(string(personr_status_name(PERSONR_CREDENTIALS)), "PERSONR_CREDENTIALS");
        for unknown in [-1, 18, i32::MIN, i32::MAX] {
            assert_eq!(string(personr_status_name(unknown)), "PERSONR_UNKNOWN");
        }
        let names: std::collections::BTreeSet<_> = (0..18).map(|status| string(personr_status_name(status))).collect();
        assert_eq!(names.len(), 18);
        let version = string(personr_library_version());
        assert_eq!(version, env!("CARGO_PKG_VERSION"));
        let parts: Vec<u32> = version.split('.').map(|part| part.parse().expect("a number")).collect();
        assert_eq!(personr_library_version_number(), parts[0] * 10_000 + parts[1] * 100 + parts[2]);
    }
}
