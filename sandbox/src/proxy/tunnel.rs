//! Carries bytes both ways, each way on a thread of its own.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::ServerConnection;

use super::Seen;
use crate::locks::lock;
use crate::server::Connections;
use crate::wire::{self, Wire};

/// The client's end. Reading blocks outside the lock of the TLS state, so that
/// the other direction can write meanwhile.
struct Client {
    socket: Arc<TcpStream>,
    tls: Option<Mutex<ServerConnection>>,
}

impl From<Wire> for Client {
    fn from(wire: Wire) -> Client {
        match wire {
            Wire::Plain(socket) => Client { socket: socket.0, tls: None },
            Wire::Tls(stream) => {
                let (connection, socket) = stream.into_parts();
                Client { socket: socket.0, tls: Some(Mutex::new(connection)) }
            }
        }
    }
}

impl Client {
    /// The next bytes; empty at the end.
    fn receive(&self) -> io::Result<Vec<u8>> {
        let Some(tls) = &self.tls else {
            return read_some(&self.socket);
        };
        // The handshake may have left plaintext behind.
        let mut plaintext = Vec::new();
        let mut ended = take_plaintext(&mut lock(tls), &mut plaintext)?;
        while plaintext.is_empty() && !ended {
            let records = read_some(&self.socket)?;
            if records.is_empty() {
                break;
            }
            let mut rest = records.as_slice();
            let mut connection = lock(tls);
            while !rest.is_empty() && !ended {
                connection.read_tls(&mut rest)?;
                connection.process_new_packets().map_err(io::Error::other)?;
                ended = take_plaintext(&mut connection, &mut plaintext)?;
            }
            self.flush(&mut connection)?;
        }
        Ok(plaintext)
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        match &self.tls {
            None => (&*self.socket).write_all(bytes),
            Some(tls) => {
                let mut connection = lock(tls);
                connection.writer().write_all(bytes)?;
                self.flush(&mut connection)
            }
        }
    }

    fn end(&self) -> io::Result<()> {
        if let Some(tls) = &self.tls {
            let mut connection = lock(tls);
            connection.send_close_notify();
            self.flush(&mut connection)?;
        }
        self.socket.shutdown(Shutdown::Write)
    }

    fn flush(&self, connection: &mut ServerConnection) -> io::Result<()> {
        while connection.wants_write() {
            connection.write_tls(&mut &*self.socket)?;
        }
        Ok(())
    }
}

fn read_some(mut socket: &TcpStream) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        match socket.read(&mut piece) {
            Ok(length) => {
                piece.truncate(length);
                return Ok(piece);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Whether the peer has said that there is no more.
fn take_plaintext(connection: &mut ServerConnection, into: &mut Vec<u8>) -> io::Result<bool> {
    match connection.reader().read_to_end(into) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Tunnels until both ends are done. `early` came together with the head.
pub(super) fn run(wire: Wire, early: &[u8], upstream: TcpStream, open: &Arc<Connections>, seen: &Seen) {
    let client = Client::from(wire);
    let upstream = Arc::new(upstream);
    let Some(_admitted) = open.admit(&upstream) else {
        return;
    };
    // Each write is passed on as it came; a refusal costs speed only.
    let _ = upstream.set_nodelay(true);
    thread::scope(|scope| {
        let up = thread::Builder::new().name("sandbox-tunnel".to_owned()).spawn_scoped(scope, || {
            if carry_up(&client, early, &upstream, seen).is_err() {
                let _ = upstream.shutdown(Shutdown::Both);
            }
        });
        if up.is_err() || carry_down(&upstream, &client).is_err() {
            // A reset of the target reaches the client as one. The shutdown that wakes
            // the other direction is one of reading only: it sends nothing.
            wire::reset_when_dropped(&client.socket);
            let _ = client.socket.shutdown(Shutdown::Read);
        }
    });
}

fn carry_up(client: &Client, early: &[u8], mut upstream: &TcpStream, seen: &Seen) -> io::Result<()> {
    let mut bytes = early.to_vec();
    if bytes.is_empty() {
        bytes = client.receive()?;
    }
    while !bytes.is_empty() {
        seen.keep(&bytes);
        upstream.write_all(&bytes)?;
        bytes = client.receive()?;
    }
    upstream.shutdown(Shutdown::Write)
}

fn carry_down(upstream: &TcpStream, client: &Client) -> io::Result<()> {
    loop {
        let bytes = read_some(upstream)?;
        if bytes.is_empty() {
            return client.end();
        }
        client.send(&bytes)?;
    }
}
