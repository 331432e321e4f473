//! Handles with the same roots share them.

use personr_sandbox::Sandbox;
use personr_testkit::figures::{figures, is_check};
use rcgen::{CertificateParams, DnType, KeyPair};

use super::application::Fixture;

/// As many as a distribution has.
const ROOTS: usize = 145;
/// In bytes. The roots alone take 125,000.
const LIMIT: i64 = 12_000;

#[test]
fn a_thousand_handles_keep_one_copy() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let mut roots = sandbox.ca_pem().to_owned();
    for number in 0..ROOTS {
        let mut params = CertificateParams::new([]).expect("parameters");
        params.distinguished_name.push(DnType::CommonName, format!("root {number} {}", "of a long name ".repeat(20)));
        roots += &params.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate").pem();
    }
    let fixture = Fixture::new();
    fixture.write("added", &roots);
    fixture.write("bundle", &roots);
    let handles = if is_check() { 900 } else { 60 };
    for how in ["the system's", "added"] {
        let mut application = fixture.application(&sandbox);
        if how == "added" {
            application.succeeds(&format!("ca {}", fixture.path("added").display()));
        }
        application.succeeds("handles 40");
        application.succeeds("login");
        let before = application.number("heap");
        application.succeeds(&format!("handles {handles}"));
        application.succeeds("login");
        let each = (application.number("heap") - before) / handles;
        application.end();
        assert!(each < LIMIT, "{how}: {each} bytes for each handle");
        figures!("{handles} more handles with the same {ROOTS} roots ({how}): {each} bytes of heap for each");
    }
}
