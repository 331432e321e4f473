//! TLS over another stream.

use std::io::{self, ErrorKind, Read, Write};

use rustls::ClientConnection;

use super::{Stream, unless_it_waits};
use crate::sys::sockets::Interest;

/// How often a try reads what brings no plaintext. A peer could send tickets for ever; now the deadline is looked at.
const RECEIVES: usize = 64;

/// What is received at once: at first, and where more comes than that. rustls asks for so little that a record takes five
/// system calls.
const FIRST_RECEIVED: usize = 4 * 1024;
const MOST_RECEIVED: usize = 64 * 1024;

/// A connection that has been verified. What is written waits for a flush, or for the next read: so the end of the
/// handshake, the head of a request and its body leave in one piece.
pub(crate) struct TlsStream {
    connection: ClientConnection,
    below: Stream,
    /// What is on its way down.
    outgoing: Records,
    /// What has come up.
    incoming: Records,
}

/// Encrypted bytes, and how many of them are done with.
#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    done: usize,
}

impl Records {
    fn left(&self) -> &[u8] {
        self.bytes.get(self.done..).unwrap_or_default()
    }
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
        let mut stream = Self { connection, below, outgoing: Records::default(), incoming: Records::default() };
        while stream.connection.is_handshaking() {
            stream.below.socket().check_deadline()?;
            let is_sending = stream.connection.wants_write() || !stream.outgoing.left().is_empty();
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
        if !self.outgoing.left().is_empty() {
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
                // If the stream has ended without a close_notify this is an error: anybody on the way could have cut it
                // off.
                result => return result,
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// Whether something has been received that is not read yet, here or below.
    pub(super) fn holds_input(&self) -> bool {
        !self.incoming.left().is_empty() || !self.connection.wants_read() || self.below.holds_input()
    }

    /// Gives back the memory that a large request or answer took.
    pub(super) fn release(&mut self) {
        for records in [&mut self.outgoing, &mut self.incoming] {
            if records.left().is_empty() {
                *records = Records::default();
            }
        }
    }

    fn send(&mut self, begun: &mut bool) -> io::Result<()> {
        loop {
            if self.outgoing.left().is_empty() {
                self.outgoing.done = 0;
                self.outgoing.bytes.clear();
                // All records at once: one by one they would be as many packets.
                while self.connection.wants_write() {
                    self.connection.write_tls(&mut self.outgoing.bytes)?;
                }
            }
            let left = self.outgoing.left();
            let is_last = left.is_empty();
            self.outgoing.done += self.below.try_write(left, begun)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Reads what has arrived. 0 at the end of the stream below.
    fn receive(&mut self) -> io::Result<usize> {
        if self.incoming.left().is_empty() {
            self.receive_records()?;
        }
        let read = self.connection.read_tls(&mut self.incoming.left())?;
        self.incoming.done += read;
        if let Err(error) = self.connection.process_new_packets() {
            // The server is told why; whether that works changes nothing.
            let _ = self.send(&mut false);
            return Err(wrapped(error));
        }
        Ok(read)
    }

    fn receive_records(&mut self) -> io::Result<()> {
        let Records { bytes, done } = &mut self.incoming;
        let is_full = *done == bytes.capacity();
        let most = if is_full { (bytes.capacity() * 4).clamp(FIRST_RECEIVED, MOST_RECEIVED) } else { bytes.capacity() };
        *done = 0;
        bytes.resize(most, 0);
        let received = self.below.try_read(bytes);
        bytes.truncate(*received.as_ref().unwrap_or(&0));
        received.map(drop)
    }
}

/// As rustls itself wraps its errors, so that `failure_of` finds them in one way.
pub(in crate::dial) fn wrapped(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
