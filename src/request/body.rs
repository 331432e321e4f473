//! The body as it goes out: a list of pieces, of which files are read, and Base64 is made, while they are sent.
//!
//! Its length is known before its first byte, so it is never chunked. A file never stands in memory whole.

mod base64;

use std::sync::Arc;

use zeroize::Zeroizing;

use self::base64::Base64;
use super::fields::{Content, Field, FileBytes, Whole};
use super::files::OpenFile;
use crate::error::Result;

/// A body of which no file has been opened yet.
pub(super) struct Body {
    pub(super) content_type: String,
    pub(super) pieces: Vec<Piece>,
}

/// Bytes of a body that stand one behind the other.
pub(super) enum Piece {
    /// Delimiters, heads, and values that had to be escaped.
    Made(Zeroizing<Vec<u8>>),
    /// The content of a field.
    Content(Arc<Field>),
    /// The content of a field, in Base64.
    Base64(Arc<Field>),
    Whole(Arc<Whole>),
}

impl Body {
    /// Opens the files anew: what a symbolic link and a relative path stand for may change between two attempts.
    pub(super) fn open(&self) -> Result<OpenBody<'_>> {
        let readers = self.pieces.iter().map(Reader::open).collect::<Result<Vec<_>>>()?;
        let length = readers.iter().map(Reader::length).sum();
        Ok(OpenBody { readers, at: 0, length })
    }
}

/// A body on its way.
pub(super) struct OpenBody<'a> {
    readers: Vec<Reader<'a>>,
    at: usize,
    length: u64,
}

impl OpenBody<'_> {
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Fills the buffer; less than that, or 0, at the end alone. After an error the body cannot be completed.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let mut filled = 0;
        while let Some(reader) = self.readers.get_mut(self.at) {
            let Some(room) = buffer.get_mut(filled..).filter(|room| !room.is_empty()) else { break };
            match reader.read(room)? {
                0 => self.at += 1,
                length => filled += length,
            }
        }
        Ok(filled)
    }
}

enum Reader<'a> {
    Raw(Raw<'a>),
    Base64(Box<Base64<'a>>),
}

/// Bytes that are not encoded.
enum Raw<'a> {
    Held(&'a [u8]),
    File(OpenFile),
}

impl<'a> Reader<'a> {
    fn open(piece: &'a Piece) -> Result<Self> {
        Ok(match piece {
            Piece::Made(bytes) => Self::Raw(Raw::Held(bytes)),
            Piece::Whole(whole) => Self::Raw(Raw::Held(&whole.bytes)),
            Piece::Content(field) => Self::Raw(Raw::open(&field.content)?),
            Piece::Base64(field) => Self::Base64(Box::new(Base64::of(Raw::open(&field.content)?))),
        })
    }

    fn length(&self) -> u64 {
        match self {
            Self::Raw(raw) => raw.length(),
            Self::Base64(encoder) => encoder.length(),
        }
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Raw(raw) => raw.read(buffer),
            Self::Base64(encoder) => encoder.read(buffer),
        }
    }
}

impl<'a> Raw<'a> {
    fn open(content: &'a Content) -> Result<Self> {
        Ok(match content {
            Content::Text(text) => Self::Held(text.as_bytes()),
            Content::Json(json) => Self::Held(json),
            Content::File(file) => match &file.bytes {
                FileBytes::Held(bytes) => Self::Held(bytes),
                FileBytes::At(path) => Self::File(OpenFile::open(path)?),
            },
        })
    }

    /// All of it, before anything is read.
    fn length(&self) -> u64 {
        match self {
            Self::Held(bytes) => bytes.len() as u64,
            Self::File(file) => file.length(),
        }
    }

    /// 0 at its end.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        match self {
            Self::Held(bytes) => {
                let (taken, rest) = bytes.split_at(bytes.len().min(buffer.len()));
                buffer.iter_mut().zip(taken).for_each(|(place, byte)| *place = *byte);
                *bytes = rest;
                Ok(taken.len())
            }
            Self::File(file) => file.read(buffer),
        }
    }
}
