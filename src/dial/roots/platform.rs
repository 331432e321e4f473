//! The roots of a system that has an interface of its own for them, such as macOS and Windows.

use std::sync::Arc;

use once_cell::race::OnceBox;
use rustls::Error;
use rustls::client::danger::ServerCertVerified;
use rustls::crypto::CryptoProvider;
use rustls_platform_verifier::Verifier;

use super::Ask;
use super::refusal::more_telling;
use crate::environment::Environment;

/// Where the system's roots are. Here nobody can choose that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Places;

impl Places {
    pub(crate) fn of(_: &Environment) -> Self {
        Self
    }
}

#[derive(Debug)]
pub(super) struct System {
    /// Made when it is first asked. Two threads may both make one, and one is dropped; a `Once` would hang a child that
    /// is forked in the middle.
    verifier: OnceBox<Verifier>,
    provider: Arc<CryptoProvider>,
}

impl System {
    pub(super) fn new(_: Places, provider: &Arc<CryptoProvider>) -> Self {
        Self { verifier: OnceBox::new(), provider: Arc::clone(provider) }
    }

    /// `refused` is the error of the roots that were asked before.
    pub(super) fn verify(&self, ask: Ask<'_>, refused: Option<Error>) -> Result<ServerCertVerified, Error> {
        let made = self.verifier.get_or_try_init(|| Verifier::new(Arc::clone(&self.provider)).map(Box::new));
        made.and_then(|verifier| ask(verifier)).map_err(|error| more_telling(refused, error))
    }
}
