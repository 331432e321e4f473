//! An application in a process of its own: all that it was told, that it printed, and that it asked a name server.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use personr_sandbox::Sandbox;
use personr_testkit::compile::{ROOT, Workshop, cc};

use super::needles::Account;

/// The compiled program, and the library that is loaded before the system's.
struct Compiled {
    program: PathBuf,
    look_up: PathBuf,
    _workshop: Workshop,
}

fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let workshop = Workshop::new();
        let source = |name: &str| Path::new(ROOT).join("tests/network/secrets").join(name).into_os_string();
        let flags = ["-std=c99", "-Wall", "-Wextra", "-Werror"].map(Into::into);
        let with = |more: &[std::ffi::OsString]| [&flags[..], more].concat();
        let program = workshop.program("caller", &cc(), &with(&[source("caller.c")]));
        let shared = ["-shared", "-fPIC"].map(Into::into);
        let look_up = workshop.link(
            "look_up.so",
            &cc(),
            &with(&[&shared[..], &[source("look_up.c")]].concat()),
            &["-ldl".as_ref()],
        );
        Compiled { program, look_up, _workshop: workshop }
    })
}

/// What one call returned. On success the message is the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub status: i32,
    pub http_status: i32,
    pub reason: String,
    pub message: String,
}

impl Outcome {
    pub fn kind(&self) -> (i32, &str) {
        (self.status, &self.reason)
    }

    fn parse(line: &str) -> Self {
        let parts: Vec<&str> = line.splitn(4, '\t').collect();
        let number = |part: &str| part.parse().expect("a number");
        let [status, http_status, reason, message] = parts[..] else { panic!("four parts: {line}") };
        Self {
            status: number(status),
            http_status: number(http_status),
            reason: reason.to_owned(),
            message: message.to_owned(),
        }
    }
}

/// What the application is to do.
#[derive(Clone, Default)]
pub struct Caller {
    script: String,
    environment: Vec<(String, String)>,
}

impl Caller {
    /// For this service, whose CA is the only one that is trusted, with every log level asked for.
    pub fn of(sandbox: &Sandbox) -> Self {
        Self::default().options(sandbox.base_url()).trusts(sandbox)
    }

    /// The same, with a name that must be looked up, or that a proxy knows.
    pub fn by_name(sandbox: &Sandbox) -> Self {
        let url = format!("https://personr.test:{}/api/1.1/wf", sandbox.address().port());
        Self::default().options(&url).trusts(sandbox)
    }

    /// Other options from here on.
    pub fn options(self, base_url: &str) -> Self {
        self.does("options", "").does("log_level", "4").does("base_url", base_url)
    }

    pub fn trusts(self, sandbox: &Sandbox) -> Self {
        if sandbox.base_url().starts_with("http:") {
            return self;
        }
        self.does("ca_file", sandbox.ca_file().to_str().expect("UTF-8"))
    }

    pub fn does(mut self, word: &str, value: &str) -> Self {
        assert!(!value.contains('\n'), "a line is one order");
        self.script += &format!("{word} {value}\n");
        self
    }

    pub fn login(self, account: &Account) -> Self {
        self.does("login", &format!("{}\t{}", account.email, account.password))
    }

    pub fn token(self, account: &Account) -> Self {
        self.does("token", &format!("{}\t{}", account.email, account.password))
    }

    /// A token that is obtained, rejected, and replaced.
    pub fn life(self, account: &Account) -> Self {
        self.does("life", &format!("{}\t{}", account.email, account.password))
    }

    /// A login by each method.
    pub fn logins(self, account: &Account) -> Self {
        self.does("login_method", "0").login(account).does("login_method", "1").login(account)
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn run(&self) -> Report {
        let compiled = compiled();
        let folder = tempfile::tempdir().expect("a folder");
        let [outcomes, log, look_ups] = ["outcomes", "log", "look_ups"].map(|name| folder.path().join(name));
        let mut command = Command::new(&compiled.program);
        command.args([&outcomes, &log]).env_clear().env("HOME", folder.path()).env("RUST_LOG", "trace");
        command.env("LD_PRELOAD", &compiled.look_up).env("LOOK_UPS", &look_ups);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        child.stdin.take().expect("piped").write_all(self.script.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let printed = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}\n{}", output.status, String::from_utf8_lossy(&printed));
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        Report {
            outcomes: read(&outcomes).lines().map(Outcome::parse).collect(),
            log: read(&log),
            printed: String::from_utf8_lossy(&printed).into_owned(),
            look_ups: read(&look_ups).lines().map(str::to_owned).collect(),
        }
    }
}

/// All that came out of the process, but by the network.
#[derive(Debug)]
pub struct Report {
    pub outcomes: Vec<Outcome>,
    pub log: String,
    pub printed: String,
    pub look_ups: Vec<String>,
}

impl Report {
    /// Each call succeeded. Their tokens.
    #[track_caller]
    pub fn tokens(&self) -> Vec<String> {
        assert!(!self.outcomes.is_empty() && self.outcomes.iter().all(|outcome| outcome.status == 0), "{self:?}");
        self.outcomes.iter().map(|outcome| outcome.message.clone()).collect()
    }

    /// Each call failed, and so.
    #[track_caller]
    pub fn assert_all(&self, kind: (i32, &str)) {
        assert!(!self.outcomes.is_empty() && self.outcomes.iter().all(|outcome| outcome.kind() == kind), "{self:?}");
    }

    /// What may hold no secret: errors, log lines, what was printed, names that were looked up.
    pub fn places(&self) -> Vec<(&'static str, Vec<u8>)> {
        let failures = self.outcomes.iter().filter(|outcome| outcome.status != 0);
        let errors: String = failures.map(|outcome| format!("{}\n{}\n", outcome.reason, outcome.message)).collect();
        assert_eq!(self.printed, "", "a library prints nothing");
        vec![
            ("an error", errors.into_bytes()),
            ("the log", self.log.clone().into_bytes()),
            ("a name look-up", self.look_ups.join("\n").into_bytes()),
        ]
    }
}
