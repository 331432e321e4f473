//! A file that appears whole: it is written under another name beside its place, brought to the disk, and renamed.
//!
//! Nothing but a regular file is ever replaced, and no symbolic link is followed in the last component of the path: not
//! `/dev/null` by root, not a file of somebody else's choice in `/tmp`. The folder may be reached by links.

use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Result, Status};
use crate::random;
use crate::sys::descriptors::{above_standard_streams, beside_standard_streams};
use crate::sys::files;

/// A file that is not at its place yet. Dropped before [`AtomicFile::put_in_place`], it is removed.
pub(crate) struct AtomicFile {
    folder: File,
    name: CString,
    temporary: Temporary,
    length: u64,
}

struct Temporary {
    file: File,
    name: CString,
}

impl AtomicFile {
    /// Makes the file beside `path`, which its owner alone may read and write. A relative path is resolved now.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let (folder, name) = split(path)?;
        let folder = open_folder(folder).map_err(|error| failed(&error, "its folder cannot be used"))?;
        check_place(&folder, &name)?;
        let temporary = make_temporary(&folder)?;
        Ok(Self { folder, name, temporary, length: 0 })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.length += bytes.len() as u64;
        files::write_within_limit(&self.temporary.file, bytes, self.length).map_err(|error| failed(&error, WRITING))
    }

    /// From then on it stands at its place, whole, even if the power fails.
    pub(crate) fn put_in_place(self) -> Result<()> {
        self.temporary.file.sync_all().map_err(|error| failed(&error, WRITING))?;
        // Somebody may have put something else there meanwhile.
        check_place(&self.folder, &self.name)?;
        files::rename_at(&self.folder, &self.temporary.name, &self.name).map_err(|error| failed(&error, WRITING))?;
        match self.folder.sync_all() {
            // Some file systems cannot: there is nothing to be done there.
            Err(error) if error.raw_os_error() != Some(libc::EINVAL) => Err(failed(&error, WRITING)),
            _ => Ok(()),
        }
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // Once it is at its place nothing has this name any more.
        let _ = files::remove_at(&self.folder, &self.temporary.name);
    }
}

const WRITING: &str = "it cannot be written";

/// The folder and the name in it.
fn split(path: &Path) -> Result<(&Path, CString)> {
    let bytes = path.as_os_str().as_bytes();
    let is_folder = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
    match (path.file_name(), path.parent()) {
        (Some(name), Some(parent)) if !is_folder => {
            let name = CString::new(name.as_bytes()).map_err(|_| Error::argument("path", "it contains a NUL"))?;
            Ok((if parent.as_os_str().is_empty() { Path::new(".") } else { parent }, name))
        }
        _ if path.as_os_str().is_empty() => Err(Error::argument("path", "it is empty")),
        _ => Err(of_another_type()),
    }
}

fn open_folder(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_DIRECTORY | libc::O_NONBLOCK);
    let folder = beside_standard_streams(|| options.open(path))?;
    above_standard_streams(folder.into()).map(File::from)
}

/// What stands at the place is nothing, or a regular file.
fn check_place(folder: &File, name: &CStr) -> Result<()> {
    match files::is_regular_at(folder, name) {
        Ok(true) => Ok(()),
        Ok(false) => Err(of_another_type()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(&error, "it cannot be looked at")),
    }
}

fn make_temporary(folder: &File) -> Result<Temporary> {
    let Some(random) = random::bytes::<8>() else {
        return Err(Error::new(Status::Internal, "random", "the system has no random bytes"));
    };
    let name = format!(".personr-{:016x}", u64::from_ne_bytes(random));
    let name = CString::new(name).unwrap_or_default();
    let file = files::create_at(folder, &name, libc::O_WRONLY).map_err(|error| failed(&error, "it cannot be made"))?;
    Ok(Temporary { file: file.into(), name })
}

fn of_another_type() -> Error {
    Error::new(Status::File, "file-type", "what stands at the path is no regular file")
}

/// In words of our own, which repeat no path.
fn failed(error: &io::Error, what: &str) -> Error {
    let code = error.raw_os_error().unwrap_or(0);
    let (reason, problem) = match code {
        libc::ENOENT | libc::ENOTDIR => ("file-open", "there is no such folder"),
        libc::EACCES | libc::EPERM => ("file-open", "this process's user may not"),
        libc::EROFS => ("file-open", "the file system is read-only"),
        libc::EMFILE | libc::ENFILE => ("file-open", "too many files are open"),
        libc::ELOOP => ("file-open", "there is a loop of symbolic links"),
        libc::ENAMETOOLONG => ("file-open", "the path is too long"),
        libc::EISDIR => return of_another_type(),
        libc::ENOSPC | libc::EDQUOT => ("file-full", "the disk is full, or the quota is used up"),
        libc::EFBIG => ("file-full", "the process's limit on file sizes is too low"),
        _ => return Error::new(Status::File, "file-io", format!("the file: {what} (error {code} of the system)")),
    };
    Error::new(Status::File, reason, format!("the file: {what}, {problem}"))
}

#[cfg(test)]
#[path = "atomic_file/atomic_file_tests.rs"]
mod tests;
