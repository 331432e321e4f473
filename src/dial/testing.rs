//! Servers for the unit tests that speak no HTTP of their own: what one sends and reads, and how it ends, is the test's.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Dialer, Settings, Stream, Tls};
use crate::clock::Deadline;
use crate::environment::Environment;
use crate::url::Url;

/// No test comes near it, unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Plain,
    Tls,
}

pub(crate) const BOTH: [Kind; 2] = [Kind::Plain, Kind::Tls];

/// A server of one connection, and what its work brings.
pub(crate) struct Server<T> {
    pub(crate) url: String,
    dialer: Dialer,
    work: JoinHandle<T>,
}

/// Accepts one connection and does the work with it.
pub(crate) fn serve<T: Send + 'static>(kind: Kind, work: impl FnOnce(Peer) -> T + Send + 'static) -> Server<T> {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let scheme = if kind == Kind::Tls { "https" } else { "http" };
    let url = format!("{scheme}://127.0.0.1:{port}");
    let settings = settings();
    let environment = Environment::of(|_| None);
    let tls = Tls::shared(settings, &environment);
    let dialer = Dialer::direct(&Url::parse(url.as_bytes()).expect("a URL"), settings, &tls);
    let work = thread::spawn(move || {
        let (socket, _) = listener.accept().expect("a client");
        // What is sent leaves at once: a reset would else overtake it.
        socket.set_nodelay(true).expect("an option");
        socket.set_read_timeout(Some(PATIENCE)).expect("an option");
        socket.set_write_timeout(Some(PATIENCE)).expect("an option");
        work(match kind {
            Kind::Plain => Peer::Plain(socket),
            Kind::Tls => {
                let connection = ServerConnection::new(Arc::clone(&identity().0)).expect("a connection");
                Peer::Tls(Box::new(StreamOwned::new(connection, socket)))
            }
        })
    });
    Server { url, dialer, work }
}

impl<T> Server<T> {
    pub(crate) fn dial(&self) -> Stream {
        self.dial_until(Deadline::after(PATIENCE))
    }

    pub(crate) fn dial_until(&self, deadline: Deadline) -> Stream {
        self.dialer.dial(deadline, PATIENCE).expect("connected")
    }

    /// Waits for the end of the work.
    pub(crate) fn end(self) -> T {
        self.work.join().expect("the server does not fail")
    }
}

/// The server's side of the connection.
pub(crate) enum Peer {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
}

impl Peer {
    pub(crate) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }

    /// The server's part of the handshake. The client's comes with its request.
    pub(crate) fn greet(&mut self) {
        let Self::Tls(stream) = self else { return };
        while !stream.conn.wants_write() {
            stream.conn.read_tls(&mut stream.sock).expect("a client");
            stream.conn.process_new_packets().expect("a greeting");
        }
        while stream.conn.wants_write() {
            stream.conn.write_tls(&mut stream.sock).expect("sent");
        }
    }

    /// The head of a request with its empty line, byte by byte so that nothing behind it is read.
    pub(crate) fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.read_exact(&mut byte).expect("a head");
            head.push(byte[0]);
        }
        String::from_utf8(head).expect("text")
    }

    /// The head and the body of a request.
    pub(crate) fn request(&mut self) -> (String, Vec<u8>) {
        let head = self.head();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("a length");
        let mut body = vec![0; length.parse().expect("a number")];
        self.read_exact(&mut body).expect("a body");
        (head, body)
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.write_all(bytes.as_ref()).and_then(|()| self.flush()).expect("sent");
    }

    /// All that still comes; also if it ends in a reset.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        match self.read_to_end(&mut rest) {
            Ok(_) => rest,
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof) => rest,
            Err(error) => panic!("{error}"),
        }
    }

    /// Ends the connection in order: with close_notify, if it is TLS. Children that other tests fork may have copies of
    /// the socket, and a shutdown is for them too.
    pub(crate) fn end(mut self) {
        if let Self::Tls(stream) = &mut self {
            stream.conn.send_close_notify();
            while stream.conn.wants_write() {
                stream.conn.write_tls(&mut stream.sock).expect("sent");
            }
        }
        self.cut();
    }

    /// Ends the TCP connection alone.
    pub(crate) fn cut(self) {
        self.socket().shutdown(Shutdown::Write).expect("open");
    }

    pub(crate) fn reset(self) {
        socket2::SockRef::from(self.socket()).set_linger(Some(Duration::ZERO)).expect("an option");
    }
}

impl Read for Peer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

/// The certificate of all servers, made once, and the settings that trust it.
fn identity() -> &'static (Arc<ServerConfig>, Settings) {
    static IDENTITY: OnceLock<(Arc<ServerConfig>, Settings)> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("parameters");
        let certificate = params.self_signed(&key).expect("a certificate");
        let mut settings = Settings { system_roots: false, ..Settings::default() };
        settings.added_roots.add("ca_pem", certificate.pem().as_bytes()).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a server");
        (Arc::new(config), settings)
    })
}

fn settings() -> &'static Settings {
    &identity().1
}
