//! Reads requests from a connection.

use std::io::{self, Read, Write};

use super::body::{Framing, Malformed};
use super::head::Head;
use super::incoming::Incoming;
use super::request::{Received, Request};

/// The largest body that is read into memory, in bytes.
const BODY_LIMIT: u64 = 1024 * 1024;

/// The interim answer to `Expect: 100-continue`.
pub(crate) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The largest head that is read, in bytes; trailers of a chunked body as well.
const HEAD_LIMIT: usize = 64 * 1024;

/// Why there is no further request.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The peer closed the connection, or it broke.
    Closed,
    /// The bytes are not a request that is taken; this is the answer.
    Malformed(Malformed),
}

impl From<Malformed> for Failure {
    fn from(malformed: Malformed) -> Failure {
        Failure::Malformed(malformed)
    }
}

impl From<io::Error> for Failure {
    fn from(_: io::Error) -> Failure {
        Failure::Closed
    }
}

/// Keeps what was read beyond the end of a request for the next one.
#[derive(Default)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    /// The next request, head and body, in memory.
    pub(crate) fn request(&mut self, stream: &mut (impl Read + Write)) -> Result<Request, Failure> {
        let (head, framing) = self.start(stream, BODY_LIMIT)?;
        if head.expects_continue() && framing != Framing::Length(0) {
            stream.write_all(CONTINUE)?;
            stream.flush()?;
        }
        let mut incoming = Incoming::new(self, stream, framing, BODY_LIMIT);
        let mut body = Vec::new();
        if incoming.read_to_end(&mut body).is_err() {
            return Err(incoming.into_failure());
        }
        let keep_alive = head.keep_alive();
        Ok(Request { keep_alive, received: Received { body, ..Received::of(head) } })
    }

    /// The head of the next request, and how the body of at most `limit` bytes is framed.
    pub(crate) fn start(&mut self, stream: &mut impl Read, limit: u64) -> Result<(Head, Framing), Failure> {
        let bytes = self.head(stream)?;
        let head = Head::parse(&bytes).ok_or_else(|| Malformed::new(400, "this is not a request"))?;
        let framing = Framing::of(&head, limit)?;
        Ok((head, framing))
    }

    /// Waits until a byte is there: of the next request, if one comes.
    pub(crate) fn wait(&mut self, stream: &mut impl Read) -> Result<(), Failure> {
        if self.buffer.is_empty() { self.fill(stream) } else { Ok(()) }
    }

    /// The bytes of the next head, with the empty line that ends it.
    pub(crate) fn head(&mut self, stream: &mut impl Read) -> Result<Vec<u8>, Failure> {
        self.until(stream, b"\r\n\r\n", HEAD_LIMIT)?.ok_or_else(|| Malformed::new(431, "the head is too large").into())
    }

    /// What was read beyond the last request.
    pub(crate) fn into_rest(self) -> Vec<u8> {
        self.buffer
    }

    /// The size of the next chunk, from the line before it.
    pub(super) fn chunk_size(&mut self, stream: &mut impl Read) -> Result<u64, Failure> {
        let line = self.line(stream)?;
        match httparse::parse_chunk_size(&line) {
            Ok(httparse::Status::Complete((_, size))) => Ok(size),
            _ => Err(broken_chunks()),
        }
    }

    /// The line break behind a chunk.
    pub(super) fn end_of_chunk(&mut self, stream: &mut impl Read) -> Result<(), Failure> {
        while self.buffer.len() < 2 {
            self.fill(stream)?;
        }
        if self.buffer.drain(..2).eq(*b"\r\n") { Ok(()) } else { Err(broken_chunks()) }
    }

    pub(super) fn skip_trailers(&mut self, stream: &mut impl Read) -> Result<(), Failure> {
        let mut length = 0;
        loop {
            let line = self.line(stream)?;
            length += line.len();
            if line == b"\r\n" {
                return Ok(());
            }
            if length > HEAD_LIMIT {
                return Err(Malformed::new(431, "the trailers are too large").into());
            }
        }
    }

    fn line(&mut self, stream: &mut impl Read) -> Result<Vec<u8>, Failure> {
        self.until(stream, b"\r\n", HEAD_LIMIT)?.ok_or_else(|| Malformed::new(400, "a line is too long").into())
    }

    /// Everything up to and with `end`; `None` if it does not come within `limit` bytes.
    fn until(&mut self, stream: &mut impl Read, end: &[u8], limit: usize) -> Result<Option<Vec<u8>>, Failure> {
        let mut searched = 0;
        loop {
            if let Some(at) = find(&self.buffer[searched..], end) {
                let length = searched + at + end.len();
                return Ok((length <= limit).then(|| self.buffer.drain(..length).collect()));
            }
            if self.buffer.len() > limit {
                return Ok(None);
            }
            // The end may begin in the bytes that are there.
            searched = self.buffer.len().saturating_sub(end.len() - 1);
            self.fill(stream)?;
        }
    }

    /// At least one byte of a body: what is there already, else what the stream has.
    pub(super) fn some(&mut self, stream: &mut impl Read, out: &mut [u8]) -> Result<usize, Failure> {
        if self.buffer.is_empty() {
            return read_some(stream, out);
        }
        let length = out.len().min(self.buffer.len());
        out[..length].copy_from_slice(&self.buffer[..length]);
        self.buffer.drain(..length);
        Ok(length)
    }

    fn fill(&mut self, stream: &mut impl Read) -> Result<(), Failure> {
        let mut piece = [0; 16 * 1024];
        let length = read_some(stream, &mut piece)?;
        self.buffer.extend_from_slice(&piece[..length]);
        Ok(())
    }
}

fn broken_chunks() -> Failure {
    Malformed::new(400, "the chunked body is broken").into()
}

/// Reads until something comes; the end of the stream is a failure.
fn read_some(stream: &mut impl Read, out: &mut [u8]) -> Result<usize, Failure> {
    loop {
        match stream.read(out) {
            Ok(0) => return Err(Failure::Closed),
            Ok(length) => return Ok(length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Err(Failure::Closed),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of a few, and keeps what is written.
    struct Pieces<'a> {
        bytes: &'a [u8],
        size: usize,
        written: Vec<u8>,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.size.min(self.bytes.len()).min(buffer.len());
            let (now, later) = self.bytes.split_at(length);
            buffer[..length].copy_from_slice(now);
            self.bytes = later;
            Ok(length)
        }
    }

    impl Write for Pieces<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.written.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn pieces(bytes: &[u8], size: usize) -> Pieces<'_> {
        let written = Vec::new();
        Pieces { bytes, size, written }
    }

    fn status(bytes: &[u8]) -> u16 {
        match Reader::default().request(&mut pieces(bytes, 4096)) {
            Err(Failure::Malformed(malformed)) => malformed.status,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn requests_follow_each_other_in_pieces_of_any_size() {
        let bytes = b"POST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\
            POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
            3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n\
            GET /c HTTP/1.1\r\nConnection: close\r\n\r\n";
        for size in [1, 2, 3, 7, 4096] {
            let (mut reader, mut stream) = (Reader::default(), pieces(bytes, size));
            let mut next = || reader.request(&mut stream);
            let (a, b, c) = (next().unwrap(), next().unwrap(), next().unwrap());
            assert_eq!((a.received.target.as_str(), a.received.body.as_slice()), ("/a", b"abc".as_slice()));
            assert_eq!(b.received.body, b"abcde");
            assert!(b.keep_alive && !c.keep_alive);
            assert!(matches!(next(), Err(Failure::Closed)));
        }
    }

    #[test]
    fn the_limits_hold() {
        let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(HEAD_LIMIT));
        assert_eq!(status(long.as_bytes()), 431);
        let chunks = format!(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n{}\r\n1\r\n",
            "x".repeat(1024 * 1024)
        );
        assert_eq!(status(chunks.as_bytes()), 413);
        let trailers = format!(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{}",
            "A: b\r\n".repeat(HEAD_LIMIT / 6 + 1)
        );
        assert_eq!(status(trailers.as_bytes()), 431);
    }

    #[test]
    fn broken_bytes_are_refused() {
        assert_eq!(status(b"nonsense\r\n\r\n"), 400);
        for chunk in ["zz\r\n", "1\r\nab\r\n", "ffffffffffffffff1\r\n"] {
            let text = format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}");
            assert_eq!(status(text.as_bytes()), 400);
        }
    }

    #[test]
    fn whoever_waits_for_100_is_told_to_continue() {
        let bytes = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na";
        let mut stream = pieces(bytes, 4096);
        assert_eq!(Reader::default().request(&mut stream).unwrap().received.body, b"a");
        assert_eq!(stream.written, b"HTTP/1.1 100 Continue\r\n\r\n");
    }
}
