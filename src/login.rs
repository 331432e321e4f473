//! One login: request, retries, answer, within one deadline.
//!
//! Each attempt has a connection of its own. It is repeated only if nothing of an answer has arrived, or if the answer
//! says that the service failed (5xx) or when to come back (429). An attempt whose answer was lost may have issued a
//! token. The next attempt ends that token, so one good token is left in any case.

use std::thread;
use std::time::Duration;

use crate::clock::{Deadline, Now};
use crate::credentials::Credentials;
use crate::dial::Dialer;
use crate::error::{Error, Failure, Result, Status};
use crate::http::Request;
use crate::options::Options;
use crate::secret::{CALL_DEPTH, wiping_stack};
use crate::token::Token;
use crate::transport::{self, Exchange, Source};
use crate::{random, wire};

/// The longest pause before the first retry; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// All pauses of one login together. The store's lock is held meanwhile, and others wait for it: after a longer pause
/// it is better to record the failure, so that all of them learn it at once, with the time to wait.
const PAUSES: Duration = Duration::from_secs(2);

/// The longest body of an answer. A login's has 200 bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// How hard a login tries.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) deadline: Deadline,
    pub(crate) retries: u32,
    /// The most that connecting may take, besides the caller's own connect timeout.
    pub(crate) connect: Duration,
}

/// How it went, and how many attempts it took.
pub(crate) struct Outcome {
    pub(crate) result: Result<Token>,
    pub(crate) attempts: u32,
}

/// Asks the service for a new token, which ends the one before it.
pub(crate) fn login(dialer: &Dialer, options: &Options, credentials: &Credentials, effort: Effort) -> Outcome {
    // The login may wait long, in a process that may fork meanwhile: what comes next need not go as deep.
    let (request, basic) =
        wiping_stack::<CALL_DEPTH, _>(|| (wire::login_request(options, credentials), credentials.basic()));
    let secrets = [credentials.password(), basic.as_bytes()];
    let mut attempts = 0;
    let mut longest_pause = FIRST_PAUSE;
    let mut pauses_left = PAUSES;
    loop {
        attempts += 1;
        let failure = match attempt(dialer, &request, &secrets, effort) {
            Ok(token) => return Outcome { result: Ok(token), attempts },
            Err(failure) => failure,
        };
        // The pause is random, so that the callers who met the same outage do not all come back at once. It is never
        // shorter than the service asks for.
        let pause = jitter(longest_pause).max(failure.error.retry_after().unwrap_or_default());
        let left = pauses_left.min(effort.deadline.remaining());
        if !failure.retry || attempts > effort.retries || pause >= left {
            return Outcome { result: Err(failure.error), attempts };
        }
        thread::sleep(pause);
        pauses_left -= pause;
        longest_pause = (longest_pause * 2).min(LONGEST_PAUSE);
    }
}

fn attempt(
    dialer: &Dialer,
    request: &Request,
    secrets: &[&[u8]],
    effort: Effort,
) -> std::result::Result<Token, Failure> {
    let stream = dialer.dial(effort.deadline, effort.connect)?;
    let requested = Now::read();
    let response = transport::exchange(stream, exchange(request, &mut request.body.as_slice())).result?;
    match wire::classify(&response, secrets, Now::read().unix) {
        Ok(issued) => Ok(Token::issued(&issued, requested)),
        Err(error) => Err(Failure { retry: is_transient(&error), error }),
    }
}

/// A connection serves one login. Of what was answered, a complete JSON object with nothing behind it is the only proof
/// that the answer is complete.
fn exchange<'a>(request: &'a Request, body: &'a mut dyn Source) -> Exchange<'a> {
    let Request { url, headers, .. } = request;
    Exchange { url, headers, body, response_max: ANSWER_MAX, keep: false, cut_is_end: true }
}

/// Whether the same request may succeed a moment later. A refusal is final.
fn is_transient(error: &Error) -> bool {
    match error.status() {
        Status::Server => true,
        Status::RateLimited => error.retry_after().is_some(),
        _ => false,
    }
}

/// A random time up to `longest`. Without randomness it is `longest`: late is better than together.
fn jitter(longest: Duration) -> Duration {
    random::bytes().map_or(longest, |bytes| longest.mul_f64(f64::from(u32::from_ne_bytes(bytes)) / f64::from(u32::MAX)))
}
