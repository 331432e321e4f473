//! A request as it arrived.

use std::time::Duration;

use super::head::Head;
use crate::content::Part;

/// A request as it arrived, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// The method, such as `POST`.
    pub method: String,
    /// The request target as it stood in the request line, with its query.
    pub target: String,
    /// The headers in their order, names as they were written.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The first 64 KiB of the body, without the transfer coding.
    pub body: Vec<u8>,
    /// How many bytes of the body have arrived, without the transfer coding.
    pub body_length: u64,
    /// Whether the request arrived to its end.
    pub whole: bool,
    /// The fields and documents that the body holds, in their order (those of a JSON object in the order of their names).
    pub parts: Vec<Part>,
    /// Why the body could not be read as what it says it is.
    pub problem: Option<String>,
    /// Whether the bearer token was good when the request had arrived.
    pub authorized: bool,
    /// The status of the answer; 0 while there is none.
    pub status: u16,
    /// The connection, counted from 1 in the order of accepting.
    pub connection: u64,
    /// When the head had arrived, since the start of the sandbox.
    pub at: Duration,
}

impl Received {
    pub(crate) fn of(head: Head) -> Received {
        Received { method: head.method, target: head.target, headers: head.headers, ..Received::default() }
    }

    /// The part of this name, if the body has one.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The documents in the body.
    pub fn uploads(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.is_upload())
    }

    /// The endpoint, such as `api-applicant-create`: the path without the path of the base URL; the path itself outside it.
    pub fn endpoint(&self) -> &str {
        let path = self.path();
        crate::service::endpoint(path).unwrap_or(path)
    }

    /// The value of the first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers
            .iter()
            .find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_slice())
    }

    /// The header as text; `None` also if it is not UTF-8.
    pub(crate) fn text_header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.header(name)?).ok()
    }

    /// The path of the target, without origin and query.
    pub(crate) fn path(&self) -> &str {
        let path = match self.target.split_once("://") {
            Some((scheme, rest)) if !scheme.contains(['/', '?']) => rest.find('/').map_or("/", |start| &rest[start..]),
            _ => &self.target,
        };
        path.split('?').next().unwrap_or(path)
    }
}

/// What the connection loop works with.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) received: Received,
    /// Whether the client wants the connection to be kept.
    pub(crate) keep_alive: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Received {
        Received {
            method: "GET".into(),
            target: target.into(),
            headers: vec![("Content-TYPE".into(), b"a".to_vec()), ("content-type".into(), b"b".to_vec())],
            ..Received::default()
        }
    }

    #[test]
    fn a_header_is_found_in_any_case() {
        assert_eq!(request("/").header("content-type"), Some(b"a".as_slice()));
        assert_eq!(request("/").header("content-length"), None);
    }

    #[test]
    fn the_endpoint_stands_behind_the_base_path() {
        for (target, endpoint) in [("/api/1.1/wf/a?b", "a"), ("/api/1.1/wf", "/api/1.1/wf"), ("/a", "/a")] {
            assert_eq!(request(target).endpoint(), endpoint);
        }
    }

    #[test]
    fn the_path_has_neither_origin_nor_query() {
        for (target, path) in [
            ("/a/b?c=/d", "/a/b"),
            ("http://127.0.0.1:1/a?b", "/a"),
            ("http://127.0.0.1:1", "/"),
            ("/a?b=http://c/d", "/a"),
            ("*", "*"),
        ] {
            assert_eq!(request(target).path(), path);
        }
    }
}
