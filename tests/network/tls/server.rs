//! Servers that keep every byte they get. To whoever sends a request they give a token, so that a check that is
//! missing cannot be overlooked.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};

use super::certificates::Identity;

/// Only a hang lasts as long.
const PATIENCE: Duration = Duration::from_secs(60);

const SUCCESS: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 77\r\n\r\n\
    {\"status\":\"success\",\"response\":{\"token\":\"stolen\",\"user_id\":\"u\",\"expires\":60}}";

/// What a server does with its connections.
#[derive(Clone)]
pub enum Service {
    Tls(Arc<ServerConfig>),
    /// Answers the first bytes with these, whatever they are.
    Raw(Vec<u8>),
    /// Hands everything on to another server, and back.
    Relay(SocketAddr),
}

impl Service {
    pub fn tls(identity: &Identity) -> Self {
        Self::tls_of(identity, &[&TLS12, &TLS13])
    }

    pub fn tls_of(identity: &Identity, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let key = ring::sign::any_supported_type(&identity.key_der()).expect("a key");
        // Not `with_single_cert`, which looks at the certificate and refuses some.
        let shown = Arc::new(CertifiedKey::new(identity.chain_der(), key));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shown(shown)));
        Self::Tls(Arc::new(config))
    }
}

#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// What came in on one connection.
#[derive(Debug, Default)]
pub struct Received {
    /// As it was on the wire.
    pub raw: Vec<u8>,
    /// What TLS made of it: the bytes of a request.
    pub application: Vec<u8>,
}

impl Received {
    /// How many TLS records are application data, as their heads say (up to TLS 1.2 they say what is true).
    pub fn application_records(&self) -> usize {
        let (mut rest, mut found) = (&self.raw[..], 0);
        while let [kind, _, _, high, low, tail @ ..] = rest {
            found += usize::from(*kind == 23);
            rest = tail.get(usize::from(u16::from_be_bytes([*high, *low]))..).unwrap_or_default();
        }
        found
    }
}

/// Serves one connection after the other, on a free port of the loopback, until it is asked what it got.
pub struct Recorder {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Received>>,
}

impl Recorder {
    pub fn start(service: Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let stopped = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&stopped);
        let thread = thread::spawn(move || serve(&listener, &service, &end));
        Self { address, stopped, thread }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One for each connection, in their order. Waits until the clients have closed them.
    pub fn received(self) -> Vec<Received> {
        self.stopped.store(true, Ordering::SeqCst);
        let _wakes_the_accepting_thread = TcpStream::connect(self.address).expect("connected");
        self.thread.join().expect("no panic")
    }
}

fn serve(listener: &TcpListener, service: &Service, stopped: &AtomicBool) -> Vec<Received> {
    let mut received = Vec::new();
    loop {
        let (socket, _) = listener.accept().expect("a connection");
        if stopped.load(Ordering::SeqCst) {
            return received;
        }
        socket.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        let mut wire = Wire { socket, read: Vec::new() };
        let application = converse(service, &mut wire);
        received.push(Received { raw: wire.read, application });
    }
}

/// Returns the bytes that TLS has taken out.
fn converse(service: &Service, wire: &mut Wire) -> Vec<u8> {
    let mut application = Vec::new();
    let ended = match service {
        Service::Tls(config) => answer_tls(config, wire, &mut application),
        Service::Raw(answer) => read_some(wire).and_then(|()| wire.write_all(answer)),
        Service::Relay(to) => relay(wire, *to),
    };
    // Whatever the client still sends counts, until it has closed.
    if ended.is_ok() {
        let _ = io::copy(wire, &mut io::sink());
    }
    application
}

fn answer_tls(config: &Arc<ServerConfig>, wire: &mut Wire, application: &mut Vec<u8>) -> io::Result<()> {
    let mut connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    let mut answered = false;
    loop {
        while connection.wants_write() {
            connection.write_tls(wire)?;
        }
        if connection.read_tls(wire)? == 0 {
            return Ok(());
        }
        let ended = connection.process_new_packets().is_err();
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = connection.reader().read(&mut piece) {
            application.extend_from_slice(&piece[..length]);
        }
        // The last delimiter of a multipart body, which both kinds of login have: not before the request is whole.
        if !answered && application.ends_with(b"--\r\n") {
            connection.writer().write_all(SUCCESS.as_bytes())?;
            answered = true;
        }
        if ended {
            // The client's alert, or what is none of TLS, after which no client shall wait for an answer.
            return wire.socket.shutdown(Shutdown::Write);
        }
    }
}

fn read_some(wire: &mut Wire) -> io::Result<()> {
    match wire.read(&mut [0; 4096])? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

fn relay(wire: &mut Wire, to: SocketAddr) -> io::Result<()> {
    let mut upstream = TcpStream::connect(to)?;
    let (mut from, mut back) = (upstream.try_clone()?, wire.socket.try_clone()?);
    let backwards = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut back);
        let _ = back.shutdown(Shutdown::Write);
    });
    let forwards = io::copy(wire, &mut upstream);
    let _ = upstream.shutdown(Shutdown::Write);
    backwards.join().expect("no panic");
    forwards.map(drop)
}

/// A socket that keeps what is read.
struct Wire {
    socket: TcpStream,
    read: Vec<u8>,
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.socket.read(buffer)?;
        self.read.extend_from_slice(&buffer[..length]);
        Ok(length)
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
