//! The root certificates that the application adds to those of the system, or puts in their place.

use std::path::Path;
use std::sync::Arc;

use ring::digest::{Context, SHA256};
use rustls::RootCertStore;

use crate::error::{Error, Result};
use crate::pem::{self, Flaw};
use crate::sys::regular;

/// Copies share the certificates, of which there may be hundreds.
#[derive(Clone, Debug)]
pub(crate) struct AddedRoots {
    roots: Arc<RootCertStore>,
    /// A hash of all that was added. Handles with the same hash trust the same roots, and share them.
    digest: [u8; 32],
}

impl AddedRoots {
    pub(super) fn none() -> Self {
        Self { roots: RootCertStore::empty().into(), digest: [0; 32] }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    pub(crate) fn roots(&self) -> &Arc<RootCertStore> {
        &self.roots
    }

    pub(crate) fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Adds the certificates of a file, which is read now.
    pub(crate) fn add_file(&mut self, path: &Path) -> Result<()> {
        let read = regular::read(path, regular::LARGEST);
        let (pem, _) = read.map_err(|problem| Error::argument("ca_file", &problem.to_string()))?;
        self.add("ca_file", &pem)
    }

    /// Adds all certificates of a PEM text, or none. If one was left out, a login would fail later for lack of it, and
    /// nobody would look here for the cause.
    pub(crate) fn add(&mut self, parameter: &str, pem: &[u8]) -> Result<()> {
        let mut roots = RootCertStore::clone(&self.roots);
        let mut digest = Context::new(&SHA256);
        digest.update(&self.digest);
        for found in pem::certificates(pem) {
            let added = found.certificate.and_then(|certificate| {
                digest.update(&certificate);
                roots.add(certificate).map_err(|_| Flaw::Contents)
            });
            added.map_err(|flaw| Error::argument(parameter, &format!("{}: {flaw}", found.place)))?;
        }
        if roots.len() == self.roots.len() {
            return Err(Error::argument(parameter, "there is no certificate in it"));
        }
        self.roots = Arc::new(roots);
        self.digest.copy_from_slice(digest.finish().as_ref());
        Ok(())
    }
}
