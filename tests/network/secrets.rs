//! Where secrets may go: to the right server, and to nothing and nobody else.
//!
//! Each case runs an application in C in a process of its own, logs in by both methods, and then looks for the
//! password, its Base64 and the token (each by its middle, in every encoding) in all that everyone else saw: other
//! servers, proxies, name look-ups, errors, log lines of every level, and what the process printed.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod accounts;
pub mod caller;
mod echoes;
mod environment;
mod listener;
pub mod needles;
mod proxies;
mod redirects;

use needles::{FIRST, SECOND};
use personr_sandbox::{Action, Sandbox};

fn sandbox() -> Sandbox {
    started(Sandbox::builder())
}

fn plain_sandbox() -> Sandbox {
    started(Sandbox::builder().plain_http())
}

fn started(builder: personr_sandbox::Builder) -> Sandbox {
    let accounts = [FIRST, SECOND];
    accounts.iter().fold(builder, |it, account| it.account(account.email, account.password)).start().expect("a sandbox")
}

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Action {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Action::Answer { status, headers, body: body.into() }
}
