//! What a login costs: a process that logs in and ends, a process that finds its token, and many logins in one process.

use crate::measure::{Spent, in_turn, number, ratios, spend};
use crate::report::Aim::{AtMost, None};
use crate::report::{Kind, Line};
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
    let share = |name: String, aim, pairs: &[(Spent, Spent)], of: fn(&Spent) -> f64| {
        Line::new(name, Kind::Share, aim, ratios(pairs, of))
    };
    let cpu = |spent: &Spent| spent.cpu;
    let wall = |spent: &Spent| spent.wall;
    vec![
        share(format!("cold login, the system's {all} certificates: CPU"), AtMost(0.10), &system, cpu).short(),
        share("the same: wall time".to_owned(), AtMost(0.12), &system, wall),
        share("the same, SSL_CERT_FILE and SSL_CERT_DIR set: CPU".to_owned(), AtMost(0.10), &by_variables, cpu),
        share("cold login, one CA file: CPU".to_owned(), AtMost(0.30), &one, cpu).short(),
        share("the same: wall time".to_owned(), None, &one, wall),
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
    vec![
        Line::new(
            "cold process with its token in a file store, beside a cold login: CPU",
            Kind::Share,
            AtMost(0.10),
            ratios(&pairs, |spent| spent.cpu),
        )
        .short(),
    ]
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
    vec![
        Line::new(
            format!("{LOGINS} logins, new handle each: CPU"),
            Kind::Share,
            AtMost(0.35),
            ratios(&pairs, |&us| us),
        )
        .short(),
        Line::new(
            "one of them, beside the library without wiping and locked pages: CPU",
            Kind::Share,
            None,
            ratios(&wiping, |&us| us),
        ),
    ]
}
