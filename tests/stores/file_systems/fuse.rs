//! An empty directory on FUSE: the smallest file system there is, for the kernel's word on its type.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::thread;

// Of include/uapi/linux/fuse.h.
const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const STATFS: u32 = 17;
const INIT: u32 = 26;
const OPENDIR: u32 = 27;
const RELEASEDIR: u32 = 29;
const IN_HEADER: usize = 40;

/// Mounts one in the mount namespace of this thread; `false` if it may not. It is served until that ends.
pub fn mount(path: &Path) -> bool {
    let Ok(device) = OpenOptions::new().read(true).write(true).open("/dev/fuse") else { return false };
    let path = CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
    let options = CString::new(format!("fd={},rootmode=40700,user_id=0,group_id=0", device.as_raw_fd())).expect("none");
    // SAFETY: all texts end with NUL.
    let mounted = unsafe {
        libc::mount(c"none".as_ptr(), path.as_ptr(), c"fuse".as_ptr(), libc::MS_NODEV, options.as_ptr().cast()) == 0
    };
    if mounted {
        thread::spawn(move || serve(device));
    }
    mounted
}

fn serve(mut device: File) {
    let mut request = vec![0; 1 << 17];
    // The kernel ends it by an error when nothing is mounted any more.
    while let Ok(length) = device.read(&mut request) {
        let number = |at: usize| u32::from_ne_bytes(request[at..at + 4].try_into().expect("four bytes"));
        assert!(length >= IN_HEADER);
        let (operation, unique) = (number(4), &request[8..16]);
        if operation == FORGET {
            continue;
        }
        let (error, body) = match answer(operation) {
            Some(body) => (0, body),
            None => (-libc::ENOSYS, Vec::new()),
        };
        let length = 16 + body.len() as u32;
        let header = [&length.to_ne_bytes()[..], &error.to_ne_bytes(), unique].concat();
        if device.write_all(&[header, body].concat()).is_err() {
            return;
        }
    }
}

fn answer(operation: u32) -> Option<Vec<u8>> {
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    match operation {
        // Version 7.31, no read-ahead, no flags, limits of which none is reached; 64 bytes in all.
        INIT => Some(words(&[7, 31, 0, 0, 0, 65536, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0])),
        // Valid for no time; inode 1; size, blocks and times 0; a directory of root's, mode 0700.
        GETATTR => {
            let mut body = vec![0; 10];
            body[4] = 1;
            body.resize(19, 0);
            body.extend([0o40700, 2, 0, 0, 0, 4096, 0]);
            Some(words(&body))
        }
        STATFS => Some(vec![0; 80]),
        OPENDIR => Some(vec![0; 16]),
        RELEASEDIR => Some(Vec::new()),
        _ => None,
    }
}
