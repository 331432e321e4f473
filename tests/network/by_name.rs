//! A service that is reached by a name, whose look-up is answered by the shim: behind a relay at one address, while nothing
//! answers at the same port of two others.

use personr_sandbox::Sandbox;
use personr_testkit::client::Options;
use personr_testkit::relay::Relay;
use personr_testkit::relay::full::FullListener;

use super::shim::Shim;

/// Its address.
pub const GOOD: &str = "127.0.0.1";
/// Their packets are dropped.
pub const SILENT: [&str; 2] = ["127.0.0.2", "127.0.0.3"];

pub struct ByName {
    pub sandbox: Sandbox,
    pub relay: Relay,
    pub shim: Shim,
    _silent: [FullListener; 2],
}

impl ByName {
    /// `is_good` says whether the port will do.
    pub fn start(is_good: impl Fn(u16) -> bool) -> Self {
        let sandbox = Sandbox::start().expect("a sandbox");
        let (relay, silent) = (0..100)
            .find_map(|_| {
                let relay = Relay::to(sandbox.address());
                let port = relay.address().port();
                let [first, second] = SILENT.map(|host| FullListener::at(host, port));
                Some((relay, [first?, second?])).filter(|_| is_good(port))
            })
            .expect("a port that is free on all addresses");
        Self { sandbox, relay, shim: Shim::find(), _silent: silent }
    }

    pub fn options(&self) -> Options {
        let options = Options::of(&self.sandbox);
        let url = format!("https://personr.test:{}/api/1.1/wf", self.relay.address().port());
        options.base_url(&url).expect("accepted");
        options.proxy("").expect("accepted");
        options
    }
}
