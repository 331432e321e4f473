//! Tokens that end after a number of requests.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, VecDeque};
use std::hash::{Hash, Hasher};

use crate::http::Received;

/// When the next tokens end. A revocation waits until what the former one refused has come again with a good token, so
/// that a client which repeats a request once never meets two revocations in one request.
#[derive(Default)]
pub(crate) struct Revocations {
    due: VecDeque<u64>,
    /// Requests with a good token since the former revocation.
    authorized: u64,
    /// How often each request was refused and has not come again.
    refused: HashMap<u64, u64>,
}

impl Revocations {
    /// After so many requests with a good token; the next counts from there.
    pub(crate) fn order(&mut self, requests: &[u64]) {
        if self.due.is_empty() {
            self.authorized = 0;
            self.refused.clear();
        }
        self.due.extend(requests);
    }

    pub(crate) fn refused(&mut self, request: &Received) {
        if !self.due.is_empty() {
            *self.refused.entry(identity(request)).or_default() += 1;
        }
    }

    /// Whether the token ends with this request.
    pub(crate) fn authorized(&mut self, request: &Received) -> bool {
        let Some(wanted) = self.due.front().copied() else {
            return false;
        };
        self.authorized += 1;
        let identity = identity(request);
        if let Some(times) = self.refused.get_mut(&identity) {
            *times -= 1;
            if *times == 0 {
                self.refused.remove(&identity);
            }
        }
        let ends = self.authorized >= wanted && self.refused.is_empty();
        if ends {
            self.due.pop_front();
            self.authorized = 0;
        }
        ends
    }
}

/// The same for a request that is sent again.
fn identity(request: &Received) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.path().hash(&mut hasher);
    for part in &request.parts {
        (&part.name, &part.sha256).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Received {
        Received { target: target.into(), ..Received::default() }
    }

    #[test]
    fn each_revocation_counts_from_the_former() {
        let mut revocations = Revocations::default();
        let served = |revocations: &mut Revocations| revocations.authorized(&request("/"));
        assert!(!served(&mut revocations));
        revocations.order(&[1, 3]);
        let ends: Vec<_> = (0..6).map(|_| served(&mut revocations)).collect();
        assert_eq!(ends, [true, false, false, true, false, false]);
    }

    #[test]
    fn a_revocation_waits_for_what_the_former_refused() {
        let mut revocations = Revocations::default();
        revocations.order(&[1, 1]);
        assert!(revocations.authorized(&request("/a")));
        revocations.refused(&request("/a"));
        revocations.refused(&request("/a"));
        revocations.refused(&request("/b"));
        let ends: Vec<_> = ["/c", "/a", "/b", "/a"].map(|path| revocations.authorized(&request(path))).into();
        assert_eq!(ends, [false, false, false, true]);
    }
}
