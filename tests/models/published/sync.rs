//! loom's atomics in the place of the standard library's, and what a test does to them: weaken an ordering, or stop a
//! writer in the middle.
//!
//! loom runs the threads of a model one at a time on the thread of its test, so what is set here holds for all of them.

use std::cell::Cell;

use loom::sync::atomic;
pub(crate) use loom::sync::atomic::Ordering;

/// What is weaker than the source says.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Weaker {
    Nothing,
    ReleaseStores,
    AcquireLoads,
    ReleaseFences,
    AcquireFences,
}

thread_local! {
    static WEAKER: Cell<Weaker> = const { Cell::new(Weaker::Nothing) };
    /// How many stores are still to happen.
    static STORES_LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

loom::thread_local! {
    static WRITES: Cell<bool> = Cell::new(false);
}

/// Runs `work` as the one writer. What it loads is what it has stored itself, and there is no choice to explore; loom
/// fails if somebody else has stored it, and may. It must not see such a load as one of its own: of each atomic it
/// remembers the last access only, so that the load would hide a reader's, and the order of that one and of the store
/// which follows would be explored in one way only.
pub(crate) fn as_writer(work: impl FnOnce()) {
    WRITES.with(|writes| writes.set(true));
    work();
    WRITES.with(|writes| writes.set(false));
}

pub(crate) fn weaken(what: Weaker) {
    WEAKER.set(what);
}

/// Runs `work`, of whose stores only so many happen. Nobody else may run.
pub(crate) fn stop_after(stores: usize, work: impl FnOnce()) {
    STORES_LEFT.set(stores);
    work();
    STORES_LEFT.set(usize::MAX);
}

pub(crate) fn count_stores(work: impl FnOnce()) -> usize {
    const MANY: usize = 1_000_000;
    STORES_LEFT.set(MANY);
    work();
    MANY - STORES_LEFT.replace(usize::MAX)
}

fn of_load(order: Ordering) -> Ordering {
    if WEAKER.get() == Weaker::AcquireLoads { Ordering::Relaxed } else { order }
}

fn of_store(order: Ordering) -> Ordering {
    if WEAKER.get() == Weaker::ReleaseStores { Ordering::Relaxed } else { order }
}

/// Whether this store happens.
fn happens() -> bool {
    let left = STORES_LEFT.get();
    STORES_LEFT.set(left.saturating_sub(1));
    left > 0
}

pub(crate) fn fence(order: Ordering) {
    match (order, WEAKER.get()) {
        (Ordering::Release, Weaker::ReleaseFences) | (Ordering::Acquire, Weaker::AcquireFences) => {}
        _ => atomic::fence(order),
    }
}

/// The thread has nothing to do until another one has done something.
pub(crate) fn spin_loop() {
    loom::thread::yield_now();
}

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        pub(crate) struct $name(atomic::$name);

        impl $name {
            pub(crate) fn new(value: $value) -> Self {
                Self(atomic::$name::new(value))
            }

            pub(crate) fn load(&self, order: Ordering) -> $value {
                if WRITES.with(Cell::get) {
                    // SAFETY: loom does not use it to read racily; it fails if another thread may store.
                    return unsafe { self.0.unsync_load() };
                }
                self.0.load(of_load(order))
            }

            pub(crate) fn store(&self, value: $value, order: Ordering) {
                if happens() {
                    self.0.store(value, of_store(order));
                }
            }
        }
    };
}

atomic!(AtomicU64, u64);
atomic!(AtomicI64, i64);
