//! The classifier of answers.
//!
//! An input is a status, header lines, an empty line and a body: `200\nretry-after: 5\n\n{"status": …}`.

use std::time::Duration;

use personr::Status;
use personr::fuzz::{Answer, Issued, classify};

use super::reference;
use super::secrets::{PASSWORD, assert_presentable, basic};

const UNIX_NOW: Duration = Duration::from_secs(1_700_000_000);
const TEXT_MAX: usize = 1000;
const REASON_MAX: usize = 100;
const WAIT_MAX: Duration = Duration::from_secs(86_400);
const LIFETIME_MAX_S: f64 = 100.0 * 365.0 * 86_400.0;

pub fn run(input: &[u8]) {
    check(&parse(input));
}

fn parse(input: &[u8]) -> Answer {
    let (first, mut rest) = line(input);
    let status = std::str::from_utf8(first).ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    let mut headers = Vec::new();
    loop {
        let (header, behind) = line(rest);
        rest = behind;
        if header.is_empty() {
            return Answer { status, headers, body: rest.to_vec() };
        }
        let header = String::from_utf8_lossy(header);
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match bytes.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, b""),
    }
}

/// Panics if the library's reading of an answer breaks a promise.
pub fn check(answer: &Answer) -> Option<Issued> {
    let basic = basic();
    let issued = classify(answer, &[PASSWORD.as_bytes(), basic.as_bytes()], UNIX_NOW);
    let expected = reference::success(&answer.body).filter(|_| (200..300).contains(&answer.status));
    match (issued, expected) {
        (Ok(issued), Some(expected)) => {
            let lifetime = Duration::from_secs_f64(expected.expires.min(LIFETIME_MAX_S));
            assert_eq!((&issued.token, &issued.user_id), (&expected.token, &expected.user_id));
            assert_eq!(issued.lifetime, lifetime);
            Some(issued)
        }
        (Err(error), None) => {
            check_error(&error, answer);
            None
        }
        (Ok(_), None) => panic!("a token is accepted that a second reading does not find"),
        (Err(error), Some(_)) => panic!("a good answer is refused: {error}"),
    }
}

fn check_error(error: &personr::Error, answer: &Answer) {
    use Status::{InvalidCredentials, Protocol, RateLimited, Rejected, Server, Unauthorized};
    assert_eq!(error.http_status(), answer.status);
    let is_expected = match answer.status {
        429 => matches!(error.status(), RateLimited | InvalidCredentials),
        500.. => error.status() == Server,
        _ => matches!(error.status(), InvalidCredentials | Unauthorized | Rejected | Protocol),
    };
    assert!(is_expected, "{error:?}");
    if (400..500).contains(&answer.status) && reference::says_no_such_account(&answer.body) {
        assert_eq!(error.status(), InvalidCredentials, "{error:?}");
    }
    if error.status() == InvalidCredentials {
        let mut said = answer.headers.iter().map(|(_, value)| value.as_bytes()).chain([answer.body.as_slice()]);
        assert!(said.any(reference::may_say_no_such_account), "{error:?}");
        assert_eq!(error.reason(), reference::NO_SUCH_ACCOUNT);
    }
    assert!(error.retry_after().is_none() || matches!(error.status(), RateLimited | Server), "{error:?}");
    assert!(error.retry_after().is_none_or(|wait| wait <= WAIT_MAX), "{error:?}");
    for (text, most) in [(error.reason(), REASON_MAX), (error.message(), TEXT_MAX)] {
        assert!(!text.is_empty() && text.chars().count() <= most && !text.contains(is_hidden), "{text:?}");
        assert_presentable(text);
        for token in tokens_refused(&answer.body) {
            assert!(!text.contains(&token), "the token {token:?} stands in {text:?}");
        }
    }
}

/// Some of the characters that no text may have.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The tokens in an answer that is none. One that could be a piece of the word that stands for it says nothing.
fn tokens_refused(body: &[u8]) -> impl Iterator<Item = String> {
    let document: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let document = document.unwrap_or_default();
    let tokens = [&document["response"]["token"], &document["token"]].map(|token| token.as_str().map(str::to_owned));
    let is_of_one_word = |token: &String| token.len() >= 12 && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    tokens.into_iter().flatten().filter(is_of_one_word)
}
