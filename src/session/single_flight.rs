//! One flight at a time, and its result for the calls that waited for it: as Go's `singleflight`, with a deadline for
//! each call and a rule about who may share.
//!
//! A *flight* is the work of one call that *leads*: it reads the store, maybe logs in, and saves. Flights are numbered.
//! A call that arrives gets a *ticket*, which says from which flight on a result may be its own. What would break
//! without that: a call of `personr_auth_login` that arrived after a request was sent would be told what the service
//! said before the call was made, and so a password that was changed in between would pass for verified.
//!
//! A flight ends for the others when its result is there, and goes on to save it. So a second one may begin before the
//! first has saved, and both are of this process: see `write_back`.

use std::sync::Arc;
use std::time::Duration;

use super::{Call, Flight, Purpose, Ticket};
use crate::error::Error;
use crate::token::Token;

/// What a flight has for those who waited for it.
pub(super) type FlightResult = Result<Arc<Token>, Error>;

#[derive(Default)]
pub(super) struct SingleFlight {
    /// How many flights have begun; the number of the last one.
    begun: u64,
    current: Option<Flight>,
    last: Option<Outcome>,
}

/// How the last flight ended that has something to say to others.
struct Outcome {
    flight: u64,
    result: FlightResult,
    /// The leader's own deadline cut it off after this long: it tells nothing to a call that has more time.
    cut_off_after: Option<Duration>,
}

impl SingleFlight {
    /// A call for a token shares the flight that is under way. A new login does not: that flight's request may have
    /// been sent before the call was made.
    pub(super) fn ticket(&self, call: Call) -> Ticket {
        let shares_current = call == Call::Token && self.is_in_flight();
        Ticket { call, first_flight: if shares_current { self.begun } else { self.begun + 1 } }
    }

    pub(super) fn is_in_flight(&self) -> bool {
        self.current.is_some()
    }

    pub(super) fn is_current(&self, flight: Flight) -> bool {
        self.current == Some(flight)
    }

    pub(super) fn begin(&mut self, purpose: Purpose) -> Flight {
        self.begun += 1;
        let flight = Flight { number: self.begun, purpose };
        self.current = Some(flight);
        flight
    }

    /// The flight has nothing to say to others.
    pub(super) fn end(&mut self) {
        self.current = None;
    }

    /// The flight has a result, which is for all who wait.
    pub(super) fn end_with(&mut self, flight: Flight, result: FlightResult, cut_off_after: Option<Duration>) {
        self.current = None;
        self.last = Some(Outcome { flight: flight.number, result, cut_off_after });
    }

    /// The token of the last result has been discarded.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// The result that the call with this ticket, which has `left` of its time, shares; `None` if there is none for it.
    pub(super) fn shared(&self, ticket: Ticket, left: Duration) -> Option<&FlightResult> {
        let outcome = self.last.as_ref().filter(|it| it.flight >= ticket.first_flight)?;
        outcome.cut_off_after.is_none_or(|spent| left <= spent).then_some(&outcome.result)
    }

    /// The result of this flight itself, until that of a later one takes its place.
    pub(super) fn result_of(&self, flight: Flight) -> Option<FlightResult> {
        self.last.as_ref().filter(|it| it.flight == flight.number).map(|it| it.result.clone())
    }

    #[cfg(test)]
    pub(super) fn check(&self) {
        assert!(self.current.is_none_or(|it| it.number == self.begun), "the current flight is the last one");
        assert!(self.last.as_ref().is_none_or(|it| it.flight <= self.begun), "a result is of a flight that has begun");
    }
}
