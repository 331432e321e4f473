//! What another process has stored is found and used. The table of `merge` is tested there, row by row.

use super::*;

#[test]
fn a_token_in_the_store_is_found_while_logins_fail() {
    let mut world = World::new(Policy::default());
    world.ask_in_vain(Status::InvalidCredentials);
    world.stored.token = Some(Arc::new(world.token_named("of-another-process", YEAR)));
    assert!(matches!(world.arrive(Call::Token, LONG), Step::Fail(_)), "the store is checked once a second");
    world.pass(CHECK_EVERY);
    assert_eq!(world.ask(Call::Token).expect("found"), "of-another-process");
    assert_eq!(world.logins, 1);
}

#[test]
fn a_token_that_another_process_has_stored_is_adopted() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    world.store("of-another-process", 1);
    assert_eq!(world.ask(Call::Token).expect("adopted"), "of-another-process");
    assert_eq!(world.logins, 1);
}

#[test]
fn a_renewal_adopts_what_another_process_has_renewed() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    world.store("of-another-process", 2);
    assert_eq!(world.ask(Call::Token).expect("adopted"), "of-another-process");
    assert_eq!((world.logins, world.session.state(world.now)), (1, State::Good));
}
