//! A core dump of an application with a live handle holds no secret: not in the heap, on no stack, and not in the
//! registers.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use personr_sandbox::Sandbox;
use personr_testkit::compile::{is_installed, skip};
use personr_testkit::figures::{self, figures};
use personr_testkit::memory::Needles;
use personr_testkit::wiping_application::{EMAIL, Program, Settings, random_part};

/// The handle has logged in, has handed out tokens that are freed by now, and is alive. The mark is no secret.
const LIVE: [&str; 5] = ["mark", "open", "authorization", "token", "wipe"];

/// An application, and what to look for.
struct Scene {
    program: Program,
    sandbox: Sandbox,
    settings: Settings,
}

impl Scene {
    fn with(program: Program) -> Self {
        let sandbox = Sandbox::start().expect("a sandbox");
        let settings = Settings::of(&sandbox);
        Self { program, sandbox, settings }
    }

    /// The core of the kernel's making, right after these words.
    fn core_after(&self, words: &[&str]) -> Core {
        let application = self.program.run(&self.settings, &[words, &["core"]].concat());
        assert_eq!(application.ended_by(), Some(libc::SIGQUIT));
        Core { bytes: fs::read(core_in(&self.program.folder())).expect("a core"), needles: self.needles() }
    }

    /// The same of gdb's making.
    fn core_by_gdb_after(&self, words: &[&str]) -> Core {
        let mut application = self.program.run(&self.settings, &[words, &["pause"]].concat());
        application.wait_until("paused", || ());
        let path = self.program.folder().join("by-gdb");
        let mut gcore = Command::new("gcore");
        gcore.arg("-o").arg(&path).arg(application.pid.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(gcore.status().expect("gcore runs").success());
        let bytes = fs::read(format!("{}.{}", path.display(), application.pid)).expect("a core");
        application.end_paused();
        Core { bytes, needles: self.needles() }
    }

    fn needles(&self) -> Needles {
        let mut needles = self.settings.needles();
        needles.add("token", random_part(&self.sandbox.live_token(EMAIL).expect("a token")));
        needles
    }
}

struct Core {
    bytes: Vec<u8>,
    needles: Needles,
}

impl Core {
    fn secrets(&self) -> Vec<&'static str> {
        self.needles.find(&self.bytes).into_iter().map(|(_, secret)| secret).collect()
    }

    fn holds(&self, text: &str) -> bool {
        let mut needles = Needles::default();
        needles.add("text", text.as_bytes());
        needles.find(&self.bytes).iter().any(|(place, _)| place.len() == text.len())
    }

    /// The secrets are not there, and what is no secret is.
    fn assert_holds_no_secret(&self, form: &str) {
        assert!(self.holds(EMAIL), "{form}: the core does not hold the heap");
        assert!(self.secrets().is_empty(), "{form}: {:?}", self.secrets());
        figures!(
            of "core-dump": "{form}, handle alive: core of {:.1} MB with heap, stacks and registers, 0 pieces of a secret",
            self.bytes.len() as f64 / 1e6
        );
    }
}

fn core_in(folder: &Path) -> PathBuf {
    let mut files = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let is_core = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("core"));
    files.find(is_core).expect("the kernel has written a core")
}

/// Whether the kernel writes a core where the process is, rather than giving it to a program or to a folder of all.
fn kernel_writes_cores() -> bool {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap_or_default();
    pattern.starts_with("core") && !pattern.contains('/')
}

fn is_possible(test: &str) -> bool {
    let is_possible = kernel_writes_cores();
    if !is_possible {
        skip(test, "this system's core_pattern puts cores elsewhere (/proc/sys/kernel/core_pattern)");
    }
    is_possible
}

#[test]
fn a_core_of_the_kernel_holds_no_secret() {
    if is_possible("a_core_of_the_kernel_holds_no_secret") {
        let scene = Scene::with(Program::with_the_shared_library());
        scene.core_after(&LIVE).assert_holds_no_secret("debug library");
    }
}

#[test]
fn a_core_with_the_release_library_holds_no_secret() {
    if figures::is_check() && is_possible("a_core_with_the_release_library_holds_no_secret") {
        let scene = Scene::with(Program::with_the_release_library());
        scene.core_after(&LIVE).assert_holds_no_secret("release library");
    }
}

#[test]
fn a_core_of_gdb_holds_no_secret() {
    if !is_installed("gdb") {
        return skip("a_core_of_gdb_holds_no_secret", "gdb is not installed (Debian: apt-get install gdb)");
    }
    let scene = Scene::with(Program::with_the_shared_library());
    scene.core_by_gdb_after(&LIVE).assert_holds_no_secret("debug library, by gcore");
}

/// What the application leaves in its own memory is in the core: the search finds it there.
#[test]
fn a_secret_of_the_applications_own_is_found() {
    if is_possible("a_secret_of_the_applications_own_is_found") {
        let scene = Scene::with(Program::with_the_shared_library());
        let core = scene.core_after(&["open", "authorization", "plant"]);
        for secret in ["password", "token"] {
            assert!(core.secrets().contains(&secret), "the {secret} is not found");
        }
    }
}
