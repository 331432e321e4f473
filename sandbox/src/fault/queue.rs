//! The faults that were ordered and not used up.

use super::{Action, Fault};

/// First ordered, first used, among those that fit.
#[derive(Default)]
pub(crate) struct Queue(Vec<Fault>);

impl Queue {
    pub(crate) fn order(&mut self, fault: Fault) {
        if fault.times != Some(0) {
            self.0.push(fault);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What to do to the request for this path.
    pub(crate) fn take_for_request(&mut self, path: &str) -> Option<Action> {
        self.take(|fault| !fault.action.is_for_connections() && fault.fits(path))
    }

    /// What to do to the connection that is being accepted.
    pub(crate) fn take_for_connection(&mut self) -> Option<Action> {
        self.take(|fault| fault.action.is_for_connections())
    }

    fn take(&mut self, fits: impl Fn(&Fault) -> bool) -> Option<Action> {
        let index = self.0.iter().position(fits)?;
        match self.0[index].times {
            Some(0 | 1) => Some(self.0.remove(index).action),
            Some(times) => {
                self.0[index].times = Some(times - 1);
                Some(self.0[index].action.clone())
            }
            None => Some(self.0[index].action.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_ordered_first_used() {
        let mut queue = Queue::default();
        queue.order(Fault::new(Action::Reset).times(2));
        queue.order(Fault::new(Action::Hold).times(0));
        queue.order(Fault::new(Action::Close));
        let taken: Vec<_> = (0..4).map(|_| queue.take_for_request("/")).collect();
        assert_eq!(taken, [Some(Action::Reset), Some(Action::Reset), Some(Action::Close), None]);
    }

    #[test]
    fn a_fault_waits_for_its_path() {
        let mut queue = Queue::default();
        queue.order(Fault::new(Action::Reset).on_path("api-basic-auth"));
        queue.order(Fault::new(Action::Close).always());
        assert_eq!(queue.take_for_request("/x/api-token-generate"), Some(Action::Close));
        assert_eq!(queue.take_for_request("/x/api-basic-auth"), Some(Action::Reset));
        assert_eq!(queue.take_for_request("/x/api-basic-auth"), Some(Action::Close));
        queue.clear();
        assert_eq!(queue.take_for_request("/x/api-basic-auth"), None);
    }

    #[test]
    fn connections_and_requests_take_from_their_own() {
        let mut queue = Queue::default();
        queue.order(Fault::new(Action::StallTls).on_path("ignored"));
        queue.order(Fault::new(Action::Stall));
        assert_eq!(queue.take_for_request("/"), Some(Action::Stall));
        assert_eq!(queue.take_for_request("/"), None);
        assert_eq!(queue.take_for_connection(), Some(Action::StallTls));
        assert_eq!(queue.take_for_connection(), None);
    }
}
