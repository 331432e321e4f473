//! The temporary folder of a sandbox.

use std::io;
use std::path::Path;
use std::process;

use tempfile::TempDir;

/// A folder that only its owner can look into, and that goes with the process that made it.
pub(crate) struct Folder {
    folder: TempDir,
    process: u32,
}

impl Folder {
    pub(crate) fn new() -> io::Result<Folder> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("personr-sandbox-");
        #[cfg(unix)]
        {
            use std::fs::Permissions;
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(Permissions::from_mode(0o700));
        }
        Ok(Folder { folder: builder.tempdir()?, process: process::id() })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether this is the process that made it, and not a forked child.
    pub(crate) fn is_ours(&self) -> bool {
        process::id() == self.process
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A forked child leaves its parent's folder alone.
        self.folder.disable_cleanup(!self.is_ours());
    }
}
