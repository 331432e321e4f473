//! Starts and steps operations: the same calls, which do not block.

use std::sync::Arc;
use std::time::Duration;

use super::Auth;
use super::token_worker::{Waiting, attach, attach_for_nobody};
use crate::clock::{Deadline, Now};
use crate::error::{Error, Result};
use crate::operation::{Answer, Kind, Operation, RequestThreads};
use crate::request::Request;
use crate::session::Call;
use crate::sys::bell::Bell;
use crate::sys::shared::{Shared, Use};
use crate::sys::sockets;
use crate::sys::watch::{Watch, attend};
use crate::token::Token;

/// A call that was started.
pub(crate) enum Started {
    /// It was done at once.
    AtHand(Arc<Token>),
    Pending(Shared<Operation>),
}

impl Auth {
    /// As [`Auth::token`]. With a good token it is done at once: a renewal that is due is then a thread's, but with
    /// callbacks, which a step has to run.
    pub(crate) fn start_token(auth: &Use<Self>, timeout: Option<Duration>) -> Result<Started> {
        auth.run_callbacks();
        let now = Now::read();
        let mut session = auth.process().session();
        let ticket = session.arrive(Call::Token);
        let at_hand = session.at_hand(&now);
        if at_hand.is_some() {
            auth.account.publish(&session, &now);
        }
        drop(session);
        match at_hand {
            Some((token, false)) => Ok(Started::AtHand(token)),
            Some((token, true)) if !auth.account.needs_callbacks() => {
                attach_for_nobody(auth, ticket);
                Ok(Started::AtHand(token))
            }
            at_hand => Self::start(auth, Call::Token, timeout, at_hand.map(|(token, _)| token)),
        }
    }

    /// As [`Auth::login`].
    pub(crate) fn start_login(auth: &Use<Self>, timeout: Option<Duration>) -> Result<Started> {
        auth.run_callbacks();
        Self::start(auth, Call::Login, timeout, None)
    }

    /// `spare`: the good token that there is, if it is to be renewed.
    fn start(auth: &Use<Self>, call: Call, timeout: Option<Duration>, spare: Option<Arc<Token>>) -> Result<Started> {
        let deadline = timeout.map_or_else(|| auth.deadline(), Deadline::after);
        let operation = Shared::new(Operation::new(Kind::Token, deadline, spare)?);
        let ticket = auth.process().session().arrive(call);
        let call = Waiting { ticket, deadline, operation: Some(operation.enter()) };
        auth.announce(&operation);
        attach(auth, call).inspect_err(|_| operation.peek().close())?;
        Ok(Started::Pending(operation))
    }

    /// As [`Auth::send`].
    pub(crate) fn start_request(auth: &Use<Self>, request: &Request) -> Result<Started> {
        auth.run_callbacks();
        let operation = Shared::new(Operation::new(Kind::Request, Deadline::after(request.timeout()), None)?);
        let sending = Sending(operation.enter());
        let (sender, request) = (auth.another(), request.clone());
        let work = move |bell: &Arc<Bell>| sending.send(&sender, &request, bell);
        auth.announce(&operation);
        RequestThreads::of_this_process().submit(Box::new(work)).inspect_err(|_| operation.peek().close())?;
        Ok(Started::Pending(operation))
    }

    /// It is rung for when a callback is due. Before a thread has it: that may need one at once.
    fn announce(&self, operation: &Shared<Operation>) {
        if self.account.needs_callbacks() {
            self.account.relay.ring_for(operation.enter());
        }
    }

    /// Runs the callbacks that are due, and tells whether the operation has ended. Does not wait. Not in a forked child.
    pub(crate) fn step(&self, operation: &Operation) -> bool {
        operation.silence();
        self.run_callbacks();
        operation.has_ended()
    }

    /// Waits until it has ended, and steps it. Whether it has ended: not after a signal, and not before `longest`.
    pub(crate) fn wait_for(&self, operation: &Operation, longest: Duration) -> bool {
        let until = Deadline::after(longest);
        loop {
            let left = until.remaining();
            if left.is_zero() {
                return false;
            }
            let is_interrupted = !sockets::wait_to_read(operation.descriptor(), left);
            if self.step(operation) {
                return true;
            }
            if is_interrupted {
                return false;
            }
        }
    }
}

/// A request on its way to a thread, and on one.
struct Sending(Use<Operation>);

impl Sending {
    fn send(self, auth: &Auth, request: &Request, bell: &Arc<Bell>) {
        let watch = Arc::new(Watch::new(Arc::clone(bell)));
        self.0.is_worked_on(&watch);
        // Cancelled, or too late, while it was in the queue.
        if self.0.is_pending() {
            let result = attend(&watch, || auth.send_and_report(request, &self.0.progress));
            self.0.complete(result.map(Answer::Response));
        }
    }
}

impl Drop for Sending {
    /// It has no answer only if a panic has ended it.
    fn drop(&mut self) {
        self.0.complete(Err(Error::defect()));
    }
}
