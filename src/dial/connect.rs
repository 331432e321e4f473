//! Connects to the first address of a host that answers (RFC 8305, "Happy Eyeballs"), without a thread for it.
//!
//! An address may swallow packets, as with a broken IPv6; an attempt to connect to it ends at the timeout alone. So the
//! next address is tried beside it after 250 ms, and at once when an attempt fails. The first connection that is made
//! wins, and the other attempts are closed.
//!
//! The sockets of all attempts are non-blocking, and one `poll` waits for them.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use std::vec;

use super::failure::{Phase, failure_of, more_telling, of_look_up};
use super::resolve::resolve;
use super::stream::Stream;
use crate::clock::{Deadline, Instant};
use crate::error::Failure;
use crate::sys::sockets::Connecting;

/// How long an address has before the next one is begun beside it (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);
/// At most so many addresses of a host are tried, so that one login does not take all descriptors of the application.
const ATTEMPTS_MAX: usize = 16;

pub(super) fn connect(host: &str, port: u16, phase: Phase, deadline: Deadline) -> Result<Stream, Failure> {
    let addresses = resolve(host, port, deadline).map_err(|problem| of_look_up(problem, phase))?;
    let socket = Race::new(in_turn(&addresses), deadline).run().map_err(|error| failure_of(&error, phase))?;
    Ok(Stream::tcp(socket, deadline))
}

/// The addresses in the order in which they are tried. It is the system's order (RFC 6724), but IPv6 and IPv4 take
/// turns, beginning with the family of the first address (RFC 8305, section 4). No address is tried twice.
fn in_turn(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for address in addresses {
        // An IPv4 address in IPv6's spelling is reached by IPv4, also where IPv6 is switched off.
        let canonical = match address.ip().to_canonical() {
            ip if ip.is_ipv4() => SocketAddr::new(ip, address.port()),
            _ => *address,
        };
        let is_first = first.first().is_none_or(|first: &SocketAddr| first.is_ipv4() == canonical.is_ipv4());
        let family = if is_first { &mut first } else { &mut second };
        if family.len() < ATTEMPTS_MAX && !family.contains(&canonical) {
            family.push(canonical);
        }
    }
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let pairs = std::iter::from_fn(|| match [first.next(), second.next()] {
        [None, None] => None,
        pair => Some(pair),
    });
    pairs.flatten().flatten().take(ATTEMPTS_MAX).collect()
}

/// The attempts to connect to one host.
struct Race {
    deadline: Deadline,
    not_begun: vec::IntoIter<SocketAddr>,
    /// When the next attempt begins, if none fails before.
    next: Instant,
    under_way: Vec<Connecting>,
    /// Of the attempts that have failed, the error that says most.
    problem: Option<io::Error>,
}

impl Race {
    fn new(addresses: Vec<SocketAddr>, deadline: Deadline) -> Self {
        let not_begun = addresses.into_iter();
        Self { deadline, not_begun, next: Instant::START, under_way: Vec::new(), problem: None }
    }

    fn run(mut self) -> io::Result<TcpStream> {
        loop {
            if self.deadline.has_passed() {
                return Err(ErrorKind::TimedOut.into());
            }
            if Instant::now() >= self.next {
                self.begin_one();
            }
            if let Some(ended) = self.wait()? {
                match self.under_way.remove(ended).finish() {
                    Ok(socket) => return Ok(socket),
                    Err(error) => self.failed(error),
                }
            } else if self.under_way.is_empty() && self.not_begun.len() == 0 {
                return Err(self.problem.unwrap_or_else(|| ErrorKind::TimedOut.into()));
            }
        }
    }

    fn begin_one(&mut self) {
        let Some(address) = self.not_begun.next() else { return };
        match Connecting::begin(address) {
            Ok(connecting) => {
                self.under_way.push(connecting);
                self.next = Instant::now().after(ATTEMPT_DELAY);
            }
            Err(error) => self.failed(error),
        }
    }

    /// Waits until an attempt has ended, well or not, and tells which. `None` if the next attempt is due, if the time
    /// is up, or after a signal.
    fn wait(&self) -> io::Result<Option<usize>> {
        if self.under_way.is_empty() {
            return Ok(None);
        }
        let left = self.deadline.remaining();
        let longest = if self.not_begun.len() > 0 { left.min(Instant::now().until(self.next)) } else { left };
        Connecting::wait_for_one(&self.under_way, longest)
    }

    fn failed(&mut self, error: io::Error) {
        self.next = Instant::START;
        self.problem = Some(match self.problem.take() {
            Some(former) => more_telling(former, error),
            None => error,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Status;
    use socket2::SockRef;
    use std::net::{Ipv6Addr, SocketAddrV6, TcpListener};

    fn v4(last: u8) -> SocketAddr {
        ([192, 0, 2, last], 443).into()
    }

    fn v6(last: u16) -> SocketAddr {
        ([0x2001, 0xdb8, 0, 0, 0, 0, 0, last], 443).into()
    }

    #[test]
    fn the_families_take_turns_and_no_address_comes_twice() {
        let mapped = SocketAddr::from(([0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0201], 443));
        let link_local =
            |scope| SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1), 443, 0, scope));
        let cases: [(&[SocketAddr], &[SocketAddr]); 7] = [
            (&[], &[]),
            (&[v4(1)], &[v4(1)]),
            (&[v6(1), v6(2), v6(3), v4(1), v4(2)], &[v6(1), v4(1), v6(2), v4(2), v6(3)]),
            (&[v4(1), v4(2), v6(1)], &[v4(1), v6(1), v4(2)]),
            (&[v4(1), v6(1), v4(1), v6(1), v4(2)], &[v4(1), v6(1), v4(2)]),
            (&[mapped, v6(1), v4(1), v4(2)], &[v4(1), v6(1), v4(2)]),
            (&[link_local(1), link_local(2), link_local(1)], &[link_local(1), link_local(2)]),
        ];
        for (found, tried) in cases {
            assert_eq!(in_turn(found), tried);
        }
    }

    #[test]
    fn a_long_list_is_cut_and_both_families_are_tried() {
        let found: Vec<_> = (0..50).map(v6).chain((0..50).map(v4)).collect();
        let tried = in_turn(&found);
        assert_eq!(tried.len(), ATTEMPTS_MAX);
        assert_eq!(tried.iter().filter(|address| address.is_ipv4()).count(), ATTEMPTS_MAX / 2);
        assert_eq!(in_turn(&found[..50]), found[..ATTEMPTS_MAX]);
    }

    /// An address where nobody listens.
    fn refusing() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
    }

    /// Broadcast: Linux has no route for TCP to it.
    fn dead() -> SocketAddr {
        ([255, 255, 255, 255], 443).into()
    }

    /// A listener whose queue is full: Linux drops what else would connect. And what fills the queue.
    fn silent() -> (TcpListener, Vec<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        SockRef::from(&listener).listen(0).expect("a shorter queue");
        let connect = || TcpStream::connect_timeout(&address_of(&listener), Duration::from_millis(100)).ok();
        let queue: Vec<_> = std::iter::from_fn(connect).take(16).collect();
        assert!(queue.len() < 16, "the queue is not full");
        (listener, queue)
    }

    fn address_of(listener: &TcpListener) -> SocketAddr {
        listener.local_addr().expect("an address")
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn race(addresses: &[SocketAddr], time: Duration) -> io::Result<TcpStream> {
        Race::new(addresses.to_vec(), Deadline::after(time)).run()
    }

    #[test]
    fn the_first_address_that_answers_wins() {
        let (one, other) = (silent(), silent());
        let [one, other] = [&one, &other].map(|(listener, _)| address_of(listener));
        let good = TcpListener::bind("127.0.0.1:0").expect("a port");
        let good = address_of(&good);
        // With a pause after each it would take too long.
        let many_refusing = [&[refusing(); 60][..], &[good]].concat();
        // None, one and two pauses.
        for (addresses, pauses) in [
            (&[good, one][..], 0),
            (&[refusing(), dead(), refusing(), good], 0),
            (&[one, good], 1),
            (&many_refusing, 0),
            (&[refusing(), one, dead(), good], 1),
            (&[one, refusing(), good], 1),
            (&[one, other, good, refusing()], 2),
        ] {
            let begun = Deadline::after(MINUTE);
            let socket = race(addresses, MINUTE).expect("connected");
            assert_eq!(socket.peer_addr().expect("connected"), good);
            let took = MINUTE - begun.remaining();
            assert!(took >= ATTEMPT_DELAY * pauses, "{addresses:?}: too early, after {took:?}");
            // One after the other the silent ones had half a minute.
            assert!(took < MINUTE / 6, "{addresses:?}: {took:?}");
        }
    }

    #[test]
    fn a_slow_address_may_still_win() {
        let (late, queue) = silent();
        let (never, _queue) = silent();
        let socket = std::thread::scope(|scope| {
            let racing = scope.spawn(|| race(&[address_of(&late), address_of(&never)], MINUTE));
            std::thread::sleep(ATTEMPT_DELAY);
            SockRef::from(&late).listen(128).expect("a longer queue");
            queue.iter().for_each(|_| drop(late.accept().expect("what filled the queue")));
            racing.join().expect("no panic").expect("connected")
        });
        assert_eq!(socket.peer_addr().expect("connected"), address_of(&late));
    }

    #[test]
    fn a_failed_connection_says_why() {
        let kind = |addresses: &[SocketAddr]| race(addresses, MINUTE).expect_err("nobody listens").kind();
        assert_eq!(kind(&[dead()]), ErrorKind::NetworkUnreachable);
        assert_eq!(kind(&[refusing(), refusing()]), ErrorKind::ConnectionRefused);
        assert_eq!(kind(&[refusing(), dead()]), ErrorKind::ConnectionRefused);
        assert_eq!(kind(&[dead(), refusing()]), ErrorKind::ConnectionRefused);
        assert_eq!(kind(&[refusing(); 50]), ErrorKind::ConnectionRefused);
    }

    #[test]
    fn the_deadline_ends_the_attempts() {
        let silent = silent();
        let address = address_of(&silent.0);
        for (addresses, time) in [(&[address][..], 0), (&[address], 1), (&[address, refusing()], 300)] {
            let deadline = Deadline::after(Duration::from_millis(time));
            let error = Race::new(addresses.to_vec(), deadline).run().expect_err("no time");
            assert_eq!(error.kind(), ErrorKind::TimedOut);
            assert!(deadline.has_passed());
        }
    }

    #[test]
    fn a_failure_has_the_reason_of_its_phase() {
        for (phase, reason) in [(Phase::Connect, "connect"), (Phase::Proxy, "proxy")] {
            let failure = connect("127.0.0.1", refusing().port(), phase, Deadline::after(MINUTE)).expect_err("refused");
            assert_eq!((failure.error.status(), failure.error.reason()), (Status::Network, reason));
        }
    }
}
