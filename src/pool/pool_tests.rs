use std::io::Write;
use std::os::fd::AsRawFd;
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::dial::testing::{BOTH, Kind, Peer, Server, serve};
use crate::sys;
use crate::transport::{Exchange, exchange};

const NOW: Instant = Instant::since_boot(Duration::from_secs(1_000_000));
const SECOND: Duration = Duration::from_secs(1);
const FIVE: Duration = Duration::from_secs(5);

/// How a server ends its connection.
type Act = fn(Peer);

/// A server that waits for the end of its connection; then it is told by `true` that all was in order.
fn listener(kind: Kind) -> Server<bool> {
    serve(kind, |mut peer| {
        peer.greet();
        peer.rest().is_empty()
    })
}

fn send(url: &str, stream: Stream) -> Option<Stream> {
    let body = &mut &b"body"[..];
    let ended =
        exchange(stream, Exchange { url, headers: &[], body, response_max: 100, keep: true, cut_is_end: false });
    assert_eq!(ended.result.expect("an answer").status, 204);
    ended.kept
}

/// What has been sent may take a moment to arrive.
fn becomes(what: impl Fn() -> bool) -> bool {
    let mut tries = (0..10_000).map(|_| {
        thread::sleep(Duration::from_millis(1));
        what()
    });
    tries.any(|is_so| is_so)
}

#[test]
fn the_one_that_was_used_last_is_taken_and_not_after_its_time() {
    let pool = Pool::new();
    let servers = [listener(Kind::Plain), listener(Kind::Plain)];
    let [one, two] = servers.each_ref().map(Server::dial);
    let [first, second] = [&one, &two].map(AsRawFd::as_raw_fd);
    assert!(pool.take(LONGEST_IDLE, NOW).is_none());
    pool.put(one, NOW);
    pool.put(two, NOW.after(SECOND));
    let number = |stream: &Stream| stream.as_raw_fd();
    assert_eq!(pool.take(FIVE, NOW.after(7 * SECOND)).as_ref().map(number), None);
    let taken = pool.take(FIVE, NOW.after(6 * SECOND)).expect("it is young enough");
    assert_eq!(number(&taken), second);
    assert!(pool.take(FIVE, NOW.after(6 * SECOND)).is_none(), "the other is too old, and stays");
    assert_eq!(pool.take(LONGEST_IDLE, NOW.after(60 * SECOND)).as_ref().map(number), Some(first));
    drop(taken);
    assert!(servers.into_iter().all(Server::end));
}

#[test]
fn what_is_too_old_is_closed_and_the_rest_stays() {
    let pool = Pool::new();
    let servers = [listener(Kind::Plain), listener(Kind::Tls)];
    for (server, since) in servers.iter().zip([NOW, NOW.after(SECOND)]) {
        pool.put(server.dial(), since);
    }
    let [old, young] = servers;
    pool.reap(NOW.after(61 * SECOND));
    assert!(old.end(), "closed by the client");
    let taken = pool.take(LONGEST_IDLE, NOW.after(61 * SECOND)).expect("the other is left");
    assert!(pool.take(LONGEST_IDLE, NOW).is_none());
    pool.put(taken, NOW);
    drop(pool);
    assert!(young.end(), "closed with the handle");
}

#[test]
fn no_more_than_eight_are_kept() {
    let pool = Pool::new();
    let mut servers: Vec<_> = (0..=CONNECTIONS).map(|_| listener(Kind::Plain)).collect();
    servers.iter().for_each(|server| pool.put(server.dial(), NOW));
    assert!(servers.remove(0).end(), "the oldest is closed");
    let taken: Vec<_> = std::iter::from_fn(|| pool.take(LONGEST_IDLE, NOW)).collect();
    assert_eq!(taken.len(), CONNECTIONS);
    drop(taken);
    assert!(servers.into_iter().all(Server::end));
}

/// Found out without a request that would meet it.
#[test]
fn one_that_has_ended_or_speaks_unasked_is_not_taken() {
    let stray = |mut peer: Peer| {
        peer.send("HTTP/1.1 408 Idle for too long\r\n");
        thread::spawn(move || peer.rest());
    };
    let ends: [(&str, Act); 4] =
        [("FIN", Peer::cut), ("RST", Peer::reset), ("close_notify", Peer::end), ("plaintext", stray)];
    for kind in BOTH {
        for (name, end) in ends {
            let (go, wait) = mpsc::channel();
            let server = serve(kind, move |mut peer| {
                peer.request();
                peer.send("HTTP/1.1 204 No\r\n\r\n");
                wait.recv().expect("the test goes on");
                end(peer);
            });
            let pool = Pool::new();
            pool.put(send(&server.url, server.dial()).expect("kept"), NOW);
            pool.put(pool.take(LONGEST_IDLE, NOW).expect("it is open"), NOW);
            go.send(()).expect("the server waits");
            server.end();
            let is_gone = || match pool.take(LONGEST_IDLE, NOW) {
                Some(stream) => {
                    pool.put(stream, NOW);
                    false
                }
                None => true,
            };
            assert!(becomes(is_gone), "{kind:?}, {name}");
        }
    }
}

/// What TLS says of its own accord, and what must be read with the keys that it has changed.
#[test]
fn tickets_and_new_keys_are_no_reason_not_to_take_one() {
    let (arrived, wait) = mpsc::channel();
    let server = serve(Kind::Tls, move |mut peer| {
        for _ in 0..3 {
            // Tickets come with the first answer.
            peer.request();
            peer.send("HTTP/1.1 204 No\r\n\r\n");
            let Peer::Tls(stream) = &mut peer else { panic!("TLS was asked for") };
            stream.conn.refresh_traffic_keys().expect("TLS 1.3");
            assert!(stream.conn.wants_write());
            stream.flush().expect("sent");
            arrived.send(()).expect("the test waits");
        }
        peer.rest().is_empty()
    });
    let pool = Pool::new();
    let mut stream = server.dial();
    for number in 0..3 {
        pool.put(send(&server.url, stream).expect("kept"), NOW);
        wait.recv().expect("new keys");
        stream = pool.take(LONGEST_IDLE, NOW).unwrap_or_else(|| panic!("after {number}"));
    }
    drop(stream);
    assert!(server.end());
}

#[test]
fn a_forked_child_closes_its_copies_and_says_nothing_on_them() {
    for kind in BOTH {
        let server = serve(kind, |mut peer| {
            for _ in 0..2 {
                peer.request();
                peer.send("HTTP/1.1 204 No\r\n\r\n");
            }
            peer.rest().is_empty()
        });
        let pool = Pool::new();
        let stream = send(&server.url, server.dial()).expect("kept");
        let descriptor = stream.as_raw_fd();
        pool.put(stream, NOW);
        let wrong = sys::in_child(|| {
            let is_open = std::path::Path::new(&format!("/proc/self/fd/{descriptor}")).exists();
            let found = i32::from(is_open) + 2 * i32::from(pool.take(LONGEST_IDLE, NOW).is_some());
            pool.reap(NOW.after(61 * SECOND));
            found
        });
        assert_eq!(wrong, 0, "1: open, 2: taken");
        let stream = pool.take(LONGEST_IDLE, NOW).expect("the parent's is as it was");
        drop(send(&server.url, stream).expect("kept"));
        assert!(server.end(), "{kind:?}");
    }
}

/// A child that was forked while a request was sent has a copy too, and does not know of it.
#[test]
fn a_connection_is_closed_for_the_peer_although_a_child_has_a_copy() {
    let server = listener(Kind::Plain);
    let stream = server.dial();
    let copy_of_child = sys::copy_of(&stream);
    drop(stream);
    assert!(server.end());
    drop(copy_of_child);
}
