//! The environment is read while the handle is made, and never again: a later reading would race with a `setenv`.

use personr_testkit::figures::figures;

use super::application::{Fixture, UNKNOWN, sandbox_and_stranger};

#[test]
fn what_is_set_later_does_not_count() {
    let (sandbox, stranger) = sandbox_and_stranger();
    let fixture = Fixture::new();
    let [bundle, nowhere] = ["bundle", "nowhere"].map(|name| fixture.path(name).display().to_string());
    fixture.write("bundle", sandbox.ca_pem());
    fixture.write("strangers", &stranger);
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        // The other variable, too, is one that a program may set.
        let mut application = fixture.application(&sandbox);
        application.succeeds("handles 1");
        application.succeeds(&format!("setenv {name}={nowhere}"));
        application.succeeds("login");
    }
    let mut application = fixture.application(&sandbox);
    application.succeeds(&format!("setenv SSL_CERT_FILE={nowhere}"));
    application.succeeds("handles 1");
    application.succeeds(&format!("setenv SSL_CERT_FILE={bundle}"));
    application.fails("login", "PERSONR_TLS (no-roots)", "SSL_CERT_FILE: it does not exist");
    let mut application = fixture.application(&sandbox);
    application.succeeds(&format!("setenv SSL_CERT_FILE={}", fixture.path("strangers").display()));
    application.succeeds("handles 1");
    application.succeeds(&format!("setenv SSL_CERT_FILE={bundle}"));
    application.fails("login", UNKNOWN, "");
}

/// A relative path is that of the working directory at that moment, too: `Places` makes it absolute.
#[test]
fn nothing_is_asked_of_the_environment_after_the_handle_is_made() {
    let (sandbox, stranger) = sandbox_and_stranger();
    let fixture = Fixture::new();
    fixture.write("bundle", &stranger);
    fixture.write("certs/0a1b2c3d.0", sandbox.ca_pem());
    let mut application = fixture.application(&sandbox);
    application.succeeds("handles 3");
    let asked = application.number("getenv");
    assert!(asked >= 3 * 8, "it sees what the library asks for: {asked}");
    application.succeeds("login");
    application.succeeds("login");
    assert_eq!(application.number("getenv"), 0);
    application.end();
    figures!("the environment: {asked} variables asked for while 3 handles were made, 0 in 6 logins");
}

#[test]
fn logins_survive_changes_of_the_environment_in_other_threads() {
    let (sandbox, _) = sandbox_and_stranger();
    let fixture = Fixture::new();
    fixture.write("bundle", sandbox.ca_pem());
    let mut application = fixture.application(&sandbox);
    application.succeeds("handles 50");
    application.succeeds("storm");
    // The first login of each handle.
    application.succeeds("login");
}
