//! One HTTP exchange, over a connection that is open: a request with its body, and the whole answer. Logins and
//! requests share it.
//!
//! ureq-proto writes the head of the request and reads the answer; it does no I/O. The body is read as it goes out
//! (`outgoing`), while the answer is listened for (`incoming`): a service may refuse a request that it has not read to
//! its end. The connection has the deadline.

mod buffer;
mod incoming;
mod outgoing;

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::dial::{Phase, Progress, Stream, failure_of};
use crate::error::{Error, Failure, Status};
use crate::http::Response;
use buffer::Buffer;
use incoming::{BodyRules, Incoming};
use outgoing::Sent;

/// An open connection, with a deadline of its own.
pub(crate) trait Channel: Read + Write {
    fn is_tls(&self) -> bool {
        false
    }

    /// See [`Stream::send_or_receive`]. For a channel that cannot do both at once.
    fn send_or_receive(&mut self, output: &[u8], _: &mut [u8], begun: &mut bool) -> io::Result<Progress> {
        *begun = true;
        match output {
            [] => self.flush().map(|()| Progress::Sent(0)),
            _ => self.write(output).map(Progress::Sent),
        }
    }
}

impl Channel for Stream {
    fn is_tls(&self) -> bool {
        Stream::is_tls(self)
    }

    fn send_or_receive(&mut self, output: &[u8], input: &mut [u8], begun: &mut bool) -> io::Result<Progress> {
        Stream::send_or_receive(self, output, input, begun)
    }
}

/// The body of a request, as it goes out.
pub(crate) trait Source {
    /// How long it is; the request says so before it begins.
    fn length(&self) -> u64;

    /// Writes the next bytes to the front of `buffer`, which is never longer than what is left of the body. At least
    /// one: to have none before the end is an error. An error ends the exchange, with the body incomplete.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error>;
}

/// A body that stands in memory.
impl Source for &[u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let (now, later) = self.split_at(self.len().min(buffer.len()));
        buffer.get_mut(..now.len()).unwrap_or_default().copy_from_slice(now);
        *self = later;
        Ok(now.len())
    }
}

/// A POST, and what is expected of its answer.
pub(crate) struct Exchange<'a> {
    pub(crate) url: &'a str,
    /// Without those of the framing: the length, the coding, and whether the connection is kept.
    pub(crate) headers: &'a [(&'static str, Zeroizing<String>)],
    pub(crate) body: &'a mut dyn Source,
    /// The longest body of an answer.
    pub(crate) response_max: usize,
    /// Whether the connection may serve another request.
    pub(crate) keep: bool,
    /// Whether a reset, or an end of TLS without close_notify, ends a body without a length as an orderly end does.
    /// Anybody on the way can cause one: only for an answer that shows its own end.
    pub(crate) cut_is_end: bool,
}

/// How an exchange has ended.
pub(crate) struct Ended<C = Stream> {
    pub(crate) result: Result<Response, Failure>,
    /// Bytes of the request may have reached the system: set right before the first call that can carry them.
    pub(crate) begun: bool,
    /// The connection, if it may serve another request.
    pub(crate) kept: Option<C>,
}

/// An answer, and whether its connection may serve another request.
struct Answer {
    response: Response,
    may_be_kept: bool,
}

/// Sends the request and reads the whole answer.
pub(crate) fn exchange<C: Channel>(mut channel: C, exchange: Exchange<'_>) -> Ended<C> {
    let mut begun = false;
    match run(&mut channel, exchange, &mut begun) {
        Ok(Answer { response, may_be_kept }) => {
            Ended { result: Ok(response), begun, kept: may_be_kept.then_some(channel) }
        }
        Err(failure) => Ended { result: Err(failure), begun, kept: None },
    }
}

fn run(channel: &mut impl Channel, exchange: Exchange<'_>, begun: &mut bool) -> Result<Answer, Failure> {
    // A defect elsewhere must not send a secret in clear.
    if exchange.url.starts_with("https:") != channel.is_tls() {
        return Err(Problem::Unusable.failure());
    }
    let rules = BodyRules { max: exchange.response_max, cut_is_end: exchange.cut_is_end };
    let (piece, call) = outgoing::head(&exchange).map_err(Problem::failure)?;
    let mut incoming = Incoming::new(call);
    let is_sent = send_and_read_head(channel, piece, exchange.body, &mut incoming, begun).map_err(|problem| {
        let failure = problem.failure();
        Failure { retry: failure.retry && !incoming.has_begun(), ..failure }
    })?;
    match incoming.read_body(channel, rules) {
        Ok(answer) => Ok(Answer { may_be_kept: answer.may_be_kept && is_sent, ..answer }),
        Err(problem) => Err(Failure { retry: false, ..problem.failure() }),
    }
}

/// Whether all of the request was sent.
fn send_and_read_head(
    channel: &mut impl Channel,
    piece: Buffer,
    body: &mut dyn Source,
    incoming: &mut Incoming,
    begun: &mut bool,
) -> Result<bool, Problem> {
    match outgoing::send(channel, piece, body, incoming, begun)? {
        Sent::Whole => incoming.read_head(channel).map(|()| true),
        Sent::Stopped => Ok(false),
        Sent::Broken(error) => match incoming.read_head(channel) {
            Err(Problem::Io { .. }) => Err(Problem::io(error, Phase::Request)),
            other => other.map(|()| false),
        },
    }
}

/// Why an exchange failed.
enum Problem {
    Io {
        error: io::Error,
        phase: Phase,
    },
    TooLarge,
    /// What arrived is no answer.
    Framing,
    /// The request cannot be written.
    Unusable,
    Source(Error),
}

impl Problem {
    fn io(error: io::Error, phase: Phase) -> Self {
        Self::Io { error, phase }
    }

    fn failure(self) -> Failure {
        match self {
            Self::Io { error, phase } => failure_of(&error, phase),
            Self::TooLarge => Error::new(Status::Protocol, "too-large", "the answer is larger than it may be").into(),
            Self::Framing => Error::new(Status::Protocol, "http", "the answer is not valid HTTP").into(),
            Self::Unusable => Error::new(Status::Internal, "http", "the request could not be made").into(),
            Self::Source(error) => error.into(),
        }
    }
}

#[cfg(test)]
#[path = "transport/answer_tests.rs"]
mod answer_tests;
#[cfg(test)]
#[path = "transport/sending_tests.rs"]
mod sending_tests;
