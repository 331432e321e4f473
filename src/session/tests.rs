//! The session, event by event: what each call is answered, with one process, a store and a clock that stand in
//! [`World`]. The histories try what several processes do at once.

mod at_hand;
mod backoff;
mod lost_lock;
mod merge;
mod refusal;
mod rejected;
mod renewal;
mod single_flight;
mod usable;
mod write_back;

use super::renewal::{CHECK_EVERY, CHECK_EVERY_WHILE_GOOD, IDLE_LIMIT};
use super::*;

const YEAR: Duration = Duration::from_secs(31_536_000);
const DAY: Duration = Duration::from_secs(86_400);
const MINUTE: Duration = Duration::from_secs(60);
/// The time of a call that has enough of it.
const LONG: Duration = Duration::from_secs(30);

/// A session, with a store and a clock that the test sets.
struct World {
    session: Session,
    stored: Record,
    now: Instant,
    /// At the service. The token of the second one is "token-2".
    logins: u32,
    /// The password that would be sent is the one that was refused.
    same_password: bool,
}

fn at(seconds: u64) -> Instant {
    Instant::START.after(Duration::from_secs(1_000_000 + seconds))
}

/// By the Unix clock a test begins on Tuesday, 14 November 2023, 22:13:20, which is 6,400 seconds before midnight.
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

/// A login that its caller's own deadline ended after `spent`.
fn cut_off_after(spent: Duration) -> FlightOutcome {
    FlightOutcome::LoginFailed { error: Error::new(Status::Timeout, "answer", ""), cut_off_after: Some(spent) }
}

fn lead(step: Step) -> Flight {
    match step {
        Step::Lead(flight) => flight,
        step => panic!("expected to lead: {step:?}"),
    }
}

impl World {
    fn new(policy: Policy) -> Self {
        let session = Session::new(policy, None, &unix_at(at(0)));
        Self { session, stored: Record::default(), now: at(0), logins: 0, same_password: true }
    }

    /// Both clocks.
    fn clock(&self) -> Now {
        unix_at(self.now)
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

    /// The token of the last login.
    fn token(&self, lifetime: Duration) -> Token {
        self.token_named(&format!("token-{}", self.logins), lifetime)
    }

    fn token_named(&self, value: &str, lifetime: Duration) -> Token {
        Token::new(value.as_bytes(), b"user", lifetime, 0, self.now.after(lifetime))
    }

    /// Another process has logged in and saved.
    fn store(&mut self, value: &str, generation: u64) {
        let token = Some(Arc::new(self.token_named(value, YEAR)));
        self.stored = Record { generation, token, used: self.now, ..Record::default() };
    }

    /// The value of the token in the store.
    fn stored_token(&self) -> &str {
        self.stored.token.as_ref().and_then(|token| token.value().to_str().ok()).expect("a token in the store")
    }

    /// Another process begins, with nothing in memory.
    fn begin_anew(&mut self) {
        self.session = Session::new(Policy::default(), None, &self.clock());
    }

    /// The next step of a call that arrives now.
    fn arrive(&mut self, call: Call, left: Duration) -> Step {
        let ticket = self.session.arrive(call);
        self.next(ticket, left)
    }

    fn next(&mut self, ticket: Ticket, left: Duration) -> Step {
        self.session.next(&unix_at(self.now), ticket, left)
    }

    /// One call from its arrival to its answer, with nobody else about; `login` is what the service does.
    fn call(&mut self, call: Call, mut login: impl FnMut(&Self) -> FlightOutcome) -> Result<String, Error> {
        let ticket = self.session.arrive(call);
        for _ in 0..4 {
            match self.next(ticket, LONG) {
                Step::Ready(token) => return Ok(token.value().to_str().expect("ASCII").to_owned()),
                Step::Fail(error) => return Err(error),
                Step::Wait => panic!("nobody else leads"),
                Step::Lead(flight) => self.run_flight(flight, &mut login),
            }
        }
        panic!("a call that leads for ever");
    }

    fn run_flight(&mut self, flight: Flight, login: &mut impl FnMut(&Self) -> FlightOutcome) {
        let decision = self.decide(flight);
        let outcome = if decision == Decision::Login {
            self.logins += 1;
            login(self)
        } else {
            FlightOutcome::WithoutLogin
        };
        let record = self.finish(flight, outcome);
        if let Some(record) = record.or_else(|| (decision == Decision::Save).then(|| self.session.record())) {
            self.session.saved(self.now, &record, true);
            self.stored = record;
        }
    }

    fn decide(&mut self, flight: Flight) -> Decision {
        let same = self.same_password;
        self.session.decide(&unix_at(self.now), flight.purpose, self.stored.clone(), |_| same, LONG)
    }

    fn finish(&mut self, flight: Flight, outcome: FlightOutcome) -> Option<Record> {
        self.session.finish(&unix_at(self.now), flight, outcome)
    }

    /// A call that logs in, up to where its record is to be saved.
    fn log_in(&mut self, call: Call) -> (Flight, Record) {
        self.logins += 1;
        let token = self.token(YEAR);
        self.fly(call, FlightOutcome::LoggedIn(token))
    }

    /// A flight up to where its record is to be saved.
    fn fly(&mut self, call: Call, outcome: FlightOutcome) -> (Flight, Record) {
        let flight = lead(self.arrive(call, LONG));
        assert_eq!(self.decide(flight), Decision::Login);
        let record = self.finish(flight, outcome).expect("a record to save");
        (flight, record)
    }

    /// The token that a call gets from a service that issues tokens of a year.
    fn ask(&mut self, call: Call) -> Result<String, Error> {
        self.call(call, |world| FlightOutcome::LoggedIn(world.token(YEAR)))
    }

    /// The error of a call, if logins fail with this status.
    fn ask_in_vain(&mut self, status: Status) -> Error {
        self.call(Call::Token, |_| failure(status)).expect_err("no token")
    }
}
