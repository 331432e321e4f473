//! A server for one login: it reads the request, sends the bytes of the case, and ends the connection as told.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use super::cases::{After, Case};
use super::reads::SINGLE_BYTES;

/// The last bytes of the request, and of nothing else in it: the closing delimiter of the empty form.
const END_OF_REQUEST: &[u8] = b"--personr-form--\r\n";

/// How the bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// In one write.
    Whole,
    /// One byte a write, each sent at once (TCP_NODELAY); what is behind the first `SINGLE_BYTES` in one write. That
    /// the client also *reads* one byte at a time is for `reads` to see to: the kernel may join what was written apart.
    ByteByByte,
}

pub struct Server {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
    /// Returns the number of connections.
    serving: JoinHandle<usize>,
}

impl Server {
    pub fn start(case: &Case, way: Way) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let is_over = Arc::new(AtomicBool::new(false));
        let (answer, after, login_is_over) = (case.answer.clone(), case.after, Arc::clone(&is_over));
        let serving = thread::spawn(move || {
            let mut connections = 0;
            loop {
                let (stream, _) = listener.accept().expect("a connection");
                if login_is_over.load(Ordering::SeqCst) {
                    return connections;
                }
                connections += 1;
                serve(stream, &answer, after, way);
            }
        });
        Self { address, is_over, serving }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends the server once the login is over, and tells how many connections it made. Each was served before the login
    /// could go on, so that the one which wakes the server here is not among them.
    pub fn connections(self) -> usize {
        self.is_over.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).expect("it listens");
        self.serving.join().expect("the server does not fail")
    }
}

fn serve(mut stream: TcpStream, answer: &[u8], after: After, way: Way) {
    stream.set_nodelay(true).expect("set");
    if read_request(&mut stream).is_err() {
        return; // it gave up
    }
    // A client that has read enough is gone before the rest is sent: no failure of the server.
    let sent = match way {
        Way::Whole => stream.write_all(answer),
        Way::ByteByByte => {
            let (single, rest) = answer.split_at(answer.len().min(SINGLE_BYTES));
            single.iter().try_for_each(|byte| stream.write_all(&[*byte])).and_then(|()| stream.write_all(rest))
        }
    };
    match after {
        _ if sent.is_err() => {}
        After::Close => {
            let _ = stream.shutdown(std::net::Shutdown::Write);
            drain(&mut stream);
        }
        After::Open => drain(&mut stream),
        After::Reset => {
            wait_until_arrived(&stream);
            reset_when_dropped(&stream);
        }
        After::Forever(piece) => {
            let many = piece.repeat(4096 / piece.len() + 1);
            while stream.write_all(&many).is_ok() {}
        }
    }
}

/// All of it: a socket closed with unread bytes sends a reset, which is another case.
fn read_request(stream: &mut TcpStream) -> io::Result<()> {
    let mut request = Vec::new();
    let mut piece = [0; 4096];
    while !request.ends_with(END_OF_REQUEST) {
        match stream.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => request.extend_from_slice(&piece[..length]),
        }
    }
    Ok(())
}

fn drain(stream: &mut TcpStream) {
    while stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {}
}

/// What has not been sent a reset throws away. What has arrived can still be read.
fn wait_until_arrived(stream: &TcpStream) {
    loop {
        let mut left: libc::c_int = 0;
        // SAFETY: asks how much of a socket of ours is not acknowledged yet, and writes one int.
        let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut left) };
        if result != 0 || left == 0 {
            return;
        }
        thread::yield_now();
    }
}

fn reset_when_dropped(stream: &TcpStream) {
    let linger = libc::linger { l_onoff: 1, l_linger: 0 };
    // SAFETY: an option of a socket of ours, with the size of the value that it takes.
    let result = unsafe {
        libc::setsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            std::ptr::from_ref(&linger).cast(),
            size_of_val(&linger) as libc::socklen_t,
        )
    };
    assert_eq!(result, 0);
}
