//! Base64 that comes in pieces.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::summary::Summary;

/// Characters that are decoded at a time.
const STEP: usize = 16 * 1024;

/// Decodes the standard alphabet with its padding (RFC 4648, 4), as strictly as the RFC allows: no blanks, nothing
/// behind the padding, no bits that say nothing.
#[derive(Default)]
pub(super) struct Decoder {
    /// Fewer than four characters, which wait for the rest of their group.
    waiting: Vec<u8>,
    padded: bool,
    broken: bool,
    decoded: Summary,
}

impl Decoder {
    pub(super) fn update(&mut self, mut piece: &[u8]) {
        if !self.waiting.is_empty() {
            let length = piece.len().min(4 - self.waiting.len());
            self.waiting.extend_from_slice(&piece[..length]);
            piece = &piece[length..];
            if self.waiting.len() < 4 {
                return;
            }
            let group = std::mem::take(&mut self.waiting);
            self.decode(&group);
        }
        let whole = piece.len() - piece.len() % 4;
        for groups in piece[..whole].chunks(STEP) {
            self.decode(groups);
        }
        self.waiting.extend_from_slice(&piece[whole..]);
    }

    /// What was decoded; `None` if it was no Base64, or nothing.
    pub(super) fn finish(self) -> Option<Summary> {
        let complete = self.waiting.is_empty() && !self.broken && self.decoded.length() > 0;
        complete.then_some(self.decoded)
    }

    fn decode(&mut self, groups: &[u8]) {
        if self.broken || self.padded {
            self.broken = true;
            return;
        }
        let mut bytes = [0; STEP / 4 * 3];
        match STANDARD.decode_slice(groups, &mut bytes) {
            Ok(length) => {
                self.padded = length < groups.len() / 4 * 3;
                self.decoded.update(&bytes[..length]);
            }
            Err(_) => self.broken = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &[u8], size: usize) -> Option<Vec<u8>> {
        let mut decoder = Decoder::default();
        text.chunks(size).for_each(|piece| decoder.update(piece));
        decoder.finish().and_then(|summary| summary.finish().2)
    }

    #[test]
    fn pieces_of_any_size_are_decoded() {
        let bytes: Vec<u8> = (0..40_000_u32).map(|number| (number % 251) as u8).collect();
        for length in [1, 2, 3, 4, bytes.len()] {
            let text = STANDARD.encode(&bytes[..length]);
            for size in [1, 3, 5, 4096, 50_000, 60_000] {
                assert_eq!(decoded(text.as_bytes(), size).as_deref(), Some(&bytes[..length]), "{length} {size}");
            }
        }
    }

    #[test]
    fn what_is_no_base64_is_told() {
        for text in ["", "YQ", "YQ=", "YQ==YQ==", "YR==", "YWJj ", "YW\nJj", "YWJj=", "====", "a-b_"] {
            for size in [1, 4, 100] {
                assert_eq!(decoded(text.as_bytes(), size), None, "{text:?} {size}");
            }
        }
    }
}
