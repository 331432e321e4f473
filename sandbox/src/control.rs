//! The control interface: what the library's owner can do, over plain HTTP and in JSON.

mod report;

use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::document::Document;
use crate::fault::Fault;
use crate::http::{Answer, Failure, Reader, Received, Request};
use crate::keep_alive::KeepAlive;
use crate::locks::lock;
use crate::server::{Connections, Handler};
use crate::state::State;
use crate::wire::{Ending, Wire};

/// What `POST /stop` does.
pub(crate) type OnStop = Box<dyn Fn() + Send + Sync>;

/// Serves the control interface.
pub(crate) struct Control {
    pub(crate) state: Arc<State>,
    pub(crate) on_stop: Option<OnStop>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lifetime {
    seconds: f64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoke {
    token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    email: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RevokeAfter {
    requests: Vec<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Polls {
    count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documents {
    documents: Vec<Document>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeepAliveForm {
    idle_ms: Option<u64>,
    requests: Option<u64>,
}

impl Handler for Control {
    type Decision = ();

    fn accepted(&self) {}

    fn serve(&self, socket: Arc<TcpStream>, (): (), _: &Arc<Connections>) {
        let mut wire = Wire::plain(socket);
        let mut reader = Reader::default();
        loop {
            let (answer, keep_alive, stops) = match reader.request(&mut wire) {
                Ok(Request { received, keep_alive }) => {
                    let answer = self.answer(&received);
                    let stops = received.path() == "/stop" && answer.status == 200;
                    (answer, keep_alive, stops)
                }
                Err(Failure::Closed) => break,
                Err(Failure::Malformed(malformed)) => {
                    (Answer::message(malformed.status, malformed.message), false, false)
                }
            };
            let sent = wire.send(&answer.encode(false, keep_alive));
            // After the answer: the end closes this connection too.
            if let (true, Some(stop)) = (stops, &self.on_stop) {
                stop();
            }
            if sent.is_err() || !keep_alive {
                break;
            }
        }
        wire.end(Ending::Orderly);
    }
}

impl Control {
    fn answer(&self, request: &Received) -> Answer {
        let allowed = match request.path() {
            "/counters" | "/requests" | "/uploads" => "GET",
            "/lifetime" | "/revoke" | "/revoke_after" | "/account" | "/polls" | "/documents" | "/keep_alive"
            | "/fault" | "/clear" | "/release" | "/forget" | "/stop" => "POST",
            _ => return Answer::message(404, "there is no such path"),
        };
        if request.method != allowed {
            return Answer::message(405, "another method is needed").with_header("Allow", allowed);
        }
        let answered = if allowed == "GET" { Ok(self.report(request)) } else { self.act(request) };
        answered.unwrap_or_else(|message| Answer::message(400, &message))
    }

    fn report(&self, request: &Received) -> Answer {
        let journal = &self.state.journal;
        match request.path() {
            "/counters" => Answer::json(200, &journal.counters()),
            "/uploads" => Answer::json(200, &report::uploads(&journal.requests())),
            _ => {
                let mut requests = journal.requests();
                if let Some((_, endpoint)) = request.target.split_once("?endpoint=") {
                    requests.retain(|request| request.endpoint() == endpoint);
                }
                Answer::json(200, &requests.iter().map(report::Request::of).collect::<Vec<_>>())
            }
        }
    }

    fn act(&self, request: &Received) -> Result<Answer, String> {
        let (state, body) = (&self.state, &request.body);
        match request.path() {
            "/lifetime" => lock(&state.accounts).set_lifetime(parse::<Lifetime>(body)?.seconds),
            "/revoke" => return self.revoke(body),
            "/revoke_after" => lock(&state.revocations).order(&parse::<RevokeAfter>(body)?.requests),
            "/account" => {
                let account: Account = parse(body)?;
                lock(&state.accounts).set(&account.email, &account.password);
            }
            "/polls" => lock(&state.records).set_polls(parse::<Polls>(body)?.count),
            "/documents" => return self.set_documents(body),
            "/keep_alive" => {
                let KeepAliveForm { idle_ms, requests } = parse(body)?;
                *lock(&state.keep_alive) = KeepAlive { idle: idle_ms.map(Duration::from_millis), requests };
            }
            "/fault" => lock(&state.faults).order(parse::<Fault>(body)?),
            "/clear" => state.clear_faults(),
            "/release" => state.gate.release(),
            "/forget" => state.journal.forget_requests(),
            // "/stop", which is done once this is answered.
            _ if self.on_stop.is_none() => return Ok(Answer::message(409, "its owner stops this sandbox")),
            _ => {}
        }
        Ok(Answer::json(200, &json!({ "done": true })))
    }

    /// Answers with their hashes, so that the owner knows what a download must give.
    fn set_documents(&self, body: &[u8]) -> Result<Answer, String> {
        let Documents { documents } = parse(body)?;
        let hashes: Vec<_> = documents.iter().map(report::Download::of).collect();
        let answer = Answer::json(200, &json!({ "done": true, "documents": hashes }));
        drop(hashes);
        lock(&self.state.records).set_documents(documents);
        Ok(answer)
    }

    fn revoke(&self, body: &[u8]) -> Result<Answer, String> {
        let revoke = if body.is_empty() { Revoke::default() } else { parse(body)? };
        let mut accounts = lock(&self.state.accounts);
        let done = match revoke.token {
            Some(token) => accounts.revoke(&token),
            None => {
                accounts.revoke_all();
                true
            }
        };
        Ok(Answer::json(200, &json!({ "done": done })))
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
