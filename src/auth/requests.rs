//! Sending requests with the account's token.

use super::{Auth, Events};
use crate::clock::{Deadline, Instant};
use crate::error::Result;
use crate::log::Level;
use crate::request::{Obtained, Outcome, Report, Request, Response, Route, Tokens, send};
use crate::secret::{CALL_DEPTH, LOGIN_DEPTH, wiping_stack};
use crate::session::Call;
use crate::token::Token;

impl Auth {
    /// Sends a request, with a token that is good now, and reads the answer. `Ok` means that the service has done it.
    pub fn send(&self, request: &Request) -> Result<Response> {
        self.run_callbacks();
        self.send_and_report(request, &())
    }

    /// The report is told how far it has come.
    pub(super) fn send_and_report(&self, request: &Request, report: &dyn Report) -> Result<Response> {
        let begun = Instant::now();
        let options = &self.account.options;
        let route = Route {
            dialer: &self.account.dialer,
            pool: self.process().pool(),
            base_url: options.base_url.normalized(),
            user_agent: &options.dial.user_agent,
            retries: options.max_retries,
        };
        // It is told of when no lock is held.
        let Outcome { result, attempts } = wiping_stack::<LOGIN_DEPTH, _>(|| send(request, &route, self, report));
        self.tell_of_request(request, &result, attempts, begun);
        result
    }

    fn tell_of_request(&self, request: &Request, result: &Result<Response>, attempts: u32, begun: Instant) {
        let spent = begun.until(Instant::now()).as_millis();
        let mut events = Events::default();
        events.add(Level::Debug, "request", || {
            let (end, status) = match result {
                Ok(response) => ("done".to_owned(), response.http_status()),
                Err(error) => (error.to_string(), error.http_status()),
            };
            let endpoint = request.endpoint();
            format!("{end}: endpoint {endpoint}, attempts {attempts}, {spent} ms, status {status}")
        });
        events.tell(self.account.options.log.as_deref());
    }
}

impl Tokens for Auth {
    fn token(&self, deadline: Deadline) -> Result<Obtained> {
        self.answer(Call::Token, deadline.at_most(self.account.options.timeout))
    }

    fn reject(&self, token: &Token) {
        wiping_stack::<CALL_DEPTH, _>(|| self.reject_value(token.value().to_bytes()));
    }
}
