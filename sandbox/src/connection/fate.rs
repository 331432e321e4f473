//! What becomes of a request: the real answer, or the fault that was ordered.

use std::io::Write;

use super::exchange::Exchange;
use super::writers::{Chunks, Cut, Drip};
use super::{End, Metered, Service};
use crate::fault::{Action, Rest};
use crate::gate::{Stopped, Ticket};
use crate::http::{Answer, Body, Reader};
use crate::service;
use crate::wire::{self, Ending};

impl Service {
    /// Answers a request that was read to its end, with the fault in the way.
    pub(super) fn respond(
        &self,
        exchange: &Exchange,
        fault: Option<Action>,
        ticket: &Ticket,
        stream: &mut Metered,
    ) -> Result<(), End> {
        match fault {
            Some(Action::Answer { status, headers, body }) => {
                return self.send_ordered(exchange, &Answer { status, headers, body: Body::Bytes(body) }, stream);
            }
            Some(Action::Documented(documented)) => {
                return self.send_ordered(exchange, &documented.answer(), stream);
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
                let answer = self.real_answer(exchange);
                let mut drip = Drip { to: stream, bytes, every, gate: &self.state.gate };
                return Ok(exchange.send(&self.state, &answer, &mut drip)?);
            }
            Some(Action::Cut { after }) => return Err(self.cut(exchange, after as u64, stream, Ending::Orderly)),
            Some(Action::Truncate { after }) => {
                return Err(self.cut(exchange, after as u64, stream, Ending::Truncated));
            }
            Some(Action::EndAnswer { after, by }) => return Err(self.end_answer(exchange, after, stream, by)),
            Some(Action::Chunked { bytes }) => return self.send_chunked(exchange, bytes, stream),
            Some(Action::Last { announced }) => return Err(self.send_last(exchange, announced, stream)),
            Some(Action::ResetAfterIssue) => {
                self.real_answer(exchange);
                return Err(End(Ending::Reset));
            }
            Some(Action::Reset) => return Err(End(Ending::Reset)),
            Some(Action::Close) => return Err(End(Ending::Orderly)),
            Some(Action::Delay(time)) => self.state.gate.pause(time)?,
            Some(Action::Hold) => self.hold(ticket)?,
            // Those on connections, which the queue does not give out here, and those that came before the body.
            Some(_) | None => {}
        }
        Ok(exchange.send(&self.state, &self.real_answer(exchange), stream)?)
    }

    /// Does what happens before the body has come.
    pub(super) fn interrupt(
        &self,
        exchange: &mut Exchange,
        action: Action,
        ticket: &Ticket,
        reader: &mut Reader,
        stream: &mut Metered,
    ) -> Result<(), End> {
        let state = &self.state;
        match action {
            Action::EndRequest { after, by } => {
                exchange.read_some(state, reader, stream, after);
                Err(End(by))
            }
            Action::StallRequest { after } => {
                exchange.read_some(state, reader, stream, after);
                self.hold(ticket)?;
                Err(End(Ending::Orderly))
            }
            Action::Early { after, status, headers, body, then } => {
                exchange.keep_alive &= then == Rest::Read;
                let mut incoming = exchange.read_some(state, reader, stream, after);
                let answer = Answer { status, headers, body: Body::Bytes(body) };
                self.send_ordered(exchange, &answer, incoming.stream())?;
                match then {
                    Rest::Read => {
                        let whole = incoming.skip(u64::MAX);
                        exchange.note_rest(state, incoming.arrived().0, whole);
                        if whole { Ok(()) } else { Err(End(Ending::Orderly)) }
                    }
                    Rest::Stall => {
                        self.hold(ticket)?;
                        Err(End(Ending::Orderly))
                    }
                    Rest::Close => Err(End(Ending::Orderly)),
                    Rest::Reset => Err(End(Ending::Reset)),
                }
            }
            // Those that happen later.
            _ => Ok(()),
        }
    }

    fn send_ordered(&self, exchange: &Exchange, answer: &Answer, stream: &mut Metered) -> Result<(), End> {
        exchange.send(&self.state, answer, stream)?;
        if answer.frames_itself() || answer.says_close() {
            return Err(End(Ending::Orderly));
        }
        Ok(())
    }

    fn send_chunked(&self, exchange: &Exchange, bytes: usize, stream: &mut Metered) -> Result<(), End> {
        let answer = self.real_answer(exchange).with_header("Transfer-Encoding", "chunked");
        exchange.note_answer(&self.state, &answer);
        stream.write_all(&answer.head(exchange.keep_alive))?;
        answer.body.write(&mut Chunks { to: &mut *stream, bytes })?;
        stream.wire.send(b"0\r\n\r\n")?;
        Ok(())
    }

    fn send_last(&self, exchange: &Exchange, announced: bool, stream: &mut Metered) -> End {
        let answer = self.real_answer(exchange);
        exchange.note_answer(&self.state, &answer);
        match answer.write(stream, exchange.is_head(), !announced) {
            Ok(()) => End(Ending::Orderly),
            Err(error) => error.into(),
        }
    }

    fn hold(&self, ticket: &Ticket) -> Result<(), Stopped> {
        self.state.journal.count(|counters| counters.held += 1);
        let released = self.state.gate.hold(ticket);
        self.state.journal.count(|counters| counters.held -= 1);
        released
    }

    fn end_answer(&self, exchange: &Exchange, after: u64, stream: &mut Metered, by: Ending) -> End {
        let answer = self.real_answer(exchange);
        let head = answer.head(exchange.keep_alive).len() as u64;
        self.send_part(exchange, &answer, head.saturating_add(after), stream, by)
    }

    fn cut(&self, exchange: &Exchange, after: u64, stream: &mut Metered, by: Ending) -> End {
        let answer = self.real_answer(exchange);
        self.send_part(exchange, &answer, after, stream, by)
    }

    fn send_part(&self, exchange: &Exchange, answer: &Answer, length: u64, stream: &mut Metered, by: Ending) -> End {
        let mut cut = Cut { to: stream, left: length };
        match exchange.send(&self.state, answer, &mut cut) {
            Err(error) if cut.left > 0 => error.into(),
            _ => End(by),
        }
    }

    /// Does what the request asks for, and gives the answer.
    fn real_answer(&self, exchange: &Exchange) -> Answer {
        service::answer(&exchange.received, &self.state)
    }
}
