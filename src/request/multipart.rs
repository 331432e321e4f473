//! Fields as `multipart/form-data` (RFC 7578), as browsers write it (the WHATWG's HTML, "multipart form data").

use std::sync::Arc;

use zeroize::Zeroizing;

use super::body::{Body, Piece};
use super::fields::{Content, Encoding, Field, FileField};
use super::json_body::object_around;
use crate::error::{Error, Result, Status};
use crate::random;

/// Names may stand twice: their order is kept. Without a field it is the closing delimiter alone, which is the one empty
/// form that all parsers accept.
pub(super) fn encode(fields: &[Arc<Field>]) -> Result<Body> {
    let boundary = boundary()?;
    let mut pieces = Vec::with_capacity(3 * fields.len() + 1);
    for field in fields {
        pieces.push(Piece::Made(head(&boundary, field)));
        match &field.content {
            Content::File(FileField { encoding: Encoding::Base64, .. }) => {
                pieces.push(Piece::Base64(Arc::clone(field)))
            }
            Content::File(file @ FileField { encoding: Encoding::Object, .. }) => {
                let [before, after] = object_around(&file.name);
                pieces.extend([Piece::Made(before), Piece::Base64(Arc::clone(field)), Piece::Made(after)]);
            }
            _ => pieces.push(Piece::Content(Arc::clone(field))),
        }
        pieces.push(Piece::Made(Zeroizing::new(b"\r\n".to_vec())));
    }
    pieces.push(Piece::Made(Zeroizing::new(format!("--{boundary}--\r\n").into_bytes())));
    Ok(Body { content_type: format!("multipart/form-data; boundary={boundary}"), pieces })
}

/// What it separates is not searched for it: a file would have to be read twice. With 128 random bits nobody meets it
/// by chance, and nobody can know it.
fn boundary() -> Result<String> {
    let Some(bits) = random::bytes() else {
        let message = "the system has no random bytes for the boundary of a form";
        return Err(Error::new(Status::Internal, "random", message));
    };
    Ok(format!("personr-{:032x}", u128::from_ne_bytes(bits)))
}

fn head(boundary: &str, field: &Field) -> Zeroizing<Vec<u8>> {
    let name = Zeroizing::new(escaped(&field.name));
    let head = match &field.content {
        Content::File(FileField { name: file_name, encoding: Encoding::Binary, .. }) => {
            let file_name = Zeroizing::new(escaped(file_name));
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n",
                *name, *file_name
            )
        }
        _ => format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"\r\n\r\n", *name),
    };
    Zeroizing::new(head.into_bytes())
}

/// Names have no line break, which would be the other thing to escape. Other characters are sent as UTF-8.
fn escaped(name: &str) -> String {
    name.replace('"', "%22")
}
