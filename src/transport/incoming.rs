//! The answer: what has arrived of it, within its limits. ureq-proto reads it; none of it is trusted.

use std::io::ErrorKind;

use ureq_proto::BodyMode;
use ureq_proto::client::state::{RecvBody, RecvResponse};
use ureq_proto::client::{Call, RecvBodyResult, RecvResponseResult};
use ureq_proto::http::{self, header};

use super::buffer::Buffer;
use super::{Answer, Channel, Problem};
use crate::dial::Phase;
use crate::http::Response;
use crate::sys::mapping::Mapped;

/// All header bytes of an answer, those of interim answers included, of which HTTP allows any number.
const HEAD_MAX: usize = 64 * 1024;
/// Enough for the answers that a login has, and for the head of any.
const FIRST_BUFFER: usize = 8 * 1024;
/// The body as it is sent may have so many times its own bytes. A chunk of one byte takes six; more is no body but a
/// stream of chunk extensions.
const FRAMING_FACTOR: usize = 8;
/// For a body whose length is not told.
const FIRST_BODY: usize = 16 * 1024;

pub(super) struct Incoming {
    call: Call<RecvResponse>,
    arrivals: Arrivals,
    head: Option<http::Response<()>>,
}

/// What has arrived and is not read yet.
struct Arrivals {
    buffer: Buffer,
    /// Bytes that may still arrive.
    allowed: usize,
    /// Something has.
    any: bool,
}

/// What is allowed of a body.
#[derive(Clone, Copy)]
pub(super) struct BodyRules {
    pub(super) max: usize,
    pub(super) cut_is_end: bool,
}

impl Incoming {
    pub(super) fn new(call: Call<RecvResponse>) -> Self {
        let arrivals = Arrivals { buffer: Buffer::with_capacity(FIRST_BUFFER), allowed: HEAD_MAX, any: false };
        Self { call, arrivals, head: None }
    }

    /// Whether anything has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.arrivals.any
    }

    /// Whether the answer says that the rest of the request is not wanted.
    pub(super) fn is_refusal(&self) -> bool {
        self.head.as_ref().is_some_and(|head| head.status().as_u16() >= 300)
    }

    /// Where the next bytes are to be put; empty if no more are wanted for now.
    pub(super) fn room(&mut self) -> &mut [u8] {
        self.arrivals.room()
    }

    /// So many bytes were put into the room.
    pub(super) fn arrived(&mut self, count: usize) -> Result<(), Problem> {
        self.arrivals.arrived(count);
        while self.head.is_none() {
            let (read, head) =
                self.call.try_response(self.arrivals.buffer.filled(), false).map_err(|_| Problem::Framing)?;
            self.arrivals.buffer.taken(read);
            self.head = head;
            // An interim answer was read, and the next may stand behind it.
            if read == 0 {
                break;
            }
        }
        Ok(())
    }

    pub(super) fn read_head(&mut self, channel: &mut impl Channel) -> Result<(), Problem> {
        while self.head.is_none() {
            match self.arrivals.receive(channel)? {
                0 => return Err(Problem::io(ErrorKind::UnexpectedEof.into(), Phase::Answer)),
                count => self.arrived(count)?,
            }
        }
        Ok(())
    }

    /// The whole answer, and whether the connection may serve another request.
    pub(super) fn read_body(self, channel: &mut impl Channel, rules: BodyRules) -> Result<Answer, Problem> {
        let Self { call, mut arrivals, head } = self;
        let head = head.filter(is_framed_in_one_way).ok_or(Problem::Framing)?;
        arrivals.allowed = rules.max.saturating_mul(FRAMING_FACTOR);
        let (body, must_close) = match call.proceed().ok_or(Problem::Framing)? {
            RecvResponseResult::RecvBody(call) => arrivals.read_body(channel, call, rules)?,
            RecvResponseResult::Redirect(call) => (Mapped::with_capacity(0), call.must_close_connection()),
            RecvResponseResult::Cleanup(call) => (Mapped::with_capacity(0), call.must_close_connection()),
        };
        // What stands behind the answer is no answer to the next request.
        Ok(Answer { response: response(&head, body), may_be_kept: !must_close && arrivals.buffer.is_empty() })
    }
}

impl Arrivals {
    fn room(&mut self) -> &mut [u8] {
        self.buffer.make_room(HEAD_MAX);
        let allowed = self.allowed;
        let room = self.buffer.room();
        let length = room.len().min(allowed);
        room.get_mut(..length).unwrap_or_default()
    }

    fn arrived(&mut self, count: usize) {
        self.buffer.added(count);
        // More comes than fits: the next reads are larger.
        self.buffer.make_room(HEAD_MAX);
        self.allowed = self.allowed.saturating_sub(count);
        self.any |= count > 0;
    }

    fn receive(&mut self, channel: &mut impl Channel) -> Result<usize, Problem> {
        let room = self.room();
        // A buffer that is full holds a line without an end, of a head or between two chunks.
        if room.is_empty() {
            return Err(Problem::TooLarge);
        }
        channel.read(room).map_err(|error| Problem::io(error, Phase::Answer))
    }

    fn read_body(
        &mut self,
        channel: &mut impl Channel,
        mut call: Call<RecvBody>,
        rules: BodyRules,
    ) -> Result<(Mapped, bool), Problem> {
        let mode = call.body_mode();
        let mut body = Mapped::with_capacity(match mode {
            BodyMode::LengthDelimited(length) if length > rules.max as u64 => return Err(Problem::TooLarge),
            BodyMode::LengthDelimited(length) => length as usize,
            _ => FIRST_BODY,
        });
        let mut has_ended = false;
        while mode == BodyMode::CloseDelimited || !call.can_proceed() {
            let (read, written) = call.read(self.buffer.filled(), body.room()).map_err(|_| Problem::Framing)?;
            self.buffer.taken(read);
            body.advance(written);
            if body.len() > rules.max {
                return Err(Problem::TooLarge);
            }
            if read > 0 {
                continue;
            }
            if has_ended {
                break;
            }
            match self.receive(channel) {
                Err(Problem::Io { error, .. }) if rules.cut_is_end && is_cut(error.kind()) => has_ended = true,
                Err(problem) => return Err(problem),
                Ok(0) => has_ended = true,
                Ok(count) => self.arrived(count),
            }
        }
        // The last chunk may have come without the empty line that stands behind its trailers.
        let lacks_end = !call.can_proceed();
        if lacks_end && !call.is_ended_chunked() {
            return Err(Problem::io(ErrorKind::UnexpectedEof.into(), Phase::Answer));
        }
        let must_close = match call.proceed() {
            Some(RecvBodyResult::Redirect(call)) => call.must_close_connection(),
            Some(RecvBodyResult::Cleanup(call)) => call.must_close_connection(),
            None => true,
        };
        Ok((body, must_close || lacks_end))
    }
}

fn is_cut(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnexpectedEof | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset)
}

/// Whether there is one way alone to read how long the answer is. ureq-proto takes the chunks beside a length, in
/// HTTP/1.0, or behind a coding that it cannot undo; these are errors to RFC 9112 (sections 6.1 and 6.3). Of differing
/// lengths it makes an error itself.
fn is_framed_in_one_way(head: &http::Response<()>) -> bool {
    let mut codings = head.headers().get_all(header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return true };
    coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
        && codings.next().is_none()
        && head.version() == http::Version::HTTP_11
        && !head.headers().contains_key(header::CONTENT_LENGTH)
}

fn response(head: &http::Response<()>, body: Mapped) -> Response {
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    Response { status: head.status().as_u16(), headers: head.headers().iter().filter_map(text).collect(), body }
}
