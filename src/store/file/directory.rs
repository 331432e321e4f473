//! The directory of a file store, open and checked, and the files in it.
//!
//! It is opened anew for each operation. If it stayed open, a process would go on with a directory that has been
//! removed and made again, and would not see the locks and records of the others.

use std::ffi::CStr;
use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::problem::{PERMISSIONS, Part, failed, refuse};
use crate::clock::Now;
use crate::error::Result;
use crate::record::{RECORD_MAX, RecordBytes};
use crate::sys::descriptors::above_standard_streams;
use crate::sys::files::{self, FileId};
use crate::sys::fork::UnsharedFile;

/// The longest record file, in bytes: twice the longest record.
const FILE_MAX: usize = 2 * RECORD_MAX;

/// The mode of the directory.
const FOR_THE_OWNER: u32 = 0o700;

pub(super) struct Directory(File);

/// An open lock file, and what the system said of it.
pub(super) type Opened = (UnsharedFile, Metadata);

impl Directory {
    /// Opens the directory. `None` if there is none. The path may lead through symbolic links, also at its end: the
    /// directory that it leads to is checked.
    pub(super) fn open(path: &Path) -> Result<Option<Self>> {
        let opened = OpenOptions::new().read(true).custom_flags(libc::O_DIRECTORY).open(path);
        match opened.and_then(|directory| above_standard_streams(directory.into())) {
            Ok(directory) => Self::checked(directory.into()).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(Part::Directory, &error)),
        }
    }

    /// Opens the directory, and makes it if there is none. Its parents are not made: if they are missing, the path is
    /// probably wrong.
    pub(super) fn open_or_make(path: &Path) -> Result<Self> {
        if let Some(directory) = Self::open(path)? {
            return Ok(directory);
        }
        match make(path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(Part::Directory, &error)),
            _ => Self::open(path)?.ok_or_else(|| refuse(Part::Directory, "store-open", "does not exist")),
        }
    }

    fn checked(directory: File) -> Result<Self> {
        let metadata = directory.metadata().map_err(|error| failed(Part::Directory, &error))?;
        if metadata.uid() != files::effective_user() {
            return Err(refuse(Part::Directory, "store-owner", "belongs to another user"));
        }
        if metadata.mode() & 0o022 != 0 {
            return Err(refuse(Part::Directory, PERMISSIONS, "can be written by others (its mode should be 0700)"));
        }
        if files::is_on_network(&directory).map_err(|error| failed(Part::Directory, &error))? {
            let problem =
                "is on a network file system, or one that may be: machines may not see each other's locks there";
            return Err(refuse(Part::Directory, "store-network-fs", problem));
        }
        Ok(Self(directory))
    }

    /// The bytes of the record file; `None` if there is no such file.
    pub(super) fn read(&self, name: &CStr) -> Result<Option<RecordBytes>> {
        let fail = |error| failed(Part::Record, &error);
        let file = match files::open_at(&self.0, name, libc::O_RDONLY) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => File::from(opened.map_err(fail)?),
        };
        let metadata = file.metadata().map_err(fail)?;
        check_file(Part::Record, &metadata)?;
        if metadata.len() > FILE_MAX as u64 {
            return Err(too_large(Part::Record));
        }
        // The vector has room for the whole file, and for one byte more, by which the end is seen: if it grew, it would
        // leave copies of the token behind.
        let mut bytes = RecordBytes::new(Vec::with_capacity(metadata.len() as usize + 1));
        file.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes).map_err(fail)?;
        if bytes.len() > FILE_MAX { Err(too_large(Part::Record)) } else { Ok(Some(bytes)) }
    }

    /// Opens the lock file, and makes it if there is none. It is not checked here: a failure would close the
    /// descriptor, and if this process holds a lock on that file, the lock would end.
    pub(super) fn open_lock(&self, name: &CStr) -> Result<Opened> {
        let open = || match files::open_at(&self.0, name, libc::O_RDWR) {
            Err(error) if error.kind() == ErrorKind::NotFound => self.make_lock(name),
            opened => opened,
        };
        let fail = |error| failed(Part::Lock, &error);
        let file = UnsharedFile::open(open).map_err(fail)?;
        let metadata = file.metadata().map_err(fail)?;
        Ok((file, metadata))
    }

    fn make_lock(&self, name: &CStr) -> io::Result<OwnedFd> {
        match files::create_at(&self.0, name, libc::O_RDWR) {
            // Another process came first.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => files::open_at(&self.0, name, libc::O_RDWR),
            made => made,
        }
    }

    /// Which file the lock's name stands for; `None` if there is none.
    pub(super) fn lock_id(&self, name: &CStr) -> Result<Option<FileId>> {
        match files::id_at(&self.0, name) {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(Part::Lock, &error)),
        }
    }

    /// Makes the file for the next record, and reserves room for it on the disk. A file that has the name already is
    /// removed: a process that was killed has left it behind.
    pub(super) fn make_new(&self, name: &CStr) -> Result<NewFile> {
        let fail = |error| failed(Part::New, &error);
        match files::remove_at(&self.0, name) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(fail(error)),
            _ => {}
        }
        let file = File::from(files::create_at(&self.0, name, libc::O_WRONLY).map_err(fail)?);
        let id = files::reserve(&file, RECORD_MAX).and_then(|()| file.metadata()).map_err(fail);
        if id.is_err() {
            self.remove_new(name);
        }
        id.map(|metadata| NewFile { file, id: FileId::of(&metadata) })
    }

    /// Removes the file for the next record. If it stays it does no harm: the next login removes it.
    pub(super) fn remove_new(&self, name: &CStr) {
        let _ = files::remove_at(&self.0, name);
    }

    /// Puts the new file in the place of the record. Once this has returned it stays the record, even if the power
    /// fails.
    pub(super) fn replace(&self, new: &CStr, record: &CStr) -> Result<()> {
        files::rename_at(&self.0, new, record).map_err(|error| failed(Part::Record, &error))?;
        match self.0.sync_all() {
            // Some file systems cannot sync a directory. Nothing can be done about that.
            Err(error) if error.raw_os_error() != Some(libc::EINVAL) => Err(failed(Part::Directory, &error)),
            _ => Ok(()),
        }
    }
}

/// Makes the directory for its user alone, whatever the umask of the process is. A directory that is there already
/// stays as it is.
fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(FOR_THE_OWNER).create(path)?;
    // A umask takes bits away, and gives none.
    if fs::symlink_metadata(path)?.mode() & FOR_THE_OWNER != FOR_THE_OWNER {
        files::set_mode_of_new_directory(path, FOR_THE_OWNER as libc::mode_t)?;
    }
    Ok(())
}

/// Whether the directory was made or changed within the last seconds. Then the process that did so may not have set the
/// mode of what it made.
pub(super) fn is_young(path: &Path) -> bool {
    const YOUNG: u64 = 2;
    let now = Now::read().unix.as_secs();
    fs::metadata(path).is_ok_and(|it| u64::try_from(it.ctime()).is_ok_and(|changed| changed.abs_diff(now) <= YOUNG))
}

/// The file for the next record, with room for it.
pub(super) struct NewFile {
    file: File,
    id: FileId,
}

impl NewFile {
    /// Writes the record over the reserved zeroes, and cuts the file off behind it.
    pub(super) fn write(&self, record: &[u8]) -> Result<()> {
        if record.len() > FILE_MAX {
            return Err(too_large(Part::New));
        }
        let fail = |error| failed(Part::New, &error);
        // An application that closes all descriptors may have opened a file of its own under this number since. The
        // token must not be written there.
        if FileId::of(&self.file.metadata().map_err(fail)?) != self.id {
            return Err(refuse(Part::New, "store-open", "was closed by the application"));
        }
        let written = self.file.write_all_at(record, 0).and_then(|()| self.file.set_len(record.len() as u64));
        written.and_then(|()| self.file.sync_all()).map_err(fail)
    }
}

/// Refuses what is not a regular file of this user alone. It is neither read nor replaced: somebody else may have put
/// it there.
pub(super) fn check_file(part: Part, metadata: &Metadata) -> Result<()> {
    if !metadata.is_file() {
        return Err(refuse(part, "store-type", "is not a regular file"));
    }
    if metadata.uid() != files::effective_user() {
        return Err(refuse(part, "store-owner", "belongs to another user"));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(refuse(part, PERMISSIONS, "can be used by others (its mode should be 0600)"));
    }
    // No link at all is allowed: the file was the record when it was opened, and has been replaced since.
    if metadata.nlink() > 1 {
        return Err(refuse(part, "store-link", "has another name too (a hard link)"));
    }
    Ok(())
}

fn too_large(part: Part) -> crate::error::Error {
    refuse(part, "store-size", "is larger than 64 KiB")
}
