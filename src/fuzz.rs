//! Gives the fuzz targets (`fuzz/`) access to private rooms. It is in no build of the library that anybody installs.

#![allow(missing_docs)]

use std::io::{Read, Write};
use std::time::Duration;

use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::http::{self, Response};
use crate::options::Options;
use crate::request::Request;
use crate::transport::{self, Channel, Exchange};
use crate::wire;

/// A complete answer.
#[derive(Debug, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What a login brought.
#[derive(Debug)]
pub struct Issued {
    pub token: String,
    pub user_id: String,
    pub lifetime: Duration,
}

/// How an exchange failed.
#[derive(Debug)]
pub struct Failure {
    pub error: Error,
    pub retry: bool,
}

/// What `wire` makes of an answer.
pub fn classify(answer: &Answer, secrets: &[&[u8]], unix_now: Duration) -> Result<Issued> {
    let Answer { status, headers, body } = answer;
    let response = Response { status: *status, headers: headers.clone(), body: body.clone().into() };
    let issued = wire::classify(&response, secrets, unix_now)?;
    Ok(Issued { token: issued.value.to_string(), user_id: issued.user_id, lifetime: issued.lifetime })
}

/// Whether a text is JSON as RFC 8259 has it.
pub fn is_strict_json(text: &[u8]) -> bool {
    crate::json::check_strict(text).is_ok()
}

/// The Content-Type and the body of a request, as it goes out.
pub fn encode(request: &Request) -> Result<(String, Vec<u8>)> {
    request.encoded()
}

/// What `transport` reads from a connection after it has sent a login.
pub fn exchange<C>(connection: C, email: &str, password: &str) -> std::result::Result<Answer, Failure>
where
    C: Read + Write,
{
    let prepare = || {
        let mut options = Options::new()?;
        options.set_base_url("http://127.0.0.1:1/api")?;
        Ok(wire::login_request(&options, &Credentials::new(email, password)?))
    };
    let request = prepare().map_err(|error| Failure { error, retry: false })?;
    let http::Request { url, headers, body } = &request;
    let body = &mut body.as_slice();
    let exchange = Exchange { url, headers, body, response_max: 64 * 1024, keep: false, cut_is_end: true };
    match transport::exchange(Plain(connection), exchange).result {
        Ok(Response { status, headers, body }) => Ok(Answer { status, headers, body: body.to_vec() }),
        Err(failure) => Err(Failure { error: failure.error, retry: failure.retry }),
    }
}

struct Plain<C>(C);

impl<C: Read> Read for Plain<C> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<C: Write> Write for Plain<C> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl<C: Read + Write> Channel for Plain<C> {}

#[cfg(all(test, feature = "capi", personr_fuzz_targets))]
#[allow(unsafe_code, unreachable_pub, clippy::undocumented_unsafe_blocks)]
#[path = "../fuzz/src/lib.rs"]
mod targets;

#[cfg(all(test, feature = "capi", personr_fuzz_targets))]
#[path = "fuzz/replay.rs"]
mod replay;
