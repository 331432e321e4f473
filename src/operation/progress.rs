//! How far a request has come, for whoever looks while it is under way.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use crate::request::Report;

pub(crate) struct Progress {
    /// Whether the service may have begun to do it.
    may_have_run: AtomicBool,
    sent: AtomicU64,
    /// -1: not known yet.
    total: AtomicI64,
}

impl Progress {
    pub(super) const fn new() -> Self {
        Self { may_have_run: AtomicBool::new(false), sent: AtomicU64::new(0), total: AtomicI64::new(-1) }
    }

    pub(crate) fn may_have_run(&self) -> bool {
        self.may_have_run.load(Ordering::SeqCst)
    }

    /// The bytes of the body that were sent, and of how many; -1: not known yet.
    pub(crate) fn sent_and_total(&self) -> (i64, i64) {
        let sent = i64::try_from(self.sent.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        (sent, self.total.load(Ordering::Relaxed))
    }
}

impl Report for Progress {
    fn begins(&self, total: u64) {
        self.sent.store(0, Ordering::Relaxed);
        self.total.store(i64::try_from(total).unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    fn sent(&self, count: usize) {
        self.sent.fetch_add(count as u64, Ordering::Relaxed);
    }

    fn may_have_run(&self, it_may: bool) {
        self.may_have_run.store(it_may, Ordering::SeqCst);
    }
}
