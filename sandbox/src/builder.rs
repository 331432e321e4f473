//! How a sandbox is set up.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::accounts::Accounts;
use crate::certificate::{Authority, Certificate, Identity};
use crate::connection::Service;
use crate::control::{Control, OnStop};
use crate::folder::Folder;
use crate::keep_alive::KeepAlive;
use crate::sandbox::Sandbox;
use crate::server::Server;
use crate::service::BASE_PATH;
use crate::service::records::Records;
use crate::state::State;
use crate::{DEFAULT_EMAIL, DEFAULT_PASSWORD, tls};

/// A year, as the service documents it.
const DEFAULT_LIFETIME: f64 = 31_536_000.0;

/// How often an applicant's status is pending after a check was requested.
const DEFAULT_POLLS: u32 = 2;

/// What a sandbox is to be like; made by [`Sandbox::builder`].
#[must_use]
pub struct Builder {
    plain_http: bool,
    accounts: Vec<(String, String)>,
    lifetime: f64,
    certificate: Certificate,
    identity: Option<(String, String)>,
    on_stop: Option<OnStop>,
    keep_alive: KeepAlive,
    polls: u32,
}

impl Builder {
    pub(crate) fn new() -> Builder {
        Builder {
            plain_http: false,
            accounts: vec![(DEFAULT_EMAIL.into(), DEFAULT_PASSWORD.into())],
            lifetime: DEFAULT_LIFETIME,
            certificate: Certificate::Good,
            identity: None,
            on_stop: None,
            keep_alive: KeepAlive::default(),
            polls: DEFAULT_POLLS,
        }
    }

    /// Without TLS: the base URL begins with `http://`.
    pub fn plain_http(mut self) -> Builder {
        self.plain_http = true;
        self
    }

    /// An account besides the default one, or another password for that one.
    pub fn account(mut self, email: &str, password: &str) -> Builder {
        self.accounts.push((email.to_owned(), password.to_owned()));
        self
    }

    /// The lifetime of tokens in seconds, instead of a year.
    pub fn lifetime(mut self, seconds: f64) -> Builder {
        self.lifetime = seconds;
        self
    }

    /// When connections are ended that their client would keep; never, if this is not called.
    pub fn keep_alive(mut self, keep_alive: KeepAlive) -> Builder {
        self.keep_alive = keep_alive;
        self
    }

    /// How often an applicant's status is `Pending` after a check was requested, before it is `Approved`: 2 if this is not
    /// called.
    pub fn polls(mut self, polls: u32) -> Builder {
        self.polls = polls;
        self
    }

    /// Which certificate is shown.
    pub fn certificate(mut self, certificate: Certificate) -> Builder {
        self.certificate = certificate;
        self
    }

    /// A chain of your own instead, the server's certificate first, and that one's key: both in PEM. Of
    /// [`certificate`](Builder::certificate) only the versions of TLS count then, and the CA file holds a CA that
    /// has issued nothing.
    pub fn identity(mut self, chain_pem: &str, key_pem: &str) -> Builder {
        self.identity = Some((chain_pem.to_owned(), key_pem.to_owned()));
        self
    }

    /// What `POST /stop` at the control interface does. It is called on a thread
    /// of the sandbox, so it must not drop the sandbox itself; it may tell the
    /// owner to. Without it that request is refused.
    pub fn on_stop(mut self, stop: impl Fn() + Send + Sync + 'static) -> Builder {
        self.on_stop = Some(Box::new(stop));
        self
    }

    /// Makes the certificates, opens the ports, and serves from then on.
    pub fn start(self) -> io::Result<Sandbox> {
        let authority = Authority::new()?;
        let folder = Folder::new()?;
        let ca_pem = authority.pem();
        let ca_file = folder.path().join("ca.pem");
        fs::write(&ca_file, &ca_pem)?;

        let mut accounts = Accounts::new(self.lifetime);
        for (email, password) in &self.accounts {
            accounts.set(email, password);
        }
        let state = Arc::new(State::new(accounts, Records::new(self.polls), self.keep_alive));
        let (scheme, tls) = if self.plain_http {
            ("http", None)
        } else {
            let identity = match &self.identity {
                None => authority.issue(self.certificate)?,
                Some((chain, key)) => Identity::from_pem(chain, key)?,
            };
            ("https", Some(tls::server_config(identity, self.certificate)?))
        };
        let service = Service { state: Arc::clone(&state), tls, accepted: AtomicU64::new(0) };
        let control = Control { state: Arc::clone(&state), on_stop: self.on_stop };
        let service = Server::start("sandbox-service", Arc::new(service))?;
        let control = Server::start("sandbox-control", Arc::new(control))?;
        Ok(Sandbox {
            base_url: format!("{scheme}://{}{BASE_PATH}", service.address()),
            control_url: format!("http://{}", control.address()),
            ca_pem,
            ca_file,
            folder,
            state,
            service,
            _control: control,
        })
    }
}
