//! A call that does not block: what the application watches, steps and cancels while a thread of the library works.
//!
//! The application has one handle of it and the thread another; what they share is an [`Operation`]. It has one
//! descriptor, which the application's loop watches, and one state, which changes once:
//!
//! ```text
//! pending --> done        the thread has the answer
//!        |--> cancelled   from any thread, and from a signal handler
//!        `--> late        a step finds that the deadline has passed: no thread is needed for that
//! ```
//!
//! Who changes the state tells the other side: the thread by ringing the alarm, the application by waking the thread's
//! watch. So that no ring is lost, a step silences the alarm first and looks at the state afterwards, and the thread
//! stores the state before it rings.
//!
//! A forked child has none of its parent's threads. In it an operation is over, and the descriptor, which it shares
//! with its parent, is neither read nor armed.
//!
//! `relay` has the callbacks that are due, for a thread of the application to run. `threads` has the threads of requests.

mod progress;
mod relay;
mod threads;

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use once_cell::race::OnceBox;

use crate::clock::Deadline;
use crate::error::{Error, Result, Status};
use crate::request::Response;
use crate::sys::bell::Alarm;
use crate::sys::watch::Watch;
use crate::sys::{ForkLocal, fork_generation};
use crate::token::Token;
pub(crate) use progress::Progress;
pub(crate) use relay::Relay;
pub(crate) use threads::{RequestThreads, bell, start_thread};

const PENDING: u8 = 0;
const DONE: u8 = 1;
const CANCELLED: u8 = 2;
const LATE: u8 = 3;

/// What an operation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Token,
    Request,
}

/// What it has in the end.
pub(crate) enum Answer {
    Token(Arc<Token>),
    Response(Response),
}

pub(crate) struct Operation {
    kind: Kind,
    /// Of the process that has started it.
    generation: u64,
    deadline: Deadline,
    state: AtomicU8,
    alarm: Alarm,
    /// Held to ring the alarm by whoever may come after it is closed, and to close it.
    closing: Mutex<()>,
    /// Of the thread that works for it, from when there is one.
    watch: OnceBox<Arc<Watch>>,
    /// A child leaves its parent's alone: a thread of the parent may have been about to write it.
    answer: ForkLocal<Mutex<Option<Result<Answer>>>>,
    spare: Option<Arc<Token>>,
    pub(crate) progress: Progress,
}

impl Operation {
    /// `spare`: a good token, which it ends with if its time is over before the renewal that is due.
    pub(crate) fn new(kind: Kind, deadline: Deadline, spare: Option<Arc<Token>>) -> Result<Self> {
        let alarm = Alarm::new(deadline.remaining()).map_err(|_| no_descriptor())?;
        Ok(Self {
            kind,
            generation: fork_generation(),
            deadline,
            state: AtomicU8::new(PENDING),
            alarm,
            closing: Mutex::new(()),
            watch: OnceBox::new(),
            answer: ForkLocal::new(),
            spare,
            progress: Progress::new(),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.alarm.descriptor()
    }

    /// Whether this process is a child of the one that has started it.
    pub(crate) fn is_forked(&self) -> bool {
        self.generation != fork_generation()
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.state.load(Ordering::SeqCst) == PENDING
    }

    /// The thread with this watch works for it from now on.
    pub(crate) fn is_worked_on(&self, watch: &Arc<Watch>) {
        watch.join(self.deadline.end().as_nanos());
        // Nobody else sets it.
        let _ = self.watch.set(Box::new(Arc::clone(watch)));
    }

    /// Ends it, if nobody has before.
    fn end(&self, state: u8) -> bool {
        let has_ended = self.state.compare_exchange(PENDING, state, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if let Some(watch) = self.watch.get().filter(|_| has_ended) {
            watch.leave();
            if state != DONE {
                watch.wake();
            }
        }
        has_ended
    }

    /// Ends it, if its deadline has passed. Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        if self.is_pending() && self.deadline.has_passed() && self.end(LATE) {
            self.ring();
        }
        !self.is_pending()
    }

    /// What the thread has found. If it comes too late, it is dropped.
    pub(crate) fn complete(&self, answer: Result<Answer>) {
        if self.is_pending() {
            *self.answer() = Some(answer);
            if self.end(DONE) {
                self.ring();
            } else {
                *self.answer() = None;
            }
        }
    }

    /// Rings for the application: there is something to do in a step.
    pub(crate) fn ring(&self) {
        let _closing = lock(&self.closing);
        self.alarm.ring();
    }

    /// Async-signal-safe. Not after [`Self::close`].
    pub(crate) fn cancel(&self) {
        if !self.is_forked() && self.end(CANCELLED) {
            self.alarm.ring();
        }
    }

    /// The first half of a step: the alarm is silent from now on until something happens. Not in a forked child.
    pub(crate) fn silence(&self) {
        if self.is_pending() {
            self.alarm.silence(self.deadline.remaining());
        }
    }

    /// The second half: whether it has ended. Then the alarm rings for ever. Not in a forked child.
    pub(crate) fn has_ended(&self) -> bool {
        let is_over = self.is_over();
        if is_over {
            self.alarm.ring();
        }
        is_over
    }

    /// How it has ended: its answer, or why there is none. A response is given once.
    pub(crate) fn result(&self) -> Result<Answer> {
        if self.is_forked() {
            return Err(self.over("forked", "the operation was started by this process's parent"));
        }
        match self.state.load(Ordering::SeqCst) {
            PENDING => Err(Error::new(Status::InvalidArgument, "not-done", "operation: it is not done yet")),
            CANCELLED => Err(self.over("cancelled", "the operation was cancelled")),
            LATE => self.spare.clone().map(Answer::Token).ok_or_else(|| {
                let message = "the operation did not end within the time allowed";
                Error::new(Status::Timeout, "operation", message).with_may_have_run(self.progress.may_have_run())
            }),
            _ => self.take_answer(),
        }
    }

    fn over(&self, reason: &'static str, message: &'static str) -> Error {
        Error::new(Status::Cancelled, reason, message).with_may_have_run(self.progress.may_have_run())
    }

    fn answer(&self) -> MutexGuard<'_, Option<Result<Answer>>> {
        lock(self.answer.get_or_make(Mutex::default))
    }

    fn take_answer(&self) -> Result<Answer> {
        let mut answer = self.answer();
        match &*answer {
            Some(Err(error)) => Err(error.clone()),
            Some(Ok(Answer::Token(token))) => Ok(Answer::Token(Arc::clone(token))),
            _ => answer.take().unwrap_or_else(|| {
                Err(Error::new(Status::InvalidArgument, "taken", "operation: its response was given already"))
            }),
        }
    }

    /// The handle is freed: what is not done is cancelled, and the descriptor closed.
    pub(crate) fn close(&self) {
        if self.is_forked() {
            // No lock: a thread of the parent may have held it. Nobody rings here.
            self.alarm.close();
            return;
        }
        self.end(CANCELLED);
        // The relay may know it for a while yet.
        *self.answer() = None;
        let _closing = lock(&self.closing);
        self.alarm.close();
    }
}

/// Nothing that is done under these locks panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn no_descriptor() -> Error {
    Error::new(Status::Network, "descriptors", "no descriptor could be opened for the operation")
}

pub(crate) fn no_thread() -> Error {
    Error::new(Status::Network, "thread", "no thread could be started for the operation")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sys::in_child;
    use crate::sys::sockets::wait_to_read;

    fn started(time: Duration) -> Operation {
        Operation::new(Kind::Token, Deadline::after(time), None).expect("a descriptor")
    }

    const LONG: Duration = Duration::from_secs(60);

    fn failed() -> Result<Answer> {
        Err(Error::new(Status::Server, "r", "m"))
    }

    fn status(operation: &Operation) -> (Status, String) {
        operation.result().err().map(|error| (error.status(), error.reason().to_owned())).expect("an error")
    }

    fn step(operation: &Operation) -> bool {
        operation.silence();
        operation.has_ended()
    }

    fn rings(operation: &Operation) -> bool {
        let mut polled = libc::pollfd { fd: operation.descriptor(), events: libc::POLLIN, revents: 0 };
        crate::sys::polls(&mut polled)
    }

    #[test]
    fn the_first_end_counts_and_rings_for_ever() {
        type End = fn(&Operation);
        let ends: [(&str, End); 3] = [
            ("server", |it| it.complete(failed())),
            ("cancelled", Operation::cancel),
            ("late", |it| assert!(it.end(LATE))),
        ];
        for (name, first) in &ends {
            let operation = started(LONG);
            assert!(!step(&operation) && !rings(&operation));
            assert_eq!(status(&operation), (Status::InvalidArgument, "not-done".to_owned()));
            first(&operation);
            let ended = status(&operation);
            operation.complete(failed());
            operation.cancel();
            assert_eq!(status(&operation), ended, "{name}: it ends once");
            for _ in 0..3 {
                assert!(step(&operation) && rings(&operation), "{name}");
            }
        }
    }

    #[test]
    fn a_deadline_needs_no_thread() {
        let operation = started(Duration::from_millis(1));
        while !rings(&operation) {}
        assert!(step(&operation));
        assert_eq!(status(&operation), (Status::Timeout, "operation".to_owned()));
    }

    #[test]
    fn a_step_that_finds_nothing_has_silenced_the_alarm() {
        let operation = started(LONG);
        operation.ring();
        assert!(rings(&operation));
        assert!(!step(&operation));
        assert!(!rings(&operation));
    }

    /// The order of a step and of `complete`, many times: whatever comes between, the alarm rings at the end.
    #[test]
    fn no_ring_is_lost() {
        for _ in 0..1_000 {
            let operation = started(LONG);
            std::thread::scope(|scope| {
                scope.spawn(|| operation.complete(failed()));
                while !step(&operation) {
                    assert!(wait_to_read(operation.descriptor(), Duration::from_secs(20)), "a ring was lost");
                }
            });
        }
    }

    #[test]
    fn in_a_forked_child_it_is_over_and_the_parents_alarm_is_left_alone() {
        let operation = started(LONG);
        let watch = Arc::new(Watch::new(bell().expect("a bell")));
        operation.is_worked_on(&watch);
        operation.ring();
        let _held = lock(&operation.closing);
        let found = in_child(|| {
            operation.cancel();
            let error = operation.result().err().expect("over");
            operation.close();
            i32::from(error.status() == Status::Cancelled && error.reason() == "forked")
        });
        assert_eq!(found, 1);
        assert!(operation.is_pending() && rings(&operation));
    }
}
