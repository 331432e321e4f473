//! What it costs to use a token: small requests on connections that are kept, and a large document up and down.

use std::fs;

use personr_sandbox::Document;

use crate::measure::{PAIRS, in_turn, number, numbers};
use crate::report::Aim::{self, AtMost};
use crate::report::{Kind, Line};
use crate::setting::{Roots, Setting, Side};

const REQUESTS: &str = "2000";
const DOCUMENT: u64 = 20_000_000;
/// On how many threads the cost of a request is looked at; the requests of each.
const GROWTH: [(&str, &str); 4] = [("1", "2000"), ("2", "1000"), ("4", "500"), ("16", "125")];

pub fn lines(setting: &Setting) -> Vec<Line> {
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| setting.exchange_program(side, "requests"));
    let run = |program| move || number(setting.command(program, Roots::One).arg(REQUESTS));
    let small = in_turn(run(&ours), run(&peer));
    let mut lines = vec![
        Line::share(format!("{REQUESTS} small requests, kept alive: CPU"), AtMost(0.7), &small, |&spent| spent).short(),
    ];
    lines.extend(document(setting, "up", 0.05));
    lines.extend(document(setting, "down", 0.5));
    lines
}

/// A document of 20 MB in one direction. The first exchange of a process, which pays for the connection, is not counted.
fn document(setting: &Setting, direction: &str, memory: f64) -> [Line; 2] {
    let document = Document::new("PASSPORT", DOCUMENT, 1);
    let [sent, saved] = ["document", "saved"].map(|name| setting.path(name));
    fs::write(&sent, document.bytes()).expect("written");
    setting.sandbox.set_documents(&[document]);
    let file = if direction == "up" { &sent } else { &saved };
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| setting.exchange_program(side, "document"));
    let run = |program| {
        let spent = numbers(setting.command(program, Roots::One).arg(direction).arg(file));
        // What was received is what was sent.
        assert!(direction == "up" || fs::read(&saved).ok() == fs::read(&sent).ok(), "another document has arrived");
        [spent[0], spent[1]]
    };
    let pairs = in_turn(|| run(&ours), || run(&peer));
    setting.sandbox.forget_requests();
    [
        Line::share(format!("a document of 20 MB, {direction}: CPU"), AtMost(0.7), &pairs, |spent| spent[0]).short(),
        Line::share("the same: growth of resident memory", AtMost(memory), &pairs, |spent| spent[1]).short(),
    ]
}

/// CPU of a request on several threads at once, as a share of that on one thread.
pub fn growth(setting: &Setting) -> Vec<Line> {
    let program = setting.exchange_program(Side::Ours, "requests");
    let round = |_| GROWTH.map(|(threads, count)| number(setting.command(&program, Roots::One).args([count, threads])));
    let rounds: Vec<_> = (0..PAIRS).map(round).collect();
    setting.sandbox.forget_requests();
    let line = |(at, (threads, _)): (usize, &(&str, &str))| {
        let values = rounds.iter().map(|round| round[at] / round[0]).collect();
        let name = format!("requests on {threads} threads: CPU of one, through that on 1 thread");
        Line::new(name, Kind::Amount("×"), Aim::None, values)
    };
    GROWTH.iter().enumerate().map(line).collect()
}
