//! The token in hand, readable without a lock, an allocation or a write to memory that threads share.
//!
//! Two slots and an index, as in a sequence lock: the writer fills the slot that the index does not name, then moves
//! the index. A reader that was overtaken twice while it copied sees that the slot's version has changed, and reads
//! again. A process that forks in the middle of a write leaves its child the former slot, whole.

use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering, fence};
use std::time::Duration;

use zeroize::Zeroizing;

use crate::clock::Instant;
use crate::secret::Pages;
use crate::token::{SCHEME, TOKEN_MAX, Token};

const WORD: usize = size_of::<u64>();
/// `Bearer VALUE`, then the user id.
const TEXT_WORDS: usize = (SCHEME.len() + TOKEN_MAX + TOKEN_MAX).div_ceil(WORD);

/// All zero is a valid value, and says that there is no token.
#[repr(C)]
struct Slots {
    /// Names the slot to read by its lowest bit.
    index: AtomicU64,
    slots: [Slot; 2],
}

#[repr(C)]
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
    /// Holds one `Slots`.
    pages: Pages,
}

impl Published {
    pub(crate) fn new() -> Self {
        Self { pages: Pages::new(size_of::<Slots>()) }
    }

    fn slots(&self) -> &Slots {
        // SAFETY: the pages are large enough, aligned to a page, never moved, zeroed at first (a valid `Slots`), and
        // used as nothing but a `Slots`, all of whose fields are atomic.
        unsafe { &*self.pages.as_ptr().cast::<Slots>() }
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
            let slot = self.slots().named();
            let version = slot.version.load(Ordering::Acquire);
            let result = read(slot);
            // Orders the reads above before the second look at the version.
            fence(Ordering::Acquire);
            if version % 2 == 0 && slot.version.load(Ordering::Relaxed) == version {
                return result;
            }
            std::hint::spin_loop();
        }
    }

    /// Publishes `token`, to be handed out without a question until `good_until`; `None` takes back what there was.
    ///
    /// One writer at a time: the caller holds the lock of the session.
    pub(crate) fn write(&self, token: Option<&Token>, good_until: Instant) {
        let slots = self.slots();
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
        let slot = self.slots().other();
        let writing = slot.version.load(Ordering::Relaxed).wrapping_add(1) | 1;
        slot.version.store(writing, Ordering::Relaxed);
        fence(Ordering::Release);
        slot.fill(None, Instant::START);
        slot.version.store(writing.wrapping_add(1), Ordering::Release);
    }
}

impl Slots {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::SCHEME;

    fn token(value: &str) -> Token {
        let lifetime = Duration::from_secs(60);
        Token::new(value.as_bytes(), b"user", lifetime, 1_700_000_000, Instant::START.after(lifetime))
    }

    fn read(published: &Published, nanos: u64, size: usize) -> (Found, String) {
        let mut buffer = vec![MaybeUninit::new(b'?'); size];
        let found = published.read(Instant::from_nanos(nanos), &mut buffer);
        // SAFETY: initialised when it was made.
        let bytes: Vec<u8> = buffer.iter().map(|byte| unsafe { byte.assume_init() }).collect();
        (found, String::from_utf8(bytes).expect("ASCII"))
    }

    #[test]
    fn what_is_written_is_read_until_its_time() {
        let published = Published::new();
        assert_eq!(read(&published, 0, 99).0, Found::Nothing);
        published.write(Some(&token("abc|123")), Instant::from_nanos(10));
        let (found, text) = read(&published, 9, 20);
        assert_eq!(found, Found::Copied(14));
        assert_eq!(&text[..14], "Bearer abc|123");
        assert_eq!(read(&published, 10, 20).0, Found::Nothing);
        assert_eq!(read(&published, 9, 14).0, Found::TooSmall(14), "no room for the NUL");
        assert_eq!(read(&published, 9, 15).0, Found::Copied(14));
        published.write(None, Instant::START);
        assert_eq!(read(&published, 0, 20).0, Found::Nothing);
    }

    #[test]
    fn the_longest_token_fits() {
        let published = Published::new();
        let longest = "t".repeat(TOKEN_MAX);
        let user_id = "u".repeat(TOKEN_MAX);
        let token = Token::new(longest.as_bytes(), user_id.as_bytes(), Duration::ZERO, -1, Instant::NEVER);
        published.write(Some(&token), Instant::NEVER);
        let (found, text) = read(&published, 0, 5000);
        assert_eq!(found, Found::Copied(SCHEME.len() + TOKEN_MAX));
        assert_eq!(&text[SCHEME.len()..SCHEME.len() + TOKEN_MAX], longest);
        let copy = published.snapshot().expect("a token");
        assert_eq!(copy.user_id().to_str(), Ok(user_id.as_str()));
        assert_eq!(copy.expires_at(), -1);
    }

    #[test]
    fn a_snapshot_is_the_whole_token() {
        let published = Published::new();
        assert!(published.snapshot().is_none());
        published.write(Some(&token("abc")), Instant::START);
        let copy = published.snapshot().expect("a token");
        assert_eq!((copy.value(), copy.user_id()), (c"abc", c"user"));
        assert_eq!((copy.lifetime(), copy.expires_at()), (60, 1_700_000_000));
    }

    #[test]
    fn nothing_stays_of_a_token_that_was_taken_back() {
        let published = Published::new();
        published.write(Some(&token("first")), Instant::NEVER);
        published.write(Some(&token("second")), Instant::NEVER);
        published.write(None, Instant::START);
        let left =
            published.slots().slots.iter().flat_map(|slot| &slot.text).filter(|word| word.load(Ordering::Relaxed) != 0);
        assert_eq!(left.count(), 0);
    }

    /// A reader that copies half of one token and half of another would see a text of two letters.
    #[test]
    fn readers_never_see_half_a_write() {
        let published = Published::new();
        let tokens: Vec<Token> = (b'a'..=b'h').map(|c| token(&char::from(c).to_string().repeat(500))).collect();
        let done = std::sync::atomic::AtomicBool::new(false);
        published.write(Some(&tokens[0]), Instant::NEVER);
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..2)
                .map(|_| {
                    scope.spawn(|| {
                        let mut reads = 0_u64;
                        while !done.load(Ordering::Relaxed) {
                            let (found, text) = read(&published, 0, 600);
                            assert_eq!(found, Found::Copied(507));
                            let value = &text.as_bytes()[SCHEME.len()..507];
                            assert!(value.iter().all(|byte| *byte == value[0]), "{text}");
                            reads += 1;
                        }
                        reads
                    })
                })
                .collect();
            for round in 0..20_000 {
                published.write(Some(&tokens[round % tokens.len()]), Instant::NEVER);
            }
            done.store(true, Ordering::Relaxed);
            for reader in readers {
                assert!(reader.join().expect("no torn read") > 0);
            }
        });
    }
}
