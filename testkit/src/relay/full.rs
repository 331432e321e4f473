//! A port that does not answer: its queue of connections is full, and Linux drops what else would connect.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::thread;
use std::time::{Duration, Instant};

use super::PATIENCE;

pub struct FullListener {
    listener: TcpListener,
    queue: Vec<TcpStream>,
}

impl FullListener {
    /// Port 0 is any; `None` if another program has this one.
    pub fn at(address: &str, port: u16) -> Option<Self> {
        let listener = TcpListener::bind((address, port)).ok()?;
        set_backlog(&listener, 0);
        let address = listener.local_addr().expect("an address");
        let connect = || TcpStream::connect_timeout(&address, Duration::from_millis(100)).ok();
        let queue: Vec<_> = std::iter::from_fn(connect).take(16).collect();
        assert!(queue.len() < 16, "the queue of {address} is not full");
        Some(Self { listener, queue })
    }

    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("an address")
    }

    /// Waits until somebody tries to connect, in vain so far.
    pub fn wait_for_attempt(&self) {
        let end = Instant::now() + PATIENCE;
        while attempts(self.address().port()) == 0 {
            assert!(Instant::now() < end, "nobody connects");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Makes room: who goes on trying gets through.
    pub fn open(self) -> TcpListener {
        set_backlog(&self.listener, 128);
        for _ in &self.queue {
            self.listener.accept().expect("what filled the queue");
        }
        self.listener
    }
}

/// Sockets of this machine that try to connect to the port. The system goes on for a minute, unless they are closed.
pub fn attempts(port: u16) -> usize {
    let port = format!(":{port:04X}");
    let table = fs::read_to_string("/proc/net/tcp").expect("Linux");
    // "sl local_address rem_address st …"; 02 is SYN_SENT.
    let is_attempt = |line: &&str| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.get(2).is_some_and(|remote| remote.ends_with(&port)) && words.get(3) == Some(&"02")
    };
    table.lines().filter(is_attempt).count()
}

fn set_backlog(listener: &TcpListener, backlog: i32) {
    // SAFETY: changes the length of the queue of a listening socket of ours.
    assert_eq!(unsafe { libc::listen(listener.as_raw_fd(), backlog) }, 0);
}
