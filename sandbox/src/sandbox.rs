//! A running sandbox, as its owner sees it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::builder::Builder;
use crate::document::Document;
use crate::fault::Fault;
use crate::folder::Folder;
use crate::http::Received;
use crate::journal::Counters;
use crate::keep_alive::KeepAlive;
use crate::locks::lock;
use crate::server::Server;
use crate::state::State;

/// A stand-in for the service, for as long as this value lives.
///
/// Dropping it closes all connections, ends its threads and removes its folder.
/// In a forked child, which has none of the threads, dropping it does nothing.
pub struct Sandbox {
    pub(crate) base_url: String,
    pub(crate) control_url: String,
    pub(crate) ca_pem: String,
    pub(crate) ca_file: PathBuf,
    pub(crate) state: Arc<State>,
    // In the order in which they end.
    pub(crate) service: Server,
    pub(crate) _control: Server,
    pub(crate) folder: Folder,
}

impl Sandbox {
    /// HTTPS, with the account [`DEFAULT_EMAIL`](crate::DEFAULT_EMAIL) and
    /// [`DEFAULT_PASSWORD`](crate::DEFAULT_PASSWORD).
    pub fn start() -> io::Result<Sandbox> {
        Sandbox::builder().start()
    }

    /// For a sandbox that differs from the usual one.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Such as `https://127.0.0.1:40123/api/1.1/wf`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where the service listens.
    pub fn address(&self) -> SocketAddr {
        self.service.address()
    }

    /// The certificate of the CA in PEM, in a temporary folder of the sandbox.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// What stands in [`ca_file`](Sandbox::ca_file).
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// The control interface, such as `http://127.0.0.1:40124`.
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// The counters as they are now.
    pub fn counters(&self) -> Counters {
        self.state.journal.counters()
    }

    /// Waits until the condition holds for the counters; `false` if it does not in
    /// this time. The condition must not use the sandbox: the counters are locked meanwhile.
    pub fn wait_until(&self, timeout: Duration, condition: impl Fn(&Counters) -> bool) -> bool {
        self.state.journal.wait_until(timeout, condition)
    }

    /// The requests that arrived or are arriving, in the order of their beginning: the last 4096.
    pub fn requests(&self) -> Vec<Received> {
        self.state.journal.requests()
    }

    /// Those of them to this endpoint, such as `api-document-upload`.
    pub fn requests_to(&self, endpoint: &str) -> Vec<Received> {
        let mut requests = self.requests();
        requests.retain(|request| request.endpoint() == endpoint);
        requests
    }

    /// Forgets the requests; the counters stay.
    pub fn forget_requests(&self) {
        self.state.journal.forget_requests();
    }

    /// Adds an account or changes its password. A token that it has stays good.
    pub fn set_account(&self, email: &str, password: &str) {
        lock(&self.state.accounts).set(email, password);
    }

    /// Removes an account, and its token with it.
    pub fn remove_account(&self, email: &str) {
        lock(&self.state.accounts).remove(email);
    }

    /// The lifetime of the tokens issued from now on. It is written as an integer if
    /// it is whole; a token whose lifetime is not positive is never good.
    pub fn set_lifetime(&self, seconds: f64) {
        lock(&self.state.accounts).set_lifetime(seconds);
    }

    /// Ends a token; `false` if no account has it.
    pub fn revoke(&self, token: &str) -> bool {
        lock(&self.state.accounts).revoke(token)
    }

    /// Ends the tokens of all accounts.
    pub fn revoke_all(&self) {
        lock(&self.state.accounts).revoke_all();
    }

    /// Ends the token of whoever sends the request after so many with a good token: for each number once, and each counts
    /// from the former. A revocation waits until all that the former one refused has come again with a good token (a request
    /// is told by its endpoint and its parts), so that who repeats once after a 401 is never refused twice.
    pub fn revoke_after(&self, requests: &[u64]) {
        lock(&self.state.revocations).order(requests);
    }

    /// When connections are ended from now on that their client would keep.
    pub fn set_keep_alive(&self, keep_alive: KeepAlive) {
        *lock(&self.state.keep_alive) = keep_alive;
    }

    /// How often a status is `Pending` after a check that is requested from now on.
    pub fn set_polls(&self, polls: u32) {
        lock(&self.state.records).set_polls(polls);
    }

    /// What every `api-document-download` gives from now on, instead of what was uploaded for the applicant.
    pub fn set_documents(&self, documents: &[Document]) {
        lock(&self.state.records).set_documents(documents.to_vec());
    }

    /// The token of an account that is good now.
    pub fn live_token(&self, email: &str) -> Option<String> {
        lock(&self.state.accounts).live_token(email, Instant::now())
    }

    /// Queues a fault: first ordered, first used.
    pub fn order(&self, fault: Fault) {
        lock(&self.state.faults).order(fault);
    }

    /// Forgets all faults that wait for their request, and releases what is held.
    pub fn clear_faults(&self) {
        self.state.clear_faults();
    }

    /// Lets the requests go on that [`Action::Hold`](crate::Action::Hold) holds now.
    pub fn release(&self) {
        self.state.gate.release();
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Sandbox")
            .field("base_url", &self.base_url)
            .field("ca_file", &self.ca_file)
            .field("control_url", &self.control_url)
            .finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // In a forked child the lock may be held for ever by a thread that is not there.
        if self.folder.is_ours() {
            self.state.gate.stop();
        }
    }
}
