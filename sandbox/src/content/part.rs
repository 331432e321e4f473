//! One field or document.

use serde::{Serialize, Serializer};

use super::summary::Summary;

/// A field of a form, a member of a JSON object, or a body of another type.
///
/// `length`, `sha256` and `content` are those of the document itself: what came as Base64 is decoded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// The name of the field; empty for a body of another type.
    pub name: String,
    /// How the content was sent.
    pub encoding: Encoding,
    /// The file name that came with it.
    pub file_name: Option<String>,
    /// The `Content-Type` that came with it.
    pub content_type: Option<String>,
    /// Bytes.
    pub length: u64,
    /// In hexadecimal, small letters.
    pub sha256: String,
    /// The bytes, unless there are more than 64 KiB of them. In JSON: `null`, or the text of a field.
    #[serde(rename = "text", serialize_with = "as_text")]
    pub content: Option<Vec<u8>>,
}

/// How the content of a [`Part`] was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Encoding {
    /// A text: a field without a file name, or a value of JSON.
    Text,
    /// Base64 as the text of a field that is named `docFile`, or that is longer than 64 KiB.
    Base64,
    /// An object `{"filename":…,"contents":BASE64}`: a value of JSON, or the text of the field `docFile`.
    Object,
    /// A part of a form with a file name: the bytes as they are.
    Binary,
    /// A body that is neither a form nor JSON.
    Body,
}

impl Part {
    pub(super) fn new(name: &str, encoding: Encoding, summary: Summary) -> Part {
        let (length, sha256, content) = summary.finish();
        Part { name: name.to_owned(), encoding, file_name: None, content_type: None, length, sha256, content }
    }

    /// Whether it is a document and no text.
    pub fn is_upload(&self) -> bool {
        self.encoding != Encoding::Text
    }

    /// The text of a field; `None` for a document, for more than 64 KiB, and if it is not UTF-8.
    pub fn text(&self) -> Option<&str> {
        let content = self.content.as_ref().filter(|_| !self.is_upload())?;
        std::str::from_utf8(content).ok()
    }
}

/// Documents are not shown: their hashes are there for that.
fn as_text<S: Serializer>(content: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    let text = content.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.serialize(serializer)
}
