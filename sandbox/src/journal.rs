//! What has happened so far: the counters and the requests, for tests to read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::http::Received;
use crate::locks::lock;
use crate::service;

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
    /// The same for each endpoint that the service has, by its name.
    pub endpoints: BTreeMap<String, u64>,
    /// Requests of which not all came: the client went, or a fault ended the connection or answered early.
    pub incomplete: u64,
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

impl Counters {
    /// How many requests this endpoint has had.
    pub fn endpoint(&self, name: &str) -> u64 {
        self.endpoints.get(name).copied().unwrap_or(0)
    }

    fn count_request(&mut self, request: &Received) {
        self.requests += 1;
        self.logins += u64::from(service::is_login(request.path()));
        let name = request.endpoint();
        if let Some(count) = self.endpoints.get_mut(name) {
            *count += 1;
        } else if service::is_known(name) {
            self.endpoints.insert(name.to_owned(), 1);
        }
    }
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
    /// How many requests stood before the first of `requests`.
    forgotten: u64,
    /// Those who wait for a change: without one, nobody need be woken.
    waiting: usize,
}

/// A request in the journal.
#[derive(Clone, Copy)]
pub(crate) struct Entry(u64);

impl State {
    fn request(&mut self, entry: Entry) -> Option<&mut Received> {
        self.requests.get_mut(usize::try_from(entry.0.checked_sub(self.forgotten)?).ok()?)
    }
}

impl Journal {
    /// Changes the counters and wakes those who wait for a change.
    pub(crate) fn count(&self, change: impl FnOnce(&mut Counters)) {
        self.change(|state| change(&mut state.counters));
    }

    /// Notes a request whose head has come.
    pub(crate) fn begun(&self, request: Received) -> Entry {
        let mut state = lock(&self.state);
        if state.requests.len() == KEPT_REQUESTS {
            state.requests.pop_front();
            state.forgotten += 1;
        }
        state.requests.push_back(request);
        Entry(state.forgotten + state.requests.len() as u64 - 1)
    }

    /// Notes the rest of it, whole or not.
    pub(crate) fn received(&self, entry: Entry, request: &Received) {
        self.change(|state| {
            if request.whole {
                state.counters.count_request(request);
            } else {
                state.counters.incomplete += 1;
            }
            if let Some(noted) = state.request(entry) {
                noted.clone_from(request);
            }
        });
    }

    /// Notes what has come of a request after it was counted.
    pub(crate) fn amend(&self, entry: Entry, change: impl FnOnce(&mut Received)) {
        self.change(|state| {
            if let Some(noted) = state.request(entry) {
                change(noted);
            }
        });
    }

    /// Notes its answer, before it is sent.
    pub(crate) fn answered(&self, entry: Entry, status: u16) {
        self.change(|state| {
            state.counters.unauthorized += u64::from(status == 401);
            if let Some(noted) = state.request(entry) {
                noted.status = status;
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.state);
        change(&mut state);
        let wakes = state.waiting > 0;
        drop(state);
        if wakes {
            self.changed.notify_all();
        }
    }

    pub(crate) fn counters(&self) -> Counters {
        lock(&self.state).counters.clone()
    }

    pub(crate) fn requests(&self) -> Vec<Received> {
        lock(&self.state).requests.iter().cloned().collect()
    }

    pub(crate) fn forget_requests(&self) {
        let mut state = lock(&self.state);
        state.forgotten += state.requests.len() as u64;
        state.requests.clear();
    }

    pub(crate) fn wait_until(&self, timeout: Duration, condition: impl Fn(&Counters) -> bool) -> bool {
        let mut state = lock(&self.state);
        state.waiting += 1;
        let (mut state, _) = self
            .changed
            .wait_timeout_while(state, timeout, |state| !condition(&state.counters))
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting -= 1;
        condition(&state.counters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Received {
        Received { method: "GET".into(), target: target.into(), whole: true, ..Received::default() }
    }

    #[test]
    fn only_the_last_requests_are_kept() {
        let journal = Journal::default();
        let forgotten = journal.begun(request("/forgotten"));
        for number in 0..KEPT_REQUESTS + 2 {
            let request = request(&format!("/{number}"));
            let entry = journal.begun(request.clone());
            journal.received(entry, &request);
            journal.answered(entry, 200);
        }
        journal.answered(forgotten, 500);
        let kept = journal.requests();
        assert_eq!(kept.len(), KEPT_REQUESTS);
        assert_eq!(kept[0].target, "/2");
        assert!(kept.iter().all(|request| request.status == 200), "each answer is noted with its request");
        assert_eq!(journal.counters().requests, KEPT_REQUESTS as u64 + 2);
    }

    #[test]
    fn a_request_that_was_forgotten_is_no_other() {
        let journal = Journal::default();
        let first = journal.begun(request("/first"));
        journal.forget_requests();
        let second = journal.begun(request("/second"));
        journal.answered(second, 200);
        journal.answered(first, 500);
        let statuses: Vec<_> = journal.requests().iter().map(|request| request.status).collect();
        assert_eq!(statuses, [200]);
    }

    #[test]
    fn waiting_ends_with_the_change_or_with_the_time() {
        let journal = Journal::default();
        assert!(!journal.wait_until(Duration::from_millis(10), |c| c.logins == 1));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(20));
                let login = request("/api/1.1/wf/api-basic-auth");
                journal.received(journal.begun(login.clone()), &login);
            });
            let start = std::time::Instant::now();
            assert!(journal.wait_until(Duration::from_secs(10), |c| c.logins == 1));
            assert!(start.elapsed() < Duration::from_secs(10));
        });
    }
}
