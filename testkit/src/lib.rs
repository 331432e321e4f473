//! What the tests in `tests/` share. It is compiled once, and knows the library by its C functions alone.
//!
//! What the tests of one group share stands with that group.

// `new` makes something in the world: a folder, a handle, a server.
#![allow(clippy::new_without_default)]

pub mod application;
#[cfg(unix)]
pub mod c_program;
pub mod client;
#[cfg(unix)]
pub mod compile;
pub mod figures;
#[cfg(unix)]
pub mod forked;
#[cfg(unix)]
pub mod memory;
#[cfg(unix)]
pub mod redis_server;
#[cfg(unix)]
pub mod relay;
#[cfg(unix)]
pub mod store_directory;
pub mod subprocess;
#[cfg(unix)]
pub mod suite;
#[cfg(unix)]
pub mod wiping_application;
