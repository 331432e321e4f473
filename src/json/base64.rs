//! Base64 in a string, decoded piece by piece: it may be a document of many megabytes.
//!
//! Blanks are passed over, and so is what makes a `data:` URL of it (RFC 2397). The padding may be missing. Bits that
//! stand for nothing must be 0, as everybody writes them: a text that was cut off often has others.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::strings::{Quoted, Run};

/// Padding is taken off before.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Characters that are decoded at once, four for three bytes.
const BLOCK: usize = 32 * 1024;

/// What the header of a URL ends with, before the comma.
const HEADER_END: &[u8; 7] = b";base64";

/// Why a decoding ended early.
pub(super) enum Ended<E> {
    NotBase64,
    /// Whoever takes the bytes cannot go on.
    Taker(E),
}

/// Gives the decoded bytes to `take`, in pieces.
pub(super) fn decode<E>(text: Quoted<'_>, take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), Ended<E>> {
    // On the heap, whose blocks are wiped when they are freed: what is decoded may be somebody's passport.
    let (block, bytes) = (Vec::with_capacity(BLOCK), vec![0; BLOCK / 4 * 3]);
    let mut decoder = Decoder { state: State::Start, block, bytes, header_end: [0; 7], take };
    for run in text.runs() {
        match run {
            Run::Bytes(bytes) => decoder.push_all(bytes)?,
            Run::Char(character) => decoder.push_all(character.encode_utf8(&mut [0; 4]).as_bytes())?,
        }
    }
    decoder.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At most four characters were there, which may be `data`.
    Start,
    /// Behind `data:`.
    Header,
    Body,
    /// Behind so many `=`.
    Padding(usize),
}

struct Decoder<T> {
    state: State,
    /// Characters that are not decoded yet.
    block: Vec<u8>,
    bytes: Vec<u8>,
    /// The last bytes of the header.
    header_end: [u8; 7],
    take: T,
}

impl<E, T: FnMut(&[u8]) -> Result<(), E>> Decoder<T> {
    fn push_all(&mut self, mut text: &[u8]) -> Result<(), Ended<E>> {
        while let Some((first, behind)) = text.split_first() {
            let is_between_blocks = self.state == State::Body && self.block.is_empty();
            // Where it stands, if there is nothing in it to be passed over.
            match text.split_at_checked(BLOCK) {
                Some((block, behind)) if is_between_blocks && self.decode(block)? => {
                    text = behind;
                    continue;
                }
                _ => {}
            }
            let plain = if self.state == State::Body { self.plain(text) } else { 0 };
            match text.split_at_checked(plain) {
                Some((plain, behind)) if !plain.is_empty() => {
                    self.block.extend_from_slice(plain);
                    self.flush_if_full()?;
                    text = behind;
                }
                _ => {
                    self.push(*first)?;
                    text = behind;
                }
            }
        }
        Ok(())
    }

    /// How many bytes of the text are to be decoded as they are: as many as the block has room for, at most.
    fn plain(&self, text: &[u8]) -> usize {
        let text = text.get(..BLOCK - self.block.len()).unwrap_or(text);
        text.iter().position(|byte| *byte <= b' ' || *byte == b'=').unwrap_or(text.len())
    }

    fn push(&mut self, byte: u8) -> Result<(), Ended<E>> {
        match (self.state, byte) {
            (State::Header, b',') if self.header_end.eq_ignore_ascii_case(HEADER_END) => self.state = State::Body,
            (State::Header, b',') => return Err(Ended::NotBase64),
            (State::Header, _) => {
                self.header_end.rotate_left(1);
                let [.., last] = &mut self.header_end;
                *last = byte;
            }
            (_, b' ' | b'\t' | b'\n' | b'\r') => {}
            (State::Start, b':') if self.block.eq_ignore_ascii_case(b"data") => {
                self.block.clear();
                self.state = State::Header;
            }
            (State::Padding(count), b'=') => self.state = State::Padding(count + 1),
            (State::Padding(_), _) => return Err(Ended::NotBase64),
            (_, b'=') => self.state = State::Padding(1),
            (_, _) => {
                self.block.push(byte);
                if self.block.len() > 4 {
                    self.state = State::Body;
                }
                self.flush_if_full()?;
            }
        }
        Ok(())
    }

    fn flush_if_full(&mut self) -> Result<(), Ended<E>> {
        if self.block.len() == BLOCK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Ended<E>> {
        let mut block = std::mem::take(&mut self.block);
        let is_decoded = self.decode(&block)?;
        block.clear();
        self.block = block;
        if is_decoded { Ok(()) } else { Err(Ended::NotBase64) }
    }

    /// Whether it is all Base64; else nothing of it was given to anybody.
    fn decode(&mut self, characters: &[u8]) -> Result<bool, Ended<E>> {
        let Ok(length) = ENGINE.decode_slice(characters, &mut self.bytes) else { return Ok(false) };
        let bytes = self.bytes.get(..length).unwrap_or_default();
        if !bytes.is_empty() {
            (self.take)(bytes).map_err(Ended::Taker)?;
        }
        Ok(true)
    }

    fn finish(mut self) -> Result<(), Ended<E>> {
        let missing = (4 - self.block.len() % 4) % 4;
        match self.state {
            State::Header => return Err(Ended::NotBase64),
            State::Padding(count) if count > missing => return Err(Ended::NotBase64),
            _ => {}
        }
        self.flush()
    }
}
