//! Whole answers as they arrive, through the transport and the classifier.
//!
//! The first line of an input says how the bytes behind it arrive: `0` whole, `1` byte by byte, any other byte in
//! pieces of random sizes; then how the connection ends: `c` closed, `r` reset, `t` silent, `e` closed without TLS's
//! own end; then `*` to repeat the bytes until no limit can hold them, which are whole then: ureq reads a head from its
//! start whenever a piece of it arrives, which takes its time.

use std::io::ErrorKind;
use std::sync::atomic::Ordering;

use personr::Status;
use personr::fuzz::{Answer, Failure, exchange};

use super::script::{Pieces, Script};
use super::secrets::{EMAIL, PASSWORD, assert_presentable};
use super::{answer, http, reference};

/// More than head and body may have together.
const ENDLESS: usize = 700_000;
const BYTE_BY_BYTE_MAX: usize = 1000;
const BODY_MAX: usize = 64 * 1024;

pub fn run(input: &[u8]) {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let (how, bytes) = (&input[..end], input.get(end + 1..).unwrap_or_default());
    let is_endless = how.get(2) == Some(&b'*') && !bytes.is_empty();
    let pieces = match how.first() {
        None | Some(b'0') => Pieces::Whole,
        Some(_) if is_endless => Pieces::Whole,
        Some(b'1') if bytes.len() <= BYTE_BY_BYTE_MAX => Pieces::Bytes,
        Some(seed) => Pieces::Random(*seed),
    };
    let ends = match how.get(1) {
        Some(b'r') => Some(ErrorKind::ConnectionReset),
        Some(b't') => Some(ErrorKind::TimedOut),
        Some(b'e') => Some(ErrorKind::UnexpectedEof),
        _ => None,
    };
    let mut bytes = bytes.to_vec();
    if is_endless {
        bytes = bytes.repeat(ENDLESS.div_ceil(bytes.len()));
    }
    let whole = check(&bytes, Pieces::Whole, ends);
    if !matches!(pieces, Pieces::Whole) {
        assert_eq!(whole, check(&bytes, pieces, ends), "the pieces in which an answer arrives change its meaning");
    }
}

/// What came of it: an answer, or the status and reason of a failure.
fn check(bytes: &[u8], pieces: Pieces, end: Option<ErrorKind>) -> Result<Answer, (Status, String)> {
    let script = Script::new(bytes.to_vec(), pieces, end);
    let delivered = script.delivered();
    let result = exchange(script, EMAIL, PASSWORD);
    let expected = http::answer(bytes);
    match result {
        Ok(answer) => {
            check_answer(&answer, bytes);
            if let Some(expected) = expected {
                assert_eq!((answer.status, &answer.body), (expected.status, &expected.body));
            }
            Ok(answer)
        }
        Err(failure) => {
            assert!(expected.is_none_or(|expected| expected.body.len() > BODY_MAX), "a clean answer: {failure:?}");
            check_failure(&failure, delivered.load(Ordering::Relaxed), end);
            Err((failure.error.status(), failure.error.reason().to_owned()))
        }
    }
}

fn check_answer(answer: &Answer, bytes: &[u8]) {
    assert!(answer.body.len() <= BODY_MAX);
    if let Some(issued) = answer::check(answer) {
        let found = http::bodies(bytes)
            .any(|body| reference::success(&body).is_some_and(|success| success.token == issued.token));
        assert!(found, "a token is accepted that no reading of the bytes finds");
    }
}

fn check_failure(failure: &Failure, delivered: usize, end: Option<ErrorKind>) {
    let error = &failure.error;
    let is_expected = match error.status() {
        Status::Protocol => matches!(error.reason(), "http" | "too-large"),
        Status::Network => matches!(error.reason(), "closed" | "reset" | "io"),
        Status::Timeout => end == Some(ErrorKind::TimedOut) && error.reason() == "answer",
        _ => false,
    };
    assert!(is_expected, "{failure:?}");
    assert!(!failure.retry || delivered == 0, "an answer had begun: {failure:?}");
    assert_presentable(&format!("{} {}", error.reason(), error.message()));
}
