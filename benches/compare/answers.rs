//! What a longer answer costs.

use personr_sandbox::{Action, Fault};

use crate::measure::{PAIRS, number};
use crate::report::{Aim, Kind, Line};
use crate::setting::{ANSWER, Roots, Setting, Side};

const LOGINS: &str = "100";
/// Up to the longest that the library takes.
const KIBIBYTES: [usize; 4] = [1, 4, 16, 64];

/// In turn, and each as a share of the shortest one of its round.
pub fn growth(setting: &Setting) -> Vec<Line> {
    let program = setting.client_program(Side::Ours, "logins");
    let round = |_| {
        KIBIBYTES.map(|kibibytes| {
            let answer = Action::Answer { status: 200, headers: Vec::new(), body: answer(kibibytes * 1024) };
            setting.sandbox.order(Fault::new(answer).always());
            let spent = number(setting.command(&program, Roots::One).arg(LOGINS));
            setting.sandbox.clear_faults();
            spent
        })
    };
    let rounds: Vec<_> = (0..PAIRS).map(round).collect();
    let line = |(at, kibibytes): (usize, &usize)| {
        let values = rounds.iter().map(|round| round[at] / round[0]).collect();
        let name = format!("answers of {kibibytes} KiB: CPU of a login, through that of 1 KiB");
        Line::new(name, Kind::Amount("×"), Aim::None, values)
    };
    KIBIBYTES.iter().enumerate().map(line).collect()
}

/// As documented, and a field that means nothing to the library.
fn answer(length: usize) -> Vec<u8> {
    let (fields, ends) = ANSWER.split_at(ANSWER.len() - "}}".len());
    let (begin, end) = (format!("{fields},\"note\":\""), format!("\"{ends}"));
    let note = "x".repeat(length - begin.len() - end.len());
    [begin, note, end].concat().into_bytes()
}
