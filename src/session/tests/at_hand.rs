//! What an operation has at once.

use super::*;

#[test]
fn a_good_token_is_at_hand_but_not_while_its_save_is_under_way() {
    let mut world = World::new(Policy::default());
    assert!(world.session.at_hand(&world.clock()).is_none());
    for is_saved in [true, false] {
        let (_, record) = world.log_in(Call::Login);
        assert!(world.session.at_hand(&world.clock()).is_none(), "an application that ends now would end the save");
        world.session.saved(world.now, &record, is_saved);
        assert!(matches!(world.session.at_hand(&world.clock()), Some((_, false))));
    }
    world.pass(CHECK_EVERY_WHILE_GOOD);
    assert!(matches!(world.session.at_hand(&world.clock()), Some((_, true))), "the save is due again");
}

#[test]
fn what_is_due_is_told_and_only_one_flight_does_it() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - YEAR / 5));
    assert!(matches!(world.session.at_hand(&world.clock()), Some((_, true))), "the renewal");
    let flight = lead(world.arrive(Call::Token, LONG));
    assert!(matches!(world.session.at_hand(&world.clock()), Some((_, false))), "another call renews it");
    world.run_flight(flight, &mut |_| failure(Status::Server));
    world.pass(DAY);
    assert!(matches!(world.session.at_hand(&world.clock()), Some((_, true))), "the day's note");
}
