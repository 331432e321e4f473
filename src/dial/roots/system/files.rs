//! Files with certificates: which there are, how they look from outside, and what is read from them.

use std::fs::{self, Metadata};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use rustls::RootCertStore;

use super::places::{Place, Places};
use super::problems::{Problem, Weight};
use crate::pem::{self, Flaw};
use crate::sys::listing::Listing;
use crate::sys::regular::{self, Unreadable};

/// The most files that are read of a directory. Distributions have fewer than 200.
const FILES_MAX: usize = 10_000;

/// So many seconds after a change, every further change gives a file other times. Most file systems count these in
/// steps of some milliseconds, FAT in steps of two seconds. One second more, since whole seconds are compared.
const COARSEST_TIME: i64 = 3;

/// What the system says of a file. It changes whenever the file does, or is replaced by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    /// In seconds and nanoseconds.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// Whether every later change gives another stamp. A change that comes right after the last one may give the same,
    /// since the times of files are coarse. (git has this rule for its index, and calls such a file "racy".)
    fn is_final(&self, unix_now: i64) -> bool {
        [self.modified, self.changed].iter().all(|(seconds, _)| seconds.saturating_add(COARSEST_TIME) <= unix_now)
    }
}

/// Files with certificates as they looked at one moment, when none of them was opened.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) files: Vec<Seen>,
    pub(super) problems: Vec<Problem>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// How a message names the file.
    name: String,
    path: PathBuf,
    stamp: Stamp,
}

impl Look {
    pub(super) fn at_file(places: &Places) -> Self {
        let mut look = Self::default();
        match places.file() {
            Some(place) => {
                if let Err(problem) = look.add(place.name.to_owned(), place.path.to_owned()) {
                    look.problems.push(Problem::at(place, problem));
                }
            }
            None => look.problems.push(Problem::new(Weight::Minor, "none of the usual files exists".to_owned())),
        }
        look
    }

    pub(super) fn at_directories(places: &Places) -> Self {
        let mut look = Self::default();
        let directories = places.directories();
        if directories.is_empty() {
            look.problems.push(Problem::new(Weight::Minor, "none of the usual directories exists".to_owned()));
        }
        for place in directories {
            match look.add_all(place) {
                Ok(0) => {
                    let text = format!("{}: no file in it has a name such as 0a1b2c3d.0", place.name);
                    look.problems.push(Problem::new(Weight::of_absence(place), text));
                }
                Ok(_) => {}
                Err(problem) => look.problems.push(Problem::at(place, problem)),
            }
        }
        // A directory may be a link to another, and a certificate may have two names: each file is read once.
        look.files.sort_by_key(|seen| (seen.stamp.device, seen.stamp.inode));
        look.files.dedup_by_key(|seen| (seen.stamp.device, seen.stamp.inode));
        look
    }

    fn add(&mut self, name: String, path: PathBuf) -> Result<(), Unreadable> {
        let metadata = fs::metadata(&path)?;
        self.files.push(Seen { name, path, stamp: Stamp::of(&metadata) });
        Ok(())
    }

    /// Adds the files of a directory whose names are those of certificates (`is_hash`), and returns how many there are.
    fn add_all(&mut self, place: Place<'_>) -> Result<usize, Unreadable> {
        let mut listing = Listing::open(place.path)?;
        let mut count = 0;
        while let Some(file) = listing.next_name()? {
            if !is_hash(file.as_bytes()) {
                continue;
            }
            if count == FILES_MAX {
                let text = format!("{}: there are more than 10,000 files in it", place.name);
                self.problems.push(Problem::new(Weight::Incomplete, text));
                break;
            }
            count += 1;
            let name = format!("{}/{}", place.name, file.to_string_lossy());
            match self.add(name.clone(), place.path.join(file)) {
                // A link whose file is gone.
                Ok(()) | Err(Unreadable::Missing) => {}
                Err(problem) => self.problems.push(Problem::new(Weight::Incomplete, format!("{name}: {problem}"))),
            }
        }
        Ok(count)
    }
}

/// Whether OpenSSL looks for files of such a name: eight digits that stand for the subject, and a number, as `openssl
/// rehash` makes them. It does not trust what else lies in the directory, such as the certificate of a server.
fn is_hash(name: &[u8]) -> bool {
    let is_small_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    match name.split_at_checked(8) {
        Some((hash, [b'.', number @ ..])) => {
            hash.iter().all(is_small_hex) && !number.is_empty() && number.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    }
}

impl Problem {
    fn at(place: Place<'_>, problem: Unreadable) -> Self {
        let weight = if problem == Unreadable::Missing { Weight::of_absence(place) } else { Weight::Incomplete };
        Self::new(weight, format!("{}: {problem}", place.name))
    }
}

impl Weight {
    /// How much it says that nothing is at a place. A usual place may well be empty if there are others; a chosen one
    /// should not be.
    fn of_absence(place: Place<'_>) -> Self {
        if place.is_chosen { Self::Noteworthy } else { Self::Minor }
    }
}

/// What was read of some files.
pub(super) struct Contents {
    pub(super) roots: RootCertStore,
    /// Those of the look, and those of the reading.
    pub(super) problems: Vec<Problem>,
    /// Whether the files, as long as they look the same, would be read with the same result.
    pub(super) is_final: bool,
}

impl Contents {
    pub(super) fn read(look: &Look, unix_now: i64) -> Self {
        let mut contents = Self { roots: RootCertStore::empty(), problems: look.problems.clone(), is_final: true };
        let mut room = regular::LARGEST;
        for seen in &look.files {
            match regular::read(&seen.path, room) {
                Ok((pem, metadata)) => {
                    room -= pem.len() as u64;
                    let stamp = Stamp::of(&metadata);
                    contents.is_final &= stamp == seen.stamp && stamp.is_final(unix_now);
                    contents.add(&seen.name, &pem);
                }
                Err(problem) => {
                    contents.problems.push(Problem::new(Weight::Incomplete, format!("{}: {problem}", seen.name)))
                }
            }
        }
        contents.is_final &= !contents.problems.iter().any(|problem| problem.weight == Weight::Incomplete);
        contents
    }

    /// Adds the certificates that can be used. One that cannot be used is noted as a problem, and the others count.
    fn add(&mut self, name: &str, pem: &[u8]) {
        let mut is_empty = true;
        for found in pem::certificates(pem) {
            is_empty = false;
            let added = found.certificate.and_then(|root| self.roots.add(root).map_err(|_| Flaw::Contents));
            let Err(flaw) = added else { continue };
            let weight = match flaw {
                // The file may be half written.
                Flaw::Begin | Flaw::End | Flaw::Base64 => Weight::Incomplete,
                Flaw::Contents => Weight::Noteworthy,
                Flaw::NotForServers => Weight::Minor,
            };
            self.problems.push(Problem::new(weight, format!("{name}: {}: {flaw}", found.place)));
        }
        if is_empty {
            self.problems.push(Problem::new(Weight::Noteworthy, format!("{name}: there is no certificate in it")));
        }
    }
}
