//! The connection ends after every byte: of the plain answer, and of the TLS stream in both directions; by an orderly
//! close and by a reset. The library has the whole token that the service issued, or an error.
//!
//! `make test` takes a sample of the TLS streams: every eighth byte, and those around the ends of records.

mod fixture;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fixture::Fixture;
use personr::ffi::*;
use personr_sandbox::{Action, Certificate, Fault, Sandbox};
use personr_testkit::client::{Failure, Token};
use personr_testkit::figures::{self, figures};
use personr_testkit::relay::{Kind, Passed, Way, tls};

const KINDS: [Kind; 3] = [Kind::Close, Kind::HalfClose, Kind::Reset];
/// As many as the machines of the tests have processors.
const WORKERS: usize = 2;
const SAMPLE: usize = 8;

#[derive(Default)]
struct Counts {
    errors: AtomicUsize,
    tokens: AtomicUsize,
}

impl Counts {
    fn add(&self, result: &Result<Token, Failure>) {
        let count = if result.is_ok() { &self.tokens } else { &self.errors };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Errors and tokens. A sweep that saw one of them alone proves nothing.
    fn both(&self) -> (usize, usize) {
        let both = (self.errors.load(Ordering::Relaxed), self.tokens.load(Ordering::Relaxed));
        assert!(both.0 > 0 && both.1 > 0, "{both:?}");
        both
    }
}

fn is_network(failure: &Failure) -> bool {
    matches!(failure.kind(), (PERSONR_NETWORK, "closed" | "reset"))
}

/// The service's own answer tells its length: until all of it is there the connection was cut.
#[test]
fn the_plain_answer_is_whole_or_an_error() {
    let fixture = Fixture::new(Sandbox::builder().plain_http().start().expect("a sandbox"));
    let counts = Counts::default();
    let longest = fixture.longest();
    for kind in KINDS {
        for after in 0..=longest.down.len() {
            let (result, passed) = fixture.login_cut(Way::Down, after, kind);
            let what = format!("{kind:?} after {after} bytes: {result:?}");
            match &result {
                Ok(token) => assert!(is_whole(&passed.down) && fixture.is_live(token), "{what}"),
                Err(failure) => assert!(!is_whole(&passed.down) && is_network(failure), "{what}"),
            }
            counts.add(&result);
        }
    }
    let (errors, tokens) = counts.both();
    figures!(of "faults":
        "plain answer cut after every one of {} bytes, by FIN and by RST: {errors} errors, {tokens} whole tokens",
        longest.down.len());
}

fn is_whole(answer: &[u8]) -> bool {
    let answer = std::str::from_utf8(answer).expect("ASCII");
    let Some((head, body)) = answer.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
    length.parse() == Ok(body.len())
}

/// Where nothing tells the length, a complete JSON object is the only proof; what follows it may be lost.
#[test]
fn an_answer_without_a_length_is_a_token_once_its_json_is_complete() {
    let json = r#"{"status":"success","response":{"token":"1670035114445x63","user_id":"u","expires":31536000}}"#;
    let (first, second) = json.split_at(60);
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let delimited = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_owned() + json;
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned() + &chunk(first) + &chunk(second);
    let fixture = Fixture::new(Sandbox::builder().plain_http().start().expect("a sandbox"));
    let counts = Counts::default();
    // The bytes of the answer after which its JSON is complete, and those after which all is.
    for (answer, end) in [(delimited, "\r\n\r\n"), (chunked, "0\r\n\r\n")] {
        let complete = answer.trim_end().len();
        let answer = answer + end;
        let is_proven = |after| if end.starts_with('0') { after == answer.len() } else { after >= complete };
        for kind in KINDS {
            for after in 0..=answer.len() {
                fixture.sandbox.order(Fault::new(Action::Raw(answer.clone().into_bytes())));
                let (result, _) = fixture.login_cut(Way::Down, after, kind);
                let what = format!("{kind:?} after {after} bytes: {result:?}");
                match &result {
                    Ok(token) => assert!(after >= complete && token.value == "1670035114445x63", "{what}"),
                    Err(failure) => {
                        // An end in a body without a length is the end of the body.
                        let is_no_json = matches!(failure.kind(), (PERSONR_PROTOCOL, "json" | "empty"));
                        assert!(!is_proven(after) && (is_network(failure) || is_no_json), "{what}");
                    }
                }
                counts.add(&result);
            }
        }
    }
    let (errors, tokens) = counts.both();
    figures!(of "faults":
        "answers without a length, cut after every byte, by FIN and by RST: {errors} errors, {tokens} whole tokens");
}

#[test]
fn a_tls_stream_is_whole_or_an_error() {
    for (version, certificate) in [("1.3", Certificate::Good), ("1.2", Certificate::Tls12Only)] {
        let start = || Fixture::new(Sandbox::builder().certificate(certificate).start().expect("a sandbox"));
        let grounds: [Fixture; WORKERS] = std::array::from_fn(|_| start());
        let longest = grounds[0].longest();
        let cuts = cuts(&longest);
        let counts = Counts::default();
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for fixture in &grounds {
                scope.spawn(|| {
                    while let Some((way, after, kind)) = cuts.get(next.fetch_add(1, Ordering::Relaxed)) {
                        counts.add(&fixture.check_tls_cut(*way, *after, *kind));
                    }
                });
            }
        });
        let (errors, tokens) = counts.both();
        let extent = if figures::is_check() { "every byte" } else { "a sample" };
        figures!(of "faults":
            "TLS {version} cut after {extent} of {} down and {} up, by FIN and by RST: {errors} errors, {tokens} whole \
             tokens", longest.down.len(), longest.up.len());
    }
}

fn cuts(longest: &Passed) -> Vec<(Way, usize, Kind)> {
    let mut cuts = Vec::new();
    for (way, stream) in [(Way::Up, &longest.up), (Way::Down, &longest.down)] {
        for (number, kind) in KINDS.into_iter().enumerate() {
            let places = if figures::is_check() {
                // A signature of the next handshake may be some bytes longer than that of the longest one so far.
                (0..=stream.len() + 4).collect()
            } else {
                sample(stream, number * SAMPLE / KINDS.len())
            };
            cuts.extend(places.into_iter().map(|after| (way, after, kind)));
        }
    }
    cuts
}

fn sample(stream: &[u8], offset: usize) -> BTreeSet<usize> {
    let mut places: BTreeSet<_> = (offset..=stream.len()).step_by(SAMPLE).collect();
    for record in tls::records(stream) {
        places.extend(record.begin.saturating_sub(1)..=record.begin + 1);
        places.extend(record.end - 1..=record.end + 1);
    }
    places
}
