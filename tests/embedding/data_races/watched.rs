//! The library and C programs, built for ThreadSanitizer in a root that has the compilers for it (`tests/tsan.sh`). The
//! programs run outside it, on its C library.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use personr_testkit::c_program::{Checker, FLAGS, Program};
use personr_testkit::compile::{ROOT, Workshop, said, skip, symbols, target};

/// What the scripts end with where the root cannot be had.
const CANNOT_BE_HAD: i32 = 77;

pub struct Watched {
    root: String,
    folder: PathBuf,
}

impl Watched {
    /// Built once in a test run. `None`, and it is said, where there is no root to build it in.
    pub fn built(test: &str) -> Option<&'static Self> {
        static BUILT: OnceLock<Result<Watched, String>> = OnceLock::new();
        let built = BUILT.get_or_init(|| {
            let folder = target().join("tsan");
            let output = script("tests/tsan.sh").arg(&folder).output().expect("a shell");
            match output.status.code() {
                Some(0) => {
                    let root = String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned();
                    Ok(Self { root, folder })
                }
                Some(CANNOT_BE_HAD) => {
                    Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned())
                }
                _ => panic!("{}", said(&output)),
            }
        });
        built.as_ref().map_err(|reason| skip(test, reason)).ok()
    }

    fn library(&self) -> PathBuf {
        self.folder.join("lib/libpersonr.so")
    }

    pub fn library_has_a_runtime(&self) -> bool {
        symbols(&["-D", "--defined-only"], &self.library()).contains("__tsan_init")
    }

    pub fn library_is_watched(&self) -> bool {
        symbols(&["-D", "-u"], &self.library()).contains("__tsan_read")
    }

    /// Whether this crate, which is linked into the library, asks the sanitizer.
    pub fn crate_is_watched(&self, name: &str) -> bool {
        let begins = format!("lib{name}-");
        let crates = fs::read_dir(self.folder.join("crates")).expect("what the library is made of");
        let mut crates = crates.map(|entry| entry.expect("an entry").path()).filter(|path| {
            let file = path.file_name().expect("a name").to_string_lossy();
            file.starts_with(&begins) && file.ends_with(".rlib")
        });
        crates.any(|path| symbols(&["-u"], &path).contains("__tsan_read"))
    }

    /// Its source stands in the tree.
    pub fn program(&self, source: &Path, flags: &[&str]) -> Program {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let source = source.strip_prefix(ROOT).expect("a source of this tree");
        let name = format!("programs/{}-{number}", source.file_stem().expect("a name").to_string_lossy());
        let mut compile = script("tests/in-root.sh");
        compile.arg(&self.root).arg(&self.folder).args(["sh", "/mnt/tree/tests/tsan/program.sh"]);
        compile
            .arg(&self.root)
            .arg(&self.folder)
            .arg(source)
            .arg(Path::new("/mnt").join(&name))
            .args(FLAGS)
            .args(flags);
        let output = compile.output().expect("a shell");
        assert!(output.status.success(), "{}", said(&output));
        let path = self.folder.join(name);
        Program { path, checker: Checker::ThreadSanitizer, workshop: Workshop::of(&self.library()) }
    }
}

/// With the path of the sources, wherever the test runs.
fn script(path: &str) -> Command {
    let mut command = Command::new("sh");
    command.current_dir(ROOT).arg(path);
    command
}
