//! A connection with or without TLS, and the ways in which it ends.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde::Deserialize;

/// How long an orderly close waits for the peer's own end.
const LINGER: Duration = Duration::from_secs(2);

/// A socket that the shutdown can reach too.
pub(crate) struct Socket(pub(crate) Arc<TcpStream>);

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.0).read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.0).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        (&*self.0).flush()
    }
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ending {
    /// With TLS a `close_notify`, then the end of the TCP stream.
    Orderly,
    /// The end of the TCP stream alone.
    Truncated,
    /// A TCP reset.
    Reset,
}

/// The byte stream that HTTP is spoken over.
pub(crate) enum Wire {
    Plain(Socket),
    Tls(Box<StreamOwned<ServerConnection, Socket>>),
}

impl Wire {
    pub(crate) fn plain(socket: Arc<TcpStream>) -> Wire {
        Wire::Plain(Socket(socket))
    }

    /// Does the handshake. If it fails, the alert has been sent and the socket closed.
    pub(crate) fn accept_tls(socket: Arc<TcpStream>, config: Arc<ServerConfig>) -> Option<Wire> {
        let mut connection = ServerConnection::new(config).ok()?;
        let mut stream = Socket(Arc::clone(&socket));
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                close(&socket);
                return None;
            }
        }
        Some(Wire::Tls(Box::new(StreamOwned::new(connection, stream))))
    }

    /// Writes all of it now: with TLS, no byte stays in the buffer.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.flush()
    }

    /// How long a read waits; `None`: for ever.
    pub(crate) fn limit_waiting(&self, time: Option<Duration>) -> io::Result<()> {
        // The system takes no zero: that would be "for ever".
        self.socket().set_read_timeout(time.map(|time| time.max(Duration::from_millis(1))))
    }

    /// Ends the connection. After a reset the socket must be dropped by all who have it.
    pub(crate) fn end(mut self, ending: Ending) {
        if let (Ending::Orderly, Wire::Tls(stream)) = (ending, &mut self) {
            stream.conn.send_close_notify();
            // A peer that is gone cannot be told.
            while stream.conn.wants_write() && stream.conn.write_tls(&mut stream.sock).is_ok() {}
        }
        match ending {
            Ending::Orderly | Ending::Truncated => close(self.socket()),
            Ending::Reset => reset_when_dropped(self.socket()),
        }
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Wire::Plain(socket) => &socket.0,
            Wire::Tls(stream) => &stream.sock.0,
        }
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(socket) => socket.read(buffer),
            Wire::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(socket) => socket.write(bytes),
            Wire::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Wire::Plain(socket) => socket.flush(),
            Wire::Tls(stream) => stream.flush(),
        }
    }
}

/// Reads and forgets until the peer closes or the connection breaks.
pub(crate) fn drain(stream: &mut impl Read) {
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

/// Ends the TCP stream, then waits a while for the peer to do the same: a socket
/// closed with unread bytes would send a reset, which destroys what was sent before.
pub(crate) fn close(mut socket: &TcpStream) {
    if socket.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let end = Instant::now() + LINGER;
    let mut piece = [0; 4096];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || socket.set_read_timeout(Some(left)).is_err() {
            return;
        }
        match socket.read(&mut piece) {
            Ok(length) if length > 0 => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// Makes the coming close a reset.
pub(crate) fn reset_when_dropped(socket: &TcpStream) {
    // If the system refuses, the close is an ordinary one; nothing better is left to do.
    let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
}
