//! What a string of the text means: its escapes, and U+FFFD for what is no character.

use std::cmp::Ordering;

use memchr::{memchr2, memrchr};

/// Stands for bytes that are not UTF-8, and for half of a surrogate pair.
const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// A string of a text that the scanner has read, from behind its opening quote to the end of the text.
#[derive(Clone, Copy)]
pub(crate) struct Quoted<'t>(&'t [u8]);

/// What the text has between two escapes, as it stands there; or what an escape means.
pub(super) enum Run<'t> {
    Bytes(&'t [u8]),
    Char(char),
}

pub(super) enum Piece<'t> {
    Text(&'t str),
    Char(char),
}

impl<'t> Quoted<'t> {
    /// The one that begins with the quote at this position.
    pub(super) fn at(text: &'t [u8], quote: usize) -> Self {
        Self(text.get(quote + 1..).unwrap_or_default())
    }

    /// The name of the member whose value begins at this position.
    ///
    /// Backwards there are a colon and the closing quote, each maybe with blanks before it. A quote that belongs to the
    /// name has a backslash before it; the opening one has none, since no backslash stands outside a string.
    pub(super) fn name_before(text: &'t [u8], value: usize) -> Option<Self> {
        let is_between = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b':');
        let before = text.get(..value)?;
        let between = before.iter().rev().take_while(|byte| is_between(byte)).count();
        let mut before = before.get(..before.len() - between)?.strip_suffix(b"\"")?;
        loop {
            let quote = memrchr(b'"', before)?;
            before = before.get(..quote)?;
            if !before.ends_with(b"\\") {
                return Some(Self::at(text, quote));
            }
        }
    }

    pub(super) fn runs(self) -> Runs<'t> {
        Runs(self.0)
    }

    pub(super) fn pieces(self) -> impl Iterator<Item = Piece<'t>> {
        self.runs().flat_map(|run| {
            let (bytes, character) = match run {
                Run::Bytes(bytes) => (bytes, None),
                Run::Char(character) => (&[][..], Some(character)),
            };
            let pieces = bytes.utf8_chunks().flat_map(|chunk| {
                let broken = (!chunk.invalid().is_empty()).then_some(Piece::Char(REPLACEMENT));
                [Some(Piece::Text(chunk.valid())), broken]
            });
            pieces.flatten().chain(character.map(Piece::Char))
        })
    }

    /// Gives the text in pieces, in UTF-8.
    pub(super) fn each(self, mut take: impl FnMut(&[u8])) {
        for piece in self.pieces() {
            match piece {
                Piece::Text(text) => take(text.as_bytes()),
                Piece::Char(character) => take(character.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    /// Whether it is this text.
    pub(super) fn is(self, text: impl Iterator<Item = char>) -> bool {
        self.chars().eq(text)
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        self.chars().cmp(other.chars())
    }

    fn chars(self) -> impl Iterator<Item = char> {
        self.pieces().flat_map(|piece| {
            let (text, character) = match piece {
                Piece::Text(text) => (text, None),
                Piece::Char(character) => ("", Some(character)),
            };
            text.chars().chain(character)
        })
    }

    /// Equal strings have the same, however they are written. FNV-1a, of 32 bits: whoever writes texts with many that
    /// are the same wins nothing (`members`).
    pub(super) fn hash(self) -> u32 {
        let mut hash = 0x811c_9dc5_u32;
        self.each(|bytes| {
            hash = bytes.iter().fold(hash, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        });
        hash
    }
}

pub(super) struct Runs<'t>(&'t [u8]);

impl<'t> Iterator for Runs<'t> {
    type Item = Run<'t>;

    fn next(&mut self) -> Option<Run<'t>> {
        let length = memchr2(b'"', b'\\', self.0)?;
        let (bytes, behind) = self.0.split_at_checked(length)?;
        if !bytes.is_empty() {
            self.0 = behind;
            return Some(Run::Bytes(bytes));
        }
        let (character, length) = escaped(behind)?;
        self.0 = behind.get(length..)?;
        Some(Run::Char(character))
    }
}

/// What an escape means and how long it is; `None` at a quote.
fn escaped(text: &[u8]) -> Option<(char, usize)> {
    let (b'\\', behind) = text.split_first()? else { return None };
    let character = match behind.first()? {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return Some(code_point(text)),
        itself => char::from(*itself),
    };
    Some((character, 2))
}

/// A `\u` escape, or two that are a surrogate pair.
fn code_point(text: &[u8]) -> (char, usize) {
    let first = code_unit(text).unwrap_or_default();
    let second = || text.get(6..).and_then(code_unit);
    match (first, second()) {
        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
            let point = 0x10000 + ((first - 0xd800) << 10 | (low - 0xdc00));
            (char::from_u32(point).unwrap_or(REPLACEMENT), 12)
        }
        // A lone surrogate is no character.
        _ => (char::from_u32(first).unwrap_or(REPLACEMENT), 6),
    }
}

/// The number of a `\u` escape, if one stands there.
fn code_unit(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}
