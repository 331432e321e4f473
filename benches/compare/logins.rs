//! What a login costs: a process that logs in and ends, a process that finds its token, and many logins in one process.

use crate::measure::{Spent, in_turn, number, spend};
use crate::report::Aim::{AtMost, None};
use crate::report::Line;
use crate::setting::{Roots, Setting, Side, system_certificates};

const LOGINS: &str = "300";

pub fn lines(setting: &Setting) -> Vec<Line> {
    let mut lines = cold(setting);
    lines.extend(in_a_store(setting));
    lines.extend(many(setting));
    lines
}

fn cold(setting: &Setting) -> Vec<Line> {
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| setting.client_program(side, "cold"));
    let measured = |roots| {
        let run = |program| move || spend(&mut setting.command(program, roots));
        in_turn(run(&ours), run(&peer))
    };
    let system = measured(Roots::System);
    let by_variables = measured(Roots::SystemByVariables);
    let one = measured(Roots::One);
    let all = system_certificates();
    let cpu = |spent: &Spent| spent.cpu;
    let wall = |spent: &Spent| spent.wall;
    vec![
        Line::share(format!("cold login, the system's {all} certificates: CPU"), AtMost(0.06), &system, cpu).short(),
        Line::share("the same: wall time", AtMost(0.12), &system, wall),
        Line::share("the same, SSL_CERT_FILE and SSL_CERT_DIR set: CPU", AtMost(0.10), &by_variables, cpu),
        Line::share("cold login, one CA file: CPU", AtMost(0.30), &one, cpu).short(),
        Line::share("the same: wall time", None, &one, wall),
    ]
}

/// Beside a cold login of the peer's, which has no store.
fn in_a_store(setting: &Setting) -> Vec<Line> {
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| setting.client_program(side, "cold"));
    let stored = || {
        let mut command = setting.command(&ours, Roots::System);
        command.env("PERSONR_TOKEN_STORE", format!("file:{}", setting.path("store").display()));
        command
    };
    // The one that fills it.
    spend(&mut stored());
    let pairs = in_turn(|| spend(&mut stored()), || spend(&mut setting.command(&peer, Roots::System)));
    let name = "cold process with its token in a file store, beside a cold login: CPU";
    vec![Line::share(name, AtMost(0.10), &pairs, |spent| spent.cpu).short()]
}

fn many(setting: &Setting) -> Vec<Line> {
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| setting.client_program(side, "logins"));
    let run = |program| move || number(setting.command(program, Roots::One).arg(LOGINS));
    let pairs = in_turn(run(&ours), run(&peer));
    let unwiped = setting.unwiped();
    let without = || {
        let mut command = setting.command(&ours, Roots::One);
        // The loader looks there before it looks where the program says.
        number(command.arg(LOGINS).env("LD_LIBRARY_PATH", &unwiped))
    };
    let wiping = in_turn(run(&ours), without);
    let all = format!("{LOGINS} logins, new handle each: CPU");
    let one = "one of them, beside the library without wiping and locked pages: CPU";
    vec![Line::share(all, AtMost(0.35), &pairs, |&us| us).short(), Line::share(one, None, &wiping, |&us| us)]
}
