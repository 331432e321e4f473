//! A `getaddrinfo` of the test's own before the system's, in a process of its own.

use std::ffi::{CString, c_char, c_int};
use std::path::Path;

use personr_testkit::compile::{ROOT, Workshop, cc};
use personr_testkit::subprocess;

/// Runs a test of this program under the shim. What it said.
pub fn run_under(test: &str) -> Vec<String> {
    let workshop = Workshop::new();
    let source = Path::new(ROOT).join("tests/network/shim/look_up.c");
    let arguments = ["-shared".as_ref(), "-fPIC".as_ref(), "-Wall".as_ref(), source.as_os_str()];
    let shim = workshop.link("look_up.so", &cc(), &arguments, &[]);
    let mut command = subprocess::command(test);
    command.env("LD_PRELOAD", shim);
    subprocess::run(command)
}

/// The functions of `look_up.c`.
pub struct Shim {
    order: extern "C" fn(c_int, c_int, *const c_char),
    release: extern "C" fn(),
    count: extern "C" fn() -> c_int,
}

impl Shim {
    pub fn find() -> Self {
        let find = |name: &std::ffi::CStr| {
            // SAFETY: the name ends with NUL.
            let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
            assert!(!found.is_null(), "{name:?} is not loaded");
            found
        };
        // SAFETY: they are functions of these types.
        unsafe {
            Self {
                order: std::mem::transmute::<*mut libc::c_void, extern "C" fn(c_int, c_int, *const c_char)>(find(
                    c"look_up_order",
                )),
                release: std::mem::transmute::<*mut libc::c_void, extern "C" fn()>(find(c"look_up_release")),
                count: std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> c_int>(find(c"look_up_count")),
            }
        }
    }

    /// From now on: after `delay_ms` (-1: at the release) the error, or the addresses.
    pub fn order(&self, delay_ms: i32, error: i32, addresses: &[&str]) {
        // With a comma after each.
        let addresses: String = addresses.iter().flat_map(|address| [*address, ","]).collect();
        let addresses = CString::new(addresses).expect("no NUL");
        (self.order)(delay_ms, error, addresses.as_ptr());
    }

    pub fn release(&self) {
        (self.release)();
    }

    pub fn count(&self) -> i32 {
        (self.count)()
    }
}
