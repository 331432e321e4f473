//! One direction of a connection: what is on its way, and when it is due.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::Kind;

pub struct Pipe {
    latency: Duration,
    fault: Option<(usize, Kind)>,
    /// Bytes that came in, the lost ones not counted.
    taken: usize,
    /// Nothing is due before what came in before it.
    last_due: Option<Instant>,
    waiting: VecDeque<(Instant, Vec<u8>)>,
    /// When the end is due that the sender announced.
    end: Option<Instant>,
}

impl Pipe {
    pub fn new(latency: Duration, fault: Option<(usize, Kind)>) -> Self {
        Self { latency, fault, taken: 0, last_due: None, waiting: VecDeque::new(), end: None }
    }

    /// Takes what the sender sent.
    pub fn put(&mut self, bytes: &[u8], now: Instant) {
        let before = self.fault.map_or(bytes.len(), |(after, _)| after.saturating_sub(self.taken).min(bytes.len()));
        let (undisturbed, disturbed) = bytes.split_at(before);
        self.enqueue(undisturbed, now + self.latency);
        let Some((after, kind)) = self.fault.filter(|_| !disturbed.is_empty()) else { return };
        match kind {
            Kind::Delay(time) => {
                // Once: what comes later waits for what came before it, and no longer.
                let time = if self.taken == after { time } else { Duration::ZERO };
                self.enqueue(disturbed, now + self.latency + time);
            }
            Kind::Drip(pause) => {
                for byte in disturbed {
                    let before = self.last_due.map_or(now, |due| due.max(now));
                    self.enqueue(&[*byte], before + pause);
                }
            }
            Kind::Stall | Kind::Reset | Kind::HalfClose | Kind::Close => {}
        }
    }

    fn enqueue(&mut self, bytes: &[u8], due: Instant) {
        if !bytes.is_empty() {
            let due = self.last_due.map_or(due, |last| last.max(due));
            self.last_due = Some(due);
            self.taken += bytes.len();
            self.waiting.push_back((due, bytes.to_vec()));
        }
    }

    /// The sender has sent all.
    pub fn put_end(&mut self, now: Instant) {
        let due = now + self.latency;
        self.end = Some(self.last_due.map_or(due, |last| last.max(due)));
    }

    pub fn has_end(&self) -> bool {
        self.end.is_some()
    }

    /// Bytes that are due.
    pub fn take(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.waiting.front()?.0 > now {
            return None;
        }
        self.waiting.pop_front().map(|(_, bytes)| bytes)
    }

    /// Whether the end is due, with all bytes before it.
    pub fn is_at_end(&self, now: Instant) -> bool {
        self.waiting.is_empty() && self.end.is_some_and(|due| due <= now)
    }

    pub fn next_due(&self) -> Option<Instant> {
        self.waiting.front().map(|(due, _)| *due).or(self.end)
    }
}
