//! The application's callbacks, as the rooms below call them. On a thread of the application they are called at once, on
//! one of the library through the relay.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::credentials::CredentialsHook;
use crate::error::{Error, Result, Status};
use crate::log::{Level, LogHook};
use crate::operation::Relay;
use crate::options::Options;
use crate::record::RecordBytes;
use crate::secret::Secret;
use crate::store::{SaveOutcome, StoreHook, StoreOption};
use crate::sys::watch::is_worker;

/// Has all callbacks of these options go through the relay.
pub(super) fn by(relay: &Arc<Relay>, options: &mut Options) {
    if let StoreOption::Hook(hook) = &options.store {
        options.store = StoreOption::Hook(Arc::new(Relayed::new(hook, relay)));
    }
    options.credentials = options.credentials.as_ref().map(|hook| Arc::new(Relayed::new(hook, relay)) as _);
    options.log = options.log.as_ref().map(|hook| Arc::new(Relayed::new(hook, relay)) as _);
}

struct Relayed<H: ?Sized> {
    hook: Arc<H>,
    relay: Arc<Relay>,
}

impl<H: ?Sized + Send + Sync + 'static> Relayed<H> {
    fn new(hook: &Arc<H>, relay: &Arc<Relay>) -> Self {
        Self { hook: Arc::clone(hook), relay: Arc::clone(relay) }
    }

    /// What was left to be called before comes first: it may give a lock back that this call wants.
    fn call<R: Send + 'static>(
        &self,
        nobody: impl FnOnce() -> Error,
        call: impl FnOnce(&H) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        if is_worker() {
            let hook = Arc::clone(&self.hook);
            return self.relay.call(move || call(&hook)).unwrap_or_else(|| Err(nobody()));
        }
        if self.relay.is_due() {
            self.relay.run();
        }
        call(&self.hook)
    }
}

/// Nothing of the application waits for the callback any more, or it has ended in the middle.
fn no_store() -> Error {
    Error::new(Status::Store, "store-callback", "no thread of the application came to call the token store")
}

fn no_credentials() -> Error {
    let message = "no thread of the application came to call the credentials callback";
    Error::new(Status::Credentials, "credentials-callback", message)
}

impl StoreHook for Relayed<dyn StoreHook> {
    fn load(&self, key: &str) -> Result<Option<RecordBytes>> {
        let key = key.to_owned();
        self.call(no_store, move |hook| hook.load(&key))
    }

    fn save(&self, key: &str, owner: &str, record: &[u8]) -> Result<SaveOutcome> {
        let (key, owner, record) = (key.to_owned(), owner.to_owned(), Zeroizing::new(record.to_vec()));
        self.call(no_store, move |hook| hook.save(&key, &owner, &record))
    }

    /// A loop must not wait in a callback: for a thread of the library it only tries.
    fn lock(&self, key: &str, owner: &str, wait: Duration, lease: Duration) -> Result<bool> {
        let wait = if is_worker() { Duration::ZERO } else { wait };
        let (relay, hook) = (Arc::clone(&self.relay), Arc::clone(&self.hook));
        let (is_relayed, key, owner) = (is_worker(), key.to_owned(), owner.to_owned());
        self.call(no_store, move |called| {
            let is_locked = called.lock(&key, &owner, wait, lease)?;
            if is_locked && is_relayed {
                let unlocked = owner.clone();
                relay.holds(&owner, move || drop(hook.unlock(&key, &unlocked)));
            }
            Ok(is_locked)
        })
    }

    fn unlock(&self, key: &str, owner: &str) -> Result<()> {
        if is_worker() {
            self.relay.give_back(owner);
            return Ok(());
        }
        self.hook.unlock(key, owner)
    }
}

impl CredentialsHook for Relayed<dyn CredentialsHook> {
    fn password(&self, email: &str) -> Result<Secret> {
        let email = email.to_owned();
        self.call(no_credentials, move |hook| hook.password(&email))
    }
}

impl LogHook for Relayed<dyn LogHook> {
    fn wants(&self, level: Level) -> bool {
        self.hook.wants(level)
    }

    fn event(&self, level: Level, event: &'static str, text: &str) {
        if is_worker() {
            let (hook, text) = (Arc::clone(&self.hook), text.to_owned());
            self.relay.leave_event(move || hook.event(level, event, &text));
        } else {
            self.hook.event(level, event, text);
        }
    }
}
