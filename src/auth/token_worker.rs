//! The thread of all token operations of a handle. It makes the turns of many tickets, as a blocking call makes those of
//! one, and ends when none is left.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Auth, Limits, Turn};
use crate::clock::{Deadline, Instant};
use crate::error::{Error, Result};
use crate::operation::{Answer, Operation, bell, no_thread, start_thread};
use crate::request::Obtained;
use crate::session::Ticket;
use crate::sys::shared::Use;
use crate::sys::watch::{Watch, attend};

const NEVER: Deadline = Deadline::at(Instant::NEVER);

pub(super) struct TokenWorker {
    watch: Arc<Watch>,
    calls: Mutex<Vec<Waiting>>,
}

/// A call that the thread works for.
pub(super) struct Waiting {
    pub(super) ticket: Ticket,
    pub(super) deadline: Deadline,
    /// `None`: nobody waits for it. A renewal is due while the token is good.
    pub(super) operation: Option<Use<Operation>>,
}

impl Waiting {
    /// Whether nobody waits for it any more.
    fn is_over(&self) -> bool {
        match &self.operation {
            Some(operation) => operation.is_over(),
            None => self.deadline.has_passed(),
        }
    }

    fn complete(&self, answer: Result<Obtained>) {
        if let Some(operation) = &self.operation {
            operation.complete(answer.map(|obtained| Answer::Token(obtained.token)));
        }
    }
}

impl Drop for Waiting {
    /// It has no answer only if a panic has ended its turn.
    fn drop(&mut self) {
        self.complete(Err(Error::defect()));
    }
}

/// Has a call answered by the thread of this handle, which is started if there is none.
pub(super) fn attach(auth: &Use<Auth>, call: Waiting) -> Result<()> {
    let mut place = auth.process().token_worker();
    if let Some(worker) = &*place {
        worker.add(call);
        return Ok(());
    }
    let worker = Arc::new(TokenWorker { watch: Arc::new(Watch::new(bell()?)), calls: Mutex::default() });
    let (served, auth) = (Arc::clone(&worker), auth.another());
    worker.add(call);
    let work = move || attend(&Arc::clone(&served.watch), || served.serve(&auth));
    match start_thread("personr-token", work) {
        Ok(()) => *place = Some(worker),
        Err(_) => return Err(no_thread()),
    }
    Ok(())
}

/// A renewal or a note that is due and that nobody waits for. If it cannot be done now, a later call does it.
pub(super) fn attach_for_nobody(auth: &Use<Auth>, ticket: Ticket) {
    if auth.process().token_worker().is_none() {
        let _ = attach(auth, Waiting { ticket, deadline: auth.deadline(), operation: None });
    }
}

impl TokenWorker {
    fn add(&self, call: Waiting) {
        match &call.operation {
            Some(operation) => operation.is_worked_on(&self.watch),
            None => self.watch.join(call.deadline.end().as_nanos()),
        }
        self.calls().push(call);
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, auth: &Auth) {
        let _leaves = Leaves(self, auth);
        let process = auth.process();
        let mut waiting: Vec<Waiting> = Vec::new();
        loop {
            waiting.append(&mut self.calls());
            waiting.retain(|call| !call.is_over());
            if waiting.is_empty() && self.has_left(auth) {
                return;
            }
            waiting.retain(|call| !self.is_answered(auth, call));
            let session = process.session();
            if !waiting.is_empty() && session.has_flight() {
                // It fails when the time of all is over, which the next round finds as well.
                drop(process.wait(session, NEVER, &auth.account.relay));
            }
        }
    }

    /// Makes a turn of one call.
    fn is_answered(&self, auth: &Auth, call: &Waiting) -> bool {
        let process = auth.process();
        let limits = Limits {
            call: call.deadline,
            // The limit of the thread ends it: the latest deadline of all its operations.
            flight: NEVER,
            answer: auth.deadline().or_later(call.deadline),
        };
        match auth.turn(process, process.session(), call.ticket, limits) {
            Turn::Waits(_) => return false,
            Turn::Answered(answer) => call.complete(answer),
        }
        if call.operation.is_none() {
            self.watch.leave();
        }
        true
    }

    /// Whether the thread may end. An operation that comes later starts another.
    fn has_left(&self, auth: &Auth) -> bool {
        let mut place = auth.process().token_worker();
        let is_last = self.calls().is_empty();
        if is_last {
            *place = None;
        }
        is_last
    }
}

/// After a panic no operation may come to a thread that has ended.
struct Leaves<'a>(&'a TokenWorker, &'a Auth);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        let mut place = self.1.process().token_worker();
        if place.as_ref().is_some_and(|worker| std::ptr::eq(&**worker, self.0)) {
            *place = None;
        }
        drop(place);
        drop(mem::take(&mut *self.0.calls()));
    }
}
