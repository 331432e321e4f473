use super::*;
use crate::request::Request;

const TOKEN: &[u8] = b"1670|secret/token";

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { status, headers, body: body.to_vec().into() }
}

fn request() -> Request {
    let mut request = Request::new("api-applicant-create");
    request.add_text("nameFirst", "Zoe").expect("accepted");
    request.add_text("phone", "+49-12345678").expect("accepted");
    request.add_json("externalUserId", br#"["ID_OF_A_USER"]"#).expect("accepted");
    request.add_bytes("scan", b"", Some("passport of zoe.pdf"), crate::Encoding::Binary).expect("accepted");
    request
}

fn classified(answer: Answer) -> Result<Response> {
    classify(answer, &Sent { parts: &request().parts, token: TOKEN }, Duration::ZERO)
}

fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> Error {
    let error = classified(answer(status, headers, body.as_bytes())).expect_err(body);
    assert_eq!((error.http_status(), error.body()), (status, body.as_bytes()), "the answer goes with the error");
    error
}

const PAGE: &str = "\u{feff} <!DOCTYPE html>";

/// An answer, and what it means: status, headers, body; status and reason of the error, and whether it may have run.
type Row<'a> = (u16, &'a [(&'a str, &'a str)], &'a str, Status, &'a str, bool);

#[test]
fn each_row_of_the_table_is_as_documented() {
    let refusal = r#"{"statusCode":400,"reason":"MISSING_DATA","message":"x",}"#;
    let location = [("location", "https://h/?statusCode=400&message=Not+run&reason=NOT_RUN")];
    let rows: &[Row] = &[
        (101, &[], "", Status::Protocol, "http", true),
        (200, &[("content-encoding", "gzip")], "{}", Status::Protocol, "content-encoding", true),
        (503, &[("content-encoding", "identity, br")], "{}", Status::Protocol, "content-encoding", true),
        (401, &[], r#"{"error_class":"Unauthorized","message":null}"#, Status::Unauthorized, "Unauthorized", false),
        (401, &[], "", Status::Unauthorized, "http-401", false),
        (401, &[], PAGE, Status::Protocol, "html", true),
        (429, &[], "", Status::RateLimited, "http-429", false),
        (429, &[], PAGE, Status::RateLimited, "http-429", false),
        (500, &[], r#"{"code":"BROKEN","message":"x"}"#, Status::Server, "BROKEN", true),
        (503, &[], PAGE, Status::Server, "http-503", true),
        (599, &[], "", Status::Server, "http-599", true),
        (302, &location, "", Status::Rejected, "NOT_RUN", true),
        (302, &[("location", "https://h/?message=Not+run")], "", Status::Rejected, "http-302", true),
        (302, &[("location", "https://h/")], "", Status::Protocol, "redirect", true),
        (304, &[], PAGE, Status::Protocol, "redirect", true),
        (200, &[], PAGE, Status::Protocol, "html", true),
        (403, &[], PAGE, Status::Protocol, "html", true),
        (404, &[], PAGE, Status::Protocol, "html", true),
        (404, &[], r#"{"message":"no such workflow"}"#, Status::Rejected, "http-404", false),
        (405, &[], "", Status::Rejected, "http-405", false),
        (408, &[], "", Status::Rejected, "http-408", false),
        (413, &[], "", Status::Rejected, "http-413", false),
        (400, &[], refusal, Status::Rejected, "MISSING_DATA", true),
        (400, &[], r#"{"statusCode":400,"body":{"status":"MISSING_DATA"}}"#, Status::Rejected, "MISSING_DATA", true),
        (400, &[], r#"{"status":"NOT_RUN","message":"x"}"#, Status::Rejected, "NOT_RUN", true),
        (403, &[], "no", Status::Rejected, "http-403", true),
        (400, &[], "{", Status::Rejected, "http-400", true),
        (200, &[], r#"{"status":"error","response":"Workspace not found"}"#, Status::Rejected, "error", true),
        (200, &[], r#"{"statusCode":400,"reason":"NOT_RUN"}"#, Status::Rejected, "NOT_RUN", true),
        (201, &[], r#"{"statusCode":1e3}"#, Status::Rejected, "http-201", true),
        (200, &[], "{\"a\":", Status::Protocol, "json", true),
        (200, &[], " [1", Status::Protocol, "json", true),
        (200, &[("content-type", "application/json; charset=utf-8")], "fine", Status::Protocol, "json", true),
        (200, &[("content-type", "application/Problem+JSON")], "fine", Status::Protocol, "json", true),
    ];
    for (status, headers, body, expected, reason, may_have_run) in rows {
        let error = refused(*status, headers, body);
        let found = (error.status(), error.reason(), error.may_have_run());
        assert_eq!(found, (*expected, *reason, *may_have_run), "{status} {headers:?} {body}");
    }
}

#[test]
fn a_success_is_what_no_row_refuses() {
    for (status, content_type, body, has_document) in [
        (204, "application/json", "", false),
        (200, "application/json", " \r\n", false),
        (200, "text/plain", "success", false),
        (200, "application/json", r#"{"response":"success"}"#, true),
        (200, "application/json", r#"{"errors":["low quality"],"warnings":[],}"#, true),
        (200, "application/json", r#"{"status":"success","statusCode":200}"#, true),
        (200, "application/json", r#"{"status":{"a":"error"},"statusCode":"400"}"#, true),
        (200, "application/json", r#"["error"]"#, true),
        (299, "", "42", true),
    ] {
        let answer = answer(status, &[("content-type", content_type)], body.as_bytes());
        let mut response = classified(answer).expect(body);
        assert_eq!((response.http_status(), response.body()), (status, body.as_bytes()));
        assert_eq!(response.take_document().is_some(), has_document, "{body}");
        assert_eq!(response.header("Content-Type"), Some(content_type));
        assert_eq!(response.header("content"), None);
    }
}

#[test]
fn the_services_wait_is_told_with_429_and_5xx_alone() {
    let wait = |status| refused(status, &[("retry-after", "7")], "").retry_after();
    assert_eq!([429, 503, 400].map(wait), [Some(Duration::from_secs(7)), Some(Duration::from_secs(7)), None]);
}

#[test]
fn a_reason_is_a_word_of_the_services_and_nothing_that_was_sent() {
    for reason in [
        "Zoe",
        "zoe",
        "12345678",
        "49-12345678",
        "+49-12345678",
        "ID_OF_A_USER",
        "passport",
        "two words",
        "a\\nb",
        "ZOE_EXISTS_ALREADY",
        "\u{e4}",
        &"a".repeat(65),
    ] {
        let shown = refused(400, &[], &format!("{{\"reason\":\"{reason}\"}}")).reason().to_owned();
        let is_safe = shown == "http-400" || (reason == "ZOE_EXISTS_ALREADY" && shown == reason);
        assert!(is_safe, "{reason}: {shown}");
    }
    // "Zoe" has three letters: too many words have these.
    for reason in ["MISSING_DATA", "a", "Not-run", &"b".repeat(64)] {
        assert_eq!(refused(400, &[], &format!("{{\"reason\":\"{reason}\"}}")).reason(), reason);
    }
}

#[test]
fn neither_the_message_nor_debug_repeats_the_answer() {
    let error = refused(400, &[], r#"{"reason":"MISSING_DATA","message":"Zoe has no passport"}"#);
    assert_eq!(error.message(), "the service refused the request");
    assert!(!format!("{error:?}{error}").contains("passport"));
    let response = classified(answer(200, &[], b"{\"name\":\"Zoe\"}")).expect("a success");
    assert!(!format!("{response:?}").contains("Zoe"));
}

#[test]
fn the_token_that_was_sent_is_overwritten() {
    let body = r#"{"translation":"expired: bus|1670|secret/token 1670|secret/token","a":"1670|secret\/token","b":"1670%7Csecret%2Ftoken 1670%7csecret%2ftoken"}"#;
    let echo = answer(401, &[("x-token", "Bearer 1670|secret/token")], body.as_bytes());
    let error = classified(echo).expect_err("refused");
    let shown = std::str::from_utf8(error.body()).expect("UTF-8");
    assert_eq!(shown.len(), body.len());
    assert!(!shown.contains("secret"), "{shown}");
    assert!(shown.starts_with(r#"{"translation":"expired: bus|***************** *****************","a":"#), "{shown}");
    let echo = answer(200, &[("x-token", "Bearer 1670|secret/token"), ("x", "1670")], body.as_bytes());
    let response = classified(echo).expect("a success");
    assert_eq!(response.header("x-token"), Some("Bearer *****************"));
    assert_eq!(response.header("x"), Some("1670"));
    assert!(!String::from_utf8_lossy(response.body()).contains("secret"));
}
