//! One connection to Redis. It is opened, logs in and selects the database; then it takes one command after the other.

use std::io::{ErrorKind, Read, Write};
use std::time::Duration;

use zeroize::Zeroizing;

use super::failure::{self, Time};
use super::resp::{ANSWER_MAX, Answer, decode, encode};
use super::server::{Login, Server};
use crate::dial::{Dialer, Phase, Stream, failure_of};
use crate::error::{Error, Result};

pub(super) struct Connection {
    stream: Stream,
    /// For answers, which may hold a record. It has its full size from the start: if it grew, it would leave copies
    /// behind.
    buffer: Zeroizing<Vec<u8>>,
}

impl Connection {
    pub(super) fn open(dialer: &Dialer, server: &Server, time: Time) -> Result<Self> {
        let dialed = dialer.dial(time.until, Duration::MAX);
        let stream = dialed.map_err(|failure| failure::of_connection(&failure.error, time))?;
        let mut connection = Self { stream, buffer: Zeroizing::new(vec![0; ANSWER_MAX]) };
        if let Some(login) = &server.login {
            connection.log_in(login, time)?;
        }
        if server.database != 0 {
            let number = server.database.to_string();
            connection.command(&[b"SELECT", number.as_bytes()], time)?.done()?;
        }
        Ok(connection)
    }

    fn log_in(&mut self, login: &Login, time: Time) -> Result<()> {
        let password = login.password.as_bytes();
        match &login.user {
            Some(user) => self.command(&[b"AUTH", user.as_bytes(), password], time)?.done(),
            None => self.command(&[b"AUTH", password], time)?.done(),
        }
    }

    /// Sends a command and waits for the answer. After an error the connection must not be used again: the answer may
    /// still come, and would be taken for that of the next command.
    pub(super) fn command(&mut self, words: &[&[u8]], time: Time) -> Result<Answer> {
        self.send(words, time)?;
        let mut length = 0;
        loop {
            // An answer that fills it all is too long.
            let Some(rest) = self.buffer.get_mut(length..).filter(|rest| !rest.is_empty()) else {
                return Err(failure::answer());
            };
            length += match self.stream.read(rest) {
                Ok(0) => return Err(lost(&ErrorKind::UnexpectedEof.into(), Phase::Answer, time)),
                Ok(read) => read,
                Err(error) => return Err(lost(&error, Phase::Answer, time)),
            };
            let received = self.buffer.get(..length).unwrap_or_default();
            if let Some(answer) = decode(received).map_err(|_| failure::answer())? {
                return Ok(answer);
            }
        }
    }

    /// Sends a command, and does not wait for an answer.
    pub(super) fn send(&mut self, words: &[&[u8]], time: Time) -> Result<()> {
        let command = encode(words).map_err(|_| failure::answer())?;
        self.stream.set_deadline(time.until);
        let sent = self.stream.write_all(&command).and_then(|()| self.stream.flush());
        sent.map_err(|error| lost(&error, Phase::Request, time))
    }
}

fn lost(error: &std::io::Error, phase: Phase, time: Time) -> Error {
    failure::of_connection(&failure_of(error, phase).error, time)
}

impl Answer {
    fn done(self) -> Result<()> {
        match self {
            Self::Done => Ok(()),
            other => Err(other.unexpected()),
        }
    }

    /// The error that an answer is which the command does not give when all goes well.
    pub(super) fn unexpected(self) -> Error {
        match self {
            Self::Refused(refusal) => failure::of_refusal(refusal),
            _ => failure::answer(),
        }
    }
}
