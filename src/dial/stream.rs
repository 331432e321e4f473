//! A connection that never waits beyond its deadline.

mod tls;

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::clock::Deadline;
pub(super) use tls::{TlsStream, wrapped};

/// TCP, or TLS over any of these: an `https://` proxy makes it TLS in TLS.
pub(crate) enum Stream {
    Tcp(Tcp),
    Tls(Box<TlsStream>),
}

impl Stream {
    /// A stream over a connected socket.
    pub(super) fn tcp(socket: TcpStream, deadline: Deadline) -> Self {
        Self::Tcp(Tcp { socket, deadline })
    }

    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        match self {
            Self::Tcp(tcp) => tcp.deadline = deadline,
            Self::Tls(tls) => tls.below().set_deadline(deadline),
        }
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => tcp.write(bytes),
            Self::Tls(tls) => tls.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tcp(_) => Ok(()),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_tls() { "Stream(TLS)" } else { "Stream(TCP)" })
    }
}

/// A socket with a deadline. Signals do not end a wait, and do not lengthen it.
pub(crate) struct Tcp {
    socket: TcpStream,
    deadline: Deadline,
}

impl Tcp {
    fn within_deadline<R>(
        &self,
        limit: impl Fn(&TcpStream, Option<Duration>) -> io::Result<()>,
        mut work: impl FnMut(&TcpStream) -> io::Result<R>,
    ) -> io::Result<R> {
        loop {
            let remaining = self.deadline.remaining();
            if remaining.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            limit(&self.socket, Some(remaining))?;
            match work(&self.socket) {
                // The kernel's timer may fire a little before ours has passed.
                Err(error) if matches!(error.kind(), ErrorKind::Interrupted | ErrorKind::WouldBlock) => {}
                result => return result,
            }
        }
    }
}

impl Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.within_deadline(TcpStream::set_read_timeout, |mut socket| socket.read(buffer))
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.within_deadline(TcpStream::set_write_timeout, |mut socket| socket.write(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_read_from_a_silent_peer_ends_at_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let socket = TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
        let deadline = Deadline::after(Duration::from_millis(50));
        let error = Stream::tcp(socket, deadline).read(&mut [0; 16]).expect_err("nobody writes");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(deadline.has_passed());
    }
}
