//! One connection to the service: its requests, one after the other.

mod exchange;
mod fate;
mod writers;

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustls::ServerConfig;

use crate::fault::Action;
use crate::gate::Stopped;
use crate::http::{Answer, Failure, Reader};
use crate::journal::Journal;
use crate::locks::lock;
use crate::server::{Connections, Handler};
use crate::service;
use crate::state::State;
use crate::wire::{self, Ending, Wire};
use exchange::Exchange;

/// Serves the service's connections.
pub(crate) struct Service {
    pub(crate) state: Arc<State>,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// How many connections were accepted.
    pub(crate) accepted: AtomicU64,
}

/// What is decided about a connection when it is accepted.
pub(crate) struct Accepted {
    /// Counted from 1.
    number: u64,
    fault: Option<Action>,
}

/// Why a request was the last one on its connection.
struct End(Ending);

impl From<io::Error> for End {
    /// The peer is gone: nothing can be sent any more.
    fn from(_: io::Error) -> End {
        End(Ending::Truncated)
    }
}

impl From<Stopped> for End {
    fn from(_: Stopped) -> End {
        End(Ending::Truncated)
    }
}

impl Handler for Service {
    type Decision = Accepted;

    fn accepted(&self) -> Accepted {
        self.state.journal.count(|counters| {
            counters.connections += 1;
            counters.open += 1;
        });
        let number = self.accepted.fetch_add(1, Ordering::Relaxed) + 1;
        Accepted { number, fault: lock(&self.state.faults).take_for_connection() }
    }

    fn serve(&self, socket: Arc<TcpStream>, accepted: Accepted, _: &Arc<Connections>) {
        match accepted.fault {
            None => self.converse(socket, accepted.number),
            Some(action) => disturb(&socket, &action),
        }
    }

    fn closed(&self) {
        self.state.journal.count(|counters| counters.open -= 1);
    }
}

/// Does what was ordered for the connection itself.
fn disturb(mut socket: &TcpStream, action: &Action) {
    match action {
        Action::ResetOnAccept => wire::reset_when_dropped(socket),
        Action::StallTls => wire::drain(&mut socket),
        Action::PlainHttp => {
            let greeting = socket.read(&mut [0; 4096]);
            let answer = Answer::message(400, "this is plain HTTP").encode(false, false);
            if greeting.is_ok() && socket.write_all(&answer).is_ok() {
                wire::close(socket);
            }
        }
        // `RefuseTls`; the queue gives out no action on requests here.
        _ => wire::close(socket),
    }
}

impl Service {
    fn converse(&self, socket: Arc<TcpStream>, number: u64) {
        let wire = match &self.tls {
            None => Wire::plain(socket),
            Some(config) => {
                let Some(wire) = Wire::accept_tls(socket, Arc::clone(config)) else {
                    return;
                };
                self.state.journal.count(|counters| counters.handshakes += 1);
                wire
            }
        };
        let mut stream = Metered { wire, journal: &self.state.journal };
        let mut reader = Reader::default();
        let mut served = 0;
        let ending = loop {
            if let Err(End(ending)) = self.answer_request(&mut reader, &mut stream, number, served) {
                break ending;
            }
            served += 1;
        };
        stream.wire.end(ending);
    }

    /// Reads the next request and answers it.
    fn answer_request(
        &self,
        reader: &mut Reader,
        stream: &mut Metered,
        connection: u64,
        served: u64,
    ) -> Result<(), End> {
        let kept = *lock(&self.state.keep_alive);
        if let Some(idle) = kept.idle.filter(|_| served > 0) {
            stream.wire.limit_waiting(Some(idle))?;
            let waited = reader.wait(stream);
            stream.wire.limit_waiting(None)?;
            waited.map_err(|failure| refuse(failure, stream))?;
        }
        let (head, framing) = reader.start(stream, service::BODY_LIMIT).map_err(|failure| refuse(failure, stream))?;
        let may_be_kept = kept.requests.is_none_or(|most| served + 1 < most);
        let mut exchange = Exchange::begin(&self.state, head, framing, connection, may_be_kept);
        let (fault, ticket) = self.state.fault_for_request(exchange.received.path());
        match fault {
            Some(action) if action.is_before_body() => {
                self.interrupt(&mut exchange, action, &ticket, reader, stream)?;
            }
            fault => {
                exchange.read_body(&self.state, reader, stream).map_err(|failure| refuse(failure, stream))?;
                self.respond(&exchange, fault, &ticket, stream)?;
            }
        }
        if exchange.keep_alive { Ok(()) } else { Err(End(Ending::Orderly)) }
    }
}

/// Ends the connection, with an answer if it was the request that was wrong.
fn refuse(failure: Failure, stream: &mut Metered) -> End {
    if let Failure::Malformed(malformed) = failure {
        let answer = Answer::message(malformed.status, malformed.message);
        // The connection ends either way.
        let _ = stream.wire.send(&answer.encode(false, false));
    }
    End(Ending::Orderly)
}

/// Counts what is read.
struct Metered<'a> {
    wire: Wire,
    journal: &'a Journal,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.wire.read(buffer)?;
        if length > 0 {
            self.journal.count(|counters| counters.request_bytes += length as u64);
        }
        Ok(length)
    }
}

impl Write for Metered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wire.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.wire.flush()
    }
}
