//! The control interface, as a program in another language uses it.

mod client;

use std::sync::mpsc;

use client::{Client, Control, FORM, FORM_TYPE, LONG, call, exchange, form, login, login_as, post, status_of, texts};
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Document, Sandbox};
use serde_json::json;

fn plain() -> Sandbox {
    Sandbox::builder().plain_http().start().unwrap()
}

#[test]
fn counters_are_those_of_the_service_alone() {
    let sandbox = plain();
    let mut control = Control::of(&sandbox);
    exchange(&sandbox, &login()).token();
    assert!(sandbox.wait_until(LONG, |counters| counters.open == 0));
    let (status, counters) = control.request("GET", "/counters", "");
    assert_eq!(status, 200);
    assert_eq!(counters, serde_json::to_value(sandbox.counters()).unwrap());
    assert_eq!((&counters["connections"], &counters["tokens_issued"]), (&json!(1), &json!(1)));
}

#[test]
fn lifetimes_tokens_and_accounts_are_changed() {
    let sandbox = plain();
    let mut control = Control::of(&sandbox);
    control.done("/lifetime", r#"{"seconds":2}"#);
    let answer = exchange(&sandbox, &login());
    assert_eq!(answer.json()["response"]["expires"], 2);

    control.done("/lifetime", r#"{"seconds":3600}"#);
    for body in ["{}", ""] {
        let token = exchange(&sandbox, &login()).token();
        control.done("/revoke", body);
        assert_eq!(status_of(&sandbox, &token), 401);
    }
    let token = exchange(&sandbox, &login()).token();
    let body = json!({ "token": token }).to_string();
    control.done("/revoke", &body);
    assert_eq!(control.request("POST", "/revoke", &body), (200, json!({"done": false})));
    assert_eq!(status_of(&sandbox, &token), 401);

    control.done("/account", r#"{"email":"b@example.com","password":"ü"}"#);
    exchange(&sandbox, &login_as("b@example.com", "ü")).token();
}

#[test]
fn faults_are_ordered_cleared_and_released() {
    let sandbox = plain();
    let mut control = Control::of(&sandbox);
    let fault = r#"{"action":{"answer":{"status":503,"headers":[["Retry-After","7"]],"body":"täglich"}},
        "path":"api-basic-auth","times":2}"#;
    control.done("/fault", fault);
    let answer = exchange(&sandbox, &login());
    assert_eq!((answer.status, answer.text().as_str()), (503, "täglich"));
    assert!(answer.head.contains("Retry-After: 7\r\n"));
    control.done("/clear", "");
    exchange(&sandbox, &login()).token();

    for path in ["/release", "/clear"] {
        control.done("/fault", r#"{"action":"hold"}"#);
        let mut client = Client::new(&sandbox);
        client.send(&login());
        assert!(sandbox.wait_until(LONG, |counters| counters.held == 1));
        control.done(path, "");
        client.receive().token();
    }
}

#[test]
fn mistakes_are_told() {
    let sandbox = plain();
    let mut control = Control::of(&sandbox);
    for (method, path, body, status) in [
        ("GET", "/nothing", "", 404),
        ("POST", "/counters", "", 405),
        ("GET", "/fault", "", 405),
        ("POST", "/lifetime", "{}", 400),
        ("POST", "/lifetime", "two", 400),
        ("POST", "/revoke", r#"{"tokens":"x"}"#, 400),
        ("POST", "/account", r#"{"email":"x"}"#, 400),
        ("POST", "/fault", r#"{"action":"explode"}"#, 400),
        ("POST", "/polls", r#"{"count":-1}"#, 400),
        ("POST", "/documents", r#"{"documents":[{"seed":1}]}"#, 400),
        ("POST", "/keep_alive", r#"{"idle":1}"#, 400),
        ("POST", "/revoke_after", r#"{"requests":3}"#, 400),
        ("POST", "/requests", "", 405),
        ("POST", "/stop", "", 409),
    ] {
        let (found, answer) = control.request(method, path, body);
        assert_eq!(found, status, "{method} {path} {body}");
        assert!(answer["message"].is_string());
    }
    exchange(&sandbox, &login()).token();
    assert!(sandbox.live_token(DEFAULT_EMAIL).is_some());
}

#[test]
fn stop_tells_the_owner() {
    let (stop, stopped) = mpsc::channel();
    let sandbox = Sandbox::builder().on_stop(move || stop.send(()).unwrap()).start().unwrap();
    Control::of(&sandbox).done("/stop", "");
    stopped.recv_timeout(LONG).unwrap();
}

#[test]
fn requests_and_uploads_are_told_without_credentials() {
    let sandbox = plain();
    let mut control = Control::of(&sandbox);
    let token = exchange(&sandbox, &login()).token();
    let mut client = Client::new(&sandbox);
    let fields: [(&str, &[u8]); 2] =
        [("name=\"docType\"", b"PASSPORT"), ("name=\"docFile\"; filename=\"a.png\"", &[0xff; 5])];
    call(&mut client, "api-document-upload", &token, FORM_TYPE, &form(&fields));
    call(&mut client, "api-applicant-create", "wrong", FORM_TYPE, &texts(&[("email", "a@b.c")]));

    let requests = control.get("/requests");
    assert_eq!(requests.as_array().unwrap().len(), 3);
    let of_endpoint = control.get("/requests?endpoint=api-document-upload");
    assert_eq!(of_endpoint, json!([requests[1]]));
    let request = &requests[1];
    assert_eq!(
        (&request["method"], &request["status"], &request["connection"]),
        (&json!("POST"), &json!(200), &json!(2))
    );
    assert_eq!(
        (&request["authorized"], &request["whole"], &request["problem"]),
        (&json!(true), &json!(true), &json!(null))
    );
    assert_eq!(request["content_length"], request["body_length"].to_string());
    assert_eq!(request["parts"][0]["text"], "PASSPORT");
    assert!(request["at_ms"].is_u64());
    assert_eq!((&requests[2]["authorized"], &requests[2]["status"]), (&json!(false), &json!(401)));

    let uploads = control.get("/uploads");
    let hash = Document::new("", 0, 0).sha256();
    assert_ne!(uploads[0]["sha256"], hash);
    assert_eq!(
        uploads,
        json!([{
            "endpoint": "api-document-upload", "whole": true, "name": "docFile", "encoding": "binary",
            "file_name": "a.png", "content_type": null, "length": 5, "text": null,
            "sha256": "132369a3b7f24fa619785c4e2eee68855f5d46cbe0aaa19eadd0dbc2dd592c39",
        }])
    );
    let credentials = json!({"email": DEFAULT_EMAIL, "password": DEFAULT_PASSWORD}).to_string();
    exchange(&sandbox, &post(FORM, "application/json", &credentials)).token();
    let told = control.get("/requests").to_string();
    assert!(!told.contains(&token) && !told.contains(DEFAULT_PASSWORD));
    control.done("/forget", "");
    assert_eq!(control.get("/requests"), json!([]));
}

#[test]
fn polls_documents_connections_and_revocations_are_set() {
    let sandbox = plain();
    let mut control = Control::of(&sandbox);
    control.done("/polls", r#"{"count":0}"#);
    let (_, set) = control.request(
        "POST",
        "/documents",
        r#"{"documents":[{"length":3,"seed":9},{"doc_type":"VISA","length":1}]}"#,
    );
    assert_eq!(set["documents"][0]["sha256"], Document::new("PASSPORT", 3, 9).sha256());
    control.done("/revoke_after", r#"{"requests":[2]}"#);
    control.done("/keep_alive", r#"{"requests":4}"#);

    let mut client = Client::new(&sandbox);
    let token = client.exchange(&login()).token();
    let none = texts(&[]);
    let download = call(&mut client, "api-document-download", &token, FORM_TYPE, &none).json();
    assert_eq!(download["response"]["IdDocType"], json!(["PASSPORT", "VISA"]));
    call(&mut client, "api-request-applicant-check", &token, FORM_TYPE, &none);
    let last = call(&mut client, "api-applicant-status", &token, FORM_TYPE, &none);
    assert_eq!(last.status, 401, "revoked after two");
    assert!(last.head.contains("Connection: close\r\n"), "the fourth is the last");
    let token = exchange(&sandbox, &login()).token();
    let status = call(&mut Client::new(&sandbox), "api-applicant-status", &token, FORM_TYPE, &none);
    assert!(status.text().contains(r#""Status": "Approved""#), "{}", status.text());
}
