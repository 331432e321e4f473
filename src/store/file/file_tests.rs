//! What is in the directory, and what may be wrong with it.

#[path = "lock_tests.rs"]
mod locks;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

use super::*;
use crate::error::{Error, Status};
use crate::sys::{become_user, files, in_child, set_umask};

const KEY: &str = "0a1b";

/// A folder in which the store is made.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().expect("a folder"))
    }

    fn directory(&self) -> PathBuf {
        self.0.path().join("store")
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.directory().join(format!("{KEY}.{ending}"))
    }

    fn store(&self) -> FileStore {
        store_in(&self.directory())
    }
}

fn store_in(directory: &Path) -> FileStore {
    FileStore::open(&Arc::from(directory), KEY)
}

fn owner() -> Owner {
    Owner::random().expect("random")
}

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn try_lock(store: &FileStore) -> Option<Box<dyn StoreLock + '_>> {
    store.lock(&owner(), soon(), Duration::ZERO).expect("works")
}

fn save(store: &FileStore, record: &[u8]) {
    assert_eq!(try_lock(store).expect("free").save(record), Ok(SaveOutcome::Saved));
}

fn record(store: &FileStore) -> Option<Vec<u8>> {
    store.load(soon()).expect("works").map(|record| record.to_vec())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("changed");
}

/// What fails first: looking at the record, or taking the lock and preparing a save.
fn failure(store: &FileStore) -> Error {
    let error = store.load(soon()).map(drop).and_then(|()| {
        let mut locked = store.lock(&owner(), soon(), Duration::ZERO)?.expect("free");
        locked.prepare()
    });
    let error = error.expect_err("it fails");
    assert_eq!(error.status(), Status::Store);
    assert!(!error.message().contains("/tmp"), "{error}");
    error
}

#[test]
fn a_directory_is_an_absolute_path() {
    let here = std::env::current_dir().expect("a working directory");
    for (text, path) in [
        ("/var/lib/x", PathBuf::from("/var/lib/x")),
        ("///var/lib/x", PathBuf::from("/var/lib/x")),
        ("/with space%20", PathBuf::from("/with space%20")),
        ("tokens", here.join("tokens")),
        ("./tokens", here.join("tokens")),
        ("~tokens", here.join("~tokens")),
    ] {
        assert_eq!(parse_directory(text).as_deref(), Ok(&*path), "{text}");
    }
    for text in ["", "//host/path", "//localhost/var/lib/x", "~", "~/tokens", "/a\0b"] {
        assert!(parse_directory(text).is_err(), "{text}");
    }
    let long = |length| format!("/{}", "d".repeat(length - 1));
    assert!(parse_directory(&long(PATH_MAX)).is_ok() && parse_directory(&long(PATH_MAX + 1)).is_err());
}

#[test]
fn a_saved_record_is_loaded_and_belongs_to_its_user_alone() {
    let place = Place::new();
    let store = place.store();
    assert_eq!(record(&store), None);
    assert!(!place.directory().exists(), "looking makes nothing");
    save(&store, b"a long one");
    assert_eq!(record(&store).as_deref(), Some(&b"a long one"[..]));
    save(&store, b"short");
    assert_eq!(record(&place.store()).as_deref(), Some(&b"short"[..]));
    assert_eq!(mode(&place.directory()), 0o700);
    assert_eq!((mode(&place.file("json")), mode(&place.file("lock"))), (0o600, 0o600));
    assert_eq!(fs::read_dir(place.directory()).expect("a directory").count(), 2, "no new file is left");
}

#[test]
fn a_prepared_save_reserves_room_and_leaves_nothing_behind() {
    let place = Place::new();
    let store = place.store();
    let mut locked = try_lock(&store).expect("free");
    locked.prepare().expect("room");
    let prepared = fs::metadata(place.file("new")).expect("it is there");
    assert_eq!((prepared.len(), mode(&place.file("new"))), (super::super::RECORD_MAX as u64, 0o600));
    drop(locked);
    assert!(!place.file("new").exists());
    let mut locked = try_lock(&store).expect("free");
    locked.prepare().expect("room");
    assert_eq!(locked.save(b"record"), Ok(SaveOutcome::Saved));
    assert_eq!(record(&store).as_deref(), Some(&b"record"[..]));
}

#[test]
fn a_removed_directory_is_made_again() {
    let place = Place::new();
    let store = place.store();
    save(&store, b"one");
    let mut locked = try_lock(&store).expect("free");
    locked.prepare().expect("room");
    fs::remove_dir_all(place.directory()).expect("removed");
    assert_eq!(record(&store), None);
    assert_eq!(locked.save(b"two").expect_err("no directory").reason(), "store-open");
    fs::create_dir(place.directory()).expect("made");
    assert_eq!(locked.save(b"two").expect_err("no lock file").reason(), "store-open");
    drop(locked);
    save(&store, b"three");
    assert_eq!(record(&store).as_deref(), Some(&b"three"[..]));
}

#[test]
fn the_files_of_a_killed_process_are_replaced() {
    let leave: [fn(&Path); 5] = [
        |new| fs::write(new, b"half a rec").expect("written"),
        |new| symlink("elsewhere", new).expect("a link"),
        |new| fs::hard_link(new.with_extension("other"), new).expect("a link"),
        make_fifo,
        |new| set_mode_of_new(new, 0o666),
    ];
    for (number, leave) in leave.into_iter().enumerate() {
        let place = Place::new();
        save(&place.store(), b"former");
        let elsewhere = place.file("other");
        fs::write(&elsewhere, b"another's").expect("written");
        leave(&place.file("new"));
        save(&place.store(), b"record");
        assert_eq!(record(&place.store()).as_deref(), Some(&b"record"[..]), "{number}");
        assert_eq!(fs::read(&elsewhere).expect("still there"), b"another's", "{number}");
        assert!(!place.directory().join("elsewhere").exists(), "{number}");
        assert_eq!(mode(&place.file("json")), 0o600, "{number}");
    }
}

fn set_mode_of_new(new: &Path, mode: u32) {
    fs::write(new, b"for all").expect("written");
    set_mode(new, mode);
}

fn make_fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("run").success());
}

/// The reason that is given, and what is done to a path.
type Spoil = (&'static str, fn(&Path));

#[test]
fn an_error_names_the_file_of_a_wrong_kind() {
    let spoil: [Spoil; 7] = [
        ("store-permissions", |path| set_mode(path, 0o644)),
        ("store-permissions", |path| set_mode(path, 0o620)),
        ("store-link", |path| {
            fs::rename(path, path.with_extension("moved")).expect("moved");
            symlink(path.with_extension("moved"), path).expect("a link");
        }),
        ("store-link", |path| fs::hard_link(path, path.with_extension("second")).expect("a link")),
        ("store-type", |path| {
            fs::remove_file(path).expect("removed");
            make_fifo(path);
        }),
        ("store-type", |path| {
            fs::remove_file(path).expect("removed");
            fs::create_dir(path).expect("made");
        }),
        ("store-type", |path| {
            fs::remove_file(path).expect("removed");
            drop(UnixListener::bind(path).expect("a socket"));
        }),
    ];
    for ending in ["json", "lock"] {
        for (number, (reason, spoil)) in spoil.into_iter().enumerate() {
            let place = Place::new();
            save(&place.store(), b"record");
            spoil(&place.file(ending));
            let error = failure(&place.store());
            assert_eq!(error.reason(), reason, "{number} {ending} {error}");
            assert!(error.message().contains(&format!("(KEY.{ending})")), "{error}");
        }
    }
}

#[test]
fn a_record_file_has_a_limit_and_a_lock_file_has_none() {
    let place = Place::new();
    save(&place.store(), b"record");
    for length in [1, 65_537, 1 << 30] {
        let lock = fs::OpenOptions::new().write(true).open(place.file("lock")).expect("it opens");
        lock.set_len(length).expect("it is sparse");
        save(&place.store(), b"record");
        assert_eq!(fs::metadata(place.file("lock")).expect("it is there").len(), length, "its content means nothing");
    }
    fs::write(place.file("json"), vec![b' '; 65_536]).expect("written");
    assert_eq!(record(&place.store()).map(|record| record.len()), Some(65_536), "just large enough");
    fs::write(place.file("json"), vec![b' '; 65_537]).expect("written");
    let error = failure(&place.store());
    assert!(error.reason() == "store-size" && error.message().contains("(KEY.json)"), "{error}");
}

/// Runs `work` in a child that is not root, which may do anything; in a place of that user's.
fn as_a_user(work: impl FnOnce(&Place)) {
    const NOBODY: u32 = 65534;
    let place = Place::new();
    let is_root = files::effective_user() == 0;
    if is_root {
        chown(place.0.path(), Some(NOBODY), None).expect("given");
    }
    let wrong = in_child(|| {
        if is_root {
            become_user(NOBODY);
        }
        work(&place);
        0
    });
    assert_eq!(wrong, 0, "a child panicked");
}

#[test]
fn new_files_have_their_mode_whatever_the_umask_is() {
    for umask in [0o000, 0o077, 0o177, 0o277, 0o377, 0o477, 0o577, 0o777] {
        as_a_user(|place| {
            set_umask(umask);
            let store = place.store();
            let mut locked = try_lock(&store).expect("free");
            locked.prepare().expect("room");
            assert_eq!(mode(&place.file("new")), 0o600, "{umask:o}");
            assert_eq!(locked.save(b"record"), Ok(SaveOutcome::Saved), "{umask:o}");
            drop(locked);
            assert_eq!(record(&place.store()).as_deref(), Some(&b"record"[..]), "{umask:o}");
            assert_eq!(mode(&place.directory()), 0o700, "{umask:o}");
            assert_eq!((mode(&place.file("json")), mode(&place.file("lock"))), (0o600, 0o600), "{umask:o}");
            save(&place.store(), b"again");
        });
    }
}

/// The modes of what others made are theirs.
#[test]
fn existing_files_keep_their_mode() {
    as_a_user(|place| {
        save(&place.store(), b"record");
        for (path, wrong) in [(place.directory(), 0o500), (place.file("lock"), 0o400), (place.file("json"), 0o200)] {
            let right = mode(&path);
            set_mode(&path, wrong);
            assert_eq!(failure(&place.store()).reason(), PERMISSIONS);
            assert_eq!(mode(&path), wrong);
            set_mode(&path, right);
        }
    });
}

/// It meets a directory or a lock file before the process that makes it has set its mode.
#[test]
fn a_process_waits_until_another_has_set_the_mode() {
    as_a_user(|place| {
        save(&place.store(), b"record");
        for path in [place.directory(), place.file("lock")] {
            let right = mode(&path);
            set_mode(&path, 0);
            let store = place.store();
            thread::scope(|scope| {
                scope.spawn(|| {
                    thread::sleep(Duration::from_millis(20));
                    set_mode(&path, right);
                });
                let load = || store.load(soon()).map(|record| record.is_some());
                let lock = || store.lock(&owner(), soon(), Duration::from_secs(60)).map(|held| held.is_some());
                assert_eq!((load(), lock()), (Ok(true), Ok(true)));
            });
        }
    });
}

#[test]
fn a_try_does_not_wait_for_the_mode() {
    as_a_user(|place| {
        save(&place.store(), b"record");
        set_mode(&place.file("lock"), 0);
        let took = || {
            let begun = Instant::now();
            assert_eq!(
                place.store().lock(&owner(), soon(), Duration::ZERO).map(drop).expect_err("no mode").reason(),
                PERMISSIONS
            );
            begun.elapsed()
        };
        // All of them while the directory is young: after that nobody waits.
        assert!((0..3).any(|_| took() < MAKING));
    });
}

#[test]
fn an_error_says_what_is_wrong_with_the_directory() {
    let spoil: [Spoil; 5] = [
        ("store-type", |path| fs::write(path, b"").expect("written")),
        ("store-type", make_fifo),
        ("store-open", |path| symlink("nowhere", path).expect("a link")),
        ("store-link", |path| symlink(path, path).expect("a link")),
        ("store-permissions", |path| {
            fs::create_dir(path).expect("made");
            set_mode(path, 0o770);
        }),
    ];
    for (reason, spoil) in spoil {
        let place = Place::new();
        spoil(&place.directory());
        let error = failure(&place.store());
        assert_eq!(error.reason(), reason, "{error}");
        assert!(error.message().contains("the store's directory"), "{error}");
    }
    let place = Place::new();
    let error = failure(&store_in(&place.directory().join("parents/are/not/made")));
    assert_eq!(error.reason(), "store-open", "{error}");
    fs::create_dir(place.directory()).expect("made");
    set_mode(&place.directory(), 0o755);
    save(&place.store(), b"others may look at the names");
}

#[test]
fn a_record_that_is_too_long_is_not_written() {
    let place = Place::new();
    let store = place.store();
    save(&store, b"former");
    let saved = try_lock(&store).expect("free").save(&vec![b' '; 65_537]);
    assert_eq!(saved.expect_err("too long").reason(), "store-size");
    assert_eq!(record(&store).as_deref(), Some(&b"former"[..]));
    assert!(!place.file("new").exists());
}
