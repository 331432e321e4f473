//! The control interface, as a program in another language uses it.

mod client;

use std::sync::mpsc;

use client::{Client, LONG, exchange, login, login_as, status_of, tcp};
use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use serde_json::{Value, json};

struct Control(Client);

impl Control {
    fn of(sandbox: &Sandbox) -> Control {
        let address = sandbox.control_url().strip_prefix("http://").unwrap();
        Control(Client(Box::new(tcp(address.parse().unwrap()).unwrap())))
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let length = body.len();
        let answer =
            self.0.exchange(&format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}"));
        (answer.status, answer.json())
    }

    fn done(&mut self, path: &str, body: &str) {
        assert_eq!(self.request("POST", path, body), (200, json!({"done": true})), "{path} {body}");
    }
}

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
