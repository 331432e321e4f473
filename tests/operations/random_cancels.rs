//! Operations that are cancelled at random moments, against a model: what the service has issued is what the next call
//! has, no token is lost, and there is one login for one need.

use std::hint::spin_loop;
use std::thread;
use std::time::Duration;

use personr_sandbox::{Action, DEFAULT_PASSWORD, Fault, Sandbox};
use personr_testkit::client::Options;
use personr_testkit::figures::{self, figures};
use personr_testkit::store_directory::StoreDirectory;

use crate::caller::{CANCELLED, Operation};

const ROUNDS: u64 = 500;
const SAMPLE: u64 = 60;

/// The same numbers in each run: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// From nothing to longer than a login takes.
    fn pause(&mut self) {
        match self.below(3) {
            0 => (0..self.below(20_000)).for_each(|_| spin_loop()),
            1 => thread::sleep(Duration::from_micros(self.below(3000))),
            _ => {}
        }
    }
}

/// What has been seen so far.
#[derive(Default)]
struct Seen {
    cancelled: u32,
    had_a_token: u32,
    adopted: u32,
}

/// Some operations that need a token, of which some are cancelled. Whatever happens, one login serves all.
fn one_need(round: u64, options: &Options, sandbox: &Sandbox, seen: &mut Seen) {
    let mut random = Random(round);
    // An account of its own: a thread that ends later than its operation keeps the token of a `memory:` store a little longer.
    let email = format!("round-{round}@example.com");
    sandbox.set_account(&email, DEFAULT_PASSWORD);
    let auth = options.auth(&email, DEFAULT_PASSWORD).expect("a handle");
    let before = sandbox.counters().tokens_issued;
    let operations: Vec<_> = (0..=random.below(3)).map(|_| Operation::token(&auth, 60_000)).collect();
    let mut any_is_left = false;
    for operation in operations {
        random.pause();
        if random.below(4) > 0 {
            operation.cancel();
        } else {
            any_is_left = true;
            operation.run();
        }
        if random.below(2) == 0 {
            operation.run();
            match operation.token_now() {
                Ok(token) => {
                    assert_eq!(Some(token), sandbox.live_token(&email), "round {round}");
                    seen.had_a_token += 1;
                }
                Err(ended) => {
                    assert_eq!(ended.kind(), CANCELLED, "round {round}");
                    seen.cancelled += 1;
                }
            }
        }
    }
    let issued = sandbox.counters().tokens_issued - before;
    assert!(!any_is_left || issued == 1, "round {round}: {issued} tokens");
    let next = auth.token().expect("a token").value;
    assert_eq!(Some(next), sandbox.live_token(&email), "round {round}: a token is lost");
    assert_eq!(sandbox.counters().tokens_issued - before, 1, "round {round}: a second login for one need");
    seen.adopted += u32::from(issued == 1 && !any_is_left);
}

#[test]
fn one_token_for_each_need_whatever_is_cancelled() {
    let rounds = if figures::is_check() { ROUNDS } else { SAMPLE };
    let sandbox = Sandbox::builder().plain_http().start().expect("a sandbox");
    sandbox.order(Fault::new(Action::Delay(Duration::from_millis(1))).always());
    let mut seen = Seen::default();
    for round in 0..rounds {
        // Each round has a store of its own.
        let store = StoreDirectory::new();
        let options = if round % 2 == 0 { Options::of(&sandbox) } else { store.options(&sandbox) };
        one_need(round, &options, &sandbox, &mut seen);
    }
    let Seen { cancelled, had_a_token, adopted } = seen;
    assert!(cancelled > 0 && had_a_token > 0 && adopted > 0, "{cancelled} {had_a_token} {adopted}");
    figures!(
        "{rounds} rounds of random cancels: one login in each, {cancelled} operations cancelled, {had_a_token} with a token, \
         {adopted} tokens adopted from cancelled logins"
    );
}
