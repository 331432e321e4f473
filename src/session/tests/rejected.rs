//! Tokens that a caller rejected.

use super::*;

#[test]
fn a_rejected_token_is_replaced_once_however_many_reject_it() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    for _ in 0..100 {
        world.session.reject(world.now, b"token-1");
    }
    assert_eq!(world.session.state(world.now), State::Empty);
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
    world.session.reject(world.now, b"token-1");
    world.session.reject(world.now, b"no token of ours");
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
}

#[test]
fn a_rejected_token_stays_rejected_after_a_hundred_other_rejections() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    for other in 0..100 {
        world.session.reject(world.now, format!("other-{other}").as_bytes());
    }
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
}

#[test]
fn a_rejected_token_that_is_issued_once_more_is_good() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    let again =
        |world: &mut World, call| world.call(call, |world| FlightOutcome::LoggedIn(world.token_named("token-1", YEAR)));
    for call in [Call::Token, Call::Login, Call::Token] {
        world.session.reject(world.now, b"token-1");
        assert_eq!(again(&mut world, call).expect("issued anew"), "token-1");
        assert_eq!(world.session.state(world.now), State::Good);
    }
    // Were it issued and rejected for ever, the limit on replacements would end that.
    world.session.reject(world.now, b"token-1");
    assert_eq!(again(&mut world, Call::Token).expect_err("too many").reason(), "tokens-keep-being-refused");
}

#[test]
fn a_rejected_token_that_another_process_was_issued_once_more_is_good() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    world.pass(MINUTE);
    // Of the same generation it would be the one that was rejected. Of a later one it is new, with a life of its own.
    world.store("token-1", 2);
    assert_eq!(world.ask(Call::Token).expect("adopted"), "token-1");
    let expires = world.session.usable(world.now).expect("good").expires();
    assert_eq!((world.logins, expires), (1, world.now.after(YEAR)));
}

#[test]
fn a_forked_child_does_not_take_its_parents_rejected_token_for_a_new_one() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    // The child has the token, but does not know its generation.
    world.session = Session::new(Policy::default(), Some(world.token(YEAR)), &world.clock());
    world.session.reject(world.now, b"token-1");
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
}
