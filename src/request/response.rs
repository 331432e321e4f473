//! The answer to a request that the service has done.

use std::fmt;
use std::sync::Arc;

use crate::json::Document;
use crate::sys::mapping::Mapped;

/// It never changes. Its body may hold personal data; it is wiped when it is freed.
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Arc<Mapped>,
    document: Option<Document>,
}

impl Response {
    pub(super) fn new(
        status: u16,
        headers: Vec<(String, String)>,
        body: Arc<Mapped>,
        document: Option<Document>,
    ) -> Self {
        Self { status, headers, body, document }
    }

    /// 200 to 299.
    pub fn http_status(&self) -> u16 {
        self.status
    }

    /// The first header of this name, whatever its letters' case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The bytes of the answer.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// For C: a NUL stands behind the body.
    pub(crate) fn terminated_body(&self) -> &Mapped {
        &self.body
    }

    pub(crate) fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The body as JSON, if it is that, for one who keeps it.
    pub(crate) fn take_document(&mut self) -> Option<Document> {
        self.document.take()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("http_status", &self.status).finish_non_exhaustive()
    }
}
