//! One login: request, retries, answer, within one deadline.
//!
//! Each attempt has a connection of its own. It is repeated only if nothing of an answer has arrived, or if the answer
//! says that the service failed (5xx) or when to come back (429). An attempt whose answer was lost may have issued a
//! token. The next attempt ends that token, so one good token is left in any case.

use std::time::Duration;

use crate::attempts::{Attempts, Repeatable};
use crate::clock::{self, Deadline, Now};
use crate::credentials::Credentials;
use crate::dial::Dialer;
use crate::error::{Failure, Result};
use crate::http::Request;
use crate::options::Options;
use crate::secret::{CALL_DEPTH, wiping_stack};
use crate::sys::watch::{is_abandoned, shielded};
use crate::token::Token;
use crate::transport::{self, Exchange, Source};
use crate::wire;

/// All pauses of one login together. The store's lock is held meanwhile, and others wait for it: after a longer pause
/// it is better to record the failure, so that all of them learn it at once, with the time to wait.
const PAUSES: Duration = Duration::from_secs(2);

/// The longest body of an answer. A login's has 200 bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// How hard a login tries.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    pub(crate) deadline: Deadline,
    /// An answer is awaited until then, if that is later: once its request is out, a login has probably ended the token
    /// before it.
    pub(crate) answer: Deadline,
    pub(crate) retries: u32,
    /// The most that connecting may take, besides the caller's own connect timeout.
    pub(crate) connect: Duration,
}

/// How it went, and how many attempts it took.
pub(crate) struct Outcome {
    pub(crate) result: Result<Token>,
    pub(crate) attempts: u32,
    /// A request may have gone out.
    pub(crate) begun: bool,
}

/// Asks the service for a new token, which ends the one before it.
pub(crate) fn login(dialer: &Dialer, options: &Options, credentials: &Credentials, effort: Effort) -> Outcome {
    // The login may wait long, in a process that may fork meanwhile: what comes next need not go as deep.
    let (request, basic) =
        wiping_stack::<CALL_DEPTH, _>(|| (wire::login_request(options, credentials), credentials.basic()));
    let secrets = [credentials.password(), basic.as_bytes()];
    let mut attempts = Attempts::new(Repeatable::UntilAnswered, effort.retries);
    let mut made = 0;
    let mut may_have_gone_out = false;
    let mut pauses_left = PAUSES;
    loop {
        made += 1;
        let (failure, begun) = match attempt(dialer, &request, &secrets, effort) {
            Ok(token) => return Outcome { result: Ok(token), attempts: made, begun: true },
            Err(failed) => failed,
        };
        may_have_gone_out |= begun;
        let left = pauses_left.min(effort.deadline.remaining());
        let Some(pause) = attempts.pause_after(&failure, begun, left) else {
            return Outcome { result: Err(failure.error), attempts: made, begun: may_have_gone_out };
        };
        clock::pause(pause);
        if is_abandoned() {
            return Outcome { result: Err(failure.error), attempts: made, begun: may_have_gone_out };
        }
        pauses_left -= pause;
    }
}

/// What failed, and whether bytes of the request may have gone out.
fn attempt(
    dialer: &Dialer,
    request: &Request,
    secrets: &[&[u8]],
    effort: Effort,
) -> std::result::Result<Token, (Failure, bool)> {
    let mut stream = dialer.dial(effort.deadline, effort.connect).map_err(|failure| (failure, false))?;
    stream.set_deadline(effort.answer);
    let requested = Now::read();
    // Nobody may want the token by now. But from here on the former one has probably ended.
    let ended = shielded(|| transport::exchange(stream, exchange(request, &mut request.body.as_slice())));
    let response = ended.result.map_err(|failure| (failure, ended.begun))?;
    match wire::classify(&response, secrets, Now::read().unix) {
        Ok(issued) => Ok(Token::issued(&issued, requested)),
        Err(error) => Err((Failure { error, retry: false }, true)),
    }
}

/// A connection serves one login. Of what was answered, a complete JSON object with nothing behind it is the only proof
/// that the answer is complete.
fn exchange<'a>(request: &'a Request, body: &'a mut dyn Source) -> Exchange<'a> {
    let Request { url, headers, .. } = request;
    Exchange { url, headers, body, response_max: ANSWER_MAX, keep: false, cut_is_end: true }
}
