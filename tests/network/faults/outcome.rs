//! What a case must end with, and when.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use personr_testkit::client::{Auth, Failure, Token};

/// What the stalling cases allow a call.
pub const TIMEOUT: Duration = Duration::from_millis(400);
/// A call must have ended by its deadline and a tenth. Beyond that a ready thread may have to wait for a processor:
/// eight programs on two of them make it wait for some ten milliseconds at a time, and a call wakes a few times. A
/// hang is longer by orders of magnitude.
const SCHEDULING: Duration = Duration::from_millis(250);
/// A case that a busy machine made late may be tried again; a defect is late each time.
pub const TRIES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The token that the service holds to be good, whole.
    Token,
    /// Long before the deadline, which is not a short one.
    Fails(i32, &'static str),
    /// At the deadline, with this reason.
    TimesOut(&'static str),
}

/// One cell of the table.
#[derive(Clone, Copy, Default)]
pub struct Cell {
    pub cases: usize,
    /// The longest time that a call took beyond its deadline.
    pub late: Duration,
}

/// Phase and fault.
pub type Cells = BTreeMap<(String, String), Cell>;

#[derive(Default)]
pub struct Table(Mutex<Cells>);

impl Table {
    pub fn add(&self, phase: &str, fault: &str, late: Duration) {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cell = cells.entry((phase.to_owned(), fault.to_owned())).or_default();
        cell.cases += 1;
        cell.late = cell.late.max(late);
    }

    pub fn cells(&self) -> Cells {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// How a call went, and how long it took.
pub struct Call {
    result: Result<Token, Failure>,
    took: Duration,
}

impl Call {
    pub fn login(auth: &Auth) -> Self {
        let begun = Instant::now();
        let result = auth.login();
        Self { result, took: begun.elapsed() }
    }

    /// How late it was, if it ended as it must, else what was wrong.
    pub fn check(&self, outcome: Outcome, sandbox: &Sandbox) -> Result<Duration, String> {
        let Self { result, took } = self;
        match (outcome, result) {
            (Outcome::Token, Ok(token)) => {
                let live = sandbox.live_token(DEFAULT_EMAIL);
                if live.as_deref() != Some(&token.value) {
                    return Err(format!("a token that the service does not know: {token:?}, and not {live:?}"));
                }
            }
            (Outcome::Fails(status, reason), Err(failure)) if failure.kind() == (status, reason) => {}
            (Outcome::TimesOut(reason), Err(failure)) if failure.kind() == (personr::ffi::PERSONR_TIMEOUT, reason) => {
                if *took < TIMEOUT {
                    return Err(format!("it gave up too early: {took:?}"));
                }
                if *took > TIMEOUT + TIMEOUT / 10 + SCHEDULING {
                    return Err(format!("it was late: {took:?}"));
                }
                return Ok(*took - TIMEOUT);
            }
            _ => return Err(format!("{result:?} after {took:?} instead of {outcome:?}")),
        }
        Ok(Duration::ZERO)
    }

    pub fn took(&self) -> Duration {
        self.took
    }
}

/// After whatever happened to a handle, the next login on it succeeds.
pub fn assert_usable(auth: &Auth, sandbox: &Sandbox, what: &str) {
    let again = Call::login(auth).check(Outcome::Token, sandbox);
    assert!(again.is_ok(), "{what}: the next login on the same handle: {again:?}");
}
