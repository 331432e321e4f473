//! One authorised request: what a caller puts together, the body that it becomes, and what an answer means.
//!
//! A request is filled by one thread and may then be sent by any number at once. Behind it stands a counted value that
//! is copied when somebody changes a request that is being sent: a send takes it as it stood at the call.

mod answer;
mod body;
mod endpoint;
mod fields;
mod files;
mod json_body;
mod multipart;
mod redact;
mod response;
mod send;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Error, Result, Status};
use crate::options::timeout;
use body::Body;
pub use fields::{Encoding, Format};
use fields::{Field, Whole};
pub use response::Response;
pub(crate) use send::{Obtained, Outcome, Report, Route, Tokens, send};

/// The largest answer, in bytes: a little more than the 50 MB that the service's platform allows.
const RESPONSE_MAX: u32 = 64 * 1024 * 1024;

/// What is sent to one endpoint. A copy shares what it holds until one of them is changed.
#[derive(Clone)]
pub struct Request {
    parts: Arc<Parts>,
}

#[derive(Clone)]
struct Parts {
    endpoint: String,
    /// `None`: not said, which is multipart.
    format: Option<Format>,
    fields: Vec<Arc<Field>>,
    whole: Option<Arc<Whole>>,
    is_repeatable: bool,
    timeout: Duration,
    response_max: u32,
    /// The first thing that was wrong, which a send returns.
    problem: Option<Error>,
}

impl Request {
    /// For an endpoint under the base URL, such as `api-applicant-create`. What is wrong with it is returned by a send.
    pub fn new(endpoint: &str) -> Self {
        let mut request = Self::nowhere();
        // It is kept.
        let _ = request.change(|parts| {
            endpoint::check(endpoint)?;
            parts.endpoint = endpoint.to_owned();
            Ok(())
        });
        request
    }

    /// Whose endpoint cannot be read: see [`Self::refuse`].
    pub(crate) fn nowhere() -> Self {
        let parts = Parts {
            endpoint: String::new(),
            format: None,
            fields: Vec::new(),
            whole: None,
            is_repeatable: false,
            timeout: Duration::from_secs(60),
            response_max: RESPONSE_MAX,
            problem: None,
        };
        Self { parts: Arc::new(parts) }
    }

    /// How fields become a body.
    pub fn set_format(&mut self, format: Format) -> Result<()> {
        self.change(|parts| {
            parts.format = Some(format);
            Ok(())
        })
    }

    /// A text.
    pub fn add_text(&mut self, name: &str, value: &str) -> Result<()> {
        self.add(Field::text(name, value))
    }

    /// One JSON value, which is sent as it stands.
    pub fn add_json(&mut self, name: &str, json: &[u8]) -> Result<()> {
        self.add(Field::json(name, json))
    }

    /// A file, which is opened and read at the send. Without a file name the last part of the path is sent as one.
    pub fn add_file(&mut self, name: &str, path: &[u8], file_name: Option<&str>, encoding: Encoding) -> Result<()> {
        self.add(Field::file(name, path, file_name, encoding))
    }

    /// Bytes that are sent as a file.
    pub fn add_bytes(&mut self, name: &str, bytes: &[u8], file_name: Option<&str>, encoding: Encoding) -> Result<()> {
        self.add(Field::bytes(name, bytes, file_name, encoding))
    }

    /// A body that is sent as it stands, in place of fields.
    pub fn set_body(&mut self, content_type: &str, bytes: &[u8]) -> Result<()> {
        self.change(|parts| {
            parts.whole = Some(Arc::new(Whole::new(content_type, bytes)?));
            Ok(())
        })
    }

    /// Whether it does no harm if the service gets it twice.
    pub fn set_repeatable(&mut self, is_repeatable: bool) -> Result<()> {
        self.change(|parts| {
            parts.is_repeatable = is_repeatable;
            Ok(())
        })
    }

    /// The time for a whole send: 1 ms to one hour.
    pub fn set_timeout_ms(&mut self, milliseconds: u32) -> Result<()> {
        self.change(|parts| {
            parts.timeout = timeout("timeout_ms", milliseconds)?;
            Ok(())
        })
    }

    /// The largest answer that is taken, in bytes: 1 to 64 MiB.
    pub fn set_response_max(&mut self, bytes: u32) -> Result<()> {
        self.change(|parts| {
            if !(1..=RESPONSE_MAX).contains(&bytes) {
                return Err(Error::argument("response_max", "it is not between 1 and 67108864"));
            }
            parts.response_max = bytes;
            Ok(())
        })
    }

    fn add(&mut self, field: Result<Field>) -> Result<()> {
        self.change(|parts| {
            parts.fields.push(Arc::new(field?));
            Ok(())
        })
    }

    /// What fails changes nothing, and stays.
    fn change(&mut self, change: impl FnOnce(&mut Parts) -> Result<()>) -> Result<()> {
        change(Arc::make_mut(&mut self.parts)).map_err(|error| self.refuse(error))
    }

    /// Keeps what is wrong with the request, if nothing was before: so a caller may look at the result of a send alone.
    /// A defect of the library's is none of the request.
    pub(crate) fn refuse(&mut self, error: Error) -> Error {
        if error.status() != Status::Internal {
            Arc::make_mut(&mut self.parts).problem.get_or_insert_with(|| error.clone());
        }
        error
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.parts.timeout
    }

    pub(crate) fn endpoint(&self) -> &str {
        &self.parts.endpoint
    }

    /// The body, or what is wrong with the request as a whole.
    fn body(&self) -> Result<Body> {
        let Parts { problem, whole, fields, format, .. } = &*self.parts;
        if let Some(problem) = problem {
            return Err(problem.clone());
        }
        match (whole, format) {
            (Some(_), Some(_)) => Err(Error::argument("request", "it has a whole body and a format")),
            (Some(_), None) if !fields.is_empty() => Err(Error::argument("request", "it has a whole body and fields")),
            (Some(whole), None) => {
                let pieces = vec![body::Piece::Whole(Arc::clone(whole))];
                Ok(Body { content_type: whole.content_type.clone(), pieces })
            }
            (None, None | Some(Format::Multipart)) => multipart::encode(fields),
            (None, Some(Format::Json)) => json_body::encode(fields),
        }
    }

    /// For tests: the Content-Type, and the body, read to its end.
    #[cfg(any(test, fuzzing))]
    pub(crate) fn encoded(&self) -> Result<(String, Vec<u8>)> {
        let body = self.body()?;
        let mut open = body.open()?;
        let (mut bytes, mut piece) = (Vec::new(), [0; 7]);
        loop {
            match open.read(&mut piece)? {
                0 => break,
                length => bytes.extend_from_slice(piece.get(..length).unwrap_or_default()),
            }
        }
        assert_eq!(bytes.len() as u64, open.length(), "the length that is promised");
        Ok((body.content_type.clone(), bytes))
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("endpoint", &self.parts.endpoint).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "request/request_tests.rs"]
mod tests;
