//! The service of the target `calls`: plain HTTP on the loopback, whose answers the input says.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// What one connection gets.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These bytes, and then the end if `closes`; else the client ends it.
    Bytes { bytes: Vec<u8>, closes: bool },
    /// The end at once.
    Nothing,
    /// Silence, for this long.
    Silence(Duration),
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    /// The bytes of every reply that was given.
    given: Vec<Vec<u8>>,
    connections: usize,
}

pub struct Server {
    state: Mutex<State>,
    is_idle: Condvar,
    port: u16,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| SERVER.serve(stream)));
    Server { state: Mutex::default(), is_idle: Condvar::new(), port }
});

impl Server {
    /// The one of this process, without replies.
    pub fn fresh() -> &'static Self {
        let server = &*SERVER;
        *server.lock() = State::default();
        server
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/api", self.port)
    }

    pub fn add(&self, reply: Reply) {
        self.lock().replies.push_back(reply);
    }

    /// The bytes of every reply that was given.
    pub fn given(&self) -> Vec<Vec<u8>> {
        self.lock().given.clone()
    }

    /// Until the connections of this input are over.
    pub fn wait(&self) {
        let mut state = self.lock();
        while state.connections > 0 {
            state = self.is_idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn serve(&self, mut stream: TcpStream) {
        self.lock().connections += 1;
        if read_request(&mut stream) {
            match self.next() {
                Reply::Bytes { bytes, closes } => {
                    let _ = stream.write_all(&bytes);
                    if closes {
                        let _ = stream.shutdown(Shutdown::Write);
                    }
                    let _ = stream.read_to_end(&mut Vec::new());
                }
                Reply::Nothing => {}
                Reply::Silence(time) => thread::sleep(time),
            }
        }
        drop(stream);
        self.lock().connections -= 1;
        self.is_idle.notify_all();
    }

    fn next(&self) -> Reply {
        let mut state = self.lock();
        let reply = state.replies.pop_front().unwrap_or(Reply::Nothing);
        if let Reply::Bytes { bytes, .. } = &reply {
            state.given.push(bytes.clone());
        }
        reply
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a whole login has arrived: its body ends with the delimiter of the form.
fn read_request(stream: &mut TcpStream) -> bool {
    let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
    let mut request = Vec::new();
    let mut buffer = [0; 4096];
    while !request.ends_with(b"--\r\n") {
        match stream.read(&mut buffer) {
            Ok(read) if read > 0 => request.extend_from_slice(&buffer[..read]),
            _ => return false,
        }
    }
    true
}
