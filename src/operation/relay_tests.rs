use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicBool;
use std::thread;

use super::*;
use crate::clock::Deadline;
use crate::operation::{Kind as OperationKind, Operation, bell};
use crate::sys::in_child;
use crate::sys::shared::Shared;
use crate::sys::sockets::wait_to_read;
use crate::sys::watch::{Watch, attend};

const LONG: Duration = Duration::from_secs(60);

/// A worker for one operation, which is pending.
fn watch() -> Watch {
    let watch = Watch::new(bell().expect("a bell"));
    watch.join(Deadline::after(LONG).end().as_nanos());
    watch
}

fn operation() -> Shared<Operation> {
    Shared::new(Operation::new(OperationKind::Token, Deadline::after(LONG), None).expect("a descriptor"))
}

fn is_rung_for(operation: &Shared<Operation>) -> bool {
    crate::sys::polls(&mut libc::pollfd { fd: operation.peek().descriptor(), events: libc::POLLIN, revents: 0 })
}

#[test]
fn a_callback_runs_on_the_thread_that_comes_for_it() {
    let (relay, operation, watch) = (Relay::new(), operation(), watch());
    relay.ring_for(operation.enter());
    let comes = thread::current().id();
    thread::scope(|scope| {
        let worker = scope.spawn(|| attend(&watch, || relay.call(move || (thread::current().id() == comes, 7))));
        while !is_rung_for(&operation) {}
        assert!(relay.is_due());
        relay.run();
        assert_eq!(worker.join().expect("no panic"), Some((true, 7)));
    });
    assert!(!relay.is_due());
}

#[test]
fn an_operation_that_does_not_come_makes_room_for_the_next() {
    let (relay, watch) = (Relay::new(), watch());
    let (absent, present, ended) = (operation(), operation(), operation());
    ended.peek().cancel();
    [&ended, &absent, &present].into_iter().for_each(|it| relay.ring_for(it.enter()));
    thread::scope(|scope| {
        let worker = scope.spawn(|| attend(&watch, || relay.call(|| 7)));
        while !is_rung_for(&absent) {}
        assert!(wait_to_read(present.peek().descriptor(), LONG / 3), "it waits for the absent one");
        relay.run();
        assert_eq!(worker.join().expect("no panic"), Some(7));
    });
}

#[test]
fn a_call_that_waits_is_woken() {
    let (relay, watch) = (Arc::new(Relay::new()), watch());
    let woken = Arc::new(AtomicBool::new(false));
    relay.wake_callers_by(|| {
        let woken = Arc::clone(&woken);
        move || woken.store(true, Ordering::SeqCst)
    });
    thread::scope(|scope| {
        let worker = scope.spawn(|| attend(&watch, || relay.call(|| 7)));
        while !woken.load(Ordering::SeqCst) {}
        relay.run();
        assert_eq!(worker.join().expect("no panic"), Some(7));
    });
}

#[test]
fn where_nobody_may_come_the_worker_goes_on() {
    let (relay, watch) = (Relay::new(), watch());
    thread::scope(|scope| {
        let worker = scope.spawn(|| attend(&watch, || relay.call(|| 7)));
        while !relay.is_due() {}
        watch.leave();
        assert_eq!(worker.join().expect("no panic"), None, "cancelled");
    });
    assert!(!relay.is_due());
    let late = Watch::new(bell().expect("a bell"));
    late.join(Instant::now().as_nanos());
    assert_eq!(attend(&late, || relay.call(|| 7)), None, "its time is over");
}

#[test]
fn a_callback_that_panics_is_none_that_was_called() {
    let (relay, watch) = (Relay::new(), watch());
    thread::scope(|scope| {
        let worker =
            scope.spawn(|| attend(&watch, || relay.call(|| -> u8 { std::panic::resume_unwind(Box::new(())) })));
        while !relay.is_due() {}
        assert!(catch_unwind(AssertUnwindSafe(|| relay.run())).is_err());
        assert_eq!(worker.join().expect("no panic"), None);
    });
    assert!(!relay.is_due());
}

#[test]
fn a_callback_that_has_begun_is_waited_for() {
    let (relay, watch) = (Relay::new(), watch());
    thread::scope(|scope| {
        let worker = scope.spawn(|| attend(&watch, || relay.call(|| thread::sleep(2 * PATIENCE))));
        while !relay.is_due() {}
        scope.spawn(|| {
            while relay.is_due() {}
            watch.leave();
        });
        relay.run();
        assert_eq!(worker.join().expect("no panic"), Some(()), "it may have taken a lock");
    });
}

#[test]
fn at_the_end_locks_are_given_back_and_nobody_waits() {
    let (relay, watch) = (Relay::new(), watch());
    let called = Arc::new(Mutex::new(Vec::new()));
    let call = |name: &'static str| {
        let called = Arc::clone(&called);
        move || lock(&called).push(name)
    };
    relay.holds("one", call("unlock one"));
    relay.holds("other", call("unlock other"));
    relay.give_back("one");
    relay.leave_event(call("event"));
    thread::scope(|scope| {
        let awaited = call("awaited");
        let worker = scope.spawn(|| attend(&watch, || relay.call(awaited)));
        while relay.callbacks().due.load(Ordering::SeqCst) < 3 {}
        relay.close();
        assert_eq!(worker.join().expect("no panic"), None);
    });
    assert_eq!(*lock(&called), ["unlock one", "event", "unlock other"]);
    relay.leave_event(call("too late"));
    relay.give_back("other");
    assert_eq!(attend(&watch, || relay.call(call("too late"))), None);
    relay.run();
    assert_eq!(lock(&called).len(), 3);
}

#[test]
fn the_oldest_events_are_dropped_and_nothing_else() {
    let relay = Relay::new();
    let called = Arc::new(Mutex::new(Vec::new()));
    let call = |number: usize| {
        let called = Arc::clone(&called);
        move || lock(&called).push(number)
    };
    relay.holds("owner", call(usize::MAX));
    relay.give_back("owner");
    (0..EVENTS_MAX + 10).for_each(|number| relay.leave_event(call(number)));
    relay.run();
    let told: Vec<_> = [usize::MAX].into_iter().chain(10..EVENTS_MAX + 10).collect();
    assert_eq!(*lock(&called), told);
}

/// The lock is held by a thread that the child does not have.
#[test]
fn a_forked_child_has_none_of_its_parents_callbacks() {
    let relay = Relay::new();
    relay.leave_event(|| {});
    let held = lock(&relay.callbacks().queue);
    let found = in_child(|| {
        let was_due = relay.is_due();
        relay.leave_event(|| {});
        relay.run();
        relay.close();
        i32::from(was_due)
    });
    drop(held);
    assert_eq!(found, 0);
    assert!(relay.is_due());
}
