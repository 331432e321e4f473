//! One connection through the relay: one thread that waits for both sides and for what is due.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use super::pipe::Pipe;
use super::{Fault, HANG, Kind, PATIENCE, Passed, Way, readable};

pub struct Connection {
    up: Side,
    down: Side,
    fault: Option<Fault>,
    passed: Passed,
    /// Whether something went down since something came up.
    turned: bool,
}

/// A direction, and the socket that it reads from.
struct Side {
    socket: TcpStream,
    pipe: Pipe,
    /// The receiver has been told of the end.
    closed: bool,
}

/// The connection is over for both sides.
struct Over;

impl Connection {
    pub fn open(near: TcpStream, target: SocketAddr, latency: Duration, fault: Option<Fault>) -> io::Result<Self> {
        let far = TcpStream::connect_timeout(&target, PATIENCE)?;
        let side = |socket: TcpStream, way| {
            socket.set_nodelay(true)?;
            socket.set_nonblocking(false)?;
            let fault = fault.filter(|fault| fault.way == way).map(|fault| (fault.after, fault.kind));
            Ok::<_, io::Error>(Side { socket, pipe: Pipe::new(latency, fault), closed: false })
        };
        let (up, down) = (side(near, Way::Up)?, side(far, Way::Down)?);
        Ok(Self { up, down, fault, passed: Passed::default(), turned: true })
    }

    /// Until both directions have ended, one side is gone, or `stop` has ended. Closes both sockets.
    pub fn run(mut self, stop: i32) -> Passed {
        while !(self.up.closed && self.down.closed) {
            if self.deliver().is_err() || self.disturb().is_err() || self.receive(stop).is_err() {
                return self.passed;
            }
        }
        // A socket that is closed with something unread sends a reset.
        self.up.read_to_end();
        self.passed
    }

    /// Passes on what is due.
    fn deliver(&mut self) -> Result<(), Over> {
        for way in [Way::Up, Way::Down] {
            let now = Instant::now();
            while let Some(bytes) = self.side(way).pipe.take(now) {
                self.receiver(way).write_all(&bytes).map_err(|_| Over)?;
                match way {
                    Way::Up => self.passed.up.extend(bytes),
                    Way::Down => self.passed.down.extend(bytes),
                }
                self.turned |= way == Way::Down;
            }
            if self.side(way).pipe.is_at_end(now) && !self.is_stalled(way) {
                self.close(way);
            }
        }
        Ok(())
    }

    /// Does the fault if it is its time.
    fn disturb(&mut self) -> Result<(), Over> {
        let Some(fault) = self.fault else { return Ok(()) };
        let passed = if fault.way == Way::Up { self.passed.up.len() } else { self.passed.down.len() };
        if passed < fault.after || self.passed.disturbed {
            return Ok(());
        }
        self.passed.disturbed = true;
        match fault.kind {
            Kind::Reset => {
                for side in [&self.up, &self.down] {
                    wait_until_sent(&side.socket);
                    reset_when_dropped(&side.socket);
                }
                return Err(Over);
            }
            Kind::HalfClose => self.close(fault.way),
            Kind::Close => {
                self.close(Way::Up);
                self.close(Way::Down);
            }
            Kind::Delay(_) | Kind::Stall | Kind::Drip(_) => {}
        }
        Ok(())
    }

    /// Waits for the next thing to happen, and takes what came.
    fn receive(&mut self, stop: i32) -> Result<(), Over> {
        if self.up.closed && self.down.closed {
            return Ok(());
        }
        let descriptor = |side: &Side| if side.pipe.has_end() { -1 } else { side.socket.as_raw_fd() };
        let due = [(&self.up, Way::Up), (&self.down, Way::Down)]
            .into_iter()
            .filter_map(|(side, way)| side.pipe.next_due().filter(|_| !side.closed && !self.is_stalled(way)));
        let due = due.min().map(|due| due.saturating_duration_since(Instant::now()));
        let descriptors = [descriptor(&self.up), descriptor(&self.down), stop];
        let [up, down, stopped] = readable(descriptors, Some(due.unwrap_or(HANG)));
        if stopped || (due.is_none() && !up && !down) {
            return Err(Over);
        }
        if up {
            self.take_up()?;
        }
        if down {
            self.down.take_in()?;
        }
        Ok(())
    }

    fn take_up(&mut self) -> Result<(), Over> {
        if !self.up.take_in()? {
            // A library that has given up is not waited for by what drips.
            let drips = self.fault.is_some_and(|fault| matches!(fault.kind, Kind::Drip(_)));
            return if drips { Err(Over) } else { Ok(()) };
        }
        self.passed.flights += usize::from(self.turned);
        self.turned = false;
        Ok(())
    }

    /// What the service sends is lost, its end too. A library that ends is passed on: it has given up.
    fn is_stalled(&self, way: Way) -> bool {
        let stalls = |fault: Fault| fault.way == way && fault.kind == Kind::Stall && self.passed.disturbed;
        way == Way::Down && !self.up.closed && self.fault.is_some_and(stalls)
    }

    fn close(&mut self, way: Way) {
        // Whoever is gone cannot be told.
        let _ = self.receiver(way).shutdown(Shutdown::Write);
        match way {
            Way::Up => self.up.closed = true,
            Way::Down => self.down.closed = true,
        }
    }

    fn side(&mut self, way: Way) -> &mut Side {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    fn receiver(&mut self, way: Way) -> &mut TcpStream {
        match way {
            Way::Up => &mut self.down.socket,
            Way::Down => &mut self.up.socket,
        }
    }
}

impl Side {
    /// Takes what came; `false` at the end. What comes for a closed direction is lost.
    fn take_in(&mut self) -> Result<bool, Over> {
        let mut piece = [0; 16 * 1024];
        match self.socket.read(&mut piece) {
            Ok(0) => self.pipe.put_end(Instant::now()),
            Ok(length) if !self.closed => self.pipe.put(&piece[..length], Instant::now()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Err(Over),
        }
        Ok(!self.pipe.has_end())
    }

    fn read_to_end(&mut self) {
        let _ = self.socket.set_read_timeout(Some(PATIENCE));
        let _ = io::copy(&mut self.socket, &mut io::sink());
    }
}

/// A reset throws away what the kernel still has to send: of many small pieces, those beyond the congestion window.
fn wait_until_sent(socket: &TcpStream) {
    // Of include/uapi/linux/sockios.h: how many bytes that are.
    const SIOCOUTQNSD: libc::c_ulong = 0x894B;
    let end = Instant::now() + HANG;
    loop {
        let mut unsent: libc::c_int = 0;
        // SAFETY: the kernel writes an `int`, which is ours.
        let told = unsafe { libc::ioctl(socket.as_raw_fd(), SIOCOUTQNSD as _, &raw mut unsent) };
        if told != 0 || unsent == 0 || Instant::now() >= end {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn reset_when_dropped(socket: &TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    let size = size_of::<libc::linger>() as libc::socklen_t;
    let option = (&raw const linger).cast();
    // SAFETY: the option is a `linger` of ours, and its size is given.
    let set = unsafe { libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_LINGER, option, size) };
    assert_eq!(set, 0);
}
