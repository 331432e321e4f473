//! The table of servers that are refused: each has one flaw.

use rustls::version::TLS12;

use super::certificates::*;
use super::refused::Case;
use super::server::Service;

pub const LOOPBACK: &str = "127.0.0.1";
/// A name, which a proxy finds.
pub const NAME: &str = "personr.test";

pub const OTHER: &str = "certificate-other";
/// Words of messages.
const RULE: &str = "breaks a rule";
const SIGNATURE: &str = "signature";

pub fn all() -> Vec<Case> {
    [times(), names(), purposes(), chains(), constraints(), handshakes()].into_iter().flatten().collect()
}

fn times() -> Vec<Case> {
    let ca = root(authority("a root"));
    let old = below(with(authority("an intermediate"), expired), &ca);
    let early = below(with(authority("an intermediate"), not_yet_valid), &ca);
    let leaf = leaf(&[LOOPBACK]);
    let gone = issue(&with(leaf.clone(), expired), &[&ca]);
    let by_tls12 = Service::tls_of(&gone, &[&TLS12]);
    vec![
        Case { service: by_tls12, ..Case::new("expired, TLS 1.2", LOOPBACK, gone.clone(), "certificate-expired", "") },
        Case::new("expired", LOOPBACK, gone, "certificate-expired", "has expired"),
        Case::new(
            "not yet valid",
            LOOPBACK,
            issue(&with(leaf.clone(), not_yet_valid), &[&ca]),
            "certificate-not-yet-valid",
            "the clock",
        ),
        Case::new("expired intermediate", LOOPBACK, issue(&leaf, &[&ca, &old]), "certificate-expired", ""),
        Case::new(
            "intermediate not yet valid",
            LOOPBACK,
            issue(&leaf, &[&ca, &early]),
            "certificate-not-yet-valid",
            "",
        ),
    ]
}

fn names() -> Vec<Case> {
    let ca = root(authority("a root"));
    let for_other =
        |name, host, params| Case::new(name, host, issue(&params, &[&ca]), "certificate-name", "for another name");
    vec![
        for_other("wrong name", NAME, leaf(&["another.example"])),
        for_other("wrong name on localhost", "localhost", leaf(&["another.example", LOOPBACK])),
        for_other("wrong address", LOOPBACK, leaf(&["127.0.0.2", "localhost"])),
        for_other("no SAN, the name as CN", NAME, with(leaf(&[]), common_name(NAME))),
        for_other("no SAN, the address as CN", LOOPBACK, with(leaf(&[]), common_name(LOOPBACK))),
        for_other("the address as dNSName", LOOPBACK, with(leaf(&[]), dns_name(LOOPBACK))),
        for_other("look-alike: longer at its end", NAME, leaf(&["personr.test.evil.example"])),
        for_other("look-alike: longer at its beginning", NAME, leaf(&["evilpersonr.test"])),
        for_other("look-alike: Cyrillic", NAME, leaf(&["xn--prsonr-3of.test"])),
        for_other("look-alike: a NUL inside", NAME, with(leaf(&[]), dns_name("personr.test\0.evil.example"))),
        for_other("wildcard of a part of the label", NAME, leaf(&["*ersonr.test"])),
        for_other("wildcard beside the name", NAME, leaf(&["*.ersonr.test"])),
        for_other("wildcard that wants a label", NAME, leaf(&["*.personr.test"])),
        for_other("wildcard for two labels", "a.b.personr.test", leaf(&["*.personr.test"])),
        for_other("wildcard that is not first", "a.b.personr.test", leaf(&["a.*.personr.test"])),
        for_other("wildcard of all names", NAME, leaf(&["*"])),
    ]
}

fn purposes() -> Vec<Case> {
    let ca = root(authority("a root"));
    let for_clients = below(with(authority("an intermediate"), client_only), &ca);
    let strange = below(with(authority("an intermediate"), unknown_critical), &ca);
    let leaf = leaf(&[LOOPBACK]);
    let as_ca = with(leaf.clone(), for_intermediates(0));
    let other = |name, shown, message| Case::new(name, LOOPBACK, shown, OTHER, message);
    let other_key = Identity { key: key().serialize_pem(), ..issue(&leaf, &[&ca]) };
    vec![
        other("for clients only", issue(&with(leaf.clone(), client_only), &[&ca]), RULE),
        other("intermediate for clients only", issue(&leaf, &[&ca, &for_clients]), RULE),
        other("CA as leaf", issue(&as_ca, &[&ca]), RULE),
        other("self-signed CA", self_signed(&as_ca, &ca), RULE),
        other("unknown critical extension", issue(&with(leaf.clone(), unknown_critical), &[&ca]), RULE),
        other("unknown critical extension in an intermediate", issue(&leaf, &[&ca, &strange]), RULE),
        other("another key than the certificate's", other_key, SIGNATURE),
    ]
}

fn chains() -> Vec<Case> {
    let ca = root(authority("a root"));
    let unknown = root(authority("an unknown root"));
    let namesake = root(authority("a root"));
    let middle = below(authority("an intermediate"), &ca);
    let implicit = below(with(authority("an intermediate"), no_authority), &ca);
    let explicit = below(with(authority("an intermediate"), not_a_ca), &ca);
    let short = below(with(authority("an intermediate"), for_intermediates(0)), &ca);
    let too_long = below(authority("one more"), &short);
    let leaf = leaf(&[LOOPBACK]);
    let case = |name, shown, reason, message| Case::new(name, LOOPBACK, shown, reason, message);
    let stranger = |name, shown| case(name, shown, "certificate-unknown-issuer", "trusted authority");
    let mut deep = vec![below(authority("intermediate 0"), &ca)];
    for number in 1..7 {
        deep.push(below(authority(&format!("intermediate {number}")), &deep[number - 1]));
    }
    let deep: Vec<_> = [&ca].into_iter().chain(&deep).collect();
    vec![
        stranger("self-signed, no CA", self_signed(&leaf, &ca)),
        stranger("unknown root", issue(&leaf, &[&unknown]).before(&ca)),
        stranger("unknown root, shown", issue(&leaf, &[&unknown, &unknown]).before(&ca)),
        stranger("missing intermediate", issue(&leaf, &[&ca, &middle]).leaf_alone()),
        case("unknown root of a known name", issue(&leaf, &[&namesake]).before(&ca), OTHER, SIGNATURE),
        case("intermediate that says it is no CA", issue(&leaf, &[&ca, &explicit]), OTHER, RULE),
        case("intermediate that does not say it is a CA", issue(&leaf, &[&ca, &implicit]), OTHER, RULE),
        case("path length exceeded", issue(&leaf, &[&ca, &short, &too_long]), OTHER, RULE),
        case("seven intermediates", issue(&leaf, &deep), OTHER, RULE),
        unreadable(&ca),
    ]
}

fn unreadable(ca: &Authority) -> Case {
    let good = issue(&leaf(&[LOOPBACK]), &[ca]);
    // "AAAA": three zero bytes, which are no DER.
    let chain = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned();
    Case::new("no certificate at all", LOOPBACK, Identity { chain, ..good }, OTHER, "cannot be read")
}

fn constraints() -> Vec<Case> {
    let ca = root(authority("a root"));
    let below_it = |change: Box<dyn FnOnce(&mut _)>| below(with(authority("an intermediate"), change), &ca);
    let one = below_it(Box::new(permits("login.personr.test")));
    let not_one = below_it(Box::new(excludes("login.personr.test")));
    let elsewhere = below_it(Box::new(permits("another.example")));
    let network = below_it(Box::new(permits_network([10, 0, 0, 0], [255, 0, 0, 0])));
    let bound_root = root(with(authority("a root that is bound"), permits("another.example")));
    let wildcard = leaf(&["*.personr.test"]);
    let case = |name, host, shown| Case::new(name, host, shown, OTHER, RULE);
    vec![
        case("name constraint", NAME, issue(&leaf(&[NAME]), &[&ca, &elsewhere])),
        case("name constraint of the root", NAME, issue(&leaf(&[NAME]), &[&bound_root])),
        case(
            "name constraint by exclusion",
            "login.personr.test",
            issue(&leaf(&["login.personr.test"]), &[&ca, &not_one]),
        ),
        case("wildcard that may be one name only", "login.personr.test", issue(&wildcard, &[&ca, &one])),
        case("wildcard that may not be one name", "login.personr.test", issue(&wildcard, &[&ca, &not_one])),
        case("address against a name constraint", LOOPBACK, issue(&leaf(&[LOOPBACK]), &[&ca, &network])),
    ]
}

fn handshakes() -> Vec<Case> {
    let none = Identity { chain: String::new(), ..issue(&leaf(&[LOOPBACK]), &[&root(authority("a root"))]) };
    let raw = |bytes: &[u8]| Service::Raw(bytes.to_vec());
    let old = "neither TLS 1.2 nor TLS 1.3";
    vec![
        Case::handshake("plain HTTP", raw(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "plain HTTP"),
        Case::handshake("another protocol", raw(b"220 smtp.example.com ESMTP\r\n"), "does not speak TLS"),
        Case::handshake("TLS 1.0 unasked", raw(&server_hello(1)), old),
        Case::handshake("TLS 1.1 unasked", raw(&server_hello(2)), old),
        Case::handshake("alert: protocol_version", raw(&[21, 3, 3, 0, 2, 2, 70]), old),
        Case::handshake("alert: handshake_failure", raw(&[21, 3, 3, 0, 2, 2, 40]), "refused the TLS handshake"),
        Case::handshake("no certificate", Service::tls(&none), "no certificate"),
    ]
}

/// Of a server that speaks TLS 1.0 (minor version 1) or 1.1, whatever was offered.
fn server_hello(minor: u8) -> Vec<u8> {
    let hello = [&[3, minor][..], &[7; 32], &[0], &[0xC0, 0x13], &[0]].concat();
    let message = [&[2, 0, 0, hello.len() as u8][..], &hello].concat();
    [&[22, 3, minor, 0, message.len() as u8][..], &message].concat()
}
