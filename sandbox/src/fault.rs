//! What can be ordered to go wrong.

mod documented;
pub(crate) mod form;
pub(crate) mod queue;

use std::time::Duration;

use serde::Deserialize;

pub use documented::Documented;

use crate::wire::Ending;

/// A disturbance: what happens, to which requests, and how often.
///
/// Faults are queued; the first ordered that fits a request (or a connection) is used.
///
/// ```
/// use std::time::Duration;
/// use personr_sandbox::{Action, Fault};
///
/// let once = Fault::new(Action::Reset);
/// let slow_logins = Fault::new(Action::Delay(Duration::from_millis(50)))
///     .on_path("api-basic-auth")
///     .times(3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a fault does nothing until it is ordered"]
pub struct Fault {
    path: Option<String>,
    times: Option<u32>,
    action: Action,
}

impl Fault {
    /// Disturbs the next request, or the next connection, once.
    pub fn new(action: Action) -> Fault {
        Fault { path: None, times: Some(1), action }
    }

    /// Only for requests whose path (without query) ends so. An action on a
    /// connection comes before any path and is not narrowed by it.
    pub fn on_path(mut self, suffix: &str) -> Fault {
        self.path = Some(suffix.to_owned());
        self
    }

    /// So many times instead of once; 0 is never.
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Some(times);
        self
    }

    /// Until the faults are cleared.
    pub fn always(mut self) -> Fault {
        self.times = None;
        self
    }

    fn fits(&self, path: &str) -> bool {
        match &self.path {
            Some(suffix) => path.ends_with(suffix.as_str()),
            None => true,
        }
    }
}

/// What a fault does.
///
/// The names in JSON, for the control interface, are those of the variants in
/// `snake_case`; the crate's documentation has an example of each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Action {
    /// This answer instead of the real one; no login is done.
    Answer {
        /// The status code.
        status: u16,
        /// Headers, sent as they are. `Content-Length` is added unless there is
        /// one here, or `Transfer-Encoding`: the body is then sent as it is and
        /// the connection closed after it.
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// The body; text in JSON.
        #[serde(default, deserialize_with = "form::text")]
        body: Vec<u8>,
    },
    /// An answer that the service is known to give, instead of the one to this request; nothing is done.
    Documented(Documented),
    /// Exactly these bytes instead of the real answer, then an orderly close.
    #[serde(deserialize_with = "form::text")]
    Raw(Vec<u8>),
    /// The real answer, later. A login is done after the delay.
    #[serde(rename = "delay_ms", deserialize_with = "form::milliseconds")]
    Delay(Duration),
    /// Reads the request, waits for a release, then gives the real answer. A login is done
    /// after the release, also if its client has gone meanwhile.
    Hold,
    /// Reads the request and never answers.
    Stall,
    /// The real answer in pieces.
    Drip {
        /// Bytes in a piece, at least 1.
        bytes: usize,
        /// The pause after each piece.
        #[serde(rename = "every_ms", deserialize_with = "form::milliseconds")]
        every: Duration,
    },
    /// The first bytes of the real answer, then an orderly close (with TLS: `close_notify`).
    Cut {
        /// Bytes of the answer, counted from its status line, that are sent.
        after: usize,
    },
    /// The first bytes of the real answer, then the end of the TCP stream without `close_notify`.
    Truncate {
        /// Bytes of the answer, counted from its status line, that are sent.
        after: usize,
    },
    /// The head of the real answer and the first bytes of its body, then the end of the connection.
    EndAnswer {
        /// Bytes of the body that are sent.
        after: u64,
        /// How the connection ends.
        by: Ending,
    },
    /// The real answer in the chunked coding.
    Chunked {
        /// Bytes in a chunk, at least 1.
        bytes: usize,
    },
    /// The real answer, then an orderly end of the connection.
    Last {
        /// Whether the answer says `Connection: close`. If not, the client may take the connection for one that is kept.
        announced: bool,
    },
    /// Reads the head and the first bytes of the body, then ends the connection; nothing is done.
    EndRequest {
        /// Bytes of the body that are read.
        after: u64,
        /// How the connection ends.
        by: Ending,
    },
    /// Reads the head and the first bytes of the body, then no more, until a release ends the connection; nothing is done.
    StallRequest {
        /// Bytes of the body that are read.
        after: u64,
    },
    /// Answers when the head and the first bytes of the body have come; nothing is done.
    Early {
        /// Bytes of the body that are read before.
        after: u64,
        /// As in [`Answer`](Action::Answer).
        status: u16,
        /// As in [`Answer`](Action::Answer).
        #[serde(default)]
        headers: Vec<(String, String)>,
        /// As in [`Answer`](Action::Answer).
        #[serde(default, deserialize_with = "form::text")]
        body: Vec<u8>,
        /// What becomes of the rest of the request.
        then: Rest,
    },
    /// Reads the request, then resets the connection; no login is done.
    Reset,
    /// Does what was asked (a login issues its token and ends the former one), then resets the connection instead of answering.
    ResetAfterIssue,
    /// Reads the request, then closes in an orderly way without an answer; no login is done.
    Close,
    /// Connection: closes right after accepting, before any byte of TLS.
    RefuseTls,
    /// Connection: resets right after accepting.
    ResetOnAccept,
    /// Connection: accepts and never answers the `ClientHello`.
    StallTls,
    /// Connection: answers the `ClientHello` with a plain HTTP 400 and closes.
    PlainHttp,
}

/// What becomes of the rest of a request that was answered early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rest {
    /// It is read, and the connection kept if the client wants that.
    Read,
    /// It is not read, until a release ends the connection.
    Stall,
    /// The connection is closed in an orderly way: what comes meanwhile is read.
    Close,
    /// The connection is reset, which may destroy the answer before the client has read it.
    Reset,
}

impl Action {
    /// This status with this body, which is JSON or meant to be.
    pub fn answer(status: u16, body: &str) -> Action {
        let headers = vec![("Content-Type".to_owned(), "application/json".to_owned())];
        Action::Answer { status, headers, body: body.as_bytes().to_vec() }
    }

    /// Whether it is done before the body of the request has come.
    pub(crate) fn is_before_body(&self) -> bool {
        matches!(self, Action::EndRequest { .. } | Action::StallRequest { .. } | Action::Early { .. })
    }

    /// Whether it is done to a connection as it is accepted, instead of to a request.
    pub(crate) fn is_for_connections(&self) -> bool {
        matches!(self, Action::RefuseTls | Action::ResetOnAccept | Action::StallTls | Action::PlainHttp)
    }
}
