//! TLS over another stream.

use std::io::{self, ErrorKind, Read, Write};

use rustls::ClientConnection;

use super::{Stream, unless_it_waits};
use crate::sys::sockets::Interest;

/// How often a try reads what brings no plaintext. A peer could send tickets for ever; now the deadline is looked at.
const RECEIVES: usize = 64;

/// A connection that has been verified. What is written waits for a flush, or for the next read: so the end of the
/// handshake, the head of a request and its body leave in one piece.
pub(crate) struct TlsStream {
    connection: ClientConnection,
    below: Stream,
    /// What is on its way down, and how much of it is gone.
    records: Vec<u8>,
    gone: usize,
}

impl TlsStream {
    pub(super) fn below(&self) -> &Stream {
        &self.below
    }

    pub(super) fn below_mut(&mut self) -> &mut Stream {
        &mut self.below
    }

    /// Exchanges messages until the server has proven who it is. The client's last message is not sent yet: it leaves
    /// with what is written next.
    pub(in crate::dial) fn handshake(connection: ClientConnection, below: Stream) -> io::Result<Self> {
        let mut stream = Self { connection, below, records: Vec::new(), gone: 0 };
        while stream.connection.is_handshaking() {
            stream.below.socket().check_deadline()?;
            let is_sending = stream.connection.wants_write() || stream.gone < stream.records.len();
            let (moved, interest) = match is_sending {
                true => (stream.send(&mut false).map(|()| 1), Interest::Write),
                false => (stream.receive(), Interest::Read),
            };
            match unless_it_waits(moved)? {
                Some(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Some(_) => {}
                None => stream.below.socket().wait(interest)?,
            }
        }
        Ok(stream)
    }

    /// Takes what fits, and sends nothing.
    pub(super) fn take(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.connection.writer().write(bytes)
    }

    pub(super) fn try_write(&mut self, bytes: &[u8], begun: &mut bool) -> io::Result<usize> {
        if self.gone < self.records.len() {
            self.send(begun)?;
        }
        let mut taken = self.take(bytes)?;
        if taken == 0 {
            self.send(begun)?;
            taken = self.take(bytes)?;
        }
        // It is taken, also if it cannot leave yet.
        unless_it_waits(self.send(begun)).map(|_| taken)
    }

    /// Sends nothing, and so does not fail because nothing can be sent any more: the answer may have come before.
    pub(super) fn try_read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for _ in 0..RECEIVES {
            match self.connection.reader().read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.receive().map(drop)?,
                // At the end without a close_notify, which anybody could have caused, this is an error.
                result => return result,
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    fn send(&mut self, begun: &mut bool) -> io::Result<()> {
        loop {
            if self.gone >= self.records.len() {
                self.gone = 0;
                self.records.clear();
                // Record by record they would be as many packets.
                while self.connection.wants_write() {
                    self.connection.write_tls(&mut self.records)?;
                }
            }
            let left = self.records.get(self.gone..).unwrap_or_default();
            let is_last = left.is_empty();
            self.gone += self.below.try_write(left, begun)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Reads what has arrived. 0 at the end of the stream below.
    fn receive(&mut self) -> io::Result<usize> {
        let arrived = self.connection.read_tls(&mut NotWaiting(&mut self.below))?;
        if let Err(error) = self.connection.process_new_packets() {
            // The server is told why; whether that works changes nothing.
            let _ = self.send(&mut false);
            return Err(wrapped(error));
        }
        Ok(arrived)
    }
}

struct NotWaiting<'a>(&'a mut Stream);

impl Read for NotWaiting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(buffer)
    }
}

/// As rustls itself wraps its errors, so that `failure_of` finds them in one way.
pub(in crate::dial) fn wrapped(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
