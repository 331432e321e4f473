use super::*;

use std::fs;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::CertificateError;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{ServerName, UnixTime};
use tempfile::TempDir;

use super::super::{Refusal, UNKNOWN_ISSUER};
use crate::environment::Environment;
use crate::sys::{end_of, in_child, limit_descriptors, make_fifo, start_child};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new([]).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
}

/// A system whose places are in a folder of its own.
struct Ground {
    folder: TempDir,
    system: System,
}

impl Ground {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir(folder.path().join("certs")).expect("a directory");
        let path = |name: &str| Some(folder.path().join(name).to_str().expect("UTF-8").as_bytes().to_vec());
        let environment = Environment::of(|name| match name {
            "SSL_CERT_FILE" => path("bundle"),
            "SSL_CERT_DIR" => path("certs"),
            _ => None,
        });
        let system = System::new(Places::of(&environment), &Arc::new(default_provider()));
        Self { folder, system }
    }

    fn write(&self, name: &str, contents: &str) {
        fs::write(self.folder.path().join(name), contents).expect("written");
    }

    /// As programs do that nobody shall see half of a file of.
    fn replace(&self, name: &str, contents: &str) {
        self.write("new", contents);
        fs::rename(self.folder.path().join("new"), self.folder.path().join(name)).expect("renamed");
    }

    /// Whether there is trust in a server of this issuer's; else reason and message.
    fn asked_for(&self, issuer: &Authority) -> Result<(), (String, String)> {
        let params = CertificateParams::new(["personr.test".to_owned()]).expect("parameters");
        let leaf = params.signed_by(&KeyPair::generate().expect("a key"), issuer).expect("a certificate");
        let name = ServerName::try_from("personr.test").expect("a name");
        let ask = |verifier: &dyn ServerCertVerifier| {
            verifier.verify_server_cert(leaf.der(), &[], &name, &[], UnixTime::now())
        };
        let error = match self.system.verify(&ask, None) {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        Err(match Refusal::within(&error) {
            Some(refusal) => (refusal.reason.to_owned(), refusal.message.clone()),
            None => {
                assert_eq!(error, CertificateError::UnknownIssuer.into());
                (UNKNOWN_ISSUER.0.to_owned(), UNKNOWN_ISSUER.1.to_owned())
            }
        })
    }

    #[track_caller]
    fn trusts(&self, issuer: &Authority) {
        assert_eq!(self.asked_for(issuer), Ok(()));
    }

    #[track_caller]
    fn refuses(&self, issuer: &Authority, reason: &str, words: &str) {
        let (found, message) = self.asked_for(issuer).expect_err("refused");
        assert!(found == reason && message.contains(words), "{found}: {message}");
    }

    /// The roots of a part, looked at so long after now that what is there is not new any more.
    fn later(&self, part: Part) -> Arc<Roots> {
        let now = Now::read().unix + Duration::from_secs(60);
        self.system.roots(part, i64::try_from(now.as_secs()).expect("it fits")).expect("a verifier")
    }
}

const UNKNOWN: &str = UNKNOWN_ISSUER.0;

#[test]
fn the_directory_is_read_only_for_a_server_that_the_file_does_not_vouch_for() {
    let [ours, other, third] = ["a root", "another", "a third"].map(authority);
    let ground = Ground::new();
    ground.write("bundle", &ours.pem());
    ground.write("certs/0a1b2c3d.0", &other.pem());
    ground.later(Part::File);
    ground.trusts(&ours);
    assert!(ground.system.kept().directories.is_none());
    ground.later(Part::Directories);
    ground.trusts(&other);
    ground.refuses(&third, UNKNOWN, "");
    assert!(ground.system.kept().directories.is_some());
}

#[test]
fn roots_follow_the_changes_of_the_files() {
    let [first, second, third] = ["first", "second", "third"].map(authority);
    for name in ["bundle", "certs/00000000.0"] {
        let ground = Ground::new();
        // A CA that rotates twice, and is taken out at last: in place, and by another file.
        for write in [Ground::write, Ground::replace] {
            for (now, former) in [(&first, &third), (&second, &first), (&third, &second)] {
                write(&ground, name, &now.pem());
                ground.trusts(now);
                ground.refuses(former, UNKNOWN, "");
            }
        }
        ground.write(name, &[first.pem(), second.pem()].concat());
        ground.trusts(&first);
        fs::remove_file(ground.folder.path().join(name)).expect("removed");
        ground.refuses(
            &first,
            "no-roots",
            "no trusted root certificates (SSL_CERT_FILE: it does not exist; SSL_CERT_DIR: ",
        );
        ground.write(name, &third.pem());
        ground.trusts(&third);
    }
}

#[test]
fn unchanged_files_are_read_once() {
    let [first, second] = ["a root", "another"].map(authority);
    for (part, name) in [(Part::File, "bundle"), (Part::Directories, "certs/00000000.0")] {
        let ground = Ground::new();
        ground.write(name, &first.pem());
        let roots = ground.later(part);
        assert!(Arc::ptr_eq(&roots, &ground.later(part)), "{name}");
        // Another file of that name.
        ground.replace(name, &second.pem());
        let others = ground.later(part);
        assert!(!Arc::ptr_eq(&roots, &others), "{name}");
        assert!(Arc::ptr_eq(&others, &ground.later(part)), "{name}");
        // What the directory has besides does not count.
        ground.write("certs/README", "");
        assert!(Arc::ptr_eq(&others, &ground.later(part)), "{name}");
    }
}

/// Its times may stay the same at the next change.
#[test]
fn a_file_that_has_just_changed_is_read_again() {
    let ground = Ground::new();
    ground.write("bundle", &authority("a root").pem());
    let now = || i64::try_from(Now::read().unix.as_secs()).expect("it fits");
    let roots = || ground.system.roots(Part::File, now()).expect("a verifier");
    assert!(!Arc::ptr_eq(&roots(), &roots()));
    let kept = ground.later(Part::File);
    // What was kept later on is good for the same look.
    assert!(Arc::ptr_eq(&kept, &roots()));
}

#[test]
fn a_reading_with_errors_is_used_once_and_never_kept() {
    let [ours, other] = ["a root", "another"].map(authority);
    let half = other.pem().split_at(200).0.to_owned();
    for (part, name) in [(Part::File, "bundle"), (Part::Directories, "certs/00000000.0")] {
        let ground = Ground::new();
        ground.write(name, &(ours.pem() + &half));
        assert!(!Arc::ptr_eq(&ground.later(part), &ground.later(part)), "{name}");
        ground.trusts(&ours);
        ground.refuses(&other, "roots-unreadable", ": certificate 2 (line ");
    }
    // One that rustls cannot read is not half written, and as good as not there.
    let ground = Ground::new();
    let strange = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    ground.write("bundle", &(strange.to_owned() + &ours.pem()));
    assert!(Arc::ptr_eq(&ground.later(Part::File), &ground.later(Part::File)));
    ground.trusts(&ours);
    ground.refuses(&other, UNKNOWN, "SSL_CERT_FILE: certificate 1 (line 1): it cannot be read");
}

#[test]
fn a_lack_of_descriptors_is_reported_and_the_next_reading_succeeds() {
    let ours = authority("a root");
    for name in ["bundle", "certs/00000000.0"] {
        let ground = Ground::new();
        ground.write("bundle", "");
        ground.write(name, &ours.pem());
        let work = || {
            limit_descriptors(0, 64);
            ground.refuses(&ours, "roots-unreadable", "too many open files");
            limit_descriptors(64, 64);
            ground.trusts(&ours);
            7
        };
        assert_eq!(in_child(work), 7, "{name}");
    }
}

#[test]
fn only_regular_files_are_opened() {
    let ours = authority("a root");
    let ground = Ground::new();
    let path = |name: &str| ground.folder.path().join(name);
    ["bundle", "certs/00000000.0"].iter().for_each(|name| make_fifo(&path(name)));
    ground.refuses(
        &ours,
        "roots-unreadable",
        "SSL_CERT_FILE: it is not a regular file; SSL_CERT_DIR/00000000.0: it is",
    );
    ground.write("certs/00000000.1", &ours.pem());
    ground.trusts(&ours);
    // More than one may have.
    fs::remove_file(path("bundle")).expect("removed");
    fs::File::create(path("bundle")).and_then(|file| file.set_len((16 << 20) + 1)).expect("made");
    fs::remove_file(path("certs/00000000.1")).expect("removed");
    ground.refuses(&ours, "roots-unreadable", "SSL_CERT_FILE: it is larger than 16 MiB");
}

/// As OpenSSL: names of eight digits, a dot and a number; links too.
#[test]
fn only_files_with_hashed_names_count_in_a_directory() {
    let ours = authority("a root");
    let ground = Ground::new();
    let names =
        ["root.pem", "0a1b2c3d", "0A1B2C3D.0", "0a1b2c3d.r0", "0a1b2c3.0", "0a1b2c3d4.0", "0a1b2c3d.", "0a1b2c3d.0x"];
    for name in names {
        ground.write(&format!("certs/{name}"), &ours.pem());
    }
    ground.refuses(&ours, "no-roots", "SSL_CERT_DIR: no file in it has a name such as 0a1b2c3d.0");
    let link = ground.folder.path().join("certs/0a1b2c3d.17");
    std::os::unix::fs::symlink("root.pem", &link).expect("a link");
    ground.trusts(&ours);
    fs::remove_file(&link).expect("removed");
    std::os::unix::fs::symlink("nowhere.pem", &link).expect("a link");
    ground.refuses(&ours, "no-roots", "SSL_CERT_FILE: it does not exist");
}

#[test]
fn a_forked_child_reads_the_roots_itself() {
    let ours = authority("a root");
    let ground = Ground::new();
    ground.write("bundle", &ours.pem());
    ground.later(Part::File);
    // Held by a thread that the child does not have.
    let kept = ground.system.kept();
    let child = start_child(|| i32::from(ground.asked_for(&ours).is_ok()));
    assert_eq!(end_of(child), 1);
    drop(kept);
}
