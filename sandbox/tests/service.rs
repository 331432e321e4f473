//! What the service answers when nothing disturbs it.

mod client;

use std::time::Duration;

use client::{BASIC, Client, FORM, STATUS, bearer, exchange, login, login_as, post, status_of};
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};

/// Plain HTTP: what is tested here has nothing to do with TLS.
fn plain() -> Sandbox {
    Sandbox::builder().plain_http().start().unwrap()
}

fn multipart(fields: &[(&str, &str)]) -> String {
    let mut body = String::new();
    for (name, value) in fields {
        body += &format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    post(FORM, "multipart/form-data; boundary=b", &(body + "--b--\r\n"))
}

#[test]
fn a_login_answers_as_documented() {
    let sandbox = plain();
    let answer = exchange(&sandbox, &login());
    let token = answer.token();
    let json = answer.json();
    assert_eq!(json["response"]["expires"].to_string(), "31536000");
    let user_id = json["response"]["user_id"].as_str().unwrap();
    assert_eq!(
        answer.text(),
        format!(
            "{{\n  \"status\": \"success\",\n  \"response\": {{\n    \"token\": \"{token}\",\n    \
             \"user_id\": \"{user_id}\",\n    \"expires\": 31536000\n  }}\n}}"
        )
    );
    assert!(answer.head.contains("Content-Type: application/json\r\n"));
    let again = exchange(&sandbox, &login()).json();
    assert_eq!(again["response"]["user_id"], user_id);
}

#[test]
fn wrong_credentials_get_the_documented_bytes() {
    let documented = "{\n    \"statusCode\": 400,\n    \"reason\": \"INVALID_LOGIN_CREDENTIALS\",\n    \
        \"message\": \"We didn\u{2019}t find an account with those login credentials\",\n    }";
    let sandbox = plain();
    for (email, password) in [(DEFAULT_EMAIL, "wrong"), ("nobody@example.com", DEFAULT_PASSWORD)] {
        let answer = exchange(&sandbox, &login_as(email, password));
        assert_eq!((answer.status, answer.text().as_str()), (400, documented));
        let answer = exchange(&sandbox, &multipart(&[("email", email), ("password", password)]));
        assert_eq!((answer.status, answer.text().as_str()), (400, documented));
    }
    let counters = sandbox.counters();
    assert_eq!((counters.refused_logins, counters.tokens_issued), (4, 0));
}

#[test]
fn a_new_login_ends_the_old_token() {
    let sandbox = plain();
    let first = exchange(&sandbox, &login()).token();
    assert_eq!(status_of(&sandbox, &first), 200);
    let second = exchange(&sandbox, &login()).token();
    assert_eq!(status_of(&sandbox, &first), 401);
    assert_eq!(status_of(&sandbox, &second), 200);
    // A refused login ends nothing.
    exchange(&sandbox, &login_as(DEFAULT_EMAIL, "wrong"));
    assert_eq!(status_of(&sandbox, &second), 200);
}

#[test]
fn a_form_logs_in_too() {
    let sandbox = plain();
    let fields = [("email", DEFAULT_EMAIL), ("password", DEFAULT_PASSWORD)];
    let first = exchange(&sandbox, &multipart(&fields)).token();
    let json = format!(r#"{{"email":"{DEFAULT_EMAIL}","password":"{DEFAULT_PASSWORD}"}}"#);
    let second = exchange(&sandbox, &post(FORM, "application/json", &json)).token();
    assert_eq!(status_of(&sandbox, &first), 401);
    assert_eq!(status_of(&sandbox, &second), 200);
    let answer = exchange(&sandbox, &multipart(&fields[..1]));
    assert_eq!((answer.status, answer.json()["body"]["status"].as_str()), (400, Some("MISSING_DATA")));
}

#[test]
fn bodies_that_multipart_parsers_refuse_are_refused() {
    let sandbox = plain();
    let with_type = |content_type: &str, body: &str| {
        let lines = format!("Content-Type: {content_type}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        exchange(&sandbox, &login().replace("Content-Length: 0\r\n\r\n", &lines))
    };
    for content_type in ["multipart/form-data", "multipart/form-data; boundary=b"] {
        let answer = with_type(content_type, "");
        let json = answer.json();
        assert_eq!((answer.status, &json["statusCode"]), (400, &400.into()));
        assert_eq!(json["body"]["status"], "MISSING_DATA");
        assert!(json["body"]["message"].is_string());
    }
    with_type("multipart/form-data; boundary=b", "--b--\r\n").token();
    let counters = sandbox.counters();
    assert_eq!((counters.refused_logins, counters.tokens_issued), (2, 1));
}

#[test]
fn the_other_endpoints_need_a_bearer_token() {
    let sandbox = plain();
    for token in ["", "1670035114445x631333625381113500", "bus|1|2"] {
        let answer = exchange(&sandbox, &bearer(STATUS, token));
        let json = answer.json();
        assert_eq!(answer.status, 401);
        assert_eq!(json["error_class"], "Unauthorized");
        assert!(json["args"]["code"].is_string() && json["message"].is_null());
        assert_eq!(json["translation"], format!("Invalid or expired token: {token}"));
    }
    assert_eq!(exchange(&sandbox, &post(STATUS, "application/json", "{}")).status, 401);
    // The credentials of a login are no token.
    assert_eq!(exchange(&sandbox, &login().replace(BASIC, STATUS)).status, 401);
    assert_eq!(sandbox.counters().unauthorized, 5);
    assert_eq!(sandbox.counters().authorized, 0);
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    let sandbox = plain();
    let token = exchange(&sandbox, &login()).token();
    for path in ["/api/1.1/wf/api-nothing", "/api/1.1/wf", "/", "/api-basic-auth"] {
        assert_eq!(exchange(&sandbox, &bearer(path, &token)).status, 404, "{path}");
    }
    let method = |request: String, method: &str| exchange(&sandbox, &request.replacen("POST", method, 1)).status;
    assert_eq!(method(login(), "PUT"), 405);
    assert_eq!(method(bearer(STATUS, &token), "GET"), 405);
    assert_eq!(method(post(FORM, "application/json", "{}"), "GET"), 405);
}

#[test]
fn a_broken_body_is_refused_with_a_good_token_as_well() {
    let sandbox = plain();
    let token = exchange(&sandbox, &login()).token();
    let request =
        post(STATUS, "application/json", "{").replace("Host:", &format!("Authorization: Bearer {token}\r\nHost:"));
    assert_eq!(exchange(&sandbox, &request).status, 400);
}

#[test]
fn tokens_end_with_their_lifetime() {
    let sandbox = Sandbox::builder().plain_http().lifetime(0.3).start().unwrap();
    let answer = exchange(&sandbox, &login());
    assert_eq!(answer.json()["response"]["expires"].to_string(), "0.3");
    let token = answer.token();
    std::thread::sleep(Duration::from_millis(310));
    assert_eq!(status_of(&sandbox, &token), 401);
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL), None);

    sandbox.set_lifetime(3600.0);
    let answer = exchange(&sandbox, &login());
    assert_eq!(answer.json()["response"]["expires"].to_string(), "3600");
    assert_eq!(status_of(&sandbox, &answer.token()), 200);
}

#[test]
fn tokens_can_be_revoked() {
    let sandbox = plain();
    let first = exchange(&sandbox, &login()).token();
    assert!(sandbox.revoke(&first));
    assert!(!sandbox.revoke(&first));
    assert_eq!(status_of(&sandbox, &first), 401);
    let second = exchange(&sandbox, &login()).token();
    sandbox.revoke_all();
    assert_eq!(status_of(&sandbox, &second), 401);
}

#[test]
fn accounts_come_change_and_go() {
    let sandbox = Sandbox::builder().plain_http().account("b@example.com", "b").start().unwrap();
    let status = |email: &str, password: &str| exchange(&sandbox, &login_as(email, password)).status;
    assert_eq!(status("b@example.com", "b"), 200);
    assert_eq!(status(DEFAULT_EMAIL, DEFAULT_PASSWORD), 200);
    let token = sandbox.live_token("b@example.com").unwrap();
    sandbox.set_account("b@example.com", "c");
    assert_eq!(status_of(&sandbox, &token), 200);
    assert_eq!(status("b@example.com", "b"), 400);
    assert_eq!(status("b@example.com", "c"), 200);
    let token = sandbox.live_token("b@example.com").unwrap();
    sandbox.remove_account("b@example.com");
    assert_eq!(status("b@example.com", "c"), 400);
    assert_eq!(status_of(&sandbox, &token), 401);
}

#[test]
fn the_newer_form_of_tokens_is_issued_in_turns() {
    let sandbox = plain();
    let mut client = Client::new(&sandbox);
    let tokens: Vec<_> = (0..4).map(|_| client.exchange(&login()).token()).collect();
    let newer: Vec<_> = tokens.iter().map(|token| token.contains('|')).collect();
    assert_eq!(newer, [false, true, false, true]);
    assert_eq!(status_of(&sandbox, &tokens[3]), 200);
}

#[test]
fn threads_can_share_a_sandbox() {
    fn shared<T: Send + Sync + std::fmt::Debug>() {}
    shared::<Sandbox>();
    shared::<personr_sandbox::Proxy>();
}
