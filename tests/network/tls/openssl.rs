//! What rcgen and rustls cannot or will not make: RSA keys, short ones too, SHA-1, and servers of old versions.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use personr_testkit::compile;
use tempfile::TempDir;

use super::certificates::Identity;

const CONFIG: &str = "[req]\ndistinguished_name = name\n[name]\n\
    [root]\nbasicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n\
    [leaf]\nbasicConstraints = critical, CA:FALSE\nextendedKeyUsage = serverAuth\n\
    subjectAltName = IP:127.0.0.1, DNS:localhost\n";

/// A folder for keys and certificates.
pub struct Openssl(TempDir);

impl Openssl {
    /// `None` where there is none: the test is then skipped, and returns.
    pub fn find(test: &str) -> Option<Self> {
        // `openssl version`, since not every version knows `--version`.
        let runs = Command::new("openssl").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if !runs.is_ok_and(|status| status.success()) {
            compile::skip(test, "openssl is not installed (Debian: apt-get install openssl)");
            return None;
        }
        let folder = TempDir::new().expect("a temporary folder");
        fs::write(folder.path().join("config"), CONFIG).expect("written");
        Some(Self(folder))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &str) {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(self.0.path());
        let output = command.output().expect("openssl runs");
        assert!(output.status.success(), "{command:?} failed:\n{}", compile::said(&output));
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("made")
    }

    /// A key in PKCS #8.
    pub fn rsa_key(&self, bits: u32) -> String {
        self.run(&format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out alone.key"));
        self.read("alone.key")
    }

    /// A server's certificate, of an RSA key of so many bits, signed with this digest by a root of 2,048 bits.
    pub fn issue(&self, bits: u32, digest: &str) -> Identity {
        self.issue_by(&rsa(2048), &rsa(bits), &format!("-{digest}"))
    }

    /// The same with keys of any kind, as `openssl genpkey` takes them, and any way to sign, as `openssl x509` does.
    pub fn issue_by(&self, root_key: &str, leaf_key: &str, signed: &str) -> Identity {
        self.run(&format!("genpkey {root_key} -out root.key"));
        self.run(&format!("genpkey {leaf_key} -out leaf.key"));
        self.run(
            "req -x509 -new -key root.key -config config -extensions root -subj /CN=root-by-openssl -days 30 -out root.pem",
        );
        self.run("req -new -key leaf.key -config config -subj /CN=server -out leaf.request");
        self.run(&format!(
            "x509 -req -in leaf.request -CA root.pem -CAkey root.key -set_serial 2 -days 30 {signed} \
             -extfile config -extensions leaf -out leaf.pem"
        ));
        Identity { chain: self.read("leaf.pem"), key: self.read("leaf.key"), root: self.read("root.pem") }
    }

    /// A server of one version of TLS (`-tls1`, …) that prints what it gets.
    pub fn serve(&self, identity: &Identity, version: &str) -> Server {
        fs::write(self.path("served.pem"), &identity.chain).expect("written");
        fs::write(self.path("served.key"), &identity.key).expect("written");
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-cert", "served.pem", "-key", "served.key", version]);
        // Without it openssl offers no old version and no short key of its own accord.
        command.args(["-cipher", "ALL:@SECLEVEL=0"]).current_dir(self.0.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("openssl runs");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        let input = child.stdin.take();
        let mut server = Server { child, output, _input: input, address: ([0; 4], 0).into() };
        let line = server.line_with("ACCEPT 127.0.0.1:");
        let address = line.trim().strip_prefix("ACCEPT ").and_then(|address| address.parse().ok());
        server.address = address.expect("an address");
        server
    }
}

pub fn rsa(bits: u32) -> String {
    format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}")
}

/// With more primes than two, so that a long one is made in seconds.
pub fn long_rsa(bits: u32) -> String {
    format!("{} -pkeyopt rsa_keygen_primes:5", rsa(bits))
}

pub fn curve(name: &str) -> String {
    format!("-algorithm EC -pkeyopt ec_paramgen_curve:{name}")
}

pub struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    address: SocketAddr,
    /// At whose end the server would end.
    _input: Option<ChildStdin>,
}

impl Server {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a line of its output.
    pub fn line_with(&mut self, text: &str) -> String {
        let mut line = Vec::new();
        while self.output.read_until(b'\n', &mut line).expect("output") > 0 {
            let read = String::from_utf8_lossy(&line).into_owned();
            if read.contains(text) {
                return read;
            }
            line.clear();
        }
        panic!("s_server ended before it wrote {text}");
    }

    /// Ends it, and returns the rest of what it wrote.
    pub fn stop(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut rest = Vec::new();
        self.output.read_to_end(&mut rest).expect("output");
        String::from_utf8_lossy(&rest).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
