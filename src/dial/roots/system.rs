//! The roots of a system that keeps them in files.
//!
//! Most such systems keep them twice: all in one file, and each in a file of its own, in a directory with several
//! hundred files and links. The one file is read first. The directories are read only for a server that it does not
//! vouch for: to read both takes as long as all else in a first login.
//!
//! What was read is kept, and used as long as the files look the same. So a root that is added counts in the next
//! handshake, and one that is taken out counts no more. What could not be read to its end is used once and not kept.
//! Nor is a file kept that has just been changed: a second change within the same tick of the file system's clock would
//! not show.

mod files;
mod places;
mod problems;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::Error;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerified;
use rustls::crypto::CryptoProvider;

use super::refusal::more_telling;
use super::{Ask, webpki};
use crate::clock::Now;
use crate::sys::ForkLocal;
use files::{Contents, Look};
pub(crate) use places::Places;
use problems::{Problem, explain};

pub(super) struct System {
    places: Places,
    provider: Arc<CryptoProvider>,
    /// What was read last. A forked child begins with nothing. The lock is held while a pointer is copied, and never
    /// during I/O.
    kept: ForkLocal<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    file: Option<Arc<Roots>>,
    directories: Option<Arc<Roots>>,
}

/// The two ways in which a system keeps its roots.
#[derive(Clone, Copy, Debug)]
enum Part {
    File,
    Directories,
}

impl Kept {
    fn part(&mut self, part: Part) -> &mut Option<Arc<Roots>> {
        match part {
            Part::File => &mut self.file,
            Part::Directories => &mut self.directories,
        }
    }
}

/// The roots of one part, and how its files looked when they were read.
struct Roots {
    look: Look,
    /// `None` if there is no root among them.
    verifier: Option<Arc<WebPkiServerVerifier>>,
    problems: Vec<Problem>,
}

impl System {
    pub(super) fn new(places: Places, provider: &Arc<CryptoProvider>) -> Self {
        Self { places, provider: Arc::clone(provider), kept: ForkLocal::new() }
    }

    /// `refused` is the error of the roots that were asked before.
    pub(super) fn verify(&self, ask: Ask<'_>, mut refused: Option<Error>) -> Result<ServerCertVerified, Error> {
        let unix_now = i64::try_from(Now::read().unix.as_secs()).unwrap_or(i64::MAX);
        let mut problems = Vec::new();
        for part in [Part::File, Part::Directories] {
            let roots = self.roots(part, unix_now)?;
            match roots.verifier.as_deref().map(|verifier| ask(verifier)) {
                Some(Ok(verified)) => return Ok(verified),
                Some(Err(error)) => refused = Some(more_telling(refused, error)),
                None => {}
            }
            problems.extend_from_slice(&roots.problems);
        }
        Err(explain(refused, &problems))
    }

    /// The roots as the files have them now. Two threads may both read the files: nobody waits for another's I/O.
    fn roots(&self, part: Part, unix_now: i64) -> Result<Arc<Roots>, Error> {
        let look = match part {
            Part::File => Look::at_file(&self.places),
            Part::Directories => Look::at_directories(&self.places),
        };
        let kept = self.kept().part(part).clone();
        if let Some(roots) = kept.filter(|roots| roots.look == look) {
            return Ok(roots);
        }
        let Contents { roots, problems, is_final } = Contents::read(&look, unix_now);
        let verifier = if roots.is_empty() { None } else { Some(webpki(Arc::new(roots), &self.provider)?) };
        let roots = Arc::new(Roots { look, verifier, problems });
        let former = std::mem::replace(self.kept().part(part), is_final.then(|| Arc::clone(&roots)));
        drop(former);
        Ok(roots)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.get_or_make(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("System").field("places", &self.places).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod system_tests;
