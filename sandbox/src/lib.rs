//! A stand-in for Personr's API, for demos, tests and benchmarks.
//!
//! [`Sandbox::start`] opens HTTPS on a free port of the loopback, with a CA that
//! it makes for itself. It behaves as the service does, down to its quirks: a new
//! login ends the account's former token, wrong credentials get the documented
//! refusal byte for byte, all documented client samples are accepted, and the
//! other endpoints want a bearer token. Then it does what the service does only on
//! bad days, on order: see [`Action`].
//!
//! ```
//! use std::time::Duration;
//! use personr_sandbox::{Action, Fault, Sandbox};
//!
//! # fn main() -> std::io::Result<()> {
//! let sandbox = Sandbox::start()?;
//! sandbox.order(Fault::new(Action::Delay(Duration::from_millis(50))).on_path("api-basic-auth"));
//! println!("{} trusted by {}", sandbox.base_url(), sandbox.ca_file().display());
//! // … point a client at it, then look at what arrived:
//! assert_eq!(sandbox.counters().tokens_issued, 0);
//! # Ok(())
//! # }
//! ```
//!
//! # The control interface
//!
//! For programs in other languages, at [`Sandbox::control_url`], over plain HTTP and in JSON:
//!
//! | request | body | |
//! |---|---|---|
//! | `GET /counters` | | the [`Counters`] |
//! | `POST /lifetime` | `{"seconds":2}` | of tokens issued from now on |
//! | `POST /revoke` | `{"token":"…"}`, or `{}` for all | ends tokens; `{"done":false}` if no account has it |
//! | `POST /account` | `{"email":"…","password":"…"}` | adds an account or changes its password |
//! | `POST /fault` | see below | queues a [`Fault`] |
//! | `POST /clear` | | forgets the faults and releases what is held |
//! | `POST /release` | | releases what is held |
//! | `POST /stop` | | ends the program (a library's owner: [`Builder::on_stop`]) |
//!
//! They answer `{"done":true}`, or `{"message":"…"}` with a status of 400 and above.
//!
//! A fault has an `action`, and may have a `path` (the end of it) and `times` (1 if
//! not given) or `"always":true`. The actions, each in an example:
//!
//! ```json
//! {"action":{"answer":{"status":503,"headers":[["Retry-After","1"]],"body":"{}"}},"times":2}
//! {"action":{"raw":"HTTP/1.1 200 OK\r\n\r\nnonsense"},"path":"api-basic-auth"}
//! {"action":{"delay_ms":50},"always":true}
//! {"action":"hold"}
//! {"action":"stall"}
//! {"action":{"drip":{"bytes":1,"every_ms":10}}}
//! {"action":{"cut":{"after":20}}}
//! {"action":{"truncate":{"after":20}}}
//! {"action":"reset"}
//! {"action":"reset_after_issue"}
//! {"action":"close"}
//! {"action":"refuse_tls"}
//! {"action":"reset_on_accept"}
//! {"action":"stall_tls"}
//! {"action":"plain_http"}
//! ```
//!
//! # The proxy
//!
//! [`Proxy`] is a small CONNECT proxy that remembers what it saw, for tests of
//! clients that go through one.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod accounts;
mod builder;
mod certificate;
mod connection;
mod control;
mod fault;
mod folder;
mod gate;
mod http;
mod journal;
mod locks;
mod proxy;
mod sandbox;
mod server;
mod service;
mod state;
mod tls;
mod wire;

pub use builder::Builder;
pub use certificate::Certificate;
pub use fault::{Action, Fault};
pub use http::Received;
pub use journal::Counters;
pub use proxy::{Proxy, ProxyBuilder};
pub use sandbox::Sandbox;

/// The account that every sandbox has.
pub const DEFAULT_EMAIL: &str = "demo@example.com";
/// The password of [`DEFAULT_EMAIL`].
pub const DEFAULT_PASSWORD: &str = "correct horse battery staple";
