//! A directory for a file store.

pub mod shared;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use tempfile::TempDir;

use crate::client::{Auth, Failure, Options, Token};

/// The store's directory; it is not there before the first login.
pub struct StoreDirectory {
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl StoreDirectory {
    pub fn new() -> Self {
        let temporary = TempDir::new().expect("a temporary folder");
        Self { folder: temporary.path().to_owned(), _temporary: Some(temporary) }
    }

    /// In a folder that is another one's to remove.
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), _temporary: None }
    }

    pub fn parent(&self) -> &Path {
        &self.folder
    }

    pub fn path(&self) -> PathBuf {
        self.folder.join("store")
    }

    pub fn url(&self) -> String {
        format!("file:{}", self.path().to_str().expect("UTF-8"))
    }

    pub fn options(&self, sandbox: &Sandbox) -> Options {
        let options = Options::of(sandbox);
        options.token_store(&self.url()).expect("accepted");
        options
    }

    pub fn auth(&self, sandbox: &Sandbox) -> Auth {
        self.options(sandbox).demo()
    }

    /// The file with this ending, such as "json", of the one account.
    pub fn file(&self, ending: &str) -> PathBuf {
        let mut files = self.files();
        files.retain(|path| path.extension().is_some_and(|it| it == ending));
        assert_eq!(files.len(), 1, "{files:?}");
        files.remove(0)
    }

    pub fn files(&self) -> Vec<PathBuf> {
        fs::read_dir(self.path()).expect("a directory").map(|entry| entry.expect("readable").path()).collect()
    }
}

pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
}

pub fn is_root() -> bool {
    // SAFETY: only asks.
    unsafe { libc::geteuid() == 0 }
}

/// A token's value, or how it failed, in one line.
pub fn told(result: Result<Token, Failure>) -> String {
    match result {
        Ok(token) => token.value,
        Err(failure) => format!("{} {}", failure.status, failure.reason),
    }
}

pub fn live_token(sandbox: &Sandbox) -> String {
    sandbox.live_token(DEFAULT_EMAIL).expect("somebody has logged in")
}
