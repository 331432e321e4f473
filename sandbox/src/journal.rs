//! What has happened so far: the counters and the requests, for tests to read.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::http::Received;
use crate::locks::lock;

/// The requests that are kept; older ones are forgotten.
const KEPT_REQUESTS: usize = 4096;

/// What the sandbox has counted since its start. The control interface is not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// TCP connections accepted.
    pub connections: u64,
    /// TLS handshakes completed.
    pub handshakes: u64,
    /// Requests read to their end.
    pub requests: u64,
    /// Requests to the two login endpoints, whatever became of them.
    pub logins: u64,
    /// Tokens issued.
    pub tokens_issued: u64,
    /// Login requests that were refused for what stood in them.
    pub refused_logins: u64,
    /// Requests to the other endpoints with a good bearer token.
    pub authorized: u64,
    /// Requests answered with 401, by the service or by [`Action::Answer`](crate::Action::Answer).
    pub unauthorized: u64,
    /// Requests that wait in [`Action::Hold`](crate::Action::Hold) right now.
    pub held: u64,
    /// Connections that are open right now.
    pub open: u64,
    /// Application bytes received (with HTTPS: what was inside TLS), over all connections.
    pub request_bytes: u64,
}

/// The counters and the last requests, behind one lock.
#[derive(Default)]
pub(crate) struct Journal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    counters: Counters,
    requests: VecDeque<Received>,
}

impl Journal {
    /// Changes the counters and wakes those who wait for a change.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut lock(&self.state).counters);
        self.changed.notify_all();
    }

    /// Notes a request that was read to its end.
    pub(crate) fn received(&self, request: Received, login: bool) {
        let mut state = lock(&self.state);
        state.counters.requests += 1;
        state.counters.logins += u64::from(login);
        if state.requests.len() == KEPT_REQUESTS {
            state.requests.pop_front();
        }
        state.requests.push_back(request);
        drop(state);
        self.changed.notify_all();
    }

    pub(crate) fn counters(&self) -> Counters {
        lock(&self.state).counters.clone()
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        lock(&self.state).requests.iter().cloned().collect()
    }

    pub(crate) fn forget_requests(&self) {
        lock(&self.state).requests.clear();
    }

    pub(crate) fn wait_until(&self, timeout: Duration, condition: impl Fn(&Counters) -> bool) -> bool {
        let (state, _) = self
            .changed
            .wait_timeout_while(lock(&self.state), timeout, |state| !condition(&state.counters))
            .unwrap_or_else(PoisonError::into_inner);
        condition(&state.counters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Received {
        Received { method: "GET".into(), target: target.into(), headers: Vec::new(), body: Vec::new() }
    }

    #[test]
    fn only_the_last_requests_are_kept() {
        let journal = Journal::default();
        for number in 0..KEPT_REQUESTS + 2 {
            journal.received(request(&format!("/{number}")), false);
        }
        let kept = journal.requests();
        assert_eq!(kept.len(), KEPT_REQUESTS);
        assert_eq!(kept[0].target, "/2");
        assert_eq!(journal.counters().requests, KEPT_REQUESTS as u64 + 2);
    }

    #[test]
    fn waiting_ends_with_the_change_or_with_the_time() {
        let journal = Journal::default();
        assert!(!journal.wait_until(Duration::from_millis(10), |c| c.logins == 1));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                journal.received(request("/"), true);
            });
            let start = std::time::Instant::now();
            assert!(journal.wait_until(Duration::from_secs(10), |c| c.logins == 1));
            assert!(start.elapsed() < Duration::from_secs(10));
        });
    }
}
