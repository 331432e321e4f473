//! Each server is tried twice: by the added root alone and a login in the header, and by the added root beside the
//! system's (another verifier) and a login in the body.

use std::thread;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use personr::ffi::PERSONR_TLS;
use personr_sandbox::{DEFAULT_EMAIL, DEFAULT_PASSWORD, Proxy};
use personr_testkit::client::{self, Failure, Options, Token};
use personr_testkit::figures::{figures, is_check};

use super::certificates::{Identity, authority, issue, leaf, root};
use super::flaws::{self, LOOPBACK, NAME, OTHER};
use super::openssl::{Openssl, Server, curve, long_rsa, rsa};
use super::server::{Received, Recorder, Service};

pub struct Case {
    pub name: &'static str,
    pub host: &'static str,
    pub service: Service,
    /// What the client trusts.
    pub root: String,
    pub reason: &'static str,
    /// Words of it.
    pub message: &'static str,
}

impl Case {
    pub fn new(
        name: &'static str,
        host: &'static str,
        shown: Identity,
        reason: &'static str,
        message: &'static str,
    ) -> Self {
        Self { name, host, service: Service::tls(&shown), root: shown.root, reason, message }
    }

    /// The same, served by another program.
    pub fn by(
        server: &Server,
        name: &'static str,
        shown: &Identity,
        reason: &'static str,
        words: &'static str,
    ) -> Self {
        let service = Service::Relay(server.address());
        Self { name, host: LOOPBACK, service, root: shown.root.clone(), reason, message: words }
    }

    /// A server that does not get so far as to show a certificate.
    pub fn handshake(name: &'static str, service: Service, message: &'static str) -> Self {
        let root = root(authority("a root")).pem();
        Self { name, host: LOOPBACK, service, root, reason: "handshake", message }
    }

    fn check(&self) {
        for beside_the_systems in [false, true] {
            let recorder = Recorder::start(self.service.clone());
            let failure = login(&recorder, self.host, &self.root, beside_the_systems).expect_err(self.name);
            let received = recorder.received();
            assert_no_request(self.name, &received);
            if let Service::Relay(_) = self.service {
                assert_eq!(received[0].application_records(), 0, "{}", self.name);
            }
            assert_eq!(failure.kind(), (PERSONR_TLS, self.reason), "{}: {failure:?}", self.name);
            assert!(failure.message.contains(self.message), "{}: {}", self.name, failure.message);
            assert_eq!((failure.http_status, failure.retry_after_ms), (0, -1), "{}", self.name);
        }
    }
}

fn login(recorder: &Recorder, host: &str, root: &str, beside_the_systems: bool) -> Result<Token, Failure> {
    let options = Options::new();
    if beside_the_systems {
        client::call(|error| unsafe {
            personr::ffi::personr_options_set_ca_pem(options.0, root.as_ptr(), root.len(), error)
        })
        .expect("PEM");
        options.form_login();
    } else {
        options.only_ca(root);
    }
    let address = recorder.address();
    options.base_url(&format!("https://{host}:{}/api/1.1/wf", address.port())).expect("accepted");
    // A loopback address never goes by it.
    let proxy = Proxy::builder().resolve_to(address).start().expect("a proxy");
    options.proxy(proxy.url()).expect("accepted");
    options.demo().login()
}

fn assert_no_request(name: &str, received: &[Received]) {
    for one in received {
        assert_eq!(one.application, b"", "{name}: a request reached the server");
        assert!(!one.raw.is_empty(), "{name}: the greeting was recorded");
        for secret in secrets() {
            assert!(!contains(&one.raw, &secret), "{name}: {secret} was on the wire");
        }
    }
    assert_eq!(received.len(), 1, "{name}: one connection, and no other try");
}

fn secrets() -> [String; 3] {
    let pair = BASE64_STANDARD.encode(format!("{DEFAULT_EMAIL}:{DEFAULT_PASSWORD}"));
    [DEFAULT_PASSWORD.to_owned(), DEFAULT_EMAIL.to_owned(), pair]
}

fn contains(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

#[test]
fn no_server_that_proves_nothing_gets_a_byte_of_the_request() {
    let cases = flaws::all();
    cases.iter().for_each(Case::check);
    let count = cases.len();
    figures!(of "tls-refused": "{count} servers refused by both verifiers, each with its reason: 0 request bytes");
}

/// What the others would look like if they were accepted.
#[test]
fn the_recorder_sees_a_request_that_is_sent() {
    let ca = root(authority("a root"));
    for host in [LOOPBACK, "localhost", NAME] {
        for beside_the_systems in [false, true] {
            let shown = issue(&leaf(&[host]), &[&ca]);
            let recorder = Recorder::start(Service::tls(&shown));
            let token = login(&recorder, host, &shown.root, beside_the_systems).expect("a token");
            assert_eq!(token.value, "stolen");
            let received = recorder.received();
            assert_eq!(received.len(), 1);
            let secret = if beside_the_systems { DEFAULT_PASSWORD } else { &secrets()[2] };
            assert!(contains(&received[0].application, secret), "{host}");
            assert!(!contains(&received[0].raw, secret), "{host}");
        }
    }
}

#[test]
fn no_weak_server_gets_a_byte_of_the_request() {
    let Some(openssl) = Openssl::find("no_weak_server_gets_a_byte_of_the_request") else { return };
    let good = openssl.issue(2048, "sha256");
    let sha1 = openssl.issue(2048, "sha1");
    Case::new("signed with SHA-1", LOOPBACK, sha1, OTHER, "with SHA-1").check();
    let weak = openssl.issue(1024, "sha256");
    let others = [
        ("RSA-1024", &weak, "-tls1_2", OTHER, "RSA key of less than 2048 or more than 8192 bits"),
        ("TLS 1.0", &good, "-tls1", "handshake", "neither TLS 1.2 nor TLS 1.3"),
        ("TLS 1.1", &good, "-tls1_1", "handshake", "neither TLS 1.2 nor TLS 1.3"),
    ];
    for (name, identity, version, reason, message) in others {
        let mut server = openssl.serve(identity, version);
        Case::by(&server, name, identity, reason, message).check();
        let printed = server.stop();
        assert!(!printed.contains("POST") && !printed.contains(DEFAULT_PASSWORD), "{name}: {printed}");
    }
    let count = others.len() + 1;
    figures!(of "tls-refused": "{count} more by openssl (SHA-1, RSA-1024, TLS 1.0 and 1.1): 0 request bytes");
}

/// The README lists what is accepted. What is not has its name in the message, or a hint.
#[test]
fn keys_and_signatures_that_are_not_accepted_are_told() {
    let Some(openssl) = Openssl::find("keys_and_signatures_that_are_not_accepted_are_told") else { return };
    let (p256, rsa2048) = (curve("P-256"), rsa(2048));
    let (p521, ed448, pss) = (curve("P-521"), "-algorithm ED448", "-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048");
    let signatures = [
        ("ECDSA with SHA-512", &*p256, "-sha512", "with ECDSA and SHA-512"),
        ("signed by P-521", &p521, "-sha256", "by a P-521 key"),
        ("signed by Ed448", ed448, "", "with Ed448"),
        ("signed by an RSA-PSS key", pss, "-sha256 -sigopt rsa_pss_saltlen:digest", "by an RSA-PSS key"),
        ("signed by secp256k1", &curve("secp256k1"), "-sha256", "by a secp256k1 key"),
        ("SHA-224", &rsa2048, "-sha224", "with SHA-224"),
        ("SHA-1 and ECDSA", &p256, "-sha1", "with SHA-1"),
        (
            "RSA-PSS with a long salt",
            &rsa2048,
            // The longest: of its own accord a newer openssl makes it as long as the digest, which is the usual form.
            "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max",
            "with RSA-PSS in an unusual form",
        ),
    ];
    for (name, root, signed, words) in signatures {
        Case::new(name, LOOPBACK, openssl.issue_by(root, &p256, signed), OTHER, words).check();
    }
    // What rustls cannot serve. In the handshake the client does not offer the signatures of such keys.
    let keys = [("a P-521 key", &*p521), ("an Ed448 key", ed448), ("an RSA-PSS key", pss)];
    for (name, key) in keys {
        let identity = openssl.issue_by(&p256, key, "-sha256");
        let server = openssl.serve(&identity, "-tls1_3");
        Case::by(&server, name, &identity, "handshake", "no kind of key, that is accepted").check();
    }
    let mut count = signatures.len() + keys.len();
    if is_check() {
        let length = "RSA key of less than 2048 or more than 8192 bits";
        let long = long_rsa(9216);
        Case::new("signed by RSA-9216", LOOPBACK, openssl.issue_by(&long, &p256, "-sha256"), OTHER, length).check();
        let identity = openssl.issue_by(&p256, &long, "-sha256");
        Case::by(&openssl.serve(&identity, "-tls1_2"), "an RSA-9216 key", &identity, OTHER, length).check();
        count += 2;
    }
    figures!(of "tls-refused": "{count} with keys and signatures that are not accepted, each told: 0 request bytes");
}

/// The same server, with nothing wrong: its output and the relay show what is sent.
#[test]
fn openssl_shows_a_request_that_is_sent() {
    let Some(openssl) = Openssl::find("openssl_shows_a_request_that_is_sent") else { return };
    let good = openssl.issue(2048, "sha256");
    let mut server = openssl.serve(&good, "-tls1_2");
    let recorder = Recorder::start(Service::Relay(server.address()));
    thread::scope(|scope| {
        let client = scope.spawn(|| login(&recorder, LOOPBACK, &good.root, false));
        server.line_with("POST /api/1.1/wf/api-basic-auth");
        server.line_with(&secrets()[2]);
        // It never answers.
        server.stop();
        client.join().expect("no panic").expect_err("no answer");
    });
    assert_ne!(recorder.received()[0].application_records(), 0);
}
