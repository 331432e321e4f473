//! What the service answers, when nothing disturbs it.

mod answers;
mod endpoints;
mod fields;
mod login;

use std::sync::Mutex;
use std::time::Instant;

use crate::accounts::Accounts;
use crate::http::{Answer, Received};
use crate::journal::Journal;
use crate::locks::lock;

/// The path of the base URL.
pub(crate) const BASE_PATH: &str = "/api/1.1/wf";

/// The part of the path that names the endpoint; `None` outside the base path.
fn endpoint(path: &str) -> Option<&str> {
    path.strip_prefix(BASE_PATH)?.strip_prefix('/')
}

/// Whether a request for this path is counted as a login.
pub(crate) fn is_login(path: &str) -> bool {
    matches!(endpoint(path), Some(login::BASIC | login::FORM))
}

/// Answers a request; this is the moment when a login issues its token.
pub(crate) fn answer(request: &Received, accounts: &Mutex<Accounts>, journal: &Journal) -> Answer {
    match endpoint(request.path()) {
        Some(login::BASIC) => log_in(login::basic(request), accounts, journal),
        Some(login::FORM) => log_in(login::form(request), accounts, journal),
        Some(name) => match endpoints::success(name) {
            Some(success) => authorized(request, success, accounts, journal),
            None => answers::not_found(),
        },
        None => answers::not_found(),
    }
}

fn log_in(credentials: Result<login::Credentials, Answer>, accounts: &Mutex<Accounts>, journal: &Journal) -> Answer {
    let issued = credentials.and_then(|login| {
        lock(accounts).login(&login.email, &login.password, Instant::now()).ok_or_else(answers::refusal)
    });
    match issued {
        Ok(issued) => {
            journal.count(|counters| counters.tokens_issued += 1);
            answers::issued(&issued)
        }
        Err(answer) => {
            journal.count(|counters| counters.refused_logins += 1);
            answer
        }
    }
}

fn authorized(request: &Received, success: &str, accounts: &Mutex<Accounts>, journal: &Journal) -> Answer {
    if request.method != "POST" {
        return answers::wrong_method("POST");
    }
    let token = login::bearer(request).unwrap_or_default();
    if lock(accounts).owner(token, Instant::now()).is_none() {
        return answers::unauthorized(token);
    }
    journal.count(|counters| counters.authorized += 1);
    match fields::of(request) {
        Ok(_) => Answer::json_text(200, success),
        Err(broken) => answers::missing_data(broken.0),
    }
}
