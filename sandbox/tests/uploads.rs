//! Uploads: each way to send a document, and bodies that are none.

mod client;

use std::fs;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use client::{Client, Control, FORM_TYPE, LONG, call, exchange, form, head, login, texts};
use personr_sandbox::{DEFAULT_EMAIL, Document, Encoding, Part, Sandbox};

fn plain() -> (Sandbox, String) {
    let sandbox = Sandbox::builder().plain_http().start().unwrap();
    let token = exchange(&sandbox, &login()).token();
    sandbox.forget_requests();
    (sandbox, token)
}

fn last(sandbox: &Sandbox) -> Part {
    let requests = sandbox.requests();
    requests.last().unwrap().uploads().next().unwrap().clone()
}

#[test]
fn a_document_is_the_same_in_whatever_form_it_is_sent() {
    let (sandbox, token) = plain();
    let mut client = Client::new(&sandbox);
    for length in [1, 2, 3, 1000, 65_536, 65_537, 300_000] {
        let document = Document::new("", length, length);
        let bytes = document.bytes();
        let base64 = STANDARD.encode(&bytes);
        let object = format!(r#"{{"filename":"ä b.png","contents":"{base64}"}}"#);
        let json = format!(r#"{{"applicantId":"A1","docFile":{object}}}"#);
        for (content_type, body, encoding, name) in [
            ("application/json", json.as_bytes(), Encoding::Object, Some("ä b.png")),
            (FORM_TYPE, &form(&[("name=\"docFile\"", object.as_bytes())]), Encoding::Object, Some("ä b.png")),
            (FORM_TYPE, &form(&[("name=\"docFile\"", base64.as_bytes())]), Encoding::Base64, None),
            (FORM_TYPE, &form(&[("name=\"docFile\"; filename=\"c\"", &bytes)]), Encoding::Binary, Some("c")),
        ] {
            let answer = call(&mut client, "api-document-upload", &token, content_type, body);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let part = last(&sandbox);
            assert_eq!((part.encoding, part.file_name.as_deref()), (encoding, name));
            assert_eq!((part.length, part.sha256), (length, document.sha256()));
            assert_eq!(part.content, (length <= 65_536).then(|| bytes.clone()));
        }
    }
}

#[test]
fn a_body_that_is_malformed_is_refused_and_the_connection_goes_on() {
    let (sandbox, token) = plain();
    let mut client = Client::new(&sandbox);
    let whole = form(&[("name=\"docFile\"; filename=\"c\"", &[7; 100_000])]);
    let object = br#"{"docFile":{"filename":"a","contents":"AA=A"}}"#;
    for (content_type, body, word) in [
        ("multipart/form-data", whole.as_slice(), "no boundary"),
        ("multipart/form-data; boundary=c", &whole, "cannot be read"),
        (FORM_TYPE, &whole[..whole.len() - 9], "cannot be read"),
        (FORM_TYPE, b"--b\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--b--\r\n", "no name"),
        ("application/json", b"{\"a\":1", "cannot be read"),
        ("application/json", object, "no Base64"),
    ] {
        let answer = call(&mut client, "api-document-upload", &token, content_type, body);
        assert_eq!(answer.status, 400);
        let message = answer.json()["body"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(word), "{message}");
        let requests = sandbox.requests();
        let request = requests.last().unwrap();
        assert_eq!((request.problem.as_deref(), request.whole), (Some(&*message), true));
        assert_eq!((request.body_length, request.parts.len()), (body.len() as u64, 0));
    }
    assert_eq!(call(&mut client, "api-document-upload", &token, FORM_TYPE, &whole).status, 200);
    assert_eq!(sandbox.counters().connections, 2);
}

#[test]
fn an_upload_that_does_not_arrive_whole_is_noted_and_not_taken() {
    let (sandbox, token) = plain();
    let mut client = Client::new(&sandbox);
    client.send(&head("api-document-upload", &token, FORM_TYPE, 1000));
    client.send(&"x".repeat(999));
    drop(client);
    assert!(sandbox.wait_until(LONG, |counters| counters.incomplete == 1));
    let request = &sandbox.requests()[0];
    assert_eq!((request.whole, request.body_length, request.status), (false, 999, 0));
    assert_eq!((sandbox.counters().requests, sandbox.counters().authorized), (1, 0), "the login alone");
}

#[test]
fn texts_keep_their_bytes_and_their_order() {
    let (sandbox, token) = plain();
    let list = r#"["UUID1","UUID2"]"#;
    let fields = [("externalUserId", list), ("email", "ä@b"), ("email", "--b\r\n--"), ("nameFirst", "")];
    call(&mut Client::new(&sandbox), "api-add-ubo", &token, FORM_TYPE, &texts(&fields));
    let request = &sandbox.requests()[0];
    let found: Vec<_> = request.parts.iter().map(|part| (part.name.as_str(), part.text().unwrap())).collect();
    assert_eq!(found, fields);
}

#[test]
fn a_body_of_another_type_is_hashed_as_it_is() {
    let (sandbox, token) = plain();
    call(&mut Client::new(&sandbox), "api-add-ubo", &token, "application/pdf", b"abc");
    let part = last(&sandbox);
    assert_eq!((part.encoding, part.content_type.as_deref()), (Encoding::Body, Some("application/pdf")));
    assert_eq!(part.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/// curl as a client that we did not write, over TLS: with `Expect: 100-continue`, a chunked body, and an upload by name.
#[test]
fn the_curl_program_uploads() {
    let sandbox = Sandbox::start().unwrap();
    exchange(&sandbox, &login()).token();
    let token = sandbox.live_token(DEFAULT_EMAIL).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let document = Document::new("", 3_000_000, 1);
    let base64 = STANDARD.encode(document.bytes());
    fs::write(path("a.png"), document.bytes()).unwrap();
    fs::write(path("a.b64"), &base64).unwrap();
    fs::write(path("a.json"), format!(r#"{{"docFile":{{"filename":"a.png","contents":"{base64}"}}}}"#)).unwrap();

    let file = format!("docFile=@{};type=image/png;filename=\"a \\\" b.png\"", path("a.png"));
    let text = format!("docFile=<{}", path("a.b64"));
    let json = format!("@{}", path("a.json"));
    let ways: [&[&str]; 4] = [
        &["--form", "applicantId=A1", "--form", &file],
        &["--form", "applicantId=A1", "--form", &text],
        &["--header", "Content-Type: application/json", "--data-binary", &json],
        &[
            "--header",
            "Content-Type: application/json",
            "--header",
            "Transfer-Encoding: chunked",
            "--data-binary",
            &json,
        ],
    ];
    for arguments in ways {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--fail-with-body", "--cacert"])
            .arg(sandbox.ca_file())
            .args(["--header", &format!("Authorization: Bearer {token}")])
            .args(arguments)
            .arg(format!("{}/api-document-upload", sandbox.base_url()))
            .output();
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                eprintln!("SKIP: curl cannot be run ({error})");
                return;
            }
        };
        assert!(output.status.success(), "{output:?}");
    }
    let uploads = Control::of(&sandbox).get("/uploads");
    let encodings: Vec<_> = (0..4).map(|index| uploads[index]["encoding"].as_str().unwrap()).collect();
    assert_eq!(encodings, ["binary", "base64", "object", "object"]);
    for index in 0..4 {
        assert_eq!(
            (&uploads[index]["sha256"], &uploads[index]["length"]),
            (&document.sha256().into(), &3_000_000.into())
        );
    }
    assert_eq!(uploads[0]["content_type"], "image/png");
}
