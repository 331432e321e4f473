//! Opens a connection: name look-up, connect, proxy, TLS, all within one deadline. Knows nothing of HTTP but a
//! proxy's CONNECT, and nothing of Redis.

mod added_roots;
mod connect;
mod failure;
mod look_up;
mod no_proxy;
mod proxy;
mod resolve;
mod roots;
mod settings;
mod signature;
mod stream;
#[cfg(test)]
pub(crate) mod testing;
mod tls;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use failure::{Phase, failure_of};
pub(crate) use settings::{Settings, parse_proxy};
pub(crate) use stream::{Progress, Stream};
pub(crate) use tls::Tls;

use crate::clock::Deadline;
use crate::environment::Environment;
use crate::error::{Error, Failure, Result, Status};
use crate::url::Url;
use proxy::Proxy;

/// Opens connections to one host, directly or through a proxy.
pub(crate) struct Dialer {
    host: String,
    port: u16,
    proxy: Option<Proxy>,
    /// `None` for a plain connection.
    tls: Option<Arc<Tls>>,
    connect_timeout: Duration,
    user_agent: String,
}

impl Dialer {
    /// The environment names the proxy, if the settings leave it to the environment. Opens nothing yet.
    pub(crate) fn new(target: &Url, settings: &Settings, environment: &Environment, tls: &Arc<Tls>) -> Result<Self> {
        if target.tls && !settings.system_roots && settings.added_roots.is_empty() {
            return Err(Error::argument("options", "no root certificate is trusted: add some, or use the system's"));
        }
        let proxy = proxy::choose(&settings.proxy, target, environment)?;
        Ok(Self { proxy, ..Self::direct(target, settings, tls) })
    }

    /// For a server that is never reached through an HTTP proxy, such as Redis.
    pub(crate) fn direct(target: &Url, settings: &Settings, tls: &Arc<Tls>) -> Self {
        Self {
            host: target.host.clone(),
            port: target.port,
            tls: target.tls.then(|| Arc::clone(tls)),
            proxy: None,
            connect_timeout: settings.connect_timeout,
            user_agent: settings.user_agent.clone(),
        }
    }

    /// Opens a connection, for the caller alone. Its reads and writes end at `deadline`. The opening ends earlier, if
    /// the connect timeout of the settings or `limit` is over.
    pub(crate) fn dial(&self, deadline: Deadline, limit: Duration) -> std::result::Result<Stream, Failure> {
        let connecting = deadline.at_most(self.connect_timeout.min(limit));
        let mut stream = match &self.proxy {
            None => connect::connect(&self.host, self.port, Phase::Connect, connecting)?,
            Some(proxy) => self.dial_through(proxy, connecting)?,
        };
        if let Some(tls) = &self.tls {
            stream = tls.handshake(stream, &self.host).map_err(|error| failure_of(&error, Phase::Handshake))?;
        }
        stream.set_deadline(deadline);
        Ok(stream)
    }

    fn dial_through(&self, proxy: &Proxy, connecting: Deadline) -> std::result::Result<Stream, Failure> {
        let mut stream = connect::connect(proxy.host(), proxy.port(), Phase::Proxy, connecting)?;
        if proxy.tls() {
            let Some(tls) = &self.tls else {
                return Err(Error::new(Status::Internal, "proxy", "a loopback address must not have a proxy").into());
            };
            // This TLS ends at the proxy. That of the service goes through it, inside of the tunnel.
            stream = tls.handshake(stream, proxy.host()).map_err(|error| failure_of(&error, Phase::Proxy))?;
        }
        proxy.tunnel(&mut stream, &self.host, self.port, &self.user_agent)?;
        Ok(stream)
    }
}
