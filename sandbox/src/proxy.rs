//! A CONNECT proxy that remembers what it saw.

mod builder;
mod serve;
mod tunnel;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};

pub use builder::ProxyBuilder;

use crate::locks::lock;
use crate::server::Server;

/// The client's bytes that are kept.
const KEPT_BYTES: usize = 1024 * 1024;

/// A small CONNECT proxy on the loopback, for as long as this value lives.
pub struct Proxy {
    url: String,
    ca_pem: String,
    seen: Arc<Seen>,
    _server: Server,
}

impl Proxy {
    /// Over plain TCP, without credentials, to wherever the client asks.
    pub fn start() -> io::Result<Proxy> {
        Proxy::builder().start()
    }

    /// For a proxy that differs from the usual one.
    pub fn builder() -> ProxyBuilder {
        ProxyBuilder::default()
    }

    /// Such as `http://127.0.0.1:40125`; `https://…` after [`ProxyBuilder::tls`].
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate of the CA behind [`ProxyBuilder::tls`], in PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The targets of the CONNECT requests, also of those that were refused.
    pub fn connects(&self) -> Vec<String> {
        lock(&self.seen.connects).clone()
    }

    /// The heads of all requests, byte for byte.
    pub fn heads(&self) -> Vec<Vec<u8>> {
        lock(&self.seen.heads).clone()
    }

    /// What clients sent through tunnels: the first MiB, over all connections.
    pub fn bytes_seen(&self) -> Vec<u8> {
        lock(&self.seen.bytes).clone()
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Proxy").field("url", &self.url).finish_non_exhaustive()
    }
}

/// What the proxy remembers.
#[derive(Default)]
struct Seen {
    connects: Mutex<Vec<String>>,
    heads: Mutex<Vec<Vec<u8>>>,
    bytes: Mutex<Vec<u8>>,
}

impl Seen {
    fn keep(&self, bytes: &[u8]) {
        let mut kept = lock(&self.bytes);
        let room = KEPT_BYTES - kept.len();
        kept.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }
}
