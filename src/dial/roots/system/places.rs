//! Where the system's roots stand: one file, and directories in which each has a file of its own.

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{self, Path, PathBuf};

use crate::environment::Environment;
use crate::sys::regular::Unreadable;

/// Where the environment says that the roots are, by the rules of OpenSSL: the file and the directories are chosen
/// apart, and `None` stands for the usual ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Places {
    file: Option<PathBuf>,
    directories: Option<Vec<PathBuf>>,
}

impl Places {
    pub(crate) fn of(environment: &Environment) -> Self {
        let absolute = |bytes: &[u8]| {
            let path = Path::new(OsStr::from_bytes(bytes));
            // The application may change its working directory later. If there is none now, the path stays as it is.
            path::absolute(path).unwrap_or_else(|_| path.to_owned())
        };
        let directories = environment
            .get("SSL_CERT_DIR")
            .map(|list| list.split(|byte| *byte == b':').filter(|path| !path.is_empty()).map(absolute).collect());
        Self { file: environment.get("SSL_CERT_FILE").map(absolute), directories }
    }

    /// `None` if none of the usual ones is there.
    pub(super) fn file(&self) -> Option<Place<'_>> {
        match &self.file {
            Some(file) => Some(Place::chosen("SSL_CERT_FILE", file)),
            None => usual(FILES).next(),
        }
    }

    /// Those of the usual directories that are there, or those that were chosen, there or not.
    pub(super) fn directories(&self) -> Vec<Place<'_>> {
        match &self.directories {
            Some(chosen) => chosen.iter().map(|directory| Place::chosen("SSL_CERT_DIR", directory)).collect(),
            None => usual(DIRECTORIES).collect(),
        }
    }
}

/// A file or a directory.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// How a message names it. A path that the environment has chosen is not repeated: the name of its variable is.
    pub(super) name: &'a str,
    pub(super) path: &'a Path,
    pub(super) is_chosen: bool,
}

impl<'a> Place<'a> {
    fn chosen(variable: &'a str, path: &'a Path) -> Self {
        Self { name: variable, path, is_chosen: true }
    }
}

/// Those of the usual places that are there. A place that cannot be looked at counts as there, so that its problem is
/// told.
fn usual(paths: &'static [&'static str]) -> impl Iterator<Item = Place<'static>> {
    let is_there = |path: &&&str| !matches!(fs::metadata(path), Err(error) if is_missing(&error));
    paths.iter().filter(is_there).map(|path| Place { name: path, path: Path::new(path), is_chosen: false })
}

fn is_missing(error: &io::Error) -> bool {
    Unreadable::from(error) == Unreadable::Missing
}

// What Linux distributions and other systems have, as the crate `openssl-probe` lists it. Of the files, the first one
// that is there is read: each of them holds all roots.

#[cfg(target_os = "linux")]
const FILES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Gentoo, Arch, NixOS
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // Fedora, RHEL 7 and later
    "/etc/pki/tls/certs/ca-bundle.crt",                  // RHEL 6
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/etc/pki/tls/cacert.pem",                           // OpenELEC
    "/etc/ssl/cert.pem",                                 // Alpine
    "/opt/etc/ssl/certs/ca-certificates.crt",            // Entware
    "/etc/ssl/certs/cacert.pem",                         // OpenHarmony
];
#[cfg(target_os = "linux")]
const DIRECTORIES: &[&str] = &[
    "/etc/ssl/certs",             // Debian, openSUSE
    "/etc/pki/tls/certs",         // Fedora, RHEL
    "/etc/security/certificates", // OpenHarmony
];

#[cfg(target_os = "freebsd")]
const FILES: &[&str] = &["/usr/local/etc/ssl/cert.pem", "/etc/ssl/cert.pem"];
#[cfg(target_os = "freebsd")]
const DIRECTORIES: &[&str] = &["/etc/ssl/certs", "/usr/local/etc/ssl/certs"];

#[cfg(target_os = "illumos")]
const FILES: &[&str] = &["/etc/ssl/cacert.pem", "/etc/certs/ca-certificates.crt", "/etc/ssl/certs/ca-certificates.crt"];
#[cfg(target_os = "illumos")]
const DIRECTORIES: &[&str] = &["/etc/certs/CA"];

#[cfg(test)]
mod tests {
    use super::*;

    /// The file and the directories of this environment, where `None` stands for the usual ones.
    fn places(file: Option<&str>, directories: Option<&str>) -> (Option<PathBuf>, Option<Vec<PathBuf>>) {
        let value = |value: Option<&str>| value.map(|value| value.as_bytes().to_vec());
        let environment = Environment::of(|name| match name {
            "SSL_CERT_FILE" => value(file),
            "SSL_CERT_DIR" => value(directories),
            _ => None,
        });
        let Places { file, directories } = Places::of(&environment);
        (file, directories)
    }

    #[test]
    fn file_and_directories_are_chosen_separately() {
        let paths = |paths: &[&str]| Some(paths.iter().map(PathBuf::from).collect());
        for (file, directories, expected) in [
            (None, None, (None, None)),
            (Some(""), Some(""), (None, None)),
            (Some("/a:b"), None, (Some("/a:b".into()), None)),
            (None, Some("/d"), (None, paths(&["/d"]))),
            (Some("/a"), Some("/d:/e f"), (Some("/a".into()), paths(&["/d", "/e f"]))),
            (None, Some(":/d::/e:"), (None, paths(&["/d", "/e"]))),
            (None, Some(":"), (None, paths(&[]))),
        ] {
            assert_eq!(places(file, directories), expected, "{file:?} {directories:?}");
        }
    }

    #[test]
    fn a_relative_path_starts_at_the_working_directory_of_now() {
        let here = std::env::current_dir().expect("a directory");
        let expected = (Some(here.join("a/b")), Some(vec![here.join("c"), "/d".into()]));
        assert_eq!(places(Some("a/b"), Some("c:/d")), expected);
    }
}
