//! Logs in to Personr's API, keeps the token usable, and sends the requests that it is for. The library is made for C: see
//! `include/personr.h`.
//!
//! `docs/architecture.md` explains how it works inside: three walks through the rooms, and a glossary.
//!
//! The rooms, top floor first. Imports run downwards only: `tests/packaging/layers.rs` has the table.
//!
//! * `ffi`: the C interface. Pointers become values, results become status, output and error.
//! * `auth`: one account and its token, as a handle holds them. All I/O of a call is led from here.
//! * `operation`: a call that does not block: its states, its descriptor, its threads, and the callbacks that it needs.
//! * `session`: the life of the one token, a pure state machine. `published`: the token in hand, read without a lock.
//! * `request`: one authorised request: its body, what an answer means, the 401. `login`: one login within one deadline.
//! * `wire`: what Personr's bytes mean. `pool`: connections that are kept between two requests. `transport`: one HTTP
//!   exchange. `attempts`: whether something is sent again.
//! * `options`: what a caller can set. `store`: where the record is kept, and the lock around a login.
//! * `dial`: a connection: name look-up, proxy, TLS with its root certificates.
//! * `record`: what is known of an account's token, and its form in a store.
//! * `json`: a document that may be untidy, and the values in it. `atomic_file`: a file that appears whole.
//! * On the ground floor: `token`, `credentials`, `url`, `environment`, `secret`, `clock`, `error`, `log`, `http`,
//!   `pem`, `blanks`, `random`, `sync`, `sys`, `text`, `alloc`.

#![deny(unsafe_code, unsafe_op_in_unsafe_fn)]
#![warn(missing_docs, unreachable_pub, clippy::undocumented_unsafe_blocks)]
// What a caller's input or a server's bytes can reach must not panic.
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![warn(clippy::print_stdout, clippy::print_stderr, clippy::dbg_macro)]
// Without the C interface, what only it calls is unused.
#![cfg_attr(not(feature = "capi"), allow(dead_code))]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

#[cfg(panic = "abort")]
compile_error!("a panic must become PERSONR_INTERNAL, and never end the application: build with panic = \"unwind\"");

#[cfg(not(any(target_os = "linux", target_vendor = "apple", target_os = "freebsd", target_os = "illumos")))]
compile_error!("this system is none of those that the library is made for: Linux, macOS, FreeBSD and illumos");

// The fuzz targets name the crate, also where the unit tests compile them.
#[cfg(test)]
extern crate self as personr;

#[cfg(feature = "capi")]
#[allow(unsafe_code)]
mod alloc;
mod atomic_file;
mod attempts;
mod auth;
mod blanks;
mod clock;
mod credentials;
mod dial;
mod environment;
mod error;
#[cfg(feature = "capi")]
#[allow(unsafe_code)]
pub mod ffi;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod http;
mod json;
mod log;
mod login;
mod operation;
mod options;
mod pem;
mod pool;
#[allow(unsafe_code)]
mod published;
// Not inside `published`: its model (`tests/models/published.rs`) compiles that file with atomics of its own.
#[cfg(test)]
#[allow(unsafe_code)]
#[path = "published/published_tests.rs"]
mod published_tests;
mod random;
mod record;
mod request;
#[allow(unsafe_code)]
mod secret;
mod session;
mod store;
mod sync;
#[allow(unsafe_code)]
mod sys;
mod text;
mod token;
mod transport;
mod url;
mod wire;

pub use auth::Auth;
pub use error::{Error, Result, Status};
pub use options::{LoginMethod, Options};
pub use request::{Encoding, Format, Request, Response};
pub use session::State;
pub use token::Token;
