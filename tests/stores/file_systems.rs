//! A `file:` store on a file system that is read-only, full, or a network's.

mod fuse;

use std::ffi::{CStr, CString};
use std::fs;
use std::path::Path;
use std::ptr::null;
use std::thread;
use std::time::{Duration, Instant};

use personr::ffi::*;
use personr_sandbox::Sandbox;
use personr_testkit::compile::skip;
use personr_testkit::store_directory::shared::Shared;
use personr_testkit::store_directory::{StoreDirectory, told};
use personr_testkit::subprocess::{self, Subprocess, say};
use personr_testkit::test_name;

/// Runs `work` on a thread with mounts of its own, which go with it, in a folder on which `mount` has put something.
fn on_a_mount(name: &str, mount: fn(&Path) -> bool, work: impl FnOnce(StoreDirectory) + Send) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = thread::scope(|scope| {
        let thread = scope.spawn(|| {
            let made = unshare_mounts() && mount(folder.path());
            if made {
                work(StoreDirectory::within(folder.path()));
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

const SMALL: &CStr = c"size=256k,mode=0755";

fn mount_tmpfs(path: &Path, flags: libc::c_ulong, options: &CStr) -> bool {
    let path = CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
    // SAFETY: all texts end with NUL.
    unsafe { libc::mount(c"none".as_ptr(), path.as_ptr(), c"tmpfs".as_ptr(), flags, options.as_ptr().cast()) == 0 }
}

#[test]
fn a_read_only_store_is_read() {
    let name = "a_read_only_store_is_read";
    on_a_mount(
        name,
        |path| mount_tmpfs(path, 0, SMALL),
        |store| {
            let shared = Shared::in_directory(store);
            let begun = Instant::now();
            // A process that another test is starting may have a copy of a descriptor, until it is another program.
            while !mount_tmpfs(shared.store.parent(), libc::MS_REMOUNT | libc::MS_RDONLY, SMALL) {
                assert_eq!(std::io::Error::last_os_error().raw_os_error(), Some(libc::EBUSY));
                assert!(begun.elapsed() < Duration::from_secs(60), "the library has a file open");
            }
            assert_eq!(shared.fresh().token().expect("from the file").value, shared.token);
            shared.assert_fails(&shared.needy(), "store-read-only");
            assert!(mount_tmpfs(shared.store.parent(), libc::MS_REMOUNT, SMALL));
            assert!(shared.needy().token().is_ok());
        },
    );
}

#[test]
#[ignore = "run by on_a_full_disk_nobody_logs_in"]
fn other_token() {
    say(&told(subprocess::options().demo().token()));
}

#[test]
fn on_a_full_disk_nobody_logs_in() {
    let name = "on_a_full_disk_nobody_logs_in";
    on_a_mount(
        name,
        |path| mount_tmpfs(path, 0, SMALL),
        |store| {
            // All but two pages: the directory and the lock file could be made, the record could not.
            fs::write(store.parent().join("filler"), vec![1; (256 - 8) * 1024]).expect("there is room");
            let sandbox = Sandbox::start().expect("a sandbox");
            let full = format!("{PERSONR_STORE} store-full");
            for _ in 0..3 {
                assert_eq!(told(store.auth(&sandbox).token()), full);
                assert_eq!(told(store.auth(&sandbox).login()), full);
                assert_eq!(Subprocess::start(test_name!(other_token), &sandbox, &store.url()).said(), full);
            }
            assert_eq!(sandbox.counters().connections, 0);
            assert_eq!(store.files().len(), 1, "the lock file alone");

            fs::remove_file(store.parent().join("filler")).expect("removed");
            let shared = Shared::in_directory(store);
            fs::write(shared.store.parent().join("filler"), vec![1; 256 * 1024]).expect_err("the disk is full");
            assert_eq!(shared.fresh().token().expect("from the file").value, shared.token);
            shared.assert_fails(&shared.needy(), "store-full");
        },
    );
}

/// A program of 32 bits that asks for its size in 32 bits gets an error (EOVERFLOW), from 16 TiB on.
#[test]
fn a_store_may_be_on_a_file_system_of_twenty_terabytes() {
    let name = "a_store_may_be_on_a_file_system_of_twenty_terabytes";
    on_a_mount(
        name,
        |path| mount_tmpfs(path, 0, c"size=20T,mode=0755"),
        |store| {
            let shared = Shared::in_directory(store);
            assert_eq!(shared.fresh().token().expect("from the file").value, shared.token);
            assert!(shared.needy().token().is_ok());
        },
    );
}

#[test]
fn a_network_file_system_is_refused() {
    let name = "a_network_file_system_is_refused";
    on_a_mount(name, fuse::mount, |store| {
        let sandbox = Sandbox::start().expect("a sandbox");
        let options = store.options(&sandbox);
        options.token_store(&format!("file:{}", store.parent().display())).expect("accepted");
        let failure = options.demo().token().expect_err("FUSE");
        assert_eq!(failure.kind(), (PERSONR_STORE, "store-network-fs"), "{failure:?}");
        assert_eq!(sandbox.counters().connections, 0);
    });
}
