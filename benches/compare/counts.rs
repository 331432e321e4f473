//! What can be counted: requests, flights, logins, shared objects and bytes. A machine's load changes none of them, so
//! `make bench-smoke` fails if one misses its aim.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;
use std::{fs, iter};

use personr_sandbox::Counters;

use crate::measure::{output, spend};
use crate::relay::{Passed, Relay};
use crate::report::Aim::AtMost;
use crate::report::{Kind, Line};
use crate::setting::{Roots, Setting, Side};

const CALLERS: &str = "128";
const PROCESSES: [usize; 4] = [1, 4, 16, 64];
/// In each direction.
const LATENCY: Duration = Duration::from_millis(50);
/// How often flights are counted: one that a slow server sends in two parts may look like two.
const RUNS: usize = 3;
/// The libraries that the peer is made of. Those below them are not counted.
const PEER_LIBRARIES: [&str; 4] = ["libcurl", "libssl", "libcrypto", "libcjson"];

pub fn lines(setting: &Setting) -> Vec<Line> {
    let mut lines =
        vec![requests(setting), flights(setting), without_packets(setting), callers(setting), kept(setting)];
    lines.extend(footprint(setting));
    lines
}

/// Both sides, counted in the same way.
fn count(name: impl Into<String>, aim: f64, of: impl Fn(Side) -> u64) -> Line {
    Line::count(name, AtMost(aim), of(Side::Ours), of(Side::Peer))
}

/// By how much a counter of the server's rises meanwhile.
fn rise(setting: &Setting, counter: fn(&Counters) -> u64, work: impl FnOnce()) -> u64 {
    let before = counter(&setting.sandbox.counters());
    work();
    counter(&setting.sandbox.counters()) - before
}

/// A process that keeps its token, if its side can, in a store of this name.
fn with_store(setting: &Setting, side: Side, program: &str, store: &str) -> Command {
    let mut command = setting.command(&setting.client_program(side, program), Roots::One);
    command.env("PERSONR_TOKEN_STORE", format!("file:{}", setting.path(store).display()));
    command
}

fn requests(setting: &Setting) -> Line {
    count("requests of a cold login", 1.0, |side| {
        let program = setting.client_program(side, "cold");
        rise(
            setting,
            |counters| counters.requests,
            || {
                spend(&mut setting.command(&program, Roots::One));
            },
        )
    })
}

/// The round trips of a cold login, without that of TCP's connect.
fn flights(setting: &Setting) -> Line {
    count(format!("flights until the token, {} ms each way", LATENCY.as_millis()), 2.0, |side| {
        let program = setting.client_program(side, "cold");
        (0..RUNS).map(|_| flights_of(setting, &program)).min().unwrap_or(0)
    })
    .short()
}

fn flights_of(setting: &Setting, program: &Path) -> u64 {
    let relay = Relay::slow(setting.sandbox.address(), LATENCY);
    let base_url = setting.sandbox.base_url();
    let by_relay = base_url.replace(&setting.sandbox.address().to_string(), &relay.address().to_string());
    assert_ne!(base_url, by_relay);
    spend(setting.command(program, Roots::One).env("PERSONR_BASE_URL", by_relay));
    let passed = relay.take_passed();
    let [passed] = passed.as_slice() else { panic!("{} connections", passed.len()) };
    (passed.flights - usize::from(ends_with_a_farewell(passed))) as u64
}

/// An alert of TLS 1.3 as the last thing that was sent (a record of 24 bytes): libcurl takes its leave, and waits for
/// nothing.
fn ends_with_a_farewell(passed: &Passed) -> bool {
    let last = passed.up.len().checked_sub(24).and_then(|start| passed.up.get(start..));
    last.is_some_and(|record| record.starts_with(&[23, 3, 3, 0, 19]))
}

fn without_packets(setting: &Setting) -> Line {
    count("connections of a process that finds its token in a file store", 0.0, |side| {
        let mut command = with_store(setting, side, "cold", "counted-store");
        // The one that fills it.
        spend(&mut command);
        rise(
            setting,
            |counters| counters.connections,
            || {
                spend(&mut command);
            },
        )
    })
}

fn callers(setting: &Setting) -> Line {
    count(format!("{CALLERS} callers, empty store: logins at the server"), 1.0, |side| {
        let mut command = with_store(setting, side, "callers", "callers-store");
        rise(
            setting,
            |counters| counters.tokens_issued,
            || {
                spend(command.arg(CALLERS));
            },
        )
    })
    .short()
}

/// With the login: its connection serves nothing else.
fn kept(setting: &Setting) -> Line {
    count("200 requests of one process: connections, with the login's", 2.0, |side| {
        let program = setting.exchange_program(side, "requests");
        rise(
            setting,
            |counters| counters.connections,
            || {
                output(setting.command(&program, Roots::One).arg("199"));
            },
        )
    })
}

fn footprint(setting: &Setting) -> [Line; 3] {
    let size = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len()) as f64;
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| objects(&setting.client_program(side, "cold")));
    let is_of_the_peer = |path: &&PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        PEER_LIBRARIES.iter().any(|library| name.starts_with(&format!("{library}.so")))
    };
    let libraries: Vec<_> = peer.iter().filter(is_of_the_peer).collect();
    assert_eq!(libraries.len(), PEER_LIBRARIES.len(), "{peer:?}");
    let bytes = size(&setting.library());
    let share = bytes / libraries.into_iter().map(|path| size(path)).sum::<f64>();
    [
        Line::new("bytes on disk, stripped", Kind::Amount("MB"), AtMost(2.5), vec![bytes / 1e6]),
        Line::new("bytes on disk, beside those of the peer's libraries", Kind::Share, AtMost(0.40), vec![share])
            .short(),
        Line::count("shared objects loaded", AtMost(4.0), ours.len() as u64, peer.len() as u64).short(),
    ]
}

/// Every shared object of a program, as ldd tells; that of the kernel's is no file.
fn objects(program: &Path) -> Vec<PathBuf> {
    let told = output(Command::new("ldd").arg(program).env_clear().env("PATH", "/usr/bin:/bin"));
    let paths = told.lines().filter_map(|line| line.split_whitespace().find(|word| word.starts_with('/')));
    paths.map(PathBuf::from).collect()
}

/// The more processes there are on one empty store, the more logins there would be without it.
pub fn processes(setting: &Setting) -> Vec<Line> {
    let logins = |processes: usize, side| {
        let mut command = with_store(setting, side, "cold", &format!("store-of-{processes}"));
        rise(
            setting,
            |counters| counters.tokens_issued,
            || {
                let start = || command.spawn().expect("it runs");
                let children: Vec<Child> = iter::repeat_with(start).take(processes).collect();
                for mut child in children {
                    assert!(child.wait().expect("it ends").success());
                }
            },
        )
    };
    let line = |processes: usize| {
        let name = format!("processes at once on one empty store: {processes}; logins");
        count(name, 1.0, |side| logins(processes, side))
    };
    PROCESSES.into_iter().map(line).collect()
}
