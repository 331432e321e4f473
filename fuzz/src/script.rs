//! A connection that is a script: what arrives, in which pieces, and how it ends.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// In which pieces the bytes arrive.
#[derive(Clone, Copy, Debug)]
pub enum Pieces {
    Whole,
    Bytes,
    /// Of sizes that follow from this number.
    Random(u8),
}

#[derive(Debug)]
pub struct Script {
    bytes: Vec<u8>,
    at: usize,
    pieces: Pieces,
    state: u32,
    longest: usize,
    end: Option<ErrorKind>,
    delivered: Arc<AtomicUsize>,
}

impl Script {
    /// After the bytes come the end of the stream, or this error.
    pub fn new(bytes: Vec<u8>, pieces: Pieces, end: Option<ErrorKind>) -> Self {
        let state = match pieces {
            Pieces::Random(seed) => u32::from(seed) * 2 + 1,
            _ => 1,
        };
        let longest = (bytes.len() / 20).max(20);
        Self { bytes, at: 0, pieces, state, longest, end, delivered: Arc::default() }
    }

    /// How many bytes were read.
    pub fn delivered(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.delivered)
    }

    fn size_of_next(&mut self) -> usize {
        match self.pieces {
            Pieces::Whole => usize::MAX,
            Pieces::Bytes => 1,
            Pieces::Random(_) => {
                // Xorshift (Marsaglia).
                self.state ^= self.state << 13;
                self.state ^= self.state >> 17;
                self.state ^= self.state << 5;
                1 + (self.state >> 8) as usize % self.longest
            }
        }
    }
}

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let size = self.size_of_next().min(buffer.len()).min(self.bytes.len() - self.at);
        if size == 0 {
            return self.end.map_or(Ok(0), |kind| Err(kind.into()));
        }
        buffer[..size].copy_from_slice(&self.bytes[self.at..self.at + size]);
        self.at += size;
        self.delivered.store(self.at, Ordering::Relaxed);
        Ok(size)
    }
}

impl Write for Script {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
