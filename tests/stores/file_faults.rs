//! What may be wrong with the files of a `file:` store: the documented result, and no login behind the back of others.
//! A good token in memory goes on in any case.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use personr::ffi::*;
use personr_testkit::compile::skip;
use personr_testkit::store_directory::shared::Shared;
use personr_testkit::store_directory::{self, is_root, set_mode};

/// A user that owns nothing.
const NOBODY: u32 = 65534;

type Spoil = fn(&Path);

/// How a file can be wrong in kind, and the reason that is given.
const WRONG: [(&str, Spoil); 5] = [
    ("store-permissions", |path| set_mode(path, 0o644)),
    ("store-link", |path| {
        fs::rename(path, path.with_extension("moved")).expect("moved");
        symlink(path.with_extension("moved"), path).expect("a link");
    }),
    ("store-link", |path| fs::hard_link(path, path.with_extension("second")).expect("a link")),
    ("store-type", |path| {
        fs::remove_file(path).expect("removed");
        assert!(Command::new("mkfifo").arg(path).status().expect("run").success());
    }),
    ("store-type", |path| {
        fs::remove_file(path).expect("removed");
        fs::create_dir(path).expect("made");
    }),
];

fn fill(path: &Path) {
    fs::write(path, vec![b' '; 65_537]).expect("written");
}

#[test]
fn a_record_that_is_wrong_in_kind_is_an_error_and_no_login() {
    for (reason, spoil) in WRONG.into_iter().chain([("store-size", fill as Spoil)]) {
        let shared = Shared::new();
        spoil(&shared.store.file("json"));
        let fresh = shared.fresh();
        shared.assert_fails(&fresh, reason);
        assert_eq!(fresh.login().expect_err("nor when it is asked for").kind(), (PERSONR_STORE, reason));
        assert_eq!(shared.logins(), 1);
        fs::remove_dir_all(shared.store.path()).expect("removed");
        shared.assert_logs_in();
        assert!(fresh.token().is_ok(), "it is over when it is over");
    }
}

#[test]
fn a_lock_that_is_wrong_in_kind_stops_logins_alone() {
    for (reason, spoil) in WRONG {
        let shared = Shared::new();
        spoil(&shared.store.file("lock"));
        assert_eq!(shared.fresh().token().expect("it needs no lock").value, shared.token);
        shared.assert_fails(&shared.needy(), reason);
    }
}

#[test]
fn what_is_in_a_lock_file_stops_nobody() {
    let shared = Shared::new();
    fill(&shared.store.file("lock"));
    assert_ne!(shared.needy().token().expect("a login").value, shared.token);
}

#[test]
fn a_record_that_cannot_be_read_is_replaced() {
    let random: Vec<u8> = (0..4096_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let truncate: &dyn Fn(&Path) = &|path| {
        let record = fs::read(path).expect("a record");
        fs::write(path, &record[..record.len() / 2]).expect("written");
    };
    let empty: &dyn Fn(&Path) = &|path| fs::write(path, "").expect("written");
    for spoil in [truncate, empty, &|path| fs::write(path, &random).expect("written")] {
        let shared = Shared::new();
        spoil(&shared.store.file("json"));
        shared.assert_logs_in();
    }
}

#[test]
fn a_record_of_a_later_version_is_left_alone() {
    let shared = Shared::new();
    let record = r#"{"version":2,"token":{"of":"another kind"}}"#;
    fs::write(shared.store.file("json"), record).expect("written");
    shared.assert_fails(&shared.fresh(), "store-version");
    assert_eq!(shared.fresh().login().expect_err("nor when asked for").kind(), (PERSONR_STORE, "store-version"));
    assert_eq!(fs::read_to_string(shared.store.file("json")).expect("still there"), record);
    assert_eq!(shared.logins(), 1);
}

#[test]
fn a_failing_store_fails_no_call_while_the_token_is_good() {
    let shared = Shared::new();
    shared.sandbox.set_lifetime(2.0);
    let options = shared.store.options(&shared.sandbox);
    options.renew_before_s(1_000);
    let auth = options.demo();
    let token = auth.login().expect("a token").authorization;
    fs::remove_dir_all(shared.store.parent()).expect("removed");
    while auth.state() == PERSONR_STATE_GOOD {
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!((auth.state(), auth.authorization()), (PERSONR_STATE_RENEWING, Ok(token)));
    assert_eq!(shared.logins(), 2, "it cannot be renewed");
    assert_eq!(auth.login().expect_err("nor when asked for").kind(), (PERSONR_STORE, "store-open"));
    assert_eq!(shared.logins(), 2);
}

#[test]
fn a_directory_that_has_gone_is_made_again() {
    let shared = Shared::new();
    fs::remove_dir_all(shared.store.path()).expect("removed");
    shared.assert_logs_in();
    assert_eq!(store_directory::mode(&shared.store.path()), 0o700);
}

#[test]
fn a_directory_without_a_parent_is_an_error() {
    let shared = Shared::new();
    fs::remove_dir_all(shared.store.parent()).expect("removed");
    shared.assert_fails(&shared.fresh(), "store-open");
    fs::create_dir(shared.store.parent()).expect("made again");
    shared.assert_logs_in();
}

#[test]
fn a_directory_that_others_may_write_is_an_error() {
    for mode in [0o770, 0o707, 0o1777] {
        let shared = Shared::new();
        set_mode(&shared.store.path(), mode);
        shared.assert_fails(&shared.fresh(), "store-permissions");
        set_mode(&shared.store.path(), 0o755);
        assert_eq!(shared.fresh().token().expect("they may look at the names").value, shared.token);
    }
}

#[test]
fn what_belongs_to_another_user_is_an_error() {
    if !is_root() {
        return skip("what_belongs_to_another_user_is_an_error", "only root can give files away");
    }
    let shared = Shared::new();
    let (directory, record, lock) = (shared.store.path(), shared.store.file("json"), shared.store.file("lock"));
    let give = |path: &Path, user| chown(path, Some(user), None).expect("given");
    for path in [&directory, &record] {
        give(path, NOBODY);
        shared.assert_fails(&shared.fresh(), "store-owner");
        give(path, 0);
    }
    give(&lock, NOBODY);
    shared.assert_fails(&shared.needy(), "store-owner");
    assert_eq!(shared.fresh().token().expect("it needs no lock").value, shared.token);
}

#[test]
fn a_directory_in_which_nothing_may_be_made_is_an_error() {
    let work = || {
        let shared = Shared::new();
        let (directory, lock) = (shared.store.path(), shared.store.file("lock"));
        set_mode(&directory, 0o500);
        assert_eq!(shared.fresh().token().expect("the record may be read").value, shared.token);
        shared.assert_fails(&shared.needy(), "store-permissions");
        set_mode(&directory, 0o700);
        set_mode(&lock, 0o400);
        shared.assert_fails(&shared.needy(), "store-permissions");
        set_mode(&directory, 0o000);
        shared.assert_fails(&shared.fresh(), "store-permissions");
        set_mode(&directory, 0o700);
    };
    if !is_root() {
        return work();
    }
    // The plain name is that of a call with users of 16 bits on these machines.
    #[cfg(not(any(target_arch = "x86", target_arch = "arm")))]
    use libc::SYS_setresuid;
    #[cfg(any(target_arch = "x86", target_arch = "arm"))]
    use libc::SYS_setresuid32 as SYS_setresuid;
    // Root may do anything, so a thread of ours becomes another user: the call, unlike libc's, is for it alone.
    let thread = thread::spawn(move || {
        // SAFETY: numbers alone; the thread ends with the test.
        assert_eq!(unsafe { libc::syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) }, 0);
        work();
    });
    thread.join().expect("no panic");
}
