//! A server that answers whatever it is told to, and keeps every byte that it was sent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

/// Sent by its owner alone: what came before it has all been served.
const END: &[u8] = b"\0the end";

pub struct Listener {
    address: SocketAddr,
    thread: JoinHandle<Seen>,
}

#[derive(Debug, Default)]
pub struct Seen {
    pub connections: usize,
    pub bytes: Vec<u8>,
}

impl Listener {
    /// At an address of the loopback such as 127.0.0.2.
    pub fn start(host: &str, answer: &[u8]) -> Self {
        let listener = TcpListener::bind((host, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let answer = answer.to_vec();
        Self { address, thread: thread::spawn(move || serve(&listener, &answer)) }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// All that arrived: connections are served in their order, each to its end.
    pub fn end(self) -> Seen {
        TcpStream::connect(self.address).and_then(|mut last| last.write_all(END)).expect("it listens");
        self.thread.join().expect("no panic")
    }
}

fn serve(listener: &TcpListener, answer: &[u8]) -> Seen {
    let mut seen = Seen::default();
    for stream in listener.incoming() {
        let mut bytes = Vec::new();
        converse(stream.expect("a connection"), answer, &mut bytes);
        if bytes == END {
            break;
        }
        seen.connections += 1;
        seen.bytes.append(&mut bytes);
    }
    seen
}

/// The answer follows the first head, and what the client makes of it is read until it goes.
fn converse(mut stream: TcpStream, answer: &[u8], bytes: &mut Vec<u8>) {
    let mut answered = false;
    let mut piece = [0; 4096];
    // An error is an end, too: the client may reset the connection.
    while let Ok(length @ 1..) = stream.read(&mut piece) {
        bytes.extend_from_slice(&piece[..length]);
        if !answered && bytes.windows(4).any(|part| part == b"\r\n\r\n") {
            answered = true;
            if stream.write_all(answer).and_then(|()| stream.shutdown(std::net::Shutdown::Write)).is_err() {
                return;
            }
        }
    }
}
