//! How the body of a request is framed.

use super::head::Head;

/// Where the body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
}

/// Why a body is not read: status and text of the answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) status: u16,
    pub(crate) message: &'static str,
}

impl Malformed {
    pub(super) fn new(status: u16, message: &'static str) -> Malformed {
        Malformed { status, message }
    }

    pub(super) fn too_large() -> Malformed {
        Malformed::new(413, "the body is too large")
    }
}

impl Framing {
    /// Two framings at once are refused, as a careful server does (RFC 9112, 6.3).
    /// `limit` is the largest body that is taken, in bytes.
    pub(crate) fn of(head: &Head, limit: u64) -> Result<Framing, Malformed> {
        let codings = head.list("transfer-encoding");
        let lengths = head.list("content-length");
        match (codings.as_slice(), lengths.as_slice()) {
            ([], []) => Ok(Framing::Length(0)),
            ([coding], []) if coding == "chunked" => Ok(Framing::Chunked),
            (_, []) => Err(Malformed::new(501, "this transfer coding is not known")),
            ([], [first, rest @ ..]) if rest.iter().all(|other| other == first) => Framing::of_length(first, limit),
            _ => Err(Malformed::new(400, "the body is framed more than once")),
        }
    }

    fn of_length(text: &str, limit: u64) -> Result<Framing, Malformed> {
        // `parse` alone would take a sign.
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Malformed::new(400, "Content-Length is not a number"));
        }
        match text.parse::<u64>() {
            Ok(length) if length <= limit => Ok(Framing::Length(length)),
            _ => Err(Malformed::too_large()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(headers: &str) -> Result<Framing, u16> {
        let head = Head::parse(format!("POST / HTTP/1.1\r\n{headers}\r\n").as_bytes()).unwrap();
        Framing::of(&head, 1_048_576).map_err(|malformed| malformed.status)
    }

    #[test]
    fn each_framing_is_told_apart() {
        assert_eq!(framing(""), Ok(Framing::Length(0)));
        assert_eq!(framing("Content-Length: 12\r\n"), Ok(Framing::Length(12)));
        assert_eq!(framing("Content-Length: 12\r\nContent-Length: 12\r\n"), Ok(Framing::Length(12)));
        assert_eq!(framing("Transfer-Encoding: Chunked\r\n"), Ok(Framing::Chunked));
    }

    #[test]
    fn doubtful_framings_are_refused() {
        assert_eq!(framing("Content-Length: +1\r\n"), Err(400));
        assert_eq!(framing("Content-Length: \r\n"), Err(400));
        assert_eq!(framing("Content-Length: 1, 2\r\n"), Err(400));
        assert_eq!(framing("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), Err(400));
        assert_eq!(framing("Transfer-Encoding: gzip, chunked\r\n"), Err(501));
        assert_eq!(framing("Content-Length: 1048577\r\n"), Err(413));
        assert_eq!(framing("Content-Length: 99999999999999999999999\r\n"), Err(413));
    }
}
