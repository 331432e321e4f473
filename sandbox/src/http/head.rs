//! The head of a request: request line and headers.

/// A parsed head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) method: String,
    pub(crate) target: String,
    /// The minor version of HTTP/1.
    pub(crate) minor_version: u8,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
}

/// More headers than any client sends; the head's size is limited as well.
const MOST_HEADERS: usize = 256;

impl Head {
    /// Parses a head with the empty line that ends it; `None` if it is not one.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Head> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(httparse::Status::Complete(length)) if length == bytes.len() => {}
            _ => return None,
        }
        Some(Head {
            method: request.method?.to_owned(),
            target: request.path?.to_owned(),
            minor_version: request.version?,
            headers: request.headers.iter().map(|header| (header.name.to_owned(), header.value.to_vec())).collect(),
        })
    }

    /// All values of the headers of this name, comma lists taken apart, lower case.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.headers
            .iter()
            .filter(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .flat_map(|(_, value)| {
                String::from_utf8_lossy(value)
                    .split(',')
                    .map(|item| item.trim().to_ascii_lowercase())
                    .collect::<Vec<_>>()
            })
            .collect()
    }

    /// Whether the client wants to use the connection again.
    pub(crate) fn keep_alive(&self) -> bool {
        self.minor_version >= 1 && !self.list("connection").iter().any(|item| item == "close")
    }

    /// Whether the client waits for an interim answer before it sends the body.
    pub(crate) fn expects_continue(&self) -> bool {
        self.minor_version >= 1 && self.list("expect").iter().any(|item| item == "100-continue")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_parsed() {
        let head = Head::parse(b"POST /a?b HTTP/1.1\r\nHost: x\r\nA: 1, Two\r\na: 3\r\n\r\n").unwrap();
        assert_eq!((head.method.as_str(), head.target.as_str()), ("POST", "/a?b"));
        assert_eq!(head.list("a"), ["1", "two", "3"]);
        assert!(head.keep_alive());
    }

    #[test]
    fn what_is_not_a_head_is_refused() {
        for bytes in [
            b"\x16\x03\x01\x02\x00\r\n\r\n".as_slice(),
            b"GET / HTTP/2.0\r\n\r\n",
            b"GET /\r\n\r\n",
            b"\r\n\r\n",
            // Another head is hidden in it.
            b"GET / HTTP/1.1\n\nGET / HTTP/1.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        ] {
            assert_eq!(Head::parse(bytes), None);
        }
    }

    #[test]
    fn close_and_http_1_0_end_the_connection() {
        let closing = Head::parse(b"GET / HTTP/1.1\r\nConnection: TE, Close\r\n\r\n").unwrap();
        assert!(!closing.keep_alive());
        let old = Head::parse(b"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").unwrap();
        assert!(!old.keep_alive() && !old.expects_continue());
    }
}
