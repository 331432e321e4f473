//! What may be wrong with the files of a `file:` store: the documented result, and no login behind the back of others.
//! A good token in memory goes on in any case.

mod client;
#[allow(dead_code)] // it is for tests that compile
mod compile;
mod fuse;
mod place;

use std::ffi::CString;
use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;
use std::process::Command;
use std::ptr::null;
use std::thread;
use std::time::Duration;

use client::Auth;
use compile::skip;
use personr::ffi::*;
use personr_sandbox::Sandbox;
use place::{DEMO, Other, Place, in_other, is_root, live_token, say, set_mode, told};

/// A user that owns nothing.
const NOBODY: u32 = 65534;

/// A store in which one handle has put a token.
struct Shared {
    sandbox: Sandbox,
    place: Place,
    good: Auth,
    token: String,
}

impl Shared {
    fn new() -> Self {
        Self::in_place(Place::new())
    }

    fn in_place(place: Place) -> Self {
        let sandbox = Sandbox::start().expect("a sandbox");
        let good = place.auth(&sandbox);
        let token = good.token().expect("a token").value;
        Self { sandbox, place, good, token }
    }

    /// A handle that has read nothing yet.
    fn fresh(&self) -> Auth {
        self.place.auth(&self.sandbox)
    }

    /// A handle that has to log in, and so to take the lock.
    fn needy(&self) -> Auth {
        let auth = self.fresh();
        auth.reject(&self.token);
        auth
    }

    fn logins(&self) -> u64 {
        self.sandbox.counters().logins
    }

    fn assert_good(&self) {
        assert_eq!(self.good.authorization(), Ok(format!("Bearer {}", self.token)));
        assert_eq!(self.good.token().map(|token| token.value), Ok(self.token.clone()));
        assert_eq!(self.good.state(), PERSONR_STATE_GOOD);
    }

    /// It fails for this reason, without a login, and good tokens go on.
    fn assert_fails(&self, auth: &Auth, reason: &str) {
        let before = self.logins();
        let failure = auth.token().expect_err(reason);
        assert_eq!(failure.kind(), (PERSONR_STORE, reason), "{failure:?}");
        let folder = self.place.folder().to_str().expect("UTF-8");
        assert!(!failure.message.contains(folder), "a path is nobody's business: {failure:?}");
        assert_eq!(self.logins(), before, "{reason}");
        self.assert_good();
    }

    /// It logs in, once, and others find that token.
    fn assert_logs_in(&self) {
        let before = self.logins();
        self.assert_good();
        let token = self.fresh().token().expect("a token").value;
        assert_eq!((self.fresh().token().expect("the same").value, live_token(&self.sandbox)), (token.clone(), token));
        assert_eq!(self.logins(), before + 1);
    }
}

type Spoil = fn(&Path);

/// How a file can be wrong in kind, and the reason that is given.
const WRONG: [(&str, Spoil); 6] = [
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
    ("store-size", |path| fs::write(path, vec![b' '; 65_537]).expect("written")),
];

#[test]
fn a_record_that_is_wrong_in_kind_is_an_error_and_no_login() {
    for (reason, spoil) in WRONG {
        let shared = Shared::new();
        spoil(&shared.place.file("json"));
        let fresh = shared.fresh();
        shared.assert_fails(&fresh, reason);
        assert_eq!(fresh.login().expect_err("nor when it is asked for").kind(), (PERSONR_STORE, reason));
        assert_eq!(shared.logins(), 1);
        fs::remove_dir_all(shared.place.directory()).expect("removed");
        shared.assert_logs_in();
        assert!(fresh.token().is_ok(), "it is over when it is over");
    }
}

#[test]
fn a_lock_that_is_wrong_in_kind_stops_logins_alone() {
    for (reason, spoil) in WRONG {
        let shared = Shared::new();
        spoil(&shared.place.file("lock"));
        assert_eq!(shared.fresh().token().expect("it needs no lock").value, shared.token);
        shared.assert_fails(&shared.needy(), reason);
    }
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
        spoil(&shared.place.file("json"));
        shared.assert_logs_in();
    }
}

#[test]
fn a_record_of_a_later_version_is_left_alone() {
    let shared = Shared::new();
    let record = r#"{"version":2,"token":{"of":"another kind"}}"#;
    fs::write(shared.place.file("json"), record).expect("written");
    shared.assert_fails(&shared.fresh(), "store-version");
    assert_eq!(shared.fresh().login().expect_err("nor when asked for").kind(), (PERSONR_STORE, "store-version"));
    assert_eq!(fs::read_to_string(shared.place.file("json")).expect("still there"), record);
    assert_eq!(shared.logins(), 1);
}

#[test]
fn a_store_that_fails_is_nobodys_error_while_the_token_is_good() {
    let shared = Shared::new();
    shared.sandbox.set_lifetime(2.0);
    let options = shared.place.options(&shared.sandbox);
    options.renew_before_s(1_000);
    let auth = options.demo();
    let token = auth.login().expect("a token").authorization;
    fs::remove_dir_all(shared.place.folder()).expect("removed");
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
    fs::remove_dir_all(shared.place.directory()).expect("removed");
    shared.assert_logs_in();
    assert_eq!(place::mode(&shared.place.directory()), 0o700);
}

#[test]
fn a_directory_without_a_parent_is_an_error() {
    let shared = Shared::new();
    fs::remove_dir_all(shared.place.folder()).expect("removed");
    shared.assert_fails(&shared.fresh(), "store-open");
    fs::create_dir(shared.place.folder()).expect("made again");
    shared.assert_logs_in();
}

#[test]
fn a_directory_that_others_may_write_is_an_error() {
    for mode in [0o770, 0o707, 0o1777] {
        let shared = Shared::new();
        set_mode(&shared.place.directory(), mode);
        shared.assert_fails(&shared.fresh(), "store-permissions");
        set_mode(&shared.place.directory(), 0o755);
        assert_eq!(shared.fresh().token().expect("they may look at the names").value, shared.token);
    }
}

#[test]
fn what_belongs_to_another_user_is_an_error() {
    if !is_root() {
        return skip("what_belongs_to_another_user_is_an_error", "only root can give files away");
    }
    let shared = Shared::new();
    let (directory, record, lock) = (shared.place.directory(), shared.place.file("json"), shared.place.file("lock"));
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
        let (directory, lock) = (shared.place.directory(), shared.place.file("lock"));
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
    // Root may do anything, so a thread of ours becomes another user: the call, unlike libc's, is for it alone.
    let thread = thread::spawn(move || {
        // SAFETY: numbers alone; the thread ends with the test.
        assert_eq!(unsafe { libc::syscall(libc::SYS_setresuid, NOBODY, NOBODY, NOBODY) }, 0);
        work();
    });
    thread.join().expect("no panic");
}

/// Runs `work` on a thread with mounts of its own, which go with it, in a folder on which `mount` has put something.
fn on_a_mount(name: &str, mount: fn(&Path) -> bool, work: impl FnOnce(Place) + Send) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let made = unshare_mounts() && mount(folder.path());
            if made {
                work(Place::within(folder.path()));
            }
            made
        });
        thread.join().expect("no panic")
    });
    if !made {
        skip(name, "it cannot mount a file system (it is not root, or in a container)");
    }
}

fn unshare_mounts() -> bool {
    let all = libc::MS_REC | libc::MS_PRIVATE;
    // SAFETY: of this thread alone; the text ends with NUL, and what is NULL is not looked at.
    unsafe { libc::unshare(libc::CLONE_NEWNS) == 0 && libc::mount(null(), c"/".as_ptr(), null(), all, null()) == 0 }
}

fn mount_tmpfs(path: &Path, flags: libc::c_ulong) -> bool {
    let path = CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
    // SAFETY: all texts end with NUL.
    unsafe {
        let options = c"size=256k,mode=0755".as_ptr().cast();
        libc::mount(c"none".as_ptr(), path.as_ptr(), c"tmpfs".as_ptr(), flags, options) == 0
    }
}

#[test]
fn a_read_only_store_is_read() {
    let name = "a_read_only_store_is_read";
    on_a_mount(
        name,
        |path| mount_tmpfs(path, 0),
        |place| {
            let shared = Shared::in_place(place);
            // A process that another test is starting may have a copy of a descriptor, until it is another program.
            while !mount_tmpfs(shared.place.folder(), libc::MS_REMOUNT | libc::MS_RDONLY) {
                assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EBUSY));
            }
            assert_eq!(shared.fresh().token().expect("from the file").value, shared.token);
            shared.assert_fails(&shared.needy(), "store-read-only");
            assert!(mount_tmpfs(shared.place.folder(), libc::MS_REMOUNT));
            assert!(shared.needy().token().is_ok());
        },
    );
}

#[test]
#[ignore = "run by on_a_full_disk_nobody_logs_in"]
fn other_token() {
    say(&told(in_other().demo().token()));
}

#[test]
fn on_a_full_disk_nobody_logs_in() {
    let name = "on_a_full_disk_nobody_logs_in";
    on_a_mount(
        name,
        |path| mount_tmpfs(path, 0),
        |place| {
            // All but two pages: the directory and the lock file could be made, the record could not.
            fs::write(place.folder().join("filler"), vec![1; (256 - 8) * 1024]).expect("there is room");
            let sandbox = Sandbox::start().expect("a sandbox");
            let full = format!("{PERSONR_STORE} store-full");
            for _ in 0..3 {
                assert_eq!(told(place.auth(&sandbox).token()), full);
                assert_eq!(told(place.auth(&sandbox).login()), full);
                assert_eq!(Other::start("other_token", &sandbox, &place.url()).said(), full);
            }
            assert_eq!(sandbox.counters().connections, 0);
            assert_eq!(place.files().len(), 1, "the lock file alone");

            fs::remove_file(place.folder().join("filler")).expect("removed");
            let shared = Shared::in_place(place);
            fs::write(shared.place.folder().join("filler"), vec![1; 256 * 1024]).expect_err("the disk is full");
            assert_eq!(shared.fresh().token().expect("from the file").value, shared.token);
            shared.assert_fails(&shared.needy(), "store-full");
        },
    );
}

#[test]
fn a_network_file_system_is_refused() {
    let name = "a_network_file_system_is_refused";
    on_a_mount(name, fuse::mount, |place| {
        let sandbox = Sandbox::start().expect("a sandbox");
        let options = place.options(&sandbox);
        options.token_store(&format!("file:{}", place.folder().display())).expect("accepted");
        let failure = options.auth(DEMO.0, DEMO.1).expect("no I/O yet").token().expect_err("FUSE");
        assert_eq!(failure.kind(), (PERSONR_STORE, "store-network-fs"), "{failure:?}");
        assert_eq!(sandbox.counters().connections, 0);
    });
}
