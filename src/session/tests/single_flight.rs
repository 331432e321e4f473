//! Who leads, who waits, and what the calls that wait share.

use super::*;

#[test]
fn one_leads_and_the_others_share() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.arrive(Call::Token, LONG));
    let tickets = [(); 9].map(|()| world.session.arrive(Call::Token));
    for ticket in tickets {
        assert!(matches!(world.next(ticket, LONG), Step::Wait));
    }
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    for ticket in tickets {
        assert!(matches!(world.next(ticket, LONG), Step::Ready(_)));
    }
}

#[test]
fn logins_that_wait_when_one_begins_share_it() {
    let mut world = World::new(Policy::default());
    let first = lead(world.arrive(Call::Login, LONG));
    let tickets = [(); 9].map(|()| world.session.arrive(Call::Login));
    world.run_flight(first, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    // That flight began before they arrived: one of them logs in, for all.
    let second = lead(world.next(tickets[0], LONG));
    assert!(matches!(world.next(tickets[1], LONG), Step::Wait));
    world.run_flight(second, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    for ticket in tickets {
        match world.next(ticket, LONG) {
            Step::Ready(token) => assert_eq!(token.value(), c"token-2"),
            step => panic!("{step:?}"),
        }
    }
    assert_eq!(world.logins, 2);
}

#[test]
fn a_short_deadline_fails_its_own_caller_alone() {
    let mut world = World::new(Policy::default());
    let short = Duration::from_millis(100);
    let flight = lead(world.arrive(Call::Token, short));
    let waiting = world.session.arrive(Call::Token);
    world.pass(short);
    world.run_flight(flight, &mut |_| cut_off_after(short));
    assert!(
        matches!(world.arrive(Call::Token, Duration::ZERO), Step::Fail(error) if error.status() == Status::Timeout)
    );
    assert!(
        matches!(world.arrive(Call::Token, short), Step::Fail(_)),
        "nor would another with as little time do better"
    );
    let flight = lead(world.next(waiting, LONG - short));
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    assert!(matches!(world.next(waiting, LONG - short), Step::Ready(_)));
}

#[test]
fn a_login_with_more_time_left_does_not_share_a_timeout() {
    let mut world = World::new(Policy::default());
    let first = lead(world.arrive(Call::Login, LONG));
    let (short, long) = (world.session.arrive(Call::Login), world.session.arrive(Call::Login));
    world.run_flight(first, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    let second = lead(world.next(short, MINUTE));
    world.run_flight(second, &mut |_| cut_off_after(LONG));
    assert!(matches!(world.next(short, LONG), Step::Fail(_)));
    lead(world.next(long, LONG + MINUTE));
}

#[test]
fn a_call_whose_time_is_over_begins_nothing() {
    let mut world = World::new(Policy::default());
    for call in [Call::Token, Call::Login] {
        assert!(matches!(world.arrive(call, Duration::ZERO), Step::Fail(error) if error.status() == Status::Timeout));
    }
    world.ask(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    assert!(matches!(world.arrive(Call::Token, Duration::ZERO), Step::Ready(_)), "nor does it renew");
}

#[test]
fn a_call_shares_the_failure_that_it_has_waited_for() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.arrive(Call::Token, LONG));
    let waiting = world.session.arrive(Call::Token);
    world.run_flight(flight, &mut |_| failure(Status::Server));
    // The save takes longer than the pause after the failure.
    world.pass(CHECK_EVERY * 2);
    assert!(matches!(world.next(waiting, LONG), Step::Fail(_)));
}

#[test]
fn a_login_does_not_share_a_token_that_was_rejected_or_has_expired_meanwhile() {
    let mut world = World::new(Policy::default());
    let (ticket, short) = (world.session.arrive(Call::Login), Duration::from_secs(5));
    let flight = lead(world.next(ticket, LONG));
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(short)));
    world.session.reject(world.now, b"token-1");
    let flight = lead(world.next(ticket, LONG));
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(short)));
    world.pass(short);
    match world.next(ticket, LONG) {
        Step::Fail(error) => assert_eq!(error.reason(), "expires", "nor one that has expired"),
        step => panic!("{step:?}"),
    }
}

#[test]
fn waiting_calls_share_the_error_of_a_login_that_could_not_begin() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.arrive(Call::Token, LONG));
    let tickets = [(); 19].map(|()| world.session.arrive(Call::Token));
    let error = Error::new(Status::Credentials, "credentials-callback", "it failed");
    assert!(world.finish(flight, FlightOutcome::NotBegun(error)).is_none());
    for ticket in tickets {
        match world.next(ticket, LONG) {
            Step::Fail(error) => assert_eq!(error.status(), Status::Credentials),
            step => panic!("each of them would meet the same failure anew: {step:?}"),
        }
    }
    // A later call does not share it, and tries.
    lead(world.arrive(Call::Token, LONG));
}

#[test]
fn waiting_logins_share_the_error_of_a_login_that_could_not_begin() {
    let mut world = World::new(Policy::default());
    let token_flight = lead(world.arrive(Call::Token, LONG));
    let tickets = [(); 19].map(|()| world.session.arrive(Call::Login));
    let not_begun = || FlightOutcome::NotBegun(Error::new(Status::Store, "store-io", ""));
    world.finish(token_flight, not_begun());
    // That flight began before they arrived: one of them leads, and the others share its error.
    let flight = lead(world.next(tickets[0], LONG));
    assert!(tickets[1..].iter().all(|ticket| matches!(world.next(*ticket, LONG), Step::Wait)));
    world.finish(flight, not_begun());
    assert!(tickets[1..].iter().all(|ticket| matches!(world.next(*ticket, LONG), Step::Fail(_))));
}

#[test]
fn a_leader_answers_by_its_own_login_and_not_by_that_of_another_flight() {
    let mut world = World::new(Policy::default());
    let result_of = |world: &World, flight| world.session.result_of(flight).expect("it logged in");
    let (flight, _) = world.log_in(Call::Login);
    let earlier = result_of(&world, flight);
    let (flight, _) = world.log_in(Call::Login);
    let own = result_of(&world, flight);
    // It has yet to save when another flight fails.
    let (failed, _) = world.fly(Call::Login, failure(Status::Server));
    let others = result_of(&world, failed);
    let answer = |world: &World, call, result: &_| world.session.answer_of_leader(world.now, call, result);
    assert!(matches!(answer(&world, Call::Login, &own), Some(Ok(_))));
    assert!(answer(&world, Call::Login, &earlier).is_none(), "its token was ended by the later login");
    assert!(matches!(answer(&world, Call::Login, &others), Some(Err(_))));
    assert!(answer(&world, Call::Token, &others).is_none(), "there is a good token");
    // A token whose lock was lost is no answer.
    world.session.lock_was_lost(flight);
    assert!(answer(&world, Call::Login, &own).is_none());
    assert!(matches!(answer(&world, Call::Token, &others), Some(Err(error)) if error.retry_after().is_some()));
    // The failure that is remembered is another flight's, and not the answer of this one.
    let own = Err(Error::new(Status::Credentials, "credentials-callback", "it failed"));
    assert!(matches!(answer(&world, Call::Token, &own), Some(Err(error)) if error.status() == Status::Credentials));
    // The store has another token, or will have one: the failure keeps no call from checking it.
    lead(world.arrive(Call::Token, LONG));
}
