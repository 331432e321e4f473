//! A service that does to each request what the test says, and remembers what arrived. It logs in whoever asks: each
//! login ends the token of the one before.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;

/// What is done to one request. Without one it is served: 200 if its token is the live one, else 401.
#[derive(Clone, Debug)]
pub enum Act {
    /// Serves it, and closes the connection without having announced that.
    ServeAndClose,
    /// Sends these bytes, once the request is there.
    Answer(String),
    /// Sends these bytes, and then a reset.
    AnswerAndReset(String),
    /// Sends these bytes when so many of the body have arrived, reads no more, and ends the connection: by a reset,
    /// since there is more to read.
    AnswerEarly(usize, String),
    /// Resets the connection behind the head.
    ResetBehindHead,
    /// Resets it when so many bytes of the body have arrived.
    ResetInBody(usize),
    /// Resets it when all has arrived.
    Reset,
    /// Closes it when all has arrived.
    Close,
    /// Leaves it without an answer.
    Stall,
    /// Ends the live token first, and then serves it: by 401.
    Revoke,
    /// Reads so many bytes of the body, and goes on when the test says so.
    Hold(usize),
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    pub target: String,
    pub head: String,
    /// As far as it arrived; the beginning of a long one.
    pub body: Vec<u8>,
    pub body_length: usize,
    /// Which connection, counted from 1, those of logins too.
    pub connection: usize,
}

impl Received {
    pub fn header(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}

#[derive(Default)]
struct State {
    script: VecDeque<Act>,
    received: Vec<Received>,
    live: Option<String>,
    /// How many connections have ended.
    ended: usize,
    held: usize,
    released: usize,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    logins: AtomicUsize,
    connections: AtomicUsize,
}

pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// More of a body is counted, and not kept.
const KEPT: usize = 1 << 20;

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::<Shared>::default();
        let server = Self { address, shared: Arc::clone(&shared) };
        // They end with the process.
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let connection = shared.connections.fetch_add(1, Ordering::SeqCst) + 1;
                    let _ = shared.serve(&stream, connection);
                    let _ = stream.shutdown(Shutdown::Both);
                    shared.lock().ended += 1;
                    shared.changed.notify_all();
                });
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}/api/1.1/wf", self.address)
    }

    pub fn then(&self, act: Act) -> &Self {
        self.shared.lock().script.push_back(act);
        self
    }

    /// The requests that have arrived, or begun to.
    pub fn received(&self) -> Vec<Received> {
        self.shared.lock().received.clone()
    }

    pub fn forget(&self) {
        self.shared.lock().received.clear();
    }

    pub fn logins(&self) -> usize {
        self.shared.logins.load(Ordering::SeqCst)
    }

    /// Ends the live token.
    pub fn revoke(&self) {
        self.shared.lock().live = None;
    }

    /// Waits until so many connections have ended.
    pub fn wait_for_ends(&self, count: usize) {
        self.shared.wait_until(|state| state.ended >= count);
    }

    /// Waits until a request is held.
    pub fn wait_for_held(&self) {
        self.shared.wait_until(|state| state.held > state.released);
    }

    pub fn wait_for_all_held(&self, count: usize) {
        self.shared.wait_until(|state| state.held == count);
    }

    pub fn release(&self) {
        self.shared.lock().released += 1;
        self.shared.changed.notify_all();
    }
}

pub const SUCCESS: &str = r#"{"status":"success","response":{"applicantId":"1x2"}}"#;

/// A whole answer.
pub fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

pub fn json(status: u16, body: &str) -> String {
    answer(status, "Content-Type: application/json\r\n", body)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }

    fn wait_until(&self, is_so: impl Fn(&State) -> bool) {
        drop(self.changed.wait_while(self.lock(), |state| !is_so(state)).expect("no panic"));
    }

    /// All requests of one connection.
    fn serve(&self, mut stream: &TcpStream, connection: usize) -> io::Result<()> {
        let mut ahead = Vec::new();
        loop {
            let head = read_head(stream, &mut ahead)?;
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let mut request = Received { target, head, body: std::mem::take(&mut ahead), body_length: 0, connection };
            request.body_length = request.body.len();
            let length = request.header("content-length").first().map_or(0, |it| it.parse().expect("a length"));
            if request.target.ends_with("api-basic-auth") {
                read_body(stream, &mut request, length)?;
                return stream.write_all(self.log_in().as_bytes());
            }
            let act = self.begin(&request);
            let served = self.act(act, stream, &mut request, length);
            if !served? {
                return Ok(());
            }
        }
    }

    fn log_in(&self) -> String {
        let number = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        let token = format!("token|{number}");
        self.lock().live = Some(token.clone());
        let response = format!(r#"{{"token":"{token}","user_id":"1x1","expires":31536000}}"#);
        json(200, &format!(r#"{{"status":"success","response":{response}}}"#))
    }

    fn begin(&self, request: &Received) -> Option<Act> {
        let mut state = self.lock();
        state.received.push(request.clone());
        let act = state.script.pop_front();
        if matches!(act, Some(Act::Revoke)) {
            state.live = None;
        }
        act
    }

    /// Whether the connection goes on.
    fn act(&self, act: Option<Act>, mut stream: &TcpStream, request: &mut Received, length: usize) -> io::Result<bool> {
        let number = self.number_of(request);
        match &act {
            Some(Act::ResetBehindHead) => return reset(stream),
            Some(Act::ResetInBody(after)) => {
                let arrived = read_body(stream, request, *after);
                self.arrived(number, request, arrived)?;
                return reset(stream);
            }
            Some(Act::AnswerEarly(after, answer)) => {
                let arrived = read_body(stream, request, *after);
                self.arrived(number, request, arrived)?;
                stream.write_all(answer.as_bytes())?;
                // Closed with what has not been read: the system sends a reset, as it does for real servers.
                return Ok(false);
            }
            Some(Act::Hold(after)) => {
                let arrived = read_body(stream, request, *after);
                self.arrived(number, request, arrived)?;
                let mine = {
                    let mut state = self.lock();
                    state.held += 1;
                    state.held
                };
                self.changed.notify_all();
                self.wait_until(|state| state.released >= mine);
            }
            _ => {}
        }
        let arrived = read_body(stream, request, length);
        self.arrived(number, request, arrived)?;
        match act {
            Some(Act::Answer(answer)) => stream.write_all(answer.as_bytes()).map(|()| true),
            Some(Act::AnswerAndReset(answer)) => {
                stream.write_all(answer.as_bytes())?;
                wait_until_arrived(stream);
                reset(stream)
            }
            Some(Act::Reset) => reset(stream),
            Some(Act::Close) => Ok(false),
            Some(Act::Stall) => {
                while stream.read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
                Ok(false)
            }
            other => {
                let authorization = request.header("authorization").first().copied().unwrap_or_default().to_owned();
                let is_live = self.lock().live.as_ref().is_some_and(|live| authorization == format!("Bearer {live}"));
                let refusal =
                    format!(r#"{{"error_class":"Unauthorized","message":null,"translation":"{authorization}"}}"#);
                let answer = if is_live { json(200, SUCCESS) } else { json(401, &refusal) };
                stream.write_all(answer.as_bytes())?;
                Ok(!matches!(other, Some(Act::ServeAndClose)))
            }
        }
    }

    /// Of this request in what was received.
    fn number_of(&self, request: &Received) -> usize {
        let state = self.lock();
        let is_it = |it: &Received| it.connection == request.connection;
        state.received.iter().rposition(is_it).expect("it has begun")
    }

    fn arrived(&self, number: usize, request: &Received, result: io::Result<()>) -> io::Result<()> {
        if let Some(place) = self.lock().received.get_mut(number) {
            *place = request.clone();
        }
        self.changed.notify_all();
        result
    }
}

fn read_head(mut stream: &TcpStream, ahead: &mut Vec<u8>) -> io::Result<String> {
    loop {
        if let Some(end) = ahead.windows(4).position(|part| part == b"\r\n\r\n") {
            let body = ahead.split_off(end + 4);
            let head = String::from_utf8(std::mem::replace(ahead, body)).expect("ASCII");
            return Ok(head);
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece)? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => ahead.extend_from_slice(&piece[..length]),
        }
    }
}

/// So many bytes of it.
fn read_body(mut stream: &TcpStream, request: &mut Received, length: usize) -> io::Result<()> {
    let mut piece = vec![0; 64 * 1024];
    while request.body_length < length {
        let most = piece.len().min(length - request.body_length);
        match stream.read(&mut piece[..most])? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            read => {
                request.body_length += read;
                let kept = read.min(KEPT.saturating_sub(request.body.len()));
                request.body.extend_from_slice(&piece[..kept]);
            }
        }
    }
    Ok(())
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

fn reset(stream: &TcpStream) -> io::Result<bool> {
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
    // Not by `shutdown`, which would send an orderly end: the last descriptor is closed, which is this one.
    // SAFETY: it is put in the place of a socket of ours, which is closed by that.
    unsafe {
        let null = libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        libc::dup3(null, stream.as_raw_fd(), libc::O_CLOEXEC);
        libc::close(null);
    }
    Ok(false)
}
