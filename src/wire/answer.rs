//! What an answer to a login means: [`classify`] decides it, and nothing else does.
//!
//! The service's documentation shows many forms of an answer, which contradict each other. Each documented form is
//! understood. A body that is not valid JSON may still be a refusal ([`Members`] finds its texts), but a token is never
//! taken from it.

use std::borrow::Cow;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::json::Json;
use super::members::Members;
use super::redact::presentable;
use super::retry_after::retry_after;
use crate::error::{Error, Result, Status};
use crate::http::Response;
use crate::token::{Issued, is_token_text};

const NO_SUCH_ACCOUNT: &str = "INVALID_LOGIN_CREDENTIALS";
const NO_SUCH_ACCOUNT_MESSAGE: &str = "there is no account with this email and password";
/// How many tokens of one answer are looked for in its texts. Each of them takes time in every text.
const TOKENS_MAX: usize = 8;
const REFUSED: &str = "the service refused the login";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// A lifetime beyond a century says "for ever"; it must still be addable to a date.
const LIFETIME_MAX_S: f64 = 100.0 * 365.0 * 86_400.0;

/// Where the service's own word for its reason stands, as JSON pointers: a refusal's, a nested one's, a token refusal's,
/// a failure's.
pub(crate) const REASONS: [&str; 5] = ["/reason", "/body/status", "/status", "/error_class", "/code"];

/// Success is none, whatever HTTP status it comes with.
pub(crate) fn is_reason(text: &str) -> bool {
    !text.is_empty() && text != "success"
}

/// What the answer to a login means. `secrets` are what was sent, in every form that the answer could echo; `unix_now`
/// is for a `Retry-After` that is a date.
pub(crate) fn classify(response: &Response, secrets: &[&[u8]], unix_now: Duration) -> Result<Issued> {
    let answer = Answer::read(response, secrets);
    match response.status {
        200..=299 => answer.accepted(),
        // A status beyond the five classes of HTTP is to be taken for a 5xx (RFC 9110, section 15).
        500.. => {
            Err(answer.error(Status::Server, "the service failed").with_retry_after(retry_after(response, unix_now)))
        }
        // Below 500 this reason counts, whatever the status is: the same password would be refused again.
        _ if answer.says_no_such_account() => Err(answer.no_such_account()),
        429 => Err(answer
            .error(Status::RateLimited, "the service asks for fewer logins")
            .with_retry_after(retry_after(response, unix_now))),
        300..=399 => Err(answer.redirected()),
        _ => Err(answer.refused()),
    }
}

/// An answer, and what is needed to say what is wrong with it.
struct Answer<'a> {
    response: &'a Response,
    /// `None` if the body is not JSON as it stands.
    document: Option<Json>,
    /// The texts that can be read of the body even if it is broken. Empty for a success: there must be no further copy
    /// of its token.
    members: Members,
    secrets: &'a [&'a [u8]],
}

impl<'a> Answer<'a> {
    fn read(response: &'a Response, secrets: &'a [&'a [u8]]) -> Self {
        let document = Json::parse(&response.body);
        let is_success = document.as_ref().is_some_and(|document| document.text("status") == Some("success"));
        let members = if is_success { Members::default() } else { Members::of(&response.body) };
        Self { response, document, members, secrets }
    }

    fn accepted(&self) -> Result<Issued> {
        match &self.document {
            Some(document) if document.text("status") == Some("success") => match document.get("response") {
                Some(found @ Json::Object(_)) => self.issued(found),
                _ => Err(self.not_personrs("answer", "the answer says success, and has no \"response\"")),
            },
            // A broken body that says success, or has a token: neither a token nor a reason is taken from it.
            None if self.members.texts("status").any(|status| status == "success") => Err(self.not_json()),
            None if self.members.texts("token").next().is_some() => Err(self.not_json()),
            _ if self.says_no_such_account() => Err(self.no_such_account()),
            _ => Err(self.refused()),
        }
    }

    fn issued(&self, found: &Json) -> Result<Issued> {
        let user_id = match found.get("user_id") {
            None | Some(Json::Null) => "",
            Some(Json::String(user_id)) if user_id.is_empty() || is_token_text(user_id) => user_id,
            Some(_) => return Err(self.not_personrs("user_id", "the answer has a user id that cannot be one")),
        };
        let value = match found.get("token") {
            Some(Json::String(value)) if is_token_text(value) => Zeroizing::new(value.clone()),
            None if user_id.starts_with("non_authenticated_user") => {
                return Err(self.error_of(
                    Status::Rejected,
                    "no-token",
                    "the service's workflow ended without a token",
                ));
            }
            None => return Err(self.not_personrs("token", "the answer has no token")),
            Some(_) => return Err(self.not_personrs("token", "the answer has a token that cannot be one")),
        };
        let lifetime = match found.get("expires") {
            Some(Json::Number(seconds)) => lifetime_of(*seconds),
            Some(Json::String(text)) => number_in(text).and_then(lifetime_of),
            _ => None,
        };
        let Some(lifetime) = lifetime else {
            return Err(self.not_personrs("expires", "the answer does not say how long the token is good"));
        };
        Ok(Issued { value, user_id: user_id.to_owned(), lifetime })
    }

    /// The error for any other answer: a refusal if it gives a reason or a message as the service does, else an answer
    /// that the service does not give.
    fn refused(&self) -> Error {
        if self.response.status == 401 {
            return self.error(Status::Unauthorized, "the service refused the login as unauthorized");
        }
        if self.reason().is_some() || self.message().is_some() {
            return self.error(Status::Rejected, REFUSED);
        }
        let body = self.response.body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.response.body).trim_ascii_start();
        if body.is_empty() {
            self.not_personrs("empty", "the answer is empty")
        } else if body.starts_with(b"<") {
            self.not_personrs("html", "the answer is a web page (is the base URL right?)")
        } else if self.document.is_none() {
            self.not_json()
        } else {
            self.not_personrs("answer", "the answer is not one of Personr's (is the base URL right?)")
        }
    }

    /// The service refuses by a redirect whose query says why. It is never followed.
    fn redirected(&self) -> Error {
        let query = Query::of(self.response.header("location").unwrap_or_default());
        let message = query.value("message");
        let said = |otherwise| message.as_deref().map_or(Cow::Borrowed(otherwise), |text| self.quoted(text));
        match query.value("reason") {
            _ if query.values("reason").any(|reason| reason == NO_SUCH_ACCOUNT) => {
                self.error_of(Status::InvalidCredentials, NO_SUCH_ACCOUNT, said(NO_SUCH_ACCOUNT_MESSAGE))
            }
            Some(reason) => self.error_of(Status::Rejected, self.quoted(&reason), said(REFUSED)),
            None if message.is_some() => self.error_of(Status::Rejected, "redirect", said(REFUSED)),
            None => self.not_personrs("redirect", "the answer is a redirect, which is not followed"),
        }
    }

    /// Whether the service's reason is [`NO_SUCH_ACCOUNT`], however broken the rest of the answer is, and however deep
    /// in it the reason stands.
    fn says_no_such_account(&self) -> bool {
        self.reason() == Some(NO_SUCH_ACCOUNT) || self.members.texts("reason").any(|reason| reason == NO_SUCH_ACCOUNT)
    }

    fn no_such_account(&self) -> Error {
        self.error_of(Status::InvalidCredentials, NO_SUCH_ACCOUNT, self.message_or(NO_SUCH_ACCOUNT_MESSAGE))
    }

    /// The service's own word for why it refused. Each of the pointers is that of one documented form, and the first that
    /// is there counts. "success" is no reason, whatever HTTP status it comes with.
    fn reason(&self) -> Option<&str> {
        REASONS.iter().find_map(|pointer| self.text(pointer).filter(|text| is_reason(text)))
    }

    fn message(&self) -> Option<&str> {
        let pointers = ["/message", "/body/message", "/response", "/translation"];
        pointers.iter().find_map(|pointer| self.text(pointer))
    }

    fn message_or(&self, ours: &'static str) -> Cow<'static, str> {
        self.message().map_or(ours.into(), |message| self.quoted(message))
    }

    /// The text that a JSON pointer of plain names points to, if it is not empty. In a broken document only the last name
    /// of the pointer counts.
    fn text(&self, pointer: &str) -> Option<&str> {
        let (parents, name) = pointer.rsplit_once('/')?;
        match &self.document {
            Some(document) => parents.split('/').skip(1).try_fold(document, |node, name| node.get(name))?.text(name),
            None => self.members.texts(name).next(),
        }
        .filter(|text| !text.is_empty())
    }

    /// With the service's own reason and message where it gives them, else `http-STATUS` and ours.
    fn error(&self, status: Status, message: &'static str) -> Error {
        let reason = self.reason().map(|reason| self.quoted(reason));
        let reason = reason.unwrap_or_else(|| format!("http-{}", self.response.status).into());
        self.error_of(status, reason, self.message_or(message))
    }

    fn not_json(&self) -> Error {
        self.not_personrs("json", "the answer is not valid JSON")
    }

    fn not_personrs(&self, reason: &'static str, message: &'static str) -> Error {
        self.error_of(Status::Protocol, reason, message)
    }

    /// Makes every error of this file. Its texts are our own, or come from `quoted`: no other text has this lifetime.
    fn error_of(
        &self,
        status: Status,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Error {
        Error::new(status, reason, message).with_http_status(self.response.status)
    }

    /// A text of the service, without the secrets that were sent and without tokens.
    fn quoted(&self, text: &str) -> Cow<'static, str> {
        let tokens = [self.text("/response/token"), self.text("/token")].into_iter().flatten();
        let tokens = tokens.chain(self.members.texts("token")).take(TOKENS_MAX).map(str::as_bytes);
        let secrets: Vec<&[u8]> = self.secrets.iter().copied().chain(tokens).collect();
        presentable(text, &secrets).into()
    }
}

/// A lifetime in seconds, of a second at least: a shorter one is of no use.
fn lifetime_of(seconds: f64) -> Option<Duration> {
    (seconds >= 1.0).then(|| Duration::from_secs_f64(seconds.min(LIFETIME_MAX_S)))
}

/// A number that stands in a string: digits, maybe a fraction and an exponent, maybe blanks around. serde_json reads
/// it, which is in the library anyway; the tables of the standard library's own parser would be 15 KB more.
fn number_in(text: &str) -> Option<f64> {
    let digits = text.trim_ascii().trim_start_matches('0');
    if digits.starts_with(|c: char| c.is_ascii_digit()) { serde_json::from_str(digits).ok() } else { None }
}

/// The query of a URL: pairs such as `name=value`, with `&` between them.
pub(crate) struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    pub(crate) fn of(url: &'a str) -> Self {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        Self(query.split_once('#').map_or(query, |(query, _)| query))
    }

    /// The values of this name, decoded, without the empty ones.
    fn values(&self, name: &str) -> impl Iterator<Item = String> {
        // A URL that was written into HTML has `&amp;` for `&`, and may have been passed on like that.
        let pairs = self.0.split('&').map(|pair| pair.strip_prefix("amp;").unwrap_or(pair));
        let values = pairs.filter_map(move |pair| pair.strip_prefix(name)?.strip_prefix('='));
        values
            .map(|value| percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned())
            .filter(|value| !value.is_empty())
    }

    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.values(name).next()
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod refusal_tests;
