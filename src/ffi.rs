//! The C interface. Pointers become values, and results become status, output and error. No decision about logins,
//! tokens or HTTP is made here.
//!
//! The exports are written out literally, because cbindgen leaves a function that a macro has made out of the header,
//! without a warning. Their comments are the text of the header, so they are written for a C programmer.

#![allow(non_camel_case_types)]
// The whole comment of an export says what its caller must do. A "Safety" heading would stand in the header.
#![allow(clippy::missing_safety_doc)]
// In the header, brackets are no links, and URLs stand as they are.
#![allow(rustdoc::broken_intra_doc_links, rustdoc::bare_urls)]

mod boundary;
mod buffer;
mod guard;
mod handle;
mod status;
mod strings;
mod user_data;
mod version;

mod options;

mod callback_types;

mod callbacks;

mod hooks;

mod auth;

mod token;

mod json_document;

mod json;

mod json_values;

mod request;

mod response;

mod send;

mod operation;

mod error;

pub use auth::*;
pub use callback_types::*;
pub use callbacks::*;
pub use error::*;
pub use json::*;
pub use json_document::*;
pub use json_values::*;
pub use operation::*;
pub use options::*;
pub use request::*;
pub use response::*;
pub use send::*;
pub use status::*;
pub use token::*;
pub use version::*;
