//! A Redis server of a test's own, which ends with it, and a connection to look into it and to disturb it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use personr_sandbox::Sandbox;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

use crate::client::Options;
use crate::compile;

const PATIENCE: Duration = Duration::from_secs(60);

pub struct RedisServer {
    child: Child,
    port: u16,
    tls_port: u16,
    arguments: Vec<String>,
    folder: TempDir,
    ca_pem: String,
}

impl RedisServer {
    /// `None` where there is none to start: the test is then skipped, and returns.
    pub fn start(test: &str, arguments: &[&str]) -> Option<Self> {
        if !compile::is_installed("redis-server") {
            compile::skip(test, "redis-server is not installed (Debian: apt-get install redis-server)");
            return None;
        }
        let folder = TempDir::new().expect("a temporary folder");
        let ca_pem = certificate(&folder);
        let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        // Between the look for a free port and its use another program may take it.
        for _ in 0..10 {
            let (port, tls_port) = (free_port(), free_port());
            if let Some(child) = spawn(&folder, port, tls_port, &arguments) {
                return Some(Self { child, port, tls_port, arguments, folder, ca_pem });
            }
        }
        panic!("redis-server does not start with {arguments:?}");
    }

    /// One that watches others, and keeps nothing itself.
    pub fn start_sentinel(test: &str) -> Option<Self> {
        Self::start(test, &["--sentinel"])
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn url_as(&self, userinfo: &str) -> String {
        format!("redis://{userinfo}@127.0.0.1:{}", self.port)
    }

    pub fn tls_url(&self) -> String {
        format!("rediss://127.0.0.1:{}", self.tls_port)
    }

    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// Options for a sandbox, with this server as the store.
    pub fn options(&self, sandbox: &Sandbox) -> Options {
        let options = Options::of(sandbox);
        options.token_store(&self.url()).expect("accepted");
        options
    }

    /// Does what `redis-cli` would do, and returns the answer's text; lists with a blank between two items.
    pub fn run(&self, command: &[&str]) -> String {
        let bytes: Vec<_> = command.iter().map(|word| word.as_bytes()).collect();
        run(self.port, &bytes).expect("an answer")
    }

    pub fn run_bytes(&self, command: &[&[u8]]) -> String {
        run(self.port, command).expect("an answer")
    }

    /// The one record in it.
    pub fn record_key(&self) -> String {
        let keys = self.run(&["KEYS", "personr:*"]);
        let keys: Vec<_> = keys.split(' ').filter(|key| !key.ends_with(":lock")).collect();
        assert_eq!(keys.len(), 1, "{keys:?}");
        keys[0].to_owned()
    }

    pub fn lock_key(&self) -> String {
        self.run(&["KEYS", "personr:*:lock"])
    }

    /// A connection that stays.
    pub fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).expect("connected")
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// On the same port, and empty.
    pub fn start_again(&mut self) {
        self.child = spawn(&self.folder, self.port, self.tls_port, &self.arguments).expect("it starts again");
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}

/// `None` if it did not come up.
fn spawn(folder: &TempDir, port: u16, tls_port: u16, arguments: &[String]) -> Option<Child> {
    let path = |name: &str| folder.path().join(name);
    let mut command = Command::new("redis-server");
    if arguments.iter().any(|argument| argument == "--sentinel") {
        // It writes into its configuration, and takes no other way to one.
        let configuration = path("sentinel.conf");
        fs::write(&configuration, "").expect("written");
        command.arg(configuration);
    }
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--tls-port", &tls_port.to_string()]);
    command.args(["--tls-auth-clients", "no", "--save", "", "--appendonly", "no", "--dir"]).arg(folder.path());
    command.arg("--tls-ca-cert-file").arg(path("ca.pem"));
    command.arg("--tls-cert-file").arg(path("certificate.pem")).arg("--tls-key-file").arg(path("key.pem"));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
    end_with_the_test(&mut command);
    let mut child = command.spawn().expect("redis-server runs");
    let begun = Instant::now();
    while run(port, &[b"PING"]).is_none() {
        if child.try_wait().expect("a state").is_some() {
            return None;
        }
        assert!(begun.elapsed() < PATIENCE, "redis-server never answered");
        thread::sleep(Duration::from_millis(5));
    }
    // Not another program's server on this port.
    child.try_wait().expect("a state").is_none().then_some(child)
}

/// Also if the test is killed, and nothing is dropped.
fn end_with_the_test(command: &mut Command) {
    #[cfg(target_os = "linux")]
    // SAFETY: `prctl` may be called between fork and exec, and touches nothing but the child itself.
    unsafe {
        std::os::unix::process::CommandExt::pre_exec(command, || {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}

fn free_port() -> u16 {
    address_of(&TcpListener::bind("127.0.0.1:0").expect("a port")).port()
}

pub fn address_of(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("an address")
}

/// Writes a certificate for 127.0.0.1 and its key, and returns the CA's.
fn certificate(folder: &TempDir) -> String {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a CA");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &ca).expect("a certificate");
    for (name, text) in [("ca.pem", ca.pem()), ("certificate.pem", certificate.pem()), ("key.pem", key.serialize_pem())]
    {
        fs::write(PathBuf::from(folder.path()).join(name), text).expect("written");
    }
    ca.pem()
}

fn run(port: u16, command: &[&[u8]]) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let mut bytes = format!("*{}\r\n", command.len()).into_bytes();
    for word in command {
        bytes.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        bytes.extend_from_slice(word);
        bytes.extend_from_slice(b"\r\n");
    }
    stream.write_all(&bytes).ok()?;
    answer(&mut BufReader::new(stream))
}

fn answer(reader: &mut impl BufRead) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let (kind, text) = line.trim_end().split_at(1);
    match kind {
        "$" if text != "-1" => {
            let mut bytes = vec![0; text.parse::<usize>().ok()? + 2];
            reader.read_exact(&mut bytes).ok()?;
            Some(String::from_utf8_lossy(&bytes).trim_end().to_owned())
        }
        "*" => {
            let items: Option<Vec<_>> = (0..text.parse().ok()?).map(|_| answer(reader)).collect();
            Some(items?.join(" "))
        }
        _ => Some(text.to_owned()),
    }
}
