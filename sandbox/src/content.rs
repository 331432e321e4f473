//! What the body of a request holds: fields and documents. Read while it comes in, so that a document of any size takes
//! no more memory than its first bytes.

mod base64;
mod json;
mod lifter;
mod multipart;
mod part;
mod summary;
mod text;

use std::io::{self, Read};

pub use part::{Encoding, Part};
use summary::Summary;

/// Bytes that are read from the connection at a time.
const PIECE: usize = 64 * 1024;

/// Why a body cannot be read as what it says it is, in words for the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken(pub(crate) String);

impl Broken {
    fn new(message: &str) -> Broken {
        Broken(message.to_owned())
    }
}

/// Reads the parts of a body of this type. What a broken body has left is not read.
pub(crate) fn read(content_type: &str, body: &mut (impl Read + Send)) -> Result<Vec<Part>, Broken> {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("multipart/form-data") {
        return multipart::read(content_type, body);
    }
    if essence.eq_ignore_ascii_case("application/json") {
        return json::read(body);
    }
    other(content_type, body)
}

/// A body of another type is one part without a name; an empty one is none.
fn other(content_type: &str, body: &mut impl Read) -> Result<Vec<Part>, Broken> {
    let mut summary = Summary::default();
    for_each_piece(body, |piece| summary.update(piece)).map_err(|_| Broken::new("The body ended early"))?;
    if summary.length() == 0 {
        return Ok(Vec::new());
    }
    let mut part = Part::new("", Encoding::Body, summary);
    part.content_type = Some(content_type.to_owned());
    Ok(vec![part])
}

fn for_each_piece(body: &mut impl Read, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        match body.read(&mut piece)? {
            0 => return Ok(()),
            length => take(&piece[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_of_another_type_is_one_part() {
        let parts = read("text/plain; charset=utf-8", &mut b"abc".as_slice()).unwrap();
        assert_eq!((parts.len(), parts[0].encoding, parts[0].length), (1, Encoding::Body, 3));
        assert_eq!(parts[0].content_type.as_deref(), Some("text/plain; charset=utf-8"));
        assert_eq!(read("", &mut b"".as_slice()), Ok(Vec::new()));
    }
}
