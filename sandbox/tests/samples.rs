//! The five client samples in the service's documentation, byte for byte as their
//! clients send them, over TLS: each must get a token.

mod client;

use std::process::Command;

use client::{BASIC, authorization, exchange};
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};

fn token_for(request_line: &str, headers: &[&str]) {
    let sandbox = Sandbox::start().unwrap();
    let authorization = authorization(DEFAULT_EMAIL, DEFAULT_PASSWORD);
    let request = format!(
        "{request_line}\r\nHost: {}\r\nAuthorization: {authorization}\r\n{}\r\n\r\n",
        sandbox.address(),
        headers.join("\r\n")
    );
    let token = exchange(&sandbox, &request).token();
    assert_eq!(sandbox.live_token(DEFAULT_EMAIL), Some(token));
}

#[test]
fn curl_sends_get_with_multipart_and_no_boundary() {
    let headers = ["User-Agent: curl/8.5.0", "Accept: */*", "Content-Type: multipart/form-data"];
    token_for(&format!("GET {BASIC} HTTP/1.1"), &headers);
}

#[test]
fn axios_sends_get_with_multipart_and_no_boundary() {
    let headers = [
        "Accept: application/json, text/plain, */*",
        "Content-Type: multipart/form-data",
        "User-Agent: axios/1.7.9",
        "Accept-Encoding: gzip, compress, deflate, br",
        "Connection: keep-alive",
    ];
    token_for(&format!("GET {BASIC} HTTP/1.1"), &headers);
}

#[test]
fn fetch_sends_post_with_json_and_no_body() {
    let headers = [
        "connection: keep-alive",
        "Content-Type: application/json",
        "accept: */*",
        "user-agent: node",
        "accept-encoding: gzip, deflate",
        "content-length: 0",
    ];
    token_for(&format!("POST {BASIC} HTTP/1.1"), &headers);
}

#[test]
fn ruby_sends_post_without_content_type_and_body() {
    let headers = [
        "Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3",
        "Accept: */*",
        "User-Agent: Ruby",
        "Connection: close",
    ];
    token_for(&format!("POST {BASIC} HTTP/1.1"), &headers);
}

#[test]
fn python_sends_post_without_content_type_and_body() {
    let headers = [
        "User-Agent: python-requests/2.32.3",
        "Accept-Encoding: gzip, deflate",
        "Accept: */*",
        "Connection: keep-alive",
        "Content-Length: 0",
    ];
    token_for(&format!("POST {BASIC} HTTP/1.1"), &headers);
}

#[test]
fn the_curl_program_gets_a_token() {
    let sandbox = Sandbox::start().unwrap();
    let output = Command::new("curl")
        .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--cacert"])
        .arg(sandbox.ca_file())
        .arg("--user")
        .arg(format!("{DEFAULT_EMAIL}:{DEFAULT_PASSWORD}"))
        .args(["--header", "Content-Type: multipart/form-data"])
        .arg(format!("{}/api-basic-auth", sandbox.base_url()))
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => {
            eprintln!("skipped: curl cannot be run ({error})");
            return;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let body: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(body["response"]["token"].as_str(), sandbox.live_token(DEFAULT_EMAIL).as_deref());
    let requests = sandbox.requests();
    assert_eq!(requests[0].method, "GET");
    assert_eq!(requests[0].header("content-type"), Some(b"multipart/form-data".as_slice()));
}
