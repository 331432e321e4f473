//! One function decides what an answer to a login means.
//!
//! The service's forms are many and contradict each other; where they do, each documented one is understood.

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
/// What one answer may hold of them. Each is looked for in every text, which takes its time.
const TOKENS_MAX: usize = 8;
const REFUSED: &str = "the service refused the login";
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// A lifetime beyond a century says "for ever"; it must still be addable to a date.
const LIFETIME_MAX_S: f64 = 100.0 * 365.0 * 86_400.0;

/// What the answer to a login means. `secrets` are what was sent, in every form that the answer could echo; `unix_now`
/// is for a `Retry-After` that is a date.
pub(crate) fn classify(response: &Response, secrets: &[&[u8]], unix_now: Duration) -> Result<Issued> {
    let answer = Answer::read(response, secrets);
    match response.status {
        200..=299 => answer.accepted(),
        // What is beyond HTTP's classes is to be taken for a 5xx (RFC 9110, section 15).
        500.. => {
            Err(answer.error(Status::Server, "the service failed").with_retry_after(retry_after(response, unix_now)))
        }
        // Below, whatever the status is: the same password would be refused again.
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
    /// What can be read of the body in any case. Empty for a success, whose token has no business in it.
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
                _ => Err(self.not_personrs("answer", "the answer says success and nothing else")),
            },
            // A success that is broken: neither a token nor a reason must be taken from it.
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

    /// An answer with any other status that is a refusal, if it is the service's.
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

    /// Whether the service's reason is this one, however broken the rest of the answer is, and however deep it stands.
    fn says_no_such_account(&self) -> bool {
        self.reason() == Some(NO_SUCH_ACCOUNT) || self.members.texts("reason").any(|reason| reason == NO_SUCH_ACCOUNT)
    }

    fn no_such_account(&self) -> Error {
        self.error_of(Status::InvalidCredentials, NO_SUCH_ACCOUNT, self.message_or(NO_SUCH_ACCOUNT_MESSAGE))
    }

    /// The service's own word for the reason: a refusal's, a nested one's, a token refusal's, a failure's. Success is
    /// none, whatever HTTP status it comes with.
    fn reason(&self) -> Option<&str> {
        let paths: [&[&str]; 5] = [&["reason"], &["body", "status"], &["status"], &["error_class"], &["code"]];
        paths.iter().find_map(|path| self.text(path).filter(|reason| *reason != "success"))
    }

    fn message(&self) -> Option<&str> {
        let paths: [&[&str]; 4] = [&["message"], &["body", "message"], &["response"], &["translation"]];
        paths.iter().find_map(|path| self.text(path))
    }

    fn message_or(&self, ours: &'static str) -> Cow<'static, str> {
        self.message().map_or(ours.into(), |message| self.quoted(message))
    }

    /// The text at this path, if it is not empty. In a broken document every place will do.
    fn text(&self, path: &[&str]) -> Option<&str> {
        let (name, parents) = path.split_last()?;
        match &self.document {
            Some(document) => parents.iter().try_fold(document, |node, name| node.get(name))?.text(name),
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

    /// Every error of this file is made here. Its texts are ours, or come from `quoted`: no other has this lifetime.
    fn error_of(
        &self,
        status: Status,
        reason: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Error {
        Error::new(status, reason, message).with_http_status(self.response.status)
    }

    /// A text of the service, without what was sent and without what it holds of tokens.
    fn quoted(&self, text: &str) -> Cow<'static, str> {
        let tokens = [self.text(&["response", "token"]), self.text(&["token"])].into_iter().flatten();
        let tokens = tokens.chain(self.members.texts("token")).take(TOKENS_MAX).map(str::as_bytes);
        let secrets: Vec<&[u8]> = self.secrets.iter().copied().chain(tokens).collect();
        presentable(text, &secrets).into()
    }
}

/// What is over within the second is of no use to anybody.
fn lifetime_of(seconds: f64) -> Option<Duration> {
    (seconds >= 1.0).then(|| Duration::from_secs_f64(seconds.min(LIFETIME_MAX_S)))
}

/// A number that stands in a string: digits, maybe a fraction and an exponent, maybe blanks around. serde_json reads
/// it, which is in the library anyway; the tables of the standard library's own parser would be 15 KB more.
fn number_in(text: &str) -> Option<f64> {
    let digits = text.trim_ascii().trim_start_matches('0');
    if digits.starts_with(|c: char| c.is_ascii_digit()) { serde_json::from_str(digits).ok() } else { None }
}

/// The query of a URL, as far as it is `name=value` and so on.
struct Query<'a>(&'a str);

impl<'a> Query<'a> {
    fn of(url: &'a str) -> Self {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        Self(query.split_once('#').map_or(query, |(query, _)| query))
    }

    /// Those of this name that are not empty.
    fn values(&self, name: &str) -> impl Iterator<Item = String> {
        // Who writes a URL into HTML may write `&amp;`, and the next one take it as it stands.
        let pairs = self.0.split('&').map(|pair| pair.strip_prefix("amp;").unwrap_or(pair));
        let values = pairs.filter_map(move |pair| pair.strip_prefix(name)?.strip_prefix('='));
        values
            .map(|value| percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned())
            .filter(|value| !value.is_empty())
    }

    fn value(&self, name: &str) -> Option<String> {
        self.values(name).next()
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod refusal_tests;
