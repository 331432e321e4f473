//! One connection to the proxy, up to its tunnel.

use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

use super::Seen;
use super::tunnel;
use crate::http::{Answer, Failure, Head, Reader};
use crate::locks::lock;
use crate::server::{Connections, Handler};
use crate::wire::{Ending, Wire};

/// How long a target may take to accept: less than the end waits for threads.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Serves the proxy's connections.
pub(super) struct Tunneller {
    /// The credentials as they stand in the header.
    pub(super) authorization: Option<String>,
    pub(super) answer: Option<Vec<u8>>,
    pub(super) resolve_to: Option<SocketAddr>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) seen: Arc<Seen>,
}

impl Handler for Tunneller {
    type Decision = ();

    fn accepted(&self) {}

    fn serve(&self, socket: Arc<TcpStream>, (): (), open: &Arc<Connections>) {
        let wire = match &self.tls {
            None => Some(Wire::plain(socket)),
            Some(config) => Wire::accept_tls(socket, Arc::clone(config)),
        };
        if let Some(wire) = wire {
            self.converse(wire, open);
        }
    }
}

impl Tunneller {
    fn converse(&self, mut wire: Wire, open: &Arc<Connections>) {
        let mut reader = Reader::default();
        let upstream = match reader.head(&mut wire) {
            Ok(head) => self.target(&head).map_err(Some),
            Err(Failure::Closed) => Err(None),
            Err(Failure::Malformed(malformed)) => Err(Some(refusal(malformed.status, malformed.message))),
        };
        match upstream {
            Ok(upstream) => {
                let established = b"HTTP/1.1 200 Connection established\r\n\r\n";
                if wire.send(established).is_ok() {
                    tunnel::run(wire, &reader.into_rest(), upstream, open, &self.seen);
                }
            }
            Err(refusal) => {
                // The connection ends, whether the client hears of it or not.
                let _ = wire.send(&refusal.unwrap_or_default());
                wire.end(Ending::Orderly);
            }
        }
    }

    /// The connection to the target, or the bytes of the answer to whoever does not get one.
    fn target(&self, bytes: &[u8]) -> Result<TcpStream, Vec<u8>> {
        lock(&self.seen.heads).push(bytes.to_vec());
        let head = Head::parse(bytes).ok_or_else(|| refusal(400, "this is not a request"))?;
        let connect = head.method == "CONNECT";
        if connect {
            lock(&self.seen.connects).push(head.target.clone());
        }
        if let Some(answer) = &self.answer {
            return Err(answer.clone());
        }
        if !self.knows(&head) {
            let answer = Answer::message(407, "the proxy wants credentials")
                .with_header("Proxy-Authenticate", "Basic realm=\"sandbox\"");
            return Err(answer.encode(false, false));
        }
        if !connect {
            return Err(refusal(405, "this proxy takes CONNECT only"));
        }
        let upstream = match self.resolve_to {
            Some(address) => TcpStream::connect_timeout(&address, CONNECT_TIMEOUT),
            None => dial(&head.target),
        };
        upstream.map_err(|_| refusal(502, "the target cannot be reached"))
    }

    fn knows(&self, head: &Head) -> bool {
        let Some(wanted) = &self.authorization else {
            return true;
        };
        let given = head
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"))
            .and_then(|(_, value)| std::str::from_utf8(value).ok())
            .and_then(|value| value.split_once(' '));
        matches!(given, Some((scheme, credentials))
            if scheme.eq_ignore_ascii_case("Basic") && credentials.trim() == wanted)
    }
}

fn refusal(status: u16, message: &str) -> Vec<u8> {
    Answer::message(status, message).encode(false, false)
}

fn dial(target: &str) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for address in target.to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
