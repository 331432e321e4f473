//! The one parser of `include/personr.h`, and what is made from the header by it.
//!
//! The header itself is generated from the Rust sources, by cbindgen, and its pointers are annotated by [`nullability`].
//! Everything else that repeats the C interface comes from the header, by way of [`Header`]: a manual page for each function
//! ([`man`]), the C library whose debug information is compared with that of former versions ([`stub`]), the lists of
//! functions and constants ([`lists`]), the header for readers of C without a preprocessor ([`ffi`]), the constants for
//! COBOL ([`copybook`]), and the module maps for Swift ([`modulemap`]). [`generated`] says which of them stand in the tree.
//!
//! The parser is strict. It takes what cbindgen writes for this library, and anything else is an error with its line. A
//! declaration that was passed over in silence would be missing from the manual, or be no break of the ABI when it changes.

#![forbid(unsafe_code)]

pub mod c;
mod comment;
pub mod copybook;
mod declaration;
pub mod ffi;
pub mod generated;
mod header;
pub mod lists;
pub mod man;
pub mod modulemap;
pub mod nullability;
mod parse;
pub mod stub;
mod tokens;

pub use comment::{Comment, Described};
pub use header::{Alias, Callback, Constant, Function, Header, Null, Opaque, Parameter, Signature, Type, Value};

use std::fmt;

/// What the parser does not understand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

impl Error {
    fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for Error {}
