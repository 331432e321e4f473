//! A file of the caller's as it goes out, which must not change meanwhile.
//!
//! Its length is promised in the Content-Length before its first byte is read, and what the service gets must be what
//! stood in the file at one moment. So it is looked at again before its last bytes are handed over: if its size or one
//! of its times differs, the body stays incomplete, and the service drops it.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::error::{Error, Result, Status};
use crate::sys::regular::{self, Unreadable};

pub(super) struct OpenFile {
    file: File,
    length: u64,
    /// Not read yet.
    left: u64,
    version: Version,
}

/// What tells that a file has been written to.
#[derive(PartialEq, Eq)]
struct Version {
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Version {
    fn of(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

impl OpenFile {
    /// Opens a regular file, by symbolic links too. The error does not repeat the path, which may be somebody's name.
    pub(super) fn open(path: &[u8]) -> Result<Self> {
        let (file, metadata) = regular::open(Path::new(OsStr::from_bytes(path))).map_err(|problem| {
            let reason = if problem == Unreadable::NotRegular { "file-type" } else { "file-open" };
            Error::new(Status::File, reason, format!("a file to send: {problem}"))
        })?;
        let length = metadata.len();
        Ok(Self { file, length, left: length, version: Version::of(&metadata) })
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// 0 at its end, which is where it was when the file was opened.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..wanted).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let length = loop {
            match self.file.read(buffer) {
                Ok(0) => return Err(has_changed()),
                Ok(length) => break length,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Error::new(Status::File, "file-io", "a file to send cannot be read")),
            }
        };
        self.left = self.left.saturating_sub(length as u64);
        if self.left == 0 && self.file.metadata().map_or(true, |now| Version::of(&now) != self.version) {
            return Err(has_changed());
        }
        Ok(length)
    }
}

fn has_changed() -> Error {
    Error::new(Status::File, "file-changed", "a file was changed while it was being sent")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    use super::*;

    struct Fixture {
        _folder: tempfile::TempDir,
        path: PathBuf,
    }

    fn file(text: &str) -> Fixture {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, text).expect("written");
        Fixture { _folder: folder, path }
    }

    fn open(path: &Path) -> Result<OpenFile> {
        OpenFile::open(path.as_os_str().as_bytes())
    }

    fn reason(result: Result<impl Sized>) -> String {
        let error = result.err().expect("it fails");
        assert_eq!(error.status(), Status::File);
        error.reason().to_owned()
    }

    #[test]
    fn it_is_read_to_its_end() {
        let fixture = file("ten bytes.");
        let mut opened = open(&fixture.path).expect("opened");
        let mut buffer = [0; 8];
        assert_eq!(opened.length(), 10);
        assert_eq!([opened.read(&mut buffer), opened.read(&mut []), opened.read(&mut buffer)], [Ok(8), Ok(0), Ok(2)]);
        assert_eq!(opened.read(&mut buffer), Ok(0));
        assert_eq!(open(&file("").path).expect("opened").read(&mut buffer), Ok(0));
    }

    #[test]
    fn only_regular_files_are_opened() {
        let fixture = file("");
        let folder = fixture.path.parent().expect("a folder");
        crate::sys::make_fifo(&folder.join("fifo"));
        for path in [folder, &folder.join("fifo"), Path::new("/dev/zero")] {
            assert_eq!(reason(open(path)), "file-type", "{}", path.display());
        }
        assert_eq!(reason(open(&folder.join("missing"))), "file-open");
        std::os::unix::fs::symlink("file", folder.join("link")).expect("a link");
        assert!(open(&folder.join("link")).is_ok());
    }

    /// The change is made when all but the last byte has been read.
    fn read_around(change: impl FnOnce(&Path)) -> Result<usize> {
        let fixture = file("ten bytes.");
        let mut opened = open(&fixture.path).expect("opened");
        assert_eq!(opened.read(&mut [0; 9]), Ok(9));
        change(&fixture.path);
        opened.read(&mut [0; 9])
    }

    #[test]
    fn the_last_byte_of_a_file_that_was_changed_is_not_handed_over() {
        assert_eq!(read_around(|_| {}), Ok(1));
        assert_eq!(
            read_around(|path| fs::remove_file(path).expect("removed")).map_err(|it| it.reason().to_owned()),
            Err("file-changed".to_owned())
        );
        let append = |path: &Path| fs::OpenOptions::new().append(true).open(path).expect("opened").write_all(b"!");
        assert_eq!(reason(read_around(|path| append(path).expect("written"))), "file-changed");
        let truncate = |path: &Path| fs::OpenOptions::new().write(true).open(path).expect("opened").set_len(5);
        assert_eq!(reason(read_around(|path| truncate(path).expect("shorter"))), "file-changed");
        let touch = |path: &Path| {
            let file = fs::OpenOptions::new().write(true).open(path).expect("opened");
            file.set_modified(SystemTime::now() - Duration::from_secs(60)).expect("set");
        };
        assert_eq!(reason(read_around(touch)), "file-changed");
    }

    #[test]
    fn a_file_that_is_replaced_by_another_is_read_as_it_was() {
        let replaced = read_around(|path| {
            let other = path.with_extension("new");
            fs::write(&other, "another text").expect("written");
            // Its one link goes, and with it its ctime changes: so a second one is kept.
            fs::rename(&other, path).expect("renamed");
        });
        assert!(replaced.is_err(), "a lost link is a change of the file");
    }
}
