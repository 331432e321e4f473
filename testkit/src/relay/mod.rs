//! A TCP relay between the library and a sandbox. It keeps what it passes on in each direction, counts flights, is slow
//! if it is to be, and does a fault after so many bytes of one direction, to the byte.

mod connection;
pub mod full;
mod pipe;
pub mod tls;

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use connection::Connection;

/// Long enough for any machine; nothing waits for it unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);
/// A connection on which nothing happens for so long is ended: a library that hangs on it must not hang its test.
const HANG: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the library to the service.
    Up,
    /// From the service to the library.
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What follows comes so much later.
    Delay(Duration),
    /// Nothing follows, and no end.
    Stall,
    /// What follows comes byte by byte, with this pause before each.
    Drip(Duration),
    /// Both sides get a TCP reset.
    Reset,
    /// This direction ends in an orderly way; the other one goes on.
    HalfClose,
    /// Both directions end in an orderly way.
    Close,
}

/// What is done to one connection, as soon as so many bytes have passed in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    pub way: Way,
    pub after: usize,
    pub kind: Kind,
}

/// What was passed on over one connection.
#[derive(Clone, Debug, Default)]
pub struct Passed {
    pub up: Vec<u8>,
    pub down: Vec<u8>,
    /// How often the library sent something after it had got something, or first of all: the round trips that it
    /// waited for, without that of TCP's own connect.
    pub flights: usize,
    /// Whether the fault was reached.
    pub disturbed: bool,
}

pub struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Its end ends the threads.
    stop: Option<UnixStream>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    faults: VecDeque<Fault>,
    open: usize,
    ended: Vec<Passed>,
}

impl Relay {
    pub fn to(target: SocketAddr) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a port"), target, Duration::ZERO)
    }

    /// Everything needs so long in each direction.
    pub fn slow(target: SocketAddr, latency: Duration) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").expect("a port"), target, latency)
    }

    pub fn on(listener: TcpListener, target: SocketAddr, latency: Duration) -> Self {
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a socket");
        let (stop, stopped) = UnixStream::pair().expect("sockets");
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        let acceptor = thread::spawn(move || accept(&listener, target, latency, &stopped, &accepting));
        Self { address, shared, stop: Some(stop), threads: vec![acceptor] }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// For the next connection that has none yet.
    pub fn order(&self, fault: Fault) {
        self.shared.lock().faults.push_back(fault);
    }

    /// What has passed over each connection so far, once all of them have ended.
    pub fn take_passed(&self) -> Vec<Passed> {
        let waiting = |state: &mut State| state.open > 0;
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), PATIENCE, waiting);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(!timeout.timed_out(), "a connection does not end");
        std::mem::take(&mut state.ended)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        drop(self.stop.take());
        for thread in self.threads.drain(..) {
            // A panic of its own has been shown.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn opened(&self) -> Option<Fault> {
        let mut state = self.lock();
        state.open += 1;
        state.faults.pop_front()
    }

    fn ended(&self, passed: Passed) {
        let mut state = self.lock();
        state.open -= 1;
        state.ended.push(passed);
        drop(state);
        self.changed.notify_all();
    }
}

fn accept(listener: &TcpListener, target: SocketAddr, latency: Duration, stop: &UnixStream, shared: &Arc<Shared>) {
    thread::scope(|scope| {
        loop {
            let [_, stopped] = readable([listener.as_raw_fd(), stop.as_raw_fd()], None);
            if stopped {
                return;
            }
            let Ok((near, _)) = listener.accept() else { continue };
            let fault = shared.opened();
            scope.spawn(move || {
                let mut passed = Passed::default();
                // A service that is gone is a connection that ends at once.
                if let Ok(connection) = Connection::open(near, target, latency, fault) {
                    passed = connection.run(stop.as_raw_fd());
                }
                shared.ended(passed);
            });
        }
    });
}

/// Waits until one of the descriptors can be read (or has ended), or for `timeout`; -1 is none. Which ones can.
fn readable<const N: usize>(descriptors: [i32; N], timeout: Option<Duration>) -> [bool; N] {
    let mut polled = descriptors.map(|fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 });
    // A part of a millisecond is waited for as a whole one: sooner is too soon.
    let milliseconds = timeout.map_or(-1, |timeout| timeout.as_micros().div_ceil(1000).try_into().expect("short"));
    // SAFETY: the array is ours, and its length is given.
    unsafe { libc::poll(polled.as_mut_ptr(), N as libc::nfds_t, milliseconds) };
    polled.map(|polled| polled.revents != 0)
}
