//! TLS 1.2 and 1.3. There is no way to switch verification off.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use once_cell::race::OnceBox;
use rustls::client::Resumption;
use rustls::crypto::{CryptoProvider, KeyProvider, ring};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::sign::SigningKey;
use rustls::{CipherSuite, ClientConfig, ClientConnection};

use super::added_roots::AddedRoots;
use super::roots::{self, Places};
use super::settings::Settings;
use super::stream::{Stream, TlsStream, wrapped};
use crate::environment::Environment;
use crate::sys::ForkLocal;

/// What handles use now. A forked child begins with an empty list: another thread of its parent may have held the lock.
/// It is a tree and not a hash table, since the latter points to the middle of its memory, and valgrind takes that for
/// lost.
static IN_USE: ForkLocal<Mutex<BTreeMap<Identity, Weak<Tls>>>> = ForkLocal::new();

/// What TLS needs besides the host: which roots to trust. Handles that trust the same roots share one value, since the
/// roots take a hundred times as much memory as the rest of a handle.
///
/// The roots are read at the first handshake: a process that finds a good token never needs them.
pub(crate) struct Tls {
    identity: Identity,
    added_roots: AddedRoots,
    /// Two threads may both make one, and one is dropped; a `Once` would hang a child that is forked in the middle.
    config: OnceBox<Arc<ClientConfig>>,
}

/// Tells whether two handles trust the same roots.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Identity {
    added_roots: [u8; 32],
    /// `None` if the system's roots are not trusted.
    places: Option<Places>,
}

impl Tls {
    /// The environment says where the system's roots are. Opens nothing yet.
    pub(crate) fn shared(settings: &Settings, environment: &Environment) -> Arc<Self> {
        let places = settings.system_roots.then(|| Places::of(environment));
        let identity = Identity { added_roots: settings.added_roots.digest(), places };
        let mut in_use = in_use();
        if let Some(tls) = in_use.get(&identity).and_then(Weak::upgrade) {
            return tls;
        }
        let added_roots = settings.added_roots.clone();
        let tls = Arc::new(Self { identity: identity.clone(), added_roots, config: OnceBox::new() });
        in_use.insert(identity, Arc::downgrade(&tls));
        tls
    }

    pub(crate) fn added_roots(&self) -> &AddedRoots {
        &self.added_roots
    }

    pub(super) fn handshake(&self, below: Stream, host: &str) -> io::Result<Stream> {
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let config = self.config.get_or_try_init(|| self.build().map(|config| Box::new(Arc::new(config))));
        let connection = config.and_then(|config| ClientConnection::new(Arc::clone(config), name)).map_err(wrapped)?;
        TlsStream::handshake(connection, below).map(|stream| Stream::Tls(Box::new(stream)))
    }

    fn build(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(provider());
        let verifier = roots::verifier(self.added_roots.roots(), self.identity.places.as_ref(), &provider)?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous() // for a verifier of one's own; these are webpki and the platform's
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // A connection serves one login: a ticket would never be used, and stay in memory.
        config.resumption = Resumption::disabled();
        Ok(config)
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        let mut in_use = in_use();
        // Another thread may have put a new value in its place meanwhile.
        if in_use.get(&self.identity).is_some_and(|tls| tls.strong_count() == 0) {
            in_use.remove(&self.identity);
        }
    }
}

fn in_use() -> MutexGuard<'static, BTreeMap<Identity, Weak<Tls>>> {
    IN_USE.get_or_make(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// ring's algorithms as rustls sets them up, with two changes. AES-128 comes first, as in browsers: it goes with
/// SHA-256, for which processors have instructions, and not with SHA-384. And no private key can be loaded: the library
/// shows no certificate of its own, so the code that signs is left out of it.
fn provider() -> CryptoProvider {
    let mut provider = CryptoProvider { key_provider: &NoPrivateKey, ..ring::default_provider() };
    let suites = &mut provider.cipher_suites;
    let first = suites.iter().position(|suite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256);
    if let Some(first) = first.map(|at| suites.remove(at)) {
        suites.insert(0, first);
    }
    provider
}

#[derive(Debug)]
struct NoPrivateKey;

impl KeyProvider for NoPrivateKey {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, rustls::Error> {
        Err(rustls::Error::General("a client certificate is not supported".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{ErrorKind, Read, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair};
    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use crate::clock::Deadline;
    use crate::dial::Phase;
    use crate::dial::connect::connect;

    /// More than may wait for a flush, and no number of whole records.
    const LONG: usize = 200_001;

    /// A server that sends back what it gets, as long as `LONG`, and goes without a word. The settings that trust it.
    fn echo() -> (u16, Settings) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).expect("parameters");
        let certificate = params.self_signed(&key).expect("a certificate");
        let settings = Settings { system_roots: false, ..settings_with(&certificate.pem()) };
        let key = rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a server");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            let (socket, _) = listener.accept().expect("a client");
            let connection = ServerConnection::new(Arc::new(config)).expect("a connection");
            let mut stream = StreamOwned::new(connection, socket);
            let mut bytes = vec![0; LONG];
            stream.read_exact(&mut bytes).expect("all arrives");
            stream.write_all(&bytes).and_then(|()| stream.flush()).expect("all is sent");
        });
        (port, settings)
    }

    #[test]
    fn a_long_write_is_sent_in_parts_and_an_end_without_close_notify_is_an_error() {
        let (port, settings) = echo();
        let deadline = Deadline::after(Duration::from_secs(60));
        let below = connect("127.0.0.1", port, Phase::Connect, deadline).expect("connected");
        let mut stream =
            Tls::shared(&settings, &Environment::of(|_| None)).handshake(below, "127.0.0.1").expect("verified");
        let sent: Vec<u8> = (0..LONG).map(|number| (number % 251) as u8).collect();
        stream.write_all(&sent).expect("all is taken");
        // No flush: to read is to wait for an answer to all of it.
        let mut got = vec![0; LONG];
        stream.read_exact(&mut got).expect("all comes back");
        assert!(sent == got);
        assert_eq!(stream.read(&mut [0]).expect_err("no close_notify").kind(), ErrorKind::UnexpectedEof);
    }

    fn settings_with(pem: &str) -> Settings {
        let mut settings = Settings::default();
        settings.added_roots.add("ca_pem", pem.as_bytes()).expect("a certificate");
        settings
    }

    #[test]
    fn a_thousand_handles_with_the_same_roots_share_them() {
        let pem = || {
            let params = CertificateParams::new([]).expect("parameters");
            params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").pem()
        };
        let (ours, others) = (pem(), pem());
        let environment =
            |directory: &str| Environment::of(|name| (name == "SSL_CERT_DIR").then(|| directory.as_bytes().to_vec()));
        let here = environment("/here");
        let first = Tls::shared(&settings_with(&ours), &here);
        let handles: Vec<_> = (0..1000).map(|_| Tls::shared(&settings_with(&ours), &here)).collect();
        assert!(handles.iter().all(|handle| Arc::ptr_eq(handle, &first)));
        let without_systems = Settings { system_roots: false, ..settings_with(&ours) };
        let different = [
            Tls::shared(&settings_with(&others), &here),
            Tls::shared(&settings_with(&(ours.clone() + &others)), &here),
            Tls::shared(&settings_with(&ours), &environment("/there")),
            Tls::shared(&without_systems, &here),
            Tls::shared(&Settings::default(), &here),
        ];
        for (number, tls) in different.iter().enumerate() {
            assert!(!Arc::ptr_eq(tls, &first), "{number}");
            assert!(different[..number].iter().all(|other| !Arc::ptr_eq(tls, other)), "{number}");
        }
        // What nobody uses any more is forgotten.
        let identity = first.identity.clone();
        assert!(in_use().contains_key(&identity));
        drop((first, handles));
        assert!(!in_use().contains_key(&identity));
    }

    #[test]
    fn aes_128_comes_first_and_nothing_is_left_out() {
        let [ours, default] = [provider(), ring::default_provider()].map(|provider| provider.cipher_suites);
        assert_eq!(ours.first().map(|suite| suite.suite()), Some(CipherSuite::TLS13_AES_128_GCM_SHA256));
        assert_eq!(ours.len(), default.len());
        assert!(default.iter().all(|suite| ours.contains(suite)));
    }
}
