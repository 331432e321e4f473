//! A request that was read to its end.

/// A request as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The method, such as `POST`.
    pub method: String,
    /// The request target as it stood in the request line, with its query.
    pub target: String,
    /// The headers in their order, names as they were written.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, without the transfer coding.
    pub body: Vec<u8>,
}

impl Received {
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
            body: Vec::new(),
        }
    }

    #[test]
    fn a_header_is_found_in_any_case() {
        assert_eq!(request("/").header("content-type"), Some(b"a".as_slice()));
        assert_eq!(request("/").header("content-length"), None);
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
