//! What it takes until there is a handle, and how much memory a login.

use crate::measure::{in_turn, number, ratios};
use crate::report::Aim::AtMost;
use crate::report::{Kind, Line};
use crate::setting::{Roots, Setting, Side};

pub fn lines(setting: &Setting) -> Vec<Line> {
    let [ours, peer] = [Side::Ours, Side::Peer].map(|side| setting.own_program(side, "start", &[]));
    let [our_memory, peer_memory] = [Side::Ours, Side::Peer].map(|side| setting.client_program(side, "memory"));
    let compared = |ours, peer, roots| {
        let run = |program| move || number(&mut setting.command(program, roots));
        ratios(&in_turn(run(ours), run(peer)), |&measured| measured)
    };
    let share = |name, values| Line::new(name, Kind::Share, AtMost(0.5), values);
    vec![
        share("start, from dlopen until there is a handle: CPU", compared(&ours, &peer, Roots::One)).short(),
        share(
            "growth of resident memory by one login, the system's certificates",
            compared(&our_memory, &peer_memory, Roots::System),
        )
        .short(),
        share("the same, one CA file", compared(&our_memory, &peer_memory, Roots::One)),
    ]
}
