//! Makes a thread read its sockets byte by byte.
//!
//! Whatever is written apart, the kernel may hand over joined, and nothing on the server's side tells whether the
//! client has taken a byte. So the client's `recv` is replaced: this program's comes before libc's, also for the
//! standard library, which reads its sockets by it. A login reads on its caller's thread, so that a thread-local says how.

use std::cell::Cell;
use std::ffi::c_void;

use personr_testkit::figures::is_check;

/// So many bytes of an answer are read one at a time, then the rest in pieces. The parser below starts a head anew with
/// each read, so that 64 KiB of it cost seconds in a debug build; `make check` takes them.
pub const SINGLE_BYTES: usize = 4096;
const PIECE: usize = 1024;

#[derive(Clone, Copy, Default)]
struct Reads {
    slow: bool,
    /// So many bytes one at a time.
    single: usize,
    taken: usize,
    /// The bytes that were read alone.
    alone: usize,
}

thread_local! {
    static READS: Cell<Reads> = const { Cell::new(Reads { slow: false, single: 0, taken: 0, alone: 0 }) };
}

/// Runs `work` while this thread reads byte by byte, and tells how many bytes it read so.
pub fn byte_by_byte<R>(work: impl FnOnce() -> R) -> (R, usize) {
    let single = if is_check() { usize::MAX } else { SINGLE_BYTES };
    READS.set(Reads { slow: true, single, ..Reads::default() });
    let result = work();
    (result, READS.replace(Reads::default()).alone)
}

/// libc's function, for every socket that this program reads.
///
/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn recv(socket: i32, buffer: *mut c_void, length: usize, flags: i32) -> isize {
    let reads = READS.get();
    let room = match reads {
        Reads { slow: false, .. } => length,
        Reads { single, taken, .. } if taken < single => length.min(1),
        _ => length.min(PIECE),
    };
    // SAFETY: the caller's buffer, of which no more is used than it said.
    let arrived = unsafe { libc::recvfrom(socket, buffer, room, flags, std::ptr::null_mut(), std::ptr::null_mut()) };
    if reads.slow && arrived > 0 {
        let arrived = arrived.unsigned_abs();
        READS.set(Reads { taken: reads.taken + arrived, alone: reads.alone + usize::from(arrived == 1), ..reads });
    }
    arrived
}
