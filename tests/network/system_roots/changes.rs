//! One handle lives for a year. The roots change meanwhile, and what cannot be read now can be read later.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use personr_sandbox::Sandbox;
use personr_testkit::figures::figures;

use super::application::{Fixture, UNKNOWN, sandbox_and_stranger};

#[test]
fn roots_are_as_old_as_the_files() {
    let (sandbox, stranger) = sandbox_and_stranger();
    let fixture = Fixture::new();
    let ours = sandbox.ca_pem();
    let mut application = fixture.application(&sandbox);
    application.succeeds("handles 1");
    for name in ["bundle", "certs/0a1b2c3d.0"] {
        // A CA that rotates, twice; in place, and by another file.
        for (written, is_ours) in [(ours, true), (&stranger, false), (ours, true), (&stranger, false)] {
            fixture.write(name, written);
            if is_ours { application.succeeds("login") } else { drop(application.fails("login", UNKNOWN, "")) }
        }
        for is_ours in [true, false, true] {
            fixture.write("new", if is_ours { ours } else { &stranger });
            fs::rename(fixture.path("new"), fixture.path(name)).expect("renamed");
            if is_ours { application.succeeds("login") } else { drop(application.fails("login", UNKNOWN, "")) }
        }
        // It is taken out.
        fs::remove_file(fixture.path(name)).expect("removed");
        application.fails("login", "PERSONR_TLS (no-roots)", "there are no trusted root certificates");
    }
    application.end();
    assert_eq!(sandbox.counters().tokens_issued, 8);
}

/// A file that a CA is added to while it is read.
#[test]
fn a_half_written_file_is_an_error_until_it_is_whole() {
    let (sandbox, stranger) = sandbox_and_stranger();
    let fixture = Fixture::new();
    let (half, _) = sandbox.ca_pem().split_at(300);
    fixture.write("bundle", &(stranger.clone() + half));
    let mut application = fixture.application(&sandbox);
    application.succeeds("handles 1");
    application.fails("login", "PERSONR_TLS (roots-unreadable)", "SSL_CERT_FILE: certificate 2 (line ");
    fixture.write("bundle", &(stranger + sandbox.ca_pem()));
    application.succeeds("login");
}

#[test]
fn roots_are_read_again_after_descriptors_ran_out() {
    let (sandbox, stranger) = sandbox_and_stranger();
    let mut told = 0;
    for name in ["bundle", "certs/0a1b2c3d.0"] {
        let fixture = Fixture::new();
        fixture.write("bundle", &stranger);
        fixture.write(name, sandbox.ca_pem());
        let mut application = fixture.application(&sandbox);
        application.succeeds("handles 1");
        // One after the other fails for want of one: the socket, the file, the directory, a file in it.
        for more in 0..10 {
            application.succeeds(&format!("descriptors {more}"));
            let answer = application.does("login");
            if answer == "ok" {
                break;
            }
            if answer.starts_with("PERSONR_TLS") {
                assert!(answer.starts_with("PERSONR_TLS (roots-unreadable)"), "{more}: {answer}");
                assert!(answer.contains("too many open files"), "{more}: {answer}");
                told += 1;
            }
        }
        application.succeeds("descriptors -1");
        application.succeeds("login");
        application.end();
    }
    assert!(told >= 2, "the file, and the directory: {told}");
    figures!("roots that could not be read for want of descriptors: {told} times told, and read later");
}

#[test]
fn unreadable_roots_are_an_error_and_are_read_later() {
    let (sandbox, _) = sandbox_and_stranger();
    let fixture = Fixture::new();
    let set_mode = |name, mode| fs::set_permissions(fixture.path(name), Permissions::from_mode(mode)).expect("changed");
    fixture.write("bundle", sandbox.ca_pem());
    set_mode("", 0o755);
    set_mode("bundle", 0);
    let mut application = fixture.application(&sandbox);
    application.succeeds("handles 1");
    // SAFETY: only asks.
    if unsafe { libc::geteuid() } == 0 {
        // Root may read everything; nobody may not.
        application.succeeds("user 65534");
    }
    application.fails("login", "PERSONR_TLS (roots-unreadable)", "SSL_CERT_FILE: this process has no right to read it");
    set_mode("bundle", 0o644);
    application.succeeds("login");
}

/// To open a FIFO is to wait for its other end.
#[test]
fn only_regular_files_are_opened() {
    let sandbox = Sandbox::start().expect("a sandbox");
    let fixture = Fixture::new();
    let path = std::ffi::CString::new(fixture.path("bundle").to_str().expect("UTF-8")).expect("no NUL");
    // SAFETY: the path ends with NUL.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let mut application = fixture.application(&sandbox);
    application.succeeds("handles 1");
    application.fails("login", "PERSONR_TLS (roots-unreadable)", "SSL_CERT_FILE: it is not a regular file");
    application.succeeds(&format!("ca {}", fixture.path("bundle").display()));
    application.fails("handles 1", "PERSONR_INVALID_ARGUMENT (argument)", "ca_file: it is not a regular file");
}
