//! Where it is measured: a sandbox, the library as it is installed, and programs in C with and without it.

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Sandbox};
use tempfile::TempDir;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SONAME: &str = concat!("libpersonr.so.", env!("CARGO_PKG_VERSION_MAJOR"));
const LIBRARY: &str = concat!("libpersonr.so.", env!("CARGO_PKG_VERSION"));
const FLAGS: [&str; 7] = ["-std=c99", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"];
/// The system's root certificates, as libcurl of Debian finds them.
const SYSTEM_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// A login's, as documented.
pub const ANSWER: &str = r#"{
  "status": "success",
  "response": {
    "token": "1670035114445x631333625381113500",
    "user_id": "1665086295288x405886519539808060",
    "expires": 31536000
}}"#;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Ours,
    Peer,
}

/// Which certificates a program is to read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Roots {
    /// The sandbox's alone.
    One,
    /// The system's, where the system has them, and the sandbox's.
    System,
    /// The same, with SSL_CERT_FILE and SSL_CERT_DIR set to where the system has them.
    SystemByVariables,
}

pub struct Setting {
    pub sandbox: Sandbox,
    folder: TempDir,
}

impl Setting {
    pub fn new() -> Self {
        let sandbox = Sandbox::start().expect("a sandbox");
        let folder = TempDir::new().expect("a folder");
        let system = fs::read(SYSTEM_BUNDLE).unwrap_or_else(|error| panic!("{SYSTEM_BUNDLE}: {error}"));
        let bundle = [&system, sandbox.ca_pem().as_bytes()].concat();
        fs::write(folder.path().join("bundle.pem"), bundle).expect("written");
        let setting = Self { sandbox, folder };
        setting.build("library", &target(), "");
        setting
    }

    /// A path in a folder that is removed at the end.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The library as `make install` has it, with the default features.
    pub fn library(&self) -> PathBuf {
        self.path("library").join(LIBRARY)
    }

    /// Builds the library into a folder, where programs find it.
    fn build(&self, folder: &str, target: &Path, flags: &str) {
        let folder = self.path(folder);
        let mut build = Command::new("sh");
        build.arg(Path::new(ROOT).join("packaging/build.sh")).arg("--quiet");
        build.env("CARGO_TARGET_DIR", target).env("PACKAGE", &folder).env("FEATURES", "").env("RUSTFLAGS", flags);
        // The loader's path is cargo's for this program, and in the way of the compiler's.
        assert!(build.env_remove("LD_LIBRARY_PATH").status().expect("a shell").success(), "the library was not built");
        symlink(LIBRARY, folder.join(SONAME)).expect("a link");
        symlink(SONAME, folder.join("libpersonr.so")).expect("a link");
    }

    /// A folder with the library as it would be if it wiped nothing. Built where nobody takes it for the real one.
    pub fn unwiped(&self) -> PathBuf {
        self.build("unwiped", &target().join("unwiped"), "--cfg personr_bench_unwiped");
        self.path("unwiped")
    }

    /// A program that does the same by both sides: benches/NAME.c and the side's client.
    pub fn client_program(&self, side: Side, name: &str) -> PathBuf {
        self.compile(side, name, &[&format!("{name}.c"), &format!("{}/client.c", side.folder())])
    }

    /// A program that sends requests: benches/NAME.c, and the side's client and exchange.
    pub fn exchange_program(&self, side: Side, name: &str) -> PathBuf {
        let own = ["client", "exchange"].map(|source| format!("{}/{source}.c", side.folder()));
        self.compile(side, name, &[&format!("{name}.c"), &own[0], &own[1]])
    }

    /// A program that each side has its own source of, and maybe needs a client for.
    pub fn own_program(&self, side: Side, name: &str, also: &[&str]) -> PathBuf {
        let own = format!("{}/{name}.c", side.folder());
        self.compile(side, name, &[&[own.as_str()], also].concat())
    }

    /// A program that belongs to no side: benches/NAME.c.
    pub fn neutral_program(&self, name: &str) -> PathBuf {
        self.compile(Side::Ours, name, &[&format!("{name}.c")])
    }

    fn compile(&self, side: Side, name: &str, sources: &[&str]) -> PathBuf {
        let program = self.path(&format!("{}-{name}", side.folder()));
        if program.exists() {
            return program;
        }
        let folder = self.path("library");
        let mut compiler = Command::new(env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
        compiler.args(FLAGS).arg(format!("-I{ROOT}/include")).arg("-o").arg(&program);
        compiler.args(sources.iter().map(|source| Path::new(ROOT).join("benches").join(source)));
        // A library that a program calls nothing of is no burden of its.
        compiler.arg("-Wl,--as-needed");
        match side {
            Side::Ours => compiler.arg("-L").arg(&folder).arg("-lpersonr"),
            Side::Peer => compiler.args(["-lcurl", "-lcjson", "-lcrypto"]),
        };
        compiler.arg(format!("-Wl,--enable-new-dtags,-rpath,{}", folder.display())).arg("-ldl");
        assert!(compiler.status().expect("a C compiler").success(), "{}", program.display());
        program
    }

    /// Runs it with an account of the sandbox's, and with nothing else of this program's environment.
    pub fn command(&self, program: &Path, roots: Roots) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PERSONR_BASE_URL", self.sandbox.base_url());
        command.env("PERSONR_CA_FILE", self.sandbox.ca_file());
        command.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", DEFAULT_PASSWORD);
        if roots != Roots::One {
            command.env("PERSONR_BUNDLE", self.path("bundle.pem"));
        }
        if roots == Roots::SystemByVariables {
            command.env("SSL_CERT_FILE", SYSTEM_BUNDLE).env("SSL_CERT_DIR", "/etc/ssl/certs");
        }
        command
    }
}

impl Side {
    fn folder(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Peer => "peers",
        }
    }
}

/// How many root certificates the system has.
pub fn system_certificates() -> usize {
    fs::read_to_string(SYSTEM_BUNDLE).map_or(0, |bundle| bundle.matches("BEGIN CERTIFICATE").count())
}

/// Cargo's folder.
pub fn target() -> PathBuf {
    let program = env::current_exe().expect("a path");
    program.ancestors().nth(3).expect("target/PROFILE/deps/PROGRAM").to_owned()
}

pub fn root() -> &'static Path {
    Path::new(ROOT)
}
