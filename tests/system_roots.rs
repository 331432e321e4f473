//! The system's root certificates: where SSL_CERT_FILE and SSL_CERT_DIR say that they are, as for every program that
//! asks OpenSSL. The file is read first, and the directory for a server that the file does not vouch for.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod c_program;
mod compile;
mod figures;

use std::fs;

use c_program::{Account, Program, source};
use figures::figures;
use personr_sandbox::Sandbox;

const REFUSED: &str = "PERSONR_TLS (certificate-unknown-issuer)";

#[test]
fn they_are_where_the_environment_says() {
    let program = Program::compiled(&source("examples-c/login.c"));
    let [sandbox, other] = [0, 1].map(|_| Sandbox::start().expect("a sandbox"));
    // The program adds a root of its own, which is not this server's.
    let account = Account { ca_file: other.ca_file().to_owned(), ..Account::of(&sandbox) };
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["with", "without", "empty"] {
        fs::create_dir(folder.path().join(name)).expect("a folder");
    }
    fs::copy(sandbox.ca_file(), folder.path().join("with/0a1b2c3d.0")).expect("copied");
    fs::copy(other.ca_file(), folder.path().join("without/0a1b2c3d.0")).expect("copied");
    fs::write(folder.path().join("broken.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n").expect("written");

    let cases: &[(&str, &str, bool)] = &[
        ("with/0a1b2c3d.0", "", true),
        ("with/0a1b2c3d.0", "without", true),
        ("with/0a1b2c3d.0", "nowhere", true),
        ("without/0a1b2c3d.0", "with", true),
        ("broken.pem", "with", true),
        ("nowhere.pem", "with", true),
        ("", "with", true),
        ("without/0a1b2c3d.0", "", false),
        ("without/0a1b2c3d.0", "empty", false),
        ("", "without", false),
        // Of the system's own roots none is this server's either.
        ("", "", false),
    ];
    for (file, directory, is_trusted) in cases {
        let paths = [("SSL_CERT_FILE", file), ("SSL_CERT_DIR", directory)];
        let set = paths.iter().filter(|(_, path)| !path.is_empty());
        let set: Vec<_> = set.map(|(name, path)| (*name, folder.path().join(path).display().to_string())).collect();
        let variables: Vec<_> = set.iter().map(|(name, path)| (*name, path.as_str())).collect();
        let run = program.run_in(&account, &[], &variables);
        assert_eq!(run.code, Some(i32::from(!is_trusted)), "{paths:?}: {}", run.stderr);
        assert_eq!(run.stderr.contains(REFUSED), !is_trusted, "{paths:?}: {}", run.stderr);
    }
    let trusted = cases.iter().filter(|(.., is_trusted)| *is_trusted).count() as u64;
    let counters = sandbox.counters();
    assert_eq!((counters.tokens_issued, counters.requests), (trusted, trusted), "who is refused sends nothing");
    figures!("{} ways to name the system's roots: {trusted} with this server's", cases.len());
}
