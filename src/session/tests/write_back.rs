//! A login that could not be saved.

use super::*;

#[test]
fn an_unsaved_token_is_saved_later_but_not_over_a_newer_one() {
    let mut world = World::new(Policy::default());
    for is_newer_stored in [false, false, true] {
        let (_, record) = world.log_in(Call::Login);
        world.session.saved(world.now, &record, false);
        let ours = record.token.expect("a token").value().to_owned();
        if is_newer_stored {
            world.store("newer", record.generation + 1);
        }
        world.pass(CHECK_EVERY_WHILE_GOOD);
        let (_, good_until, _) = world.session.to_publish(&world.clock()).expect("a token");
        assert!(good_until <= world.now, "it is not handed out without a look at the store");
        let found = world.ask(Call::Token).expect("a token");
        assert_eq!(world.stored_token(), found);
        assert_eq!(ours.to_str() == Ok(found.as_str()), !is_newer_stored);
    }
}

#[test]
fn an_unsaved_token_is_not_saved_over_a_login_of_the_same_generation() {
    let mut world = World::new(Policy::default());
    world.stored.generation = 1;
    let (flight, _) = world.log_in(Call::Token);
    world.session.lock_was_lost(flight);
    let (_, unsaved) = world.log_in(Call::Token);
    world.session.saved(world.now, &unsaved, false);
    // It is over generation 1, as both of ours were.
    world.store("of-another-process", 2);
    world.pass(CHECK_EVERY_WHILE_GOOD);
    let flight = lead(world.arrive(Call::Token, LONG));
    world.run_flight(flight, &mut |_| panic!("there is a good one"));
    assert_eq!(world.stored_token(), "of-another-process");
}

#[test]
fn an_unsaved_token_is_not_saved_over_a_login_of_a_lower_generation() {
    let mut world = World::new(Policy::default());
    for _ in 0..2 {
        let (_, unsaved) = world.log_in(Call::Login);
        world.session.saved(world.now, &unsaved, false);
    }
    // The store knows nothing of our two logins, so another process counts from 0.
    world.store("of-another-process", 1);
    world.pass(CHECK_EVERY_WHILE_GOOD);
    assert_eq!(world.ask(Call::Token).expect("good until it is rejected"), "token-2");
    assert_eq!(world.stored_token(), "of-another-process");
    world.session.reject(world.now, b"token-2");
    assert_eq!(world.ask(Call::Token).expect("adopted"), "of-another-process");
}

#[test]
fn a_save_is_tried_again_once_in_ten_seconds() {
    let mut world = World::new(Policy::default());
    let (_, record) = world.log_in(Call::Token);
    world.session.saved(world.now, &record, false);
    for _ in 0..3 {
        world.pass(CHECK_EVERY_WHILE_GOOD);
        let flight = lead(world.arrive(Call::Token, LONG));
        // The store cannot even be read.
        world.finish(flight, FlightOutcome::WithoutLogin);
        assert!(matches!(world.arrive(Call::Token, LONG), Step::Ready(_)));
    }
}

#[test]
fn the_save_of_an_earlier_login_says_nothing_of_a_later_one() {
    // The service may issue the same token twice.
    for values in [["first", "second"], ["twice", "twice"]] {
        let mut world = World::new(Policy::default());
        let [(_, earlier), (_, later)] = values.map(|value| {
            let token = world.token_named(value, YEAR);
            world.fly(Call::Login, FlightOutcome::LoggedIn(token))
        });
        // A store that does not notice that its lock was lost.
        world.session.saved(world.now, &earlier, true);
        world.session.saved(world.now, &later, false);
        assert!(world.session.write_back.has_failed(), "the later one is not in the store");
        world.session.saved(world.now, &earlier, true);
        assert!(world.session.write_back.has_failed(), "nor is it after another save of the earlier one");
        world.session.saved(world.now, &later, true);
        assert!(!world.session.write_back.has_failed());
    }
}

#[test]
fn the_save_of_a_discarded_login_says_nothing_of_a_later_one_with_its_generation() {
    let mut world = World::new(Policy::default());
    let (discarded, _) = world.log_in(Call::Login);
    // The record of this flight has the token of the login that is discarded next.
    let (_, failed) = world.fly(Call::Login, failure(Status::Server));
    world.session.lock_was_lost(discarded);
    let (_, later) = world.log_in(Call::Login);
    assert_eq!(failed.generation, later.generation);
    world.session.saved(world.now, &failed, true);
    world.session.saved(world.now, &later, false);
    assert!(world.session.write_back.has_failed(), "the later one is not in the store");
}

#[test]
fn a_failure_that_is_saved_by_another_flight_saves_the_login_with_it() {
    let mut world = World::new(Policy::default());
    let (login, _) = world.log_in(Call::Login);
    let (_, failed) = world.fly(Call::Login, failure(Status::Server));
    world.session.saved(world.now, &failed, true);
    world.session.lock_was_lost(login);
    assert!(world.session.has_usable(world.now), "the token is in the store");
}
