//! A directory for a file store, and other processes that use it.

#![allow(dead_code)] // each test binary uses its part

pub mod shared;

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use tempfile::TempDir;

use crate::client::{Auth, Failure, Options};

/// The store's directory; it is not there before the first login.
pub struct Place {
    folder: PathBuf,
    _temporary: Option<TempDir>,
}

impl Place {
    pub fn new() -> Self {
        let temporary = TempDir::new().expect("a temporary folder");
        Self { folder: temporary.path().to_owned(), _temporary: Some(temporary) }
    }

    /// In a folder that is another one's to remove.
    pub fn within(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), _temporary: None }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn directory(&self) -> PathBuf {
        self.folder.join("store")
    }

    pub fn url(&self) -> String {
        format!("file:{}", self.directory().to_str().expect("UTF-8"))
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
        fs::read_dir(self.directory()).expect("a directory").map(|entry| entry.expect("readable").path()).collect()
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

/// Another process: this test program once more, with one of its ignored tests.
pub struct Other {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Other {
    /// Starts the ignored test of this name, which gets its handle by [`in_other`].
    pub fn start(test: &str, sandbox: &Sandbox, store: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("a path"));
        command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
        command.env("TEST_BASE_URL", sandbox.base_url()).env("TEST_CA_PEM", sandbox.ca_pem()).env("TEST_STORE", store);
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("run");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, input, output }
    }

    /// Lets it go on, if it waits for this.
    pub fn nudge(&mut self) {
        self.input.as_mut().expect("open").write_all(b"\n").expect("it reads");
    }

    /// What it says next.
    pub fn said(&mut self) -> String {
        let mut line = String::new();
        while self.output.read_line(&mut line).expect("UTF-8") != 0 {
            if let Some((_, said)) = line.trim_end().split_once("says: ") {
                return said.to_owned();
            }
            line.clear();
        }
        panic!("it ended without a word");
    }

    pub fn signal(&self, signal: i32) {
        // SAFETY: the process is a child of ours that has not been waited for.
        assert_eq!(unsafe { libc::kill(self.process.id() as i32, signal) }, 0);
    }

    /// Ends it in the hardest way, and returns when it is gone.
    pub fn kill(&mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("gone");
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// For the ignored tests: options as the parent says.
pub fn in_other() -> Options {
    let set = |name: &str| std::env::var(name).expect("set by the parent");
    let options = Options::new();
    options.max_retries(0);
    options.base_url(&set("TEST_BASE_URL")).expect("accepted");
    options.only_ca(&set("TEST_CA_PEM"));
    options.token_store(&set("TEST_STORE")).expect("accepted");
    options
}

/// For the ignored tests: tells the parent.
pub fn say(text: &str) {
    println!("says: {text}");
}

/// For the ignored tests: waits for a nudge, or for the parent's end.
pub fn await_nudge() {
    std::io::stdin().read_line(&mut String::new()).expect("UTF-8");
}

/// A token's value, or how it failed, in one line.
pub fn told(result: Result<crate::client::Token, Failure>) -> String {
    match result {
        Ok(token) => token.value,
        Err(failure) => format!("{} {}", failure.status, failure.reason),
    }
}

pub fn live_token(sandbox: &Sandbox) -> String {
    sandbox.live_token(DEFAULT_EMAIL).expect("somebody has logged in")
}
