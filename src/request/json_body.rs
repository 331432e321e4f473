//! Fields as the members of one JSON object.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::body::{Body, Piece};
use super::fields::{Content, Encoding, Field, FileField};
use crate::error::{Error, Result};

/// In the order of the fields. A name stands once: which of two a server takes is its own to choose (RFC 8259,
/// section 4).
pub(super) fn encode(fields: &[Arc<Field>]) -> Result<Body> {
    check(fields)?;
    let mut pieces = Vec::with_capacity(4 * fields.len() + 2);
    let made = |text: &[u8]| Piece::Made(Zeroizing::new(text.to_vec()));
    for (number, field) in fields.iter().enumerate() {
        pieces.push(made(if number == 0 { b"{" } else { b"," }));
        pieces.push(Piece::Made(string(&field.name)));
        pieces.push(made(b":"));
        match &field.content {
            Content::Text(text) => pieces.push(Piece::Made(string(text))),
            Content::Json(_) => pieces.push(Piece::Content(Arc::clone(field))),
            Content::File(FileField { name, encoding: Encoding::Object, .. }) => {
                let [before, after] = object_around(name);
                pieces.extend([Piece::Made(before), Piece::Base64(Arc::clone(field)), Piece::Made(after)]);
            }
            Content::File(_) => pieces.extend([made(b"\""), Piece::Base64(Arc::clone(field)), made(b"\"")]),
        }
    }
    pieces.push(made(if fields.is_empty() { b"{}" } else { b"}" }));
    Ok(Body { content_type: "application/json".to_owned(), pieces })
}

fn check(fields: &[Arc<Field>]) -> Result<()> {
    let is_binary =
        |field: &Arc<Field>| matches!(&field.content, Content::File(file) if file.encoding == Encoding::Binary);
    if fields.iter().any(is_binary) {
        return Err(Error::argument("request", "PERSONR_ENCODING_BINARY is not for the format JSON"));
    }
    let mut names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Err(Error::argument("request", "two fields have the same name, which JSON does not allow"));
    }
    Ok(())
}

/// What stands before and behind the Base64 of a file in the object that the service's manual shows.
pub(super) fn object_around(file_name: &str) -> [Zeroizing<Vec<u8>>; 2] {
    let before = [&b"{\"filename\":"[..], &string(file_name), b",\"contents\":\""].concat();
    [Zeroizing::new(before), Zeroizing::new(b"\"}".to_vec())]
}

/// A text as JSON writes it. No text fails: there is no key that could be none.
fn string(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(text).unwrap_or_default())
}
