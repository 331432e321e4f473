//! The sharing protocol, explored in every order: three processes, one store with a lock, and a service with one live
//! token, where a fault may happen at each step: a process dies, an answer is lost after the service has issued a token,
//! a token ends, a caller rejects a good one, a lock is lost to its holder, a save fails.
//!
//! It is a model of what the code does, not the code (that is run by the histories of `src/session/histories.rs`): each
//! transition in `model/protocol.rs` names what it stands for. The search is breadth first and to the end; the number of
//! faults and of renewals is what makes it finite. States that differ in the processes' names alone count as one.

mod protocol;

use std::time::Instant;

use personr_testkit::figures::figures;
use protocol::{Action, Budget, Protocol, State};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// Fewer states than this, and something in the model never happens any more.
const FEWEST_STATES: usize = 600_000;

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self.budget)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        state.actions(actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = last.clone();
        next.apply(action);
        next.sort();
        Some(next)
    }

    /// Far more logins than there may be: a model that makes a loop of them is found out, and has an end.
    fn within_boundary(&self, state: &State) -> bool {
        state.issued <= 8
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::<Self>::always("one login at a time, unless a lock was lost", |_, it| {
                it.lost > 0 || it.logging_in() <= 1
            }),
            Property::<Self>::always("who is dead holds no lock", |_, it| {
                it.lock.is_none_or(|holder| it.processes[holder].locks())
            }),
            Property::<Self>::always("a rejected token is not used", |_, it| !it.used_a_rejected_one),
            Property::<Self>::always("the store never goes back", |_, it| !it.store_went_back),
            Property::<Self>::always("a fault costs at most one login, a lost lock two", |model, it| {
                it.issued <= 1 + it.causes(model.budget)
            }),
            Property::<Self>::always("in quiet, all come to the live token by at most one login more", |_, it| {
                it.settles()
            }),
            Property::<Self>::sometimes("two log in at once after a lost lock", |_, it| it.logging_in() > 1),
            Property::<Self>::sometimes("a token is discarded for the store's", |_, it| it.discarded),
            Property::<Self>::sometimes("a token is saved later", |_, it| it.saved_later),
            Property::<Self>::sometimes("all three share the third token", |_, it| {
                it.live == 3 && it.processes.iter().all(|process| process.hand == 3)
            }),
        ]
    }
}

fn explore(budget: Budget, fewest: usize) {
    let begun = Instant::now();
    let checker = Protocol { budget }.checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (states, depth) = (checker.unique_state_count(), checker.max_depth());
    figures!("{budget:?}: {states} states, up to {depth} steps, {:?}", begun.elapsed());
    checker.assert_properties();
    assert!(checker.is_done() && states > fewest, "{states} states");
}

#[test]
fn three_processes_share_one_token_whatever_fails() {
    explore(Budget { faults: 2, renewals: 1 }, FEWEST_STATES);
}
