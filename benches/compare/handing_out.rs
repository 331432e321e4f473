//! A good token, handed out from memory: beside a cache behind a mutex, with the same clock.

use personr_sandbox::{Action, Fault};

use crate::measure::{PAIRS, numbers};
use crate::report::Aim::{self, AtLeast, AtMost};
use crate::report::{Kind, Line};
use crate::setting::{ANSWER, Roots, Setting, Side};

/// Half a second: in less, the system has not spread the threads over the processors yet.
const CALLS: &str = "20000000";
/// On how many threads the cost of a call is looked at; the calls of each.
const GROWTH: [(&str, &str); 5] =
    [("1", "8000000"), ("4", "2000000"), ("16", "500000"), ("64", "125000"), ("256", "31250")];

/// Nanoseconds of wall time, on one thread and on two.
type Nanoseconds = [f64; 2];

pub fn lines(setting: &Setting) -> Vec<Line> {
    let programs = [
        setting.own_program(Side::Ours, "handout", &["ours/client.c"]),
        setting.own_program(Side::Peer, "handout", &[]),
        setting.neutral_program("clock"),
        setting.own_program(Side::Ours, "operation", &["ours/client.c"]),
    ];
    // One token for all, the peer's too: the sandbox issues shorter and longer ones in turn.
    setting
        .sandbox
        .order(Fault::new(Action::Answer { status: 200, headers: Vec::new(), body: ANSWER.into() }).always());
    // All eight in each round: what disturbs the machine disturbs them alike.
    let round = |_| -> [Nanoseconds; 4] {
        programs.each_ref().map(|program| {
            ["1", "2"].map(|threads| numbers(setting.command(program, Roots::One).args([threads, CALLS]))[0])
        })
    };
    let rounds: Vec<_> = (0..PAIRS).map(round).collect();
    setting.sandbox.clear_faults();
    let line = |name, kind, aim, value: fn(&[Nanoseconds; 4]) -> f64| {
        Line::new(name, kind, aim, rounds.iter().map(value).collect())
    };
    vec![
        line("handing out a token, 1 thread", Kind::Amount("ns"), AtMost(50.0), |[ours, ..]| ours[0]).short(),
        line("of which the clock", Kind::Amount("ns"), Aim::None, |[_, _, clock, _]| clock[0]),
        line("the same by an operation that is done at once", Kind::Amount("ns"), AtMost(400.0), |[.., operation]| {
            operation[0]
        })
        .short(),
        line("the mutex cache's time through ours", Kind::Times, Aim::None, |[ours, peer, ..]| peer[0] / ours[0]),
        line("throughput of 2 threads through that of 1", Kind::Amount("×"), AtLeast(1.8), |[ours, ..]| {
            2.0 * ours[0] / ours[1]
        })
        .short(),
        line("the same of the clock alone", Kind::Amount("×"), Aim::None, |[_, _, clock, _]| {
            2.0 * clock[0] / clock[1]
        }),
        line(
            "handing out on 2 threads: a mutex cache's time through ours",
            Kind::Times,
            AtLeast(3.0),
            |[ours, peer, ..]| peer[1] / ours[1],
        )
        .short(),
    ]
}

/// CPU time, which more threads than processors do not stretch.
pub fn growth(setting: &Setting) -> Vec<Line> {
    let program = setting.own_program(Side::Ours, "handout", &["ours/client.c"]);
    let measured = |(threads, calls)| {
        let once = |_| numbers(setting.command(&program, Roots::One).args([threads, calls]))[1];
        let values = (0..PAIRS).map(once).collect();
        Line::new(format!("threads on one handle: {threads}; CPU of a call"), Kind::Amount("ns"), Aim::None, values)
    };
    GROWTH.into_iter().map(measured).collect()
}
