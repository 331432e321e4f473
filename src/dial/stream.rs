//! A connection that never waits beyond its deadline.
//!
//! Its socket does not wait at all. What is here tries (`try_…`), and where a try cannot go on (`WouldBlock`) it waits
//! for the socket: in both directions at once, where a request is sent and its answer may come before its end.

mod tls;

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::{AsRawFd, RawFd};

use crate::clock::Deadline;
use crate::sys::fork_generation;
use crate::sys::sockets::{Interest, wait_for};
pub(super) use tls::{TlsStream, wrapped};

/// TCP, or TLS over any of these: an `https://` proxy makes it TLS in TLS.
pub(crate) enum Stream {
    Tcp(Tcp),
    Tls(Box<TlsStream>),
}

/// What [`Stream::send_or_receive`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// So many bytes of the output were taken.
    Sent(usize),
    /// So many bytes were put into the input; 0 at its end.
    Received(usize),
}

impl Stream {
    /// A stream over a connected socket, which must be non-blocking.
    pub(super) fn tcp(socket: TcpStream, deadline: Deadline) -> Self {
        Self::Tcp(Tcp { socket, deadline, generation: fork_generation() })
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    pub(crate) fn set_deadline(&mut self, deadline: Deadline) {
        match self {
            Self::Tcp(tcp) => tcp.deadline = deadline,
            Self::Tls(tls) => tls.below_mut().set_deadline(deadline),
        }
    }

    /// Sends some of `output` or receives into `input`, whichever can be done first; what has arrived goes before. With
    /// an empty `output` it ends by `Sent(0)` as soon as all that was taken has left; into an empty `input` nothing is
    /// received. `begun` is set right before the first system call that can carry bytes of the output.
    pub(crate) fn send_or_receive(
        &mut self,
        output: &[u8],
        input: &mut [u8],
        begun: &mut bool,
    ) -> io::Result<Progress> {
        let interest = if input.is_empty() { Interest::Write } else { Interest::Either };
        loop {
            self.socket().check_deadline()?;
            if output.is_empty() && unless_it_waits(self.try_write(output, begun))?.is_some() {
                return Ok(Progress::Sent(0));
            }
            if !input.is_empty() {
                if let Some(received) = unless_it_waits(self.try_read(input))? {
                    return Ok(Progress::Received(received));
                }
            }
            if !output.is_empty() {
                if let Some(sent) = unless_it_waits(self.try_write(output, begun))? {
                    return Ok(Progress::Sent(sent));
                }
            }
            self.socket().wait(interest)?;
        }
    }

    /// Whether the connection is open, as far as is known here, and nothing has come in that nobody has asked for. Reads
    /// what the peer's TLS has sent of its own accord. Does not wait, and sends nothing.
    pub(crate) fn is_idle(&mut self) -> bool {
        matches!(self.try_read(&mut [0]), Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    /// Gives back the memory that is not needed until the next request.
    pub(crate) fn release_memory(&mut self) {
        if let Self::Tls(tls) = self {
            tls.release();
        }
    }

    /// Whether something has been received that is not read yet.
    fn holds_input(&self) -> bool {
        match self {
            Self::Tcp(_) => false,
            Self::Tls(tls) => tls.holds_input(),
        }
    }

    fn socket(&self) -> &Tcp {
        match self {
            Self::Tcp(tcp) => tcp,
            Self::Tls(tls) => tls.below().socket(),
        }
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(tcp) => uninterrupted(|| tcp.socket.read(buffer)),
            Self::Tls(tls) => tls.try_read(buffer),
        }
    }

    /// With an empty `bytes`: sends what was taken before.
    fn try_write(&mut self, bytes: &[u8], begun: &mut bool) -> io::Result<usize> {
        let taken = match self {
            Self::Tcp(_) if bytes.is_empty() => 0,
            Self::Tcp(tcp) => {
                *begun = true;
                uninterrupted(|| tcp.socket.write(bytes))?
            }
            Self::Tls(tls) => tls.try_write(bytes, begun)?,
        };
        if taken == 0 && !bytes.is_empty() { Err(ErrorKind::WriteZero.into()) } else { Ok(taken) }
    }
}

impl Read for Stream {
    /// To read is to wait for an answer to all that was written. A look for what has not come yet would be a system call in
    /// vain, so the wait comes first unless something is here already.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.socket().check_deadline()?;
            // Whoever has closed the connection may have answered before.
            let sent = unless_it_waits(self.try_write(&[], &mut false));
            if !self.holds_input() {
                match &sent {
                    Ok(Some(_)) => self.socket().wait(Interest::Read)?,
                    Ok(None) => self.socket().wait(Interest::Either)?,
                    Err(_) => {}
                }
            }
            if let Some(received) = unless_it_waits(self.try_read(buffer))? {
                return Ok(received);
            }
            sent?;
        }
    }
}

impl Write for Stream {
    /// TLS takes what fits, and sends it when it is flushed.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Self::Tls(tls) = self {
            if let taken @ 1.. = tls.take(bytes)? {
                return Ok(taken);
            }
        }
        self.try_until_written(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.try_until_written(&[]).map(drop)
    }
}

impl Stream {
    fn try_until_written(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            self.socket().check_deadline()?;
            if let Some(written) = unless_it_waits(self.try_write(bytes, &mut false))? {
                return Ok(written);
            }
            self.socket().wait(Interest::Write)?;
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
    /// Of the process that has opened it.
    generation: u64,
}

impl Tcp {
    fn check_deadline(&self) -> io::Result<()> {
        if self.deadline.has_passed() { Err(ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    /// Until the socket is ready, the deadline, or a signal.
    fn wait(&self, interest: Interest) -> io::Result<()> {
        wait_for(&self.socket, interest, self.deadline.remaining())
    }
}

impl AsRawFd for Stream {
    fn as_raw_fd(&self) -> RawFd {
        self.socket().socket.as_raw_fd()
    }
}

impl Drop for Tcp {
    /// A child that was forked meanwhile may have a copy of the socket, and the peer would not see that it was closed
    /// here. The child itself closes its copy, and says nothing on its parent's connection.
    fn drop(&mut self) {
        if self.generation == fork_generation() {
            let _ = self.socket.shutdown(Shutdown::Both);
        }
    }
}

/// `None` if it cannot go on without waiting.
fn unless_it_waits<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        result => result.map(Some),
    }
}

fn uninterrupted<T>(mut work: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match work() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::time::Duration;

    fn connected(deadline: Deadline) -> (Stream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let socket = TcpStream::connect(listener.local_addr().expect("an address")).expect("connected");
        socket.set_nonblocking(true).expect("an option");
        (Stream::tcp(socket, deadline), listener.accept().expect("a client").0)
    }

    #[test]
    fn a_read_from_a_silent_peer_ends_at_the_deadline() {
        let deadline = Deadline::after(Duration::from_millis(50));
        let (mut stream, _peer) = connected(deadline);
        let error = stream.read(&mut [0; 16]).expect_err("nobody writes");
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(deadline.has_passed());
    }
}
