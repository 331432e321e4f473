//! How a proxy is set up.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::serve::Tunneller;
use super::{Proxy, Seen};
use crate::certificate::{Authority, Certificate};
use crate::server::Server;
use crate::tls;

/// What a proxy is to be like; made by [`Proxy::builder`].
#[derive(Default)]
#[must_use]
pub struct ProxyBuilder {
    authorization: Option<String>,
    answer: Option<Vec<u8>>,
    tls: bool,
    resolve_to: Option<SocketAddr>,
}

impl ProxyBuilder {
    /// Asks for these credentials: 407 without them.
    pub fn credentials(mut self, user: &str, password: &str) -> ProxyBuilder {
        self.authorization = Some(STANDARD.encode(format!("{user}:{password}")));
        self
    }

    /// Answers every request with these bytes and closes, instead of tunnelling.
    pub fn answer(mut self, bytes: impl Into<Vec<u8>>) -> ProxyBuilder {
        self.answer = Some(bytes.into());
        self
    }

    /// Speaks TLS to its clients, with a certificate of [`Proxy::ca_pem`].
    pub fn tls(mut self) -> ProxyBuilder {
        self.tls = true;
        self
    }

    /// Tunnels to this address, whatever the client asks for: a name such as
    /// `personr.test:443` then works without name look-up.
    pub fn resolve_to(mut self, address: SocketAddr) -> ProxyBuilder {
        self.resolve_to = Some(address);
        self
    }

    /// Opens the port and serves from then on.
    pub fn start(self) -> io::Result<Proxy> {
        let authority = Authority::new()?;
        let (scheme, tls) = if self.tls {
            let config = tls::server_config(authority.issue(Certificate::Good)?, Certificate::Good)?;
            ("https", Some(config))
        } else {
            ("http", None)
        };
        let seen = Arc::new(Seen::default());
        let tunneller = Tunneller {
            authorization: self.authorization,
            answer: self.answer,
            resolve_to: self.resolve_to,
            tls,
            seen: Arc::clone(&seen),
        };
        let server = Server::start("sandbox-proxy", Arc::new(tunneller))?;
        Ok(Proxy { url: format!("{scheme}://{}", server.address()), ca_pem: authority.pem(), seen, _server: server })
    }
}
