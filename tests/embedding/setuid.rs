//! A program with more rights than its caller (setuid, setgid, file capabilities) does not let the caller choose its
//! proxy and its root certificates: either would tell the caller the password.
//!
//! Each test first runs the same program without more rights, and finds that the environment decides there.

#![cfg(all(feature = "capi", target_os = "linux"))]

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use personr_sandbox::{Proxy, Sandbox};
use personr_testkit::compile::{ROOT, Workshop, cc, said, skip};
use personr_testkit::figures::figures;
use personr_testkit::store_directory;
use tempfile::TempDir;

/// `nobody`, by whom the program is run.
const CALLER: u32 = 65534;

/// How a program comes to more rights.
#[derive(Clone, Copy, Debug)]
enum Rights {
    Setuid,
    Setgid,
    Capability,
}

const ALL_RIGHTS: [Rights; 3] = [Rights::Setuid, Rights::Setgid, Rights::Capability];

/// The program and the library, in a folder that the caller may enter, and nobody else.
struct Installed {
    folder: TempDir,
}

/// What the program said.
#[derive(Debug)]
struct Report {
    is_secure: bool,
    outcome: String,
}

impl Installed {
    /// `None` where that cannot be done: the test is then skipped.
    fn for_test(test: &str) -> Option<Self> {
        if !store_directory::is_root() {
            skip(test, "only root can install a program with more rights");
            return None;
        }
        let installed = Self::new();
        if Command::new(installed.path("program")).uid(CALLER).gid(CALLER).output().is_err() {
            skip(test, "another user cannot run a program in the temporary folder");
            return None;
        }
        Some(installed)
    }

    fn new() -> Self {
        let workshop = Workshop::new();
        let folder = tempfile::tempdir().expect("a folder");
        let library = format!("libpersonr.so.{}", env!("CARGO_PKG_VERSION_MAJOR"));
        // The loader heeds no LD_LIBRARY_PATH for such a program.
        let rpath = format!("-Wl,-rpath,{}", folder.path().display());
        let source = Path::new(ROOT).join("tests/embedding/setuid/program.c");
        let arguments = ["-std=c99", "-Wall", "-Wextra", "-Werror", &rpath, source.to_str().expect("UTF-8")];
        let program = workshop.program("program", &cc(), &arguments);
        chown(folder.path(), Some(CALLER), Some(CALLER)).expect("given away");
        let installed = Self { folder };
        installed.install(&workshop.path(&library), &library, "0755");
        installed.install(&program, "program", "0755");
        installed
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// By another process: of a file that this one writes, a child of another test could have a copy of the descriptor,
    /// and the file could not be run yet.
    fn install(&self, from: &Path, name: &str, mode: &str) -> PathBuf {
        let path = self.path(name);
        let install = Command::new("install").args(["-m", mode]).arg(from).arg(&path).output().expect("coreutils");
        assert!(install.status.success(), "{}", said(&install));
        path
    }

    /// A file of the caller's.
    fn of_the_caller(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("written");
        chown(&path, Some(CALLER), Some(CALLER)).expect("given away");
        path
    }

    /// Another copy of the program, with these rights. `None` where files cannot have capabilities.
    fn with(&self, rights: Rights) -> Option<PathBuf> {
        let mode = match rights {
            Rights::Setuid => "4755",
            Rights::Setgid => "2755",
            Rights::Capability => "0755",
        };
        let path = self.install(&self.path("program"), &format!("{rights:?}"), mode);
        if matches!(rights, Rights::Capability) {
            let setcap = Command::new("setcap").arg("cap_net_bind_service+ep").arg(&path).output();
            setcap.ok().filter(|output| output.status.success())?;
        }
        Some(path)
    }
}

/// As the caller would run it, with an environment that is the caller's.
fn run(program: &Path, base_url: &str, ca_file: &str, environment: &[(&str, String)]) -> Report {
    let mut command = Command::new(program);
    command.args([base_url, ca_file]).env_clear().envs(environment.iter().map(|(name, value)| (name, value)));
    let output = command.uid(CALLER).gid(CALLER).output().expect("the program runs");
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let value = |label: &str| text.lines().find_map(|line| line.strip_prefix(label)).expect(label).to_owned();
    Report { is_secure: value("secure: ") != "0", outcome: value("outcome: ") }
}

fn name_of(sandbox: &Sandbox) -> String {
    sandbox.base_url().replace("127.0.0.1", "personr.test")
}

/// Runs `check` on a program for each way to more rights. Says what was left out, and how many there were.
fn for_all_rights(test: &str, installed: &Installed, check: impl Fn(&Path) -> Report) -> usize {
    let mut count = 0;
    for rights in ALL_RIGHTS {
        let Some(program) = installed.with(rights) else {
            skip(test, "files cannot be given capabilities here (setcap of libcap2-bin is needed)");
            continue;
        };
        let report = check(&program);
        if report.is_secure {
            count += 1;
        } else {
            skip(test, "a program has no more rights than its caller here (no_new_privs, or a folder mounted nosuid)");
        }
    }
    count
}

#[test]
fn the_callers_proxy_is_not_asked() {
    let test = "the_callers_proxy_is_not_asked";
    let Some(installed) = Installed::for_test(test) else { return };
    let sandbox = Sandbox::start().expect("a sandbox");
    let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
    let ca_file = installed.install(sandbox.ca_file(), "ca.pem", "0644");
    let names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let environment = names.map(|name| (name, proxy.url().to_owned()));
    let login = |program: &Path| run(program, &name_of(&sandbox), ca_file.to_str().expect("UTF-8"), &environment);

    let report = login(&installed.path("program"));
    assert_eq!((report.is_secure, report.outcome.as_str()), (false, "PERSONR_OK "));
    assert_eq!(proxy.connects().len(), 1, "without more rights the environment decides");

    let count = for_all_rights(test, &installed, |program| {
        let connects = proxy.connects();
        let report = login(program);
        if report.is_secure {
            assert_eq!(report.outcome, "PERSONR_OK ", "{program:?}: it connects directly");
            assert_eq!(proxy.connects(), connects, "{program:?}");
        }
        report
    });
    figures!("{count} ways to more rights than the caller's: none goes by the caller's proxy");
}

#[test]
fn the_callers_root_certificates_are_not_trusted() {
    let test = "the_callers_root_certificates_are_not_trusted";
    let Some(installed) = Installed::for_test(test) else { return };
    // The caller's own server, with a certificate of the caller's own CA.
    let sandbox = Sandbox::start().expect("a sandbox");
    let file = installed.of_the_caller("caller.pem", sandbox.ca_pem());
    let directory = installed.path("certificates");
    fs::create_dir(&directory).expect("a folder");
    chown(&directory, Some(CALLER), Some(CALLER)).expect("given away");
    installed.of_the_caller("certificates/0a1b2c3d.0", sandbox.ca_pem());
    let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let mut count = 0;
    for environment in [[("SSL_CERT_FILE", path(&file))], [("SSL_CERT_DIR", path(&directory))]] {
        let login = |program: &Path| run(program, &name_of(&sandbox), "", &environment);
        let tokens = sandbox.counters().tokens_issued;
        let report = login(&installed.path("program"));
        assert_eq!((report.is_secure, report.outcome.as_str()), (false, "PERSONR_OK "));
        assert_eq!(sandbox.counters().tokens_issued, tokens + 1, "without more rights the environment decides");

        count = for_all_rights(test, &installed, |program| {
            let before = sandbox.counters();
            let report = login(program);
            if report.is_secure {
                assert!(report.outcome.starts_with("PERSONR_TLS "), "{program:?}, {environment:?}: {report:?}");
                let after = sandbox.counters();
                assert_eq!(after.request_bytes, before.request_bytes, "{program:?}: the password went out");
            }
            report
        });
    }
    figures!("{count} ways to more rights than the caller's: none trusts the caller's root certificates");
}
