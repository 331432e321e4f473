//! What an answer to a request means: one table, of which the first row that fits decides.
//!
//! | answer | meaning | may have run |
//! |---|---|---|
//! | 101, or a Content-Encoding other than identity | `Protocol` | yes |
//! | 401, unless it is a web page | the token is refused | no |
//! | 429 | `RateLimited` | no |
//! | 5xx and above, web pages too | `Server` | yes |
//! | 3xx with a `message` in its Location; without one | `Rejected`; `Protocol` | yes |
//! | a body that begins with `<` | `Protocol` | yes |
//! | 404, 405, 408, 413 | `Rejected` | no |
//! | any other 4xx: a workflow may have ended half-way | `Rejected` | yes |
//! | 2xx, an object with `"status":"error"`, or a number `statusCode` of 400 or more | `Rejected` | yes |
//! | 2xx that is meant to be JSON, and cannot be read | `Protocol` | yes |
//! | any other 2xx: empty, a text, an array | success | |
//!
//! A web page is a firewall's or a CDN's: its 401 says nothing of the token, and must not cause a login.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::redact::Sent;
use super::response::Response;
use crate::error::{Error, Result, Status};
use crate::http::Response as Answer;
use crate::json::{Document, Pointer, Type, Value};
use crate::wire::{self, Query};

/// What an answer means; `unix_now` is for a `Retry-After` that is a date. An error has the answer with it.
pub(super) fn classify(mut answer: Answer, sent: &Sent<'_>, unix_now: Duration) -> Result<Response> {
    sent.hide_token_in(&mut answer);
    let by_head = meaning_of(&answer);
    let is_meant_as_json = is_meant_as_json(&answer);
    let retry_after = wire::retry_after(&answer, unix_now);
    let said_by_location = location(&answer).value("reason");
    let Answer { status, headers, body } = answer;
    let body = Arc::new(body);
    let document = Document::parse(body.clone()).ok();
    let root = document.as_ref().and_then(Document::root);
    let Some(meaning) = by_head.or_else(|| meaning_of_success(is_meant_as_json, root)) else {
        return Ok(Response::new(status, headers, body, document));
    };
    let said = root.and_then(reason_in).or(said_by_location);
    let reason: Cow<'static, str> = match (meaning.reason, said.as_deref().and_then(|word| sent.word(word))) {
        (Some(ours), _) => ours.into(),
        (None, Some(word)) => word.to_owned().into(),
        (None, None) => format!("http-{status}").into(),
    };
    let says_when = matches!(meaning.status, Status::RateLimited | Status::Server);
    Err(Error::new(meaning.status, reason, meaning.message)
        .with_http_status(status)
        .with_retry_after(retry_after.filter(|_| says_when))
        .with_may_have_run(meaning.may_have_run)
        .with_answer(body))
}

/// What is said of an answer that is no success.
struct Meaning {
    status: Status,
    /// Ours. `None`: the service's own word, or `http-STATUS`.
    reason: Option<&'static str>,
    message: &'static str,
    may_have_run: bool,
}

impl Meaning {
    const fn new(status: Status, message: &'static str, may_have_run: bool) -> Self {
        Self { status, reason: None, message, may_have_run }
    }

    /// An answer that is not the service's, or that cannot be read: whatever was done, nothing tells.
    const fn protocol(reason: &'static str, message: &'static str) -> Self {
        Self { status: Status::Protocol, reason: Some(reason), message, may_have_run: true }
    }

    const fn refused(may_have_run: bool) -> Self {
        Self::new(Status::Rejected, "the service refused the request", may_have_run)
    }
}

/// The rows of the table that need no look into a document. `None`: a success so far.
fn meaning_of(answer: &Answer) -> Option<Meaning> {
    let is_page = first_byte(&answer.body) == Some(b'<');
    Some(match answer.status {
        ..200 => Meaning::protocol("http", "the answer is not valid HTTP"),
        _ if is_encoded(answer) => {
            Meaning::protocol("content-encoding", "the answer has an encoding that was not asked for")
        }
        401 if !is_page => Meaning::new(Status::Unauthorized, "the service refused one token after the other", false),
        429 => Meaning::new(Status::RateLimited, "the service asks for fewer requests", false),
        500.. => Meaning::new(Status::Server, "the service failed", true),
        300..=399 if location(answer).value("message").is_some() => Meaning::refused(true),
        300..=399 => Meaning::protocol("redirect", "the answer is a redirect, which is not followed"),
        _ if is_page => Meaning::protocol("html", "the answer is a web page, and not the service's"),
        404 | 405 | 408 | 413 => Meaning::refused(false),
        400..=499 => Meaning::refused(true),
        200..=299 => return None,
    })
}

/// The rows for a 2xx. `None`: it is a success.
fn meaning_of_success(is_meant_as_json: bool, root: Option<Value<'_>>) -> Option<Meaning> {
    match root {
        Some(root) if is_refusal(root) => Some(Meaning::refused(true)),
        None if is_meant_as_json => Some(Meaning::protocol("json", "the answer is not JSON that can be read")),
        _ => None,
    }
}

/// The service refuses with HTTP 200 too.
fn is_refusal(root: Value<'_>) -> bool {
    let code = found(root, "/statusCode").and_then(|code| code.number().ok());
    found(root, "/status").and_then(string).as_deref() == Some("error") || code.is_some_and(|code| code >= 400.0)
}

/// The service's own word for its reason, where it has one.
fn reason_in(root: Value<'_>) -> Option<String> {
    let texts = wire::REASONS.iter().filter_map(|pointer| found(root, pointer).and_then(string));
    texts.into_iter().find(|text| wire::is_reason(text))
}

fn found<'d>(root: Value<'d>, pointer: &str) -> Option<Value<'d>> {
    root.get(Pointer::parse(pointer).ok()?)
}

fn string(value: Value<'_>) -> Option<String> {
    let text = value.text().filter(|_| value.kind() == Type::String)?;
    let mut bytes = Vec::with_capacity(text.length());
    text.each(|piece| bytes.extend_from_slice(piece));
    String::from_utf8(bytes).ok()
}

fn location(answer: &Answer) -> Query<'_> {
    Query::of(answer.header("location").unwrap_or_default())
}

/// The body's first byte that is no blank, behind a byte order mark.
fn first_byte(body: &[u8]) -> Option<u8> {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start().first().copied()
}

/// An answer without a body is none, whatever its type is said to be.
fn is_meant_as_json(answer: &Answer) -> bool {
    first_byte(&answer.body).is_some_and(|first| matches!(first, b'{' | b'[') || is_of_json_type(answer))
}

fn is_of_json_type(answer: &Answer) -> bool {
    let content_type = answer.header("content-type").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || media_type.ends_with("+json")
}

fn is_encoded(answer: &Answer) -> bool {
    let encodings = answer.headers.iter().filter(|(name, _)| name == "content-encoding");
    let mut codings = encodings.flat_map(|(_, value)| value.split(',')).map(str::trim);
    codings.any(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"))
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
