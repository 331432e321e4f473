//! The pauses between logins: after failures, and between those that replace rejected tokens.

use super::*;
use crate::record::Replacements;

#[test]
fn failures_are_remembered_for_a_second_that_doubles_to_a_minute() {
    let mut world = World::new(Policy::default());
    let mut waits = Vec::new();
    for _ in 0..8 {
        let error = world.ask_in_vain(Status::Server);
        let wait = error.retry_after().expect("says when");
        world.pass(wait - Duration::from_millis(1));
        let logins = world.logins;
        assert_eq!(world.ask_in_vain(Status::Tls).status(), Status::Server, "the remembered one");
        assert_eq!((world.logins, world.session.state(world.now)), (logins, State::Failing));
        world.pass(Duration::from_millis(1));
        waits.push(wait.as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    world.ask(Call::Token).expect("a token");
    world.pass(YEAR);
    assert_eq!(world.ask_in_vain(Status::Server).retry_after(), Some(Duration::from_secs(1)), "a success forgets them");
}

#[test]
fn the_service_says_when_to_try_again_up_to_an_hour() {
    for (asked, waited) in [(5, 5), (3600, 3600), (86_400, 3600)] {
        let mut world = World::new(Policy::default());
        let error = Error::new(Status::RateLimited, "http-429", "").with_retry_after(Some(Duration::from_secs(asked)));
        let found =
            world.call(Call::Token, |_| FlightOutcome::LoginFailed { error: error.clone(), cut_off_after: None });
        assert_eq!(found.expect_err("no token").retry_after(), Some(Duration::from_secs(waited)));
    }
}

#[test]
fn a_token_that_has_expired_when_it_arrives_counts_as_a_failed_login() {
    let mut world = World::new(Policy::default());
    for _ in 0..100 {
        let error = world.call(Call::Token, |world| FlightOutcome::LoggedIn(world.token(Duration::ZERO)));
        assert_eq!(error.expect_err("of no use").reason(), "expires");
    }
    assert_eq!(world.logins, 1);
}

#[test]
fn a_login_that_its_callers_deadline_cut_off_does_not_end_the_pause_of_the_service() {
    let mut world = World::new(Policy::default());
    let error = Error::new(Status::RateLimited, "http-429", "").with_retry_after(Some(MINUTE));
    world
        .call(Call::Token, |_| FlightOutcome::LoginFailed { error: error.clone(), cut_off_after: None })
        .expect_err("no token");
    let short = Duration::from_millis(100);
    let flight = lead(world.arrive(Call::Login, short));
    world.run_flight(flight, &mut |_| cut_off_after(short));
    world.pass(Duration::from_secs(30));
    assert_eq!(world.ask_in_vain(Status::Server).status(), Status::RateLimited);
}

#[test]
fn a_failure_that_could_not_be_saved_is_remembered() {
    let mut world = World::new(Policy::default());
    world.ask_in_vain(Status::Server);
    world.stored = Record::default();
    world.pass(CHECK_EVERY);
    world.ask_in_vain(Status::Server);
    world.stored = Record::default();
    world.pass(CHECK_EVERY);
    assert!(world.ask(Call::Token).is_err(), "two seconds after the second");
    assert_eq!(world.logins, 2);

    let mut world = World::new(Policy::default());
    for _ in 0..100 {
        world.ask_in_vain(Status::InvalidCredentials);
        world.stored = Record::default();
        world.pass(CHECK_EVERY);
    }
    assert_eq!(world.logins, 1);
}

#[test]
fn a_pause_that_a_clock_ahead_of_ours_has_recorded_ends() {
    let mut world = World::new(Policy::default());
    let error = Error::new(Status::Server, "", "");
    world.stored = Record {
        generation: 1,
        failure: Some(LoginFailure { error, at: world.now, count: 3, cut_off_after: None }),
        ..Record::default()
    };
    for _ in 0..4 {
        assert!(world.ask(Call::Token).is_err());
        world.pass(CHECK_EVERY);
        // Its time lies in the future by our clock, so that it counts as now each time that it is read.
        world.stored.failure.as_mut().expect("one").at = world.now;
    }
    assert_eq!(world.ask(Call::Token).expect("four seconds are over"), "token-1");

    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    (world.stored.generation, world.stored.token) = (9, None);
    for _ in 0..60 {
        world.stored.replacements = Replacements { count: 3, last: Some(world.now) };
        assert!(world.ask(Call::Token).is_err());
        world.pass(CHECK_EVERY);
    }
    assert_eq!(world.ask(Call::Token).expect("a minute is over"), "token-2");
}

#[test]
fn replacements_are_three_in_a_row_then_one_a_minute() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    let mut times = Vec::new();
    let begin = world.now;
    for _ in 0..400 {
        match world.ask(Call::Token) {
            Ok(token) => {
                world.session.reject(world.now, token.as_bytes());
            }
            Err(error) => {
                assert_eq!((error.status(), error.reason()), (Status::Unauthorized, "tokens-keep-being-refused"));
                assert!(error.retry_after().is_some_and(|wait| wait > Duration::ZERO && wait <= MINUTE));
                assert_eq!(world.session.state(world.now), State::Failing);
            }
        }
        if times.len() < world.logins as usize {
            times.push(begin.until(world.now).as_secs());
        }
        world.pass(Duration::from_secs(1));
    }
    assert_eq!(times, [0, 1, 2, 3, 63, 123, 183, 243, 303, 363]);
}

#[test]
fn a_wrong_clock_does_not_end_the_pause_between_replacements() {
    let mut world = World::new(Policy::default());
    world.ask(Call::Token).expect("a token");
    for _ in 0..3 {
        world.session.reject(world.now, format!("token-{}", world.logins).as_bytes());
        world.ask(Call::Token).expect("one of three in a row");
    }
    // Another process has logged in since. By its clock the three were years ago.
    (world.stored.generation, world.stored.token) = (5, None);
    world.stored.replacements = Replacements { count: 1, last: Some(Instant::START) };
    world.session.reject(world.now, b"token-4");
    world.pass(CHECK_EVERY);
    assert!(world.ask(Call::Token).is_err(), "the store has been checked");
    world.pass(MINUTE);
    assert_eq!(world.ask(Call::Token).expect("one a minute"), "token-5");
}
