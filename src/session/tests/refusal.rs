//! A password that the service refused is not sent again unasked.

use super::*;

#[test]
fn a_refused_password_is_not_sent_again_unasked() {
    let mut world = World::new(Policy::default());
    for _ in 0..1000 {
        assert_eq!(world.ask_in_vain(Status::InvalidCredentials).status(), Status::InvalidCredentials);
        world.pass(MINUTE);
    }
    assert_eq!((world.logins, world.session.state(world.now)), (1, State::Refused));
    assert_eq!(world.ask(Call::Login).expect("asked for"), "token-2");
    world.pass(YEAR);
    assert_eq!(world.ask(Call::Token).expect("a success forgets the refusal"), "token-3");
}

#[test]
fn a_refusal_leaves_the_good_token_in_use_and_ends_renewals() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    assert!(world.call(Call::Login, |_| failure(Status::InvalidCredentials)).is_err());
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-1");
    world.skip_to(at(0).after(YEAR - MINUTE));
    assert_eq!(world.ask(Call::Token).expect("a token that is not renewed"), "token-1");
}

#[test]
fn another_password_is_tried_at_once() {
    let mut world = World::new(Policy::default());
    world.ask_in_vain(Status::InvalidCredentials);
    world.same_password = false;
    world.begin_anew();
    assert_eq!(world.ask(Call::Token).expect("a token"), "token-2");
    assert!(world.stored.refusal.is_none());
}

#[test]
fn two_wrong_passwords_are_each_sent_once() {
    // Two processes that share a store, each with a password of its own.
    let mut sessions = [0, 1].map(|_| Session::new(Policy::default(), None, &unix_at(at(0))));
    let (mut stored, mut logins) = (Record::default(), 0);
    for second in 0..100 {
        for (password, session) in sessions.iter_mut().enumerate() {
            let (now, password) = (unix_at(at(second)), password as u16);
            let Step::Lead(flight) = session.next(&now, session.arrive(Call::Token), LONG) else { continue };
            if session.decide(&now, flight.purpose, stored.clone(), |it| it.tag == password, LONG) == Decision::Done {
                session.finish(&now, flight, FlightOutcome::WithoutLogin);
                continue;
            }
            logins += 1;
            let error = Error::new(Status::InvalidCredentials, "", "");
            let outcome = FlightOutcome::Refused(Refusal { error, salt: 0, tag: password });
            stored = session.finish(&now, flight, outcome).expect("to be saved");
        }
    }
    assert_eq!(logins, 2);
}
