//! What the service answers, when nothing disturbs it.

mod answers;
mod endpoints;
mod login;
pub(crate) mod records;

use std::time::Instant;

use crate::http::{Answer, Received};
use crate::locks::lock;
use crate::state::State;
use endpoints::Call;

/// The path of the base URL.
pub(crate) const BASE_PATH: &str = "/api/1.1/wf";

/// The largest body that is taken: 50 MB as Base64 and much besides.
pub(crate) const BODY_LIMIT: u64 = 128 * 1024 * 1024;

/// The part of the path that names the endpoint; `None` outside the base path.
pub(crate) fn endpoint(path: &str) -> Option<&str> {
    path.strip_prefix(BASE_PATH)?.strip_prefix('/')
}

/// Whether a request for this path is counted as a login.
pub(crate) fn is_login(path: &str) -> bool {
    matches!(endpoint(path), Some(login::BASIC | login::FORM))
}

/// Whether there is such an endpoint.
pub(crate) fn is_known(endpoint: &str) -> bool {
    matches!(endpoint, login::BASIC | login::FORM) || endpoints::find(endpoint).is_some()
}

/// Whether the request has a bearer token that is good now.
pub(crate) fn is_authorized(request: &Received, state: &State) -> bool {
    let token = login::bearer(request).unwrap_or_default();
    lock(&state.accounts).owner(token, Instant::now()).is_some()
}

/// Answers a request; this is the moment when a login issues its token.
pub(crate) fn answer(request: &Received, state: &State) -> Answer {
    match endpoint(request.path()) {
        Some(login::BASIC) => log_in(login::basic(request), state),
        Some(login::FORM) => log_in(login::form(request), state),
        Some(name) => match endpoints::find(name) {
            Some(run) => authorized(request, state, |workspace| {
                let mut records = lock(&state.records);
                let call = &mut Call { endpoint: name, parts: &request.parts, records: &mut records, workspace };
                run(call).unwrap_or_else(|refusal| refusal)
            }),
            None => answers::not_found(),
        },
        None => answers::not_found(),
    }
}

fn log_in(credentials: Result<login::Credentials, Answer>, state: &State) -> Answer {
    let issued = credentials.and_then(|login| {
        lock(&state.accounts).login(&login.email, &login.password, Instant::now()).ok_or_else(answers::refusal)
    });
    match issued {
        Ok(issued) => {
            state.journal.count(|counters| counters.tokens_issued += 1);
            answers::issued(&issued)
        }
        Err(answer) => {
            state.journal.count(|counters| counters.refused_logins += 1);
            answer
        }
    }
}

/// Runs the workflow if the bearer token is good and the body can be read. The workflow gets the account's workspace.
fn authorized(request: &Received, state: &State, run: impl FnOnce(&mut String) -> Answer) -> Answer {
    if request.method != "POST" {
        return answers::wrong_method("POST");
    }
    let token = login::bearer(request).unwrap_or_default();
    let mut accounts = lock(&state.accounts);
    let mut revocations = lock(&state.revocations);
    let Some(workspace) = accounts.workspace(token, Instant::now()) else {
        revocations.refused(request);
        return answers::unauthorized(token);
    };
    state.journal.count(|counters| counters.authorized += 1);
    let answer = check_body(request).err().unwrap_or_else(|| run(workspace));
    if revocations.authorized(request) {
        accounts.revoke(token);
    }
    answer
}

/// Refuses a body that could not be read.
fn check_body(request: &Received) -> Result<(), Answer> {
    request.problem.as_deref().map_or(Ok(()), |problem| Err(answers::missing_data(problem)))
}
