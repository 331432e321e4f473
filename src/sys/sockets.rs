//! TCP sockets that never wait themselves, and the waits for one of them or for the first of several.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::descriptors::{above_standard_streams, beside_standard_streams};
use super::{ForkLocal, watch};

/// A socket that is connecting to one address. It is closed when this is dropped.
pub(crate) struct Connecting(Socket);

impl Connecting {
    /// Begins to connect, and does not wait.
    pub(crate) fn begin(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::from(open(address)?);
        socket.set_nonblocking(true)?;
        match socket.connect(&address.into()) {
            Err(error) if !is_under_way(&error) => Err(not_under_way(error)),
            _ => Ok(Self(socket)),
        }
    }

    /// Waits until one of them has ended, well or not, and tells which; `None` if none has after `longest`, and also
    /// after a signal.
    pub(crate) fn wait_for_one(several: &[Self], longest: Duration) -> io::Result<Option<usize>> {
        let polled =
            |connecting: &Self| libc::pollfd { fd: connecting.0.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
        let mut polled: Vec<_> = several.iter().map(polled).collect();
        poll(&mut polled, longest)?;
        Ok(polled.iter().position(|polled| polled.revents != 0))
    }

    /// The connection, which does not wait either. To be called once the wait has told that this one has ended.
    pub(crate) fn finish(self) -> io::Result<TcpStream> {
        if let Some(error) = self.0.take_error()? {
            return Err(error);
        }
        // Without an error it may still not be connected: a socket without a peer.
        self.0.peer_addr()?;
        self.0.set_tcp_nodelay(true)?;
        Ok(self.0.into())
    }
}

/// Whether the attempt goes on. It does so after a signal as well (POSIX).
fn is_under_way(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR))
}

/// The error of an attempt that has not begun. On Linux EAGAIN means here that no port or route is left, and not "try
/// again".
fn not_under_way(error: io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::EAGAIN) => io::Error::from_raw_os_error(libc::EADDRNOTAVAIL),
        _ => error,
    }
}

/// One thread at a time opens a socket. Otherwise one could get the number of a standard stream from which another has
/// just moved its own socket.
static OPENING: ForkLocal<Mutex<()>> = ForkLocal::new();

/// Opens a socket, close-on-exec. It never has the number of a standard stream, not even until it is moved: if the
/// application writes to a socket that is not connected yet, that raises SIGPIPE.
fn open(address: SocketAddr) -> io::Result<OwnedFd> {
    let _opening = OPENING.get_or_make(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let socket = || Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP));
    above_standard_streams(beside_standard_streams(socket)?.into())
}

/// Opens a socket and closes it again. It fails if there is no descriptor left.
pub(crate) fn try_to_open() -> io::Result<()> {
    Socket::new(Domain::UNIX, Type::DGRAM, None).map(drop)
}

/// What a wait on a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    Read,
    Write,
    Either,
}

/// Waits until the socket can be read or written, or has failed; for `longest` at most, or until a signal.
pub(crate) fn wait_for(socket: &TcpStream, interest: Interest, longest: Duration) -> io::Result<()> {
    let events = match interest {
        Interest::Read => libc::POLLIN,
        Interest::Write => libc::POLLOUT,
        Interest::Either => libc::POLLIN | libc::POLLOUT,
    };
    poll(&mut [libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 }], longest)
}

/// Waits until the descriptor can be read, for `longest` at most. `false` after a signal, and after an error.
pub(crate) fn wait_to_read(descriptor: RawFd, longest: Duration) -> bool {
    let mut polled = [libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 }];
    // Without an event it was a signal, or the time is over, which the caller sees.
    poll_alone(&mut polled, longest).is_ok() && polled.iter().all(|polled| polled.revents != 0)
}

/// Waits for `longest` at most, or until a signal.
pub(crate) fn sleep(longest: Duration) {
    if watch::is_worker() {
        // It fails for want of memory in the kernel alone.
        if poll(&mut [], longest).is_err() {
            thread::yield_now();
        }
    } else {
        thread::sleep(longest);
    }
}

/// Waits until something has happened on one of the descriptors, or for `longest`, or until a signal. A thread of the
/// library can also be woken to look at its deadline.
fn poll(polled: &mut [libc::pollfd], longest: Duration) -> io::Result<()> {
    match watch::bell_and_slice(longest) {
        (None, longest) => poll_alone(polled, longest),
        (Some(bell), longest) => {
            let bell = libc::pollfd { fd: bell, events: libc::POLLIN, revents: 0 };
            let mut with_bell: Vec<_> = polled.iter().copied().chain([bell]).collect();
            let result = poll_alone(&mut with_bell, longest);
            polled.copy_from_slice(with_bell.get(..polled.len()).unwrap_or_default());
            if with_bell.last().is_some_and(|bell| bell.revents != 0) {
                watch::heard();
            }
            result
        }
    }
}

fn poll_alone(polled: &mut [libc::pollfd], longest: Duration) -> io::Result<()> {
    // A part of a millisecond is waited for as a whole one: else a wait would end too early, again and again.
    let milliseconds = longest.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(libc::c_int::MAX);
    // SAFETY: the pointer and the length are those of one slice of ours.
    let ready = unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, milliseconds) };
    if ready == -1 {
        // What the system left in the results is not to be read.
        polled.iter_mut().for_each(|polled| polled.revents = 0);
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok(()) } else { Err(error) };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::in_child;
    use std::net::TcpListener;
    use std::os::fd::FromRawFd;

    const MINUTE: Duration = Duration::from_secs(60);

    fn connect_to(address: SocketAddr) -> io::Result<TcpStream> {
        let connecting = Connecting::begin(address)?;
        let ended = Connecting::wait_for_one(std::slice::from_ref(&connecting), MINUTE)?;
        assert_eq!(ended, Some(0));
        connecting.finish()
    }

    #[test]
    fn a_connection_does_not_wait_and_is_closed_by_exec() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let socket = connect_to(listener.local_addr().expect("an address")).expect("connected");
        assert!(socket.nodelay().expect("an option"));
        let flags = |command| {
            // SAFETY: asks for flags of a descriptor of ours.
            unsafe { libc::fcntl(socket.as_raw_fd(), command) }
        };
        assert_eq!(flags(libc::F_GETFD) & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        assert_eq!(flags(libc::F_GETFL) & libc::O_NONBLOCK, libc::O_NONBLOCK);
    }

    #[test]
    fn a_refused_connection_is_reported() {
        // It has a port, which nobody else can get, and does not listen.
        let closed = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        closed.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
        let address = closed.local_addr().expect("an address").as_socket().expect("of IP");
        assert_eq!(connect_to(address).expect_err("refused").kind(), io::ErrorKind::ConnectionRefused);
    }

    #[test]
    fn the_shortest_and_the_longest_wait_end() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        assert_eq!(Connecting::wait_for_one(&[], Duration::from_nanos(1)).expect("a wait"), None);
        let connecting = [Connecting::begin(listener.local_addr().expect("an address")).expect("begun")];
        assert_eq!(Connecting::wait_for_one(&connecting, Duration::MAX).expect("a wait"), Some(0));
    }

    #[test]
    fn no_socket_gets_the_number_of_a_standard_stream() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        // In a child: descriptors belong to the whole process, and other tests run beside this one.
        let lowest = in_child(|| {
            // SAFETY: the child's own copies, which it does not use again.
            unsafe { (0..3).for_each(|standard| drop(OwnedFd::from_raw_fd(standard))) };
            connect_to(address).expect("connected").as_raw_fd()
        });
        assert!(lowest >= 3);
    }
}
