//! Sends one request: a token, an attempt, and what is done about its failure, within one deadline.
//!
//! Two loops, one inside the other. The inner one repeats an attempt that failed on the way, as `attempts` allows. The
//! outer one is for a token that the service refuses, which any login elsewhere causes: the token is rejected, another
//! one is asked for, and the request is sent again. A workflow runs only after its token was accepted, so that this
//! does no harm, whatever the request is.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::answer::classify;
use super::body::{Body, OpenBody};
use super::redact::Sent;
use super::response::Response;
use super::{Parts, Request};
use crate::attempts::{Attempts, Repeatable};
use crate::clock::{self, Deadline, Instant, Now};
use crate::dial::{Dialer, Stream};
use crate::error::{Error, Failure, Result, Status};
use crate::pool::{LONGEST_IDLE, Pool};
use crate::token::Token;
use crate::transport::{self, Exchange, Source};

/// For what must not be sent twice. A connection that has been idle for longer may be on its way to its end, and what is
/// sent on it would be lost; a repeatable request can risk that.
const IDLE_MAX_ONCE: Duration = Duration::from_secs(5);
/// The first token, the one after a 401, and one more if that was another's, which may have ended in between.
const TOKENS_MAX: u32 = 3;

/// Where tokens come from.
pub(crate) trait Tokens {
    /// A token that is good now, within the deadline.
    fn token(&self, deadline: Deadline) -> Result<Obtained>;
    /// The service has refused this token.
    fn reject(&self, token: &Token);
}

pub(crate) struct Obtained {
    pub(crate) token: Arc<Token>,
    /// The login that issued it was this very call's.
    pub(crate) is_own: bool,
}

/// Who is told how far a request has come.
pub(crate) trait Report {
    /// An attempt begins to send a body of so many bytes.
    fn begins(&self, total: u64);
    /// So many more bytes of the body are on their way.
    fn sent(&self, count: usize);
    /// Whether the service may have begun to do it, as far as is known now.
    fn may_have_run(&self, it_may: bool);
}

/// Nobody is told.
impl Report for () {
    fn begins(&self, _: u64) {}
    fn sent(&self, _: usize) {}
    fn may_have_run(&self, _: bool) {}
}

/// The way to the service.
pub(crate) struct Route<'a> {
    pub(crate) dialer: &'a Dialer,
    pub(crate) pool: &'a Pool,
    /// In its one form.
    pub(crate) base_url: String,
    pub(crate) user_agent: &'a str,
    /// How often what was not begun, or may be repeated, is tried again.
    pub(crate) retries: u32,
}

/// How it went, and how often the request was sent or tried to be.
pub(crate) struct Outcome {
    pub(crate) result: Result<Response>,
    pub(crate) attempts: u32,
}

/// Sends the request as it stands.
pub(crate) fn send(request: &Request, route: &Route<'_>, tokens: &dyn Tokens, report: &dyn Report) -> Outcome {
    let parts = &*request.parts;
    let deadline = Deadline::after(parts.timeout);
    let body = match request.body() {
        Ok(body) => body,
        Err(error) => return Outcome { result: Err(error), attempts: 0 },
    };
    let url = format!("{}/{}", route.base_url, parts.endpoint);
    let repeatable = if parts.is_repeatable { Repeatable::Yes } else { Repeatable::No };
    let attempts = Attempts::new(repeatable, route.retries);
    let mut sending = Sending { parts, body, url, route, report, deadline, attempts, sent: 0, may_have_run: false };
    let result = sending.with_tokens(tokens);
    // What an earlier attempt may have done is not undone by how a later one ended.
    let may_have_run = sending.may_have_run;
    let result = result.map_err(|error| {
        let may_have_run = may_have_run || error.may_have_run();
        error.with_may_have_run(may_have_run)
    });
    Outcome { result, attempts: sending.sent }
}

struct Sending<'a> {
    parts: &'a Parts,
    body: Body,
    url: String,
    route: &'a Route<'a>,
    report: &'a dyn Report,
    deadline: Deadline,
    attempts: Attempts,
    sent: u32,
    /// Whether the service may have begun to do it, as far as the attempts tell that have been repeated since.
    may_have_run: bool,
}

impl Sending<'_> {
    fn with_tokens(&mut self, tokens: &dyn Tokens) -> Result<Response> {
        let mut number = 1;
        loop {
            let Obtained { token, is_own } = tokens.token(self.deadline)?;
            let error = match self.with_token(&token) {
                Err(error) if error.status() == Status::Unauthorized => error,
                result => return result,
            };
            // A login of this call has just issued it: nobody else can have ended it but by another login, and who
            // rejects what was just issued takes part in the storm.
            let is_last_word = number > 1 && is_own;
            if !is_last_word {
                tokens.reject(&token);
            }
            if is_last_word || number == TOKENS_MAX {
                return Err(error);
            }
            number += 1;
        }
    }

    fn with_token(&mut self, token: &Token) -> Result<Response> {
        loop {
            self.sent += 1;
            let (failure, begun) = match self.attempt(token) {
                Ok(response) => return Ok(response),
                Err(failed) => failed,
            };
            self.report.may_have_run(self.may_have_run || failure.error.may_have_run());
            let Some(pause) = self.attempts.pause_after(&failure, begun, self.deadline.remaining()) else {
                return Err(failure.error);
            };
            self.may_have_run |= failure.error.may_have_run();
            clock::pause(pause);
        }
    }

    /// What failed, and whether the request was begun.
    fn attempt(&self, token: &Token) -> std::result::Result<Response, (Failure, bool)> {
        let not_begun = |failure: Failure| (failure, false);
        let body = self.body.open().map_err(|error| not_begun(error.into()))?;
        self.report.begins(body.length());
        let mut body = Reported { body, report: self.report };
        let stream = self.connection().map_err(not_begun)?;
        // In this order: whoever cancels it either sees that it may run, or keeps it from running.
        self.report.may_have_run(true);
        if self.deadline.has_passed() {
            return Err(not_begun(too_late().into()));
        }
        let headers = self.headers(token);
        let exchange = Exchange {
            url: &self.url,
            headers: &headers,
            body: &mut body,
            response_max: usize::try_from(self.parts.response_max).unwrap_or(usize::MAX),
            keep: true,
            cut_is_end: false,
        };
        let ended = transport::exchange(stream, exchange);
        if let Some(kept) = ended.kept {
            self.route.pool.put(kept, Instant::now());
        }
        match ended.result {
            Ok(answer) => {
                let sent = Sent { parts: self.parts, token: token.value().to_bytes() };
                classify(answer, &sent, Now::read().unix).map_err(|error| (Failure { error, retry: false }, true))
            }
            Err(Failure { error, retry }) => {
                Err((Failure { error: error.with_may_have_run(ended.begun), retry }, ended.begun))
            }
        }
    }

    fn connection(&self) -> std::result::Result<Stream, Failure> {
        if self.deadline.has_passed() {
            return Err(too_late().into());
        }
        let idle_max = if self.parts.is_repeatable { LONGEST_IDLE } else { IDLE_MAX_ONCE };
        match self.route.pool.take(idle_max, Instant::now()) {
            Some(mut kept) => {
                kept.set_deadline(self.deadline);
                Ok(kept)
            }
            None => self.route.dialer.dial(self.deadline, Duration::MAX),
        }
    }

    fn headers(&self, token: &Token) -> [(&'static str, Zeroizing<String>); 4] {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        [
            ("accept", text("application/json")),
            ("content-type", text(&self.body.content_type)),
            ("user-agent", text(self.route.user_agent)),
            ("authorization", text(token.authorization().to_str().unwrap_or_default())),
        ]
    }
}

fn too_late() -> Error {
    Error::new(Status::Timeout, "request", "the time allowed was over before the request")
}

/// The body, and who is told of what goes out.
struct Reported<'a> {
    body: OpenBody<'a>,
    report: &'a dyn Report,
}

impl Source for Reported<'_> {
    fn length(&self) -> u64 {
        self.body.length()
    }

    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.body.read(buffer)?;
        self.report.sent(read);
        Ok(read)
    }
}
