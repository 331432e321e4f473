//! The server's side of TLS.

use std::io;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::version::{TLS12, TLS13};

use crate::certificate::{Certificate, Identity};

/// A configuration that shows this identity, by the versions of this certificate.
pub(crate) fn server_config(identity: Identity, certificate: Certificate) -> io::Result<Arc<ServerConfig>> {
    let versions = match certificate {
        Certificate::Tls12Only => vec![&TLS12],
        Certificate::Tls13Only => vec![&TLS13],
        _ => vec![&TLS12, &TLS13],
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&versions)
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(identity.chain, identity.key))
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
