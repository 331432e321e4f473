//! Calls that do not block: how they end, by whom they may be cancelled, what becomes of their logins, and what they take
//! of the process.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod callbacks;
mod caller;
mod cancelled_logins;
mod cancelled_requests;
mod forks;
mod limits;
mod loops;
mod races;
mod random_cancels;
mod threads;
