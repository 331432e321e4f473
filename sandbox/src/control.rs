//! The control interface: what the library's owner can do, over plain HTTP and in JSON.

use std::net::TcpStream;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::fault::Fault;
use crate::http::{Answer, Failure, Reader, Received, Request};
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
            "/counters" => "GET",
            "/lifetime" | "/revoke" | "/account" | "/fault" | "/clear" | "/release" | "/stop" => "POST",
            _ => return Answer::message(404, "there is no such path"),
        };
        if request.method != allowed {
            return Answer::message(405, "another method is needed").with_header("Allow", allowed);
        }
        self.act(request).unwrap_or_else(|message| Answer::message(400, &message))
    }

    fn act(&self, request: &Received) -> Result<Answer, String> {
        let state = &self.state;
        match request.path() {
            "/counters" => return Ok(Answer::json(200, &state.journal.counters())),
            "/lifetime" => {
                let lifetime: Lifetime = parse(&request.body)?;
                lock(&state.accounts).set_lifetime(lifetime.seconds);
            }
            "/revoke" => return self.revoke(&request.body),
            "/account" => {
                let account: Account = parse(&request.body)?;
                lock(&state.accounts).set(&account.email, &account.password);
            }
            "/fault" => {
                let fault: Fault = parse(&request.body)?;
                lock(&state.faults).order(fault);
            }
            "/clear" => state.clear_faults(),
            "/release" => state.gate.release(),
            // "/stop", which is done once this is answered.
            _ if self.on_stop.is_none() => return Ok(Answer::message(409, "its owner stops this sandbox")),
            _ => {}
        }
        Ok(Answer::json(200, &json!({ "done": true })))
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
