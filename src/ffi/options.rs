use std::ffi::c_char;

use super::boundary::quietly;
use super::error::personr_error;
use super::guard::guard;
use super::handle::{Handle, TypeWord, boxed, free, handle_mut};
use super::status::personr_status;
use super::strings::{bytes, string, text};
use super::user_data::Owned;
use crate::error::Error;
use crate::options::{LoginMethod, Options};

/// Email and password in the Authorization header (api-basic-auth). The default.
pub const PERSONR_LOGIN_BASIC: i32 = 0;
/// Email and password in a form (api-token-generate).
pub const PERSONR_LOGIN_FORM: i32 = 1;

/// Settings for personr_auth_new(), which copies them.
///
/// A setter that fails leaves the setting as it was. One thread at a time may use an options object.
#[cfg_attr(feature = "capi", repr(C))] // not seen by cbindgen: to a C program the type is opaque
pub struct personr_options {
    _type: TypeWord<Self>,
    pub(super) options: Options,
    pub(super) owned: Owned,
}

// SAFETY: the type is `repr(C)` and begins with its word.
unsafe impl Handle for personr_options {
    const NAME: &'static str = "personr_options";
}

/// Makes an options object with the defaults.
///
/// @return The object, yours to free by personr_options_free(). NULL only in case of a defect of the library.
///
/// Threads: any. Network: never.
#[unsafe(no_mangle)]
pub extern "C" fn personr_options_new() -> *mut personr_options {
    quietly(std::ptr::null_mut(), || match Options::new() {
        Ok(options) => boxed(personr_options { _type: TypeWord::new(), options, owned: Owned::default() }),
        Err(_) => std::ptr::null_mut(),
    })
}

/// Frees an options object. Handles that were made with it are not affected.
///
/// @param options The object. NULL does nothing.
///
/// Threads: nothing else may use the object any more. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_free(options: *mut personr_options) {
    // SAFETY: NULL or a live handle that is not used again, says the header; made by `boxed`.
    unsafe { free(options) }
}

/// Sets where the service is: "https://enterprise.personr.co/api/1.1/wf" unless set.
///
/// Different ways to write the same URL name the same account: capitals in the host, a dot at its end, the default
/// port, the spelling of an IPv6 address, "%2f" for "%2F".
///
/// @param options  The object.
/// @param base_url An https:// URL of at most 2048 bytes, without user name, query, fragment, or blanks around it;
///                 http:// for a loopback address alone ("localhost", 127.0.0.0/8, [::1]). Copied.
/// @param error    Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_base_url(
    options: *mut personr_options,
    base_url: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and a place to write to.
    unsafe {
        guard(error, || {
            let options = &mut handle_mut("options", options)?.options;
            options.set_base_url(text("base_url", base_url)?)
        })
    }
}

/// Sets which of the service's two login endpoints is used.
///
/// @param options      The object.
/// @param login_method #PERSONR_LOGIN_BASIC (the default) or #PERSONR_LOGIN_FORM.
/// @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_login_method(
    options: *mut personr_options,
    login_method: i32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and a place to write to.
    unsafe {
        guard(error, || {
            let method = match login_method {
                PERSONR_LOGIN_BASIC => LoginMethod::Basic,
                PERSONR_LOGIN_FORM => LoginMethod::Form,
                _ => return Err(Error::argument("login_method", "there is no such method")),
            };
            handle_mut("options", options)?.options.set_login_method(method);
            Ok(())
        })
    }
}

/// Sets how long a whole call may take: name look-up, connecting, TLS, retries, the answer, and waiting for other calls
/// and processes.
///
/// @param options    The object.
/// @param timeout_ms Milliseconds, 1 to 3600000 (an hour). 30000 unless set.
/// @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_timeout_ms(
    options: *mut personr_options,
    timeout_ms: u32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and a place to write to.
    unsafe { guard(error, || handle_mut("options", options)?.options.set_timeout_ms(timeout_ms)) }
}

/// Sets how long one connection may take to open: name look-up, connecting, proxy and TLS.
///
/// @param options            The object.
/// @param connect_timeout_ms Milliseconds, 1 to 3600000 (an hour). 10000 unless set.
/// @param error              Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_connect_timeout_ms(
    options: *mut personr_options,
    connect_timeout_ms: u32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and a place to write to.
    unsafe { guard(error, || handle_mut("options", options)?.options.set_connect_timeout_ms(connect_timeout_ms)) }
}

/// Sets how often one login is tried again after a failure that may be over a moment later: no connection, a connection
/// that broke before the answer, a 5xx, or a 429 that says when to come back. A refusal is never tried again.
///
/// The pauses are random and grow, and are never shorter than the service asks for. All pauses of one login together
/// take at most 2 seconds, since other processes wait meanwhile. If the next pause had to be longer ("Retry-After:
/// 20"), the call fails at once, and personr_error_retry_after_ms() says how long this process and the others do not
/// log in.
///
/// personr_request_send() goes by the same number, but for what it must not send twice, and its pauses may take all of
/// its own timeout.
///
/// @param options     The object.
/// @param max_retries 0 to 10. 2 unless set.
/// @param error       Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_max_retries(
    options: *mut personr_options,
    max_retries: u32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and a place to write to.
    unsafe { guard(error, || handle_mut("options", options)?.options.set_max_retries(max_retries)) }
}

/// Sets the HTTP proxy to connect through (CONNECT). The proxy learns the name and the port of the service, and nothing
/// that is sent to the service.
///
/// No proxy is ever used for a loopback address. Unless set, the environment names the proxy: see personr_auth_new().
///
/// @param options The object.
/// @param proxy   "" for none at all, or a URL such as "http://user:password@proxy.example:3128": http:// (also if no
///                scheme is given), or https:// for TLS to the proxy; port 80 or 443 unless given. User and password
///                are bytes in any encoding, as for curl; "/", "?", "#", "%", a blank, and ":" in a user are
///                percent-encoded. No blanks around it. SOCKS is not supported. Copied.
/// @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_proxy(
    options: *mut personr_options,
    proxy: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and a place to write to.
    unsafe {
        guard(error, || {
            let options = &mut handle_mut("options", options)?.options;
            options.set_proxy(string("proxy", proxy)?.to_bytes())
        })
    }
}

/// Adds the root certificates of a PEM file to those that are trusted. May be called more than once.
///
/// If one of its certificates cannot be read, none is added, and the message names that one by its number and line.
/// Whatever OpenSSL reads is read: comments in any encoding, "X509 CERTIFICATE", and "TRUSTED CERTIFICATE" if its trust
/// settings are for servers. Files that were joined without a line break are read as well.
///
/// @param options The object.
/// @param ca_file Path of the file, which is read now; a regular file (or a link to one) of at most 16 MiB.
/// @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_ca_file(
    options: *mut personr_options,
    ca_file: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and a place to write to.
    unsafe {
        guard(error, || {
            let options = &mut handle_mut("options", options)?.options;
            options.set_ca_file(text("ca_file", ca_file)?.as_ref())
        })
    }
}

/// Adds the root certificates of a PEM text, as personr_options_set_ca_file() does.
///
/// @param options The object.
/// @param ca_pem  The text: certificates in PEM. Read now.
/// @param length  Its length in bytes; a NUL at its end need not be counted.
/// @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_ca_pem(
    options: *mut personr_options,
    ca_pem: *const u8,
    length: usize,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, bytes, and a place to write to.
    unsafe {
        guard(error, || {
            let options = &mut handle_mut("options", options)?.options;
            options.set_ca_pem(bytes("ca_pem", ca_pem, length)?)
        })
    }
}

/// Sets whether the system's root certificates are trusted beside the added ones.
///
/// On Linux and similar systems they stand in files: all of them in one file, and each in a file of its own, in a
/// directory, under a name such as 0a1b2c3d.0 ("openssl rehash" makes these names). As for OpenSSL, SSL_CERT_FILE names
/// another file, and SSL_CERT_DIR other directories, with colons between them; an empty variable counts as unset.
/// personr_auth_new() reads both variables. The file is read at the first login, and the directories only if no
/// certificate in the file vouches for the server. What has changed is read again at the next login. Only regular files
/// are read. Without any root certificate a login fails with #PERSONR_TLS, reason "no-roots". The reason
/// "roots-unreadable" says that some could not be read, and that no other one vouches for the server.
///
/// @param options      The object.
/// @param system_roots 1 (the default), or 0 to trust the added ones alone, of which there must then be some.
/// @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_system_roots(
    options: *mut personr_options,
    system_roots: i32,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and a place to write to.
    unsafe {
        guard(error, || {
            let trusted = match system_roots {
                0 => false,
                1 => true,
                _ => return Err(Error::argument("system_roots", "it is neither 0 nor 1")),
            };
            handle_mut("options", options)?.options.set_system_roots(trusted);
            Ok(())
        })
    }
}

/// Sets what the User-Agent header names before "libpersonr/VERSION".
///
/// @param options    The object.
/// @param user_agent Such as "Billing/2.1": printable ASCII, at most 256 bytes; "" for nothing. Copied.
/// @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_user_agent(
    options: *mut personr_options,
    user_agent: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and a place to write to.
    unsafe {
        guard(error, || {
            let options = &mut handle_mut("options", options)?.options;
            options.set_user_agent(text("user_agent", user_agent)?)
        })
    }
}

/// Sets where the token is kept, and so who shares it.
///
/// A "file:" store is shared by all processes of a machine that run as the same user, forked ones too, and outlives
/// them: one of them logs in, the others find its token. The directory must belong to this user alone. If it is missing
/// it is made (mode 0700, whatever the umask is), but its parents are not. The token stands in it in clear, in files of
/// mode 0600. The store is not used, and the call returns #PERSONR_STORE, if the directory belongs to another user or
/// others may write to it; if a file in it belongs to another user, may be read or written by others, or is a link; and
/// if the directory is on a network file system or on FUSE, where machines may not see each other's locks.
///
/// @param options     The object.
/// @param token_store "memory:" (the default): shared by all handles of this process with the same service, email and
///                    password. **It ends with the last of these handles.** "file:DIRECTORY" (also
///                    "file:///DIRECTORY"): shared by all handles with the same directory, service and email. The path
///                    is taken as it is, at most 4095 bytes; a relative path starts at the working directory of this
///                    moment. Nothing is opened before a token is asked for.
///                    "redis://[[user]:password@]host[:port][/database]", or "rediss://..." for TLS: shared by all
///                    machines that use the same Redis server (in a library that was built with the cargo feature
///                    "redis"). User and password are written as in personr_options_set_proxy(). There must be no
///                    blanks around the whole, nor around the directory. Copied.
/// @param error       Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_token_store(
    options: *mut personr_options,
    token_store: *const c_char,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, a string, and a place to write to.
    unsafe {
        guard(error, || {
            let options = handle_mut("options", options)?;
            options.options.set_token_store(string("token_store", token_store)?.to_bytes())?;
            options.owned.store = None;
            Ok(())
        })
    }
}

/// Sets how long before its end a token is renewed. The first call in that time renews it; if that fails, the token in
/// hand stays in use.
///
/// @param options        The object.
/// @param renew_before_s Seconds, not negative; more than half of the token's life counts as half of it. A fifth of
///                       its life unless set; 0 for no renewal before the end.
/// @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
///
/// Threads: one at a time for each object. Network: never.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_options_set_renew_before_s(
    options: *mut personr_options,
    renew_before_s: i64,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or a live handle, and a place to write to.
    unsafe { guard(error, || handle_mut("options", options)?.options.set_renew_before_s(renew_before_s)) }
}
