//! Servers that prove who they are: each gives a token to a real login.

use personr_sandbox::{Certificate, DEFAULT_EMAIL, Proxy, Sandbox};
use personr_testkit::client::Options;
use personr_testkit::figures::{figures, is_check};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};

use super::certificates::*;
use super::openssl::{Openssl, curve, long_rsa, rsa};

const LOOPBACK: &str = "127.0.0.1";

struct Case {
    name: &'static str,
    host: &'static str,
    shown: Identity,
    versions: Certificate,
}

impl Case {
    fn new(name: &'static str, host: &'static str, shown: Identity) -> Self {
        Self { name, host, shown, versions: Certificate::Good }
    }

    fn only(self, name: &'static str, versions: Certificate) -> Self {
        Self { name, versions, ..self }
    }

    fn check(&self) {
        let builder = Sandbox::builder().certificate(self.versions).identity(&self.shown.chain, &self.shown.key);
        let sandbox = builder.start().expect("a sandbox");
        let options = Options::of(&sandbox);
        let only = Options::new();
        only.only_ca(&self.shown.root);
        only.max_retries(0);
        let proxy = Proxy::builder().resolve_to(sandbox.address()).start().expect("a proxy");
        for options in [&options, &only] {
            options.base_url(&format!("https://{}:{}/api/1.1/wf", self.host, sandbox.address().port())).expect("a URL");
            options.proxy(proxy.url()).expect("accepted");
        }
        let refused = options.demo().login().expect_err(self.name);
        assert_eq!(refused.reason, "certificate-unknown-issuer", "{}: it is its root that counts", self.name);
        assert_eq!(sandbox.counters().request_bytes, 0, "{}", self.name);

        let token = only.demo().login().unwrap_or_else(|failure| panic!("{}: {failure:?}", self.name));
        assert_eq!(Some(token.value), sandbox.live_token(DEFAULT_EMAIL), "{}", self.name);
        assert_eq!(sandbox.counters().handshakes, 1, "{}", self.name);
    }
}

fn check_all(cases: &[Case]) {
    cases.iter().for_each(Case::check);
}

#[test]
fn servers_that_prove_who_they_are_give_a_token() {
    let ca = root(authority("a root"));
    let mut long = vec![below(authority("intermediate 0"), &ca)];
    for number in 1..3 {
        long.push(below(authority(&format!("intermediate {number}")), &long[number - 1]));
    }
    let long: Vec<_> = [&ca].into_iter().chain(&long).collect();
    let plain = |name| Case::new(name, LOOPBACK, issue(&leaf(&[LOOPBACK]), &[&ca]));
    let named = leaf(&["localhost"]);
    let wildcard = leaf(&["*.personr.test"]);
    let mut cases = vec![
        plain("an address as iPAddress"),
        plain("").only("TLS 1.2 only", Certificate::Tls12Only),
        plain("").only("TLS 1.3 only", Certificate::Tls13Only),
        Case::new("plain chain", "localhost", issue(&named, &[&ca])),
        Case::new("one intermediate", "localhost", issue(&named, &long[..2])),
        Case::new("three intermediates", "localhost", issue(&named, &long)),
        Case::new("three intermediates out of order", "localhost", issue(&named, &long).out_of_order()),
        Case::new("one name of several", LOOPBACK, issue(&leaf(&["a.example", "*.b.example", LOOPBACK]), &[&ca])),
        Case::new("wildcard that fits", "login.personr.test", issue(&wildcard, &[&ca])),
    ];
    cases.extend(limits());
    for (name, algorithm) in
        [("ECDSA P-256", &PKCS_ECDSA_P256_SHA256), ("ECDSA P-384", &PKCS_ECDSA_P384_SHA384), ("Ed25519", &PKCS_ED25519)]
    {
        cases.push(Case::new(name, LOOPBACK, all_of(algorithm)));
        cases.push(Case::new(name, LOOPBACK, all_of(algorithm)).only(name, Certificate::Tls12Only));
    }
    check_all(&cases);
    figures!(of "tls-accepted": "{} chains of ECDSA and Ed25519 keys: each a token", cases.len());
}

/// What the refused ones break, kept.
fn limits() -> Vec<Case> {
    let ca = root(authority("a root"));
    let below_it = |change: Box<dyn FnOnce(&mut _)>| below(with(authority("an intermediate"), change), &ca);
    let one = below_it(Box::new(permits("personr.test")));
    let others = below_it(Box::new(excludes("another.example")));
    let network = below_it(Box::new(permits_network([127, 0, 0, 0], [255, 0, 0, 0])));
    let last = below_it(Box::new(for_intermediates(0)));
    let any_purpose = with(leaf(&[LOOPBACK]), |params| params.extended_key_usages.clear());
    vec![
        Case::new("within a name constraint", "personr.test", issue(&leaf(&["personr.test"]), &[&ca, &one])),
        Case::new("wildcard within it", "a.personr.test", issue(&leaf(&["*.personr.test"]), &[&ca, &one])),
        Case::new("not excluded", "personr.test", issue(&leaf(&["personr.test"]), &[&ca, &others])),
        Case::new("address within a constraint", LOOPBACK, issue(&leaf(&[LOOPBACK]), &[&ca, &network])),
        Case::new("path length kept", LOOPBACK, issue(&leaf(&[LOOPBACK]), &[&ca, &last])),
        Case::new("no extended key usage", LOOPBACK, issue(&any_purpose, &[&ca])),
    ]
}

/// Root and leaf with keys of one kind.
fn all_of(algorithm: &'static SignatureAlgorithm) -> Identity {
    let key = || KeyPair::generate_for(algorithm).expect("a key");
    let ca = root_of(key(), authority("a root"));
    issue_for(&key(), &leaf(&[LOOPBACK]), &[&ca])
}

#[test]
fn rsa_servers_give_a_token() {
    let Some(openssl) = Openssl::find("rsa_servers_give_a_token") else { return };
    let all = openssl.issue(2048, "sha256");
    let ca = root(authority("a root"));
    let key = KeyPair::from_pem(&openssl.rsa_key(3072)).expect("a key");
    let leaf_alone = issue_for(&key, &leaf(&["localhost"]), &[&ca]);
    const PSS: &str = "-sha512 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest";
    let cases = [
        Case::new("RSA-2048", LOOPBACK, all.clone()),
        Case::new("", LOOPBACK, all).only("RSA-2048, TLS 1.2", Certificate::Tls12Only),
        Case::new("RSA-2048, SHA-512", LOOPBACK, openssl.issue(2048, "sha512")),
        Case::new("RSA-3072 under ECDSA", "localhost", leaf_alone),
        Case::new("RSA-2048, PSS", LOOPBACK, openssl.issue_by(&rsa(2048), &curve("P-256"), PSS)),
        Case::new("P-256, SHA-384", LOOPBACK, openssl.issue_by(&curve("P-256"), &curve("P-256"), "-sha384")),
        Case::new("P-384, SHA-256", LOOPBACK, openssl.issue_by(&curve("P-384"), &curve("P-256"), "-sha256")),
    ];
    let mut cases = Vec::from(cases);
    if is_check() {
        let identity = openssl.issue_by(&long_rsa(8192), &curve("P-256"), "-sha512");
        cases.push(Case::new("signed by RSA-8192", LOOPBACK, identity));
    }
    check_all(&cases);
    figures!(of "tls-accepted": "{} chains by openssl, most with RSA keys: each a token", cases.len());
}
