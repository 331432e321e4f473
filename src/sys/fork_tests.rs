//! What a forked child gets of its parent's files, and when none is forked.

use super::*;
use crate::sys::in_child;

fn open_null() -> io::Result<OwnedFd> {
    Ok(File::open("/dev/null")?.into())
}

fn is_open(descriptor: RawFd) -> bool {
    // SAFETY: only asks.
    unsafe { libc::fcntl(descriptor, libc::F_GETFD) != -1 }
}

#[test]
fn a_child_closes_what_is_its_parents_and_the_parent_keeps_it() {
    let file = UnsharedFile::open(open_null).expect("it opens");
    let descriptor = file.descriptor().expect("it is open");
    let wrong = in_child(|| {
        let found = i32::from(is_open(descriptor)) + 2 * i32::from(file.metadata().is_ok());
        // The number may be another file's by now: it is not closed again.
        let other = open_null().expect("it opens");
        // SAFETY: the child's copy, which is not used again.
        drop(unsafe { std::ptr::read(&file) });
        found + 4 * i32::from(!is_open(std::os::fd::AsRawFd::as_raw_fd(&other)))
    });
    assert_eq!(wrong, 0, "1: open, 2: still used, 4: closed twice");
    assert!(is_open(descriptor) && file.metadata().is_ok());
}

/// A child's own file may stand in the entry that was its parent's.
#[test]
fn what_a_child_inherits_is_neither_used_nor_closed() {
    let (file, mark) = (UnsharedFile::open(open_null).expect("it opens"), ClosedInChild::mark(&std::io::stdin()));
    let wrong = in_child(|| {
        let own: Vec<_> = entries().map(|_| UnsharedFile::open(open_null).expect("it opens")).collect();
        let is_used = file.descriptor().is_ok();
        // SAFETY: the child's copies, which are not used again.
        drop(unsafe { (std::ptr::read(&file), std::ptr::read(&mark)) });
        i32::from(is_used) + 2 * i32::from(!own.iter().all(|file| file.descriptor().is_ok_and(is_open)))
    });
    assert_eq!(wrong, 0, "1: used, 2: closed");
    assert!(file.descriptor().is_ok_and(is_open));
}

/// In a child, where no other test takes entries.
#[test]
fn an_entry_is_used_again() {
    let grown = in_child(|| {
        let three = || [(); 3].map(|()| UnsharedFile::open(open_null).expect("it opens"));
        let descriptors = three().each_ref().map(|file| file.descriptor().expect("it is open"));
        assert!(descriptors.iter().all(|descriptor| !is_open(*descriptor)), "closed with the file");
        let before = entries().count();
        (0..10).for_each(|_| drop(three()));
        (entries().count() - before) as i32
    });
    assert_eq!(grown, 0);
}

/// In a child, whose forks are its own.
#[test]
fn a_fork_is_seen_from_its_beginning_to_its_end() {
    let seen = in_child(|| {
        let quiet = Moment::now();
        let before = quiet.saw_no_fork();
        before_fork();
        let under_way = Moment::now();
        let during = quiet.saw_no_fork() || under_way.saw_no_fork();
        after_fork_in_parent();
        let after = quiet.saw_no_fork() || under_way.saw_no_fork();
        i32::from(before) + 2 * i32::from(during) + 4 * i32::from(after) + 8 * i32::from(Moment::now().saw_no_fork())
    });
    assert_eq!(seen, 1 + 8);
}

#[test]
fn a_file_is_opened_again_after_a_fork_in_the_middle() {
    let opened = in_child(|| {
        let opened = std::cell::Cell::new(0);
        let open = || {
            opened.set(opened.get() + 1);
            if opened.get() == 1 {
                in_child(|| 0);
            }
            open_null()
        };
        let file = UnsharedFile::open(open).expect("it opens");
        assert!(file.descriptor().is_ok_and(is_open));
        opened.get()
    });
    assert_eq!(opened, 2);
}

/// An application may open by us from a handler of its own, in the middle of a fork.
#[test]
fn a_fork_without_an_end_stops_nobody() {
    let opened = in_child(|| {
        before_fork();
        i32::from(UnsharedFile::open(open_null).is_ok())
    });
    assert_eq!(opened, 1);
}

/// A child of a process in which another thread was forking too.
#[test]
fn a_child_begins_without_a_fork_under_way() {
    let quiet = in_child(|| {
        fork_generation();
        before_fork();
        in_child(|| i32::from(Moment::now().saw_no_fork()))
    });
    assert_eq!(quiet, 1);
}
