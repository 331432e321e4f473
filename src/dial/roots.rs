//! Whom a connection trusts: the system's root certificates, added ones, or both.

use std::sync::Arc;

use once_cell::race::OnceBox;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

type Roots = Vec<CertificateDer<'static>>;

/// A verifier that trusts the added roots alone.
pub(super) fn added(roots: &Roots, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone())?;
    }
    Ok(verifier(store, provider)?)
}

/// A verifier that trusts what the system trusts, and the added roots.
pub(super) fn with_system(roots: &Roots, provider: &Arc<CryptoProvider>) -> Arc<dyn ServerCertVerifier> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(bundle());
    store.add_parsable_certificates(roots.iter().cloned());
    let bundle = verifier(store, provider).ok();
    Arc::new(System { bundle, whole: OnceBox::new(), added: roots.clone(), provider: Arc::clone(provider) })
}

fn verifier(store: RootCertStore, provider: &Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, Error> {
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(provider)).build();
    verifier.map_err(|error| Error::General(error.to_string()))
}

/// The system's own verifier decides, but what a part of its roots accepts is not asked of it.
///
/// Most systems of Unix keep their roots twice: in one file, and each in a file of its own, several hundred of them with
/// their links. The system's verifier reads both, which takes as long as all else in a first login.
#[derive(Debug)]
struct System {
    bundle: Option<Arc<WebPkiServerVerifier>>,
    /// Made when it is first asked. Two threads may both make one, and one is dropped; a `Once` would hang a child that
    /// is forked in the middle.
    whole: OnceBox<Verifier>,
    added: Roots,
    provider: Arc<CryptoProvider>,
}

impl System {
    fn whole(&self) -> Result<&Verifier, Error> {
        self.whole.get_or_try_init(|| {
            Ok(Box::new(Verifier::new_with_extra_roots(self.added.iter().cloned(), Arc::clone(&self.provider))?))
        })
    }
}

impl ServerCertVerifier for System {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(end_entity, intermediates, name, ocsp_response, now)
        };
        match self.bundle.as_deref().map(|bundle| by(bundle)) {
            Some(Ok(verified)) => Ok(verified),
            _ => by(self.whole()?),
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

/// What stands in the system's one file, by the rules of the system's verifier: SSL_CERT_FILE; no file if there is
/// SSL_CERT_DIR alone; else the first that there is of the usual ones.
#[cfg(all(unix, not(any(target_vendor = "apple", target_os = "android"))))]
fn bundle() -> Roots {
    use std::env::var_os;
    let file = match var_os("SSL_CERT_FILE") {
        Some(file) => Some(file.into()),
        None if var_os("SSL_CERT_DIR").is_some() => None,
        None => openssl_probe::probe().cert_file,
    };
    rustls_native_certs::load_certs_from_paths(file.as_deref(), None).certs
}

/// Other systems are asked by interfaces of their own.
#[cfg(not(all(unix, not(any(target_vendor = "apple", target_os = "android")))))]
fn bundle() -> Roots {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
    use rustls::CertificateError;
    use rustls::crypto::ring::default_provider;

    fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new([]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
    }

    /// A system whose one file has this root, and whether it then vouches for a server of `issuer`'s.
    fn system(
        root: &CertifiedIssuer<'_, KeyPair>,
        issuer: &CertifiedIssuer<'_, KeyPair>,
    ) -> (System, Result<(), Error>) {
        let provider = Arc::new(default_provider());
        let mut store = RootCertStore::empty();
        store.add(root.der().clone()).expect("a root");
        let bundle = Some(verifier(store, &provider).expect("a verifier"));
        // The whole needs a root to be made at all, also where the system has none.
        let added = vec![authority("an added root").der().clone()];
        let system = System { bundle, whole: OnceBox::new(), added, provider };
        let params = CertificateParams::new(["personr.test".to_owned()]).expect("parameters");
        let leaf = params.signed_by(&KeyPair::generate().expect("a key"), issuer).expect("a certificate");
        let name = ServerName::try_from("personr.test").expect("a name");
        let verified = system.verify_server_cert(leaf.der(), &[], &name, &[], UnixTime::now());
        (system, verified.map(|_| ()))
    }

    #[test]
    fn the_whole_is_read_only_for_a_server_that_the_file_does_not_vouch_for() {
        let [ours, other] = ["a root", "another"].map(authority);
        let (accepting, verified) = system(&ours, &ours);
        assert_eq!(verified, Ok(()));
        assert!(accepting.whole.get().is_none());
        let (refusing, verified) = system(&ours, &other);
        assert_eq!(verified, Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)));
        assert!(refusing.whole.get().is_some());
    }
}
