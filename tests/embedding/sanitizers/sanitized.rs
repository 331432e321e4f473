//! The library and C programs, built for AddressSanitizer.
//!
//! A stable toolchain does for it: it holds the runtime, and `RUSTC_BOOTSTRAP` opens the option. That runtime is linked
//! into the program, so that it does not matter whose compiler instruments the C code: the compilers agree on what they
//! call, and a runtime that is newer than they are serves them all.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use personr_testkit::c_program::{Checker, FLAGS, Program};
use personr_testkit::compile::{self, ROOT, Workshop, cc, said, skip, symbols};

const INSTRUMENTED: [&str; 3] = ["-fsanitize=address", "-fno-omit-frame-pointer", "-g"];

pub struct Sanitized {
    runtime: PathBuf,
    folder: PathBuf,
}

impl Sanitized {
    /// Built once in a test run. `None` where the toolchain has no runtime.
    pub fn built(test: &str) -> Option<&'static Self> {
        static BUILT: OnceLock<Option<Sanitized>> = OnceLock::new();
        let built = BUILT.get_or_init(|| {
            let target = rustc(&["-vV"]).lines().find_map(|line| Some(line.strip_prefix("host: ")?.to_owned()))?;
            let runtime = runtime(&target)?;
            Some(Self { runtime, folder: build(&target) })
        });
        if built.is_none() {
            skip(test, "this Rust toolchain has no runtime of AddressSanitizer");
        }
        built.as_ref()
    }

    pub fn rlib(&self) -> PathBuf {
        self.folder.join("libpersonr.rlib")
    }

    /// ring, in which all C code is.
    pub fn ring(&self) -> PathBuf {
        let entries = fs::read_dir(self.folder.join("deps")).expect("what the library is made of");
        let mut rings = entries.map(|entry| entry.expect("an entry").path()).filter(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            name.starts_with("libring-") && name.ends_with(".rlib")
        });
        rings.next().expect("ring")
    }

    fn library(&self) -> PathBuf {
        self.folder.join("libpersonr.so")
    }

    pub fn library_has_a_runtime(&self) -> bool {
        symbols(&["-D", "--defined-only"], &self.library()).contains("__asan_init")
    }

    /// Compiled and linked in two steps: in one the compiler would add a runtime of its own.
    pub fn program(&self, source: &Path, flags: &[&str]) -> Program {
        let workshop = Workshop::of(&self.library());
        let mut compile: Vec<&OsStr> = FLAGS.iter().chain(&INSTRUMENTED).map(OsStr::new).collect();
        // clang warns of a library where nothing is linked.
        compile.extend(flags.iter().filter(|flag| !flag.starts_with("-l")).map(OsStr::new));
        compile.extend(["-c".as_ref(), source.as_os_str()]);
        let object = workshop.link("program.o", &cc(), &compile, &[]);
        let whole = ["-Wl,--export-dynamic,--whole-archive".as_ref(), self.runtime.as_os_str()];
        let mut link = vec![object.as_os_str()];
        link.extend(whole);
        let rest = ["-Wl,--no-whole-archive", "-lrt", "-lm", "-ldl"];
        link.extend(rest.iter().chain(flags).map(OsStr::new));
        let path = workshop.program("program", &cc(), &link);
        Program { path, checker: Checker::AddressSanitizer, workshop }
    }
}

fn rustc(arguments: &[&str]) -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(arguments).output().expect("rustc runs");
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// "librustc-stable_rt.asan.a", or another channel's.
fn runtime(target: &str) -> Option<PathBuf> {
    let folder = Path::new(rustc(&["--print", "sysroot"]).trim()).join("lib/rustlib").join(target).join("lib");
    let entries = fs::read_dir(folder).ok()?;
    entries.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.to_string_lossy().ends_with("_rt.asan.a"))
}

/// Builds the library, in a folder of its own beside the usual one, and returns where it lies. With a target, so that
/// build scripts are not instrumented. The C code of ring is, but its assembly is not.
fn build(target: &str) -> PathBuf {
    let folder = compile::target().join("asan");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(ROOT)
        // What this test needs was there to build this test.
        .args(["build", "--offline", "--lib", "--features", "redis", "--target", target, "--target-dir"])
        .arg(&folder)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("RUSTFLAGS", "-Zsanitizer=address -Zexternal-clangrt")
        .env(format!("CFLAGS_{}", target.replace('-', "_")), INSTRUMENTED.join(" "))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", said(&output));
    folder.join(target).join("debug")
}

/// How many functions of the sanitizer each object of an archive calls, or an object by itself.
pub fn functions_of_the_sanitizer(file: &Path) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    // "ARCHIVE:OBJECT:                  U NAME", or "OBJECT:      U NAME".
    for line in symbols(&["-A", "-u"], file).lines() {
        let (object, symbol) = line.rsplit_once(':').expect("an object's name");
        *calls.entry(object.to_owned()).or_default() += usize::from(symbol.contains(" __asan_"));
    }
    calls
}
