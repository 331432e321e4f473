//! Reads a regular file whole, from a path that the application or the environment has chosen.
//!
//! Such a path may lead to anything. To open a FIFO or a device may take for ever, and `/dev/zero` has no end.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::descriptors::{above_standard_streams, beside_standard_streams};

/// The largest file that is read. It would hold a hundred times the certificates of all CAs that browsers know, so a
/// larger file is a mistake.
pub(crate) const LARGEST: u64 = 16 * 1024 * 1024;

/// Why something cannot be read. The text repeats no path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    Missing,
    Forbidden,
    TooManyOpen,
    NotRegular,
    TooLarge,
    /// The number of the system's error.
    Other(i32),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::from(&error)
    }
}

impl From<&io::Error> for Unreadable {
    fn from(error: &io::Error) -> Self {
        match error.raw_os_error().unwrap_or(0) {
            libc::ENOENT | libc::ENOTDIR => Self::Missing,
            libc::EACCES | libc::EPERM => Self::Forbidden,
            libc::EMFILE | libc::ENFILE => Self::TooManyOpen,
            code => Self::Other(code),
        }
    }
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it does not exist"),
            Self::Forbidden => f.write_str("this process has no right to read it"),
            Self::TooManyOpen => f.write_str("too many open files"),
            Self::NotRegular => f.write_str("it is not a regular file"),
            Self::TooLarge => f.write_str("it is larger than 16 MiB"),
            Self::Other(code) => write!(f, "it cannot be read (error {code} of the system)"),
        }
    }
}

/// Opens a regular file, to read it, and tells what the system says of it. Follows symbolic links; never waits.
pub(crate) fn open(path: &Path) -> Result<(File, Metadata), Unreadable> {
    // Checked before it is opened, since opening alone makes some devices do something.
    regular(fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = beside_standard_streams(|| options.open(path))?;
    let file = File::from(above_standard_streams(file.into())?);
    let metadata = regular(file.metadata()?)?;
    Ok((file, metadata))
}

/// The content of the file, `at_most` bytes long, and what the system said of the file before it was read.
pub(crate) fn read(path: &Path, at_most: u64) -> Result<(Vec<u8>, Metadata), Unreadable> {
    let (file, metadata) = open(path)?;
    // One byte more, by which the end is seen.
    let length = metadata.len().min(at_most) + 1;
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(at_most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > at_most {
        return Err(Unreadable::TooLarge);
    }
    Ok((bytes, metadata))
}

fn regular(metadata: Metadata) -> Result<Metadata, Unreadable> {
    if metadata.is_file() { Ok(metadata) } else { Err(Unreadable::NotRegular) }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::sys::{close_standard_streams, in_child, limit_descriptors, make_fifo};

    fn problem(path: &Path, at_most: u64) -> Option<Unreadable> {
        read(path, at_most).err()
    }

    #[test]
    fn only_regular_files_are_read_and_opening_never_waits() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        make_fifo(&path("fifo"));
        std::os::unix::fs::symlink("fifo", path("link")).expect("a link");
        for name in ["fifo", "link", "", "/dev/zero", "/dev/tty"] {
            assert_eq!(problem(&path(name), 10), Some(Unreadable::NotRegular), "{name}");
        }
        fs::write(path("file"), "ten bytes.").expect("written");
        std::os::unix::fs::symlink("file", path("another link")).expect("a link");
        for name in ["file", "another link"] {
            assert_eq!(read(&path(name), 10).map(|(bytes, _)| bytes).as_deref(), Ok(&b"ten bytes."[..]), "{name}");
            assert_eq!(problem(&path(name), 9), Some(Unreadable::TooLarge), "{name}");
        }
        for name in ["missing", "file/within"] {
            assert_eq!(problem(&path(name), 10), Some(Unreadable::Missing), "{name}");
        }
    }

    #[test]
    fn a_lack_of_descriptors_is_reported() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "").expect("written");
        let without_descriptors = || {
            limit_descriptors(0, 0);
            i32::from(problem(&path, 10) == Some(Unreadable::TooManyOpen))
        };
        assert_eq!(in_child(without_descriptors), 1);
    }

    /// Where there is no other number to be had, a file is not read by one of theirs.
    #[test]
    fn no_standard_stream_is_used() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "").expect("written");
        let is_read = |limit| {
            in_child(|| {
                close_standard_streams();
                limit_descriptors(limit, limit);
                i32::from(read(&path, 10).is_ok())
            })
        };
        assert_eq!((is_read(3), is_read(64)), (0, 1));
    }
}
