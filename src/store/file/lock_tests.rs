//! Who holds the lock of an account, among threads, processes and forks.

use super::*;
use crate::sys::{end_of, start_child};

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
fn a_waiter_pauses_and_comes_back_in_between() {
    let place = Place::new();
    let wrong = in_child(|| {
        let (one, two) = (place.store(), place.store());
        let _held = try_lock(&one).expect("free");
        let begun = Instant::now();
        assert!(two.lock(soon(), Duration::from_secs(60)).expect("works").is_none());
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

/// A file that was opened just before its lock was taken by another thread, or just before it was removed.
#[test]
fn a_lock_file_that_changed_since_it_was_opened_is_not_taken() {
    let place = Place::new();
    let store = place.store();
    save(&store, b"record");
    let directory = Directory::open(&store.directory).expect("fine").expect("there");
    let (file, metadata) = directory.open_lock(&store.lock).expect("fine");
    let held = try_lock(&store).expect("free");
    assert!(Lock::take(&directory, &store.lock, file, &metadata).expect("works").is_none());
    assert!(!another_process_can_lock(&place), "the second descriptor stays open");
    drop(held);
    assert!(another_process_can_lock(&place));

    let (file, metadata) = directory.open_lock(&store.lock).expect("fine");
    fs::remove_file(place.file("lock")).expect("removed");
    assert!(Lock::take(&directory, &store.lock, file, &metadata).expect("works").is_none());
    assert!(try_lock(&store).is_some(), "another file");
}

#[test]
fn a_childs_own_lock_is_not_its_parents() {
    let place = Place::new();
    let store = place.store();
    let mut parents = try_lock(&store);
    let child = start_child(|| {
        let mut tries = (0..1000).map_while(|_| store.lock(soon(), Duration::from_secs(1)).ok());
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
        let lock = || store.lock(soon(), Duration::from_micros(100)).expect("works");
        let mut locked = std::iter::repeat_with(lock).find_map(|locked| locked).expect("at last");
        let number: usize = locked.load().expect("works").map_or(0, |text| parse(&text));
        assert_eq!(locked.save((number + 1).to_string().as_bytes()), Ok(Saved::Yes));
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
