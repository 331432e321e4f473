//! The table of answers: FACTS row by row, then what a broken or hostile service could send.

use super::*;
use crate::token::TOKEN_MAX;

const REFUSAL: &str = "{\n    \"statusCode\": 400,\n    \"reason\": \"INVALID_LOGIN_CREDENTIALS\",\n    \"message\": \"We didn\u{2019}t find an account with those login credentials\",\n    }";
const NO_ACCOUNT: &str = "We didn\u{2019}t find an account with those login credentials";

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status, headers, body: body.to_vec().into() }
}

fn refusal(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Error {
    match classify(&answer(status, headers, body), &[b"hunter2"], Duration::from_secs(1_700_000_000)) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(body)),
        Err(error) => error,
    }
}

fn success(token: &str, user_id: &str, expires: &str) -> String {
    format!(r#"{{"status":"success","response":{{"token":{token},"user_id":{user_id},"expires":{expires}}}}}"#)
}

fn lifetime_of(expires: &str) -> Duration {
    let body = success("\"abc\"", "\"u\"", expires);
    classify(&answer(200, &[], body.as_bytes()), &[], Duration::ZERO).expect("a token").lifetime
}

#[test]
fn the_documented_success_is_a_token() {
    let body = "{\n  \"status\": \"success\",\n  \"response\": {\n    \"token\": \"1670035114445x631333625381113500\",\n    \"user_id\": \"1665086295288x405886519539808060\",\n    \"expires\": 31536000\n  }\n}";
    let issued = classify(&answer(200, &[], body.as_bytes()), &[], Duration::ZERO).expect("a token");
    assert_eq!(*issued.value, "1670035114445x631333625381113500");
    assert_eq!(issued.user_id, "1665086295288x405886519539808060");
    assert_eq!(issued.lifetime, Duration::from_secs(31_536_000));
}

#[test]
fn each_documented_refusal_keeps_its_reason_and_message() {
    use Status::*;
    let with_args =
        r#"{"statusCode":400,"reason":"INVALID_LOGIN_CREDENTIALS","message":"No","args":{"bubble_code":"1x2"}}"#;
    let unauthorized = r#"{"error_class":"Unauthorized","args":{"code":"1x2"},"message":null,"translation":"Invalid or expired token: bus|1670035114445x6313336"}"#;
    let rows: &[(u16, &str, Status, &str, &str)] = &[
        (400, REFUSAL, InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", NO_ACCOUNT),
        (200, REFUSAL, InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", NO_ACCOUNT),
        (400, with_args, InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", "No"),
        (200, r#"{"status":"error","response":"Workspace not found"}"#, Rejected, "error", "Workspace not found"),
        (
            200,
            r#"{"status":"success","response":{"user_id":"non_authenticated_user_1670035114445x6"}}"#,
            Rejected,
            "no-token",
            "the service's workflow ended without a token",
        ),
        (
            400,
            r#"{"statusCode":400,"body":{"status":"MISSING_DATA","message":"Missing parameter"}}"#,
            Rejected,
            "MISSING_DATA",
            "Missing parameter",
        ),
        (
            400,
            r#"{"status":"NOT_RUN","message":"The condition for the workflow X is not met. Workflow won't run"}"#,
            Rejected,
            "NOT_RUN",
            "The condition for the workflow X is not met. Workflow won't run",
        ),
        (401, unauthorized, Unauthorized, "Unauthorized", "Invalid or expired token: [redacted]"),
        (401, r#"{"message":"Unauthorized"}"#, Unauthorized, "http-401", "Unauthorized"),
        (404, r#"{"message":"Not found"}"#, Rejected, "http-404", "Not found"),
        (405, r#"{"message":"Method not allowed"}"#, Rejected, "http-405", "Method not allowed"),
        (429, r#"{"message":"Too many"}"#, RateLimited, "http-429", "Too many"),
        (500, r#"{"code":"oops","message":"Something broke"}"#, Server, "oops", "Something broke"),
        (503, r#"{"message":"Down"}"#, Server, "http-503", "Down"),
        (502, "<html>Bad gateway</html>", Server, "http-502", "the service failed"),
        (429, "<html>Slow down</html>", RateLimited, "http-429", "the service asks for fewer logins"),
        (403, "<!DOCTYPE html><html></html>", Protocol, "html", "the answer is a web page (is the base URL right?)"),
        (403, r#"{"message":"Forbidden"}"#, Rejected, "http-403", "Forbidden"),
        (600, "{}", Server, "http-600", "the service failed"),
        (999, r#"{"status":"success","response":{}}"#, Server, "http-999", "the service failed"),
        (404, r#"{"status":"success","response":"x"}"#, Rejected, "http-404", "x"),
        (
            404,
            r#"{"status":"success"}"#,
            Protocol,
            "answer",
            "the answer is not one of Personr's (is the base URL right?)",
        ),
    ];
    for (http_status, body, status, reason, message) in rows {
        let error = refusal(*http_status, &[], body.as_bytes());
        assert_eq!((error.status(), error.reason(), error.message()), (*status, *reason, *message), "{body}");
        assert_eq!(error.http_status(), *http_status, "{body}");
    }
}

#[test]
fn a_redirect_is_read_and_not_followed() {
    let location = "https://personr.co/error?statusCode=400&message=Workflow+not%20run%3A%20hunter2#top";
    let error = refusal(302, &[("location", location)], b"");
    assert_eq!((error.status(), error.reason(), error.http_status()), (Status::Rejected, "redirect", 302));
    assert_eq!(error.message(), "Workflow not run: [redacted]");
    let known = refusal(302, &[("location", "/e?reason=INVALID_LOGIN_CREDENTIALS&message=No")], b"");
    assert_eq!(known.status(), Status::InvalidCredentials);
    let nothing_said =
        ["https://elsewhere.example/", "/x?message", "/x?message="].map(|location| [("location", location)]);
    for headers in [&[][..], &nothing_said[0], &nothing_said[1], &nothing_said[2]] {
        let error = refusal(307, headers, b"");
        assert_eq!((error.status(), error.reason(), error.http_status()), (Status::Protocol, "redirect", 307));
    }
}

#[test]
fn what_is_not_personrs_is_a_protocol_error() {
    let issued = success("\"abc\"", "\"u\"", "60");
    let twice = format!("{issued}{issued}");
    let trailing = issued.replace("60}", "60,}");
    let deep = format!("{}{}", "{\"a\":".repeat(5000), "}".repeat(5000));
    let rows: &[(&[u8], &str)] = &[
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"<html></html>", "html"),
        (b"OK", "json"),
        (b"\xff\xfe", "json"),
        (b"{\"status\":\"success\",\"response\":{\"token\":\"a\xff\"}}", "json"),
        (twice.as_bytes(), "json"),
        (trailing.as_bytes(), "json"),
        (deep.as_bytes(), "json"),
        (issued.as_bytes().split_last().expect("not empty").1, "json"),
        (br#"{"status":"success","status":"success"}"#, "json"),
        (br#"{"status":"success","response":{"token":"a","token":"b","expires":60}}"#, "json"),
        (b"{}", "answer"),
        (b"[]", "answer"),
        (b"null", "answer"),
        (br#"{"status":"success"}"#, "answer"),
        (br#"{"status":"success","response":"success"}"#, "answer"),
        (br#"{"response":{"token":"abc","expires":60}}"#, "answer"),
    ];
    for (body, reason) in rows {
        let error = refusal(200, &[], body);
        let shown = String::from_utf8_lossy(body.get(..80).unwrap_or(body)).into_owned();
        assert_eq!((error.status(), error.reason()), (Status::Protocol, *reason), "{shown}");
    }
    assert_eq!(refusal(204, &[], b"").reason(), "empty");
    assert_eq!(refusal(404, &[], b"not here").status(), Status::Protocol);
}

#[test]
fn a_token_that_cannot_be_one_is_refused() {
    let long = format!("\"{}\"", "t".repeat(TOKEN_MAX + 1));
    let tokens = [
        "null",
        "\"\"",
        "42",
        "true",
        "[]",
        "{}",
        "\"a b\"",
        r#""a\u0000b""#,
        r#""a\nb""#,
        r#""a\r\nX: y""#,
        "\"\u{e4}\"",
        &long,
    ];
    for token in tokens {
        let error = refusal(200, &[], success(token, "\"u\"", "60").as_bytes());
        assert_eq!((error.status(), error.reason()), (Status::Protocol, "token"), "{token}");
    }
    let missing = refusal(200, &[], br#"{"status":"success","response":{"user_id":"u","expires":60}}"#);
    assert_eq!((missing.status(), missing.reason()), (Status::Protocol, "token"));
    let longest = success(&format!("\"{}\"", "t".repeat(TOKEN_MAX)), "\"u\"", "60");
    assert!(classify(&answer(200, &[], longest.as_bytes()), &[], Duration::ZERO).is_ok());
}

#[test]
fn a_user_id_may_be_missing_but_not_broken() {
    for body in [
        r#"{"status":"success","response":{"token":"abc","expires":60}}"#.to_owned(),
        success("\"abc\"", "null", "60"),
        success("\"abc\"", "\"\"", "60"),
    ] {
        assert_eq!(classify(&answer(200, &[], body.as_bytes()), &[], Duration::ZERO).expect("a token").user_id, "");
    }
    for user_id in ["42", "\"a b\"", r#""a\u0000""#] {
        assert_eq!(refusal(200, &[], success("\"abc\"", user_id, "60").as_bytes()).reason(), "user_id", "{user_id}");
    }
}

#[test]
fn a_lifetime_is_a_positive_number_of_seconds() {
    for expires in ["null", "0", "0.0", "0.5", "-1", "-31536000", "true", "[]", "{}"] {
        let error = refusal(200, &[], success("\"abc\"", "\"u\"", expires).as_bytes());
        assert_eq!((error.status(), error.reason()), (Status::Protocol, "expires"), "{expires}");
    }
    let missing = refusal(200, &[], br#"{"status":"success","response":{"token":"abc","user_id":"u"}}"#);
    assert_eq!(missing.reason(), "expires");
    assert_eq!(refusal(200, &[], success("\"abc\"", "\"u\"", "1e999").as_bytes()).reason(), "json");
    assert_eq!(lifetime_of("60"), Duration::from_secs(60));
    assert_eq!(lifetime_of("60.5"), Duration::from_millis(60_500));
    assert_eq!(lifetime_of("3.1536e7"), Duration::from_secs(31_536_000));
    for huge in ["1e300", "18446744073709551615", "99999999999999999999"] {
        assert_eq!(lifetime_of(huge).as_secs_f64(), LIFETIME_MAX_S, "{huge}");
    }
}

#[test]
fn secrets_never_come_back() {
    let echo = r#"{"reason":"hunter2","message":"hunter2 is wrong","response":{"token":"zzz-9"},"token":"yyy-8"}"#;
    let error = refusal(400, &[], echo.as_bytes());
    assert_eq!((error.reason(), error.message()), ("[redacted]", "[redacted] is wrong"));
    let echo = r#"{"status":"error","message":"got zzz-9","response":{"token":"zzz-9"}}"#;
    assert_eq!(refusal(200, &[], echo.as_bytes()).message(), "got [redacted]");
    let echo = r#"{"status":"error","message":"got zzz-9 and yyy-8","response":{"token":"zzz-9"},"token":"yyy-8"}"#;
    assert_eq!(refusal(200, &[], echo.as_bytes()).message(), "got [redacted] and [redacted]");
    // Our own words say nothing of a secret, and programs compare them.
    let ours = r#"{"reason":"INVALID_LOGIN_CREDENTIALS","token":"INVALID","x":""#;
    assert_eq!(refusal(400, &[], ours.as_bytes()).reason(), "INVALID_LOGIN_CREDENTIALS");
    let broken = r#"{"message":"got zzz-9 and yyy-8","token":"zzz-9","x":{"token":"yyy-8"#.to_owned() + "\"";
    assert_eq!(refusal(400, &[], broken.as_bytes()).message(), "got [redacted] and [redacted]");
}

/// A connector's readme shows it as text. The token is issued, and the one before it has ended: it must not be lost.
#[test]
fn a_lifetime_may_be_text() {
    for (text, seconds) in [
        ("31536000", 31_536_000.0),
        ("31536000.0", 31_536_000.0),
        ("60.5", 60.5),
        // What Java makes of a float.
        ("3.1536E7", 31_536_000.0),
        ("6e+1", 60.0),
        (" 60\\n", 60.0),
        ("060", 60.0),
        ("1", 1.0),
        ("99999999999999999999", LIFETIME_MAX_S),
    ] {
        assert_eq!(lifetime_of(&format!("\"{text}\"")).as_secs_f64(), seconds, "{text}");
    }
    for text in [
        "",
        " ",
        "0",
        "0.0",
        "0.9",
        "-1",
        "-60",
        "+60",
        "1e999",
        "1e-9",
        "inf",
        "NaN",
        "infinity",
        "0x3c",
        "60s",
        "6 0",
        "1,000",
        "1_000",
        ".5",
        "1e",
        "60-",
        "0 60",
        "60.",
        "1 year",
        "\u{663}",
        "2030-01-01T00:00:00Z",
    ] {
        let error = refusal(200, &[], success("\"abc\"", "\"u\"", &format!("\"{text}\"")).as_bytes());
        assert_eq!((error.status(), error.reason()), (Status::Protocol, "expires"), "{text}");
    }
}
