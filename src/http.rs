//! A request and an answer as plain values: what `wire` writes and reads, and `transport` carries.

use zeroize::Zeroizing;

use crate::sys::mapping::Mapped;

/// A POST. Its header values and its body may be secrets.
pub(crate) struct Request {
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, Zeroizing<String>)>,
    pub(crate) body: Zeroizing<Vec<u8>>,
}

/// A complete answer, as far as its framing tells.
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Names in lower case, in the order of their arrival.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Mapped,
}

impl Response {
    /// The first header of this name (in lower case).
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}
