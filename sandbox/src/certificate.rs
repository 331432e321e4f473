//! The certificates that the sandbox makes at its start.

use std::io;
use std::str::FromStr;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// Every name under which a sandbox or a proxy may be reached.
const NAMES: [&str; 4] = ["127.0.0.1", "::1", "localhost", "personr.test"];

/// Which certificate the server shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Certificate {
    /// From the CA in the CA file, for 127.0.0.1, ::1, localhost and personr.test.
    #[default]
    Good,
    /// Ended yesterday.
    Expired,
    /// Begins tomorrow.
    NotYetValid,
    /// For another.example only.
    WrongName,
    /// Signed by its own key.
    SelfSigned,
    /// From a CA of the same name as the one in the CA file, with another key.
    UnknownCa,
    /// For the authentication of clients only.
    WrongExtendedKeyUsage,
    /// A good one; the server speaks TLS 1.2 only.
    Tls12Only,
    /// A good one; the server speaks TLS 1.3 only.
    Tls13Only,
}

impl Certificate {
    /// All of them, with the names that the program takes.
    pub(crate) const ALL: [(&'static str, Certificate); 9] = [
        ("good", Certificate::Good),
        ("expired", Certificate::Expired),
        ("not-yet-valid", Certificate::NotYetValid),
        ("wrong-name", Certificate::WrongName),
        ("self-signed", Certificate::SelfSigned),
        ("unknown-ca", Certificate::UnknownCa),
        ("wrong-extended-key-usage", Certificate::WrongExtendedKeyUsage),
        ("tls12-only", Certificate::Tls12Only),
        ("tls13-only", Certificate::Tls13Only),
    ];
}

/// The name of a certificate, as the program takes it: `expired`, `wrong-name` and so on.
impl FromStr for Certificate {
    type Err = String;

    fn from_str(name: &str) -> Result<Certificate, String> {
        let found = Certificate::ALL.iter().find(|(known, _)| *known == name);
        found.map(|(_, certificate)| *certificate).ok_or_else(|| {
            let names: Vec<_> = Certificate::ALL.iter().map(|(known, _)| *known).collect();
            format!("the certificate is one of: {}", names.join(", "))
        })
    }
}

/// A CA that lives as long as the sandbox.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// What a TLS server needs.
pub(crate) struct Identity {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Identity {
    /// What its owner brings: the leaf first, and the leaf's key.
    pub(crate) fn from_pem(chain: &str, key: &str) -> io::Result<Identity> {
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>();
        Ok(Identity {
            chain: chain.map_err(io::Error::other)?,
            key: PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(io::Error::other)?,
        })
    }
}

impl Authority {
    pub(crate) fn new() -> io::Result<Authority> {
        let mut params = CertificateParams::new(Vec::new()).map_err(io::Error::other)?;
        // Verifiers look for a root by its name: two CAs of one name would be one with a wrong signature.
        params.distinguished_name.push(DnType::CommonName, format!("personr-sandbox CA {:016x}", fastrand::u64(..)));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        (params.not_before, params.not_after) = around_now(-1, 365);
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)?;
        Ok(Authority(issuer))
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// Makes the certificate for the server, with its flaw.
    pub(crate) fn issue(&self, kind: Certificate) -> io::Result<Identity> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let params = parameters(kind)?;
        let certificate = match kind {
            Certificate::SelfSigned => params.self_signed(&key),
            Certificate::UnknownCa => params.signed_by(&key, &Authority::new()?.0),
            _ => params.signed_by(&key, &self.0),
        };
        Ok(Identity {
            chain: vec![certificate.map_err(io::Error::other)?.der().clone()],
            key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        })
    }
}

fn parameters(kind: Certificate) -> io::Result<CertificateParams> {
    let names = match kind {
        Certificate::WrongName => vec!["another.example".to_owned()],
        _ => NAMES.map(str::to_owned).to_vec(),
    };
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    params.distinguished_name.push(DnType::CommonName, "personr-sandbox");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    // Strict verifiers, such as that of Python, want it.
    params.use_authority_key_identifier_extension = true;
    params.extended_key_usages = vec![match kind {
        Certificate::WrongExtendedKeyUsage => ExtendedKeyUsagePurpose::ClientAuth,
        _ => ExtendedKeyUsagePurpose::ServerAuth,
    }];
    (params.not_before, params.not_after) = match kind {
        Certificate::Expired => around_now(-30, -1),
        Certificate::NotYetValid => around_now(1, 30),
        _ => around_now(-1, 365),
    };
    Ok(params)
}

fn around_now(from_days: i64, to_days: i64) -> (OffsetDateTime, OffsetDateTime) {
    let now = OffsetDateTime::now_utc();
    (now + Duration::days(from_days), now + Duration::days(to_days))
}
