//! The environment's proxy beside the real `curl`, which users know: the same values of NO_PROXY and of HTTPS_PROXY are
//! given to both, and both are watched.
//!
//! curl's versions differ here and there, and some do what their manual does not say. Where the library does something
//! else than Debian 12's (7.88.1), the row says why, and curl is not asked.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod no_proxy;
mod userinfo;

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use personr_testkit::compile::{ROOT, Workshop, cc};

/// What a client did with a URL and an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Way {
    /// It asked the proxy for a tunnel. With what stood in its Proxy-Authorization, if there was one.
    Proxy(Option<String>),
    Direct,
    /// It connected to nothing. What the library said.
    Nothing(String),
}

impl Way {
    fn by_proxy(&self) -> bool {
        matches!(self, Self::Proxy(_))
    }
}

/// Why the library does something else than curl; `None`: it does the same.
type Otherwise = Option<&'static str>;

const SAME: Otherwise = None;

/// Ends each connection as soon as it has read the head of a request, and keeps its credentials.
struct Listener {
    address: SocketAddr,
    credentials: Arc<Mutex<Vec<Option<String>>>>,
}

impl Listener {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let credentials = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&credentials);
        // It ends with the process.
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut head = Vec::new();
                let mut byte = [0];
                // The first byte of a TLS handshake: no proxy was asked.
                while !head.ends_with(b"\r\n\r\n")
                    && head.first() != Some(&22)
                    && matches!(stream.read(&mut byte), Ok(1))
                {
                    head.push(byte[0]);
                }
                let head = String::from_utf8_lossy(&head);
                let found = head.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: Basic "));
                seen.lock().expect("no panic").push(found.map(str::to_owned));
            }
        });
        Self { address, credentials }
    }

    /// What came since the last call.
    fn seen(&self) -> Vec<Option<String>> {
        std::mem::take(&mut self.credentials.lock().expect("no panic"))
    }
}

/// A case for both clients.
struct Question {
    url: String,
    userinfo: Vec<u8>,
    no_proxy: Vec<u8>,
}

impl Question {
    fn https_proxy(&self, proxy: &Listener) -> Vec<u8> {
        [b"http://", self.userinfo.as_slice(), proxy.address.to_string().as_bytes()].concat()
    }
}

/// `None` if it is not here, or from before it knew address ranges (7.86).
fn curl_version() -> Option<String> {
    let output = Command::new("curl").arg("--version").output().ok()?;
    let version = String::from_utf8(output.stdout).ok()?.split(' ').nth(1)?.to_owned();
    let mut parts = version.split('.').map_while(|part| part.parse::<u32>().ok());
    ((parts.next()?, parts.next()?) >= (7, 86)).then_some(version)
}

fn ask_curl(question: &Question) -> Way {
    let (proxy, service) = (Listener::start(), Listener::start());
    let mut command = Command::new("curl");
    // First: without the user's ~/.curlrc.
    command.args(["-q", "--silent", "--max-time", "60", "--connect-to"]);
    command.arg(format!("::{}", service.address)).arg(&question.url).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HTTPS_PROXY", OsStr::from_bytes(&question.https_proxy(&proxy)));
    command.env("NO_PROXY", OsStr::from_bytes(&question.no_proxy));
    assert!(!command.output().expect("curl runs").status.success(), "nobody answers");
    match (proxy.seen().as_slice(), service.seen().len()) {
        ([credentials], 0) => Way::Proxy(credentials.clone()),
        ([], 1) => Way::Direct,
        ([], 0) => Way::Nothing(String::new()),
        other => panic!("{other:?}"),
    }
}

fn ask_library(questions: &[Question]) -> Vec<Way> {
    let proxy = Listener::start();
    let workshop = Workshop::new();
    let source = Path::new(ROOT).join("tests/network/like_curl/asker.c").into_os_string();
    let arguments = ["-std=c99", "-Wall", "-Wextra", "-Werror"].map(Into::into);
    let program = workshop.program("asker", &cc(), &[&arguments[..], &[source]].concat());
    let mut child = Command::new(program)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut input = Vec::new();
    for question in questions {
        for line in [question.url.as_bytes(), &question.https_proxy(&proxy), &question.no_proxy] {
            assert!(!line.contains(&b'\n'), "a line each");
            input.extend_from_slice(line);
            input.push(b'\n');
        }
    }
    let mut stdin = child.stdin.take().expect("piped");
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    assert!(output.status.success());
    let mut credentials = proxy.seen().into_iter();
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let way = |line: &str| match line {
        "proxy" => Way::Proxy(credentials.next().expect("the proxy was connected to")),
        "direct" => Way::Direct,
        message => Way::Nothing(message.to_owned()),
    };
    let ways: Vec<_> = text.lines().map(way).collect();
    assert_eq!(ways.len(), questions.len());
    ways
}
