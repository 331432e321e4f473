//! What an application does for the library, by the C functions: it keeps records, tells the password, takes the log.

mod credentials;
mod inside;
mod log;
mod store;
mod user_data;

use std::thread;
use std::time::{Duration, Instant};

use personr_sandbox::{Action, Sandbox};
use personr_testkit::application;

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

fn sandbox() -> Sandbox {
    Sandbox::start().expect("a sandbox")
}

fn answer(status: u16, body: &str) -> Action {
    Action::Answer { status, headers: Vec::new(), body: body.into() }
}

/// Waits for a condition that no event announces.
fn eventually(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it never came true");
        thread::sleep(Duration::from_millis(5));
    }
}
