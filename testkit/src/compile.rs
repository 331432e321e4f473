//! Compiles C and C++ against the libraries that cargo has built for this test run.

use std::env;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// The source tree: the folder of this crate's folder.
pub const ROOT: &str = {
    let (root, _) = env!("CARGO_MANIFEST_DIR").as_bytes().split_at(env!("CARGO_MANIFEST_DIR").len() - "/testkit".len());
    match std::str::from_utf8(root) {
        Ok(root) => root,
        Err(_) => panic!("the path of the source tree is UTF-8"),
    }
};

/// Cargo builds all crate types of the library before an integration test, and puts them beside it: `libpersonr.so`
/// and `libpersonr.a`, whatever features they were built with last.
pub fn built(file: &str) -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    test.parent().expect("a folder").join(file)
}

/// Where cargo builds, and where packages are put: beside the folder `tmp`, which cargo makes for integration tests.
pub fn target() -> PathBuf {
    let test = env::current_exe().expect("the path of this test");
    test.ancestors().find(|folder| folder.join("tmp").is_dir()).expect("cargo's folder").to_owned()
}

/// The shared library as it is shipped, with all its features: made by `make build`, which does nothing twice.
pub fn release() -> PathBuf {
    let target = target();
    let mut build = Command::new("sh");
    build.arg(Path::new(ROOT).join("packaging/build.sh")).arg("--quiet");
    build.env("CARGO_TARGET_DIR", &target).env("FEATURES", "redis").env_remove("PACKAGE");
    let output = build.output().expect("a shell");
    assert!(output.status.success(), "{}", said(&output));
    target.join("package").join(concat!("libpersonr.so.", env!("CARGO_PKG_VERSION")))
}

/// Says that a test did not do its work, and why. The test returns right after: the runner counts it as skipped, and
/// no longer as passed. `PERSONR_SKIPS` names the file that the runner reads.
pub fn skip(name: &str, reason: &str) {
    let line = format!("SKIP {name}: {reason}\n");
    // Not by `eprint`, which cargo shows only if the test fails.
    std::io::stderr().write_all(line.as_bytes()).expect("stderr can be written");
    if let Some(file) = env::var_os("PERSONR_SKIPS") {
        let mut file = OpenOptions::new().append(true).create(true).open(file).expect("the file of skips opens");
        // One write, since tests run side by side.
        file.write_all(line.as_bytes()).expect("the file of skips can be written");
    }
}

/// Whether a program can be run here.
pub fn is_installed(program: &str) -> bool {
    let quiet = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet.is_ok_and(|status| status.success())
}

/// What `nm` says of a file.
pub fn symbols(options: &[&str], file: &Path) -> String {
    let output = Command::new("nm").args(options).arg(file).output().expect("nm runs");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The C compiler, as make and cargo find it.
pub fn cc() -> String {
    env::var("CC").unwrap_or_else(|_| "cc".to_owned())
}

/// The C++ compiler, as make and cargo find it.
pub fn cxx() -> String {
    env::var("CXX").unwrap_or_else(|_| "c++".to_owned())
}

/// A temporary folder in which a shared library lies as if it were installed: under the name that the linker looks for,
/// and under the one that the loader does.
pub struct Workshop {
    folder: TempDir,
}

impl Workshop {
    /// With the library of this test run.
    pub fn new() -> Self {
        Self::of(&built("libpersonr.so"))
    }

    /// With another build of the library.
    pub fn of(library: &Path) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let major = env!("CARGO_PKG_VERSION_MAJOR");
        for name in ["libpersonr.so".to_owned(), format!("libpersonr.so.{major}")] {
            symlink(library, folder.path().join(name)).expect("a link");
        }
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file is written");
        path
    }

    /// Compiles a program against the shared library and returns its path. `compiler` may hold arguments of its own.
    pub fn program<A: AsRef<OsStr>>(&self, name: &str, compiler: &str, arguments: &[A]) -> PathBuf {
        let folder = self.folder.path();
        let mut rpath = OsStr::new("-Wl,-rpath,").to_owned();
        rpath.push(folder);
        self.link(name, compiler, arguments, &["-L".as_ref(), folder.as_os_str(), "-lpersonr".as_ref(), &rpath])
    }

    /// The same with `libraries` instead of the shared library.
    pub fn link<A: AsRef<OsStr>>(&self, name: &str, compiler: &str, arguments: &[A], libraries: &[&OsStr]) -> PathBuf {
        let program = self.path(name);
        let mut words = compiler.split_whitespace();
        let mut command = Command::new(words.next().expect("a compiler's name"));
        command.args(words).arg("-I").arg(Path::new(ROOT).join("include"));
        command.args(arguments).args(libraries).arg("-pthread").arg("-o").arg(&program);
        let output = command.output().unwrap_or_else(|error| panic!("{compiler} cannot be run: {error}"));
        assert!(output.status.success(), "{command:?} failed:\n{}", said(&output));
        program
    }
}

/// All that a program wrote.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
