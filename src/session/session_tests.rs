use super::renewal::{CHECK_EVERY, CHECK_EVERY_WHILE_GOOD, IDLE_LIMIT};
use super::*;
use crate::clock::Instant;

const YEAR: Duration = Duration::from_secs(31_536_000);
const MINUTE: Duration = Duration::from_secs(60);
const LONG: Duration = Duration::from_secs(30);

/// A session, a store and a clock of which the tests are the hands.
struct World {
    session: Session,
    stored: Record,
    now: Instant,
    logins: u32,
    /// The password is the one that was refused.
    same_password: bool,
}

fn at(seconds: u64) -> Instant {
    Instant::START.after(Duration::from_secs(1_000_000 + seconds))
}

/// The Unix clock begins the test at Tue, 14 Nov 2023 22:13:20, which is 6,400 seconds before midnight.
fn unix_at(instant: Instant) -> Now {
    Now { instant, unix: Duration::from_secs(1_700_000_000) + at(0).until(instant) }
}

fn failure(status: Status) -> FlightOutcome {
    let error = Error::new(status, "reason", "message");
    match status {
        Status::InvalidCredentials => FlightOutcome::Refused(Refusal { error, salt: 1, tag: 2 }),
        _ => FlightOutcome::LoginFailed { error, cut_off_after: None },
    }
}

impl World {
    fn new(policy: Policy) -> Self {
        let session = Session::new(policy, None, &unix_at(at(0)));
        Self { session, stored: Record::default(), now: at(0), logins: 0, same_password: true }
    }

    fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
    }

    /// As if the token had been in use every day until then.
    fn skip_to(&mut self, instant: Instant) {
        self.now = instant;
        self.session.record.used = instant;
        self.session.use_recorded_on = day_of(unix_at(instant).unix);
        self.stored.used = instant;
    }

    fn token(&self, lifetime: Duration) -> Token {
        let value = format!("token-{}", self.logins);
        Token::new(value.as_bytes(), b"user", lifetime, 0, self.now.after(lifetime))
    }

    fn next(&mut self, call: Call, left: Duration) -> Step {
        let ticket = self.session.arrive(call);
        self.session.next(&unix_at(self.now), ticket, left)
    }

    /// One call from its arrival to its answer, with nobody else about; `login` is what the service does.
    fn call(&mut self, call: Call, mut login: impl FnMut(&Self) -> FlightOutcome) -> Result<String, Error> {
        let ticket = self.session.arrive(call);
        for _ in 0..4 {
            match self.session.next(&unix_at(self.now), ticket, LONG) {
                Step::Ready(token) => return Ok(token.value().to_str().expect("ASCII").to_owned()),
                Step::Fail(error) => return Err(error),
                Step::Wait => panic!("nobody else leads"),
                Step::Lead(flight) => self.run_flight(flight, &mut login),
            }
        }
        panic!("a call that leads for ever");
    }

    fn run_flight(&mut self, flight: Flight, login: &mut impl FnMut(&Self) -> FlightOutcome) {
        let same = self.same_password;
        let now = unix_at(self.now);
        let decision = self.session.decide(&now, flight.purpose, self.stored.clone(), |_| same, LONG);
        let outcome = if decision == Decision::Login {
            self.logins += 1;
            login(self)
        } else {
            FlightOutcome::WithoutLogin
        };
        let record = self.session.finish(&now, flight, outcome);
        if let Some(record) = record.or_else(|| (decision == Decision::Save).then(|| self.session.record())) {
            self.session.saved(self.now, &record, true);
            self.stored = record;
        }
    }

    fn year(&mut self, call: Call) -> Result<String, Error> {
        self.call(call, |world| FlightOutcome::LoggedIn(world.token(YEAR)))
    }

    fn fails(&mut self, status: Status) -> Error {
        self.call(Call::Token, |_| failure(status)).expect_err("no token")
    }
}

fn lead(step: Step) -> Flight {
    match step {
        Step::Lead(flight) => flight,
        step => panic!("expected to lead: {step:?}"),
    }
}

#[test]
fn a_good_token_is_handed_out_without_a_login() {
    let mut world = World::new(Policy::default());
    assert_eq!(world.session.state(world.now), State::Empty);
    for _ in 0..100 {
        assert_eq!(world.year(Call::Token).expect("a token"), "token-1");
        world.pass(MINUTE);
    }
    assert_eq!((world.logins, world.session.state(world.now)), (1, State::Good));
}

#[test]
fn an_expired_token_is_replaced_once() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.pass(YEAR);
    assert_eq!(world.session.state(world.now), State::Empty);
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
}

#[test]
fn an_idle_token_is_replaced() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    for _ in 0..3 {
        world.pass(IDLE_LIMIT - MINUTE);
        assert_eq!(world.year(Call::Token).expect("a token"), "token-1", "each use counts");
    }
    world.pass(IDLE_LIMIT);
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
}

#[test]
fn a_renewal_hinders_nobody_and_loses_nothing() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    let window = YEAR / 5;
    world.skip_to(at(0).after(YEAR - window));
    assert_eq!(world.session.state(world.now), State::Renewing);
    let flight = lead(world.next(Call::Token, LONG));
    assert_eq!(flight.purpose, Purpose::Renew);
    assert!(matches!(world.next(Call::Token, LONG), Step::Ready(_)), "the others do not wait");
    world.run_flight(flight, &mut |_| failure(Status::Server));
    assert!(matches!(world.next(Call::Token, LONG), Step::Ready(_)), "the token in hand is good");
    world.pass(MINUTE - Duration::from_secs(1));
    assert_eq!(world.year(Call::Token).expect("a token"), "token-1", "not again within a minute");
    world.pass(CHECK_EVERY_WHILE_GOOD);
    assert_eq!(world.year(Call::Token).expect("a token"), "token-3");
    assert_eq!(world.session.state(world.now), State::Good);
}

#[test]
fn renewals_that_fail_are_a_minute_apart_then_two_up_to_an_hour() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - YEAR / 5));
    let begin = world.now;
    let mut tries = Vec::new();
    while begin.until(world.now) < Duration::from_secs(4 * 3600) {
        let before = world.logins;
        assert!(world.call(Call::Token, |_| failure(Status::Network)).is_ok());
        if world.logins > before {
            tries.push(begin.until(world.now).as_secs() / 60);
        }
        world.pass(Duration::from_secs(30));
    }
    assert_eq!(tries, [0, 1, 3, 7, 15, 31, 63, 123, 183]);
}

#[test]
fn renew_before_is_capped_at_half_of_the_life() {
    let mut world = World::new(Policy { renew_before: Some(YEAR), spread: 0.0 });
    world.call(Call::Token, |world| FlightOutcome::LoggedIn(world.token(MINUTE))).expect("a token");
    assert_eq!(world.session.state(world.now.after(MINUTE / 2).before(Duration::from_millis(1))), State::Good);
    assert_eq!(world.session.state(world.now.after(MINUTE / 2)), State::Renewing);
}

#[test]
fn renewals_of_accounts_are_spread_and_never_is_a_choice() {
    let token = |world: &World| world.token(Duration::from_secs(1000));
    for (policy, first) in [
        (Policy { renew_before: None, spread: 0.0 }, 800),
        (Policy { renew_before: None, spread: 1.0 }, 820),
        (Policy { renew_before: Some(Duration::ZERO), spread: 1.0 }, 1000),
    ] {
        let mut world = World::new(policy);
        world.call(Call::Token, |world| FlightOutcome::LoggedIn(token(world))).expect("a token");
        assert_eq!(world.session.renews_at(world.now), Some(at(first)), "{policy:?}");
    }
}

#[test]
fn failures_are_remembered_for_a_second_that_doubles_to_a_minute() {
    let mut world = World::new(Policy::default());
    let mut waits = Vec::new();
    for _ in 0..8 {
        let error = world.fails(Status::Server);
        let wait = error.retry_after().expect("says when");
        world.pass(wait - Duration::from_millis(1));
        let logins = world.logins;
        assert_eq!(world.fails(Status::Tls).status(), Status::Server, "the remembered one");
        assert_eq!((world.logins, world.session.state(world.now)), (logins, State::Failing));
        world.pass(Duration::from_millis(1));
        waits.push(wait.as_secs());
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60]);
    world.year(Call::Token).expect("a token");
    world.pass(YEAR);
    assert_eq!(world.fails(Status::Server).retry_after(), Some(Duration::from_secs(1)), "a success forgets them");
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
fn a_refused_password_is_not_sent_again_unasked() {
    let mut world = World::new(Policy::default());
    for _ in 0..1000 {
        assert_eq!(world.fails(Status::InvalidCredentials).status(), Status::InvalidCredentials);
        world.pass(MINUTE);
    }
    assert_eq!((world.logins, world.session.state(world.now)), (1, State::Refused));
    assert_eq!(world.year(Call::Login).expect("asked for"), "token-2");
    world.pass(YEAR);
    assert_eq!(world.year(Call::Token).expect("a success forgets the refusal"), "token-3");
}

#[test]
fn a_refusal_does_not_take_the_good_token() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    assert!(world.call(Call::Login, |_| failure(Status::InvalidCredentials)).is_err());
    assert_eq!(world.year(Call::Token).expect("a token"), "token-1");
    world.skip_to(at(0).after(YEAR - MINUTE));
    assert_eq!(world.year(Call::Token).expect("and does not renew it"), "token-1");
}

#[test]
fn a_token_in_the_store_is_found_while_logins_fail() {
    let mut world = World::new(Policy::default());
    world.fails(Status::InvalidCredentials);
    world.stored.token = Some(Arc::new(world.token(YEAR)));
    assert!(matches!(world.next(Call::Token, LONG), Step::Fail(_)), "looked at once a second");
    world.pass(CHECK_EVERY);
    assert_eq!(world.year(Call::Token).expect("found"), "token-1");
    assert_eq!(world.logins, 1);
}

#[test]
fn a_rejected_token_is_replaced_once_however_many_reject_it() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    for _ in 0..100 {
        world.session.reject(world.now, b"token-1");
    }
    assert_eq!(world.session.state(world.now), State::Empty);
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
    world.session.reject(world.now, b"token-1");
    world.session.reject(world.now, b"no token of ours");
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
}

#[test]
fn a_token_that_another_put_in_the_store_is_adopted() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    world.logins = 7;
    world.stored.token = Some(Arc::new(world.token(YEAR)));
    world.logins = 1;
    assert_eq!(world.year(Call::Token).expect("adopted"), "token-7");
    assert_eq!(world.logins, 1);
}

#[test]
fn replacements_are_three_in_a_row_then_one_a_minute() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    let mut times = Vec::new();
    let begin = world.now;
    for _ in 0..400 {
        match world.year(Call::Token) {
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
fn one_leads_and_the_others_share() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.next(Call::Token, LONG));
    let tickets: Vec<Ticket> = (0..9).map(|_| world.session.arrive(Call::Token)).collect();
    for ticket in &tickets {
        assert!(matches!(world.session.next(&unix_at(world.now), *ticket, LONG), Step::Wait));
    }
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    for ticket in &tickets {
        assert!(matches!(world.session.next(&unix_at(world.now), *ticket, LONG), Step::Ready(_)));
    }
}

#[test]
fn logins_that_wait_when_one_begins_share_it() {
    let mut world = World::new(Policy::default());
    let first = lead(world.next(Call::Login, LONG));
    let tickets: Vec<Ticket> = (0..9).map(|_| world.session.arrive(Call::Login)).collect();
    world.run_flight(first, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    // It began before they were asked for: one of them logs in, for all.
    let second = lead(world.session.next(&unix_at(world.now), tickets[0], LONG));
    assert!(matches!(world.session.next(&unix_at(world.now), tickets[1], LONG), Step::Wait));
    world.run_flight(second, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    for ticket in &tickets {
        match world.session.next(&unix_at(world.now), *ticket, LONG) {
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
    let flight = lead(world.next(Call::Token, short));
    let waiting = world.session.arrive(Call::Token);
    world.pass(short);
    let error = Error::new(Status::Timeout, "answer", "");
    world.run_flight(flight, &mut |_| FlightOutcome::LoginFailed { error: error.clone(), cut_off_after: Some(short) });
    assert!(matches!(world.next(Call::Token, Duration::ZERO), Step::Fail(error) if error.status() == Status::Timeout));
    assert!(matches!(world.next(Call::Token, short), Step::Fail(_)), "nor would another with as little time do better");
    let flight = lead(world.session.next(&unix_at(world.now), waiting, LONG - short));
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    assert!(matches!(world.session.next(&unix_at(world.now), waiting, LONG - short), Step::Ready(_)));
}

#[test]
fn a_token_that_is_over_when_it_arrives_does_not_begin_a_loop_of_logins() {
    let mut world = World::new(Policy::default());
    for _ in 0..100 {
        let error = world.call(Call::Token, |world| FlightOutcome::LoggedIn(world.token(Duration::ZERO)));
        assert_eq!(error.expect_err("of no use").reason(), "expires");
    }
    assert_eq!(world.logins, 1);
}

#[test]
fn while_another_renews_the_store_is_asked_every_ten_seconds() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    let flight = lead(world.next(Call::Token, LONG));
    assert_eq!(
        world.session.finish(&unix_at(world.now), flight, FlightOutcome::WithoutLogin).map(|record| record.generation),
        None
    );
    world.pass(CHECK_EVERY_WHILE_GOOD - Duration::from_millis(1));
    assert!(matches!(world.next(Call::Token, LONG), Step::Ready(_)));
    world.pass(Duration::from_millis(1));
    assert_eq!(lead(world.next(Call::Token, LONG)).purpose, Purpose::Renew);
}

#[test]
fn what_is_published_ends_with_the_utc_day() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    let now = unix_at(world.now);
    let (_, until) = world.session.to_publish(&now).expect("a token");
    assert_eq!(world.now.until(until), Duration::from_secs(6_400));
    world.session.reject(world.now, b"token-1");
    assert!(world.session.to_publish(&now).is_none());
}

#[test]
fn the_first_hand_out_of_a_day_is_noted_in_the_store() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    let first = day_of(unix_at(world.now).unix);
    let noted = |world: &World| day_of(unix_at(world.now).unix_of(world.stored.used));
    for day in 0..3 {
        for _ in 0..3 {
            world.year(Call::Token).expect("a token");
            assert_eq!(noted(&world), first + day);
        }
        world.pass(Duration::from_secs(86_400));
    }
    assert_eq!(world.logins, 1);
}

#[test]
fn a_process_that_finds_a_token_notes_its_use_if_nobody_has_today() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.pass(Duration::from_secs(20 * 86_400));
    world.session = Session::new(Policy::default(), None, &unix_at(world.now));
    assert_eq!(world.year(Call::Token).expect("adopted"), "token-1");
    assert_eq!(world.stored.used, world.now);
    world.pass(Duration::from_secs(20 * 86_400));
    world.session = Session::new(Policy::default(), None, &unix_at(world.now));
    assert_eq!(world.year(Call::Token).expect("used 20 days ago, issued 40 days ago"), "token-1");
    world.pass(IDLE_LIMIT);
    world.session = Session::new(Policy::default(), None, &unix_at(world.now));
    assert_eq!(world.year(Call::Token).expect("unused for 29 days"), "token-2");
}

#[test]
fn another_password_is_tried_at_once() {
    let mut world = World::new(Policy::default());
    world.fails(Status::InvalidCredentials);
    world.same_password = false;
    world.session = Session::new(Policy::default(), None, &unix_at(world.now));
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
    assert!(world.stored.refusal.is_none());
}

#[test]
fn a_token_that_could_not_be_saved_is_saved_later_but_not_over_a_newer_one() {
    let mut world = World::new(Policy::default());
    for newer in [false, false, true] {
        let flight = lead(world.next(Call::Login, LONG));
        let now = unix_at(world.now);
        assert_eq!(world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG), Decision::Login);
        world.logins += 1;
        let outcome = FlightOutcome::LoggedIn(world.token(YEAR));
        let record = world.session.finish(&now, flight, outcome).expect("to be saved");
        world.session.saved(world.now, &record, false);
        let ours = record.token.expect("a token").value().to_owned();
        if newer {
            world.logins += 10;
            world.stored = Record {
                generation: record.generation + 1,
                token: Some(Arc::new(world.token(YEAR))),
                used: world.now,
                ..Record::default()
            };
        }
        world.pass(CHECK_EVERY_WHILE_GOOD);
        let (_, until) = world.session.to_publish(&unix_at(world.now)).expect("a token");
        assert!(until <= world.now, "it is not handed out without a look at the store");
        let found = world.year(Call::Token).expect("a token");
        let stored = world.stored.token.as_ref().expect("one").value();
        assert_eq!(stored.to_str(), Ok(found.as_str()));
        assert_eq!(stored == &*ours, !newer);
    }
}

#[test]
fn a_token_whose_lock_was_lost_gives_way_to_the_stores() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.next(Call::Token, LONG));
    let now = unix_at(world.now);
    world.session.decide(&now, flight.purpose, Record::default(), |_| true, LONG);
    let lost = world.token(YEAR);
    world.session.finish(&now, flight, FlightOutcome::LoggedIn(lost)).expect("to be saved");
    world.session.lock_was_lost(flight);
    world.logins = 5;
    world.stored = Record { generation: 1, token: Some(Arc::new(world.token(YEAR))), ..Record::default() };
    assert_eq!(world.year(Call::Token).expect("a token"), "token-5");
    assert_eq!(world.logins, 5);
}

#[test]
fn a_renewal_adopts_what_another_process_has_renewed() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    world.logins = 6;
    let newer =
        Record { generation: 2, token: Some(Arc::new(world.token(YEAR))), used: world.now, ..Record::default() };
    world.stored = newer;
    world.logins = 1;
    assert_eq!(world.year(Call::Token).expect("adopted"), "token-6");
    assert_eq!((world.logins, world.session.state(world.now)), (1, State::Good));
}

#[test]
fn a_login_with_more_time_left_does_not_share_a_timeout() {
    let mut world = World::new(Policy::default());
    let first = lead(world.next(Call::Login, LONG));
    let (short, long) = (world.session.arrive(Call::Login), world.session.arrive(Call::Login));
    world.run_flight(first, &mut |world| FlightOutcome::LoggedIn(world.token(YEAR)));
    let second = lead(world.session.next(&unix_at(world.now), short, MINUTE));
    let error = Error::new(Status::Timeout, "answer", "");
    world.run_flight(second, &mut |_| FlightOutcome::LoginFailed { error: error.clone(), cut_off_after: Some(LONG) });
    assert!(matches!(world.session.next(&unix_at(world.now), short, LONG), Step::Fail(_)));
    lead(world.session.next(&unix_at(world.now), long, LONG + MINUTE));
}

#[test]
fn a_call_whose_time_is_over_begins_nothing() {
    let mut world = World::new(Policy::default());
    for call in [Call::Token, Call::Login] {
        assert!(matches!(world.next(call, Duration::ZERO), Step::Fail(error) if error.status() == Status::Timeout));
    }
    world.year(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    assert!(matches!(world.next(Call::Token, Duration::ZERO), Step::Ready(_)), "nor does it renew");
}

#[test]
fn a_call_shares_the_failure_that_it_has_waited_for() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.next(Call::Token, LONG));
    let waiting = world.session.arrive(Call::Token);
    world.run_flight(flight, &mut |_| failure(Status::Server));
    // So long took the save, which is longer than the pause.
    world.pass(CHECK_EVERY * 2);
    assert!(matches!(world.session.next(&unix_at(world.now), waiting, LONG), Step::Fail(_)));
}

#[test]
fn a_login_does_not_share_a_token_that_was_refused_meanwhile() {
    let mut world = World::new(Policy::default());
    let (ticket, short) = (world.session.arrive(Call::Login), Duration::from_secs(5));
    let flight = lead(world.session.next(&unix_at(world.now), ticket, LONG));
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(short)));
    world.session.reject(world.now, b"token-1");
    let flight = lead(world.session.next(&unix_at(world.now), ticket, LONG));
    world.run_flight(flight, &mut |world| FlightOutcome::LoggedIn(world.token(short)));
    world.pass(short);
    match world.session.next(&unix_at(world.now), ticket, LONG) {
        Step::Fail(error) => assert_eq!(error.reason(), "expires", "nor one that is over"),
        step => panic!("{step:?}"),
    }
}

#[test]
fn a_rejected_token_that_is_issued_once_more_is_good() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    let again = |world: &mut World, call| {
        world.call(call, |world| {
            FlightOutcome::LoggedIn(Token::new(b"token-1", b"user", YEAR, 0, world.now.after(YEAR)))
        })
    };
    for call in [Call::Token, Call::Login, Call::Token] {
        world.session.reject(world.now, b"token-1");
        assert_eq!(again(&mut world, call).expect("issued anew"), "token-1");
        assert_eq!(world.session.state(world.now), State::Good);
    }
    // The limit on replacements ends a row of them.
    world.session.reject(world.now, b"token-1");
    assert_eq!(again(&mut world, Call::Token).expect_err("too many").reason(), "tokens-keep-being-refused");
}

#[test]
fn a_rejected_token_that_another_process_was_issued_once_more_is_good() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    world.pass(MINUTE);
    // As it stands there it is the one that was rejected; with a later number it is a new one, with a life of its own.
    let issued = Token::new(b"token-1", b"user", YEAR, 0, world.now.after(YEAR));
    world.stored = Record { generation: 2, token: Some(Arc::new(issued)), used: world.now, ..Record::default() };
    assert_eq!(world.year(Call::Token).expect("adopted"), "token-1");
    let expires = world.session.usable(world.now).expect("good").expires();
    assert_eq!((world.logins, expires), (1, world.now.after(YEAR)));
}

#[test]
fn a_forked_child_does_not_take_its_parents_rejected_token_for_a_new_one() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    // The child has the token and not its number.
    world.session = Session::new(Policy::default(), Some(world.token(YEAR)), &unix_at(world.now));
    world.session.reject(world.now, b"token-1");
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
}

#[test]
fn a_day_is_noted_at_once_or_not_at_all() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.pass(Duration::from_secs(86_400));
    let flight = lead(world.next(Call::Token, LONG));
    let now = unix_at(world.now);
    assert_eq!(world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG), Decision::Save);
    // Another process holds the lock, maybe for long.
    world.session.finish(&now, flight, FlightOutcome::WithoutLogin);
    assert!(matches!(world.next(Call::Token, LONG), Step::Ready(_)));
}

#[test]
fn a_save_is_tried_again_once_in_ten_seconds() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.next(Call::Token, LONG));
    let now = unix_at(world.now);
    world.session.decide(&now, flight.purpose, Record::default(), |_| true, LONG);
    let outcome = FlightOutcome::LoggedIn(world.token(YEAR));
    let record = world.session.finish(&now, flight, outcome).expect("to be saved");
    world.session.saved(world.now, &record, false);
    for _ in 0..3 {
        world.pass(CHECK_EVERY_WHILE_GOOD);
        let flight = lead(world.next(Call::Token, LONG));
        // The store cannot even be read.
        world.session.finish(&unix_at(world.now), flight, FlightOutcome::WithoutLogin);
        assert!(matches!(world.next(Call::Token, LONG), Step::Ready(_)));
    }
}

#[test]
fn what_could_not_be_saved_of_a_failure_is_remembered() {
    let mut world = World::new(Policy::default());
    world.fails(Status::Server);
    world.stored = Record::default();
    world.pass(CHECK_EVERY);
    world.fails(Status::Server);
    world.stored = Record::default();
    world.pass(CHECK_EVERY);
    assert!(world.year(Call::Token).is_err(), "two seconds after the second");
    assert_eq!(world.logins, 2);

    let mut world = World::new(Policy::default());
    for _ in 0..100 {
        world.fails(Status::InvalidCredentials);
        world.stored = Record::default();
        world.pass(CHECK_EVERY);
    }
    assert_eq!(world.logins, 1);
}

#[test]
fn two_wrong_passwords_are_each_sent_once() {
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

#[test]
fn a_pause_that_a_clock_ahead_of_ours_has_noted_ends() {
    let mut world = World::new(Policy::default());
    let error = Error::new(Status::Server, "", "");
    world.stored = Record {
        generation: 1,
        failure: Some(LoginFailure { error, at: world.now, count: 3, cut_off_after: None }),
        ..Record::default()
    };
    for _ in 0..4 {
        assert!(world.year(Call::Token).is_err());
        world.pass(CHECK_EVERY);
        // Read anew, it is of now each time.
        world.stored.failure.as_mut().expect("one").at = world.now;
    }
    assert_eq!(world.year(Call::Token).expect("four seconds are over"), "token-1");

    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    (world.stored.generation, world.stored.token) = (9, None);
    for _ in 0..60 {
        world.stored.replacements = crate::record::Replacements { count: 3, last: Some(world.now) };
        assert!(world.year(Call::Token).is_err());
        world.pass(CHECK_EVERY);
    }
    assert_eq!(world.year(Call::Token).expect("a minute is over"), "token-2");
}

#[test]
fn a_wrong_clock_does_not_end_the_pause_between_replacements() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    for _ in 0..3 {
        world.session.reject(world.now, format!("token-{}", world.logins).as_bytes());
        world.year(Call::Token).expect("one of three in a row");
    }
    // Another process has logged in since, by whose clock all that was years ago.
    (world.stored.generation, world.stored.token) = (5, None);
    world.stored.replacements = crate::record::Replacements { count: 1, last: Some(Instant::START) };
    world.session.reject(world.now, b"token-4");
    assert!(world.year(Call::Token).is_err());
    world.pass(MINUTE);
    assert_eq!(world.year(Call::Token).expect("one a minute"), "token-5");
}

#[test]
fn a_lock_that_a_failed_renewal_has_lost_does_not_take_the_good_token() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - MINUTE));
    let flight = lead(world.next(Call::Token, LONG));
    let now = unix_at(world.now);
    assert_eq!(world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG), Decision::Login);
    world.session.finish(&now, flight, failure(Status::Server)).expect("to be saved");
    world.session.lock_was_lost(flight);
    assert!(matches!(world.next(Call::Token, LONG), Step::Ready(token) if token.value() == c"token-1"));
}

#[test]
fn a_deadline_of_ones_own_does_not_end_the_services_pause() {
    let mut world = World::new(Policy::default());
    let error = Error::new(Status::RateLimited, "http-429", "").with_retry_after(Some(MINUTE));
    world
        .call(Call::Token, |_| FlightOutcome::LoginFailed { error: error.clone(), cut_off_after: None })
        .expect_err("no token");
    let short = Duration::from_millis(100);
    let error = Error::new(Status::Timeout, "answer", "");
    let flight = lead(world.next(Call::Login, short));
    world.run_flight(flight, &mut |_| FlightOutcome::LoginFailed { error: error.clone(), cut_off_after: Some(short) });
    world.pass(Duration::from_secs(30));
    assert_eq!(world.fails(Status::Server).status(), Status::RateLimited);
}

#[test]
fn a_token_that_could_not_be_saved_is_not_saved_over_a_login_of_the_same_number() {
    let mut world = World::new(Policy::default());
    world.stored.generation = 1;
    let login = |world: &mut World| {
        let flight = lead(world.next(Call::Token, LONG));
        let now = unix_at(world.now);
        assert_eq!(world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG), Decision::Login);
        world.logins += 1;
        let outcome = FlightOutcome::LoggedIn(world.token(YEAR));
        (flight, world.session.finish(&now, flight, outcome).expect("to be saved"))
    };
    let (flight, _) = login(&mut world);
    world.session.lock_was_lost(flight);
    let (_, unsaved) = login(&mut world);
    world.session.saved(world.now, &unsaved, false);
    // Another process logs in, over the same generation as we have twice.
    world.logins += 1;
    world.stored =
        Record { generation: 2, token: Some(Arc::new(world.token(YEAR))), used: world.now, ..Record::default() };
    world.pass(CHECK_EVERY_WHILE_GOOD);
    let flight = lead(world.next(Call::Token, LONG));
    world.run_flight(flight, &mut |_| panic!("there is a good one"));
    assert_eq!(world.stored.token.as_ref().expect("one").value(), c"token-3");
}

#[test]
fn a_token_that_could_not_be_saved_is_not_saved_over_a_login_of_a_lower_number() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    for _ in 0..2 {
        let flight = lead(world.next(Call::Login, LONG));
        world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
        world.logins += 1;
        let unsaved =
            world.session.finish(&now, flight, FlightOutcome::LoggedIn(world.token(YEAR))).expect("to be saved");
        world.session.saved(world.now, &unsaved, false);
    }
    // Another process logs in. Of our two logins its store knows nothing.
    world.logins += 1;
    world.stored =
        Record { generation: 1, token: Some(Arc::new(world.token(YEAR))), used: world.now, ..Record::default() };
    world.pass(CHECK_EVERY_WHILE_GOOD);
    assert_eq!(world.year(Call::Token).expect("good until it is rejected"), "token-2");
    assert_eq!(world.stored.token.as_ref().expect("one").value(), c"token-3");
    world.session.reject(world.now, b"token-2");
    assert_eq!(world.year(Call::Token).expect("adopted"), "token-3");
}

#[test]
fn logins_whose_locks_were_lost_do_not_count() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    for _ in 0..3 {
        let flight = lead(world.next(Call::Login, LONG));
        world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
        world.logins += 1;
        world.session.finish(&now, flight, FlightOutcome::LoggedIn(world.token(YEAR))).expect("to be saved");
        world.session.lock_was_lost(flight);
    }
    // The one of another process is the first, and its renewal the second.
    for generation in [1, 2] {
        world.logins += 1;
        let stored = Some(Arc::new(world.token(YEAR)));
        world.stored = Record { generation, token: stored, used: world.now, ..Record::default() };
        assert_eq!(world.year(Call::Token).expect("adopted"), format!("token-{}", 3 + generation));
        world.skip_to(world.now.after(YEAR - MINUTE));
    }
}

#[test]
fn those_who_wait_do_not_share_a_login_whose_lock_was_lost() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    let waiting = world.session.arrive(Call::Login);
    let flight = lead(world.next(Call::Login, LONG));
    world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
    let token = world.token(YEAR);
    world.session.finish(&now, flight, FlightOutcome::LoggedIn(token)).expect("to be saved");
    world.session.lock_was_lost(flight);
    // Its mark gives way to later ones, as it is in nobody's hand.
    for other in 0..8 {
        world.session.reject(world.now, &[other]);
    }
    lead(world.session.next(&now, waiting, LONG));
}

#[test]
fn a_lost_lock_discards_its_own_token_and_not_a_later_one() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    let login = |world: &mut World, value: &str| {
        let flight = lead(world.next(Call::Login, LONG));
        assert_eq!(world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG), Decision::Login);
        let token = Token::new(value.as_bytes(), b"user", YEAR, 0, world.now.after(YEAR));
        (flight, world.session.finish(&now, flight, FlightOutcome::LoggedIn(token)).expect("to be saved"))
    };
    // The service may issue the same token twice.
    for value in ["second", "first"] {
        let (first, _) = login(&mut world, "first");
        // Its lock is lost, another thread takes it and logs in, before the first one tries to save.
        let (_, second) = login(&mut world, value);
        world.session.lock_was_lost(first);
        world.session.saved(world.now, &second, true);
        assert!(world.session.usable(world.now).is_some(), "the live token is given up");
        assert!(world.session.in_hand() == Some(Fingerprint::of(value.as_bytes())));
    }
}

#[test]
fn a_lost_lock_does_not_lower_the_number_of_a_token_that_was_adopted_since() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    let flight = lead(world.next(Call::Login, LONG));
    world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
    let token = world.token(YEAR);
    world.session.finish(&now, flight, FlightOutcome::LoggedIn(token)).expect("to be saved");
    // Another thread of this process finds what another process has saved under the lock.
    world.logins = 9;
    world.stored =
        Record { generation: 9, token: Some(Arc::new(world.token(YEAR))), used: world.now, ..Record::default() };
    world.session.reject(world.now, b"token-0");
    assert_eq!(world.year(Call::Token).expect("adopted"), "token-9");
    world.session.lock_was_lost(flight);
    assert_eq!(world.session.record.generation, 9);
    assert_eq!(world.year(Call::Token).expect("as good as it was"), "token-9");
}

#[test]
fn the_save_of_an_earlier_login_says_nothing_of_a_later_one() {
    // The service may issue the same token twice.
    for values in [["first", "second"], ["twice", "twice"]] {
        let mut world = World::new(Policy::default());
        let now = unix_at(world.now);
        let mut login = |value: &str| {
            let flight = lead(world.next(Call::Login, LONG));
            world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
            let token = Token::new(value.as_bytes(), b"user", YEAR, 0, world.now.after(YEAR));
            world.session.finish(&now, flight, FlightOutcome::LoggedIn(token)).expect("to be saved")
        };
        let (earlier, later) = (login(values[0]), login(values[1]));
        // A store that does not notice that its lock was lost.
        world.session.saved(world.now, &earlier, true);
        world.session.saved(world.now, &later, false);
        assert!(world.session.write_back.has_failed(), "the later one is not in the store");
        world.session.saved(world.now, &earlier, true);
        assert!(world.session.write_back.has_failed(), "nor by now");
        world.session.saved(world.now, &later, true);
        assert!(!world.session.write_back.has_failed());
    }
}

#[test]
fn the_save_of_a_login_that_was_lost_says_nothing_of_one_with_its_number() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    let flight = |world: &mut World, landing: FlightOutcome| {
        let flight = lead(world.next(Call::Login, LONG));
        world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
        (flight, world.session.finish(&now, flight, landing).expect("to be saved"))
    };
    let token = world.token(YEAR);
    let (lost, _) = flight(&mut world, FlightOutcome::LoggedIn(token));
    // Its record has the token of the first one.
    let (_, failed) = flight(&mut world, failure(Status::Server));
    world.session.lock_was_lost(lost);
    world.logins += 1;
    let token = world.token(YEAR);
    let (_, later) = flight(&mut world, FlightOutcome::LoggedIn(token));
    assert_eq!(failed.generation, later.generation);
    world.session.saved(world.now, &failed, true);
    world.session.saved(world.now, &later, false);
    assert!(world.session.write_back.has_failed(), "it is not in the store");
}

#[test]
fn a_failure_that_is_saved_by_another_flight_saves_the_login_with_it() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    let flight = |world: &mut World, outcome: FlightOutcome| {
        let flight = lead(world.next(Call::Login, LONG));
        world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
        (flight, world.session.finish(&now, flight, outcome).expect("to be saved"))
    };
    let token = world.token(YEAR);
    let (first, _) = flight(&mut world, FlightOutcome::LoggedIn(token));
    let (_, failed) = flight(&mut world, failure(Status::Server));
    world.session.saved(world.now, &failed, true);
    world.session.lock_was_lost(first);
    assert!(world.session.has_usable(world.now), "the token is in the store");
}

#[test]
fn a_rejected_token_stays_rejected_whatever_else_is() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.session.reject(world.now, b"token-1");
    for other in 0..100 {
        world.session.reject(world.now, format!("other-{other}").as_bytes());
    }
    assert_eq!(world.year(Call::Token).expect("a token"), "token-2");
}

#[test]
fn those_who_wait_share_why_a_login_could_not_be_begun() {
    let mut world = World::new(Policy::default());
    let flight = lead(world.next(Call::Token, LONG));
    let tickets: Vec<Ticket> = (0..19).map(|_| world.session.arrive(Call::Token)).collect();
    let error = Error::new(Status::Credentials, "credentials-callback", "it failed");
    assert!(world.session.finish(&unix_at(world.now), flight, FlightOutcome::NotBegun(error)).is_none());
    for ticket in &tickets {
        match world.session.next(&unix_at(world.now), *ticket, LONG) {
            Step::Fail(error) => assert_eq!(error.status(), Status::Credentials),
            step => panic!("each would wait for the same failure: {step:?}"),
        }
    }
    // It is not remembered: a later call asks anew.
    lead(world.next(Call::Token, LONG));
}

#[test]
fn logins_that_wait_share_why_one_could_not_be_begun() {
    let mut world = World::new(Policy::default());
    let token_flight = lead(world.next(Call::Token, LONG));
    let tickets: Vec<Ticket> = (0..19).map(|_| world.session.arrive(Call::Login)).collect();
    let not_begun = || FlightOutcome::NotBegun(Error::new(Status::Store, "store-io", ""));
    let now = unix_at(world.now);
    world.session.finish(&now, token_flight, not_begun());
    // That one began before them: one of them leads, and the others share what comes of it.
    let flight = lead(world.session.next(&now, tickets[0], LONG));
    assert!(tickets[1..].iter().all(|ticket| matches!(world.session.next(&now, *ticket, LONG), Step::Wait)));
    world.session.finish(&now, flight, not_begun());
    assert!(tickets[1..].iter().all(|ticket| matches!(world.session.next(&now, *ticket, LONG), Step::Fail(_))));
}

#[test]
fn a_leader_answers_by_its_own_login_whatever_another_has_come_to_since() {
    let mut world = World::new(Policy::default());
    let now = unix_at(world.now);
    let led = |world: &mut World, call, outcome: FlightOutcome| {
        let flight = lead(world.next(call, LONG));
        world.session.decide(&now, flight.purpose, world.stored.clone(), |_| true, LONG);
        world.session.finish(&now, flight, outcome);
        (flight, world.session.result_of(flight).expect("it logged in"))
    };
    let token = world.token(YEAR);
    let (_, former) = led(&mut world, Call::Login, FlightOutcome::LoggedIn(token));
    world.logins += 1;
    let token = world.token(YEAR);
    let (flight, own) = led(&mut world, Call::Login, FlightOutcome::LoggedIn(token));
    // It has yet to save when another one fails.
    let (_, others) = led(&mut world, Call::Login, failure(Status::Server));
    let answer = |world: &World, call, result: &_| world.session.answer_of_leader(world.now, call, result);
    assert!(matches!(answer(&world, Call::Login, &own), Some(Ok(_))));
    assert!(answer(&world, Call::Login, &former).is_none(), "its token was ended by the later login");
    assert!(matches!(answer(&world, Call::Login, &others), Some(Err(_))));
    assert!(answer(&world, Call::Token, &others).is_none(), "there is a good token");
    // A token whose lock was lost is none to answer with.
    world.session.lock_was_lost(flight);
    assert!(answer(&world, Call::Login, &own).is_none());
    assert!(matches!(answer(&world, Call::Token, &others), Some(Err(error)) if error.retry_after().is_some()));
    // What another flight has failed in is not what this one has.
    let own = Err(Error::new(Status::Credentials, "credentials-callback", "it failed"));
    assert!(matches!(answer(&world, Call::Token, &own), Some(Err(error)) if error.status() == Status::Credentials));
    // There is another one in the store, or will be: no failure keeps a call from looking.
    lead(world.next(Call::Token, LONG));
}

#[test]
fn a_renewal_that_could_not_be_begun_is_told_to_nobody() {
    let mut world = World::new(Policy::default());
    world.year(Call::Token).expect("a token");
    world.skip_to(at(0).after(YEAR - YEAR / 5));
    let flight = lead(world.next(Call::Token, LONG));
    assert_eq!(flight.purpose, Purpose::Renew);
    let waiting = world.session.arrive(Call::Token);
    world.session.reject(world.now, b"token-1");
    assert!(matches!(world.session.next(&unix_at(world.now), waiting, LONG), Step::Wait));
    let error = Error::new(Status::Store, "store-io", "");
    world.session.finish(&unix_at(world.now), flight, FlightOutcome::NotBegun(error));
    lead(world.session.next(&unix_at(world.now), waiting, LONG));
}
