//! Side by side with what users would pick instead, in turn (A B A B …). Machines are noisy: what counts are the ratios
//! of one run, here their median and range, and CPU time before wall time.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use personr_sandbox::{Action, DEFAULT_EMAIL, DEFAULT_PASSWORD, Fault, Sandbox};
use tempfile::TempDir;

const PAIRS: usize = 11;
/// Half a second: in less, the system has not spread the threads over the processors yet.
const CALLS: &str = "20000000";
/// As documented.
const LOGIN: &str = r#"{"status":"success","response":{"token":"1670035114445x631333625381113500","user_id":"1665086295288x405886519539808060","expires":31536000}}"#;
const LOGINS: &str = "100";
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn main() {
    // `cargo test --benches` only asks whether it builds.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let bench = Bench::new();
    println!("{PAIRS} pairs in turn; median (lowest to highest)\n");
    println!("{:<58} {:>26}   {:<12}", "", "", "aim");
    hand_out(&bench);
    cold(&bench);
    wiping(&bench);
}

fn hand_out(bench: &Bench) {
    let ours = bench.compile("ours", "benches/handout.c");
    let peer = bench.compile("peer", "benches/peers/handout.c");
    let clock = bench.compile("clock", "benches/clock.c");
    // One token for all, the peer's too: the sandbox issues shorter and longer ones in turn.
    bench.sandbox.order(Fault::new(Action::Answer { status: 200, headers: Vec::new(), body: LOGIN.into() }).always());
    // All six in each round: what disturbs the machine disturbs them alike.
    let round = |_| [&ours, &peer, &clock].map(|it| ["1", "2"].map(|threads| bench.printed(it, &[threads, CALLS])));
    let rounds: Vec<_> = (0..PAIRS).map(round).collect();
    bench.sandbox.clear_faults();
    let of = |value: fn(&[[f64; 2]; 3]) -> f64| rounds.iter().map(value).collect::<Vec<_>>().into_iter();
    line("hand-out, 1 thread: ns a call", of(|[ours, ..]| ours[0]), "<= 50");
    line("hand-out, 1 thread: mutex cache / ours", of(|[ours, peer, _]| peer[0] / ours[0]), "");
    line("hand-out, throughput with 2 threads / with 1", of(|[ours, ..]| 2.0 * ours[0] / ours[1]), ">= 1.8");
    line("  the same for the clock alone", of(|[_, _, clock]| 2.0 * clock[0] / clock[1]), "");
    line("hand-out, 2 threads: mutex cache / ours", of(|[ours, peer, _]| peer[1] / ours[1]), ">= 3");
}

fn cold(bench: &Bench) {
    let program = bench.compile("cold", "benches/cold.c");
    let folder = bench.folder.path().join("tokens");
    let store = format!("file:{}", folder.display());
    bench.cpu(&program, &[&store]);
    let requests = bench.sandbox.counters().requests;
    let pairs = in_turn(|| bench.cpu(&program, &[&store]), || bench.cpu(&program, &[]));
    assert_eq!(bench.sandbox.counters().requests, requests + PAIRS as u64, "the file store needs no request");
    let empty = bench.compile("empty", "benches/empty.c");
    let system: Vec<_> = (0..PAIRS).map(|_| bench.cpu(&empty, &[])).collect();
    line("cold process, CPU ms: with a login", pairs.iter().map(|(_, login)| login * 1e3), "");
    line(
        "cold process, CPU: token in a file store / login",
        pairs.iter().map(|(stored, login)| stored / login),
        "<= 0.10",
    );
    let beyond = pairs.iter().zip(&system).map(|((stored, login), system)| (stored - system) / (login - system));
    line("  the same beyond what an empty process takes", beyond, "");
}

/// What it costs that the heap and the stack are wiped, and secrets locked into memory.
fn wiping(bench: &Bench) {
    let program = bench.compile("logins", "benches/logins.c");
    let unwiped = bench.unwiped();
    // The program finds a library by its rpath, and before that by this variable.
    let log_in = |library: Option<&Path>| {
        let mut command = bench.command(&program, &[LOGINS]);
        command.envs(library.map(|folder| ("LD_LIBRARY_PATH", folder)));
        printed(&mut command)
    };
    let pairs = in_turn(|| log_in(None), || log_in(Some(&unwiped)));
    line("login, CPU microseconds", pairs.iter().map(|(wiped, _)| *wiped), "");
    line("login, CPU: wiped and locked / without", pairs.iter().map(|(wiped, without)| wiped / without), "");
}

fn printed(command: &mut Command) -> f64 {
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{command:?}");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number")
}

fn in_turn(mut one: impl FnMut() -> f64, mut other: impl FnMut() -> f64) -> Vec<(f64, f64)> {
    (0..PAIRS).map(|_| (one(), other())).collect()
}

fn line(name: &str, values: impl Iterator<Item = f64>, aim: &str) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (lowest, median, highest) = (values[0], values[values.len() / 2], values[values.len() - 1]);
    println!("{name:<58} {median:>8.3} ({lowest:.3} to {highest:.3})   {aim:<12}");
}

/// A sandbox, and a folder with the release library as it would be installed.
struct Bench {
    sandbox: Sandbox,
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let built = std::env::current_exe().expect("a path").with_file_name("libpersonr.so");
        for name in ["libpersonr.so", concat!("libpersonr.so.", env!("CARGO_PKG_VERSION_MAJOR"))] {
            symlink(fs::canonicalize(&built).expect("the library"), folder.path().join(name)).expect("a link");
        }
        Self { sandbox: Sandbox::start().expect("a sandbox"), folder }
    }

    fn compile(&self, name: &str, source: &str) -> PathBuf {
        let program = self.folder.path().join(name);
        let folder = self.folder.path().display();
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
        let status = Command::new(compiler)
            .args(["-std=c99", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread"])
            .args([&format!("-I{ROOT}/include"), &format!("{ROOT}/{source}"), "-o"])
            .arg(&program)
            .args([&format!("-L{folder}"), "-lpersonr", &format!("-Wl,--as-needed,--enable-new-dtags,-rpath,{folder}")])
            .status();
        assert!(status.expect("a C compiler").success(), "{source}");
        program
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("PERSONR_BASE_URL", self.sandbox.base_url());
        command.env("PERSONR_CA_FILE", self.sandbox.ca_file());
        command.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", DEFAULT_PASSWORD);
        command.stderr(Stdio::inherit());
        command
    }

    fn printed(&self, program: &Path, arguments: &[&str]) -> f64 {
        printed(&mut self.command(program, arguments))
    }

    /// A folder with the library as it would be without wiping. In a target folder of its own, where nobody takes it
    /// for the real one.
    fn unwiped(&self) -> PathBuf {
        let folder = self.folder.path().join("unwiped");
        let target = std::env::current_exe().expect("a path").ancestors().nth(3).expect("a folder").join("unwiped");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["rustc", "--quiet", "--release", "--lib", "--crate-type", "cdylib", "--target-dir"]).arg(&target);
        build.args(["--", "--cfg", "personr_bench_unwiped"]).current_dir(ROOT);
        assert!(build.status().expect("cargo runs").success(), "the library without wiping was not built");
        fs::create_dir(&folder).expect("a folder");
        let soname = concat!("libpersonr.so.", env!("CARGO_PKG_VERSION_MAJOR"));
        symlink(target.join("release/libpersonr.so"), folder.join(soname)).expect("a link");
        folder
    }

    /// Seconds of CPU time, of the whole process.
    #[allow(clippy::zombie_processes)] // `wait4` waits, and tells what std's does not
    fn cpu(&self, program: &Path, arguments: &[&str]) -> f64 {
        let child = self.command(program, arguments).spawn().expect("it runs");
        let (mut status, mut usage) = (0, std::mem::MaybeUninit::<libc::rusage>::zeroed());
        // SAFETY: waits for a child of ours; both pointers are to values of ours, and a zeroed rusage is a valid one.
        let usage = unsafe {
            libc::wait4(child.id() as libc::pid_t, &mut status, 0, usage.as_mut_ptr());
            usage.assume_init()
        };
        assert_eq!(status, 0, "{}", program.display());
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
