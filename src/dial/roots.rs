//! Which root certificates a connection trusts: those that the application has added, those of the system, or both.
//!
//! The added roots are asked first: if they vouch for the server, the hundreds of roots of the system need not be read.
//! The added roots are fixed when the handle is made. The system's are looked at in each handshake: an application may
//! run for months, and must not trust a root that has been taken out meanwhile.

mod refusal;
#[cfg(not(target_vendor = "apple"))]
mod system;
#[cfg(target_vendor = "apple")]
#[path = "roots/platform.rs"]
mod system;

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

pub(super) use refusal::{Refusal, UNKNOWN_ISSUER};
pub(super) use system::Places;
use system::System;

/// Asks one verifier about the server of this handshake.
type Ask<'a> = &'a dyn Fn(&dyn ServerCertVerifier) -> Result<ServerCertVerified, Error>;

/// The verifier that trusts the added roots, and those of the system if `places` says where they are.
pub(super) fn verifier(
    added: &Arc<RootCertStore>,
    places: Option<&Places>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    Ok(Arc::new(Verifier {
        added: if added.is_empty() { None } else { Some(webpki(Arc::clone(added), provider)?) },
        system: places.map(|places| System::new(places.clone(), provider)),
        provider: Arc::clone(provider),
    }))
}

/// A verifier that trusts these roots. There must be at least one: rustls makes no verifier without.
fn webpki(roots: Arc<RootCertStore>, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let verifier = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
    verifier.map_err(|error| Error::General(error.to_string()))
}

#[derive(Debug)]
struct Verifier {
    added: Option<Arc<WebPkiServerVerifier>>,
    system: Option<System>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ask: Ask<'_> = &|verifier| verifier.verify_server_cert(end_entity, intermediates, name, ocsp_response, now);
        let refused = match self.added.as_deref().map(|added| ask(added)) {
            Some(Ok(verified)) => return Ok(verified),
            Some(Err(refused)) => Some(refused),
            None => None,
        };
        match &self.system {
            Some(system) => system.verify(ask, refused),
            None => Err(refused.unwrap_or_else(refusal::unknown_issuer)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
