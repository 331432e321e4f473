//! The request: its head, which ureq-proto writes, and its body, which is read as it goes out.

use std::io::{self, ErrorKind};

use ureq_proto::client::state::{RecvResponse, SendRequest};
use ureq_proto::client::{Call, SendRequestResult};
use ureq_proto::http::{self, HeaderValue};

use super::buffer::Buffer;
use super::incoming::Incoming;
use super::{Channel, Exchange, Problem, Source};
use crate::dial::{Phase, Progress};
use crate::error::{Error, Status};

/// The head of a request, all of it.
const HEAD_MAX: usize = 8 * 1024;
/// Head and body leave in pieces of this length: the most that TLS takes at once.
const PIECE: usize = 64 * 1024;

/// How the sending has ended.
pub(super) enum Sent {
    /// All of it was taken by the system.
    Whole,
    /// The answer came first, and it is a refusal.
    Stopped,
    /// The connection has ended or failed. The answer may have come before.
    Broken(io::Error),
}

/// The head, and where the answer is read: ureq-proto is told that the body was sent. It would else not read an answer
/// that comes before the end of the request.
pub(super) fn head(exchange: &Exchange<'_>) -> Result<(Buffer, Call<RecvResponse>), Problem> {
    let length = exchange.body.length();
    let mut call = Call::new(request(exchange, length).map_err(unusable)?).map_err(unusable)?.proceed();
    let mut piece = Buffer::with_capacity(HEAD_MAX.saturating_add(length.try_into().unwrap_or(PIECE)).min(PIECE));
    let written = call.write(piece.room().get_mut(..HEAD_MAX).unwrap_or_default()).map_err(unusable)?;
    piece.added(written);
    Ok((piece, answering(call, length)?))
}

fn request(exchange: &Exchange<'_>, length: u64) -> Result<http::Request<()>, http::Error> {
    let mut request =
        http::Request::post(exchange.url).header("content-length", length).header("accept-encoding", "identity");
    if !exchange.keep {
        request = request.header("connection", "close");
    }
    for (name, value) in exchange.headers {
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(true);
        request = request.header(*name, value);
    }
    request.body(())
}

/// An error if the head has not found room.
fn answering(call: Call<SendRequest>, length: u64) -> Result<Call<RecvResponse>, Problem> {
    match call.proceed().map_err(unusable)? {
        Some(SendRequestResult::RecvResponse(call)) => Ok(call),
        Some(SendRequestResult::SendBody(mut call)) => {
            let mut left = length;
            while left > 0 {
                let step = usize::try_from(left).unwrap_or(usize::MAX);
                call.consume_direct_write(step).map_err(unusable)?;
                left -= step as u64;
            }
            call.proceed().ok_or(Problem::Unusable)
        }
        _ => Err(Problem::Unusable),
    }
}

/// Sends the head, which stands in `piece`, and the body.
pub(super) fn send(
    channel: &mut impl Channel,
    mut piece: Buffer,
    body: &mut dyn Source,
    incoming: &mut Incoming,
    begun: &mut bool,
) -> Result<Sent, Problem> {
    let mut left = body.length();
    loop {
        fill(&mut piece, body, &mut left)?;
        match channel.send_or_receive(piece.filled(), incoming.room(), begun) {
            Ok(Progress::Sent(_)) if piece.is_empty() => return Ok(Sent::Whole),
            Ok(Progress::Sent(count)) => piece.taken(count),
            Ok(Progress::Received(0)) => return Ok(Sent::Broken(ErrorKind::UnexpectedEof.into())),
            Ok(Progress::Received(count)) => incoming.arrived(count)?,
            Err(error) if is_end(error.kind()) => return Ok(Sent::Broken(error)),
            Err(error) => return Err(Problem::io(error, Phase::Request)),
        }
        if incoming.is_refusal() {
            return Ok(Sent::Stopped);
        }
    }
}

/// Fills the room behind what waits to be sent. There is none until all of a piece is gone, so that pieces are few.
fn fill(piece: &mut Buffer, body: &mut dyn Source, left: &mut u64) -> Result<(), Problem> {
    loop {
        let room = piece.room();
        let most = room.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(());
        }
        let read = body.read(room.get_mut(..most).unwrap_or_default()).map_err(Problem::Source)?;
        if read == 0 || read > most {
            return Err(Problem::Source(Error::new(Status::Internal, "body", "the body is shorter than it said")));
        }
        piece.added(read);
        *left -= read as u64;
    }
}

/// Its own text is not told: it may hold a header.
fn unusable<E>(_: E) -> Problem {
    Problem::Unusable
}

fn is_end(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof
    )
}
