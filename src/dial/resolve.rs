//! The addresses of a host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::failure::LookUpProblem;
use super::look_up::LookUps;
use crate::clock::Deadline;
use crate::sys::ForkLocal;

/// The look-ups of this process. A forked child has its own: the threads of its parent are not in it.
static LOOK_UPS: ForkLocal<LookUps> = ForkLocal::new();

/// The addresses of `host`, each with `port`. `localhost` is never looked up (RFC 6761, section 6.3): `http://` is
/// allowed for it, so the password would go in clear to whatever address a name server gives. A look-up has no port, so
/// that all ports of a host share it.
pub(super) fn resolve(host: &str, port: u16, deadline: Deadline) -> Result<Vec<SocketAddr>, LookUpProblem> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    if host == "localhost" {
        return Ok(vec![(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]);
    }
    let mut addresses = LOOK_UPS.get_or_make(LookUps::of_the_system).addresses_of(host, deadline)?;
    addresses.iter_mut().for_each(|address| address.set_port(port));
    Ok(addresses)
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
    fn a_name_that_does_not_exist_has_no_address() {
        // RFC 6761, section 6.4: "invalid" never resolves.
        let found = resolve("personr.invalid", 443, Deadline::after(Duration::from_secs(60)));
        assert_eq!(found, Err(LookUpProblem::NoAddress));
    }

    #[test]
    fn a_look_up_ends_at_its_deadline() {
        let found = resolve("personr.invalid", 443, Deadline::after(Duration::ZERO));
        assert_eq!(found, Err(LookUpProblem::TimedOut));
    }
}
