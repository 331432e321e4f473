//! Why no root vouches for a server, where its certificate alone does not say it: roots are missing, or could not be
//! read.

use std::fmt;
use std::sync::Arc;

use rustls::{CertificateError, Error, OtherError};

/// Reason and message of a certificate that no trusted root has issued.
pub(crate) const UNKNOWN_ISSUER: (&str, &str) =
    ("certificate-unknown-issuer", "the certificate was not issued by a trusted authority");

/// A refusal with a reason and a message of our own. It passes through rustls as an error of the certificate, and
/// [`Refusal::within`] takes it out again.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    /// The refusal in an error of rustls, if there is one in it.
    pub(crate) fn within(error: &Error) -> Option<&Self> {
        match error {
            Error::InvalidCertificate(CertificateError::Other(other)) => other.0.downcast_ref(),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        CertificateError::Other(OtherError(Arc::new(refusal))).into()
    }
}

pub(super) fn unknown_issuer() -> Error {
    CertificateError::UnknownIssuer.into()
}

pub(super) fn is_unknown_issuer(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::UnknownIssuer))
}

/// Two verifiers have refused the same server: the error of one that knows the issuer says more.
pub(super) fn more_telling(former: Option<Error>, error: Error) -> Error {
    former.filter(|former| !is_unknown_issuer(former)).unwrap_or(error)
}
