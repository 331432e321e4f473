//! The environment is read while the handle is made, and never again: a later reading would race with a `setenv`.

use super::host::{Ground, UNKNOWN, sandbox_and_stranger};

#[test]
fn what_is_set_later_does_not_count() {
    let (sandbox, stranger) = sandbox_and_stranger();
    let ground = Ground::new();
    let [bundle, nowhere] = ["bundle", "nowhere"].map(|name| ground.path(name).display().to_string());
    ground.write("bundle", sandbox.ca_pem());
    ground.write("strangers", &stranger);
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        // The other variable, too, is one that a program may set.
        let mut host = ground.host(&sandbox);
        host.succeeds("handles 1");
        host.succeeds(&format!("setenv {name}={nowhere}"));
        host.succeeds("login");
    }
    let mut host = ground.host(&sandbox);
    host.succeeds(&format!("setenv SSL_CERT_FILE={nowhere}"));
    host.succeeds("handles 1");
    host.succeeds(&format!("setenv SSL_CERT_FILE={bundle}"));
    host.fails("login", "PERSONR_TLS (no-roots)", "SSL_CERT_FILE: it does not exist");
    let mut host = ground.host(&sandbox);
    host.succeeds(&format!("setenv SSL_CERT_FILE={}", ground.path("strangers").display()));
    host.succeeds("handles 1");
    host.succeeds(&format!("setenv SSL_CERT_FILE={bundle}"));
    host.fails("login", UNKNOWN, "");
}
