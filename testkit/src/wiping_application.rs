//! `tests/c/residue.c`: an application that wipes what is its own, run with secrets of a test's.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::ops::Range;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use personr_sandbox::Sandbox;

use crate::compile::{ROOT, Workshop, built, cc, release};
use crate::memory::Needles;

pub const EMAIL: &str = "residue@example.com";

/// The library in one of its forms, and the program that uses it.
pub struct Program {
    pub form: &'static str,
    path: PathBuf,
    _workshop: Workshop,
}

impl Program {
    pub fn with_the_shared_library() -> Self {
        let workshop = Workshop::new();
        let path = workshop.program("residue", &cc(), &arguments());
        Self { form: "shared", path, _workshop: workshop }
    }

    pub fn with_the_static_library() -> Self {
        let workshop = Workshop::new();
        let library = built("libpersonr.a");
        // As `rustc --print native-static-libs` says.
        let others = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"].map(OsStr::new);
        let libraries: Vec<_> = [library.as_os_str()].into_iter().chain(others).collect();
        let path = workshop.link("residue", &cc(), &arguments(), &libraries);
        Self { form: "static", path, _workshop: workshop }
    }

    pub fn with_the_release_library() -> Self {
        let workshop = Workshop::of(&release());
        let path = workshop.program("residue", &cc(), &arguments());
        Self { form: "release", path, _workshop: workshop }
    }

    /// A folder of the program's own.
    pub fn folder(&self) -> PathBuf {
        self.path.parent().expect("a folder").to_owned()
    }

    /// Runs it: `words` say what it does, and are no secret.
    pub fn run(&self, settings: &Settings, words: &[&str]) -> Application {
        let mut command = Command::new(&self.path);
        command.args(words).env_clear().current_dir(self.folder());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program runs");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(&settings.as_bytes()).expect("the settings are written");
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Application { child, input, output, pid: 0, said: Vec::new(), stacks: Vec::new() }
    }
}

fn arguments() -> [PathBuf; 6] {
    let source = Path::new(ROOT).join("tests/c/residue.c");
    ["-std=c99".into(), "-O1".into(), "-Wall".into(), "-Wextra".into(), "-Werror".into(), source]
}

/// What the program is given by stdin.
pub struct Settings {
    pub password: String,
    pub base_url: String,
    pub ca_file: String,
    pub store: String,
    pub proxy: String,
}

impl Settings {
    /// For a sandbox, which knows the password.
    pub fn of(sandbox: &Sandbox) -> Self {
        let settings = Self {
            password: random(40),
            base_url: sandbox.base_url().to_owned(),
            ca_file: if sandbox.ca_pem().is_empty() { String::new() } else { sandbox.ca_file().display().to_string() },
            store: String::new(),
            proxy: String::new(),
        };
        sandbox.set_account(EMAIL, &settings.password);
        settings
    }

    fn as_bytes(&self) -> Vec<u8> {
        let all = [EMAIL, &self.password, &self.base_url, &self.ca_file, &self.store, &self.proxy];
        all.map(|setting| format!("{setting}\0")).concat().into_bytes()
    }

    /// The password, and that part of its Base64 which the email does not tell. `free` overwrites what a block begins
    /// with, so each without its beginning, and without its end.
    pub fn needles(&self) -> Needles {
        let mut needles = Needles::default();
        needles.add("password", middle(self.password.as_bytes()));
        needles.add("Base64", &base64_of(EMAIL, &self.password));
        needles
    }
}

/// Without what comes before the password.
pub fn base64_of(user: &str, password: &str) -> Vec<u8> {
    let text = BASE64_STANDARD.encode(format!("{user}:{password}"));
    text.as_bytes()[(user.len() + 1).div_ceil(3) * 4..text.len() - 4].to_vec()
}

pub fn middle(secret: &[u8]) -> &[u8] {
    &secret[4..secret.len() - 2]
}

/// The part of one of the sandbox's tokens that is random: there are only so many milliseconds.
pub fn random_part(token: &str) -> &[u8] {
    let (_, random) = token.rsplit_once('x').expect("the documented form");
    &random.as_bytes()[if token.starts_with("bus|") { 0 } else { 6 }..]
}

/// Letters and digits, 48 bits and more in each eight of them.
pub fn random(length: usize) -> String {
    const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut bytes = vec![0; length];
    let mut source = fs::File::open("/dev/urandom").expect("random numbers");
    source.read_exact(&mut bytes).expect("random numbers");
    bytes.iter().map(|byte| LETTERS[usize::from(*byte) % LETTERS.len()] as char).collect()
}

/// The program as it runs.
pub struct Application {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// Of the process that goes on: a forked child's, if the program has forked.
    pub pid: u32,
    /// "WORD STATUS REASON", of what it has done.
    pub said: Vec<String>,
    pub stacks: Vec<Range<u64>>,
}

impl Application {
    /// Reads on until it says `word`, and waits; at each earlier stop it is told to go on, after `at_stop`.
    pub fn wait_until(&mut self, word: &str, mut at_stop: impl FnMut()) {
        let mut line = String::new();
        loop {
            line.clear();
            let length = self.output.read_line(&mut line).expect("output");
            assert!(length > 0, "the program ended before it was {word}, after {:?}", self.said);
            match line.trim_end().split_once(' ') {
                Some(("stack", range)) => self.stacks.push(addresses(range)),
                Some((stop @ ("paused" | "ready"), pid)) => {
                    self.pid = pid.parse().expect("a number");
                    if stop == word {
                        return;
                    }
                    at_stop();
                    self.go_on();
                }
                _ => self.said.push(line.trim_end().to_owned()),
            }
        }
    }

    pub fn go_on(&mut self) {
        self.input.write_all(b".").expect("it waits for a byte");
    }

    /// Lets it end, and well.
    pub fn end(mut self) {
        self.go_on();
        assert!(self.child.wait().expect("a status").success());
    }

    /// The same from a pause.
    pub fn end_paused(mut self) {
        self.go_on();
        self.wait_until("ready", || ());
        self.end();
    }

    /// Waits for it to be ended by a signal, and returns which.
    pub fn ended_by(mut self) -> Option<i32> {
        self.output.read_to_string(&mut String::new()).expect("output");
        self.child.wait().expect("a status").signal()
    }
}

fn addresses(text: &str) -> Range<u64> {
    let (start, end) = text.split_once('-').expect("a range");
    let number = |text| u64::from_str_radix(text, 16).expect("an address");
    number(start)..number(end)
}

impl Drop for Application {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
