//! The roots of a system that keeps them in files.
//!
//! Most such systems keep them twice: all in one file, and each in a file of its own, several hundred of them with
//! their links. The file is read first, the directories only for a server that it does not vouch for: to read both
//! takes as long as all else in a first login.
//!
//! What was read is kept, and used as long as the files look the same. So the roots are never older than the files:
//! one that is added counts in the next handshake, and one that is taken out counts no more. What was not read to its
//! end is used once and never kept, and neither is what has changed just now.

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
    /// A forked child begins with nothing. The lock is held for as long as a pointer is copied.
    kept: ForkLocal<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    file: Option<Arc<Roots>>,
    directories: Option<Arc<Roots>>,
}

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

/// What was read of one part, and how its files looked then.
struct Roots {
    look: Look,
    /// `None` without any root.
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

    /// The roots as the files have them now. Two threads may both read them.
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
