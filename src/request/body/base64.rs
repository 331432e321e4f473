//! Base64 (RFC 4648, with padding), made piece by piece.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use super::Raw;
use crate::error::{Error, Result, Status};

/// Three bytes become four: only the last piece may have another length than a multiple of three.
const RAW: usize = 3 * 4096;
const ENCODED: usize = RAW / 3 * 4;

pub(super) struct Base64<'a> {
    raw: Raw<'a>,
    /// Of all that is encoded.
    length: u64,
    piece: Zeroizing<Vec<u8>>,
    encoded: Zeroizing<Vec<u8>>,
    /// What of `encoded` has been handed over, and where it ends.
    start: usize,
    end: usize,
}

impl<'a> Base64<'a> {
    pub(super) fn of(raw: Raw<'a>) -> Self {
        let length = raw.length().div_ceil(3).saturating_mul(4);
        let (piece, encoded) = (Zeroizing::new(Vec::new()), Zeroizing::new(Vec::new()));
        Self { raw, length, piece, encoded, start: 0, end: 0 }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// 0 at its end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.start == self.end && !buffer.is_empty() {
            self.encode_more()?;
        }
        let ready = self.encoded.get(self.start..self.end).unwrap_or_default();
        let length = ready.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..length), ready.get(..length)) {
            to.copy_from_slice(from);
        }
        self.start += length;
        Ok(length)
    }

    fn encode_more(&mut self) -> Result<()> {
        // Not before there is something to read: a request may have many parts, of which one is sent at a time.
        self.piece.resize(RAW, 0);
        self.encoded.resize(ENCODED, 0);
        let mut filled = 0;
        while let Some(room) = self.piece.get_mut(filled..).filter(|room| !room.is_empty()) {
            match self.raw.read(room)? {
                0 => break,
                length => filled += length,
            }
        }
        let piece = self.piece.get(..filled).unwrap_or_default();
        let encoded = BASE64_STANDARD.encode_slice(piece, self.encoded.as_mut_slice());
        self.end = encoded.map_err(|_| Error::new(Status::Internal, "base64", "the buffer for Base64 is too small"))?;
        self.start = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_any_length_are_the_same_base64() {
        let bytes: Vec<u8> = (0..3 * RAW + 2).map(|n| (n * 7 % 256) as u8).collect();
        for length in [0, 1, 2, 3, 4, 100, RAW - 1, RAW, RAW + 1, 3 * RAW + 2] {
            for step in [1, 3, 4, 5, 1000, 100_000].into_iter().filter(|step| *step > 1 || length < 1000) {
                let mut encoder = Base64::of(Raw::Held(&bytes[..length]));
                let promised = encoder.length();
                let (mut all, mut buffer) = (Vec::new(), vec![0; step]);
                loop {
                    match encoder.read(&mut buffer).expect("no file") {
                        0 => break,
                        read => all.extend_from_slice(&buffer[..read]),
                    }
                }
                assert_eq!(all.len() as u64, promised, "{length} in steps of {step}");
                assert_eq!(all, BASE64_STANDARD.encode(&bytes[..length]).into_bytes(), "{length} in steps of {step}");
            }
        }
    }
}
