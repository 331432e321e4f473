//! A service behind a relay, and one handle that logs in through it again and again: what failed is no reason for
//! `personr_auth_login` not to try.

use std::time::Duration;

use personr_sandbox::{DEFAULT_EMAIL, Sandbox};
use personr_testkit::client::{Auth, Failure, Options, Token};
use personr_testkit::relay::{Fault, Kind, Passed, Relay, Way, tls};

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Fixture {
    pub sandbox: Sandbox,
    relay: Relay,
    auth: Auth,
    /// How much longer the record of the answer is than the token in it. 0: there are no records.
    around_token: usize,
}

impl Fixture {
    pub fn new(sandbox: Sandbox) -> Self {
        let relay = Relay::to(sandbox.address());
        let options = Options::of(&sandbox);
        let scheme = sandbox.base_url().split_once(':').expect("a URL").0;
        let is_tls = scheme == "https";
        options.base_url(&format!("{scheme}://{}/api/1.1/wf", relay.address())).expect("accepted");
        let auth = options.demo();
        let mut fixture = Self { sandbox, relay, auth, around_token: 0 };
        if is_tls {
            fixture.around_token = fixture.measure_answer();
        }
        fixture
    }

    /// The answer stands in one record: the last one that is longer than the token (a `close_notify` follows).
    fn measure_answer(&self) -> usize {
        let token = self.auth.login().expect("a token").value.len();
        let passed = self.relay.take_passed().remove(0);
        let is_answer = |record: &&tls::Record| record.content_type == tls::APPLICATION_DATA && record.length() > token;
        tls::records(&passed.down).iter().rfind(is_answer).expect("an answer").length() - token
    }

    /// The longer streams of two undisturbed logins: the service's tokens have two lengths, in turn.
    pub fn longest(&self) -> Passed {
        let logins = (0..2).map(|_| {
            let token = self.auth.login().expect("a token");
            let passed = self.relay.take_passed().remove(0);
            assert!(self.around_token == 0 || self.answers_in(&passed, token.value.len()) == 1, "which is the answer?");
            passed
        });
        logins.max_by_key(|passed| passed.down.len()).expect("two")
    }

    fn answers_in(&self, passed: &Passed, token: usize) -> usize {
        let is_answer = |record: &&tls::Record| {
            record.content_type == tls::APPLICATION_DATA && record.length() == self.around_token + token
        };
        tls::records(&passed.down).iter().filter(is_answer).count()
    }

    /// A login whose connection ends so, and what was passed on until then.
    pub fn login_cut(&self, way: Way, after: usize, kind: Kind) -> (Result<Token, Failure>, Passed) {
        self.relay.order(Fault { way, after, kind });
        let result = self.auth.login();
        let mut passed = self.relay.take_passed();
        assert_eq!(passed.len(), 1, "one connection, one login");
        let passed = passed.remove(0);
        let length = if way == Way::Up { passed.up.len() } else { passed.down.len() };
        assert!(if passed.disturbed { length == after } else { length < after }, "{length} bytes instead of {after}");
        // A login that the service does late must not be taken for the next one.
        assert!(self.sandbox.wait_until(PATIENCE, |counters| counters.open == 0), "a connection does not end");
        (result, passed)
    }

    pub fn is_live(&self, token: &Token) -> bool {
        self.sandbox.live_token(DEFAULT_EMAIL).as_ref() == Some(&token.value)
    }

    /// A token if and only if the record of the answer was passed on to its last byte.
    pub fn check_tls_cut(&self, way: Way, after: usize, kind: Kind) -> Result<Token, Failure> {
        let (result, passed) = self.login_cut(way, after, kind);
        let live = self.sandbox.live_token(DEFAULT_EMAIL).expect("a token was issued before");
        let is_whole = self.answers_in(&passed, live.len()) == 1;
        let what = format!("{kind:?} after {after} bytes {way:?}: {result:?}");
        match &result {
            Ok(token) => assert!(is_whole && token.value == live, "{what}"),
            Err(failure) => assert!(!is_whole && super::is_network(failure), "{what}"),
        }
        result
    }
}
