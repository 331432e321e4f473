//! The body of a request while it comes in: read piece by piece, without its framing, and never held whole.

use std::io::{self, Read};

use super::body::{Framing, Malformed};
use super::reader::{Failure, Reader};

/// The bytes of a body that are kept for whoever looks at the request later.
const KEPT: usize = 64 * 1024;

/// A body; reading it ends at its end.
pub(crate) struct Incoming<'a, S> {
    reader: &'a mut Reader,
    stream: &'a mut S,
    /// Bytes of the body, or of the chunk that is being read, that are still to come.
    left: u64,
    chunks: Chunks,
    limit: u64,
    arrived: u64,
    kept: Vec<u8>,
    failure: Option<Failure>,
}

/// What stands before the next byte of the body.
#[derive(PartialEq, Eq)]
enum Chunks {
    /// Nothing: `left` counts the whole body, or the last chunk has been read.
    None,
    /// The size of the first chunk.
    Size,
    /// The line break behind a chunk, and then the size of the next.
    Break,
}

impl<'a, S: Read> Incoming<'a, S> {
    pub(crate) fn new(reader: &'a mut Reader, stream: &'a mut S, framing: Framing, limit: u64) -> Incoming<'a, S> {
        let (left, chunks) = match framing {
            Framing::Length(length) => (length, Chunks::None),
            Framing::Chunked => (0, Chunks::Size),
        };
        Incoming { reader, stream, left, chunks, limit, arrived: 0, kept: Vec::new(), failure: None }
    }

    /// How many bytes have arrived, and the first of them.
    pub(crate) fn arrived(&mut self) -> (u64, Vec<u8>) {
        (self.arrived, std::mem::take(&mut self.kept))
    }

    /// Whether all of it has been read.
    pub(crate) fn is_at_end(&self) -> bool {
        self.left == 0 && self.chunks == Chunks::None
    }

    /// The connection, to answer before the end.
    pub(crate) fn stream(&mut self) -> &mut S {
        self.stream
    }

    /// Why a read failed.
    pub(crate) fn into_failure(self) -> Failure {
        self.failure.unwrap_or(Failure::Closed)
    }

    /// Reads and forgets what is left, or the next `length` bytes; `false` if the body ended before its end.
    pub(crate) fn skip(&mut self, length: u64) -> bool {
        if self.failure.is_some() {
            return false;
        }
        io::copy(&mut self.by_ref().take(length), &mut io::sink()).is_ok() && self.failure.is_none()
    }

    fn piece(&mut self, out: &mut [u8]) -> Result<usize, Failure> {
        if self.left == 0 && self.chunks != Chunks::None {
            self.next_chunk()?;
        }
        let wanted = usize::try_from(self.left).map_or(out.len(), |left| left.min(out.len()));
        if wanted == 0 {
            return Ok(0);
        }
        let length = self.reader.some(self.stream, &mut out[..wanted])?;
        self.left -= length as u64;
        self.arrived += length as u64;
        let room = KEPT - self.kept.len();
        self.kept.extend_from_slice(&out[..length.min(room)]);
        Ok(length)
    }

    fn next_chunk(&mut self) -> Result<(), Failure> {
        if self.chunks == Chunks::Break {
            self.reader.end_of_chunk(self.stream)?;
        }
        let size = self.reader.chunk_size(self.stream)?;
        if size > self.limit - self.arrived {
            return Err(Malformed::too_large().into());
        }
        if size == 0 {
            self.reader.skip_trailers(self.stream)?;
        }
        self.chunks = if size == 0 { Chunks::None } else { Chunks::Break };
        self.left = size;
        Ok(())
    }
}

impl<S: Read> Read for Incoming<'_, S> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.failure.is_some() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.piece(out).map_err(|failure| {
            self.failure = Some(failure);
            io::ErrorKind::UnexpectedEof.into()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_kept_up_to_a_limit_and_counted_beyond_it() {
        let bytes = vec![b'x'; KEPT + 10];
        let (mut reader, mut stream) = (Reader::default(), bytes.as_slice());
        let mut incoming = Incoming::new(&mut reader, &mut stream, Framing::Length(KEPT as u64 + 5), u64::MAX);
        assert!(incoming.skip(7));
        assert_eq!(incoming.arrived, 7);
        assert!(incoming.skip(u64::MAX));
        let (arrived, kept) = incoming.arrived();
        assert_eq!((arrived, kept.len()), (KEPT as u64 + 5, KEPT));
        assert_eq!(stream.len(), 5, "what follows the body is not read");
    }

    #[test]
    fn a_body_that_ends_early_is_a_failure() {
        for framing in [Framing::Length(4), Framing::Chunked] {
            let (mut reader, mut stream) = (Reader::default(), b"4\r\n".as_slice());
            let mut incoming = Incoming::new(&mut reader, &mut stream, framing, 100);
            assert!(!incoming.skip(u64::MAX));
            assert!(matches!(incoming.into_failure(), Failure::Closed));
        }
    }

    #[test]
    fn chunks_beyond_the_limit_are_refused() {
        let (mut reader, mut stream) = (Reader::default(), b"6\r\nabcdef\r\n5\r\n".as_slice());
        let mut incoming = Incoming::new(&mut reader, &mut stream, Framing::Chunked, 10);
        assert!(!incoming.skip(u64::MAX));
        assert!(matches!(incoming.into_failure(), Failure::Malformed(malformed) if malformed.status == 413));
    }
}
