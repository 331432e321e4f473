//! A flight that loses the lock of the store before it has saved.

use super::*;

#[test]
fn after_a_lost_lock_the_token_of_the_store_is_used() {
    let mut world = World::new(Policy::default());
    let (flight, _) = world.log_in(Call::Token);
    world.session.lock_was_lost(flight);
    world.store("of-another-process", 1);
    assert_eq!(world.ask(Call::Token).expect("adopted"), "of-another-process");
    assert_eq!(world.logins, 1);
}

#[test]
fn a_failed_renewal_that_lost_its_lock_leaves_the_good_token_in_use() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    let (flight, _) = world.fly(Call::Token, failure(Status::Server));
    world.session.lock_was_lost(flight);
    assert!(matches!(world.arrive(Call::Token, LONG), Step::Ready(token) if token.value() == c"token-1"));
}

#[test]
fn logins_whose_lock_was_lost_do_not_raise_the_generation() {
    let mut world = World::new(Policy::default());
    for _ in 0..3 {
        let (flight, _) = world.log_in(Call::Login);
        world.session.lock_was_lost(flight);
    }
    // Another process's login is the first that counts, and its renewal the second.
    for (generation, value) in [(1, "login"), (2, "renewal")] {
        world.store(value, generation);
        assert_eq!(world.ask(Call::Token).expect("adopted"), value);
        world.skip_to(world.now.after(YEAR - MINUTE));
    }
}

#[test]
fn waiting_calls_do_not_share_a_login_whose_lock_was_lost() {
    let mut world = World::new(Policy::default());
    let waiting = world.session.arrive(Call::Login);
    let (flight, _) = world.log_in(Call::Login);
    world.session.lock_was_lost(flight);
    // The mark of its token gives way to later marks, since that token is not in hand.
    for other in 0..8 {
        world.session.reject(world.now, &[other]);
    }
    lead(world.next(waiting, LONG));
}

#[test]
fn a_lost_lock_discards_its_own_token_and_not_a_later_one() {
    let mut world = World::new(Policy::default());
    // The service may issue the same token twice.
    for later in ["second", "first"] {
        // The lock of the first flight is lost, and a second one takes it and logs in, before the first tries to save.
        let [(first, _), (_, second)] = ["first", later].map(|value| {
            let token = world.token_named(value, YEAR);
            world.fly(Call::Login, FlightOutcome::LoggedIn(token))
        });
        world.session.lock_was_lost(first);
        world.session.saved(world.now, &second, true);
        assert!(world.session.usable(world.now).is_some(), "the live token is given up");
        assert!(world.session.in_hand() == Some(Fingerprint::of(later.as_bytes())));
    }
}

#[test]
fn a_lost_lock_does_not_lower_the_generation_of_a_token_that_was_adopted_since() {
    let mut world = World::new(Policy::default());
    let (flight, _) = world.log_in(Call::Login);
    // Another thread of this process finds what another process has saved under the lock.
    world.store("of-another-process", 9);
    world.session.reject(world.now, b"token-1");
    assert_eq!(world.ask(Call::Token).expect("adopted"), "of-another-process");
    world.session.lock_was_lost(flight);
    assert_eq!(world.session.record.generation, 9);
    assert_eq!(world.ask(Call::Token).expect("as good as it was"), "of-another-process");
}
