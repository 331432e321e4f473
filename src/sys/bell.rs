//! Descriptors by which one thread wakes another: a [`Bell`], for a thread of the library that waits in `poll`, and an
//! [`Alarm`], for the application, whose loop watches it.
//!
//! To ring is async-signal-safe: it is one system call, and `errno` stays as it was.

use std::io;
use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use super::descriptors::{above_standard_streams, beside_standard_streams};
use super::errno::errno_place;
use super::fork::UnsharedFile;

/// Readable from when it is rung until it is silenced. A forked child has none: it would take its parent's rings.
pub(crate) struct Bell {
    ear: UnsharedFile,
    /// Where it is rung, if that is another descriptor.
    cord: Option<UnsharedFile>,
}

impl Bell {
    #[cfg(target_os = "linux")]
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: makes a descriptor, and touches no memory.
        let ear =
            UnsharedFile::open(|| opened(|| unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) }))?;
        Ok(Self { ear, cord: None })
    }

    #[cfg(not(target_os = "linux"))]
    pub(crate) fn new() -> io::Result<Self> {
        let mut cord = None;
        let made = std::cell::Cell::new(None);
        let ear = UnsharedFile::open(|| {
            let (ear, end) = pipe()?;
            made.set(Some(end));
            Ok(ear)
        })?;
        if let Some(end) = made.take() {
            let end = std::cell::Cell::new(Some(end));
            cord = Some(UnsharedFile::open(|| end.take().ok_or_else(|| io::Error::from_raw_os_error(libc::EBADF)))?);
        }
        Ok(Self { ear, cord })
    }

    /// Does nothing in a forked child.
    pub(crate) fn ring(&self) {
        if let Ok(descriptor) = self.cord.as_ref().unwrap_or(&self.ear).descriptor() {
            keeping_errno(|| write_one(descriptor));
        }
    }

    pub(crate) fn silence(&self) {
        if let Ok(descriptor) = self.ear.descriptor() {
            drain(descriptor);
        }
    }

    /// What to wait for. Fails in a forked child.
    pub(crate) fn descriptor(&self) -> io::Result<RawFd> {
        self.ear.descriptor()
    }
}

/// A descriptor for the application: readable when it is rung, and when its time is over. Its number never changes.
pub(crate) struct Alarm {
    /// [`CLOSED`] once it is closed.
    ear: AtomicI32,
    /// Where it is rung, if it is no timer: [`CLOSED`] for a timer.
    cord: AtomicI32,
}

const CLOSED: RawFd = -1;

impl Alarm {
    /// A timer, which is armed. Where the system refuses timers (or has none) it is a pipe, which does not ring by
    /// itself: whoever works for the operation does it then.
    pub(crate) fn new(time: Duration) -> io::Result<Self> {
        let alarm = match Self::timer() {
            Err(error) if is_refusal(&error) => {
                let (ear, cord) = pipe()?;
                Self { ear: AtomicI32::new(ear.into_raw_fd()), cord: AtomicI32::new(cord.into_raw_fd()) }
            }
            timer => timer?,
        };
        alarm.arm(time);
        Ok(alarm)
    }

    #[cfg(target_os = "linux")]
    fn timer() -> io::Result<Self> {
        let of_clock = |clock| {
            // SAFETY: makes a descriptor, and touches no memory.
            opened(|| unsafe { libc::timerfd_create(clock, libc::TFD_CLOEXEC | libc::TFD_NONBLOCK) })
        };
        // An old kernel has no timers of the clock that counts through suspend.
        let timer = of_clock(libc::CLOCK_BOOTTIME).or_else(|error| match error.raw_os_error() {
            Some(libc::EINVAL) => of_clock(libc::CLOCK_MONOTONIC),
            _ => Err(error),
        })?;
        Ok(Self { ear: AtomicI32::new(timer.into_raw_fd()), cord: AtomicI32::new(CLOSED) })
    }

    #[cfg(not(target_os = "linux"))]
    fn timer() -> io::Result<Self> {
        Err(io::Error::from_raw_os_error(libc::ENOSYS))
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.ear.load(Ordering::Acquire)
    }

    pub(crate) fn ring(&self) {
        keeping_errno(|| match self.cord.load(Ordering::Acquire) {
            CLOSED => set_timer(self.descriptor(), Duration::ZERO),
            cord => write_one(cord),
        });
    }

    /// It is silent until it is rung, or until `time` is over.
    pub(crate) fn silence(&self, time: Duration) {
        drain(self.descriptor());
        self.arm(time);
    }

    fn arm(&self, time: Duration) {
        if self.cord.load(Ordering::Acquire) == CLOSED {
            set_timer(self.descriptor(), time);
        }
    }

    /// Nobody may ring it at the same time.
    pub(crate) fn close(&self) {
        for descriptor in [&self.ear, &self.cord] {
            match descriptor.swap(CLOSED, Ordering::AcqRel) {
                CLOSED => {}
                // SAFETY: it was ours, and stands nowhere any more.
                open => drop(unsafe { OwnedFd::from_raw_fd(open) }),
            }
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.close();
    }
}

/// It rings after `time`, or at once.
#[cfg(target_os = "linux")]
fn set_timer(timer: RawFd, time: Duration) {
    // Zero would stop it.
    let time = time.max(Duration::from_nanos(1));
    // SAFETY: zeroes are a valid value of the type.
    let mut setting = unsafe { std::mem::zeroed::<libc::itimerspec>() };
    // The types are the system's. Any of them has room for so many seconds, and for so many nanoseconds.
    setting.it_value.tv_sec = time.as_secs().try_into().unwrap_or(0x7fff_ffff);
    setting.it_value.tv_nsec = time.subsec_nanos() as _;
    // SAFETY: reads a value of ours. It fails if the descriptor is closed.
    unsafe { libc::timerfd_settime(timer, 0, &setting, std::ptr::null_mut()) };
}

#[cfg(not(target_os = "linux"))]
fn set_timer(_: RawFd, _: Duration) {}

/// Whether the system has no such descriptors at all, or a filter of system calls refuses them.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EPERM | libc::EACCES | libc::EINVAL))
}

/// A descriptor that does not wait, above those of the standard streams.
#[cfg(target_os = "linux")]
fn opened(open: impl Fn() -> RawFd) -> io::Result<OwnedFd> {
    let checked = || match open() {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: it was made by the line above, and nobody else has it.
        descriptor => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
    };
    above_standard_streams(beside_standard_streams(checked)?)
}

/// The end to read and the end to write. Neither waits.
fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let pair = || {
        let (one, other) = std::os::unix::net::UnixStream::pair()?;
        one.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        Ok((OwnedFd::from(one), OwnedFd::from(other)))
    };
    let (ear, cord) = beside_standard_streams(pair)?;
    Ok((above_standard_streams(ear)?, above_standard_streams(cord)?))
}

fn write_one(descriptor: RawFd) {
    // An eventfd takes eight bytes. It is full only if it was rung and not heard yet.
    let one = 1_u64.to_ne_bytes();
    // SAFETY: reads eight bytes of ours.
    unsafe { libc::write(descriptor, one.as_ptr().cast(), one.len()) };
}

fn drain(descriptor: RawFd) {
    let mut heard = [0_u8; 64];
    loop {
        // SAFETY: writes to bytes of ours. It does not wait.
        let read = unsafe { libc::read(descriptor, heard.as_mut_ptr().cast(), heard.len()) };
        // A short read has emptied it.
        if usize::try_from(read).is_ok_and(|read| read == heard.len()) {
            continue;
        }
        if read == -1 && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted {
            continue;
        }
        return;
    }
}

/// A signal handler must leave `errno` as it found it.
fn keeping_errno(work: impl FnOnce()) {
    let place = errno_place();
    // SAFETY: it points to the number of this thread.
    let former = unsafe { place.read() };
    work();
    // SAFETY: as above.
    unsafe { place.write(former) };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_readable(descriptor: RawFd) -> bool {
        let mut polled = libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry of ours, and no wait.
        unsafe { libc::poll(&mut polled, 1, 0) == 1 }
    }

    #[test]
    fn a_bell_is_heard_until_it_is_silenced() {
        let bell = Bell::new().expect("a bell");
        let ear = bell.descriptor().expect("open");
        assert!(ear >= 3 && !is_readable(ear));
        (0..100).for_each(|_| bell.ring());
        assert!(is_readable(ear));
        bell.silence();
        assert!(!is_readable(ear));
    }

    #[test]
    fn an_alarm_rings_when_it_is_rung_and_when_its_time_is_over() {
        let (ear, cord) = pipe().expect("a pipe");
        let pipe = Alarm { ear: AtomicI32::new(ear.into_raw_fd()), cord: AtomicI32::new(cord.into_raw_fd()) };
        for alarm in [Alarm::new(Duration::from_secs(3600)).expect("an alarm"), pipe] {
            assert!(!is_readable(alarm.descriptor()));
            (0..100).for_each(|_| alarm.ring());
            assert!(is_readable(alarm.descriptor()));
            alarm.silence(Duration::from_secs(3600));
            assert!(!is_readable(alarm.descriptor()));
        }
        if cfg!(target_os = "linux") {
            let alarm = Alarm::new(Duration::from_nanos(1)).expect("an alarm");
            while !is_readable(alarm.descriptor()) {}
            alarm.silence(Duration::from_nanos(1));
            while !is_readable(alarm.descriptor()) {}
        }
    }

    #[test]
    fn to_ring_leaves_errno_as_it_was() {
        let alarm = Alarm::new(Duration::from_secs(3600)).expect("an alarm");
        alarm.close();
        // SAFETY: this thread's own number.
        unsafe { errno_place().write(4711) };
        alarm.ring();
        // SAFETY: as above.
        assert_eq!(unsafe { errno_place().read() }, 4711, "to ring a closed one fails, and nobody is told");
    }
}
