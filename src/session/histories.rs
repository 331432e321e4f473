//! Random histories of several processes that share one account: calls, clocks, crashes, an unreliable service and an
//! unreliable store, against the real session and the real record. After each step [`rules`] says what must hold.
//!
//! A history that breaks a rule is made as short as it goes and printed with its seed; `PERSONR_SEED=… cargo test
//! histories` runs that one alone.

/// Shows figures although the test passes: of what `println` writes cargo shows only that of tests that fail.
macro_rules! show {
    ($($text:tt)*) => {{
        use std::io::Write;
        std::io::stderr().write_all(format!("{}\n", format_args!($($text)*)).as_bytes()).expect("stderr can be written");
    }};
}

mod effects;
mod events;
mod leading;
mod order;
mod outside;
mod process;
mod rules;
mod scenarios;
mod world;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{Call, State};
use events::{Dice, Event, Setup};
use world::World;

const HISTORIES: u64 = 100_000;
const THREADS: u64 = 2;

/// A minute of the quiet end of a history, so often: a service may ask for a pause of an hour.
const QUIET_MINUTES: u32 = 64;

fn draw(seed: u64) -> (Setup, Vec<Event>) {
    let mut dice = Dice(seed);
    let setup = Setup::draw(&mut dice);
    let length = 20 + dice.below(30);
    let events = (0..length).map(|_| setup.draw_event(&mut dice)).collect();
    (setup, events)
}

/// What broke, if something did.
fn run(setup: &Setup, events: &[Event]) -> Result<World, String> {
    let history = || {
        let mut world = World::new(setup.clone());
        for event in events {
            world.apply(*event);
            if world.broken.is_some() {
                break;
            }
        }
        world.settle();
        world
    };
    let world = catch_unwind(AssertUnwindSafe(history)).map_err(|_| "it panicked".to_owned())?;
    match world.broken {
        Some(broken) => Err(broken),
        None => Ok(world),
    }
}

impl World {
    /// Everything works again. Every call is answered, and in the end every process has the live token.
    fn settle(&mut self) {
        if self.broken.is_some() {
            return;
        }
        self.heal();
        self.apply(Event::Pass(Duration::from_secs(2 * 3600)));
        for p in 0..self.processes.len() {
            self.run(p);
            let waiting = self.processes[p].calls.len();
            self.require(waiting == 0, |_| format!("{waiting} calls of {p} are not answered"));
        }
        let logins = self.account.logins;
        let mut asked = 0;
        for minute in 0..QUIET_MINUTES {
            let working = (0..self.processes.len()).filter(|p| self.works(*p, &mut asked)).count();
            if working == self.processes.len() && minute > 0 {
                break;
            }
            let ended = minute + 1 < QUIET_MINUTES;
            self.require(ended, |it| format!("not all have the live token after an hour: {:?}", it.answered.last()));
            self.apply(Event::Pass(Duration::from_secs(61)));
        }
        let further = self.account.logins - logins;
        // To a clock that is years ahead every token of the others has expired, and to one at 1970 its own tokens have.
        let by_clocks = if self.setup.clocks { self.processes.len() as u32 } else { 0 };
        self.require(further <= asked + 2 + by_clocks, |_| {
            format!("{further} logins, {asked} of them asked for, until all was well")
        });
    }

    /// As a program does it: with one repetition after a 401.
    fn works(&mut self, p: usize, asked: &mut u32) -> bool {
        for _ in 0..2 {
            let now = self.processes[p].now(self.at).instant;
            let call = if self.processes[p].session.state(now) == State::Refused {
                *asked += 1;
                Call::Login
            } else {
                Call::Token
            };
            let number = self.call(p, call, Duration::from_secs(30));
            self.run(p);
            if !self.answered.iter().any(|(it, answer)| *it == number && answer.is_ok()) {
                return false;
            }
            if self.use_token(p) == Some(true) {
                return true;
            }
        }
        false
    }
}

/// Leaves out what is not needed for it to break.
fn shorten(setup: &Setup, mut events: Vec<Event>) -> Vec<Event> {
    let mut size = events.len() / 2;
    while size > 0 {
        let mut start = 0;
        while start < events.len() {
            let mut fewer = events.clone();
            fewer.drain(start..(start + size).min(events.len()));
            if run(setup, &fewer).is_err() {
                events = fewer;
            } else {
                start += size;
            }
        }
        size /= 2;
    }
    events
}

fn report(seed: u64) -> ! {
    let (setup, events) = draw(seed);
    let events = shorten(&setup, events);
    let broken = run(&setup, &events).err();
    let list: String = events.iter().map(|event| format!("    {event:?}\n")).collect();
    panic!("seed {seed}: {}\n{setup:?}\n{list}", broken.unwrap_or_default());
}

#[test]
#[allow(clippy::print_stdout)]
fn a_hundred_thousand_histories_break_no_rule() {
    if let Some(seed) = std::env::var("PERSONR_SEED").ok().and_then(|seed| seed.parse().ok()) {
        report(seed);
    }
    let begun = Instant::now();
    let (events, logins, calls) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (events, logins, calls) = (&events, &logins, &calls);
            scope.spawn(move || {
                for seed in (thread..HISTORIES).step_by(THREADS as usize) {
                    let (setup, list) = draw(seed);
                    let Ok(world) = run(&setup, &list) else { report(seed) };
                    events.fetch_add(list.len() as u64, Ordering::Relaxed);
                    logins.fetch_add(world.account.logins.into(), Ordering::Relaxed);
                    calls.fetch_add(world.answered.len() as u64, Ordering::Relaxed);
                }
            });
        }
    });
    let (events, logins, calls) = (events.into_inner(), logins.into_inner(), calls.into_inner());
    show!("{HISTORIES} histories, {events} events, {calls} calls answered, {logins} logins, {:?}", begun.elapsed());
    assert!(events > 20 * HISTORIES && logins > HISTORIES && calls > HISTORIES, "they must be about something");
}
