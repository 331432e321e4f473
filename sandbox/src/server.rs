//! A listener on the loopback with a thread for each connection, and its end.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::locks::lock;

/// How long the end waits for the threads. All that they wait for has been
/// ended by then, so this is for a bug, which must not hang a test.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is done with the connections of a listener.
pub(crate) trait Handler: Send + Sync + 'static {
    /// What is decided about a connection at the moment when it is accepted.
    type Decision: Send;

    /// Called on the accepting thread, in the order of the connections.
    fn accepted(&self) -> Self::Decision;

    /// Serves the connection, on a thread of its own.
    fn serve(&self, socket: Arc<TcpStream>, decision: Self::Decision, open: &Arc<Connections>);

    /// Called after the connection's socket was closed.
    fn closed(&self) {}
}

/// A running listener.
pub(crate) struct Server {
    address: SocketAddr,
    connections: Arc<Connections>,
    acceptor: Option<JoinHandle<()>>,
    process: u32,
}

impl Server {
    /// Listens on a free port of 127.0.0.1.
    pub(crate) fn start<H: Handler>(name: &str, handler: Arc<H>) -> io::Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let connections = Arc::new(Connections::default());
        let open = Arc::clone(&connections);
        let acceptor =
            thread::Builder::new().name(name.to_owned()).spawn(move || accept(&listener, &handler, &open))?;
        Ok(Server { address, connections, acceptor: Some(acceptor), process: process::id() })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    /// Closes the listener and all connections, and waits for their threads.
    fn drop(&mut self) {
        // A forked child has the sockets of its parent and none of the threads.
        if process::id() != self.process {
            return;
        }
        self.connections.stop();
        // `accept` cannot be interrupted: a connection wakes it.
        let woken = TcpStream::connect_timeout(&self.address, PATIENCE);
        if let (Ok(_), Some(acceptor)) = (woken, self.acceptor.take()) {
            let _ = acceptor.join();
        }
        self.connections.wait_for_threads();
    }
}

fn accept<H: Handler>(listener: &TcpListener, handler: &Arc<H>, connections: &Arc<Connections>) {
    loop {
        let accepted = listener.accept();
        if connections.is_stopped() {
            return;
        }
        match accepted {
            Ok((socket, _)) => start_connection(socket, handler, connections),
            // Out of descriptors, most likely: they come back as connections end.
            Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    }
}

fn start_connection<H: Handler>(socket: TcpStream, handler: &Arc<H>, connections: &Arc<Connections>) {
    // An answer is written in one piece; the faults that write several want them sent as they come.
    let _ = socket.set_nodelay(true);
    let socket = Arc::new(socket);
    let Some(admitted) = connections.admit(&socket) else {
        return;
    };
    let decision = handler.accepted();
    let closing = Closing { handler: Arc::clone(handler) };
    let open = Arc::clone(connections);
    // Should the system refuse a thread, the closure is dropped, and so the connection closed.
    let _ = thread::Builder::new().name("sandbox-connection".to_owned()).spawn(move || {
        // Dropped in the reverse order: the registration's socket, then the handler is told.
        let closing = closing;
        let _admitted = admitted;
        closing.handler.serve(socket, decision, &open);
    });
}

/// Tells the handler of the end of a connection, also after a panic.
struct Closing<H: Handler> {
    handler: Arc<H>,
}

impl<H: Handler> Drop for Closing<H> {
    fn drop(&mut self) {
        self.handler.closed();
    }
}

/// The sockets that the end must close.
#[derive(Default)]
pub(crate) struct Connections {
    state: Mutex<Open>,
    changed: Condvar,
}

#[derive(Default)]
struct Open {
    stopped: bool,
    next: u64,
    sockets: HashMap<u64, Arc<TcpStream>>,
}

/// Keeps a socket registered while it lives.
pub(crate) struct Admitted {
    connections: Arc<Connections>,
    number: u64,
}

impl Connections {
    /// Registers a socket; `None` once the end has begun.
    pub(crate) fn admit(self: &Arc<Self>, socket: &Arc<TcpStream>) -> Option<Admitted> {
        let mut open = lock(&self.state);
        if open.stopped {
            return None;
        }
        let number = open.next;
        open.next += 1;
        open.sockets.insert(number, Arc::clone(socket));
        Some(Admitted { connections: Arc::clone(self), number })
    }

    fn is_stopped(&self) -> bool {
        lock(&self.state).stopped
    }

    fn stop(&self) {
        let mut open = lock(&self.state);
        open.stopped = true;
        for socket in open.sockets.values() {
            // Wakes every read and write; one that is closed already needs no waking.
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    fn wait_for_threads(&self) {
        let waited = self.changed.wait_timeout_while(lock(&self.state), PATIENCE, |open| !open.sockets.is_empty());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let removed = lock(&self.connections.state).sockets.remove(&self.number);
        // The last owner closes the socket: outside the lock.
        drop(removed);
        self.connections.changed.notify_all();
    }
}
