//! Documents that an applicant has.

use serde::Deserialize;

/// Bytes that are made at a time, so that the same seed gives the same bytes however they are read.
const BLOCK: usize = 48 * 1024;

/// A document to download: so many bytes that follow from a seed, or given ones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Form")]
pub struct Document {
    doc_type: String,
    content: Content,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Seed { length: u64, seed: u64 },
    Bytes(Vec<u8>),
}

/// As the control interface takes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default = "passport")]
    doc_type: String,
    length: u64,
    #[serde(default)]
    seed: u64,
}

fn passport() -> String {
    "PASSPORT".to_owned()
}

impl From<Form> for Document {
    fn from(form: Form) -> Document {
        Document::new(&form.doc_type, form.length, form.seed)
    }
}

impl Document {
    /// `length` bytes that are the same whenever the seed is the same.
    pub fn new(doc_type: &str, length: u64, seed: u64) -> Document {
        Document { doc_type: doc_type.to_owned(), content: Content::Seed { length, seed } }
    }

    pub(crate) fn of_bytes(doc_type: &str, bytes: Vec<u8>) -> Document {
        Document { doc_type: doc_type.to_owned(), content: Content::Bytes(bytes) }
    }

    /// Such as `PASSPORT`.
    pub fn doc_type(&self) -> &str {
        &self.doc_type
    }

    /// Bytes.
    pub fn length(&self) -> u64 {
        match &self.content {
            Content::Seed { length, .. } => *length,
            Content::Bytes(bytes) => bytes.len() as u64,
        }
    }

    /// All of it, in memory.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _: Result<(), ()> = self.pieces(BLOCK, |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        });
        bytes
    }

    /// The SHA-256 in hexadecimal, small letters.
    pub fn sha256(&self) -> String {
        let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
        let _: Result<(), ()> = self.pieces(BLOCK, |piece| {
            hash.update(piece);
            Ok(())
        });
        crate::hex::of(hash.finish().as_ref())
    }

    /// Gives it in pieces of `size` bytes; the last is shorter. `size` divides `BLOCK`.
    pub(crate) fn pieces<E>(&self, size: usize, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let (mut left, seed) = match &self.content {
            Content::Bytes(bytes) => return bytes.chunks(size).try_for_each(take),
            Content::Seed { length, seed } => (*length, *seed),
        };
        let mut random = fastrand::Rng::with_seed(seed);
        let mut block = vec![0; BLOCK];
        while left > 0 {
            random.fill(&mut block);
            let length = usize::try_from(left).map_or(BLOCK, |left| left.min(BLOCK));
            block[..length].chunks(size).try_for_each(&mut take)?;
            left -= length as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_bytes_and_another_seed_others() {
        let document = Document::new("PASSPORT", 100_001, 7);
        assert_eq!(document.bytes().len(), 100_001);
        assert_eq!(document.bytes(), document.bytes());
        assert_eq!(document.bytes()[..60_000], Document::new("", 60_000, 7).bytes());
        assert_ne!(document.bytes(), Document::new("PASSPORT", 100_001, 8).bytes());
        assert_eq!(document.sha256(), Document::of_bytes("", document.bytes()).sha256());
    }
}
