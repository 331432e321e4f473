//! A client that sends exactly the bytes it is given.

// Each test program uses a part of it.
#![allow(dead_code)]

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Longer than anything in these tests takes, so that it shows a hang only.
pub const LONG: Duration = Duration::from_secs(20);

pub const BASIC: &str = "/api/1.1/wf/api-basic-auth";
pub const FORM: &str = "/api/1.1/wf/api-token-generate";
pub const STATUS: &str = "/api/1.1/wf/api-applicant-status";

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "{self:?}");
        let json = self.json();
        assert_eq!(json["status"], "success");
        json["response"]["token"].as_str().unwrap().to_owned()
    }
}

pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

pub struct Client(pub Box<dyn Stream>);

impl Client {
    /// By TLS or plainly, as the sandbox wants it.
    pub fn new(sandbox: &Sandbox) -> Client {
        Client::connect(sandbox).unwrap()
    }

    pub fn connect(sandbox: &Sandbox) -> io::Result<Client> {
        let socket = tcp(sandbox.address())?;
        if sandbox.base_url().starts_with("http://") {
            return Ok(Client(Box::new(socket)));
        }
        Client::over(socket, sandbox.ca_pem(), "127.0.0.1")
    }

    /// TLS over any stream, with the handshake done.
    pub fn over(mut stream: impl Stream + 'static, ca_pem: &str, name: &'static str) -> io::Result<Client> {
        let name = ServerName::try_from(name).unwrap();
        let mut connection = ClientConnection::new(tls(ca_pem), name).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Client(Box::new(StreamOwned::new(connection, stream))))
    }

    pub fn send(&mut self, request: &str) {
        self.send_bytes(request.as_bytes());
    }

    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).unwrap();
        self.0.flush().unwrap();
    }

    /// Reads one answer with a Content-Length.
    pub fn receive(&mut self) -> Answer {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        Answer { status: head[9..12].parse().unwrap(), head, body }
    }

    pub fn exchange(&mut self, request: &str) -> Answer {
        self.send(request);
        self.receive()
    }

    /// Everything up to the end, and how it ended.
    pub fn rest(&mut self) -> (Vec<u8>, io::Result<()>) {
        let mut bytes = Vec::new();
        let end = self.0.read_to_end(&mut bytes).map(drop);
        (bytes, end)
    }
}

/// One request on a connection of its own.
pub fn exchange(sandbox: &Sandbox, request: &str) -> Answer {
    Client::new(sandbox).exchange(request)
}

pub fn tcp(address: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect(address)?;
    socket.set_read_timeout(Some(LONG))?;
    socket.set_write_timeout(Some(LONG))?;
    Ok(socket)
}

pub fn tls(ca_pem: &str) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca_pem.as_bytes()) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Arc::new(config)
}

pub fn authorization(email: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{email}:{password}")))
}

/// A login with the default account.
pub fn login() -> String {
    login_as(DEFAULT_EMAIL, DEFAULT_PASSWORD)
}

pub fn login_as(email: &str, password: &str) -> String {
    let authorization = authorization(email, password);
    format!(
        "POST {BASIC} HTTP/1.1\r\nHost: personr.test\r\nAuthorization: {authorization}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// A request to another endpoint.
pub fn bearer(path: &str, token: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: personr.test\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: 0\r\n\r\n"
    )
}

/// A POST with a body.
pub fn post(path: &str, content_type: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: personr.test\r\nContent-Type: {content_type}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The head of a POST with a token and a body of this type and length.
pub fn head(endpoint: &str, token: &str, content_type: &str, length: usize) -> String {
    format!(
        "POST /api/1.1/wf/{endpoint} HTTP/1.1\r\nHost: personr.test\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// The type of [`form`].
pub const FORM_TYPE: &str = "multipart/form-data; boundary=b";

/// A form; each field as what stands behind `form-data; ` and its content.
pub fn form(fields: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (disposition, content) in fields {
        body.extend_from_slice(format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

/// A form of texts.
pub fn texts(fields: &[(&str, &str)]) -> Vec<u8> {
    let names: Vec<_> = fields.iter().map(|(name, _)| format!("name=\"{name}\"")).collect();
    let fields: Vec<_> = names.iter().zip(fields).map(|(name, (_, text))| (name.as_str(), text.as_bytes())).collect();
    form(&fields)
}

/// A request to an endpoint on this connection.
pub fn call(client: &mut Client, endpoint: &str, token: &str, content_type: &str, body: &[u8]) -> Answer {
    client.send_bytes(&[head(endpoint, token, content_type, body.len()).as_bytes(), body].concat());
    client.receive()
}

/// The control interface, as a program in another language uses it.
pub struct Control(Client);

impl Control {
    pub fn of(sandbox: &Sandbox) -> Control {
        let address = sandbox.control_url().strip_prefix("http://").unwrap();
        Control(Client(Box::new(tcp(address.parse().unwrap()).unwrap())))
    }

    pub fn request(&mut self, method: &str, path: &str, body: &str) -> (u16, serde_json::Value) {
        let length = body.len();
        let answer =
            self.0.exchange(&format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}"));
        (answer.status, answer.json())
    }

    pub fn get(&mut self, path: &str) -> serde_json::Value {
        let (status, json) = self.request("GET", path, "");
        assert_eq!(status, 200, "{json}");
        json
    }

    pub fn done(&mut self, path: &str, body: &str) {
        assert_eq!(self.request("POST", path, body), (200, serde_json::json!({"done": true})), "{path} {body}");
    }
}

/// The status that this bearer token gets.
pub fn status_of(sandbox: &Sandbox, token: &str) -> u16 {
    exchange(sandbox, &bearer(STATUS, token)).status
}
