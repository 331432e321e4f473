//! Each certificate has the flaw that it is named after, and no other.

mod client;

use std::io;
use std::sync::Arc;

use client::{Client, exchange, login, tcp, tls};
use personr_sandbox::{Certificate, Sandbox};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig, ClientConnection, Error, ProtocolVersion, RootCertStore};

fn start(certificate: Certificate) -> Sandbox {
    Sandbox::builder().certificate(certificate).start().unwrap()
}

fn flaw(certificate: Certificate) -> CertificateError {
    let sandbox = start(certificate);
    let error = Client::connect(&sandbox).map(drop).unwrap_err();
    assert_eq!(sandbox.counters().handshakes, 0);
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidCertificate(flaw)) => flaw.clone(),
        _ => panic!("{error:?}"),
    }
}

#[test]
fn a_good_one_is_good_for_every_name() {
    let sandbox = Sandbox::start().unwrap();
    for name in ["127.0.0.1", "::1", "localhost", "personr.test"] {
        let socket = tcp(sandbox.address()).unwrap();
        let mut client = Client::over(socket, sandbox.ca_pem(), name).unwrap();
        client.exchange(&login()).token();
    }
}

#[test]
fn the_bad_ones_fail_for_their_own_reason() {
    assert!(matches!(flaw(Certificate::Expired), CertificateError::ExpiredContext { .. }));
    assert!(matches!(flaw(Certificate::NotYetValid), CertificateError::NotValidYetContext { .. }));
    assert!(matches!(flaw(Certificate::WrongName), CertificateError::NotValidForNameContext { .. }));
    assert!(matches!(flaw(Certificate::SelfSigned), CertificateError::UnknownIssuer));
    assert!(matches!(flaw(Certificate::UnknownCa), CertificateError::UnknownIssuer));
    assert!(matches!(flaw(Certificate::WrongExtendedKeyUsage), CertificateError::InvalidPurposeContext { .. }));
}

fn version_spoken(sandbox: &Sandbox) -> io::Result<ProtocolVersion> {
    let mut socket = tcp(sandbox.address())?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut connection = ClientConnection::new(tls(sandbox.ca_pem()), name).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(connection.protocol_version().unwrap())
}

#[test]
fn tls_1_2_only_speaks_nothing_newer() {
    let old = start(Certificate::Tls12Only);
    assert_eq!(version_spoken(&old).unwrap(), ProtocolVersion::TLSv1_2);
    exchange(&old, &login()).token();
    let usual = Sandbox::start().unwrap();
    assert_eq!(version_spoken(&usual).unwrap(), ProtocolVersion::TLSv1_3);
}

#[test]
fn tls_1_3_only_speaks_nothing_older() {
    let new = start(Certificate::Tls13Only);
    exchange(&new, &login()).token();
    // A client of TLS 1.2: `supported_versions`, by which TLS 1.3 is offered, is not in its greeting.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let mut client = ClientConnection::new(Arc::new(config), ServerName::try_from("127.0.0.1").unwrap()).unwrap();
    let error = client.complete_io(&mut tcp(new.address()).unwrap()).unwrap_err();
    assert!(error.to_string().contains("ProtocolVersion"), "{error:?}");
    assert_eq!(new.counters().handshakes, 1);
}

#[test]
fn a_chain_of_ones_own_is_shown_as_it_is() {
    let ca = CertifiedIssuer::self_signed(ca_parameters("a root"), KeyPair::generate().unwrap()).unwrap();
    let middle = CertifiedIssuer::signed_by(ca_parameters("a CA"), KeyPair::generate().unwrap(), &ca).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["own.example".to_owned()]).unwrap().signed_by(&key, &middle).unwrap();
    let shown = |chain: &str| Sandbox::builder().identity(chain, &key.serialize_pem()).start();

    let sandbox = shown(&(leaf.pem() + &middle.pem())).unwrap();
    let socket = || tcp(sandbox.address()).unwrap();
    Client::over(socket(), &ca.pem(), "own.example").unwrap().exchange(&login()).token();
    assert!(Client::over(socket(), &ca.pem(), "localhost").is_err());
    assert!(Client::over(socket(), sandbox.ca_pem(), "own.example").is_err());

    for nonsense in ["", &ca.pem(), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(shown(nonsense).is_err(), "the key is that of another certificate, or of none");
    }
    assert!(Sandbox::builder().identity(&leaf.pem(), "").start().is_err());
}

fn ca_parameters(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

#[test]
fn the_ca_file_is_the_owners_alone() {
    let sandbox = Sandbox::start().unwrap();
    assert_eq!(std::fs::read_to_string(sandbox.ca_file()).unwrap(), sandbox.ca_pem());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = sandbox.ca_file().parent().unwrap();
        assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
}

#[test]
fn certificates_are_known_by_name() {
    assert_eq!("wrong-name".parse(), Ok(Certificate::WrongName));
    assert!("nice".parse::<Certificate>().unwrap_err().contains("tls12-only"));
}
