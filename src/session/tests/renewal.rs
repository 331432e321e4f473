//! The renewal window: one call renews, and the others go on with the token in hand.

use super::*;

#[test]
fn the_token_stays_in_use_during_a_renewal_and_after_one_that_failed() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - YEAR / 5));
    assert_eq!(world.session.state(world.now), State::Renewing);
    let flight = lead(world.arrive(Call::Token, LONG));
    assert_eq!(flight.purpose, Purpose::Renew);
    assert!(matches!(world.arrive(Call::Token, LONG), Step::Ready(_)), "the others do not wait");
    world.run_flight(flight, &mut |_| failure(Status::Server));
    assert!(matches!(world.arrive(Call::Token, LONG), Step::Ready(_)), "the token in hand is good");
    world.pass(MINUTE - Duration::from_secs(1));
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-1", "not again within a minute");
    world.pass(CHECK_EVERY_WHILE_GOOD);
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-3");
    assert_eq!(world.session.state(world.now), State::Good);
}

#[test]
fn renewals_that_fail_are_a_minute_apart_then_two_up_to_an_hour() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - YEAR / 5));
    let begin = world.now;
    let mut tries = Vec::new();
    while begin.until(world.now) < Duration::from_secs(4 * 3600) {
        let before = world.logins;
        assert!(world.call(Call::Token, |_| failure(Status::Network)).is_ok());
        if world.logins > before {
            tries.push(begin.until(world.now).as_secs() / 60);
        }
        world.pass(Duration::from_secs(30));
    }
    assert_eq!(tries, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
}

#[test]
fn renew_before_is_capped_at_half_of_the_life() {
    let mut world = World::new(Policy { renew_before: Some(YEAR), spread: 0.0 });
    world.call(Call::Token, |world| FlightOutcome::LoggedIn(world.token(MINUTE))).expect("a token");
    assert_eq!(world.session.state(world.now.after(MINUTE / 2).before(Duration::from_millis(1))), State::Good);
    assert_eq!(world.session.state(world.now.after(MINUTE / 2)), State::Renewing);
}

#[test]
fn the_window_is_spread_by_account_and_may_be_empty() {
    let token = |world: &World| world.token(Duration::from_secs(1000));
    for (policy, first) in [
        (Policy { renew_before: None, spread: 0.0 }, 800),
        (Policy { renew_before: None, spread: 1.0 }, 820),
        (Policy { renew_before: Some(Duration::ZERO), spread: 1.0 }, 1000),
    ] {
        let mut world = World::new(policy);
        world.call(Call::Token, |world| FlightOutcome::LoggedIn(token(world))).expect("a token");
        assert_eq!(world.session.renews_at(world.now), Some(at(first)), "{policy:?}");
    }
}

#[test]
fn while_another_process_renews_the_store_is_checked_every_ten_seconds() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    let flight = lead(world.arrive(Call::Token, LONG));
    assert!(world.finish(flight, FlightOutcome::WithoutLogin).is_none());
    world.pass(CHECK_EVERY_WHILE_GOOD - Duration::from_millis(1));
    assert!(matches!(world.arrive(Call::Token, LONG), Step::Ready(_)));
    world.pass(Duration::from_millis(1));
    assert_eq!(lead(world.arrive(Call::Token, LONG)).purpose, Purpose::Renew);
}

#[test]
fn the_error_of_a_renewal_that_could_not_begin_is_shared_with_nobody() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - YEAR / 5));
    let flight = lead(world.arrive(Call::Token, LONG));
    assert_eq!(flight.purpose, Purpose::Renew);
    let waiting = world.session.arrive(Call::Token);
    world.session.reject(world.now, b"token-1");
    assert!(matches!(world.next(waiting, LONG), Step::Wait));
    let error = Error::new(Status::Store, "store-io", "");
    world.finish(flight, FlightOutcome::NotBegun(error));
    lead(world.next(waiting, LONG));
}
