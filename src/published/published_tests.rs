use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::clock::Instant;
use crate::published::{Found, Published, Times};
use crate::token::{SCHEME, TOKEN_MAX, Token};

fn token(value: &str) -> Token {
    let lifetime = Duration::from_secs(60);
    Token::new(value.as_bytes(), b"user", lifetime, 1_700_000_000, Instant::START.after(lifetime))
}

fn until(time: Instant) -> Times {
    Times { good_until: time, window: time }
}

fn read(published: &Published, nanos: u64, size: usize) -> (Found, String) {
    let mut buffer = vec![MaybeUninit::new(b'?'); size];
    let found = published.read(Instant::from_nanos(nanos), &mut buffer);
    // SAFETY: initialised when it was made.
    let bytes: Vec<u8> = buffer.iter().map(|byte| unsafe { byte.assume_init() }).collect();
    (found, String::from_utf8(bytes).expect("ASCII"))
}

#[test]
fn a_token_is_read_until_its_time() {
    let published = Published::new();
    assert_eq!(read(&published, 0, 99).0, Found::Nothing);
    published.write(Some((&token("abc|123"), until(Instant::from_nanos(10)))));
    let (found, text) = read(&published, 9, 20);
    assert_eq!(found, Found::Copied(14));
    assert_eq!(&text[..14], "Bearer abc|123");
    assert_eq!(read(&published, 10, 20).0, Found::Nothing);
    assert_eq!(read(&published, 9, 14).0, Found::TooSmall(14), "no room for the NUL");
    assert_eq!(read(&published, 9, 15).0, Found::Copied(14));
    published.write(None);
    assert_eq!(read(&published, 0, 20).0, Found::Nothing);
}

#[test]
fn the_renewal_window_is_published_with_the_token() {
    let published = Published::new();
    let at = Instant::from_nanos;
    assert!(!published.is_before_window(at(0)), "there is no token");
    published.write(Some((&token("abc"), Times { good_until: at(20), window: at(10) })));
    assert!(published.is_before_window(at(9)) && !published.is_before_window(at(10)));
    assert_eq!(read(&published, 19, 20).0, Found::Copied(10), "it is good in its window");
    published.write(Some((&token("abc"), Times { good_until: at(5), window: at(10_000_000_000) })));
    assert!(published.is_before_window(at(4)) && !published.is_before_window(at(5)), "the session is to be asked");
    published.write(None);
    assert!(!published.is_before_window(at(0)));
}

#[test]
fn an_unchanged_token_is_not_written_again() {
    let published = Published::new();
    let at = |milliseconds| Instant::START.after(Duration::from_millis(milliseconds));
    let mut writes = 0;
    let mut write = |token: Option<&Token>, good_until, changes: bool| {
        published.write(token.map(|token| (token, until(good_until))));
        writes += u64::from(changes);
        assert_eq!(published.writes(), writes);
    };
    let lives_until = |seconds| {
        let lifetime = Duration::from_secs(seconds);
        Token::new(b"abc", b"user", lifetime, 1_700_000_000, Instant::START.after(lifetime))
    };
    write(None, Instant::START, false);
    for token in [token("abc"), token("abd"), token("abcd"), lives_until(61), token("abc-longer-than-a-word")] {
        write(Some(&token), at(5000), true);
        for until in [5000, 4001, 5999] {
            write(Some(&token), at(until), false);
        }
        write(Some(&token), at(6000), true);
        write(Some(&token), at(5000), true);
    }
    write(None, Instant::START, true);
    write(None, Instant::START, false);
}

#[test]
fn the_longest_token_fits() {
    let published = Published::new();
    let longest = "t".repeat(TOKEN_MAX);
    let user_id = "u".repeat(TOKEN_MAX);
    let token = Token::new(longest.as_bytes(), user_id.as_bytes(), Duration::ZERO, -1, Instant::NEVER);
    published.write(Some((&token, until(Instant::NEVER))));
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
    published.write(Some((&token("abc"), until(Instant::START))));
    let copy = published.snapshot().expect("a token");
    assert_eq!((copy.value(), copy.user_id()), (c"abc", c"user"));
    assert_eq!((copy.lifetime(), copy.expires_at()), (60, 1_700_000_000));
}

#[test]
fn nothing_stays_of_a_token_that_was_taken_back() {
    let published = Published::new();
    published.write(Some((&token("first"), until(Instant::NEVER))));
    published.write(Some((&token("second"), until(Instant::NEVER))));
    published.write(None);
    assert!(published.holds_no_text());
}

/// A reader that copies half of one token and half of another would see a text of two letters.
#[test]
fn readers_never_see_half_a_write() {
    let published = Published::new();
    let tokens: Vec<Token> = (b'a'..=b'h').map(|c| token(&char::from(c).to_string().repeat(500))).collect();
    let done = AtomicBool::new(false);
    published.write(Some((&tokens[0], until(Instant::NEVER))));
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
            published.write(Some((&tokens[round % tokens.len()], until(Instant::NEVER))));
        }
        done.store(true, Ordering::Relaxed);
        for reader in readers {
            assert!(reader.join().expect("no torn read") > 0);
        }
    });
}
