//! One process: its session, its clocks, its calls, and its leaders.

use std::sync::Arc;
use std::time::Duration;

use super::super::{Call, Flight, Policy, Session, Ticket};
use super::effects::Led;
use super::events::ClockStep;
use super::outside::Answer;
use super::rules::Seen;
use crate::clock::{Instant, Now};
use crate::error::Error;
use crate::record::Record;
use crate::token::Token;

/// Unix time when every history begins.
const BEGIN: Duration = Duration::from_secs(1_700_000_000);

pub(super) struct Process {
    pub(super) session: Session,
    /// When the history began; the machine may have started since.
    uptime: Duration,
    started: Duration,
    /// By how much its Unix clock is wrong.
    clock: ClockStep,
    pub(super) password: u8,
    pub(super) calls: Vec<Waiting>,
    pub(super) leaders: Vec<Leader>,
    /// The token that it was given last.
    pub(super) given: Option<usize>,
    /// What `published` holds, and until when it may be handed out.
    pub(super) published: Option<(usize, Instant)>,
    pub(super) seen: Seen,
}

/// A call that waits for its answer.
pub(super) struct Waiting {
    pub(super) number: usize,
    pub(super) call: Call,
    pub(super) ticket: Ticket,
    pub(super) begun: Duration,
    pub(super) deadline: Duration,
    pub(super) leads: bool,
    pub(super) flights: u32,
    pub(super) logins: u32,
    /// How much had happened that may cost a further login, when the call began.
    pub(super) excuses: u32,
}

pub(super) struct Leader {
    pub(super) flight: Flight,
    pub(super) call: usize,
    pub(super) deadline: Duration,
    /// What came of its login.
    pub(super) result: Option<Result<Arc<Token>, Error>>,
    pub(super) lock: Option<u64>,
    pub(super) stage: Stage,
    pub(super) led: Led,
    /// Its login, which is to be saved.
    pub(super) logged_in: Option<LoggedIn>,
}

/// The next step of a leader.
pub(super) enum Stage {
    /// Read the record without the lock.
    Check,
    /// Try the lock. A flight that waits for it checks the store in the same step.
    Lock,
    /// Read the record under the lock.
    CheckLocked,
    /// The service has the request.
    Request { begun: Duration },
    /// The answer is under way.
    Answer { begun: Duration, answer: Answer },
    /// The flight has ended for the others. Its record is to be saved.
    Save(Box<Record>),
}

/// A login that succeeded: which token it brought, and its number among those of its process.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct LoggedIn {
    pub(super) token: usize,
    pub(super) nth: u32,
}

impl Stage {
    /// When the request was sent, if a login is under way.
    pub(super) fn login_begun(&self) -> Option<Duration> {
        match self {
            Self::Request { begun } | Self::Answer { begun, .. } => Some(*begun),
            _ => None,
        }
    }
}

impl Leader {
    pub(super) fn new(flight: Flight, call: usize, deadline: Duration) -> Self {
        let led = Led::new(flight.purpose);
        Self { flight, call, deadline, result: None, lock: None, stage: Stage::Check, led, logged_in: None }
    }

    /// When it gives up what it is waiting for.
    pub(super) fn gives_up_at(&self, lease_left: Duration) -> Option<Duration> {
        match self.stage {
            Stage::Lock if self.flight.purpose.waits_for_lock() => Some(self.deadline),
            Stage::Request { begun } | Stage::Answer { begun, .. } => {
                Some(self.deadline.min(begun.saturating_add(lease_left)))
            }
            _ => None,
        }
    }
}

impl Process {
    pub(super) fn new(uptime: Duration, policy: Policy) -> Self {
        let clock = ClockStep::Right;
        let now = now(uptime, clock, Duration::ZERO);
        Self {
            session: Session::new(policy, None, &now),
            uptime,
            started: Duration::ZERO,
            clock,
            password: 0,
            calls: Vec::new(),
            leaders: Vec::new(),
            given: None,
            published: None,
            seen: Seen::default(),
        }
    }

    pub(super) fn now(&self, at: Duration) -> Now {
        now(self.uptime + at - self.started, self.clock, at)
    }

    pub(super) fn reboot(&mut self, at: Duration) {
        (self.uptime, self.started) = (Duration::from_secs(1), at);
    }

    pub(super) fn set_clock(&mut self, clock: ClockStep) {
        self.clock = clock;
    }

    /// Another one takes its place, on the same machine.
    pub(super) fn begin_anew(&mut self, at: Duration, policy: Policy, token: Option<Token>) {
        let now = self.now(at);
        self.session = Session::new(policy, token, &now);
        self.calls.clear();
        self.leaders.clear();
        self.given = None;
        self.published = None;
        self.seen = Seen::default();
    }

    pub(super) fn is_in_flight(&self) -> bool {
        self.leaders.iter().any(|leader| self.session.is_in_flight(leader.flight))
    }
}

fn now(uptime: Duration, clock: ClockStep, at: Duration) -> Now {
    let right = BEGIN + at;
    let unix = match clock {
        ClockStep::Right => right,
        ClockStep::Back(by) => right.saturating_sub(by),
        ClockStep::Forward(by) => right + by,
        ClockStep::To1970 => at,
    };
    Now { instant: Instant::since_boot(uptime), unix }
}
