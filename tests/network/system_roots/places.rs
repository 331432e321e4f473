//! Where the roots are, by the rules of OpenSSL. The file is read first, and the directories for a server that it does not
//! vouch for.

use std::fs;

use personr_testkit::figures::figures;

use super::application::{Fixture, UNKNOWN, sandbox_and_stranger};

const TRUSTED: &str = "ok";
const NO_ROOTS: &str = "PERSONR_TLS (no-roots)";
const UNREADABLE: &str = "PERSONR_TLS (roots-unreadable)";

#[test]
fn roots_are_where_the_environment_says() {
    let (sandbox, stranger) = sandbox_and_stranger();
    let fixture = Fixture::new();
    for name in ["with", "without", "empty"] {
        fs::create_dir(fixture.path(name)).expect("a directory");
    }
    fixture.write("with/0a1b2c3d.0", sandbox.ca_pem());
    fixture.write("without/0a1b2c3d.0", &stranger);
    fixture.write("broken.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    fixture.write("nothing.pem", "");

    // File, directories (`None`: not set), how it ends, and what the message says. An added root that is not this server's
    // changes nothing but for a message that there are none.
    let cases: &[(Option<&str>, Option<&str>, &str, &str)] = &[
        (Some("with/0a1b2c3d.0"), None, TRUSTED, ""),
        (Some("with/0a1b2c3d.0"), Some("without"), TRUSTED, ""),
        (Some("with/0a1b2c3d.0"), Some("nowhere"), TRUSTED, ""),
        (Some("with/0a1b2c3d.0"), Some(""), TRUSTED, ""),
        (Some("without/0a1b2c3d.0"), Some("with"), TRUSTED, ""),
        (Some("broken.pem"), Some("with"), TRUSTED, ""),
        (Some("nothing.pem"), Some("with"), TRUSTED, ""),
        (Some("nowhere.pem"), Some("with"), TRUSTED, ""),
        (Some(""), Some("with"), TRUSTED, ""),
        (None, Some("with"), TRUSTED, ""),
        (None, Some("without:with"), TRUSTED, ""),
        (None, Some("nowhere::with:"), TRUSTED, ""),
        (Some("without/0a1b2c3d.0"), None, UNKNOWN, ""),
        (Some("without/0a1b2c3d.0"), Some("empty"), UNKNOWN, "SSL_CERT_DIR: no file in it has a name such as"),
        (None, Some("without"), UNKNOWN, ""),
        (Some(""), Some("without"), UNKNOWN, ""),
        // Of the system's own roots none is this server's either, in the file or in the directory.
        (None, None, UNKNOWN, ""),
        (Some(""), Some(""), UNKNOWN, ""),
        (Some("broken.pem"), Some("without"), UNREADABLE, "SSL_CERT_FILE: certificate 1 (line 1): its last line"),
        (Some("empty"), Some("without"), UNREADABLE, "SSL_CERT_FILE: it is not a regular file"),
        (Some("nowhere.pem"), Some("empty"), NO_ROOTS, "(SSL_CERT_FILE: it does not exist; SSL_CERT_DIR: no file"),
        (
            Some("nothing.pem"),
            Some("nowhere"),
            NO_ROOTS,
            "(SSL_CERT_FILE: there is no certificate in it; SSL_CERT_DIR: it",
        ),
    ];
    let here = fixture.path("").display().to_string();
    let absolute = |path: &str| if path.is_empty() { String::new() } else { format!("{here}{path}") };
    let value = |paths: &str| paths.split(':').map(absolute).collect::<Vec<_>>().join(":");
    for (file, directories, expected, words) in cases {
        for with_an_added_root in [false, true] {
            let paths = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", directories)];
            let set = paths.iter().filter_map(|(name, paths)| Some((*name, value(paths.as_ref()?))));
            let mut application = fixture.application_with(&sandbox, &set.collect::<Vec<_>>());
            if with_an_added_root {
                application.succeeds(&format!("ca {here}without/0a1b2c3d.0"));
            }
            application.succeeds("handles 1");
            let said = application.does("login");
            let expected = if *expected == NO_ROOTS && with_an_added_root { UNKNOWN } else { expected };
            assert!(said.starts_with(expected) && said.contains(words), "{paths:?}: {said}");
            // A path that the environment has chosen is not repeated.
            assert!(!said.contains(&here), "{paths:?}: {said}");
        }
    }
    let trusted = cases.iter().filter(|(.., expected, _)| *expected == TRUSTED).count() as u64;
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.requests), (2 * trusted, 2 * trusted), "who is refused sends nothing");
    figures!("{} ways to name the system's roots: {trusted} with this server's", cases.len());
}
