//! The program: its line of JSON, its options, and its end.

mod client;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use client::{Client, login_as, tcp};
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD};
use serde_json::{Value, json};

struct Program {
    child: Child,
    line: Value,
}

impl Program {
    fn start(arguments: &[&str]) -> Program {
        let mut child = command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let line = serde_json::from_str(&line).unwrap();
        Program { child, line }
    }

    fn text(&self, field: &str) -> &str {
        self.line[field].as_str().unwrap()
    }

    fn client(&self, field: &str) -> Client {
        let url = self.text(field);
        let (scheme, rest) = url.split_once("://").unwrap();
        let socket = tcp(rest.split('/').next().unwrap().parse().unwrap()).unwrap();
        if scheme == "http" {
            return Client(Box::new(socket));
        }
        let ca_pem = std::fs::read_to_string(self.text("ca_file")).unwrap();
        Client::over(socket, &ca_pem, "127.0.0.1").unwrap()
    }

    /// It must have ended well, and taken its folder with it.
    fn assert_ended(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        assert!(!Path::new(self.text("ca_file")).parent().unwrap().exists());
    }
}

impl Drop for Program {
    /// A test that failed leaves no program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_personr-sandbox"));
    command.args(arguments);
    command
}

#[test]
fn it_says_where_it_is_and_stops_when_told() {
    let program = Program::start(&[]);
    assert_eq!(program.line["email"], DEFAULT_EMAIL);
    assert_eq!(program.line["password"], DEFAULT_PASSWORD);
    program.client("base_url").exchange(&login_as(DEFAULT_EMAIL, DEFAULT_PASSWORD)).token();
    let stop = "POST /stop HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
    let mut control = program.client("control_url");
    let answer = control.exchange(stop);
    assert_eq!((answer.status, answer.json()), (200, json!({"done": true})));
    program.assert_ended();
}

#[test]
fn the_options_reach_the_sandbox() {
    let options = ["--plain-http", "--email=a@example.com", "--password", "b", "--lifetime=7"];
    let mut program = Program::start(&[&options[..], &["--wait-stdin"]].concat());
    assert!(program.text("base_url").starts_with("http://127.0.0.1:"));
    let mut client = program.client("base_url");
    let answer = client.exchange(&login_as("a@example.com", "b"));
    assert_eq!(answer.json()["response"]["expires"], 7);
    let other = client.exchange(&login_as(DEFAULT_EMAIL, DEFAULT_PASSWORD));
    assert_eq!(other.status, 400, "no other account than the one given");
    drop(program.child.stdin.take());
    program.assert_ended();
}

#[cfg(unix)]
#[test]
fn sigterm_ends_it_in_an_orderly_way() {
    let program = Program::start(&["--certificate", "expired"]);
    let killed = Command::new("kill").arg(program.child.id().to_string()).status().unwrap();
    assert!(killed.success());
    program.assert_ended();
}

#[test]
fn wrong_arguments_are_explained() {
    let output = command(&["--nonsense"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--nonsense is not known"));
    let mut help = String::new();
    let mut child = command(&["--help"]).stdout(Stdio::piped()).spawn().unwrap();
    child.stdout.take().unwrap().read_to_string(&mut help).unwrap();
    assert!(child.wait().unwrap().success() && help.contains("--wait-stdin"));
}
