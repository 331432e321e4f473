//! Answers that the service is known to give, without what would have to happen for them.

use serde::Deserialize;

use crate::http::{Answer, Body};

/// An answer of the service, or of the CDN before it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Documented {
    /// `200 {"status":"error","response":"Workspace not found"}`.
    WorkspaceNotFound,
    /// 400 with status and message one level down.
    MissingData,
    /// 400, "Workflow won't run".
    NotRun,
    /// 400 with the refusal of a login, and `args` beside it.
    BubbleCode,
    /// 200 with a user id and no token: the workflow ended early.
    NoToken,
    /// 401; the text repeats no token, unlike that of a real one.
    Unauthorized,
    /// 429, with `Retry-After` if it is given: seconds or a date.
    TooManyRequests {
        /// The value of the header.
        retry_after: Option<String>,
    },
    /// 503, with `Retry-After` if it is given: seconds or a date.
    Unavailable {
        /// The value of the header.
        retry_after: Option<String>,
    },
    /// 500 with a code and a message.
    ServerError,
    /// A page in HTML, as the CDN answers.
    HtmlPage {
        /// Such as 403.
        status: u16,
    },
    /// 302 with `statusCode` and `message` in the query of `Location`.
    RedirectWithMessage,
    /// 302 to another place, which is no answer of the service.
    Redirect,
    /// 200 with `Content-Encoding: gzip`, which nobody asked for.
    Gzip,
}

/// `{"response":"success"}`, packed by gzip.
const PACKED: &[u8] =
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xabV*J-.\xc8\xcf+NU\xb2R*.MNN-.V\xaa\x05\x00N\xb4r\xa1\x16\x00\x00\x00";

impl Documented {
    pub(crate) fn answer(&self) -> Answer {
        match self {
            Documented::WorkspaceNotFound => {
                Answer::json_text(200, r#"{"status":"error","response":"Workspace not found"}"#)
            }
            Documented::MissingData => Answer::json_text(
                400,
                r#"{"statusCode":400,"body":{"status":"MISSING_DATA","message":"Missing parameter: flowName"}}"#,
            ),
            Documented::NotRun => Answer::json_text(
                400,
                r#"{"status":"NOT_RUN","message":"The condition for the workflow X is not met. Workflow won't run"}"#,
            ),
            Documented::BubbleCode => Answer::json_text(
                400,
                r#"{"statusCode":400,"reason":"INVALID_LOGIN_CREDENTIALS","message":"We didn’t find an account with those login credentials","args":{"bubble_code":"1670035114445x631333625381113500"}}"#,
            ),
            Documented::NoToken => Answer::json_text(
                200,
                r#"{"status":"success","response":{"user_id":"non_authenticated_user_1670035114445x631333625381113500"}}"#,
            ),
            Documented::Unauthorized => Answer::json_text(
                401,
                r#"{"error_class":"Unauthorized","args":{"code":"1670035114445x631333625381113500"},"message":null,"translation":"Invalid or expired token"}"#,
            ),
            Documented::TooManyRequests { retry_after } => later(429, "Too many requests", retry_after.as_deref()),
            Documented::Unavailable { retry_after } => later(503, "Service unavailable", retry_after.as_deref()),
            Documented::ServerError => Answer::json_text(
                500,
                r#"{"code":"1670035114445x631333625381113500","message":"Something went wrong"}"#,
            ),
            Documented::HtmlPage { status } => Answer {
                status: *status,
                headers: vec![("Content-Type".into(), "text/html; charset=UTF-8".into())],
                body: Body::Bytes(
                    b"<!DOCTYPE html>\n<html><head><title>Just a moment...</title></head></html>\n".to_vec(),
                ),
            },
            Documented::RedirectWithMessage => {
                redirect("https://enterprise.personr.co/error?statusCode=400&message=Workspace%20not%20found")
            }
            Documented::Redirect => redirect("https://enterprise.personr.co/login"),
            Documented::Gzip => Answer { body: Body::Bytes(PACKED.to_vec()), ..Answer::json_text(200, "") }
                .with_header("Content-Encoding", "gzip"),
        }
    }
}

fn later(status: u16, message: &str, retry_after: Option<&str>) -> Answer {
    let answer = Answer::message(status, message);
    match retry_after {
        Some(when) => answer.with_header("Retry-After", when),
        None => answer,
    }
}

fn redirect(location: &str) -> Answer {
    Answer { status: 302, ..Answer::default() }.with_header("Location", location)
}
