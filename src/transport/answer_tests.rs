//! Answers: how they end, what is allowed of them, and whether their connection may be kept.

use std::thread;

use super::*;
use crate::dial::testing::{BOTH, Kind, Peer, serve};

const MEBIBYTE: usize = 1 << 20;

/// What a server sends, and how it ends the connection if it does.
type Act = fn(Peer);

struct Rules {
    max: usize,
    cut_is_end: bool,
}

const STRICT: Rules = Rules { max: 100, cut_is_end: false };

/// One exchange: what was answered, or the reason of the failure; and whether the connection was kept.
fn answered(kind: Kind, rules: &Rules, act: impl FnOnce(Peer) + Send + 'static) -> (Result<Response, String>, bool) {
    let server = serve(kind, move |mut peer| {
        peer.request();
        act(peer);
    });
    let body = &mut &b"body"[..];
    let (response_max, cut_is_end) = (rules.max, rules.cut_is_end);
    let url = format!("{}/wf", server.url);
    let ended =
        exchange(server.dial(), Exchange { url: &url, headers: &[], body, response_max, keep: true, cut_is_end });
    server.end();
    assert!(ended.begun);
    (ended.result.map_err(|failure| failure.error.reason().to_owned()), ended.kept.is_some())
}

/// As above, with a server that sends these bytes and leaves the connection open.
fn of(kind: Kind, rules: &Rules, bytes: impl AsRef<[u8]> + Send + 'static) -> (Result<(u16, Vec<u8>), String>, bool) {
    let (result, kept) = answered(kind, rules, move |mut peer| {
        peer.send(bytes);
        // Until the client has read all of it, and goes.
        thread::spawn(move || peer.rest());
    });
    (result.map(|response| (response.status, response.body.to_vec())), kept)
}

fn ok(body: &str) -> Result<(u16, Vec<u8>), String> {
    Ok((200, body.as_bytes().to_vec()))
}

#[test]
fn what_ends_by_itself_is_an_answer() {
    let chunks = "4\r\nfour\r\n3;x=y\r\nsix\r\n0\r\n";
    let chunked = |rest: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}{rest}");
    let with = |headers: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{headers}\r\nok");
    let cases = [
        ("a length", with(""), ok("ok"), true),
        ("a length of nothing", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(), ok(""), true),
        ("chunks", chunked("\r\n"), ok("foursix"), true),
        ("chunks with trailers", chunked("X-One: 1\r\nX-Two: 2\r\n\r\n"), ok("foursix"), true),
        ("an end that is told", with("Connection: close\r\n"), ok("ok"), false),
        ("an end that is told in a list", with("connection: x, Close\r\n"), ok("ok"), false),
        ("HTTP/1.0", with("").replace("1.1", "1.0"), ok("ok"), false),
        ("HTTP/1.0 kept", with("Connection: keep-alive\r\n").replace("1.1", "1.0"), ok("ok"), true),
        (
            "interim answers",
            format!("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\nX: x\r\n\r\n{}", with("")),
            ok("ok"),
            true,
        ),
        ("204", "HTTP/1.1 204 No\r\n\r\n".to_owned(), Ok((204, Vec::new())), true),
        ("204 with a length", "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n".to_owned(), Ok((204, Vec::new())), true),
        ("304 with a length", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n".to_owned(), Ok((304, Vec::new())), true),
        ("another protocol", "HTTP/1.1 101 S\r\nUpgrade: x\r\n\r\n".to_owned(), Ok((101, Vec::new())), false),
        ("a refusal", with("").replace("200 OK", "401 No"), Ok((401, b"ok".to_vec())), true),
        ("a redirect", with("Location: /\r\n").replace("200 OK", "302 No"), Ok((302, b"ok".to_vec())), true),
        ("something behind it", with("") + "HTTP/1.1 200 OK\r\n", ok("ok"), false),
        ("something behind nothing", "HTTP/1.1 204 No\r\n\r\nHTTP".to_owned(), Ok((204, Vec::new())), false),
    ];
    for kind in BOTH {
        for (name, bytes, expected, is_kept) in &cases {
            assert_eq!(of(kind, &STRICT, bytes.clone()), (expected.clone(), *is_kept), "{name}, {kind:?}");
        }
    }
}

#[test]
fn an_answer_has_its_headers() {
    let (response, _) = answered(Kind::Plain, &STRICT, |mut peer| {
        peer.send(
            "HTTP/1.1 200 OK\r\nRetry-After: 1\r\nX-A: one\r\nx-a: two\r\nX-B: \u{e4}\r\nContent-Length: 0\r\n\r\n",
        );
        thread::spawn(move || peer.rest());
    });
    let response = response.expect("an answer");
    assert_eq!(["retry-after", "x-a", "x-b"].map(|name| response.header(name)), [Some("1"), Some("one"), None]);
}

#[test]
fn an_end_that_comes_too_early_is_an_error() {
    let heads = [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\neight...",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\neight...",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\neight...\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "",
    ];
    for kind in BOTH {
        for head in heads {
            for (end, reason) in [(Peer::end as Act, "closed"), (Peer::cut, "closed"), (Peer::reset, "reset")] {
                let (result, kept) = answered(kind, &STRICT, move |mut peer| {
                    peer.send(head);
                    end(peer);
                });
                assert_eq!((result.map(|_| ()), kept), (Err(reason.to_owned()), false), "{kind:?}: {head}");
            }
        }
    }
}

/// Without a length the end of the connection is the end of the body, if it is the peer's own doing. What a login makes
/// of the others it decides by its JSON.
#[test]
fn a_body_without_a_length_ends_as_the_rules_say() {
    let cases = [
        (Kind::Plain, Peer::end as Act, Ok(()), Ok(())),
        (Kind::Plain, Peer::reset, Err("reset"), Ok(())),
        (Kind::Tls, Peer::end, Ok(()), Ok(())),
        (Kind::Tls, Peer::cut, Err("closed"), Ok(())),
        (Kind::Tls, Peer::reset, Err("reset"), Ok(())),
    ];
    for (number, (kind, end, strict, lenient)) in cases.into_iter().enumerate() {
        for (cut_is_end, expected) in [(false, strict), (true, lenient)] {
            let (result, kept) = answered(kind, &Rules { cut_is_end, ..STRICT }, move |mut peer| {
                peer.send("HTTP/1.1 200 OK\r\n\r\nwhole");
                end(peer);
            });
            let found = result.map(|response| assert_eq!(*response.body, *b"whole"));
            assert_eq!((found, kept), (expected.map_err(str::to_owned), false), "case {number}, {cut_is_end}");
        }
    }
}

#[test]
fn the_largest_answer_is_taken_and_one_byte_more_is_not() {
    let framings: [fn(usize) -> String; 3] = [
        |length| format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"),
        |length| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n"),
        |_| "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
    ];
    for max in [1, 4095, 4096, 100_000, 64 * MEBIBYTE] {
        for (number, head) in framings.into_iter().enumerate() {
            for (length, fits) in [(max, true), (max + 1, false)] {
                let rules = Rules { max, ..STRICT };
                let (result, _) = answered(Kind::Plain, &rules, move |mut peer| {
                    peer.send(head(length));
                    thread::spawn(move || {
                        // It may be refused before its end.
                        let _ = peer.write_all(&vec![b'x'; length]);
                        if number == 1 {
                            let _ = peer.write_all(b"\r\n0\r\n\r\n");
                        }
                        if number == 2 {
                            let _ = peer.socket().shutdown(std::net::Shutdown::Write);
                        }
                        peer.rest();
                    });
                });
                let found =
                    result.map(|response| (response.body.len(), response.body.iter().all(|byte| *byte == b'x')));
                let expected = if fits { Ok((length, true)) } else { Err("too-large".to_owned()) };
                assert_eq!(found, expected, "{length} of {max}, framing {number}");
            }
        }
    }
}
