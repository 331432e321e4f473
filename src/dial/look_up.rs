//! Name look-ups, shared by the callers who look up the same host.
//!
//! `getaddrinfo` has no time limit and cannot be stopped: it runs on a thread of its own, which a caller whose time is
//! up leaves behind. If a name server is silent, there must not be a thread for each caller, so callers who come soon
//! after one another wait for the same thread. Nothing is kept of a look-up that has ended: the system has caches.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::failure::{LookUpProblem, is_want_of_descriptors};
use crate::clock::{Deadline, Instant};
use crate::sys::watch::slice;
use crate::sys::{sockets, threads};

/// A look-up that has gone on for so long may hang for ever: a caller who comes later begins another one.
const YOUNG: Duration = Duration::from_secs(5);
/// Look-ups of one host at the same time. Once there are so many, all join the youngest.
const AT_ONCE_MAX: usize = 4;
/// Room for `getaddrinfo` and the system's modules under it, which an application's small default may not leave.
const STACK: usize = 256 * 1024;

type Outcome = Result<Vec<SocketAddr>, LookUpProblem>;

/// The look-ups of a process that are under way.
pub(super) struct LookUps {
    ask: fn(&str) -> io::Result<Vec<SocketAddr>>,
    /// From the oldest to the youngest.
    under_way: Mutex<Vec<Arc<LookUp>>>,
}

struct LookUp {
    host: String,
    begun: Instant,
    outcome: Mutex<Option<Outcome>>,
    ended: Condvar,
}

impl LookUps {
    pub(super) fn of_the_system() -> Self {
        Self::by(|host| (host, 0).to_socket_addrs().map(Iterator::collect))
    }

    fn by(ask: fn(&str) -> io::Result<Vec<SocketAddr>>) -> Self {
        Self { ask, under_way: Mutex::default() }
    }

    /// The addresses of a host, without a port.
    pub(super) fn addresses_of(&'static self, host: &str, deadline: Deadline) -> Outcome {
        if deadline.has_passed() {
            return Err(LookUpProblem::TimedOut);
        }
        let (look_up, is_new) = self.join(host, Instant::now());
        if is_new {
            self.start(&look_up);
        }
        look_up.wait(deadline)
    }

    /// The look-up to wait for, and whether it is a new one, which is to be started.
    fn join(&self, host: &str, now: Instant) -> (Arc<LookUp>, bool) {
        let mut under_way = lock(&self.under_way);
        let of_this_host = || under_way.iter().filter(|look_up| look_up.host == host);
        if let Some(youngest) = of_this_host().next_back() {
            if youngest.begun.until(now) < YOUNG || of_this_host().count() >= AT_ONCE_MAX {
                return (Arc::clone(youngest), false);
            }
        }
        let look_up = Arc::new(LookUp::new(host, now));
        under_way.push(Arc::clone(&look_up));
        (look_up, true)
    }

    /// Starts the thread of a look-up, the only kind of thread that the library has. If it cannot be started, all
    /// callers who have joined get that as the outcome.
    fn start(&'static self, look_up: &Arc<LookUp>) {
        let asked = Arc::clone(look_up);
        let work = move || self.end(&asked, outcome_of((self.ask)(&asked.host)));
        if threads::start("personr-dns", STACK, work).is_err() {
            self.end(look_up, Err(LookUpProblem::NoThread));
        }
    }

    /// Takes the look-up off the list first, and only then tells those who wait. So nobody joins a look-up that has its
    /// answer already: an answer is never older than the question.
    fn end(&self, look_up: &Arc<LookUp>, outcome: Outcome) {
        let mut under_way = lock(&self.under_way);
        under_way.retain(|other| !Arc::ptr_eq(other, look_up));
        if under_way.is_empty() {
            under_way.shrink_to_fit();
        }
        drop(under_way);
        *lock(&look_up.outcome) = Some(outcome);
        look_up.ended.notify_all();
    }
}

impl LookUp {
    fn new(host: &str, begun: Instant) -> Self {
        Self { host: host.to_owned(), begun, outcome: Mutex::default(), ended: Condvar::new() }
    }

    /// Each caller has a deadline of its own.
    fn wait(&self, deadline: Deadline) -> Outcome {
        let mut outcome = lock(&self.outcome);
        loop {
            if let Some(outcome) = &*outcome {
                return outcome.clone();
            }
            let left = deadline.remaining();
            if left.is_zero() {
                return Err(LookUpProblem::TimedOut);
            }
            outcome = self.ended.wait_timeout(outcome, slice(left)).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// Without a free descriptor glibc cannot read its configuration, and may then say that there is no such name. So after
/// a failure a socket is opened, to see whether there are descriptors.
fn outcome_of(answer: io::Result<Vec<SocketAddr>>) -> Outcome {
    let error = match answer {
        Ok(addresses) if !addresses.is_empty() => return Ok(addresses),
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let is_wanting = |error: Option<io::Error>| error.as_ref().is_some_and(is_want_of_descriptors);
    if is_wanting(error) || is_wanting(sockets::try_to_open().err()) {
        Err(LookUpProblem::NoDescriptor)
    } else {
        Err(LookUpProblem::NoAddress)
    }
}

/// Nothing that is done under these locks panics.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::in_child;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    /// A name server that is silent until it is told to speak, and counts the questions.
    struct Server {
        asked: AtomicUsize,
        speaks: Mutex<bool>,
        changed: Condvar,
    }

    impl Server {
        const fn new() -> Self {
            Self { asked: AtomicUsize::new(0), speaks: Mutex::new(false), changed: Condvar::new() }
        }

        fn ask(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            drop(self.changed.wait_while(lock(&self.speaks), |speaks| !*speaks));
            match host {
                "unknown" => Err(io::ErrorKind::NotFound.into()),
                "empty" => Ok(Vec::new()),
                "descriptors" => Err(io::Error::from_raw_os_error(libc::EMFILE)),
                _ => Ok(vec![SocketAddr::from(([192, 0, 2, u8::try_from(number).expect("few")], 0))]),
            }
        }

        fn speak(&self) {
            *lock(&self.speaks) = true;
            self.changed.notify_all();
        }
    }

    fn look_ups(ask: fn(&str) -> io::Result<Vec<SocketAddr>>) -> &'static LookUps {
        Box::leak(Box::new(LookUps::by(ask)))
    }

    fn minute() -> Deadline {
        Deadline::after(Duration::from_secs(60))
    }

    #[test]
    fn callers_join_a_young_look_up_and_at_most_four_run_at_once() {
        let look_ups = LookUps::of_the_system();
        let begun = Instant::now();
        let join = |host, after| look_ups.join(host, begun.after(Duration::from_millis(after)));
        let (first, _) = join("a", 0);
        let mut youngest = first;
        let steps = [(4_999, false), (5_000, true), (9_999, false), (10_000, true), (20_000, true), (90_000, false)];
        for (after, is_new) in steps {
            let (joined, new) = join("a", after);
            assert_eq!(new, is_new, "after {after} ms");
            assert!(new || Arc::ptr_eq(&joined, &youngest), "after {after} ms: not the youngest");
            youngest = joined;
        }
        assert!(join("b", 90_000).1, "another host");
    }

    #[test]
    fn all_callers_get_the_answer_and_nothing_is_kept() {
        static SERVER: Server = Server::new();
        let look_ups = look_ups(|host| SERVER.ask(host));
        let hosts = ["a", "a", "a", "b", "unknown", "empty", "descriptors"];
        let mut outcomes: Vec<_> = thread::scope(|scope| {
            let callers = hosts.map(|host| (host, scope.spawn(move || look_ups.addresses_of(host, minute()))));
            let all_wait = || {
                let under_way = lock(&look_ups.under_way);
                // One reference stands in the list, and the thread has one.
                under_way.iter().map(|look_up| Arc::strong_count(look_up) - 2).sum::<usize>() == hosts.len()
            };
            while SERVER.asked.load(Ordering::SeqCst) < 5 || !all_wait() {
                thread::yield_now();
            }
            SERVER.speak();
            callers.into_iter().map(|(host, caller)| (host, caller.join().expect("no panic"))).collect()
        });
        assert_eq!(SERVER.asked.load(Ordering::SeqCst), 5, "a question for each host");
        let of = |host| outcomes.iter().filter(move |(of, _)| *of == host).map(|(_, outcome)| outcome);
        assert!(of("a").all(|outcome| outcome.is_ok() && Some(outcome) == of("a").next()));
        assert_eq!(of("unknown").next(), Some(&Err(LookUpProblem::NoAddress)));
        assert_eq!(of("empty").next(), Some(&Err(LookUpProblem::NoAddress)));
        assert_eq!(of("descriptors").next(), Some(&Err(LookUpProblem::NoDescriptor)));
        let under_way = lock(&look_ups.under_way);
        assert_eq!((under_way.len(), under_way.capacity()), (0, 0));
        drop(under_way);

        let again = look_ups.addresses_of("a", minute());
        assert_eq!(SERVER.asked.load(Ordering::SeqCst), 6, "an answer is not kept");
        assert!(again.is_ok() && again != outcomes.swap_remove(0).1);
        assert_eq!(look_ups.addresses_of("unknown", minute()), Err(LookUpProblem::NoAddress));
        assert_eq!(SERVER.asked.load(Ordering::SeqCst), 7, "a failure is not kept");
    }

    #[test]
    fn each_caller_has_a_deadline_of_its_own() {
        static SERVER: Server = Server::new();
        let look_ups = look_ups(|host| SERVER.ask(host));
        thread::scope(|scope| {
            let patient = scope.spawn(|| look_ups.addresses_of("a", minute()));
            for time in [0, 1, 20] {
                let deadline = Deadline::after(Duration::from_millis(time));
                assert_eq!(look_ups.addresses_of("a", deadline), Err(LookUpProblem::TimedOut));
                assert!(deadline.has_passed());
            }
            assert!(!patient.is_finished());
            SERVER.speak();
            assert!(patient.join().expect("no panic").is_ok());
        });
        assert_eq!(SERVER.asked.load(Ordering::SeqCst), 1);
    }

    /// The lock is held by a thread that the child does not have, and so is the look-up.
    #[test]
    fn a_forked_child_looks_up_for_itself() {
        static SERVER: Server = Server::new();
        static LOOK_UPS: crate::sys::ForkLocal<LookUps> = crate::sys::ForkLocal::new();
        let ask = || LOOK_UPS.get_or_make(|| LookUps::by(|host| SERVER.ask(host)));
        thread::scope(|scope| {
            let caller = scope.spawn(|| ask().addresses_of("a", minute()));
            while SERVER.asked.load(Ordering::SeqCst) == 0 {
                thread::yield_now();
            }
            let held = lock(&ask().under_way);
            let asked_by_child = in_child(|| {
                let _ = ask().addresses_of("a", Deadline::after(Duration::from_millis(1)));
                while SERVER.asked.load(Ordering::SeqCst) == 1 {
                    thread::yield_now();
                }
                i32::try_from(SERVER.asked.load(Ordering::SeqCst)).expect("few")
            });
            drop(held);
            assert_eq!(asked_by_child, 2);
            SERVER.speak();
            assert!(caller.join().expect("no panic").is_ok());
        });
        assert_eq!(SERVER.asked.load(Ordering::SeqCst), 1, "the child's questions are its own");
    }
}
