//! Histories written by hand, for what must hold in a certain order of events.

use std::mem::swap;
use std::time::Duration;

use super::super::Call;
use super::events::{ClockStep, DAY, Event, Service, Setup};
use super::world::World;
use crate::error::{Error, Status};

const SECOND: Duration = Duration::from_secs(1);
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

fn world(processes: usize) -> World {
    let setup = Setup {
        processes,
        leased: false,
        lifetime: 30 * DAY,
        uptimes: [DAY, SECOND, 400 * DAY, DAY],
        clocks: false,
        crashes: false,
        service: false,
        rejections: false,
        passwords: false,
        store: false,
        lost_locks: false,
        contents: false,
    };
    World::new(setup)
}

impl World {
    /// One call, from its begin to its answer, with nobody else about.
    fn ask(&mut self, p: usize) -> Result<usize, Error> {
        let number = self.call(p, Call::Token, HALF_A_MINUTE);
        self.run(p);
        let answer = self.answered.iter().rev().find(|(it, _)| *it == number);
        answer.expect("it waits for nobody").1.clone()
    }

    /// To the begin of the renewal window, with some use every day.
    fn pass_to_window(&mut self) {
        for _ in 0..24 {
            self.apply(Event::Pass(DAY));
            for p in 0..self.processes.len() {
                // By the last day one may find the window open.
                if self.at < 24 * DAY {
                    self.ask(p).expect("a good token");
                }
            }
        }
    }

    fn holds(&self) {
        assert_eq!(self.broken, None);
    }
}

#[test]
#[allow(clippy::print_stdout)]
fn an_outage_of_an_hour_inside_the_window_is_seen_by_nobody() {
    let mut world = world(3);
    (0..3).for_each(|p| drop(world.ask(p)));
    world.pass_to_window();
    assert_eq!(world.account.logins, 1);
    world.apply(Event::Serve(Service::Fails));
    let begin = world.at;
    while world.at - begin < Duration::from_secs(3600) {
        for p in 0..3 {
            assert_eq!(world.ask(p), Ok(0), "the good token");
        }
        world.apply(Event::Pass(5 * SECOND));
    }
    let tries: Vec<u64> = world.unasked_logins[1..].iter().map(|at| (*at - begin).as_secs()).collect();
    show!("an hour of outage, three processes: tries after {tries:?} seconds");
    // A minute after the first, then twice as long each time, and up to ten seconds until a call checks the store.
    assert_eq!(tries.len(), 6);
    for (doublings, pair) in tries.windows(2).enumerate() {
        let pause = 60 << doublings;
        assert!((pause..=pause + 10).contains(&(pair[1] - pair[0])), "{tries:?}");
    }

    world.apply(Event::Serve(Service::Issues));
    let mut refused = [0; 3];
    for _ in 0..600 {
        for (p, refused) in refused.iter_mut().enumerate() {
            world.ask(p).expect("a token");
            *refused += u32::from(world.use_token(p) == Some(false));
        }
        world.apply(Event::Pass(5 * SECOND));
    }
    assert_eq!((world.account.logins, world.account.live), (8, Some(1)), "one more login");
    assert!(refused.iter().all(|count| *count <= 1), "{refused:?}");
    assert_eq!((0..3).map(|p| world.use_token(p)).collect::<Vec<_>>(), [Some(true); 3]);
    world.holds();
}

#[test]
fn a_burst_of_rejections_leads_to_one_login() {
    for order in 0..24 {
        let mut world = world(4);
        (0..4).for_each(|p| drop(world.ask(p)));
        world.apply(Event::Revoke);
        for p in 0..4 {
            assert_eq!(world.use_token(p), Some(false));
            // Three threads each.
            for _ in 0..3 {
                world.call(p, Call::Token, HALF_A_MINUTE);
            }
        }
        for round in 0..60 {
            // Some process is ahead of the others by some steps, in each order another one.
            let ahead = if round < 8 { 1 + order / 4 } else { 1 };
            (0..ahead).for_each(|_| world.apply(Event::Step(order % 4, 0)));
            (0..4).for_each(|p| world.apply(Event::Step(p, 0)));
        }
        assert_eq!(world.account.logins, 2);
        assert!((0..4).all(|p| world.processes[p].calls.is_empty() && world.use_token(p) == Some(true)));
        world.holds();
    }
}

#[test]
#[allow(clippy::print_stdout)]
fn two_programs_that_do_not_share_a_store_make_no_storm() {
    let mut programs = [world(1), world(1)];
    let mut unauthorized = 0;
    for turn in 0..1200 {
        for _ in 0..2 {
            match programs[0].ask(0) {
                Ok(_) if programs[0].use_token(0) == Some(true) => break,
                Ok(_) => {}
                Err(error) => {
                    assert_eq!((error.status(), error.reason()), (Status::Unauthorized, "tokens-keep-being-refused"));
                    assert!(error.retry_after().is_some_and(|wait| wait <= 60 * SECOND));
                    unauthorized += 1;
                }
            }
        }
        // The other program's turn, on the same account.
        let [one, two] = &mut programs;
        swap(&mut one.account, &mut two.account);
        programs.swap(0, 1);
        if turn % 2 == 1 {
            programs.iter_mut().for_each(|it| it.apply(Event::Pass(SECOND)));
        }
    }
    let logins = programs[0].account.logins;
    show!("two programs with stores of their own, ten minutes: {logins} logins, {unauthorized} calls UNAUTHORIZED");
    // Each: the first, three in a row, and one a minute.
    assert!((20..=2 * (1 + 3 + 10)).contains(&logins), "{logins}");
    programs.iter().for_each(World::holds);
}

#[test]
fn what_another_host_has_renewed_is_adopted_after_one_401() {
    let (a, b) = (0, 1);
    let mut world = world(2);
    world.apply(Event::Clock(a, ClockStep::Back(Duration::from_secs(3600))));
    world.ask(b).expect("a token");
    world.ask(a).expect("the same");
    world.pass_to_window();
    assert_eq!(world.ask(b), Ok(1), "renewed");
    assert_eq!(world.use_token(a), Some(false), "the one 401");
    assert_eq!(world.ask(a), Ok(1), "adopted");
    assert_eq!((world.use_token(a), world.use_token(b)), (Some(true), Some(true)));
    assert_eq!(world.account.logins, 2);
    world.holds();
}
