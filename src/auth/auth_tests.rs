use std::time::Duration;

use super::*;
use crate::session::FlightOutcome;

/// Applications ask for each request. Those that ask must not wait for a thread that has the lock and not the processor.
#[test]
fn a_good_state_is_told_without_the_lock_of_the_session() {
    let auth = Auth::new("maia@example.com", Some("secret"), Options::new().expect("options")).expect("an account");
    assert!(!auth.is_good() && auth.state() == State::Empty);
    let (now, hour) = (Now::read(), Duration::from_secs(3_600));
    let mut session = auth.process().session();
    let ticket = session.arrive(Call::Token);
    let Step::Lead(flight) = session.next(&now, ticket, hour) else { panic!("there is a token") };
    let token = Token::new(b"token", b"", hour, 0, now.instant.after(hour));
    session.finish(&now, flight, FlightOutcome::LoggedIn(token));
    auth.account.publish(&session, &now);
    assert!(auth.is_good());
    session.reject(now.instant, b"token");
    auth.account.publish(&session, &now);
    assert!(!auth.is_good());
}
