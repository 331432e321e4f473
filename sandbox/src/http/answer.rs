//! An answer and its bytes.

use std::io::{self, Write};

use serde::Serialize;

use super::long::Piece;

/// Status, headers and body; framing is added when it is written out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// What follows the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    Bytes(Vec<u8>),
    /// Made while it is sent.
    Long(Vec<Piece>),
}

impl Default for Body {
    fn default() -> Body {
        Body::Bytes(Vec::new())
    }
}

impl Body {
    fn len(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::Long(pieces) => pieces.iter().map(Piece::len).sum(),
        }
    }

    pub(crate) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Body::Bytes(bytes) => out.write_all(bytes),
            Body::Long(pieces) => pieces.iter().try_for_each(|piece| piece.write(out)),
        }
    }
}

impl Answer {
    /// Text that is JSON, or nearly so.
    pub(crate) fn json_text(status: u16, body: impl Into<Vec<u8>>) -> Answer {
        Answer {
            status,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: Body::Bytes(body.into()),
        }
    }

    /// A value, laid out as in the service's documentation.
    pub(crate) fn json(status: u16, value: &impl Serialize) -> Answer {
        match serde_json::to_vec_pretty(value) {
            Ok(body) => Answer::json_text(status, body),
            Err(_) => Answer::message(500, "the answer cannot be written"),
        }
    }

    /// `{"message":"…"}`, as the service answers outside its workflows.
    pub(crate) fn message(status: u16, message: &str) -> Answer {
        Answer::json_text(status, serde_json::json!({ "message": message }).to_string())
    }

    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Answer {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
    }

    /// Whether the headers frame the body themselves. They may be wrong on
    /// purpose, so the connection is of no further use.
    pub(crate) fn frames_itself(&self) -> bool {
        self.has_header("content-length") || self.has_header("transfer-encoding")
    }

    /// Whether the headers announce the end of the connection.
    pub(crate) fn says_close(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("connection") && value.eq_ignore_ascii_case("close"))
    }

    /// Status line and headers, with the empty line that ends them.
    pub(crate) fn head(&self, keep_alive: bool) -> Vec<u8> {
        let mut bytes = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status)).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        let may_have_length = self.status >= 200 && self.status != 204 && self.status != 304;
        if may_have_length && !self.frames_itself() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        if !keep_alive && !self.has_header("connection") {
            bytes.extend_from_slice(b"Connection: close\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }

    /// Writes it out, in one piece unless its body is made meanwhile. `head_only` answers HEAD: all but the body.
    pub(crate) fn write(&self, out: &mut impl Write, head_only: bool, keep_alive: bool) -> io::Result<()> {
        let mut bytes = self.head(keep_alive);
        match &self.body {
            Body::Bytes(body) if !head_only => {
                bytes.extend_from_slice(body);
                out.write_all(&bytes)?;
            }
            body => {
                out.write_all(&bytes)?;
                if !head_only {
                    body.write(out)?;
                }
            }
        }
        out.flush()
    }

    /// The bytes for the wire.
    pub(crate) fn encode(&self, head_only: bool, keep_alive: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing into a `Vec` does not fail.
        let _ = self.write(&mut bytes, head_only, keep_alive);
        bytes
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        // Any status can be ordered; the phrase may be empty.
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    fn text(answer: &Answer, head_only: bool, keep_alive: bool) -> String {
        String::from_utf8(answer.encode(head_only, keep_alive)).unwrap()
    }

    #[test]
    fn the_length_is_added_unless_the_headers_frame_the_body() {
        let answer = Answer::json_text(200, "{}");
        assert_eq!(
            text(&answer, false, true),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        );
        let framed = answer.clone().with_header("content-length", "9");
        assert!(framed.frames_itself());
        assert!(!text(&framed, false, true).contains("Content-Length: 2"));
        let chunked = answer.with_header("Transfer-Encoding", "chunked");
        assert!(chunked.frames_itself());
        assert!(!text(&chunked, false, true).contains("Content-Length"));
    }

    #[test]
    fn a_body_that_is_made_meanwhile_has_its_length() {
        for length in [0, 1, 2, 3, 200_000] {
            let document = Document::new("", length, 1);
            let encoded = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, document.bytes());
            let pieces = vec![Piece::Text("[\"".into()), Piece::Base64(document), Piece::Text("\"]".into())];
            let answer = Answer { status: 200, body: Body::Long(pieces), ..Answer::default() };
            let body = format!("[\"{encoded}\"]");
            let wanted = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            assert!(text(&answer, false, true) == wanted, "{length}");
        }
    }

    #[test]
    fn a_status_without_a_body_has_no_length() {
        let answer = Answer { status: 204, ..Answer::default() };
        assert_eq!(text(&answer, false, true), "HTTP/1.1 204 No Content\r\n\r\n");
    }

    #[test]
    fn the_end_of_the_connection_is_announced_once() {
        let answer = Answer::json_text(200, "{}");
        assert!(text(&answer, false, false).contains("Connection: close\r\n"));
        let said = answer.with_header("connection", "close");
        assert!(said.says_close());
        assert_eq!(text(&said, false, false).to_lowercase().matches("close").count(), 1);
    }

    #[test]
    fn an_answer_to_head_has_the_length_and_no_body() {
        let text = text(&Answer::json_text(405, "{}"), true, true);
        assert!(text.ends_with("Content-Length: 2\r\n\r\n"), "{text}");
    }
}
