//! No line of a library below ours is logged, whatever level the application asks for, and no line of ours holds a
//! secret.
//!
//! At `trace`, ureq-proto writes the Authorization line and the answer's body into the log, "sensitive" or not. So all
//! of it is compiled out.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod callback;
mod release;

use std::process::Command;
use std::sync::Mutex;

use log::{Level, LevelFilter, Log, Metadata, Record};
use personr::ffi::*;
use personr_sandbox::{Certificate, DEFAULT_EMAIL, DEFAULT_PASSWORD, Proxy, Sandbox};
use personr_testkit::client::{Failure, Options};
use personr_testkit::compile::{ROOT, Workshop, cc};
use personr_testkit::figures::figures;
use personr_testkit::run_alone;

/// Keeps whatever it is given.
struct Recorder(Mutex<Vec<String>>);

static RECORDER: Recorder = Recorder(Mutex::new(Vec::new()));

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        self.0.lock().expect("no panic").push(line);
    }

    fn flush(&self) {}
}

impl Recorder {
    fn taken(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("no panic"))
    }
}

/// Logins in this very process that end in each way. Returns how many.
fn logins() -> usize {
    let sandbox = Sandbox::start().expect("a sandbox");
    let expired = Sandbox::builder().certificate(Certificate::Expired).start().expect("a sandbox");
    let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
    let good = Options::of(&sandbox);
    let form = Options::of(&sandbox);
    form.form_login();
    let by_proxy = Options::of(&sandbox);
    by_proxy.base_url("https://personr.test/api/1.1/wf").expect("accepted");
    by_proxy.proxy(proxy.url()).expect("accepted");
    // The system's roots are read, too.
    let by_system = Options::new();
    by_system.base_url(sandbox.base_url()).expect("accepted");
    by_system.max_retries(0);
    let kind = |options: &Options, password| {
        let auth = options.auth(DEFAULT_EMAIL, password).expect("a handle");
        auth.login().err().map_or(PERSONR_OK, |failure: Failure| failure.status)
    };
    let outcomes = [
        (&good, DEFAULT_PASSWORD, PERSONR_OK),
        (&form, DEFAULT_PASSWORD, PERSONR_OK),
        (&good, "wrong", PERSONR_INVALID_CREDENTIALS),
        (&by_proxy, DEFAULT_PASSWORD, PERSONR_OK),
        (&Options::of(&expired), DEFAULT_PASSWORD, PERSONR_TLS),
        (&by_system, DEFAULT_PASSWORD, PERSONR_TLS),
    ];
    for (options, password, status) in &outcomes {
        assert_eq!(kind(options, password), *status);
    }
    outcomes.len()
}

#[test]
fn no_library_below_logs_anything() {
    run_alone!();
    log::set_logger(&RECORDER).expect("the first one");
    let record = Record::builder().level(Level::Error).target("here").args(format_args!("a line")).build();
    log::logger().log(&record);
    assert_eq!(RECORDER.taken(), ["ERROR here: a line"], "what comes is kept");
    let mut count = 0;
    for level in LevelFilter::iter() {
        log::set_max_level(level);
        count += logins();
        assert_eq!(RECORDER.taken(), [""; 0], "at {level}");
    }
    assert_eq!(log::STATIC_MAX_LEVEL, LevelFilter::Off);
    figures!(of "log-output": "{count} logins with a logger at each level: no line of a library below");
}

/// What other Rust programs read their log level from.
#[test]
fn rust_log_prints_nothing() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let workshop = Workshop::new();
    let source = format!("{ROOT}/examples-c/login.c");
    let program = workshop.program("login", &cc(), &["-std=c99", "-D_POSIX_C_SOURCE=200809L", &source]);
    for (password, code, lines) in [(DEFAULT_PASSWORD, 0, (3, 0)), ("wrong", 1, (0, 1))] {
        let mut command = Command::new(&program);
        command
            .env_clear()
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env("SSLKEYLOGFILE", workshop.path("keys"));
        command.env("PERSONR_EMAIL", DEFAULT_EMAIL).env("PERSONR_PASSWORD", password);
        command.env("PERSONR_BASE_URL", sandbox.base_url()).env("PERSONR_CA_FILE", sandbox.ca_file());
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(code));
        let count = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().count();
        assert_eq!((count(&output.stdout), count(&output.stderr)), lines, "{output:?}");
    }
    assert!(!workshop.path("keys").exists(), "nor are the keys of a connection written");
}
