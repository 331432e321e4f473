//! Length, hash and first bytes of what comes in pieces.

use ring::digest::{Context, SHA256};

/// Contents of up to so many bytes are kept.
pub(super) const KEPT: usize = 64 * 1024;

pub(super) struct Summary {
    length: u64,
    hash: Context,
    /// Everything up to now, or `None` once it is more than [`KEPT`].
    content: Option<Vec<u8>>,
}

impl Default for Summary {
    fn default() -> Summary {
        Summary { length: 0, hash: Context::new(&SHA256), content: Some(Vec::new()) }
    }
}

impl Summary {
    pub(super) fn of(bytes: &[u8]) -> Summary {
        let mut summary = Summary::default();
        summary.update(bytes);
        summary
    }

    pub(super) fn update(&mut self, piece: &[u8]) {
        self.length += piece.len() as u64;
        self.hash.update(piece);
        match &mut self.content {
            Some(content) if content.len() + piece.len() <= KEPT => content.extend_from_slice(piece),
            content => *content = None,
        }
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Length, hash in hexadecimal, and the bytes if they were kept.
    pub(super) fn finish(self) -> (u64, String, Option<Vec<u8>>) {
        (self.length, crate::hex::of(self.hash.finish().as_ref()), self.content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_content_is_kept_and_a_long_one_hashed_alone() {
        let (length, hash, content) = Summary::of(b"abc").finish();
        assert_eq!((length, content.as_deref()), (3, Some(b"abc".as_slice())));
        assert_eq!(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        let mut summary = Summary::of(&[0; KEPT]);
        assert!(summary.content.is_some());
        for more in 1..3 {
            summary.update(b"x");
            assert_eq!((summary.length(), &summary.content), (KEPT as u64 + more, &None));
        }
    }
}
