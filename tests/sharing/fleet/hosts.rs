//! Hosts of the test's own: network namespaces, each with one address and one way, to this process.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use personr_testkit::compile;

pub struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    /// `None` where the system does not allow it: the test is then skipped, and returns.
    pub fn start(test: &str, count: usize) -> Option<Self> {
        let mut hosts = Self { names: Vec::new() };
        for number in 0..count {
            let name = format!("personr{}-{number}", std::process::id());
            hosts.names.push(name.clone());
            if !set_up(&name, number) {
                compile::skip(test, "network namespaces cannot be made here (root and iproute2 are needed)");
                return None;
            }
        }
        Some(hosts)
    }

    /// Lets a host reach `target` of this process, and tells by which address.
    pub fn forward(&self, host: usize, target: SocketAddr) -> SocketAddr {
        let listener = TcpListener::bind((outside(host), 0)).expect("the address of the link");
        let address = listener.local_addr().expect("an address");
        // Both threads of a connection end with it, and the listener with the process.
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(target).expect("the target listens");
                let (near_copy, far_copy) = (near.try_clone().expect("a socket"), far.try_clone().expect("a socket"));
                thread::spawn(move || pass_on(near, far));
                thread::spawn(move || pass_on(far_copy, near_copy));
            }
        });
        address
    }

    /// What a command line begins with that runs on a host.
    pub fn prefix(&self, host: usize) -> Vec<String> {
        ["ip", "netns", "exec", &self.names[host]].map(str::to_owned).to_vec()
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        // The link goes with the namespace that it ends in.
        for name in &self.names {
            ip(&format!("netns delete {name}"));
        }
    }
}

fn set_up(name: &str, number: usize) -> bool {
    let link = format!("pr{}-{number}", std::process::id() % 100_000);
    [
        format!("netns add {name}"),
        format!("link add {link} type veth peer name eth0 netns {name}"),
        format!("address add {}/30 dev {link}", outside(number)),
        format!("link set {link} up"),
        format!("-n {name} address add {}/30 dev eth0", inside(number)),
        format!("-n {name} link set eth0 up"),
    ]
    .iter()
    .all(|command| ip(command))
}

/// The ends of the link to a host: of the addresses for documentation (RFC 5737), four for each.
fn outside(host: usize) -> String {
    format!("198.51.100.{}", 4 * host + 1)
}

fn inside(host: usize) -> String {
    format!("198.51.100.{}", 4 * host + 2)
}

fn ip(command: &str) -> bool {
    let status = Command::new("ip").args(command.split(' ')).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn pass_on(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(std::net::Shutdown::Write);
}
