//! Faults in JSON, as the control interface takes them.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::{Action, Fault};

/// The object in `POST /fault`: `action`, and at most one of `times` and `always`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    action: Action,
    path: Option<String>,
    times: Option<u32>,
    #[serde(default)]
    always: bool,
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fault, D::Error> {
        let form = Form::deserialize(deserializer)?;
        if form.always && form.times.is_some() {
            return Err(serde::de::Error::custom("times and always exclude each other"));
        }
        Ok(Fault {
            path: form.path,
            times: if form.always { None } else { Some(form.times.unwrap_or(1)) },
            action: form.action,
        })
    }
}

/// Bytes, written as text.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    String::deserialize(deserializer).map(String::into_bytes)
}

/// A time, written as whole milliseconds.
pub(super) fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::super::{Documented, Rest};
    use super::*;
    use crate::wire::Ending;

    fn parse(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_action_can_be_written() {
        let answer =
            Action::Answer { status: 503, headers: vec![("Retry-After".into(), "1".into())], body: b"{}".to_vec() };
        let drip = Action::Drip { bytes: 3, every: Duration::from_millis(10) };
        let early = Action::Early { after: 1, status: 413, headers: Vec::new(), body: Vec::new(), then: Rest::Read };
        let written = [
            (r#"{"answer":{"status":503,"headers":[["Retry-After","1"]],"body":"{}"}}"#, answer),
            (r#"{"raw":"HTTP/1.1 200"}"#, Action::Raw(b"HTTP/1.1 200".to_vec())),
            (r#"{"delay_ms":50}"#, Action::Delay(Duration::from_millis(50))),
            (r#""hold""#, Action::Hold),
            (r#""stall""#, Action::Stall),
            (r#"{"drip":{"bytes":3,"every_ms":10}}"#, drip),
            (r#"{"cut":{"after":7}}"#, Action::Cut { after: 7 }),
            (r#"{"truncate":{"after":7}}"#, Action::Truncate { after: 7 }),
            (r#"{"documented":"workspace_not_found"}"#, Action::Documented(Documented::WorkspaceNotFound)),
            (
                r#"{"documented":{"unavailable":{"retry_after":"2"}}}"#,
                Action::Documented(Documented::Unavailable { retry_after: Some("2".into()) }),
            ),
            (
                r#"{"documented":{"too_many_requests":{}}}"#,
                Action::Documented(Documented::TooManyRequests { retry_after: None }),
            ),
            (r#"{"end_answer":{"after":3,"by":"reset"}}"#, Action::EndAnswer { after: 3, by: Ending::Reset }),
            (r#"{"chunked":{"bytes":5}}"#, Action::Chunked { bytes: 5 }),
            (r#"{"last":{"announced":false}}"#, Action::Last { announced: false }),
            (r#"{"end_request":{"after":9,"by":"orderly"}}"#, Action::EndRequest { after: 9, by: Ending::Orderly }),
            (r#"{"stall_request":{"after":9}}"#, Action::StallRequest { after: 9 }),
            (r#"{"early":{"after":1,"status":413,"then":"read"}}"#, early),
            (r#""reset""#, Action::Reset),
            (r#""reset_after_issue""#, Action::ResetAfterIssue),
            (r#""close""#, Action::Close),
            (r#""refuse_tls""#, Action::RefuseTls),
            (r#""reset_on_accept""#, Action::ResetOnAccept),
            (r#""stall_tls""#, Action::StallTls),
            (r#""plain_http""#, Action::PlainHttp),
        ];
        for (text, action) in written {
            let fault = parse(&format!(r#"{{"action":{text}}}"#));
            assert_eq!(fault, Fault::new(action));
        }
    }

    #[test]
    fn path_and_times_are_taken() {
        assert_eq!(
            parse(r#"{"action":"hold","path":"api-basic-auth","times":3}"#),
            Fault::new(Action::Hold).on_path("api-basic-auth").times(3)
        );
        assert_eq!(parse(r#"{"action":"hold","always":true}"#), Fault::new(Action::Hold).always());
    }

    #[test]
    fn a_slip_of_the_pen_is_refused() {
        for text in [
            r#"{}"#,
            r#"{"action":"explode"}"#,
            r#"{"action":"hold","time":3}"#,
            r#"{"action":"hold","times":3,"always":true}"#,
            r#"{"action":{"answer":{"status":503,"header":[]}}}"#,
            r#"{"action":{"delay_ms":-1}}"#,
        ] {
            assert!(serde_json::from_str::<Fault>(text).is_err(), "{text}");
        }
    }
}
