//! The token in hand, readable without a lock, an allocation or a write to memory that threads share.
//!
//! Two slots and an index, as in a sequence lock: the writer fills the slot that the index does not name, then moves
//! the index. A reader that was overtaken twice while it copied sees that the slot's version has changed, and reads
//! again. A process that forks in the middle of a write leaves its child the former slot, whole.

use std::mem::MaybeUninit;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::secret::InPages;
use crate::sync::{AtomicI64, AtomicU64, Ordering, fence, spin_loop};
use crate::token::{SCHEME, TOKEN_MAX, Token};

const WORD: usize = size_of::<u64>();
/// `Bearer VALUE`, then the user id.
const TEXT_WORDS: usize = (SCHEME.len() + TOKEN_MAX + TOKEN_MAX).div_ceil(WORD);

struct Slots {
    /// Names the slot to read by its lowest bit.
    index: AtomicU64,
    slots: [Slot; 2],
}

struct Slot {
    /// Odd while the slot is written.
    version: AtomicU64,
    /// Until when the token may be handed out without a question, in nanoseconds of the boot clock.
    good_until: AtomicU64,
    /// Length of `Bearer VALUE`; 0 if there is no token.
    authorization: AtomicU64,
    user_id: AtomicU64,
    lifetime: AtomicU64,
    expires_at: AtomicI64,
    expires: AtomicU64,
    text: [AtomicU64; TEXT_WORDS],
}

/// What a reader found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// So many bytes were written to the buffer.
    Copied(usize),
    /// There is a good token, and it needs a buffer of this size, without a NUL.
    TooSmall(usize),
    /// There is none that may be handed out without a question.
    Nothing,
}

pub(crate) struct Published {
    slots: InPages<Slots>,
}

impl Published {
    pub(crate) fn new() -> Self {
        Self { slots: InPages::new(Slots::new()) }
    }

    /// Copies `Bearer VALUE` into `buffer`, which must be longer than that by one byte, if it is good at `now`.
    pub(crate) fn read(&self, now: Instant, buffer: &mut [MaybeUninit<u8>]) -> Found {
        self.read_consistently(|slot| {
            let length = slot.authorization_length();
            if length == 0 || now.as_nanos() >= slot.good_until.load(Ordering::Relaxed) {
                return Found::Nothing;
            }
            if buffer.len() <= length {
                return Found::TooSmall(length);
            }
            slot.copy_text(buffer.get_mut(..length).unwrap_or_default());
            Found::Copied(length)
        })
    }

    /// The token, good or not: what a forked child has of its parent.
    pub(crate) fn snapshot(&self) -> Option<Token> {
        self.read_consistently(|slot| {
            let authorization = slot.authorization_length();
            let user_id = load_length(&slot.user_id, TOKEN_MAX);
            let mut text = vec![MaybeUninit::new(0_u8); authorization + user_id];
            slot.copy_text(&mut text);
            // SAFETY: every byte was initialised by the line that made the vector.
            let text = Zeroizing::new(text.iter().map(|byte| unsafe { byte.assume_init() }).collect::<Vec<u8>>());
            let value = text.get(SCHEME.len()..authorization)?;
            Some(Token::new(
                value,
                text.get(authorization..)?,
                Duration::from_secs(slot.lifetime.load(Ordering::Relaxed)),
                slot.expires_at.load(Ordering::Relaxed),
                Instant::from_nanos(slot.expires.load(Ordering::Relaxed)),
            ))
        })
    }

    fn read_consistently<R>(&self, mut read: impl FnMut(&Slot) -> R) -> R {
        loop {
            let slot = self.slots.named();
            let version = slot.version.load(Ordering::Acquire);
            let result = read(slot);
            // Orders the reads above before the second look at the version.
            fence(Ordering::Acquire);
            if version % 2 == 0 && slot.version.load(Ordering::Relaxed) == version {
                return result;
            }
            spin_loop();
        }
    }

    /// Publishes `token`, to be handed out without a question until `good_until`; `None` takes back what there was.
    ///
    /// One writer at a time: the caller holds the lock of the session.
    pub(crate) fn write(&self, token: Option<&Token>, good_until: Instant) {
        let slots = &*self.slots;
        let index = slots.index.load(Ordering::Relaxed);
        let slot = slots.other();
        // A fork in the middle of a write leaves an odd version behind.
        let writing = slot.version.load(Ordering::Relaxed).wrapping_add(1) | 1;
        slot.version.store(writing, Ordering::Relaxed);
        // Orders the odd version before the writes below: a reader that sees one of them sees it too.
        fence(Ordering::Release);
        slot.fill(token, good_until);
        slot.version.store(writing.wrapping_add(1), Ordering::Release);
        slots.index.store(index.wrapping_add(1), Ordering::Release);
        if token.is_none() {
            // Nobody reads the former token any more, and it need not stay in memory.
            self.wipe_former();
        }
    }

    fn wipe_former(&self) {
        let slot = self.slots.other();
        let writing = slot.version.load(Ordering::Relaxed).wrapping_add(1) | 1;
        slot.version.store(writing, Ordering::Relaxed);
        fence(Ordering::Release);
        slot.fill(None, Instant::START);
        slot.version.store(writing.wrapping_add(1), Ordering::Release);
    }

    #[cfg(test)]
    pub(crate) fn holds_no_text(&self) -> bool {
        let mut words = self.slots.slots.iter().flat_map(|slot| &slot.text);
        words.all(|word| word.load(Ordering::Relaxed) == 0)
    }
}

impl Slots {
    fn new() -> Self {
        Self { index: AtomicU64::new(0), slots: [Slot::new(), Slot::new()] }
    }

    fn named(&self) -> &Slot {
        let [even, odd] = &self.slots;
        if self.index.load(Ordering::Acquire) % 2 == 0 { even } else { odd }
    }

    fn other(&self) -> &Slot {
        let [even, odd] = &self.slots;
        if self.index.load(Ordering::Relaxed) % 2 == 0 { odd } else { even }
    }
}

impl Slot {
    /// All zero, which says that there is no token.
    fn new() -> Self {
        Self {
            version: AtomicU64::new(0),
            good_until: AtomicU64::new(0),
            authorization: AtomicU64::new(0),
            user_id: AtomicU64::new(0),
            lifetime: AtomicU64::new(0),
            expires_at: AtomicI64::new(0),
            expires: AtomicU64::new(0),
            text: std::array::from_fn(|_| AtomicU64::new(0)),
        }
    }

    fn authorization_length(&self) -> usize {
        load_length(&self.authorization, SCHEME.len() + TOKEN_MAX)
    }

    fn copy_text(&self, buffer: &mut [MaybeUninit<u8>]) {
        for (word, bytes) in self.text.iter().zip(buffer.chunks_mut(WORD)) {
            let word = word.load(Ordering::Relaxed).to_ne_bytes();
            for (byte, place) in word.iter().zip(bytes) {
                place.write(*byte);
            }
        }
    }

    fn fill(&self, token: Option<&Token>, good_until: Instant) {
        let (authorization, user_id) = match token {
            Some(token) => (token.authorization().to_bytes(), token.user_id().to_bytes()),
            None => (&[][..], &[][..]),
        };
        let mut bytes = authorization.iter().chain(user_id);
        for place in &self.text {
            let mut word = [0; WORD];
            for (place, byte) in word.iter_mut().zip(&mut bytes) {
                *place = *byte;
            }
            place.store(u64::from_ne_bytes(word), Ordering::Relaxed);
        }
        let number = |of: fn(&Token) -> u64| token.map_or(0, of);
        self.authorization.store(authorization.len() as u64, Ordering::Relaxed);
        self.user_id.store(user_id.len() as u64, Ordering::Relaxed);
        self.lifetime.store(number(|token| token.full_lifetime().as_secs()), Ordering::Relaxed);
        self.expires_at.store(token.map_or(0, Token::expires_at), Ordering::Relaxed);
        self.expires.store(number(|token| token.expires().as_nanos()), Ordering::Relaxed);
        self.good_until.store(good_until.as_nanos(), Ordering::Relaxed);
    }
}

/// A reader may see half of a write, until it looks at the version again.
fn load_length(length: &AtomicU64, most: usize) -> usize {
    usize::try_from(length.load(Ordering::Relaxed)).unwrap_or(most).min(most)
}
