//! What it takes until there is a handle, and how much memory a login.

use crate::measure::{in_turn, number};
use crate::report::Aim::AtMost;
use crate::report::Line;
use crate::setting::{Roots, Setting, Side};

pub fn lines(setting: &Setting) -> Vec<Line> {
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| setting.own_program(side, "start", &[]));
    let [our_memory, peer_memory] = [Side::Ours, Side::Peer].map(|side| setting.client_program(side, "memory"));
    let compared = |ours, peer, roots| {
        let run = |program| move || number(&mut setting.command(program, roots));
        in_turn(run(ours), run(peer))
    };
    let share = |name, pairs: &[(f64, f64)]| Line::share(name, AtMost(0.5), pairs, |&measured| measured);
    let start = compared(&ours, &peer, Roots::One);
    let system = compared(&our_memory, &peer_memory, Roots::System);
    let one = compared(&our_memory, &peer_memory, Roots::One);
    vec![
        share("start, from dlopen until there is a handle: CPU", &start).short(),
        share("growth of resident memory by one login, the system's certificates", &system).short(),
        share("the same, one CA file", &one),
    ]
}
