//! A body that is made while it is sent.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::document::Document;

/// Bytes of a document that are encoded at a time: whole groups of Base64.
const STEP: usize = 48 * 1024;

/// A piece of such a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// The document as Base64.
    Base64(Document),
}

impl Piece {
    pub(super) fn len(&self) -> u64 {
        match self {
            Piece::Text(text) => text.len() as u64,
            Piece::Base64(document) => document.length().div_ceil(3) * 4,
        }
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Piece::Text(text) => out.write_all(text.as_bytes()),
            Piece::Base64(document) => {
                let mut encoded = vec![0; STEP / 3 * 4];
                document.pieces(STEP, |piece| {
                    let length = STANDARD.encode_slice(piece, &mut encoded).map_err(io::Error::other)?;
                    out.write_all(&encoded[..length])
                })
            }
        }
    }
}
