//! The text of a field of a form, which may hold a document.

use super::Broken;
use super::base64::Decoder;
use super::json;
use super::lifter::Lifter;
use super::part::{Encoding, Part};
use super::summary::{KEPT, Summary};

/// The field that holds a document by its name.
pub(super) const DOCUMENT: &str = "docFile";

/// Reads a text as what it may be, all at once.
#[derive(Default)]
pub(super) struct Text {
    raw: Summary,
    decoded: Decoder,
    object: Option<Lifter>,
}

impl Text {
    pub(super) fn update(&mut self, name: &str, piece: &[u8]) {
        if self.raw.length() == 0 && name == DOCUMENT && piece.first() == Some(&b'{') {
            self.object = Some(Lifter::default());
        }
        if let Some(object) = &mut self.object {
            object.update(piece);
        }
        self.raw.update(piece);
        self.decoded.update(piece);
    }

    /// Base64 is a document if its field is named so, or if it is too long for anything else.
    pub(super) fn finish(self, name: &str) -> Result<Part, Broken> {
        if let Some(object) = self.object {
            return json::document(name, object.finish()?);
        }
        let may_be_document = name == DOCUMENT || self.raw.length() > KEPT as u64;
        Ok(match self.decoded.finish().filter(|_| may_be_document) {
            Some(decoded) => Part::new(name, Encoding::Base64, decoded),
            None => Part::new(name, Encoding::Text, self.raw),
        })
    }
}
