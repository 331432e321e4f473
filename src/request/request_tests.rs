use super::*;

fn sent(request: &Request) -> (String, String) {
    let (content_type, body) = request.encoded().expect("a body");
    (content_type, String::from_utf8(body).expect("UTF-8"))
}

fn problem(request: &Request) -> String {
    let error = request.body().err().expect("refused");
    assert!(!error.may_have_run());
    error.message().to_owned()
}

fn with_fields(format: Format) -> Request {
    let mut request = Request::new("api-document-upload");
    request.set_format(format).expect("accepted");
    request.add_text("email", "a\"b\\\r\n\u{e4}").expect("accepted");
    request.add_json("ids", br#"["one", 2]"#).expect("accepted");
    request.add_bytes("object", b"four", Some("a \"b\".pdf"), Encoding::Object).expect("accepted");
    request.add_bytes("text", b"four", None, Encoding::Base64).expect("accepted");
    request
}

#[test]
fn json_has_a_member_for_each_field() {
    let (content_type, text) = sent(&with_fields(Format::Json));
    assert_eq!(content_type, "application/json");
    assert_eq!(
        text,
        "{\"email\":\"a\\\"b\\\\\\r\\n\u{e4}\",\"ids\":[\"one\", 2],\
         \"object\":{\"filename\":\"a \\\"b\\\".pdf\",\"contents\":\"Zm91cg==\"},\"text\":\"Zm91cg==\"}"
    );
}

#[test]
fn a_form_has_a_part_for_each_field() {
    let mut request = with_fields(Format::Multipart);
    request.add_bytes("a \"file\"", b"four", Some("b \"c\" \u{e4}.pdf"), Encoding::Binary).expect("accepted");
    request.add_text("email", "").expect("a name may stand twice");
    let (content_type, text) = sent(&request);
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a form");
    assert_eq!(boundary.len(), "personr-".len() + 32, "128 random bits");
    let part =
        |head: &str, body: &str| format!("--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
    let expected = [
        part("name=\"email\"", "a\"b\\\r\n\u{e4}"),
        part("name=\"ids\"", "[\"one\", 2]"),
        part("name=\"object\"", "{\"filename\":\"a \\\"b\\\".pdf\",\"contents\":\"Zm91cg==\"}"),
        part("name=\"text\"", "Zm91cg=="),
        part(
            "name=\"a %22file%22\"; filename=\"b %22c%22 \u{e4}.pdf\"\r\nContent-Type: application/octet-stream",
            "four",
        ),
        part("name=\"email\"", ""),
        format!("--{boundary}--\r\n"),
    ];
    assert_eq!(text, expected.concat());
    assert_ne!(sent(&request).0, content_type, "each send has a boundary of its own");
}

#[test]
fn a_request_without_fields_has_an_empty_body_that_parsers_accept() {
    let mut request = Request::new("api-applicant-status");
    let (content_type, text) = sent(&request);
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").expect("a form");
    assert_eq!(text, format!("--{boundary}--\r\n"));
    request.set_format(Format::Json).expect("accepted");
    assert_eq!(sent(&request), ("application/json".to_owned(), "{}".to_owned()));
}

#[test]
fn a_whole_body_is_sent_as_it_stands() {
    let mut request = Request::new("api-aml-results");
    request.set_body("text/plain; charset=utf-8", "\u{e4}\r\n".as_bytes()).expect("accepted");
    assert_eq!(sent(&request), ("text/plain; charset=utf-8".to_owned(), "\u{e4}\r\n".to_owned()));
    request.set_body("text/plain", b"").expect("accepted");
    assert_eq!(sent(&request), ("text/plain".to_owned(), String::new()));
    let (mut with_field, mut with_format) = (request.clone(), request.clone());
    with_field.add_text("a", "b").expect("the send checks it");
    assert_eq!(problem(&with_field), "request: it has a whole body and fields");
    with_format.set_format(Format::Multipart).expect("the send checks it");
    assert_eq!(problem(&with_format), "request: it has a whole body and a format");
}

#[test]
fn what_json_cannot_hold_is_refused_at_the_send() {
    let mut request = with_fields(Format::Json);
    request.add_text("email", "again").expect("the send checks it");
    assert_eq!(problem(&request), "request: two fields have the same name, which JSON does not allow");
    let mut request = Request::new("api-document-upload");
    request.add_bytes("file", b"", Some("f"), Encoding::Binary).expect("the send checks it");
    request.set_format(Format::Json).expect("the send checks it");
    assert_eq!(problem(&request), "request: PERSONR_ENCODING_BINARY is not for the format JSON");
}

#[test]
fn the_first_problem_stays() {
    let mut request = Request::new("../secret");
    let later = request.add_text("", "value").expect_err("refused");
    assert_eq!(later.message(), "name: it is empty", "a later call reports its own");
    request.add_text("name", "value").expect("accepted");
    let first = problem(&request);
    assert!(first.starts_with("endpoint: ") && !first.contains("secret"), "{first}");
    let failures: [fn(&mut Request) -> Result<()>; 7] = [
        |request| request.set_timeout_ms(0),
        |request| request.set_timeout_ms(3_600_001),
        |request| request.set_response_max(0),
        |request| request.set_response_max(67_108_865),
        |request| request.add_json("a", b"{"),
        |request| request.add_file("a", b"", None, Encoding::Base64),
        |request| request.set_body("", b""),
    ];
    for fail in failures {
        let mut request = Request::new("api-applicant-status");
        let error = fail(&mut request).expect_err("refused");
        assert_eq!(problem(&request), error.message());
    }
}

#[test]
fn a_defect_does_not_stay() {
    let mut request = Request::new("api-applicant-status");
    request.refuse(Error::new(Status::Internal, "panic", "a defect"));
    assert!(request.body().is_ok());
}

#[test]
fn what_fails_is_not_added() {
    let mut request = Request::new("api-applicant-status");
    request.set_format(Format::Json).expect("accepted");
    request.add_json("a", b"{").expect_err("refused");
    request.add_text("b", "c").expect("accepted");
    Arc::make_mut(&mut request.parts).problem = None;
    assert_eq!(sent(&request).1, r#"{"b":"c"}"#);
}

#[test]
fn a_copy_stands_as_it_was() {
    let mut request = Request::new("api-applicant-status");
    request.set_format(Format::Json).expect("accepted");
    request.add_text("a", "1").expect("accepted");
    let being_sent = request.clone();
    request.add_text("b", "2").expect("accepted");
    assert_eq!(sent(&being_sent).1, r#"{"a":"1"}"#);
    assert_eq!(sent(&request).1, r#"{"a":"1","b":"2"}"#);
}

#[test]
fn a_file_is_opened_at_each_send() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let mut request = Request::new("api-document-upload");
    request.set_format(Format::Json).expect("accepted");
    request.add_file("f", path.as_os_str().as_encoded_bytes(), None, Encoding::Base64).expect("accepted");
    let body = request.body().expect("a body");
    let error = body.open().err().expect("there is no file");
    assert_eq!((error.status(), error.reason()), (Status::File, "file-open"));
    for text in ["one", "three"] {
        std::fs::write(&path, text).expect("written");
        let body = sent(&request).1;
        assert_eq!(
            body,
            format!("{{\"f\":\"{}\"}}", ::base64::Engine::encode(&::base64::prelude::BASE64_STANDARD, text))
        );
    }
}

#[test]
fn debug_shows_no_field() {
    let shown = format!("{:?}", with_fields(Format::Json));
    assert_eq!(shown, "Request { endpoint: \"api-document-upload\", .. }");
}
