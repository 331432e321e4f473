//! A connection that never waits beyond its deadline.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::failure::{Phase, failure_of};
use super::resolve::resolve;
use super::tls::TlsStream;
use crate::clock::Deadline;
use crate::error::Failure;

/// TCP, or TLS over any of these: an `https://` proxy makes it TLS in TLS.
pub(crate) enum Stream {
    Tcp(Tcp),
    Tls(Box<TlsStream>),
}

impl Stream {
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

/// Connects to the first address that answers.
pub(super) fn connect(host: &str, port: u16, phase: Phase, deadline: Deadline) -> Result<Stream, Failure> {
    let addresses = resolve(host, port, deadline).map_err(|failure| match phase {
        Phase::Proxy => failure_of(&ErrorKind::NotFound.into(), Phase::Proxy),
        _ => failure,
    })?;
    let mut last = io::Error::from(ErrorKind::TimedOut);
    for (tried, address) in addresses.iter().enumerate() {
        match connect_to(address, addresses.len() - tried, deadline) {
            Ok(socket) => return Ok(Stream::Tcp(Tcp { socket, deadline })),
            Err(error) => last = error,
        }
    }
    Err(failure_of(&last, phase))
}

/// An address that does not answer gets half of the time left, so that the others get their turn; the last gets all.
fn connect_to(address: &SocketAddr, left: usize, deadline: Deadline) -> io::Result<TcpStream> {
    let remaining = deadline.remaining();
    let share = if left > 1 { remaining / 2 } else { remaining };
    if share.is_zero() {
        return Err(ErrorKind::TimedOut.into());
    }
    let socket = TcpStream::connect_timeout(address, share)?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;
    use std::net::TcpListener;

    #[test]
    fn a_refused_port_and_a_silent_peer_are_told_apart() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let deadline = Deadline::after(Duration::from_millis(50));
        let mut stream = connect("127.0.0.1", port, Phase::Connect, deadline).expect("connected");
        let error = stream.read(&mut [0; 16]).expect_err("nobody writes");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(deadline.has_passed());

        drop(listener);
        let deadline = Deadline::after(Duration::from_secs(60));
        let failure = connect("127.0.0.1", port, Phase::Connect, deadline).expect_err("refused");
        assert_eq!((failure.error.status(), failure.error.reason()), (Status::Network, "connect"));
        let failure = connect("127.0.0.1", port, Phase::Proxy, deadline).expect_err("refused");
        assert_eq!((failure.error.status(), failure.error.reason()), (Status::Network, "proxy"));
    }
}
