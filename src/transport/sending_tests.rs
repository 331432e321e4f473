//! The request on its way, and answers that come before its end.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::*;
use crate::clock::Deadline;
use crate::dial::testing::{BOTH, Kind, PATIENCE, Peer, Server, serve};
use crate::error::Status;

/// More than all buffers on the way can hold.
const ENDLESS: u64 = 1 << 40;

/// A body that stands nowhere: its bytes tell their place.
struct Made {
    length: u64,
    made: u64,
    /// Where it fails, and how.
    fault: Option<(u64, Fault)>,
}

#[derive(Clone, Copy)]
enum Fault {
    Error,
    End,
}

impl Made {
    fn new(length: u64) -> Self {
        Self { length, made: 0, fault: None }
    }
}

impl Source for Made {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        assert!(!buffer.is_empty() && self.made + buffer.len() as u64 <= self.length);
        match self.fault {
            Some((place, Fault::Error)) if self.made >= place => {
                return Err(Error::new(Status::Internal, "of-the-source", "of the source"));
            }
            Some((place, Fault::End)) if self.made >= place => return Ok(0),
            _ => {}
        }
        // Not all at once.
        let count = buffer.len().min(10_007);
        for byte in &mut buffer[..count] {
            *byte = (self.made % 251) as u8;
            self.made += 1;
        }
        Ok(count)
    }
}

fn post<T>(server: &Server<T>, stream: Stream, body: &mut dyn Source) -> Ended {
    let url = format!("{}/wf/an-endpoint", server.url);
    let headers = [("authorization", Zeroizing::new("Bearer abc".to_owned()))];
    exchange(stream, Exchange { url: &url, headers: &headers, body, response_max: 1000, keep: true, cut_is_end: false })
}

fn failure(ended: &Ended) -> (Status, &str) {
    let failure = ended.result.as_ref().err().expect("a failure");
    (failure.error.status(), failure.error.reason())
}

fn answer(ended: &Ended) -> (u16, &[u8]) {
    let response = ended.result.as_ref().unwrap_or_else(|failure| panic!("{failure:?}"));
    (response.status, &response.body)
}

#[test]
fn a_slow_reader_gets_the_whole_body() {
    for kind in BOTH {
        // More than the buffers of both systems hold together.
        let length = 16_000_017;
        let server = serve(kind, move |mut peer| {
            thread::sleep(Duration::from_millis(50));
            let (_, body) = peer.request();
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            body
        });
        let ended = post(&server, server.dial(), &mut Made::new(length));
        assert_eq!(answer(&ended), (200, &b"ok"[..]), "{kind:?}");
        assert!(ended.begun && ended.kept.is_some(), "{kind:?}");
        let body = server.end();
        assert!(body.len() as u64 == length && body.iter().enumerate().all(|(at, byte)| *byte == (at % 251) as u8));
    }
}

/// The service has closed with bytes of the request unread, so that its system resets the connection.
#[test]
fn a_refusal_before_the_end_of_the_body_is_read_although_the_connection_is_reset() {
    for (round, kind) in [BOTH; 10].as_flattened().iter().enumerate() {
        let status = if round % 3 == 0 { 401 } else { 413 };
        let server = serve(*kind, move |mut peer| {
            peer.head();
            peer.send(format!("HTTP/1.1 {status} No\r\nContent-Length: 7\r\n\r\nrefused"));
        });
        let ended = post(&server, server.dial(), &mut Made::new(5_000_000));
        assert_eq!(answer(&ended), (status, &b"refused"[..]), "{kind:?}, round {round}");
        assert!(ended.begun && ended.kept.is_none());
        server.end();
    }
}

/// The service reads no further and keeps the connection open: to go on with the body would be to wait for ever.
#[test]
fn a_refusal_before_the_end_of_the_body_ends_the_sending() {
    for kind in BOTH {
        let (done, wait) = mpsc::channel::<()>();
        let server = serve(kind, move |mut peer| {
            peer.head();
            peer.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 41");
            peer.send("3 Too Large\r\nContent-Length: 7\r\n\r\nref");
            peer.send("used");
            let _ = wait.recv();
        });
        let ended = post(&server, server.dial(), &mut Made::new(ENDLESS));
        assert_eq!(answer(&ended), (413, &b"refused"[..]), "{kind:?}");
        assert!(ended.begun && ended.kept.is_none(), "half of a request was sent on it");
        drop(done);
        server.end();
    }
}

#[test]
fn an_interim_answer_or_a_success_does_not_end_the_sending() {
    for kind in BOTH {
        for early in ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n", ""] {
            let server = serve(kind, move |mut peer| {
                peer.head();
                peer.send([early, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"].concat());
                let mut body = vec![0; 5_000_000];
                peer.read_exact(&mut body).expect("the whole body");
            });
            let ended = post(&server, server.dial(), &mut Made::new(5_000_000));
            assert_eq!(answer(&ended), (200, &b"ok"[..]), "{kind:?}: {early}");
            server.end();
            assert!(ended.begun && ended.kept.is_some(), "{kind:?}: {early}");
        }
    }
}

#[test]
fn a_deadline_in_the_middle_of_the_body_is_kept() {
    for kind in BOTH {
        let (done, wait) = mpsc::channel::<()>();
        let server = serve(kind, move |mut peer| {
            peer.head();
            let _ = wait.recv();
        });
        let deadline = Deadline::after(PATIENCE);
        let mut stream = server.dial_until(deadline);
        stream.set_deadline(Deadline::after(Duration::from_millis(100)));
        let ended = post(&server, stream, &mut Made::new(ENDLESS));
        assert_eq!(failure(&ended), (Status::Timeout, "request"), "{kind:?}");
        assert!(ended.begun && ended.kept.is_none() && !deadline.has_passed());
        drop(done);
        server.end();
    }
}

/// A signal to stop would not be heard between two system calls that never wait.
#[test]
fn a_deadline_is_kept_with_a_peer_that_is_never_waited_for() {
    let (done, wait) = mpsc::channel::<()>();
    let server = serve(Kind::Plain, move |mut peer| {
        let mut buffer = vec![0; 1 << 20];
        while wait.try_recv() == Err(mpsc::TryRecvError::Empty) && matches!(peer.read(&mut buffer), Ok(1..)) {}
    });
    let deadline = Deadline::after(Duration::from_millis(100));
    // Much more than can be sent by then.
    let ended = post(&server, server.dial_until(deadline), &mut Made::new(1 << 28));
    assert_eq!(failure(&ended), (Status::Timeout, "request"));
    drop(done);
    server.end();
}

#[test]
fn a_request_that_was_cut_in_its_middle_has_begun() {
    for kind in BOTH {
        let server = serve(kind, |mut peer| {
            peer.head();
            peer.read_exact(&mut [0; 10_000]).expect("some of the body");
            peer.reset();
        });
        let ended = post(&server, server.dial(), &mut Made::new(ENDLESS));
        assert_eq!(failure(&ended), (Status::Network, "reset"), "{kind:?}");
        assert!(ended.begun && ended.kept.is_none());
        server.end();
    }
}

#[test]
fn a_request_on_a_connection_that_has_ended_has_not_begun() {
    for kind in BOTH {
        for end in [Peer::cut, Peer::end, Peer::reset] {
            let server = serve(kind, move |mut peer| {
                peer.greet();
                end(peer);
            });
            let mut stream = server.dial();
            while stream.is_idle() {
                thread::sleep(Duration::from_millis(1));
            }
            let ended = post(&server, stream, &mut Made::new(1));
            assert_eq!(failure(&ended).0, Status::Network, "{kind:?}");
            assert!(
                !ended.begun && ended.kept.is_none() && ended.result.is_err_and(|failure| failure.retry),
                "{kind:?}"
            );
            server.end();
        }
    }
}

#[test]
fn an_error_of_the_source_ends_the_exchange() {
    for kind in BOTH {
        for (place, has_begun) in [(0, false), (1_000_000, true)] {
            for (fault, reason) in [(Fault::Error, "of-the-source"), (Fault::End, "body")] {
                let server = serve(kind, |mut peer| peer.rest().len() as u64);
                let mut body = Made { fault: Some((place, fault)), ..Made::new(2_000_000) };
                let ended = post(&server, server.dial(), &mut body);
                assert_eq!(failure(&ended), (Status::Internal, reason), "{kind:?}");
                assert_eq!((ended.begun, ended.kept.is_none()), (has_begun, true), "{kind:?}, after {place}");
                assert!(ended.result.is_err_and(|failure| !failure.retry));
                assert!(server.end() < 1_500_000, "no more was sent");
            }
        }
    }
}

/// A thousand requests, one connection, one handshake.
#[test]
fn a_connection_serves_a_thousand_exchanges() {
    for kind in BOTH {
        let server = serve(kind, |mut peer| {
            for number in 0..1000 {
                let (head, body) = peer.request();
                assert!(!head.contains("connection:"), "{head}");
                assert_eq!(body.len(), number);
                peer.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{number}", number.to_string().len()));
            }
            peer.rest().len()
        });
        let mut stream = server.dial();
        for number in 0..1000 {
            let ended = post(&server, stream, &mut Made::new(number));
            assert_eq!(answer(&ended), (200, number.to_string().as_bytes()), "{kind:?}");
            stream = ended.kept.expect("it can be kept");
        }
        drop(stream);
        assert_eq!(server.end(), 0, "{kind:?}");
    }
}

#[test]
fn a_request_is_written_as_it_must_be() {
    let server = serve(Kind::Plain, |mut peer| {
        let request = peer.request();
        peer.send("HTTP/1.1 204 No\r\n\r\n");
        request
    });
    let url = format!("{}/wf/an-endpoint", server.url);
    let headers = [("authorization", Zeroizing::new("Bearer abc".to_owned()))];
    let body = &mut &b"body"[..];
    let ended = exchange(
        server.dial(),
        Exchange { url: &url, headers: &headers, body, response_max: 1, keep: false, cut_is_end: false },
    );
    assert_eq!(answer(&ended), (204, &b""[..]));
    assert!(ended.kept.is_none(), "the service was told that it is not");
    let (head, body) = server.end();
    let mut lines: Vec<_> = head.trim_end().split("\r\n").collect();
    assert_eq!(lines.remove(0), "POST /wf/an-endpoint HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", url.split('/').nth(2).expect("a host"));
    let expected =
        ["accept-encoding: identity", "authorization: Bearer abc", "connection: close", "content-length: 4", &host];
    assert_eq!((lines, body), (expected.to_vec(), b"body".to_vec()));
}

#[test]
fn nothing_is_sent_in_clear_where_tls_was_asked_for() {
    let server = serve(Kind::Plain, |mut peer| peer.rest());
    let body = &mut &b"body"[..];
    let ended = exchange(
        server.dial(),
        Exchange { url: "https://127.0.0.1/", headers: &[], body, response_max: 1, keep: true, cut_is_end: false },
    );
    assert_eq!(failure(&ended), (Status::Internal, "http"));
    assert!(!ended.begun && server.end().is_empty());
}

#[test]
fn a_head_that_is_too_long_is_an_error_and_not_sent() {
    let server = serve(Kind::Plain, |mut peer| peer.rest());
    let headers = [("x", Zeroizing::new("x".repeat(9000)))];
    let body = &mut &b""[..];
    let ended = exchange(
        server.dial(),
        Exchange { url: &server.url, headers: &headers, body, response_max: 1, keep: true, cut_is_end: false },
    );
    assert_eq!(failure(&ended), (Status::Internal, "http"));
    assert!(!ended.begun && server.end().is_empty());
}
