//! Files that are sent: of any size in little memory, whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, thread};

use personr::ffi::*;

use crate::caller::{Refusal, Request, account};
use crate::server::{Act, Server};
use personr_testkit::figures::figures;
use personr_testkit::forked::in_child;
use personr_testkit::run_alone;

const LARGE: u64 = 50_000_000;
const MORE_MEMORY_KB: u64 = 1024;

/// A file of zeroes, or as long as it takes for a service that does not read to stop its client.
fn file_of(length: u64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("scan.pdf");
    File::create(&path).and_then(|file| file.set_len(length)).expect("a file");
    (folder, path)
}

fn upload(path: &Path, encoding: i32) -> Request {
    let request = Request::new("api-document-upload");
    request.text("applicantId", "1x2").file("docFile", path, encoding);
    request
}

/// The most memory that the process has had since the last look, in kilobytes.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a line");
    let peak = line.trim_end_matches("kB").trim().parse().expect("a number");
    fs::write("/proc/self/clear_refs", "5").expect("it begins anew");
    peak
}

#[test]
fn a_file_of_50_mb_needs_no_memory_of_its_own() {
    run_alone!();
    let (_folder, path) = file_of(LARGE);
    let base64 = LARGE.div_ceil(3) * 4;
    for (encoding, is_json, least) in [
        (PERSONR_ENCODING_BINARY, false, LARGE),
        (PERSONR_ENCODING_BASE64, false, base64),
        (PERSONR_ENCODING_OBJECT, true, base64),
    ] {
        let server = Server::start();
        let auth = account(&server, 0);
        let report = path.with_extension("grown");
        assert!(in_child(|| {
            let small = path.with_extension("small");
            fs::write(&small, "a").expect("written");
            let request = |path: &Path| {
                let request = upload(path, encoding);
                if is_json {
                    request.json();
                }
                request
            };
            // What the first request makes once is not to be counted.
            assert!(request(&small).send(&auth).is_ok());
            peak_kb();
            let before = peak_kb();
            assert!(request(&path).send(&auth).is_ok());
            fs::write(&report, (peak_kb() - before).to_string()).is_ok()
        }));
        let grown: u64 = fs::read_to_string(&report).expect("a report").parse().expect("a number");
        let received = &server.received()[1];
        assert_eq!(received.header("content-length"), [received.body_length.to_string()]);
        assert_eq!(received.header("transfer-encoding"), [] as [&str; 0]);
        let around = received.body_length as u64 - least;
        assert!((10..700).contains(&around), "{around} bytes are no file's");
        figures!("a file of 50 MB, encoding {encoding}: {grown} kB more memory");
        assert!(grown < MORE_MEMORY_KB, "encoding {encoding}: {grown} kB");
    }
}

/// More than sockets hold.
const BLOCKS: u64 = 20_000_000;

/// The file is changed when the service has read its beginning.
fn sent_around(change: impl FnOnce(&Path)) -> (Result<(), Refusal>, Server) {
    let (_folder, path) = file_of(BLOCKS);
    let server = Server::start();
    let auth = account(&server, 3);
    let request = upload(&path, PERSONR_ENCODING_BINARY);
    request.repeatable(true);
    server.then(Act::Hold(1000));
    let result = thread::scope(|scope| {
        let sending = scope.spawn(|| request.send(&auth).map(drop));
        server.wait_for_held();
        change(&path);
        server.release();
        sending.join().expect("no panic")
    });
    (result, server)
}

#[test]
fn a_file_that_is_changed_while_it_is_sent_is_not_taken_for_whole() {
    let (unchanged, _) = sent_around(|_| {});
    assert_eq!(unchanged, Ok(()));
    let append = |path: &Path| {
        OpenOptions::new().append(true).open(path).and_then(|mut file| file.write_all(b"!")).expect("longer");
    };
    let shorten = |path: &Path| {
        OpenOptions::new().write(true).open(path).and_then(|file| file.set_len(10_000_000)).expect("shorter");
    };
    let touch = |path: &Path| {
        let file = OpenOptions::new().write(true).open(path).expect("opened");
        file.set_modified(SystemTime::now() - Duration::from_secs(60)).expect("set");
    };
    let remove = |path: &Path| fs::remove_file(path).expect("removed");
    let changes: [fn(&Path); 4] = [append, shorten, touch, remove];
    for (name, change) in ["longer", "shorter", "touched", "removed"].into_iter().zip(changes) {
        let (result, server) = sent_around(change);
        let refusal = result.expect_err(name);
        assert_eq!(refusal.kind(), (PERSONR_FILE, "file-changed", 1), "{name}");
        // The login's connection, and this one, which was dropped.
        server.wait_for_ends(2);
        let received = server.received();
        let promised: usize = received[0].header("content-length")[0].parse().expect("a length");
        assert!(received.len() == 1 && received[0].body_length < promised, "{name}: {}", received[0].body_length);
    }
}

#[test]
fn what_is_no_regular_file_is_not_waited_for_and_nothing_is_sent() {
    let (folder, path) = file_of(10);
    let within = |name: &str| folder.path().join(name);
    let made = std::process::Command::new("mkfifo").arg(within("fifo")).status().expect("mkfifo runs");
    assert!(made.success());
    std::os::unix::fs::symlink("fifo", within("link to the fifo")).expect("a link");
    std::os::unix::fs::symlink("nowhere", within("dangling")).expect("a link");
    let server = Server::start();
    let auth = account(&server, 3);
    for (path, reason) in [
        (within("missing"), "file-open"),
        (within("scan.pdf/within"), "file-open"),
        (within("dangling"), "file-open"),
        (within("fifo"), "file-type"),
        (within("link to the fifo"), "file-type"),
        (folder.path().to_owned(), "file-type"),
        ("/dev/zero".into(), "file-type"),
    ] {
        let refusal = upload(&path, PERSONR_ENCODING_BASE64).send(&auth).expect_err("no file");
        assert_eq!(refusal.kind(), (PERSONR_FILE, reason, 0), "{}", path.display());
        let name = path.file_name().expect("a name").to_str().expect("UTF-8");
        assert!(!refusal.message.contains(name), "{}", refusal.message);
    }
    assert_eq!(server.received().len(), 0);
    std::os::unix::fs::symlink(&path, within("link")).expect("a link");
    assert!(upload(&within("link"), PERSONR_ENCODING_BASE64).send(&auth).is_ok(), "a link is followed");
}

#[test]
fn a_relative_path_is_resolved_at_the_send() {
    run_alone!();
    let (folder, _) = file_of(10);
    let server = Server::start();
    let auth = account(&server, 0);
    let request = upload(Path::new("scan.pdf"), PERSONR_ENCODING_BASE64);
    assert_eq!(request.send(&auth).expect_err("it is elsewhere").reason, "file-open");
    assert!(in_child(|| env::set_current_dir(folder.path()).is_ok() && request.send(&auth).is_ok()));
}
