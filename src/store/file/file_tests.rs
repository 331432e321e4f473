use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use tempfile::TempDir;

use super::*;
use crate::error::{Error, Status};
use crate::sys::in_child;

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

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn try_lock(store: &FileStore) -> Option<Box<dyn Locked + '_>> {
    store.lock(soon(), Duration::ZERO).expect("works")
}

fn save(store: &FileStore, record: &[u8]) {
    assert_eq!(try_lock(store).expect("free").save(record), Ok(Saved::Yes));
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
        let mut locked = store.lock(soon(), Duration::ZERO)?.expect("free");
        locked.prepare()
    });
    let error = error.expect_err("it fails");
    assert_eq!(error.status(), Status::Store);
    assert!(!error.message().contains("/tmp"), "{error}");
    error
}

fn another_process_can_lock(place: &Place) -> bool {
    in_child(|| i32::from(try_lock(&place.store()).is_some())) == 1
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
fn what_is_saved_is_loaded_and_is_its_users_alone() {
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
fn a_prepared_save_has_its_room_and_leaves_nothing_if_it_is_not_made() {
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
    assert_eq!(locked.save(b"record"), Ok(Saved::Yes));
    assert_eq!(record(&store).as_deref(), Some(&b"record"[..]));
}

#[test]
fn one_holds_the_lock_among_threads_and_processes() {
    let place = Place::new();
    let (one, two) = (place.store(), place.store());
    let held = try_lock(&one).expect("free");
    assert!(try_lock(&two).is_none());
    assert!(!another_process_can_lock(&place));
    drop(held);
    assert!(another_process_can_lock(&place));
    assert!(try_lock(&two).is_some());
}

#[test]
fn a_waiter_comes_back_in_between() {
    let place = Place::new();
    let (one, two) = (place.store(), place.store());
    let _held = try_lock(&one).expect("free");
    let begun = std::time::Instant::now();
    assert!(two.lock(soon(), Duration::from_secs(60)).expect("works").is_none());
    assert!(begun.elapsed() < Duration::from_secs(30));
}

/// Each descriptor that a waiter opened would have to stay open for as long as the lock is held.
#[test]
#[cfg(target_os = "linux")]
fn waiters_of_the_same_process_open_no_lock_file() {
    let place = Place::new();
    let (one, two) = (place.store(), place.store());
    let _held = try_lock(&one).expect("free");
    (0..10).for_each(|_| assert!(try_lock(&two).is_none()));
    let open = fs::read_dir("/proc/self/fd").expect("descriptors").filter_map(std::result::Result::ok);
    let of_the_lock = open.filter(|entry| fs::read_link(entry.path()).is_ok_and(|path| path == place.file("lock")));
    assert_eq!(of_the_lock.count(), 1);
}

/// Closing a second descriptor of the lock file would unlock it for other processes.
#[test]
fn another_name_of_the_directory_is_no_other_lock() {
    let place = Place::new();
    let store = place.store();
    let held = try_lock(&store).expect("free");
    let alias = place.0.path().join("alias");
    symlink(place.directory(), &alias).expect("a link");
    assert!(try_lock(&store_in(&alias)).is_none());
    assert!(!another_process_can_lock(&place), "it is still held");
    drop(held);
    save(&store_in(&alias), b"record");
    assert_eq!(record(&store).as_deref(), Some(&b"record"[..]));
}

#[test]
fn a_child_does_not_hold_its_parents_lock_and_does_not_give_it_back() {
    let place = Place::new();
    let store = place.store();
    let mut held = try_lock(&store);
    held.as_mut().expect("free").prepare().expect("room");
    let wrong = in_child(|| {
        let takes = try_lock(&store).is_some();
        let saved = held.as_mut().expect("a copy of the parent's").save(b"the child's");
        drop(held.take());
        i32::from(takes) + 2 * i32::from(saved != Ok(Saved::LockLost)) + 4 * i32::from(!place.file("new").exists())
    });
    assert_eq!(wrong, 0);
    assert!(!another_process_can_lock(&place), "it is still held");
}

#[test]
fn a_lock_file_that_was_replaced_is_a_lock_that_was_lost() {
    let place = Place::new();
    let (one, two) = (place.store(), place.store());
    let mut first = try_lock(&one).expect("free");
    first.prepare().expect("room");
    fs::remove_file(place.file("lock")).expect("removed");
    assert_eq!(first.save(b"one").expect_err("the lock file is gone").reason(), "store-open");
    let mut second = try_lock(&two).expect("another file");
    second.prepare().expect("room");
    assert_eq!(first.save(b"one"), Ok(Saved::LockLost));
    drop(first);
    assert_eq!(second.save(b"two"), Ok(Saved::Yes));
    assert_eq!(record(&one).as_deref(), Some(&b"two"[..]));
}

#[test]
fn a_directory_may_go_and_come_again() {
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
fn what_a_killed_process_left_behind_is_in_nobodys_way() {
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
fn a_file_that_is_wrong_in_kind_is_named() {
    let spoil: [Spoil; 8] = [
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
        ("store-size", |path| fs::write(path, vec![b' '; 65_537]).expect("written")),
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
    let place = Place::new();
    save(&place.store(), b"record");
    fs::write(place.file("json"), vec![b' '; 65_536]).expect("written");
    assert_eq!(record(&place.store()).map(|record| record.len()), Some(65_536), "just large enough");
}

#[test]
fn a_directory_that_is_wrong_is_named() {
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
