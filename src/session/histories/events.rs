//! What may happen in a history, and how one is drawn from a seed.

use std::time::Duration;

use super::super::Call;

/// SplitMix64: small, and the same everywhere.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(super) fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }
}

/// What the service does with a login whose password is right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Service {
    Issues,
    /// Issues a token that is told to nobody: the answer is lost.
    LosesAnswers,
    /// Gives the live token once more.
    Repeats,
    Fails,
    Unreachable,
    Limits(Duration),
    Hangs,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rejected {
    /// The one that the process was given last.
    InHand,
    /// The one with this number, of those that were issued, from the newest.
    Old(usize),
    Unknown(u8),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ClockStep {
    Right,
    Back(Duration),
    Forward(Duration),
    To1970,
}

/// Who comes after a process.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    Anew,
    /// A child, which has the token of its parent.
    Fork,
    /// A new one on a machine that has just started.
    Reboot,
}

/// What somebody else puts in the place of the record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Content {
    Nothing,
    Garbage,
    LaterVersion,
    /// A copy of the record as it was before the last so many saves.
    Former(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
    Pass(Duration),
    /// To a moment of the live token's life, in per cent of it.
    PassTo(u32),
    Call(usize, Call, Duration),
    /// One step of what a leader of the process does; a second one may lead while the first has yet to save.
    Step(usize, usize),
    /// All that it can do now.
    Run(usize),
    /// The process sends a request with its token, and rejects that if the service does.
    Use(usize),
    Reject(usize, Rejected),
    /// The process is killed, and another begins.
    Crash(usize, Next),
    Clock(usize, ClockStep),
    Serve(Service),
    Lifetime(Duration),
    /// Another program logs in.
    Revoke,
    /// It does so again and again, each time that the process has a token anew.
    Flap(usize, u8),
    Password(usize, u8),
    RightPassword(u8),
    SavesFail(bool),
    PreparationFails(bool),
    LoadsFail(bool),
    LoseLock,
    /// A login succeeds, its lock is lost before it can save, and another call of its process logs in: so many steps.
    Overtake(usize, usize),
    Replace(Content),
}

/// What does not change within a history, and which kinds of events occur in it: with all of them at once the rare ones
/// would hide each other.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) processes: usize,
    /// The lock ends by itself, as that of Redis does.
    pub(super) leased: bool,
    pub(super) lifetime: Duration,
    /// How long each machine has been up.
    pub(super) uptimes: [Duration; 4],
    pub(super) clocks: bool,
    pub(super) crashes: bool,
    pub(super) service: bool,
    pub(super) rejections: bool,
    pub(super) passwords: bool,
    pub(super) store: bool,
    pub(super) lost_locks: bool,
    pub(super) contents: bool,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(86_400);
pub(super) const YEAR: Duration = Duration::from_secs(31_536_000);

impl Setup {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let lifetime = dice.of(&[YEAR, YEAR, YEAR, 30 * DAY, HOUR, MINUTE, SECOND]);
        let uptime = |dice: &mut Dice| dice.of(&[SECOND, HOUR, 10 * DAY, 400 * DAY]);
        Self {
            processes: 2 + dice.below(3),
            leased: dice.one_in(3),
            lifetime,
            uptimes: [uptime(dice), uptime(dice), uptime(dice), uptime(dice)],
            clocks: dice.one_in(3),
            crashes: dice.one_in(3),
            service: dice.one_in(2),
            rejections: dice.one_in(2),
            passwords: dice.one_in(4),
            store: dice.one_in(4),
            lost_locks: dice.one_in(5),
            contents: dice.one_in(6),
        }
    }

    /// Nothing happens to the store, nor to who uses it, nor to the clocks: what holds for one process holds for all.
    pub(super) fn is_calm(&self) -> bool {
        let is_disturbed = self.clocks || self.crashes || self.store || self.contents || self.passwords;
        !(is_disturbed || self.lost_locks || self.leased)
    }

    pub(super) fn draw_event(&self, dice: &mut Dice) -> Event {
        loop {
            if let Some(event) = self.draw_one(dice) {
                return event;
            }
        }
    }

    /// `None` if it is of a kind that does not occur.
    fn draw_one(&self, dice: &mut Dice) -> Option<Event> {
        let process = dice.below(self.processes);
        Some(match dice.below(40) {
            0..=5 => {
                let call = if dice.one_in(8) { Call::Login } else { Call::Token };
                Event::Call(process, call, dice.of(&[30 * SECOND, 30 * SECOND, SECOND, SECOND / 5, HOUR]))
            }
            6..=14 => Event::Step(process, dice.below(2)),
            15..=20 => Event::Run(process),
            21..=24 => Event::Pass(dice.of(&[SECOND / 10, SECOND, 2 * SECOND, 10 * SECOND, MINUTE, 10 * MINUTE])),
            25 => Event::Pass(dice.of(&[HOUR, 12 * HOUR, DAY, 10 * DAY, 29 * DAY, 31 * DAY])),
            26 => Event::PassTo(dice.of(&[79, 81, 83, 90, 99, 100])),
            27..=28 => Event::Use(process),
            29 => return self.rejections.then(|| Event::Reject(process, draw_rejected(dice))),
            30 => {
                let times = dice.of(&[0, 2, 3, 5]);
                let event = if times == 0 { Event::Revoke } else { Event::Flap(process, times) };
                return self.rejections.then_some(event);
            }
            31 => {
                return self
                    .crashes
                    .then(|| Event::Crash(process, dice.of(&[Next::Anew, Next::Anew, Next::Fork, Next::Reboot])));
            }
            32 => return self.clocks.then(|| Event::Clock(process, draw_clock(dice))),
            33..=34 => return self.service.then(|| Event::Serve(draw_service(dice))),
            35 => {
                let choices = [self.lifetime, self.lifetime, SECOND, Duration::ZERO];
                return self.service.then(|| Event::Lifetime(dice.of(&choices)));
            }
            36 => {
                let (who, password) = (dice.below(self.processes + 1), dice.below(2) as u8);
                let event =
                    if who < self.processes { Event::Password(who, password) } else { Event::RightPassword(password) };
                return self.passwords.then_some(event);
            }
            37 => {
                let fails = dice.one_in(2);
                return self.store.then(|| match dice.below(4) {
                    0 => Event::LoadsFail(fails),
                    1 => Event::PreparationFails(fails),
                    _ => Event::SavesFail(fails),
                });
            }
            38 => {
                let steps = dice.below(14);
                let event = if steps < 7 { Event::LoseLock } else { Event::Overtake(process, steps - 7) };
                return self.lost_locks.then_some(event);
            }
            _ => return self.contents.then(|| Event::Replace(draw_content(dice))),
        })
    }
}

fn draw_rejected(dice: &mut Dice) -> Rejected {
    match dice.below(6) {
        0..=3 => Rejected::InHand,
        4 => Rejected::Old(dice.below(4)),
        _ => Rejected::Unknown(dice.below(10) as u8),
    }
}

fn draw_clock(dice: &mut Dice) -> ClockStep {
    dice.of(&[
        ClockStep::Right,
        ClockStep::Back(SECOND * 5),
        ClockStep::Back(HOUR),
        ClockStep::Forward(MINUTE),
        ClockStep::Forward(3652 * DAY),
        ClockStep::To1970,
    ])
}

fn draw_service(dice: &mut Dice) -> Service {
    dice.of(&[
        Service::Issues,
        Service::Issues,
        Service::Issues,
        Service::LosesAnswers,
        Service::Repeats,
        Service::Fails,
        Service::Unreachable,
        Service::Limits(SECOND * 7),
        Service::Limits(24 * HOUR),
        Service::Hangs,
    ])
}

fn draw_content(dice: &mut Dice) -> Content {
    match dice.below(5) {
        0 => Content::Nothing,
        1 => Content::Garbage,
        2 => Content::LaterVersion,
        _ => Content::Former(1 + dice.below(3)),
    }
}
