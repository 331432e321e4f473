//! A stand-in for Personr's API, for demos, tests and benchmarks.
//!
//! [`Sandbox::start`] opens HTTPS on a free port of the loopback, with a CA that
//! it makes for itself. It behaves as the service does, down to its quirks: a new
//! login ends the account's former token, wrong credentials get the documented
//! refusal byte for byte, all documented client samples are accepted, and the
//! other endpoints want a bearer token and answer in their own shapes. Uploads are
//! hashed while they come in: see [`Received`] and [`Part`]. Then it does what the
//! service does only on bad days, on order: see [`Action`].
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
//! ```
//! # use personr_sandbox::{Documented, Action, Document, Fault, KeepAlive, Sandbox};
//! # fn main() -> std::io::Result<()> {
//! # let sandbox = Sandbox::start()?;
//! // What a download gives, and a refusal that comes with HTTP 200:
//! sandbox.set_documents(&[Document::new("PASSPORT", 20_000_000, 1)]);
//! sandbox.order(Fault::new(Action::Documented(Documented::WorkspaceNotFound)).on_path("api-applicant-create"));
//! // … send requests, then look at what they held:
//! for request in sandbox.requests_to("api-document-upload") {
//!     for upload in request.uploads() {
//!         println!("{} {:?} {} bytes, {}", upload.name, upload.file_name, upload.length, upload.sha256);
//!     }
//! }
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
//! | `GET /requests`, `GET /requests?endpoint=api-…` | | what is known of each [`Received`], without its headers |
//! | `GET /uploads` | | the documents in them: endpoint, whether it arrived whole, and the [`Part`] |
//! | `POST /forget` | | forgets the requests; the counters stay |
//! | `POST /lifetime` | `{"seconds":2}` | of tokens issued from now on |
//! | `POST /revoke` | `{"token":"…"}`, or `{}` for all | ends tokens; `{"done":false}` if no account has it |
//! | `POST /revoke_after` | `{"requests":[10,10]}` | [`Sandbox::revoke_after`] |
//! | `POST /documents` | `{"documents":[{"doc_type":"PASSPORT","length":20000000,"seed":1}]}` | [`Sandbox::set_documents`]; answers with their hashes |
//! | `POST /polls` | `{"count":2}` | [`Sandbox::set_polls`] |
//! | `POST /keep_alive` | `{"idle_ms":50,"requests":10}` | the [`KeepAlive`]; what is left out is without limit |
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
//! {"action":{"documented":"workspace_not_found"}}
//! {"action":{"documented":{"too_many_requests":{"retry_after":"1"}}}}
//! {"action":{"documented":{"html_page":{"status":403}}}}
//! {"action":{"end_answer":{"after":0,"by":"orderly"}}}
//! {"action":{"chunked":{"bytes":1000}}}
//! {"action":{"last":{"announced":false}}}
//! {"action":{"end_request":{"after":1000,"by":"reset"}}}
//! {"action":{"stall_request":{"after":1000}}}
//! {"action":{"early":{"after":0,"status":401,"headers":[],"body":"{}","then":"stall"}}}
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
mod content;
mod control;
mod document;
mod fault;
mod folder;
mod gate;
mod hex;
mod http;
mod journal;
mod keep_alive;
mod locks;
mod proxy;
mod revocations;
mod sandbox;
mod server;
mod service;
mod state;
mod tls;
mod wire;

pub use builder::Builder;
pub use certificate::Certificate;
pub use content::{Encoding, Part};
pub use document::Document;
pub use fault::{Action, Documented, Fault, Rest};
pub use http::Received;
pub use journal::Counters;
pub use keep_alive::KeepAlive;
pub use proxy::{Proxy, ProxyBuilder};
pub use sandbox::Sandbox;
pub use wire::Ending;

/// The account that every sandbox has.
pub const DEFAULT_EMAIL: &str = "demo@example.com";
/// The password of [`DEFAULT_EMAIL`].
pub const DEFAULT_PASSWORD: &str = "correct horse battery staple";
