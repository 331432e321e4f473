//! Callbacks that a thread of the library needs, and that run on threads of the application.
//!
//! The header promises that a callback runs on a thread that called the library. So a worker leaves here what is to be
//! called, rings for an operation of the handle, and waits until a thread of the application has called it: in a step or
//! a start, in `personr_operation_wait`, or in a blocking call. Where nobody may come any more, the worker goes on without.
//!
//! What nobody waits for (to give a lock back, to tell the log) stays here until somebody comes. It is called in its
//! order, and at the latest when the last handle is freed.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use once_cell::race::OnceBox;

use super::{Operation, lock};
use crate::clock::Instant;
use crate::sys::ForkLocal;
use crate::sys::shared::Use;
use crate::sys::watch;

/// An operation that was rung for and has not come after this time may have nobody who watches it: the next one is.
const PATIENCE: Duration = Duration::from_millis(50);
/// Events that wait to be told. More are dropped, the oldest first: the log is not worth any amount of memory.
const EVENTS_MAX: usize = 256;

/// The callbacks of one handle that are due. A forked child has none of its parent's.
pub(crate) struct Relay {
    of_this_process: ForkLocal<Callbacks>,
}

#[derive(Default)]
struct Callbacks {
    queue: Mutex<Queue>,
    /// As many as are in the queue, to be looked at without its lock.
    due: AtomicUsize,
    /// A callback has been called, or will not be.
    changed: Condvar,
    /// Wakes the calls that wait for a flight.
    wake_callers: OnceBox<Box<dyn Fn() + Send + Sync>>,
}

#[derive(Default)]
struct Queue {
    callbacks: VecDeque<Callback>,
    number: u64,
    /// Nobody comes any more.
    is_closed: bool,
    /// Who is rung for, beginning with the first.
    operations: VecDeque<Use<Operation>>,
    /// The owners of the locks that workers hold, and how to give them back.
    held: Vec<(String, Box<dyn FnOnce() + Send>)>,
}

struct Callback {
    number: u64,
    kind: Kind,
    call: Box<dyn FnOnce() + Send>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A worker waits for what it returns.
    Awaited,
    Left,
    Event,
}

/// Where a worker finds what the callback has returned.
struct Reply<R>(Arc<Mutex<Returned<R>>>);

enum Returned<R> {
    NotYet,
    Value(R),
    /// It was given up, or it panicked.
    Nothing,
}

impl<R> Drop for Reply<R> {
    fn drop(&mut self) {
        let mut returned = lock(&self.0);
        if matches!(*returned, Returned::NotYet) {
            *returned = Returned::Nothing;
        }
    }
}

impl Relay {
    pub(crate) const fn new() -> Self {
        Self { of_this_process: ForkLocal::new() }
    }

    fn callbacks(&self) -> &Callbacks {
        self.of_this_process.get_or_make(Callbacks::default)
    }

    /// Calls of this process that wait for a flight are woken by what `wake` makes.
    pub(crate) fn wake_callers_by<W: Fn() + Send + Sync + 'static>(&self, wake: impl FnOnce() -> W) {
        self.callbacks().wake_callers.get_or_init(|| Box::new(Box::new(wake())));
    }

    /// Has `call` called by a thread of the application, and waits for that. `None`: nobody has come.
    pub(crate) fn call<R: Send + 'static>(&self, call: impl FnOnce() -> R + Send + 'static) -> Option<R> {
        let callbacks = self.callbacks();
        let returned = Arc::new(Mutex::new(Returned::NotYet));
        let reply = Reply(Arc::clone(&returned));
        let number = callbacks.put(Kind::Awaited, move || {
            let value = call();
            *lock(&reply.0) = Returned::Value(value);
        })?;
        callbacks.ring();
        callbacks.wait_for(number, || {
            let mut returned = lock(&returned);
            match std::mem::replace(&mut *returned, Returned::NotYet) {
                Returned::NotYet => None,
                Returned::Value(value) => Some(Some(value)),
                Returned::Nothing => Some(None),
            }
        })
    }

    /// Has an event told when somebody comes, and does not wait.
    pub(crate) fn leave_event(&self, tell: impl FnOnce() + Send + 'static) {
        self.callbacks().put(Kind::Event, tell);
    }

    /// Whether something is to be called.
    pub(crate) fn is_due(&self) -> bool {
        self.callbacks().due.load(Ordering::SeqCst) > 0
    }

    /// Calls what is due. On a thread of the application alone.
    pub(crate) fn run(&self) {
        let callbacks = self.callbacks();
        while callbacks.due.load(Ordering::SeqCst) > 0 {
            let Some(callback) = callbacks.take() else { return };
            (callback.call)();
            callbacks.changed();
        }
    }

    /// The operation is rung for if a callback is due.
    pub(crate) fn ring_for(&self, operation: Use<Operation>) {
        let mut queue = lock(&self.callbacks().queue);
        queue.operations.push_back(operation);
        // Not each time: with many, that would take long.
        if queue.operations.len().is_power_of_two() {
            queue.operations.retain(|operation| operation.is_pending());
        }
    }

    /// A worker holds a lock of the application's store from now on. `unlock` gives it back if the last handle is freed
    /// before.
    pub(crate) fn holds(&self, owner: &str, unlock: impl FnOnce() + Send + 'static) {
        lock(&self.callbacks().queue).held.push((owner.to_owned(), Box::new(unlock)));
    }

    /// The worker gives the lock back, when somebody comes.
    pub(crate) fn give_back(&self, owner: &str) {
        let callbacks = self.callbacks();
        let mut queue = lock(&callbacks.queue);
        // Not there any more: `close` has given it back.
        let Some(place) = queue.held.iter().position(|(held, _)| held == owner) else { return };
        let (_, unlock) = queue.held.swap_remove(place);
        queue.push(Kind::Left, unlock);
        callbacks.due.store(queue.callbacks.len(), Ordering::SeqCst);
        drop(queue);
        callbacks.ring();
    }

    /// The last handle is freed: gives the locks back, tells the log what is left, and tells the workers that nobody
    /// comes any more.
    pub(crate) fn close(&self) {
        let callbacks = self.callbacks();
        let mut queue = lock(&callbacks.queue);
        queue.is_closed = true;
        callbacks.due.store(0, Ordering::SeqCst);
        queue.operations.clear();
        let (left, held) = (std::mem::take(&mut queue.callbacks), std::mem::take(&mut queue.held));
        drop(queue);
        left.into_iter().filter(|callback| callback.kind != Kind::Awaited).for_each(|callback| (callback.call)());
        held.into_iter().for_each(|(_, unlock)| unlock());
        callbacks.changed();
    }
}

impl Queue {
    fn push(&mut self, kind: Kind, call: Box<dyn FnOnce() + Send>) -> u64 {
        self.number += 1;
        self.callbacks.push_back(Callback { number: self.number, kind, call });
        self.number
    }
}

impl Callbacks {
    /// `None`: nobody comes any more.
    fn put(&self, kind: Kind, call: impl FnOnce() + Send + 'static) -> Option<u64> {
        let mut queue = lock(&self.queue);
        if queue.is_closed {
            return None;
        }
        let mut dropped = None;
        let is_event = |it: &Callback| it.kind == Kind::Event;
        if kind == Kind::Event && queue.callbacks.iter().filter(|it| is_event(it)).count() >= EVENTS_MAX {
            let oldest = queue.callbacks.iter().position(is_event);
            dropped = oldest.and_then(|oldest| queue.callbacks.remove(oldest));
        }
        let number = queue.push(kind, Box::new(call));
        self.due.store(queue.callbacks.len(), Ordering::SeqCst);
        drop(queue);
        drop(dropped);
        Some(number)
    }

    fn take(&self) -> Option<Callback> {
        let mut queue = lock(&self.queue);
        let callback = queue.callbacks.pop_front();
        self.due.store(queue.callbacks.len(), Ordering::SeqCst);
        callback
    }

    /// Rings for one operation, and wakes the calls that wait.
    fn ring(&self) {
        let mut queue = lock(&self.queue);
        queue.operations.retain(|operation| operation.is_pending());
        let first = queue.operations.front().map(Use::another);
        drop(queue);
        if let Some(operation) = first {
            operation.ring();
        }
        if let Some(wake) = self.wake_callers.get() {
            wake();
        }
    }

    /// The operation that was rung for has not come.
    fn ring_for_the_next(&self) {
        let mut queue = lock(&self.queue);
        if !queue.operations.is_empty() {
            queue.operations.rotate_left(1);
        }
        drop(queue);
        self.ring();
    }

    /// Ends the waits of workers. The lock is taken so that none of them is just about to wait.
    fn changed(&self) {
        drop(lock(&self.queue));
        self.changed.notify_all();
    }

    /// Waits until `returned` says something, or until nobody may come. A callback that has begun is waited for in any
    /// case: it may have taken a lock.
    fn wait_for<R>(&self, number: u64, returned: impl Fn() -> Option<Option<R>>) -> Option<R> {
        loop {
            let mut queue = lock(&self.queue);
            if let Some(returned) = returned() {
                return returned;
            }
            let place = queue.callbacks.iter().position(|callback| callback.number == number);
            if let Some(place) = place.filter(|_| !watch::is_attended(Instant::now().as_nanos())) {
                let given_up = queue.callbacks.remove(place);
                self.due.store(queue.callbacks.len(), Ordering::SeqCst);
                drop(queue);
                drop(given_up);
                return None;
            }
            let (queue, wait) = self.changed.wait_timeout(queue, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            drop(queue);
            if place.is_some() && wait.timed_out() {
                self.ring_for_the_next();
            }
        }
    }
}

#[cfg(test)]
#[path = "relay_tests.rs"]
mod tests;
