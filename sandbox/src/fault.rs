//! What can be ordered to go wrong.

pub(crate) mod form;
pub(crate) mod queue;

use std::time::Duration;

use serde::Deserialize;

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

impl Action {
    /// Whether it is done to a connection as it is accepted, instead of to a request.
    pub(crate) fn is_for_connections(&self) -> bool {
        matches!(self, Action::RefuseTls | Action::ResetOnAccept | Action::StallTls | Action::PlainHttp)
    }
}
