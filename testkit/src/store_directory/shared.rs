//! A store that is in use while something happens to it.

use personr::ffi::*;
use personr_sandbox::Sandbox;

use super::{StoreDirectory, live_token};
use crate::client::Auth;

/// A store in which one handle has put a token.
pub struct Shared {
    pub sandbox: Sandbox,
    pub store: StoreDirectory,
    pub good: Auth,
    pub token: String,
}

impl Shared {
    pub fn new() -> Self {
        Self::in_directory(StoreDirectory::new())
    }

    pub fn in_directory(store: StoreDirectory) -> Self {
        let sandbox = Sandbox::start().expect("a sandbox");
        let good = store.auth(&sandbox);
        let token = good.token().expect("a token").value;
        Self { sandbox, store, good, token }
    }

    /// A handle that has read nothing yet.
    pub fn fresh(&self) -> Auth {
        self.store.auth(&self.sandbox)
    }

    /// A handle that has to log in, and so to take the lock.
    pub fn needy(&self) -> Auth {
        let auth = self.fresh();
        auth.reject(&self.token);
        auth
    }

    pub fn logins(&self) -> u64 {
        self.sandbox.counters().logins
    }

    pub fn assert_good(&self) {
        assert_eq!(self.good.authorization(), Ok(format!("Bearer {}", self.token)));
        assert_eq!(self.good.token().map(|token| token.value), Ok(self.token.clone()));
        assert_eq!(self.good.state(), PERSONR_STATE_GOOD);
    }

    /// It fails for this reason, without a login, and good tokens go on.
    pub fn assert_fails(&self, auth: &Auth, reason: &str) {
        let before = self.logins();
        let failure = auth.token().expect_err(reason);
        assert_eq!(failure.kind(), (PERSONR_STORE, reason), "{failure:?}");
        let folder = self.store.parent().to_str().expect("UTF-8");
        assert!(!failure.message.contains(folder), "a path is nobody's business: {failure:?}");
        assert_eq!(self.logins(), before, "{reason}");
        self.assert_good();
    }

    /// It logs in, once, and others find that token.
    pub fn assert_logs_in(&self) {
        let before = self.logins();
        self.assert_good();
        let token = self.fresh().token().expect("a token").value;
        assert_eq!((self.fresh().token().expect("the same").value, live_token(&self.sandbox)), (token.clone(), token));
        assert_eq!(self.logins(), before + 1);
    }
}
