//! What Personr's bytes mean: builds the request of a login ([`login_request`]), and says what an answer to it means
//! ([`classify`]). Pure: no I/O, and no type of the HTTP library.

mod answer;
mod decode;
mod json;
mod members;
mod redact;
mod retry_after;

use zeroize::Zeroizing;

pub(crate) use answer::{Query, REASONS, classify, is_reason};
pub(crate) use retry_after::retry_after;

use crate::credentials::Credentials;
use crate::http::Request;
use crate::options::{LoginMethod, Options};

/// The request for a login by the method of the options.
pub(crate) fn login_request(options: &Options, credentials: &Credentials) -> Request {
    let (path, form, authorization) = match options.login_method {
        LoginMethod::Basic => ("/api-basic-auth", Form::empty(), Some(credentials.basic())),
        LoginMethod::Form => ("/api-token-generate", Form::of(credentials), None),
    };
    let mut headers = vec![
        ("accept", Zeroizing::new("application/json".to_owned())),
        ("content-type", Zeroizing::new(format!("multipart/form-data; boundary={}", form.boundary))),
        ("user-agent", Zeroizing::new(options.dial.user_agent.clone())),
    ];
    if let Some(basic) = authorization {
        headers.push(("authorization", Zeroizing::new(["Basic ", &basic].concat())));
    }
    Request { url: format!("{}{path}", options.base_url.normalized()), headers, body: form.body }
}

/// A multipart body (RFC 7578).
struct Form {
    boundary: String,
    body: Zeroizing<Vec<u8>>,
}

impl Form {
    /// The basic login is documented with a multipart type and needs no field. Real parsers agree on one form of an
    /// empty body alone: the closing delimiter of a boundary.
    fn empty() -> Self {
        Self::new(&[])
    }

    fn of(credentials: &Credentials) -> Self {
        Self::new(&[("email", credentials.email().as_bytes()), ("password", credentials.password())])
    }

    fn new(fields: &[(&str, &[u8])]) -> Self {
        let boundary = boundary_for(fields);
        // One allocation: a buffer that grows leaves copies behind, and these are wiped only where our allocator is in
        // use.
        let capacity = fields.iter().map(|(_, value)| value.len() + 256).sum::<usize>() + 64;
        let mut body = Zeroizing::new(Vec::with_capacity(capacity));
        for (name, value) in fields {
            let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        Self { boundary, body }
    }
}

/// A boundary that stands in none of the values (RFC 2046, section 5.1.1).
fn boundary_for(fields: &[(&str, &[u8])]) -> String {
    let mut boundary = "personr-form".to_owned();
    let stands_in =
        |boundary: &str, value: &[u8]| value.windows(boundary.len()).any(|part| part == boundary.as_bytes());
    while fields.iter().any(|(_, value)| stands_in(&boundary, value)) {
        boundary.push('-');
    }
    boundary
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: LoginMethod, password: &str) -> Request {
        let mut options = Options::new().expect("the defaults are valid");
        options.set_login_method(method);
        login_request(&options, &Credentials::new("a@b.c", password).expect("accepted"))
    }

    fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
        request.headers.iter().find(|(found, _)| *found == name).map(|(_, value)| value.as_str())
    }

    #[test]
    fn the_basic_login_sends_an_empty_form_that_has_a_boundary() {
        let request = request(LoginMethod::Basic, "pass");
        assert_eq!(request.url, "https://enterprise.personr.co/api/1.1/wf/api-basic-auth");
        assert_eq!(header(&request, "authorization"), Some("Basic YUBiLmM6cGFzcw=="));
        assert_eq!(header(&request, "accept"), Some("application/json"));
        assert_eq!(header(&request, "content-type"), Some("multipart/form-data; boundary=personr-form"));
        assert_eq!(request.body.as_slice(), b"--personr-form--\r\n");
    }

    #[test]
    fn the_form_login_sends_two_fields_and_no_authorization() {
        let request = request(LoginMethod::Form, "p\u{e4}ss");
        assert_eq!(request.url, "https://enterprise.personr.co/api/1.1/wf/api-token-generate");
        assert_eq!(header(&request, "authorization"), None);
        let expected = "--personr-form\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\na@b.c\r\n\
                        --personr-form\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\np\u{e4}ss\r\n\
                        --personr-form--\r\n";
        assert_eq!(std::str::from_utf8(&request.body), Ok(expected));
    }

    #[test]
    fn a_password_cannot_end_its_field() {
        let request = request(LoginMethod::Form, "x--personr-form--x");
        assert_eq!(header(&request, "content-type"), Some("multipart/form-data; boundary=personr-form---"));
    }
}
