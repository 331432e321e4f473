//! Calls that do not block: how they end, by whom they may be cancelled, what becomes of their logins, and what they take
//! of the process.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod loops;
