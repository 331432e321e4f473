//! What happens to the bytes of an answer on their way.

use std::io::{self, Write};
use std::time::Duration;

use crate::gate::Gate;

/// Lets the first bytes through, and fails at the next.
pub(super) struct Cut<W> {
    pub(super) to: W,
    pub(super) left: u64,
}

impl<W: Write> Write for Cut<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            self.to.flush()?;
            return Err(io::ErrorKind::WriteZero.into());
        }
        let length = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let written = self.to.write(&bytes[..length])?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Sends pieces of a size, with a pause after each.
pub(super) struct Drip<'a, W> {
    pub(super) to: W,
    pub(super) bytes: usize,
    pub(super) every: Duration,
    pub(super) gate: &'a Gate,
}

impl<W: Write> Write for Drip<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.bytes.max(1).min(bytes.len());
        self.to.write_all(&bytes[..length])?;
        self.to.flush()?;
        self.gate.pause(self.every).map_err(|_| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Makes a chunk of each piece.
pub(super) struct Chunks<W> {
    pub(super) to: W,
    pub(super) bytes: usize,
}

impl<W: Write> Write for Chunks<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.bytes.max(1).min(bytes.len());
        let head = format!("{length:x}\r\n");
        self.to.write_all(&[head.as_bytes(), &bytes[..length], b"\r\n"].concat())?;
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
