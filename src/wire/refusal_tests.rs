//! Refusals that are no valid JSON, and what must not be taken for one.

use super::*;

const UNIX_NOW: Duration = Duration::from_secs(1_700_000_000);

fn error(status: u16, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Error {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let response = Response { status, headers, body: body.as_ref().to_vec().into() };
    let shown = String::from_utf8_lossy(body.as_ref()).into_owned();
    classify(&response, &[b"hunter2hunter2"], UNIX_NOW).err().unwrap_or_else(|| panic!("accepted: {shown}"))
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(bytes).collect()
}

/// The documented refusal, broken in every way that has been seen, and in some more.
fn broken() -> Vec<Vec<u8>> {
    let whole = r#"{"statusCode":400,"reason":"INVALID_LOGIN_CREDENTIALS","message":"No account"}"#;
    let long = "x".repeat(50_000);
    let mut broken: Vec<Vec<u8>> = [
        r#"{"statusCode":400,"reason":"INVALID_LOGIN_CREDENTIALS","message":"No account \ud83d"}"#,
        r#"{"message":"\udc00","reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        "{\"message\":\"No\taccount\n\0\",\"reason\":\"INVALID_LOGIN_CREDENTIALS\"}",
        r#"{"message":"a","message":"b","reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{"reason":"OTHER","reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{"reason":"INVALID_LOGIN_CREDENTIALS","reason":"OTHER"}"#,
        r#"{"statusCode":NaN,"reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{"statusCode":0x190,"x":undefined,"y":None,"z":.5,"reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{"statusCode":400 "message":"No" "reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{"statusCode":400,,"reason":"INVALID_LOGIN_CREDENTIALS",,}"#,
        r#"{"message":"No "such" account","reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{"message":"No account,"reason":"INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{"message":"\x92 \' \q","reason" : "INVALID_LOGIN_CREDENTIALS"}"#,
        r#"{'reason': 'INVALID_LOGIN_CREDENTIALS', 'message': "didn't"}"#,
        r#"{/* why */"reason":"INVALID_LOGIN_CREDENTIALS"/* so */}"#,
        r#"{"reason":"INVALID_LOGIN_CREDENTIALS","message":"We didn"#,
        r#"{"reason":"INVALID_LOGIN_CREDENTIALS""#,
        r#"{"reason":"INVALID\u005fLOGIN_CREDENTIALS","message":"cut"#,
        r#"{"error":{"reason":"INVALID_LOGIN_CREDENTIALS","x":NaN}}"#,
        r#"[{"reason":"INVALID_LOGIN_CREDENTIALS"}"#,
    ]
    .map(|text| text.as_bytes().to_vec())
    .into();
    broken.push([b"\xef\xbb\xbf", whole.as_bytes()].concat());
    broken.push(utf16(whole, u16::to_le_bytes));
    broken.push(utf16(whole, u16::to_be_bytes));
    broken.push(b"{\"message\":\"We didn\x92t\",\"reason\":\"INVALID_LOGIN_CREDENTIALS\"}".to_vec());
    broken.push(format!("{whole}{whole}").into());
    broken.push(format!("{whole}<html><body>reached the end</body></html>").into());
    broken.push(format!(")]}}',\n{whole}").into());
    broken.push(format!("{}{whole}", "[{\"x\":".repeat(1000)).into());
    broken.push(format!("{{\"x\":\"{long}\t\",{}", &whole[1..]).into());
    broken
}

#[test]
fn a_refusal_is_recognised_however_broken() {
    for body in broken() {
        let shown = String::from_utf8_lossy(&body).chars().take(100).collect::<String>();
        for http_status in [400, 401, 403, 404, 422, 429, 499, 200] {
            let error = error(http_status, &[], &body);
            assert_eq!(error.status(), Status::InvalidCredentials, "{http_status} {shown}");
            assert_eq!((error.reason(), error.http_status()), (NO_SUCH_ACCOUNT, http_status), "{shown}");
        }
        assert_eq!(error(500, &[], &body).status(), Status::Server, "{shown}");
    }
    for nested in [
        r#"{"error":{"reason":"INVALID_LOGIN_CREDENTIALS"}}"#,
        r#"{"statusCode":400,"body":{"status":"INVALID_LOGIN_CREDENTIALS","message":"No"}}"#,
        r#"{"errors":[{"message":"x"},{"reason":"INVALID_LOGIN_CREDENTIALS"}]}"#,
    ] {
        assert_eq!(error(400, &[], nested).status(), Status::InvalidCredentials, "{nested}");
    }
}

#[test]
fn an_answer_that_merely_mentions_the_reason_is_no_refusal() {
    use Status::*;
    let html = r#"<html><script>var error = {"reason":"INVALID_LOGIN_CREDENTIALS"};</script></html>"#;
    let rows: &[(&str, Status)] = &[
        (html, Protocol),
        ("\u{feff}\n<!DOCTYPE html><p>{\"reason\":\"INVALID_LOGIN_CREDENTIALS\"}</p>", Protocol),
        (r#"Blocked. <a href="/">back</a> {"reason":"INVALID_LOGIN_CREDENTIALS"}"#, Protocol),
        ("INVALID_LOGIN_CREDENTIALS", Protocol),
        (r#""reason":"INVALID_LOGIN_CREDENTIALS""#, Protocol),
        (r#"{"message":"INVALID_LOGIN_CREDENTIALS"}"#, Rejected),
        (r#"{"message":"INVALID_LOGIN_CREDENTIALS""#, Rejected),
        (r#"{"message":"says {\"reason\":\"INVALID_LOGIN_CREDENTIALS\"}"}"#, Rejected),
        (r#"{"message":"says {\"reason\":\"INVALID_LOGIN_CREDENTIALS\"}","x":NaN}"#, Rejected),
        (r#"{"reason":"NOT_INVALID_LOGIN_CREDENTIALS"}"#, Rejected),
        (r#"{"reason":"INVALID_LOGIN_CREDENTIALS_EXPIRED","x":NaN}"#, Rejected),
        (r#"{"reason":"INVALID_LOGIN_CREDENTIALS"#, Protocol),
        (r#"{"reason":"INVALID_LOGIN_CREDEN"#, Protocol),
        (r#"{"INVALID_LOGIN_CREDENTIALS":"reason"}"#, Protocol),
        (r#"{"reasons":"INVALID_LOGIN_CREDENTIALS"}"#, Protocol),
        (r#"{"reason":["INVALID_LOGIN_CREDENTIALS"]}"#, Protocol),
    ];
    for (body, status) in rows {
        assert_eq!(error(400, &[], body).status(), *status, "{body}");
    }
    assert_eq!(error(403, &[], html).reason(), "html");
}

#[test]
fn other_broken_refusals_keep_their_reason_and_message() {
    use Status::*;
    let rows: &[(u16, &[u8], Status, &str, &str)] = &[
        (400, b"{\"status\":\"NOT_RUN\",\"message\":\"Not\tmet\"}", Rejected, "NOT_RUN", "Not met"),
        (
            400,
            br#"{"statusCode":400,"body":{"status":"MISSING_DATA","message":"Missing \ud800"},}"#,
            Rejected,
            "MISSING_DATA",
            "Missing \u{fffd}",
        ),
        (
            400,
            b"\xef\xbb\xbf{\"status\":\"NOT_RUN\",\"message\":\"We won\x92t\"}",
            Rejected,
            "NOT_RUN",
            "We won\u{fffd}t",
        ),
        (
            400,
            br#"{"message":null,"reason":"","status":"NOT_RUN","translation":"Nope","x":NaN"#,
            Rejected,
            "NOT_RUN",
            "Nope",
        ),
        (
            401,
            br#"{"error_class":"Unauthorized","message":null,"translation":"Expired","#,
            Unauthorized,
            "Unauthorized",
            "Expired",
        ),
        (404, br#"{"message":"Not found"}}"#, Rejected, "http-404", "Not found"),
        (429, br#"{"message":"Too many",}"#, RateLimited, "http-429", "Too many"),
        (500, br#"{"code":"oops","message":"Broke" x"#, Server, "oops", "Broke"),
        (200, br#"{"status":"error","response":"Workspace not found""#, Rejected, "error", "Workspace not found"),
        (200, br#"{"statusCode":400,"reason":"OTHER","message":"No",}"#, Rejected, "OTHER", "No"),
    ];
    for (http_status, body, status, reason, message) in rows {
        let error = error(*http_status, &[], body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!((error.status(), error.reason(), error.message()), (*status, *reason, *message), "{shown}");
    }
}

#[test]
fn a_success_that_is_broken_is_neither_a_token_nor_a_refusal() {
    for body in [
        "\u{feff}{\"status\":\"success\",\"response\":{\"token\":\"abc\",\"expires\":60}}",
        r#"{"status":"success","response":{"token":"abc","expires":60},}"#,
        r#"{"status":"success","response":{"token":"abc","expires":NaN}}"#,
        r#"{"status":"success","reason":"INVALID_LOGIN_CREDENTIALS","response":{"token":"abc""#,
        r#"{"status":"error","status":"success","message":"x"}"#,
        r#"{"response":{"token":"abc","expires":60},"reason":"INVALID_LOGIN_CREDENTIALS","sta"#,
    ] {
        let error = error(200, &[], body);
        assert_eq!((error.status(), error.reason()), (Status::Protocol, "json"), "{body}");
    }
}

#[test]
fn what_a_broken_refusal_repeats_is_redacted() {
    for body in [
        "{\"reason\":\"hunter2hunter2\",\"message\":\"no\thunter2hunter2\"}",
        r#"{"reason":"hunter2\u0068unter2","message":"no hunter2hunter2",}"#,
        r#"{"reason":"1670035114445x631333625381113500","message":"no hunter2&#104;unter2","#,
    ] {
        let error = error(400, &[], body);
        assert!(!format!("{error:?}").contains("unter2"), "{error:?}");
        assert!(error.reason() == "[redacted]" && error.message().contains("[redacted]"), "{error:?}");
    }
}

#[test]
fn a_redirect_says_why_in_its_query() {
    use Status::*;
    let rows: &[(&str, Status, &str, &str)] = &[
        ("/e?statusCode=400&reason=INVALID_LOGIN_CREDENTIALS&message=No", InvalidCredentials, NO_SUCH_ACCOUNT, "No"),
        (
            "/e?reason=INVALID_LOGIN_CREDENTIALS",
            InvalidCredentials,
            NO_SUCH_ACCOUNT,
            "there is no account with this email and password",
        ),
        ("/e?reason=INVALID%5FLOGIN%5fCREDENTIALS&message=%E4", InvalidCredentials, NO_SUCH_ACCOUNT, "\u{fffd}"),
        (
            "/e?a=b&amp;reason=INVALID_LOGIN_CREDENTIALS",
            InvalidCredentials,
            NO_SUCH_ACCOUNT,
            "there is no account with this email and password",
        ),
        (
            "/e?reason=x&reason=INVALID_LOGIN_CREDENTIALS",
            InvalidCredentials,
            NO_SUCH_ACCOUNT,
            "there is no account with this email and password",
        ),
        ("/e?reason=NOT_RUN", Rejected, "NOT_RUN", "the service refused the login"),
        ("/e?message=INVALID_LOGIN_CREDENTIALS", Rejected, "redirect", "INVALID_LOGIN_CREDENTIALS"),
        (
            "/e?next=%2Fx%3Freason%3DINVALID_LOGIN_CREDENTIALS",
            Protocol,
            "redirect",
            "the answer is a redirect, which is not followed",
        ),
        (
            "/e?reasons=INVALID_LOGIN_CREDENTIALS",
            Protocol,
            "redirect",
            "the answer is a redirect, which is not followed",
        ),
    ];
    for (location, status, reason, message) in rows {
        let error = error(302, &[("location", location)], b"");
        assert_eq!((error.status(), error.reason(), error.message()), (*status, *reason, *message), "{location}");
    }
}

#[test]
fn no_body_takes_long_to_classify() {
    let begun = std::time::Instant::now();
    for part in [
        "\"a\":\"",
        "\"a\":'",
        "'",
        "\"",
        "\"a\" ",
        "{\"reason\":\"\\\"",
        "\"a\":\"\\",
        "[{\"a\":",
        "\"reason\":\"x\",",
    ] {
        error(400, &[], format!("{{{}", part.repeat(65_000 / part.len())));
    }
    error(400, &[], format!("{{{}\"message\":\"{}\"}}", "\"token\":\"abcd\",".repeat(2000), "a".repeat(30_000)));
    // A hundredth of it is usual, and a body that is read again and again takes minutes.
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}
