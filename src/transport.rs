//! One HTTP exchange by ureq, over a connection that `dial` opened and that serves this exchange alone.
//!
//! ureq writes the request and parses the answer. It opens no connection, follows no redirect, keeps nothing, and has
//! no time limit of its own: the connection has the deadline.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use once_cell::race::OnceBox;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::{self, HeaderValue, Uri};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport};
use zeroize::Zeroizing;

use crate::dial::{Phase, Stream, failure_of};
use crate::error::{Error, Failure, Status};
use crate::http::{Request, Response};

/// All header bytes of an answer, those of interim answers included, of which HTTP allows any number.
const HEAD_MAX: usize = 64 * 1024;
/// The body of an answer. A login's has 200 bytes.
const BODY_MAX: usize = 64 * 1024;
/// The body as it is sent. A chunk of one byte takes six; more is no body but a stream of chunk extensions.
const FRAMED_BODY_MAX: usize = 8 * BODY_MAX;
const OUTPUT_BUFFER: usize = 8 * 1024;

/// An open connection, with a deadline of its own.
pub(crate) trait Channel: Read + Write + fmt::Debug + Send + Sync + 'static {
    fn is_tls(&self) -> bool;
}

impl Channel for Stream {
    fn is_tls(&self) -> bool {
        Stream::is_tls(self)
    }
}

/// Sends the request and reads the whole answer.
pub(crate) fn exchange(stream: impl Channel, request: &Request) -> Result<Response, Failure> {
    let https = stream.is_tls();
    let meter = Arc::new(Meter { allowed: AtomicUsize::new(HEAD_MAX), ..Meter::default() });
    let connector = Handover { stream: Mutex::new(Some(stream)), meter: Arc::clone(&meter) };
    let agent = Agent::with_parts(config(https), connector, NoLookUp);
    run(&agent, request, &meter).map_err(|error| meter.failure(error))
}

/// ureq's settings: for a plain connection, and for TLS.
static CONFIGS: [OnceBox<Config>; 2] = [OnceBox::new(), OnceBox::new()];

/// Makes what is made once. ureq asks the environment for a proxy whenever it makes settings, even if it is then told
/// to use none; a login must not do that, beside a thread that may change the environment.
pub(crate) fn prepare() {
    [false, true].iter().for_each(|https| drop(config(*https)));
}

/// Has ureq make what it makes at its first request: an attempt that ends where the connection would be.
#[cfg(feature = "capi")]
pub(crate) fn warm_up() {
    prepare();
    let connector = Handover::<Stream> { stream: Mutex::new(None), meter: Arc::default() };
    let agent = Agent::with_parts(config(false), connector, NoLookUp);
    let _ = agent.get("http://localhost/").call();
}

fn config(https: bool) -> Config {
    let [plain, tls] = &CONFIGS;
    let made = if https { tls } else { plain };
    made.get_or_init(|| Box::new(make_config(https))).clone()
}

fn make_config(https: bool) -> Config {
    Agent::config_builder()
        .https_only(https)
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .max_idle_connections(0)
        .max_idle_connections_per_host(0)
        .accept_encoding("identity")
        .build()
}

fn run(agent: &Agent, request: &Request, meter: &Meter) -> Result<Response, ureq::Error> {
    let mut answer = agent.run(outgoing(request)?)?;
    if !is_framed_in_one_way(&answer) {
        return Err(ureq::Error::Io(io::Error::other(Unacceptable::Framing)));
    }
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    meter.allowed.store(FRAMED_BODY_MAX, Ordering::Relaxed);
    let mut body = Zeroizing::new(Vec::with_capacity(4096));
    answer.body_mut().as_reader().take(BODY_MAX as u64 + 1).read_to_end(&mut body)?;
    if body.len() > BODY_MAX {
        return Err(too_large());
    }
    Ok(Response { status: answer.status().as_u16(), headers, body })
}

/// Whether there is one way alone to read how long the answer is. ureq takes the chunks beside a length, in HTTP/1.0,
/// or behind a coding that it cannot undo; these are errors to RFC 9112 (sections 6.1 and 6.3). Of differing lengths
/// ureq makes an error itself.
fn is_framed_in_one_way(answer: &http::Response<ureq::Body>) -> bool {
    let mut codings = answer.headers().get_all(http::header::TRANSFER_ENCODING).iter();
    let Some(coding) = codings.next() else { return true };
    coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")
        && codings.next().is_none()
        && answer.version() == http::Version::HTTP_11
        && !answer.headers().contains_key(http::header::CONTENT_LENGTH)
}

fn outgoing(request: &Request) -> Result<http::Request<&[u8]>, ureq::Error> {
    let mut outgoing = http::Request::post(&request.url).header("connection", "close");
    for (name, value) in &request.headers {
        let mut value = HeaderValue::from_str(value).map_err(http::Error::from)?;
        value.set_sensitive(true);
        outgoing = outgoing.header(*name, value);
    }
    Ok(outgoing.body(request.body.as_slice())?)
}

/// Counts what arrives, and knows how far the exchange has come.
#[derive(Debug, Default)]
struct Meter {
    /// Bytes that may still arrive.
    allowed: AtomicUsize,
    sent: AtomicBool,
    answered: AtomicBool,
}

impl Meter {
    fn failure(&self, error: ureq::Error) -> Failure {
        let mut failure = match error {
            ureq::Error::Io(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
                Some(unacceptable) => Unacceptable::error(*unacceptable).into(),
                None => {
                    let sent = self.sent.load(Ordering::Relaxed);
                    failure_of(&error, if sent { Phase::Answer } else { Phase::Request })
                }
            },
            // The connection has ended within a line between two chunks.
            ureq::Error::BodyStalled => failure_of(&ErrorKind::UnexpectedEof.into(), Phase::Answer),
            ureq::Error::Protocol(_) | ureq::Error::Http(_) | ureq::Error::LargeResponseHeader(..) => {
                Unacceptable::Framing.error().into()
            }
            _ => Error::new(Status::Internal, "http", "the request could not be made").into(),
        };
        failure.retry &= !self.answered.load(Ordering::Relaxed);
        failure
    }
}

/// Why bytes that arrived are no answer. It goes through ureq as an `io::Error`.
#[derive(Clone, Copy, Debug)]
enum Unacceptable {
    TooLarge,
    Framing,
}

impl Unacceptable {
    fn error(self) -> Error {
        match self {
            Self::TooLarge => Error::new(Status::Protocol, "too-large", "the answer is larger than it may be"),
            Self::Framing => Error::new(Status::Protocol, "http", "the answer is not valid HTTP"),
        }
    }
}

impl fmt::Display for Unacceptable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Unacceptable {}

fn too_large() -> ureq::Error {
    ureq::Error::Io(io::Error::other(Unacceptable::TooLarge))
}

/// Gives ureq the connection that is open already.
#[derive(Debug)]
struct Handover<C> {
    stream: Mutex<Option<C>>,
    meter: Arc<Meter>,
}

impl<C: Channel> Connector for Handover<C> {
    type Out = Connection<C>;

    fn connect(&self, details: &ConnectionDetails, _: Option<()>) -> Result<Option<Connection<C>>, ureq::Error> {
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        let stream = stream.ok_or(ureq::Error::ConnectionFailed)?;
        let buffers = LazyBuffers::new(HEAD_MAX, details.config.output_buffer_size().min(OUTPUT_BUFFER));
        Ok(Some(Connection { stream, buffers, meter: Arc::clone(&self.meter) }))
    }
}

#[derive(Debug)]
struct Connection<C> {
    stream: C,
    buffers: LazyBuffers,
    meter: Arc<Meter>,
}

impl<C: Channel> Transport for Connection<C> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), ureq::Error> {
        let output = self.buffers.output().get(..amount).ok_or(ureq::Error::ConnectionFailed)?;
        self.stream.write_all(output)?;
        Ok(())
    }

    fn await_input(&mut self, _: NextTimeout) -> Result<bool, ureq::Error> {
        if !self.meter.sent.load(Ordering::Relaxed) {
            // Head and body in one piece.
            self.stream.flush()?;
            self.meter.sent.store(true, Ordering::Relaxed);
        }
        let allowed = self.meter.allowed.load(Ordering::Relaxed);
        let free = self.buffers.input_append_buf();
        let room = free.len().min(allowed);
        // A buffer that is full holds a line without an end, of a head or between two chunks.
        if room == 0 {
            return Err(too_large());
        }
        let arrived = self.stream.read(free.get_mut(..room).unwrap_or_default())?;
        self.buffers.input_appended(arrived);
        self.meter.allowed.store(allowed - arrived.min(allowed), Ordering::Relaxed);
        self.meter.answered.fetch_or(arrived > 0, Ordering::Relaxed);
        Ok(arrived > 0)
    }

    fn is_open(&mut self) -> bool {
        false
    }

    fn is_tls(&self) -> bool {
        self.stream.is_tls()
    }
}

/// The connection is open: there is nothing to look up.
#[derive(Debug)]
struct NoLookUp;

impl Resolver for NoLookUp {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}
