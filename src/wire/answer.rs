//! One function decides what an answer to a login means.
//!
//! The service's forms are many and contradict each other; where they do, each documented one is understood.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::json::Json;
use super::redact::presentable;
use crate::error::{Error, Result, Status};
use crate::http::Response;
use crate::token::{Issued, is_token_text};

const NO_SUCH_ACCOUNT: &str = "INVALID_LOGIN_CREDENTIALS";
/// A lifetime beyond a century says "for ever"; it must still be addable to a date.
const LIFETIME_MAX_S: f64 = 100.0 * 365.0 * 86_400.0;

/// What the answer to a login means. `secrets` are what was sent, in every form that the answer could echo; `unix_now`
/// is for a `Retry-After` that is a date.
pub(crate) fn classify(response: &Response, secrets: &[&[u8]], unix_now: Duration) -> Result<Issued> {
    let document = Json::parse(&response.body);
    let well_formed = document.is_some();
    let document = document.or_else(|| Json::parse_without_trailing_commas(&response.body));
    let answer = Answer { response, document: document.as_ref(), well_formed, secrets };
    match response.status {
        429 => Err(answer
            .error(Status::RateLimited, "the service asks for fewer logins")
            .with_retry_after(retry_after(response, unix_now))),
        // What is beyond HTTP's classes is to be taken for a 5xx (RFC 9110, section 15).
        500.. => {
            Err(answer.error(Status::Server, "the service failed").with_retry_after(retry_after(response, unix_now)))
        }
        300..=399 => Err(answer.redirected()),
        200..=299 => answer.accepted(),
        _ => Err(answer.refused()),
    }
}

/// An answer with what is needed to speak of it.
struct Answer<'a> {
    response: &'a Response,
    document: Option<&'a Json>,
    /// The document is JSON as it stands.
    well_formed: bool,
    secrets: &'a [&'a [u8]],
}

impl Answer<'_> {
    fn accepted(&self) -> Result<Issued> {
        if self.text(&["status"]) != Some("success") {
            return Err(self.refused());
        }
        // The leniency for refusals must not accept a token from a document that may have been cut and patched.
        if !self.well_formed {
            return Err(self.not_personrs("json", "the answer is not valid JSON"));
        }
        let Some(found @ Json::Object(_)) = self.document.and_then(|document| document.get("response")) else {
            return Err(self.not_personrs("answer", "the answer says success and nothing else"));
        };
        self.issued(found)
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
            // `1.0` and not `0.0`: what is over within the second is of no use to anybody. NaN is not JSON.
            Some(Json::Number(seconds)) if *seconds >= 1.0 => Duration::from_secs_f64(seconds.min(LIFETIME_MAX_S)),
            _ => return Err(self.not_personrs("expires", "the answer does not say how long the token is good")),
        };
        Ok(Issued { value, user_id: user_id.to_owned(), lifetime })
    }

    /// Any answer that is neither a success nor said by its HTTP status alone.
    fn refused(&self) -> Error {
        if self.reason() == Some(NO_SUCH_ACCOUNT) {
            return self.error(Status::InvalidCredentials, "there is no account with this email and password");
        }
        if self.response.status == 401 {
            return self.error(Status::Unauthorized, "the service refused the login as unauthorized");
        }
        if self.document.is_some() && (self.reason().is_some() || self.message().is_some()) {
            return self.error(Status::Rejected, "the service refused the login");
        }
        let body = self.response.body.trim_ascii_start();
        if body.is_empty() {
            self.not_personrs("empty", "the answer is empty")
        } else if body.starts_with(b"<") {
            self.not_personrs("html", "the answer is a web page (is the base URL right?)")
        } else if self.document.is_none() {
            self.not_personrs("json", "the answer is not valid JSON")
        } else {
            self.not_personrs("answer", "the answer is not one of Personr's (is the base URL right?)")
        }
    }

    /// The service refuses by a redirect whose query says why. It is never followed.
    fn redirected(&self) -> Error {
        let location = self.response.header("location").unwrap_or_default();
        let query = location.split_once('?').map_or("", |(_, query)| query);
        let query = query.split_once('#').map_or(query, |(query, _)| query);
        let value = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let (_, value) = pairs.find(|(found, _)| *found == name)?;
            let value = percent_decode_str(&value.replace('+', " ")).decode_utf8_lossy().into_owned();
            Some(value).filter(|value| !value.is_empty())
        };
        let Some(message) = value("message") else {
            return self.not_personrs("redirect", "the answer is a redirect, which is not followed");
        };
        let reason = value("reason").unwrap_or_else(|| "redirect".to_owned());
        let status = if reason == NO_SUCH_ACCOUNT { Status::InvalidCredentials } else { Status::Rejected };
        self.error_of(status, &reason, &message)
    }

    /// The service's own word for the reason: a refusal's, a nested one's, a token refusal's, a failure's. Success is
    /// none, whatever HTTP status it comes with.
    fn reason(&self) -> Option<&str> {
        let paths: [&[&str]; 5] = [&["reason"], &["body", "status"], &["status"], &["error_class"], &["code"]];
        paths.iter().find_map(|path| self.text(path)).filter(|reason| !matches!(*reason, "" | "success"))
    }

    fn message(&self) -> Option<&str> {
        let paths: [&[&str]; 4] = [&["message"], &["body", "message"], &["response"], &["translation"]];
        paths.iter().find_map(|path| self.text(path)).filter(|message| !message.is_empty())
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        let (key, parents) = path.split_last()?;
        parents.iter().try_fold(self.document?, |node, key| node.get(key))?.text(key)
    }

    /// With the service's own reason and message where it gives them, else `http-STATUS` and ours.
    fn error(&self, status: Status, message: &str) -> Error {
        let code = format!("http-{}", self.response.status);
        self.error_of(status, self.reason().unwrap_or(&code), self.message().unwrap_or(message))
    }

    fn not_personrs(&self, reason: &'static str, message: &'static str) -> Error {
        self.error_of(Status::Protocol, reason, message)
    }

    /// Every error of this file is made here, so that none leaves without redaction.
    fn error_of(&self, status: Status, reason: &str, message: &str) -> Error {
        let mut secrets = self.secrets.to_vec();
        let token = self.text(&["response", "token"]).or(self.text(&["token"]));
        secrets.extend(token.map(str::as_bytes));
        Error::new(status, presentable(reason, &secrets), presentable(message, &secrets))
            .with_http_status(self.response.status)
    }
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date, which is read by the service's own clock if the
/// answer has it.
fn retry_after(response: &Response, unix_now: Duration) -> Option<Duration> {
    let value = response.header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let now = response.header("date").and_then(|date| httpdate::parse_http_date(date.trim()).ok());
    let now = now.unwrap_or_else(|| UNIX_EPOCH.checked_add(unix_now).unwrap_or(SystemTime::UNIX_EPOCH));
    Some(at.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
