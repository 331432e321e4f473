//! TLS over another stream.

use std::io::{self, ErrorKind, Read, Write};

use rustls::ClientConnection;

use super::Stream;

/// A connection that has been verified. What is written waits for a flush, or for the next read: so the end of the
/// handshake, the head of a request and its body leave in one piece.
pub(crate) struct TlsStream {
    connection: ClientConnection,
    below: Stream,
}

impl TlsStream {
    pub(super) fn below(&mut self) -> &mut Stream {
        &mut self.below
    }

    /// Exchanges messages until the server has proven who it is. The client's last message is not sent yet: it leaves
    /// with what is written next.
    pub(in crate::dial) fn handshake(connection: ClientConnection, below: Stream) -> io::Result<Self> {
        let mut stream = Self { connection, below };
        while stream.connection.is_handshaking() {
            if stream.connection.wants_write() {
                stream.send()?;
            } else if stream.receive()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(stream)
    }

    fn send(&mut self) -> io::Result<()> {
        // All records at once: one by one they would be as many packets.
        let mut records = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut records)?;
        }
        self.below.write_all(&records)?;
        self.below.flush()
    }

    /// Reads what has arrived. 0 at the end of the stream below.
    fn receive(&mut self) -> io::Result<usize> {
        let arrived = self.connection.read_tls(&mut self.below)?;
        if let Err(error) = self.connection.process_new_packets() {
            // The server is told why; whether that works changes nothing.
            let _ = self.send();
            return Err(wrapped(error));
        }
        Ok(arrived)
    }
}

impl Read for TlsStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.connection.wants_write() {
                self.send()?;
            }
            if !self.connection.wants_read() || self.receive()? == 0 {
                // If the stream has ended without a close_notify this is an error: anybody on the way could have cut it
                // off.
                return self.connection.reader().read(buffer);
            }
        }
    }
}

impl Write for TlsStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.connection.writer().write(bytes)? {
            // The buffer is full.
            0 if !bytes.is_empty() => {
                self.send()?;
                self.connection.writer().write(bytes)
            }
            written => Ok(written),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

/// As rustls itself wraps its errors, so that `failure_of` finds them in one way.
pub(in crate::dial) fn wrapped(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}
