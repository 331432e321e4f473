//! TLS 1.2 and 1.3 with the system's roots, added ones, or both. There is no way to switch verification off.

use std::io;
use std::sync::Arc;

use once_cell::race::OnceBox;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use rustls_platform_verifier::Verifier;

use super::stream::Stream;
use crate::options::Options;

/// What a connection's TLS needs. The roots are read at the first handshake: a process that finds a good token never
/// needs them, and there are 145 of them to parse.
pub(super) struct Tls {
    added_roots: Vec<CertificateDer<'static>>,
    system_roots: bool,
    /// Two threads may both make one, and one is dropped; a `Once` would hang a child that is forked in the middle.
    config: OnceBox<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(options: &Options) -> Self {
        Self { added_roots: options.added_roots.clone(), system_roots: options.system_roots, config: OnceBox::new() }
    }

    pub(super) fn handshake(&self, mut stream: Stream, host: &str) -> io::Result<Stream> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let config = self.config.get_or_try_init(|| self.build().map(|config| Box::new(Arc::new(config))));
        let mut connection = config.and_then(|config| ClientConnection::new(Arc::clone(config), name)).map_err(tls)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Stream::Tls(Box::new(StreamOwned::new(connection, stream))))
    }

    fn build(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let verifier = self.verifier(&provider)?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous() // for a verifier of one's own; this one is the platform's, or webpki
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // A connection serves one login: a ticket would never be used, and stay in memory.
        config.resumption = Resumption::disabled();
        Ok(config)
    }

    fn verifier(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, rustls::Error> {
        if self.system_roots {
            return Ok(Arc::new(Verifier::new_with_extra_roots(self.added_roots.clone(), provider.clone())?));
        }
        let mut roots = RootCertStore::empty();
        for root in &self.added_roots {
            roots.add(root.clone())?;
        }
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build();
        Ok(verifier.map_err(|error| rustls::Error::General(error.to_string()))?)
    }
}

/// As rustls itself wraps its errors, so that `failure_of` finds them in one way.
fn tls(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
