//! One request while it comes in, and its entry in the journal.

use std::io::{Read, Write};

use crate::content;
use crate::http::{Answer, CONTINUE, Failure, Framing, Head, Incoming, Reader, Received};
use crate::journal::Entry;
use crate::service;
use crate::state::State;

pub(super) struct Exchange {
    pub(super) received: Received,
    /// Whether the connection is kept after the answer.
    pub(super) keep_alive: bool,
    entry: Entry,
    framing: Framing,
    waits_for_continue: bool,
}

impl Exchange {
    pub(super) fn begin(state: &State, head: Head, framing: Framing, connection: u64, may_be_kept: bool) -> Exchange {
        let keep_alive = head.keep_alive() && may_be_kept;
        let waits_for_continue = head.expects_continue() && framing != Framing::Length(0);
        let mut received = Received::of(head);
        received.connection = connection;
        received.at = state.started.elapsed();
        let entry = state.journal.begun(received.clone());
        Exchange { received, keep_alive, entry, framing, waits_for_continue }
    }

    /// Reads the body to its end, and what it holds. A GET's content type says nothing: its body is not looked at.
    pub(super) fn read_body(
        &mut self,
        state: &State,
        reader: &mut Reader,
        stream: &mut (impl Read + Write + Send),
    ) -> Result<(), Failure> {
        if self.waits_for_continue {
            stream.write_all(CONTINUE)?;
            stream.flush()?;
        }
        let mut incoming = Incoming::new(reader, stream, self.framing, service::BODY_LIMIT);
        if self.received.method != "GET" {
            let content_type = self.received.text_header("content-type").unwrap_or_default();
            match content::read(content_type, &mut incoming) {
                Ok(parts) => self.received.parts = parts,
                Err(broken) => self.received.problem = Some(broken.0),
            }
        }
        let whole = incoming.skip(u64::MAX);
        self.note(state, &mut incoming, whole);
        if whole { Ok(()) } else { Err(incoming.into_failure()) }
    }

    /// The first bytes of the body are read; then what is left of it is given, to be read or not.
    pub(super) fn read_some<'a, S: Read>(
        &mut self,
        state: &State,
        reader: &'a mut Reader,
        stream: &'a mut S,
        length: u64,
    ) -> Incoming<'a, S> {
        let mut incoming = Incoming::new(reader, stream, self.framing, service::BODY_LIMIT);
        let broken = !incoming.skip(length);
        let whole = !broken && incoming.is_at_end();
        self.note(state, &mut incoming, whole);
        incoming
    }

    /// Notes what has come after the answer.
    pub(super) fn note_rest(&self, state: &State, arrived: u64, whole: bool) {
        state.journal.amend(self.entry, |received| {
            received.body_length = arrived;
            received.whole = whole;
        });
    }

    /// Writes the answer, once it is in the journal: whoever has it finds it there.
    pub(super) fn send(&self, state: &State, answer: &Answer, out: &mut impl Write) -> std::io::Result<()> {
        self.note_answer(state, answer);
        answer.write(out, self.is_head(), self.keep_alive)
    }

    pub(super) fn note_answer(&self, state: &State, answer: &Answer) {
        state.journal.answered(self.entry, answer.status);
    }

    /// Whether the answer has no body, whatever its head says.
    pub(super) fn is_head(&self) -> bool {
        self.received.method == "HEAD"
    }

    fn note(&mut self, state: &State, incoming: &mut Incoming<'_, impl Read>, whole: bool) {
        (self.received.body_length, self.received.body) = incoming.arrived();
        self.received.whole = whole;
        self.received.authorized = service::is_authorized(&self.received, state);
        state.journal.received(self.entry, &self.received);
    }
}
