//! What a call with a usable token gets, how long a token is usable, and how its use is recorded in the store.

use super::*;

#[test]
fn a_good_token_is_handed_out_without_a_login() {
    let mut world = World::new(Policy::default());
    assert_eq!(world.session.state(world.now), State::Empty);
    for _ in 0..100 {
        assert_eq!(world.ask(Call::Token).expect("a token"), "token-1");
        world.pass(MINUTE);
    }
    assert_eq!((world.logins, world.session.state(world.now)), (1, State::Good));
}

#[test]
fn an_expired_token_is_replaced_once() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.pass(YEAR);
    assert_eq!(world.session.state(world.now), State::Empty);
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
}

#[test]
fn an_idle_token_is_replaced() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    for _ in 0..3 {
        world.pass(IDLE_LIMIT - MINUTE);
        assert_eq!(world.ask(Call::Token).expect("a token"), "token-1", "each use counts");
    }
    world.pass(IDLE_LIMIT);
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
}

#[test]
fn what_is_published_ends_with_the_utc_day() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    let now = world.clock();
    let (_, good_until, _) = world.session.to_publish(&now).expect("a token");
    assert_eq!(world.now.until(good_until), Duration::from_secs(6_400));
    world.session.reject(world.now, b"token-1");
    assert!(world.session.to_publish(&now).is_none());
}

#[test]
fn the_first_use_of_a_day_is_recorded_in_the_store() {
    let mut world = World::new(Policy::default());
    world.pass(DAY);
    let (_, record) = world.log_in(Call::Token);
    assert!(matches!(world.arrive(Call::Token, LONG), Step::Ready(_)), "the login records it");
    world.session.saved(world.now, &record, true);
    world.stored = record;
    let first = day_of(world.clock().unix);
    let recorded = |world: &World| day_of(world.clock().unix_of(world.stored.used));
    for day in 0..3 {
        for _ in 0..3 {
            world.ask(Call::Token).expect("a token");
            assert_eq!(recorded(&world), first + day);
        }
        world.pass(DAY);
    }
    assert_eq!(world.logins, 1);
}

#[test]
fn a_process_that_adopts_a_token_records_its_use() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.pass(20 * DAY);
    world.begin_anew();
    assert_eq!(world.ask(Call::Token).expect("adopted"), "token-1");
    assert_eq!(world.stored.used, world.now);
    world.pass(20 * DAY);
    world.begin_anew();
    assert_eq!(world.ask(Call::Token).expect("used 20 days ago, issued 40 days ago"), "token-1");
    world.pass(IDLE_LIMIT);
    world.begin_anew();
    assert_eq!(world.ask(Call::Token).expect("unused for 29 days"), "token-2");
}

#[test]
fn a_use_that_cannot_be_recorded_at_once_is_not_recorded_that_day() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.pass(DAY);
    let flight = lead(world.arrive(Call::Token, LONG));
    assert_eq!(world.decide(flight), Decision::Save);
    // Another process holds the lock, maybe for long.
    world.finish(flight, FlightOutcome::WithoutLogin);
    assert!(matches!(world.arrive(Call::Token, LONG), Step::Ready(_)));
}
