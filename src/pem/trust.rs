//! The kinds of certificates that OpenSSL writes, and the trust settings behind one kind of them.
//!
//! `X509_CERT_AUX ::= SEQUENCE { trust SEQUENCE OF OID OPTIONAL, reject [0] SEQUENCE OF OID OPTIONAL, ... }`

use rustls::pki_types::CertificateDer;

use super::Flaw;

const SEQUENCE: u8 = 0x30;
const OID: u8 = 0x06;
const REJECT: u8 = 0xA0;
/// 1.3.6.1.5.5.7.3.1 and 2.5.29.37.0.
const SERVER_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];
const ANY_PURPOSE: &[u8] = &[0x55, 0x1D, 0x25, 0];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    /// `X509 CERTIFICATE`, of the time of SSLeay.
    Old,
    /// Trust settings may follow the certificate.
    Trusted,
}

impl Kind {
    pub(super) const LABELS: [(&'static [u8], Self); 3] =
        [(b"CERTIFICATE", Self::Plain), (b"X509 CERTIFICATE", Self::Old), (b"TRUSTED CERTIFICATE", Self::Trusted)];

    pub(super) fn of(label: &[u8]) -> Option<Self> {
        Self::LABELS.iter().find(|(known, _)| *known == label).map(|(_, kind)| *kind)
    }

    /// The certificate alone. As in OpenSSL, what follows it counts for one kind only.
    pub(super) fn certificate(self, mut der: Vec<u8>) -> Result<CertificateDer<'static>, Flaw> {
        let Some((SEQUENCE, _, rest)) = value(&der) else { return Err(Flaw::Contents) };
        if self == Self::Trusted && !rest.is_empty() && !is_for_servers(rest).ok_or(Flaw::Contents)? {
            return Err(Flaw::NotForServers);
        }
        let length = der.len() - rest.len();
        der.truncate(length);
        Ok(der.into())
    }
}

/// Whether the settings trust the certificate for servers, by OpenSSL's rules: a purpose that is rejected is not
/// trusted, and if some purposes are named as trusted, the others are not. `None` if the settings cannot be read.
fn is_for_servers(settings: &[u8]) -> Option<bool> {
    let (SEQUENCE, mut settings, _) = value(settings)? else { return None };
    let (mut is_trusted, mut is_rejected) = (true, false);
    if let Some((SEQUENCE, purposes, rest)) = value(settings) {
        is_trusted = names_servers(purposes)?;
        settings = rest;
    }
    if let Some((REJECT, purposes, _)) = value(settings) {
        is_rejected = names_servers(purposes)?;
    }
    Some(is_trusted && !is_rejected)
}

fn names_servers(mut purposes: &[u8]) -> Option<bool> {
    let mut found = false;
    while !purposes.is_empty() {
        let (OID, purpose, rest) = value(purposes)? else { return None };
        found |= purpose == SERVER_AUTH || purpose == ANY_PURPOSE;
        purposes = rest;
    }
    Some(found)
}

/// The first value of some DER: its tag, its content, and what follows it.
fn value(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7F => (usize::from(first), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
