//! Requests and documents in JSON. No headers, and nothing of what a login holds: those are credentials.

use serde::Serialize;

use crate::content::Part;
use crate::document::Document;
use crate::http::Received;
use crate::service::is_login;

#[derive(Serialize)]
pub(super) struct Request<'a> {
    method: &'a str,
    endpoint: &'a str,
    at_ms: u64,
    connection: u64,
    authorized: bool,
    whole: bool,
    status: u16,
    content_type: Option<&'a str>,
    content_length: Option<&'a str>,
    body_length: u64,
    parts: &'a [Part],
    problem: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Upload<'a> {
    endpoint: &'a str,
    whole: bool,
    #[serde(flatten)]
    part: &'a Part,
}

#[derive(Serialize)]
pub(super) struct Download<'a> {
    doc_type: &'a str,
    length: u64,
    sha256: String,
}

impl<'a> Request<'a> {
    pub(super) fn of(received: &'a Received) -> Request<'a> {
        Request {
            method: &received.method,
            endpoint: received.endpoint(),
            at_ms: u64::try_from(received.at.as_millis()).unwrap_or(u64::MAX),
            connection: received.connection,
            authorized: received.authorized,
            whole: received.whole,
            status: received.status,
            content_type: received.text_header("content-type"),
            content_length: received.text_header("content-length"),
            body_length: received.body_length,
            parts: if is_login(received.path()) { &[] } else { &received.parts },
            problem: received.problem.as_deref(),
        }
    }
}

/// All documents that were sent, in their order.
pub(super) fn uploads(requests: &[Received]) -> Vec<Upload<'_>> {
    requests.iter().flat_map(uploads_of).collect()
}

fn uploads_of(received: &Received) -> impl Iterator<Item = Upload<'_>> {
    let (endpoint, whole) = (received.endpoint(), received.whole);
    received.uploads().map(move |part| Upload { endpoint, whole, part })
}

impl<'a> Download<'a> {
    pub(super) fn of(document: &'a Document) -> Download<'a> {
        Download { doc_type: document.doc_type(), length: document.length(), sha256: document.sha256() }
    }
}
