//! What the two login endpoints read from a request.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::answers;
use crate::content::Part;
use crate::http::{Answer, Received};

/// The endpoint that takes `Authorization: Basic`.
pub(super) const BASIC: &str = "api-basic-auth";
/// The endpoint that takes the fields `email` and `password`.
pub(super) const FORM: &str = "api-token-generate";

/// What a client logs in with.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) email: String,
    pub(super) password: String,
}

/// The documented samples disagree about the method, so GET and POST are taken.
/// A GET's content type says nothing: its body is not parsed.
pub(super) fn basic(request: &Received) -> Result<Credentials, Answer> {
    match request.method.as_str() {
        "GET" => {}
        "POST" => super::check_body(request)?,
        _ => return Err(answers::wrong_method("GET, POST")),
    }
    let encoded =
        after_scheme(request, "Basic").ok_or_else(|| answers::missing_data("The Authorization header is missing"))?;
    decode(encoded).ok_or_else(answers::refusal)
}

/// RFC 7617, with UTF-8: the first colon ends the user-id.
fn decode(encoded: &str) -> Option<Credentials> {
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (email, password) = text.split_once(':')?;
    Some(Credentials { email: email.to_owned(), password: password.to_owned() })
}

pub(super) fn form(request: &Received) -> Result<Credentials, Answer> {
    if request.method != "POST" {
        return Err(answers::wrong_method("POST"));
    }
    super::check_body(request)?;
    let field = |name: &str| {
        let text = request.part(name).and_then(Part::text).map(str::to_owned);
        text.ok_or_else(|| answers::missing_data(&format!("Missing parameter: {name}")))
    };
    Ok(Credentials { email: field("email")?, password: field("password")? })
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer(request: &Received) -> Option<&str> {
    after_scheme(request, "Bearer")
}

/// The scheme is compared in any case (RFC 9110, 11.1).
fn after_scheme<'a>(request: &'a Received, scheme: &str) -> Option<&'a str> {
    let (given, rest) = request.text_header("authorization")?.split_once(' ')?;
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)], body: &str) -> Received {
        Received {
            method: method.into(),
            target: "/".into(),
            headers: headers.iter().map(|(name, value)| ((*name).into(), value.as_bytes().to_vec())).collect(),
            parts: crate::content::read("application/json", &mut body.as_bytes()).unwrap(),
            ..Received::default()
        }
    }

    fn basic_status(authorization: &str) -> u16 {
        let request = request("GET", &[("Authorization", authorization)], "");
        basic(&request).unwrap_err().status
    }

    #[test]
    fn the_first_colon_ends_the_email_and_the_text_is_utf8() {
        let encoded = STANDARD.encode("dämo@example.com:pä:ss wörd");
        let request = request("GET", &[("authorization", &format!("bAsIc {encoded}"))], "");
        assert_eq!(
            basic(&request).unwrap(),
            Credentials { email: "dämo@example.com".into(), password: "pä:ss wörd".into() }
        );
    }

    #[test]
    fn what_is_not_basic_is_refused() {
        for authorization in ["Basic !!!", "Basic YWI=", "Basic /zo=", "Basic", "Bearer YTpi"] {
            assert_eq!(basic_status(authorization), 400, "{authorization}");
        }
        assert_eq!(basic(&request("PUT", &[], "")).unwrap_err().status, 405);
    }

    #[test]
    fn a_form_needs_post_and_both_fields() {
        let json = [("Content-Type", "application/json")];
        let complete = r#"{"email":"a","password":"b"}"#;
        let taken = form(&request("POST", &json, complete)).unwrap();
        assert_eq!((taken.email.as_str(), taken.password.as_str()), ("a", "b"));
        assert_eq!(form(&request("GET", &json, complete)).unwrap_err().status, 405);
        let incomplete = form(&request("POST", &json, r#"{"email":"a"}"#)).unwrap_err();
        assert_eq!(incomplete.status, 400);
        let text = String::from_utf8(incomplete.encode(false, true)).unwrap();
        assert!(text.contains("MISSING_DATA") && text.contains("password"), "{text}");
    }
}
