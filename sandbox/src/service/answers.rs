//! The bodies of the service, as documented and as seen.

use serde::Serialize;
use serde_json::{Number, Value, json};

use crate::accounts::Issued;
use crate::http::Answer;

/// Verbatim from the documentation: not valid JSON, and with a typographic apostrophe.
const REFUSAL: &str = "{
    \"statusCode\": 400,
    \"reason\": \"INVALID_LOGIN_CREDENTIALS\",
    \"message\": \"We didn\u{2019}t find an account with those login credentials\",
    }";

/// Structs keep the documented order of the fields, which a JSON map would not.
#[derive(Serialize)]
struct Success<'a> {
    status: &'a str,
    response: Login<'a>,
}

#[derive(Serialize)]
struct Login<'a> {
    token: &'a str,
    user_id: &'a str,
    expires: Value,
}

#[derive(Serialize)]
struct Unauthorized {
    error_class: &'static str,
    args: Value,
    message: Value,
    translation: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused<'a> {
    status_code: u16,
    body: Reason<'a>,
}

#[derive(Serialize)]
struct Reason<'a> {
    status: &'a str,
    message: &'a str,
}

pub(super) fn issued(issued: &Issued) -> Answer {
    let response = Login { token: &issued.token, user_id: &issued.user_id, expires: seconds(issued.expires) };
    Answer::json(200, &Success { status: "success", response })
}

/// Whole seconds are written as an integer, as the service mostly does.
fn seconds(value: f64) -> Value {
    // Below this every whole number is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT {
        return json!(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// Wrong credentials.
pub(super) fn refusal() -> Answer {
    Answer::json_text(400, REFUSAL)
}

/// Something that the workflow needs is not there or cannot be read.
pub(super) fn missing_data(message: &str) -> Answer {
    refused(400, "MISSING_DATA", message)
}

/// The shortest of the documented successes.
pub(super) fn success() -> Answer {
    Answer::json_text(200, r#"{"response":"success"}"#)
}

/// The workflow's condition is not met.
pub(super) fn not_run(workflow: &str) -> Answer {
    let message = format!("The condition for the workflow {workflow} is not met. Workflow won't run");
    Answer::json_text(400, json!({ "status": "NOT_RUN", "message": message }).to_string())
}

pub(super) fn not_found() -> Answer {
    refused(404, "NOT_FOUND", "There is no such workflow")
}

pub(super) fn wrong_method(allowed: &str) -> Answer {
    refused(405, "METHOD_NOT_ALLOWED", "This workflow takes another method").with_header("Allow", allowed)
}

fn refused(status_code: u16, status: &str, message: &str) -> Answer {
    let body = Reason { status, message };
    Answer::json(status_code, &Refused { status_code, body })
}

/// The bearer token is missing, unknown, or no longer good. The text repeats it, as the service's does.
pub(super) fn unauthorized(token: &str) -> Answer {
    let body = Unauthorized {
        error_class: "Unauthorized",
        args: json!({ "code": "1670035114445x631333625381113500" }),
        message: Value::Null,
        translation: format!("Invalid or expired token: {token}"),
    };
    Answer::json(401, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_laid_out_as_documented() {
        let answer = issued(&Issued {
            token: "1670035114445x631333625381113500".into(),
            user_id: "1665086295288x405886519539808060".into(),
            expires: 31_536_000.0,
        });
        let documented = r#"{
  "status": "success",
  "response": {
    "token": "1670035114445x631333625381113500",
    "user_id": "1665086295288x405886519539808060",
    "expires": 31536000
  }
}"#;
        assert_eq!(answer.body, crate::http::Body::Bytes(documented.into()));
    }

    #[test]
    fn lifetimes_are_integers_if_they_are_whole() {
        assert_eq!(seconds(2.0).to_string(), "2");
        assert_eq!(seconds(-5.0).to_string(), "-5");
        assert_eq!(seconds(0.5).to_string(), "0.5");
        assert_eq!(seconds(1e300).to_string(), "1e+300");
        assert_eq!(seconds(f64::NAN).to_string(), "null");
    }
}
