//! Each certificate has the flaw that it is named after, and no other.

mod client;

use std::io;

use client::{Client, exchange, login, tcp, tls};
use personr_sandbox::{Certificate, Sandbox};
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConnection, Error, ProtocolVersion};

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
