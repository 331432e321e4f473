//! The threads of operations. They are short-lived, have all signals blocked, and nobody waits for their ends.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::error::Result;
use crate::sys::bell::Bell;
use crate::sys::place::{catch, of_this_thread};
use crate::sys::{ForkLocal, threads};

/// Room for a login or a request, of which `getaddrinfo` is no part.
const STACK: usize = 256 * 1024;
/// Requests that are sent at the same time by operations, in a process. The others queue.
const AT_ONCE_MAX: usize = 64;

/// Starts a thread. A panic in `work` is caught, and prints nothing.
pub(crate) fn start_thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    threads::start(name, STACK, move || {
        let _ = of_this_thread().with(|place| catch(place, work));
    })
}

/// For the watch of a thread.
pub(crate) fn bell() -> Result<Arc<Bell>> {
    Bell::new().map(Arc::new).map_err(|_| super::no_descriptor())
}

type Work = Box<dyn FnOnce(&Arc<Bell>) + Send>;

/// The threads that send requests: as many as there are requests, up to a limit. Each has a bell, which its requests
/// have one after the other.
#[derive(Default)]
pub(crate) struct RequestThreads {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    running: usize,
    queue: VecDeque<Work>,
}

/// A forked child has none of its parent's.
static THREADS: ForkLocal<RequestThreads> = ForkLocal::new();

impl RequestThreads {
    pub(crate) fn of_this_process() -> &'static Self {
        THREADS.get_or_make(Self::default)
    }

    /// Has the work done as soon as there is a thread for it. It fails if none can be started and none is running.
    pub(crate) fn submit(&'static self, work: Work) -> Result<()> {
        let mut state = lock(&self.state);
        if state.running >= AT_ONCE_MAX {
            state.queue.push_back(work);
            return Ok(());
        }
        let bell = match bell() {
            Ok(bell) => bell,
            Err(error) if state.running == 0 => return Err(error),
            // A thread that is running takes it.
            Err(_) => {
                state.queue.push_back(work);
                return Ok(());
            }
        };
        state.queue.push_back(work);
        if start_thread("personr-request", move || self.serve(&bell)).is_ok() {
            state.running += 1;
        } else if state.running == 0 {
            state.queue.pop_back();
            return Err(super::no_thread());
        }
        Ok(())
    }

    fn serve(&self, bell: &Arc<Bell>) {
        while let Some(work) = self.next() {
            bell.silence();
            // The one that panics answers for itself when it is dropped. The others go on.
            let _ = of_this_thread().with(|place| catch(place, || work(bell)));
        }
    }

    /// `None`: the thread ends.
    fn next(&self) -> Option<Work> {
        let mut state = lock(&self.state);
        let next = state.queue.pop_front();
        if next.is_none() {
            state.running -= 1;
            state.queue.shrink_to_fit();
        }
        next
    }
}
