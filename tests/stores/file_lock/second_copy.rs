//! The library once more in this process, as a plugin that brings its own has it.

use std::ffi::{CStr, CString, c_char, c_void};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::ptr::null_mut;

use personr::ffi::*;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use personr_testkit::client::{c, string};
use personr_testkit::compile::built;

pub struct SecondCopy(*mut c_void);

// SAFETY: what `dlopen` gives out may be used on any thread.
unsafe impl Sync for SecondCopy {}

type SetText = unsafe extern "C" fn(*mut personr_options, *const c_char, *mut *mut personr_error) -> i32;
type SetBytes = unsafe extern "C" fn(*mut personr_options, *const u8, usize, *mut *mut personr_error) -> i32;
type SetNumber = unsafe extern "C" fn(*mut personr_options, u32, *mut *mut personr_error) -> i32;
type NewAuth = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const personr_options,
    *mut *mut personr_auth,
    *mut *mut personr_error,
) -> i32;
type GetToken = unsafe extern "C" fn(*const personr_auth, *mut *mut personr_token, *mut *mut personr_error) -> i32;
type GetText<T> = unsafe extern "C" fn(*const T) -> *const c_char;
type Free<T> = unsafe extern "C" fn(*mut T);

impl SecondCopy {
    pub fn load() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("libplugin.so");
        fs::copy(built("libpersonr.so"), &path).expect("a copy");
        let path = CString::new(path.as_os_str().as_bytes()).expect("no NUL");
        // SAFETY: the library has an initializer that may run in any program, and is never unloaded.
        let handle = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!handle.is_null(), "it is loaded");
        Self(handle)
    }

    /// `F` is the type of the function.
    unsafe fn function<F: Copy>(&self, name: &CStr) -> F {
        // SAFETY: the handle is open, and the name ends with NUL.
        let function = unsafe { libc::dlsym(self.0, name.as_ptr()) };
        assert!(!function.is_null() && size_of::<F>() == size_of_val(&function), "{name:?}");
        // SAFETY: a pointer to a function that is not null; the caller vouches for the type.
        unsafe { std::mem::transmute_copy(&function) }
    }

    /// A token of a new handle, or how it failed, in one line.
    pub fn token(&self, sandbox: &Sandbox, store: &str, timeout_ms: u32) -> String {
        // SAFETY: each type is that of the header, each object is the copy's own, and is freed once.
        unsafe {
            let auth = self.auth(sandbox, store, timeout_ms);
            let (mut token, mut error) = (null_mut(), null_mut());
            let told = match self.function::<GetToken>(c"personr_auth_token")(auth, &mut token, &mut error) {
                PERSONR_OK => string(self.function::<GetText<_>>(c"personr_token_value")(token)),
                status => format!("{status} {}", string(self.function::<GetText<_>>(c"personr_error_reason")(error))),
            };
            self.function::<Free<_>>(c"personr_token_free")(token);
            self.function::<Free<_>>(c"personr_error_free")(error);
            self.function::<Free<_>>(c"personr_auth_free")(auth);
            told
        }
    }

    unsafe fn auth(&self, sandbox: &Sandbox, store: &str, timeout_ms: u32) -> *mut personr_auth {
        let (base_url, store, pem) = (c(sandbox.base_url()), c(store), sandbox.ca_pem());
        let (email, password) = (c(DEFAULT_EMAIL), c(DEFAULT_PASSWORD));
        let none = null_mut();
        let mut auth = null_mut();
        // SAFETY: as above; the texts and bytes outlive the calls.
        let statuses = unsafe {
            let options = self.function::<extern "C" fn() -> *mut personr_options>(c"personr_options_new")();
            let statuses = [
                self.function::<SetText>(c"personr_options_set_base_url")(options, base_url.as_ptr(), none),
                self.function::<SetText>(c"personr_options_set_token_store")(options, store.as_ptr(), none),
                self.function::<SetBytes>(c"personr_options_set_ca_pem")(options, pem.as_ptr(), pem.len(), none),
                self.function::<SetNumber>(c"personr_options_set_timeout_ms")(options, timeout_ms, none),
                self.function::<NewAuth>(c"personr_auth_new")(
                    email.as_ptr(),
                    password.as_ptr(),
                    options,
                    &mut auth,
                    none,
                ),
            ];
            self.function::<Free<_>>(c"personr_options_free")(options);
            statuses
        };
        assert_eq!(statuses, [PERSONR_OK; 5]);
        auth
    }
}
