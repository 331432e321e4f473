//! Name look-up with a deadline.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

use super::failure::{Phase, timeout};
use crate::clock::Deadline;
use crate::error::{Error, Failure, Status};
use crate::sys;

/// Room for `getaddrinfo` and the system's modules under it, which a host program's small default may not leave.
const STACK: usize = 256 * 1024;

/// The addresses of a host.
///
/// `localhost` is never looked up (RFC 6761, section 6.3): the password would go in clear to whatever a name server
/// says. `getaddrinfo` has no time limit and cannot be stopped, so it runs on a thread that is left behind when the
/// time is up: the only one that the library ever starts.
pub(super) fn resolve(host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, Failure> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    if host == "localhost" {
        return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    look_up(host.to_owned(), port, deadline)
}

fn look_up(host: String, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, Failure> {
    let (answer, answered) = mpsc::sync_channel(1);
    let look_up = move || {
        let addresses = (host.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody listens any more once the deadline has passed.
        let _ = answer.send(addresses);
    };
    sys::with_signals_blocked(|| thread::Builder::new().name("personr-dns".into()).stack_size(STACK).spawn(look_up))
        .map_err(|_| dns("no thread could be started for the name look-up"))?;
    match answered.recv_timeout(deadline.remaining()) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(_) | Err(RecvTimeoutError::Disconnected) => Err(dns("the name of the host could not be looked up")),
        Err(RecvTimeoutError::Timeout) => Err(Failure { error: timeout(Phase::Connect), retry: true }),
    }
}

fn dns(message: &'static str) -> Failure {
    Failure { error: Error::new(Status::Network, "dns", message), retry: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn literals_and_localhost_need_no_look_up() {
        let passed = Deadline::after(Duration::ZERO);
        for (host, first) in [("127.0.0.1", "127.0.0.1:443"), ("::1", "[::1]:443"), ("localhost", "127.0.0.1:443")] {
            let addresses = resolve(host, 443, passed).expect("no time is needed");
            assert_eq!(addresses[0], first.parse().expect("an address"));
        }
    }

    #[test]
    fn a_name_that_does_not_exist_is_a_dns_failure() {
        // RFC 6761, section 6.4: "invalid" never resolves.
        let failure =
            resolve("personr.invalid", 443, Deadline::after(Duration::from_secs(60))).expect_err("no such name");
        assert_eq!((failure.error.status(), failure.error.reason()), (Status::Network, "dns"));
    }

    #[test]
    fn a_look_up_ends_at_its_deadline() {
        let failure = resolve("personr.invalid", 443, Deadline::after(Duration::ZERO)).expect_err("no time");
        assert_eq!(failure.error.status(), Status::Timeout);
    }
}
