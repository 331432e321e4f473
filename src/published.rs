//! The token in hand, readable without a lock, an allocation or a write to memory that threads share.
//!
//! There are two slots and an index, as in a sequence lock. The writer fills the slot that the index does not name, and
//! then raises the index. A reader copies the slot that the index names. If the index was raised meanwhile it reads
//! again, since its slot may have been written to. So no reader ever gets an older token than it has read before. And
//! if a process forks in the middle of a write, its child finds the former slot, whole. `tests/models/published.rs`
//! tries every order of the steps of readers and writer.
//!
//! Processors may reorder what is not ordered here (arm64, ppc64 and riscv64 do; x86 and s390x hardly). A slot that index `i`
//! names is filled anew only after the writer has stored `i + 1`, and its release fence stands between that store and the
//! first word. If a reader has seen one such word, its acquire fence, which stands behind the reading, meets that release
//! fence: its second look at the index sees `i + 1` or more, and it reads again. If it has seen none, it has read the slot
//! as it was when the index was raised to `i`, by a release store that its first look has acquired. Each word is atomic, so
//! none is torn. Nothing here needs a store to come before a later load, which a fence of neither kind gives (`dmb ish` and
//! `dmb ishld` on arm64, `lwsync` on ppc64).

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

/// Two times that differ by less count as the same: each call works out the end of the UTC day from two clocks that are
/// read one after the other, so the results differ a little.
const SAME_TIME_NS: u64 = 1_000_000_000;

/// When what was said of a token ends.
#[derive(Clone, Copy)]
pub(crate) struct Times {
    /// Until when the token may be handed out without asking the session.
    pub(crate) good_until: Instant,
    /// When its renewal window begins.
    pub(crate) window: Instant,
}

struct Slots {
    /// Raised by each write; it never wraps. Its lowest bit names the slot to read.
    index: AtomicU64,
    slots: [Slot; 2],
}

struct Slot {
    /// Of [`Times`], in nanoseconds of the boot clock.
    good_until: AtomicU64,
    window: AtomicU64,
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
    /// This many bytes were written to the buffer.
    Copied(usize),
    /// There is a good token, and it needs a buffer of this size, without a NUL.
    TooSmall(usize),
    /// The session has to be asked: there is no token, or something is due.
    Nothing,
}

pub(crate) struct Published {
    slots: InPages<Slots>,
}

impl Published {
    pub(crate) fn new() -> Self {
        Self { slots: InPages::new(Slots::new()) }
    }

    /// Locks the pages again, in a forked child. (The model of this file is not forked.)
    #[allow(dead_code)]
    pub(crate) fn protect_again(&self) {
        self.slots.protect_again();
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

    /// Whether there is a token that may be handed out at `now`, and whose renewal window has not begun.
    pub(crate) fn is_before_window(&self, now: Instant) -> bool {
        self.read_consistently(|slot| {
            let end = slot.good_until.load(Ordering::Relaxed).min(slot.window.load(Ordering::Relaxed));
            slot.authorization_length() != 0 && now.as_nanos() < end
        })
    }

    /// The token, good or not. A forked child begins with what its parent has published.
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

    /// Reads the slot that the index names, and reads again if the index was raised meanwhile.
    fn read_consistently<R>(&self, mut read: impl FnMut(&Slot) -> R) -> R {
        loop {
            let index = self.slots.index.load(Ordering::Acquire);
            let result = read(self.slots.named(index));
            // Orders the reads above before the second look at the index.
            fence(Ordering::Acquire);
            if self.slots.index.load(Ordering::Relaxed) == index {
                return result;
            }
            spin_loop();
        }
    }

    /// Publishes a token, to be handed out without asking the session as long as its times say; `None` takes back what
    /// there was. If nothing changes, nothing is written: a write takes three times as long as the comparison, and
    /// makes the readers on other processors fetch the slot anew.
    ///
    /// One writer at a time: the caller holds the lock of the session.
    pub(crate) fn write(&self, token: Option<(&Token, Times)>) {
        // No other writer: the lock of the session orders this read after the last write.
        let is_published = self.slots.named(self.slots.index.load(Ordering::Relaxed)).holds(token);
        if is_published {
            return;
        }
        let next = self.slots.index.load(Ordering::Relaxed).wrapping_add(1);
        self.fill(next, token);
        self.slots.index.store(next, Ordering::Release);
        if token.is_none() {
            // Nobody reads the former token any more, and it need not stay in memory.
            self.fill(next.wrapping_add(1), None);
        }
    }

    /// Writes to a slot that the index does not name.
    fn fill(&self, index: u64, token: Option<(&Token, Times)>) {
        // Orders the index as it stands before the writes below: a reader whom an earlier index sent to this slot, and
        // who sees one of them, sees that the index has been raised since.
        fence(Ordering::Release);
        self.slots.named(index).fill(token);
    }

    /// How often something was written.
    #[cfg(test)]
    pub(crate) fn writes(&self) -> u64 {
        self.slots.index.load(Ordering::Relaxed)
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

    fn named(&self, index: u64) -> &Slot {
        let [even, odd] = &self.slots;
        if index % 2 == 0 { even } else { odd }
    }
}

impl Slot {
    /// All zero, which says that there is no token.
    fn new() -> Self {
        Self {
            good_until: AtomicU64::new(0),
            window: AtomicU64::new(0),
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

    /// From the end to the beginning: in a build that is not optimised the word that was copied last is left behind on the
    /// stack, and that is `Bearer ` with a single byte of the token.
    #[inline]
    fn copy_text(&self, buffer: &mut [MaybeUninit<u8>]) {
        let (whole, remainder) = buffer.split_at_mut(buffer.len() - buffer.len() % WORD);
        let words = whole.len() / WORD;
        let mut bytes = [MaybeUninit::uninit(); WORD];
        if let Some(word) = self.text.get(words) {
            copy_word(word, &mut bytes);
            bytes.iter().zip(remainder).for_each(|(byte, place)| *place = *byte);
        }
        let words = self.text.get(..words).unwrap_or_default();
        for (word, place) in words.iter().zip(whole.chunks_exact_mut(WORD)).rev() {
            copy_word(word, &mut bytes);
            place.copy_from_slice(&bytes);
        }
    }

    /// Whether the slot has this token and these times already. Only the writer asks that.
    fn holds(&self, token: Option<(&Token, Times)>) -> bool {
        let authorization = token.map_or(&[][..], |(token, _)| token.authorization().to_bytes());
        if self.authorization_length() != authorization.len() {
            return false;
        }
        let Some((token, times)) = token else { return true };
        let words = self.text.get(..authorization.len().div_ceil(WORD)).unwrap_or_default();
        // To the first word in any case: see `copy_text`.
        let is_of_text =
            words.iter().zip(authorization.chunks(WORD)).rev().fold(true, |is_same, (word, part)| {
                is_same & word.load(Ordering::Relaxed).to_ne_bytes().starts_with(part)
            });
        // The service may issue the same token once more, with another end.
        is_of_text
            && self.expires.load(Ordering::Relaxed) == token.expires().as_nanos()
            && is_same_time(&self.good_until, times.good_until)
            && is_same_time(&self.window, times.window)
    }

    fn fill(&self, token: Option<(&Token, Times)>) {
        let (authorization, user_id) = match token {
            Some((token, _)) => (token.authorization().to_bytes(), token.user_id().to_bytes()),
            None => (&[][..], &[][..]),
        };
        let used = (authorization.len() + user_id.len()).div_ceil(WORD);
        let (used, unused) = self.text.split_at_checked(used).unwrap_or((&self.text, &[]));
        let mut bytes = authorization.iter().chain(user_id);
        for place in used {
            let mut word = [0; WORD];
            for (place, byte) in word.iter_mut().zip(&mut bytes) {
                *place = *byte;
            }
            place.store(u64::from_ne_bytes(word), Ordering::Relaxed);
        }
        for place in unused {
            place.store(0, Ordering::Relaxed);
        }
        let number = |of: fn(&Token, Times) -> u64| token.map_or(0, |(token, times)| of(token, times));
        self.authorization.store(authorization.len() as u64, Ordering::Relaxed);
        self.user_id.store(user_id.len() as u64, Ordering::Relaxed);
        self.lifetime.store(number(|token, _| token.full_lifetime().as_secs()), Ordering::Relaxed);
        self.expires_at.store(token.map_or(0, |(token, _)| token.expires_at()), Ordering::Relaxed);
        self.expires.store(number(|token, _| token.expires().as_nanos()), Ordering::Relaxed);
        self.good_until.store(number(|_, times| times.good_until.as_nanos()), Ordering::Relaxed);
        self.window.store(number(|_, times| times.window.as_nanos()), Ordering::Relaxed);
    }
}

fn is_same_time(published: &AtomicU64, time: Instant) -> bool {
    published.load(Ordering::Relaxed).abs_diff(time.as_nanos()) < SAME_TIME_NS
}

/// Every word of the text is copied here, one at a time, so that each takes the place of the one before on the stack.
#[inline]
fn copy_word(word: &AtomicU64, place: &mut [MaybeUninit<u8>; WORD]) {
    // SAFETY: the array is ours to write to, as long as a word, and needs no alignment here.
    unsafe { place.as_mut_ptr().cast::<u64>().write_unaligned(word.load(Ordering::Relaxed)) };
}

/// A length, `most` at most. A reader may see a slot that is half written, until it looks at the index again: such a
/// length must not lead beyond the text.
fn load_length(length: &AtomicU64, most: usize) -> usize {
    usize::try_from(length.load(Ordering::Relaxed)).unwrap_or(most).min(most)
}
