//! Lists the names in a directory. The standard library does so too, but its descriptor may get the number of a closed
//! standard stream.

use std::ffi::{CStr, OsStr};
use std::fs::OpenOptions;
use std::io;
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::ptr::NonNull;

use super::descriptors::{above_standard_streams, beside_standard_streams};
use super::errno::errno_place;

/// An open directory.
pub(crate) struct Listing(NonNull<libc::DIR>);

impl Listing {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = libc::O_DIRECTORY | libc::O_NONBLOCK;
        let directory = beside_standard_streams(|| OpenOptions::new().read(true).custom_flags(flags).open(path))?;
        let directory = above_standard_streams(directory.into())?;
        // SAFETY: the descriptor is open. If the call succeeds it is the stream's, and nobody else has it.
        let stream = NonNull::new(unsafe { libc::fdopendir(directory.as_raw_fd()) });
        let stream = stream.ok_or_else(io::Error::last_os_error)?;
        let _ = directory.into_raw_fd();
        Ok(Self(stream))
    }

    /// The next name. `None` at the end.
    pub(crate) fn next_name(&mut self) -> io::Result<Option<&OsStr>> {
        set_errno(0);
        // SAFETY: the stream is open, and `&mut self` is the only one that uses it.
        let entry = unsafe { libc::readdir(self.0.as_ptr()) };
        if entry.is_null() {
            // The system tells the end from an error by this number alone.
            let error = io::Error::last_os_error();
            return if error.raw_os_error() == Some(0) { Ok(None) } else { Err(error) };
        }
        // SAFETY: the entry stays as it is until the next call, which `&mut self` holds off as long as the name is
        // borrowed; the name in it ends with NUL. No reference is made to the entry, which may be shorter than its
        // type.
        let name = unsafe { CStr::from_ptr((&raw const (*entry).d_name).cast()) };
        Ok(Some(OsStr::from_bytes(name.to_bytes())))
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        // SAFETY: the stream is open, and not used again.
        unsafe { libc::closedir(self.0.as_ptr()) };
    }
}

fn set_errno(code: i32) {
    // SAFETY: the pointer is to this thread's own number, and always valid.
    unsafe { *errno_place() = code };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    use crate::sys::{close_standard_streams, in_child, limit_descriptors};

    #[test]
    fn every_name_is_listed_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut expected: Vec<_> = (0..1000).map(|number| format!("{number}.0")).collect();
        expected.iter().for_each(|name| fs::write(folder.path().join(name), "").expect("written"));
        expected.extend([".", ".."].map(str::to_owned));
        let mut listing = Listing::open(folder.path()).expect("it opens");
        let mut found = Vec::new();
        while let Some(name) = listing.next_name().expect("it is readable") {
            found.push(name.to_str().expect("UTF-8").to_owned());
        }
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_a_directory_is_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("written");
        for path in [file, folder.path().join("missing")] {
            assert!(Listing::open(&path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn no_standard_stream_is_used() {
        let is_listed = |limit| {
            in_child(|| {
                close_standard_streams();
                limit_descriptors(limit, limit);
                i32::from(Listing::open(Path::new("/")).is_ok())
            })
        };
        assert_eq!((is_listed(3), is_listed(64)), (0, 1));
    }
}
