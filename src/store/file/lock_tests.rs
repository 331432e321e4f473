//! Who holds the lock of an account, among threads, processes and forks.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
use crate::sys::refuse_locks_of_descriptions;
use crate::sys::{end_of, lock_for_process, put_behind, start_child};

fn another_process_can_lock(place: &Place) -> bool {
    in_child(|| i32::from(try_lock(&place.store()).is_some())) == 1
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

/// In a child, where no other test gives a lock back.
#[test]
fn a_waiter_pauses_and_returns_before_its_time_is_up() {
    let place = Place::new();
    let wrong = in_child(|| {
        let (one, two) = (place.store(), place.store());
        let _held = try_lock(&one).expect("free");
        let begun = Instant::now();
        assert!(two.lock(&owner(), soon(), Duration::from_secs(60)).expect("works").is_none());
        let took = begun.elapsed();
        i32::from(took < Duration::from_millis(10)) + 2 * i32::from(took > Duration::from_secs(30))
    });
    assert_eq!(wrong, 0, "1: no pause, 2: all of the time");
}

#[test]
fn a_try_does_not_pause() {
    let place = Place::new();
    let took = in_child(|| {
        let (one, two) = (place.store(), place.store());
        let _held = try_lock(&one).expect("free");
        let begun = Instant::now();
        (0..500).for_each(|_| assert!(try_lock(&two).is_none()));
        begun.elapsed().as_secs().min(250) as i32
    });
    assert!(took < 4, "500 tries took {took} s");
}

/// Each descriptor that a waiter opened would have to stay open for as long as the lock is held.
#[test]
#[cfg(target_os = "linux")]
fn waiters_of_the_same_process_open_no_lock_file() {
    let place = Place::new();
    let (one, two) = (place.store(), place.store());
    let _held = try_lock(&one).expect("free");
    (0..10).for_each(|_| assert!(try_lock(&two).is_none()));
    assert_eq!(descriptors_of(&place.file("lock")).len(), 1);
}

/// Closing a second descriptor of the lock file would unlock it for other processes.
#[test]
fn another_path_to_the_directory_is_the_same_lock() {
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
        i32::from(takes)
            + 2 * i32::from(saved != Ok(SaveOutcome::LockLost))
            + 4 * i32::from(!place.file("new").exists())
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
    assert_eq!(first.save(b"one"), Ok(SaveOutcome::LockLost));
    drop(first);
    assert_eq!(second.save(b"two"), Ok(SaveOutcome::Saved));
    assert_eq!(record(&one).as_deref(), Some(&b"two"[..]));
}

/// A file that was opened just before its lock was taken by another thread, or just before it was removed.
#[test]
fn a_lock_file_that_changed_since_it_was_opened_is_not_taken() {
    let place = Place::new();
    let store = place.store();
    save(&store, b"record");
    let directory = Directory::open(&store.directory).expect("fine").expect("there");
    let opened = directory.open_lock(&store.lock).expect("fine");
    let held = try_lock(&store).expect("free");
    assert!(Lock::take_opened(&directory, &store.lock, opened).expect("works").is_none());
    assert!(!another_process_can_lock(&place), "the second descriptor stays open");
    drop(held);
    assert!(another_process_can_lock(&place));

    let opened = directory.open_lock(&store.lock).expect("fine");
    fs::remove_file(place.file("lock")).expect("removed");
    assert!(Lock::take_opened(&directory, &store.lock, opened).expect("works").is_none());
    assert!(try_lock(&store).is_some(), "another file");
}

fn open_lock(place: &Place) -> File {
    fs::OpenOptions::new().read(true).write(true).open(place.file("lock")).expect("it opens")
}

/// A version of the library without the second lock takes the first on the whole file.
#[test]
fn an_older_version_is_kept_out_and_keeps_out() {
    let place = Place::new();
    let store = place.store();
    let held = try_lock(&store).expect("free");
    // Its own process would not do: there this file's closing would end the lock.
    let older = || i32::from(lock_for_process(&open_lock(&place), 0));
    assert_eq!(in_child(older), 0);
    drop(held);
    assert_eq!(in_child(older), 1);
    // In a child, which has one thread: where another thread forks, the file is opened again, and to close it once is
    // enough to end a lock of the process.
    let wrong = in_child(|| {
        let file = open_lock(&place);
        let holds = lock_for_process(&file, 0);
        let excludes = !another_process_can_lock(&place);
        let excludes_here = cfg!(not(target_os = "linux")) || try_lock(&place.store()).is_none();
        drop(file);
        let ends = try_lock(&place.store()).is_some();
        i32::from(!holds) + i32::from(!excludes) * 2 + i32::from(!excludes_here) * 4 + i32::from(!ends) * 8
    });
    assert_eq!(
        wrong, 0,
        "1: it gets no lock, 2 and 4: it keeps out no other process, and not its own, 8: it does not end"
    );
}

/// As two copies of the library in one process have the file.
#[test]
#[cfg(target_os = "linux")]
fn what_was_opened_twice_is_locked_once() {
    let place = Place::new();
    save(&place.store(), b"record");
    let (one, two) = (open_lock(&place), open_lock(&place));
    assert_eq!(files::try_lock(one.as_raw_fd()).ok(), Some(true));
    assert_eq!(files::try_lock(one.as_raw_fd()).ok(), Some(true), "again and again");
    assert_eq!(files::try_lock(two.as_raw_fd()).ok(), Some(false));
    files::unlock(one.as_raw_fd());
    assert_eq!(files::try_lock(two.as_raw_fd()).ok(), Some(true));
    files::unlock(two.as_raw_fd());
}

/// A filter of system calls may know the lock of the process alone, and refuse the other with any of these.
#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64", target_endian = "little"))]
fn without_locks_of_descriptions_processes_exclude_each_other() {
    for error in [libc::EINVAL, libc::ENOSYS, libc::EPERM, libc::EOPNOTSUPP] {
        let place = Place::new();
        let wrong = in_child(|| {
            if !refuse_locks_of_descriptions(error) {
                return 4;
            }
            let store = place.store();
            let Ok(Some(mut held)) = store.lock(&owner(), soon(), Duration::ZERO) else { return 1 };
            let excludes = try_lock(&place.store()).is_none() && !another_process_can_lock(&place);
            i32::from(!excludes) * 2 + i32::from(held.save(b"record") != Ok(SaveOutcome::Saved))
        });
        assert_eq!(wrong, 0, "1: unusable, 2: nobody is kept out, 4: no filter here; error {error} of the system");
    }
}

/// The application closed a descriptor of the file, and the process's lock went with it.
#[test]
#[cfg(target_os = "linux")]
fn a_lock_that_the_application_ended_is_taken_again() {
    let place = Place::new();
    let store = place.store();
    let mut held = try_lock(&store).expect("free");
    held.prepare().expect("room");
    drop(open_lock(&place));
    assert!(!another_process_can_lock(&place), "the other lock is held");
    assert_eq!(held.save(b"record"), Ok(SaveOutcome::Saved));
    assert_eq!(in_child(|| i32::from(lock_for_process(&open_lock(&place), 1))), 0, "both are held");
}

/// Who got in meanwhile, with the process's lock alone, may have logged in.
#[test]
fn a_lock_that_another_process_took_meanwhile_is_lost() {
    let place = Place::new();
    let store = place.store();
    let mut held = try_lock(&store).expect("free");
    held.prepare().expect("room");
    drop(open_lock(&place));
    let (mut taken, mut tells) = UnixStream::pair().expect("a pair");
    let (mut until, end) = UnixStream::pair().expect("a pair");
    let mut end = Some(end);
    let other = start_child(|| {
        drop(end.take());
        let file = open_lock(&place);
        tells.write_all(&[u8::from(lock_for_process(&file, 1))]).expect("written");
        until.read_to_end(&mut Vec::new()).expect("closed");
        0
    });
    let mut took = [0];
    taken.read_exact(&mut took).expect("it says");
    assert_eq!((took, held.save(b"record")), ([1], Ok(SaveOutcome::LockLost)));
    drop((held, end));
    assert_eq!(end_of(other), 0);
    assert_eq!(record(&store), None);
    save(&store, b"record");
}

/// An application that closes all descriptors above 2, and opens a file of its own.
#[test]
#[cfg(target_os = "linux")]
fn a_descriptor_that_is_another_files_by_now_is_a_lock_that_was_lost() {
    let place = Place::new();
    let saved = in_child(|| {
        let store = place.store();
        let mut held = try_lock(&store).expect("free");
        let of_the_lock = descriptors_of(&place.file("lock"));
        let other = File::create(place.0.path().join("other")).expect("made");
        assert_eq!(of_the_lock.len(), 1);
        put_behind(of_the_lock[0], &other);
        i32::from(held.save(b"record") == Ok(SaveOutcome::LockLost))
    });
    assert_eq!(saved, 1);
}

/// As above, with the file for the next record.
#[test]
#[cfg(target_os = "linux")]
fn no_record_is_written_into_another_file() {
    const TEXT: &[u8] = b"a line of the application's own\n";
    let place = Place::new();
    save(&place.store(), b"former");
    let wrong = in_child(|| {
        let store = place.store();
        let mut held = try_lock(&store).expect("free");
        held.prepare().expect("room");
        let of_the_new = descriptors_of(&place.file("new"));
        let other = place.0.path().join("other");
        fs::write(&other, TEXT).expect("written");
        assert_eq!(of_the_new.len(), 1);
        put_behind(of_the_new[0], &File::options().read(true).write(true).open(&other).expect("it opens"));
        let saved = held.save(b"record");
        let is_whole = fs::read(&other).expect("it is there") == TEXT;
        drop(held);
        save(&store, b"again");
        i32::from(saved.is_ok()) + 2 * i32::from(!is_whole)
    });
    assert_eq!(wrong, 0, "1: nothing was noticed, 2: it is in the application's file");
    assert_eq!(record(&place.store()).as_deref(), Some(&b"again"[..]));
}

#[cfg(target_os = "linux")]
fn descriptors_of(file: &Path) -> Vec<RawFd> {
    let open = fs::read_dir("/proc/self/fd").expect("descriptors").filter_map(std::result::Result::ok);
    let of_the_file = open.filter(|entry| fs::read_link(entry.path()).is_ok_and(|path| path == file));
    of_the_file.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// What a child has of the lock file may only be what was never locked.
#[test]
#[cfg(target_os = "linux")]
fn a_child_that_is_forked_at_any_moment_has_no_lock() {
    const FORKS: usize = 100;
    let place = Place::new();
    let wrong = in_child(|| {
        let done = AtomicBool::new(false);
        let lock_file = || place.file("lock");
        let has_a_lock = |descriptor: &RawFd| {
            let info = fs::read_to_string(format!("/proc/self/fdinfo/{descriptor}"));
            info.is_ok_and(|info| info.contains("lock:"))
        };
        let looks = || {
            let descriptors = descriptors_of(&lock_file());
            // Long enough for many locks of the parent's.
            let until = Instant::now() + Duration::from_millis(10);
            while !descriptors.is_empty() && Instant::now() < until {
                if descriptors.iter().any(has_a_lock) {
                    return 1;
                }
            }
            0
        };
        thread::scope(|scope| {
            scope.spawn(|| {
                let store = place.store();
                while !done.load(Ordering::Relaxed) {
                    drop(try_lock(&store));
                }
            });
            let children: Vec<_> = (0..FORKS).map(|_| start_child(looks)).collect();
            let wrong: i32 = children.into_iter().map(end_of).sum();
            done.store(true, Ordering::Relaxed);
            wrong
        })
    });
    assert_eq!(wrong, 0, "of {FORKS} children");
}

#[test]
fn a_childs_own_lock_is_not_its_parents() {
    let place = Place::new();
    let store = place.store();
    let mut parents = try_lock(&store);
    let child = start_child(|| {
        let mut tries = (0..1000).map_while(|_| store.lock(&owner(), soon(), Duration::from_secs(1)).ok());
        let Some(_own) = tries.find_map(|locked| locked) else { return 1 };
        drop(parents.take());
        2 + i32::from(another_process_can_lock(&place))
    });
    drop(parents.take());
    assert_eq!(end_of(child), 2, "1: never free, 3: given back with the parent's");
}

/// Each adds one to a number that is read and written in two steps.
#[test]
fn nobody_loses_the_lock_in_a_crowd() {
    const PROCESSES: usize = 3;
    const THREADS: usize = 4;
    const TIMES: usize = 80;
    let place = Place::new();
    let add_one = || {
        let store = place.store();
        let lock = || store.lock(&owner(), soon(), Duration::from_micros(100)).expect("works");
        let mut locked = std::iter::repeat_with(lock).find_map(|locked| locked).expect("at last");
        let number: usize = locked.load().expect("works").map_or(0, |text| parse(&text));
        assert_eq!(locked.save((number + 1).to_string().as_bytes()), Ok(SaveOutcome::Saved));
    };
    let work = || {
        std::thread::scope(|scope| {
            (0..THREADS).for_each(|_| drop(scope.spawn(|| (0..TIMES).for_each(|_| add_one()))));
        });
        0
    };
    let children: Vec<_> = (0..PROCESSES).map(|_| start_child(work)).collect();
    children.into_iter().for_each(|child| assert_eq!(end_of(child), 0));
    let sum = place.store().load(soon()).expect("works").map(|text| parse(&text));
    assert_eq!(sum, Some(PROCESSES * THREADS * TIMES));
}

fn parse(text: &[u8]) -> usize {
    std::str::from_utf8(text).expect("ASCII").parse().expect("a number")
}
