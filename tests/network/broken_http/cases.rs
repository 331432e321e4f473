//! The table: what is sent, what follows it, and what comes of it.
//!
//! Sections named here are those of RFC 9112 (HTTP/1.1), if no other is named. Where the library is stricter than a
//! client must be, or more lenient, the case says so. That leniency is safe rests on this: a connection serves one
//! login, so that no bytes can be taken for another answer, and only a complete JSON object with nothing behind it
//! gives a token, however the message was framed.

mod bodies;
mod chunks;
mod harmless;
mod heads;
mod interim;
mod lengths;
mod status_lines;

use personr::ffi::*;

pub const TOKEN: &str = "1670035114445x631333625381113500";
pub const USER_ID: &str = "1665086295288x405886519539808060";
pub const LIFETIME: i64 = 31_536_000;

pub struct Case {
    pub name: &'static str,
    pub answer: Vec<u8>,
    pub after: After,
    pub expected: Expected<'static>,
}

/// What follows the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// An orderly end.
    Close,
    Reset,
    /// Silence.
    Open,
    /// These bytes, again and again.
    Forever(&'static [u8]),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected<'a> {
    Token,
    /// Status, reason, HTTP status.
    Error(i32, &'a str, i32),
}

/// The framing is not HTTP's.
const HTTP: Expected = Expected::Error(PERSONR_PROTOCOL, "http", 0);
const TOO_LARGE: Expected = Expected::Error(PERSONR_PROTOCOL, "too-large", 0);
const CLOSED: Expected = Expected::Error(PERSONR_NETWORK, "closed", 0);
const RESET: Expected = Expected::Error(PERSONR_NETWORK, "reset", 0);
const TIMEOUT: Expected = Expected::Error(PERSONR_TIMEOUT, "answer", 0);
/// A message of HTTP whose body is not one JSON document.
const JSON: Expected = Expected::Error(PERSONR_PROTOCOL, "json", 200);
const EMPTY: Expected = Expected::Error(PERSONR_PROTOCOL, "empty", 200);

impl Case {
    pub fn waits_for_its_deadline(&self) -> bool {
        self.expected == TIMEOUT
    }
}

pub fn all() -> Vec<Case> {
    let cases = [
        status_lines::cases(),
        heads::cases(),
        interim::cases(),
        lengths::cases(),
        chunks::cases(),
        bodies::cases(),
        harmless::cases(),
    ]
    .concat();
    for (at, case) in cases.iter().enumerate() {
        assert!(cases[..at].iter().all(|other| other.name != case.name), "{} stands twice", case.name);
    }
    cases
}

impl Clone for Case {
    fn clone(&self) -> Self {
        Self { answer: self.answer.clone(), ..*self }
    }
}

/// A case that ends by an orderly close.
fn case(name: &'static str, answer: impl Into<Vec<u8>>, expected: Expected<'static>) -> Case {
    followed(name, answer, After::Close, expected)
}

fn followed(name: &'static str, answer: impl Into<Vec<u8>>, after: After, expected: Expected<'static>) -> Case {
    Case { name, answer: answer.into(), after, expected }
}

/// The service's success, as it is documented.
fn success() -> String {
    format!(r#"{{"status":"success","response":{{"token":"{TOKEN}","user_id":"{USER_ID}","expires":{LIFETIME}}}}}"#)
}

/// 200 with these header lines (each with its CRLF) and this body.
fn ok(headers: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{headers}\r\n{body}")
}

/// The same with a body that is announced as it is.
fn sized(headers: &str, body: &str) -> String {
    ok(&format!("{headers}Content-Length: {}\r\n", body.len()), body)
}

/// The same with these bytes as a chunked body.
fn chunked(framed: &str) -> String {
    ok("Transfer-Encoding: chunked\r\n", framed)
}

/// As one chunk, without the last one.
fn chunk(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}
