//! What can be wrong with the directory and its files. Every message is our own, since a text of the system may hold a
//! path.

use std::fmt;
use std::io;

use crate::error::{Error, Status};

/// The reason for whatever has a mode that it should not have.
pub(super) const PERMISSIONS: &str = "store-permissions";

/// What a problem is about.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Directory,
    Record,
    Lock,
    New,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Directory => "the store's directory",
            Self::Record => "the store's record file (KEY.json)",
            Self::Lock => "the store's lock file (KEY.lock)",
            Self::New => "the store's new file (KEY.new)",
        })
    }
}

/// The error for a part that is not as it should be.
pub(super) fn refuse(part: Part, reason: &'static str, problem: &str) -> Error {
    Error::new(Status::Store, reason, format!("{part} {problem}"))
}

/// The error for an operation on the part that the system refused.
pub(super) fn failed(part: Part, error: &io::Error) -> Error {
    let code = error.raw_os_error().unwrap_or(0);
    let (reason, problem) = match code {
        libc::ENOENT => ("store-open", "does not exist"),
        libc::EMFILE | libc::ENFILE => ("store-open", "cannot be opened: too many files are open"),
        libc::EACCES | libc::EPERM => (PERMISSIONS, "may not be used by this process's user"),
        libc::EROFS => ("store-read-only", "is on a read-only file system"),
        libc::ELOOP | libc::EMLINK => ("store-link", "is a symbolic link, or behind a loop of them"),
        libc::ENOTDIR => ("store-type", "is not a directory, or is not in one"),
        libc::EISDIR | libc::ENXIO | libc::ENODEV => ("store-type", "is not a regular file"),
        libc::ENOSPC | libc::EDQUOT => ("store-full", "cannot be written: the disk is full, or the quota is used up"),
        libc::EFBIG => ("store-full", "cannot be written: the process's limit on file sizes is too low"),
        _ => return refuse(part, "store-io", &format!("cannot be read or written (error {code} of the system)")),
    };
    refuse(part, reason, problem)
}
