//! One connection to the service: HTTP, and the faults that were ordered.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;

use crate::fault::Action;
use crate::gate::{Stopped, Ticket};
use crate::http::{Answer, Failure, Reader, Request};
use crate::journal::Journal;
use crate::locks::lock;
use crate::server::{Connections, Handler};
use crate::service;
use crate::state::State;
use crate::wire::{self, Ending, Wire};

/// Serves the service's connections.
pub(crate) struct Service {
    pub(crate) state: Arc<State>,
    /// `None`: plain HTTP.
    pub(crate) tls: Option<Arc<ServerConfig>>,
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
    type Decision = Option<Action>;

    fn accepted(&self) -> Option<Action> {
        self.state.journal.count(|counters| {
            counters.connections += 1;
            counters.open += 1;
        });
        lock(&self.state.faults).take_for_connection()
    }

    fn serve(&self, socket: Arc<TcpStream>, fault: Option<Action>, _: &Arc<Connections>) {
        match fault {
            None => self.converse(socket),
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
    fn converse(&self, socket: Arc<TcpStream>) {
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
        let ending = self.answer_requests(&mut stream);
        stream.wire.end(ending);
    }

    fn answer_requests(&self, stream: &mut Metered) -> Ending {
        let mut reader = Reader::default();
        loop {
            let request = match reader.request(stream) {
                Ok(request) => request,
                Err(Failure::Closed) => return Ending::Orderly,
                Err(Failure::Malformed(malformed)) => {
                    let answer = Answer::message(malformed.status, malformed.message);
                    // The connection ends either way.
                    let _ = stream.wire.send(&answer.encode(false, false));
                    return Ending::Orderly;
                }
            };
            let path = request.received.path();
            let login = service::is_login(path);
            let (fault, ticket) = self.state.fault_for_request(path);
            self.state.journal.received(request.received.clone(), login);
            if let Err(End(ending)) = self.respond(&request, fault, &ticket, stream) {
                return ending;
            }
            if !request.keep_alive {
                return Ending::Orderly;
            }
        }
    }

    /// Answers, with the fault in the way.
    fn respond(
        &self,
        request: &Request,
        fault: Option<Action>,
        ticket: &Ticket,
        stream: &mut Metered,
    ) -> Result<(), End> {
        match fault {
            Some(Action::Answer { status, headers, body }) => {
                let answer = Answer { status, headers, body };
                return self.send_ordered(&answer, request, stream);
            }
            Some(Action::Raw(bytes)) => {
                stream.wire.send(&bytes)?;
                return Err(End(Ending::Orderly));
            }
            Some(Action::Stall) => {
                wire::drain(stream);
                return Err(End(Ending::Orderly));
            }
            Some(Action::Drip { bytes, every }) => {
                return self.drip(request, bytes.max(1), every, stream);
            }
            Some(Action::Cut { after }) => {
                return Err(self.cut(request, after, stream, Ending::Orderly));
            }
            Some(Action::Truncate { after }) => {
                return Err(self.cut(request, after, stream, Ending::Truncated));
            }
            Some(Action::ResetAfterIssue) => {
                self.real_answer(request);
                return Err(End(Ending::Reset));
            }
            Some(Action::Reset) => return Err(End(Ending::Reset)),
            Some(Action::Close) => return Err(End(Ending::Orderly)),
            Some(Action::Delay(time)) => self.state.gate.pause(time)?,
            Some(Action::Hold) => self.hold(ticket)?,
            // The queue gives out no action on connections here.
            Some(Action::RefuseTls | Action::ResetOnAccept | Action::StallTls | Action::PlainHttp) | None => {}
        }
        stream.wire.send(&self.real_answer(request))?;
        Ok(())
    }

    fn send_ordered(&self, answer: &Answer, request: &Request, stream: &mut Metered) -> Result<(), End> {
        stream.wire.send(&self.encode(answer, request))?;
        if answer.frames_itself() || answer.says_close() {
            return Err(End(Ending::Orderly));
        }
        Ok(())
    }

    fn drip(&self, request: &Request, bytes: usize, every: Duration, stream: &mut Metered) -> Result<(), End> {
        for piece in self.real_answer(request).chunks(bytes) {
            stream.wire.send(piece)?;
            self.state.gate.pause(every)?;
        }
        Ok(())
    }

    fn hold(&self, ticket: &Ticket) -> Result<(), Stopped> {
        self.state.journal.count(|counters| counters.held += 1);
        let released = self.state.gate.hold(ticket);
        self.state.journal.count(|counters| counters.held -= 1);
        released
    }

    fn cut(&self, request: &Request, after: usize, stream: &mut Metered, ending: Ending) -> End {
        let answer = self.real_answer(request);
        match stream.wire.send(&answer[..after.min(answer.len())]) {
            Ok(()) => End(ending),
            Err(error) => error.into(),
        }
    }

    /// Does what the request asks for, and gives the bytes of the answer.
    fn real_answer(&self, request: &Request) -> Vec<u8> {
        let state = &self.state;
        let answer = service::answer(&request.received, &state.accounts, &state.journal);
        self.encode(&answer, request)
    }

    /// Counted before it is sent, so that whoever has the answer finds it in the counters.
    fn encode(&self, answer: &Answer, request: &Request) -> Vec<u8> {
        if answer.status == 401 {
            self.state.journal.count(|counters| counters.unauthorized += 1);
        }
        answer.encode(request.received.method == "HEAD", request.keep_alive)
    }
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
