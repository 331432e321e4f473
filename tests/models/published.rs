//! `src/published.rs` itself, run by loom through the orders in which its loads and stores may happen and be seen, with
//! tokens so short that a slot has two words of text.
//!
//! Each test says how many runs it took. The last ones weaken an ordering, and must see the model fail: a model that
//! notices nothing proves nothing.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

#[path = "published/clock.rs"]
mod clock;
#[path = "../../src/published.rs"]
mod published;
#[path = "published/secret.rs"]
mod secret;
#[path = "published/sync.rs"]
mod sync;
#[path = "published/token.rs"]
mod token;

use std::mem::MaybeUninit;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clock::Instant;
use loom::thread;
use personr_testkit::figures::figures;
use published::{Found, Published, Times};
use sync::Weaker;
use token::{SCHEME, TOKEN_MAX, Token};

/// So often may the model take the processor from a thread that could go on. Two are enough to find what the weakened
/// orderings below break.
const PREEMPTIONS: usize = 3;

/// Runs `work` in all orders, and says how many there were.
fn model(name: &str, work: impl Fn() + Sync + Send + 'static) {
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(PREEMPTIONS);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        work();
    });
    figures!("published, {name}: {} runs", runs.load(Ordering::Relaxed));
}

/// Token number 1, 2 or 3. Each is told by its letter, and the letter must agree with all else.
fn token(number: u8) -> Token {
    let letter = [b'a' + number; TOKEN_MAX];
    let length = TOKEN_MAX - usize::from(number % 2);
    let seconds = u64::from(number);
    Token::new(
        &letter[..length],
        &letter[..usize::from(number)],
        Duration::from_secs(seconds),
        i64::from(number),
        Instant::from_nanos(seconds),
    )
}

/// Published with token `number`.
fn good_until(number: u8) -> Instant {
    Instant::from_nanos(10 * u64::from(number))
}

/// Those of token `number`.
fn times(number: u8) -> Times {
    Times { good_until: good_until(number), window: good_until(number) }
}

fn write(published: &Published, number: u8) {
    sync::as_writer(|| match number {
        0 => published.write(None),
        _ => published.write(Some((&token(number), times(number)))),
    });
}

/// The number of the token that is found, which must be whole and good at `now`; 0 for none.
fn read(published: &Published, now: Instant) -> u8 {
    let mut buffer = [MaybeUninit::new(0_u8); SCHEME.len() + TOKEN_MAX + 1];
    match published.read(now, &mut buffer) {
        Found::Nothing => 0,
        Found::TooSmall(length) => panic!("no token is that long: {length}"),
        Found::Copied(length) => {
            // SAFETY: initialised when it was made.
            let text = buffer[..length].iter().map(|byte| unsafe { byte.assume_init() }).collect::<Vec<_>>();
            let number = text[SCHEME.len()] - b'a';
            assert_eq!(
                text,
                token(number).authorization().to_bytes(),
                "the reader sees half of one token and half of another"
            );
            assert!(now < good_until(number), "not good any more");
            number
        }
    }
}

fn snapshot(published: &Published) -> u8 {
    let Some(found) = published.snapshot() else { return 0 };
    let number = found.expires_at() as u8;
    assert_eq!(found, token(number), "the reader sees half of one token and half of another");
    number
}

/// One writer, which publishes these; 0 takes back what there was.
fn writer(published: &Arc<Published>, numbers: &'static [u8]) -> thread::JoinHandle<()> {
    let published = Arc::clone(published);
    thread::spawn(move || numbers.iter().for_each(|number| write(&published, *number)))
}

/// What a reader finds never goes back to what was there before. `order` is what is written, and 0 at first.
fn assert_goes_on(order: &[u8], found: &[u8]) {
    let mut rest = order.iter();
    for pair in found.chunk_by(|a, b| a == b) {
        assert!(rest.any(|written| *written == pair[0]), "the reader sees {found:?} of {order:?}");
    }
}

fn one_reader_beside_a_writer(name: &str) {
    model(name, || {
        let published = Arc::new(Published::new());
        write(&published, 1);
        let writer = writer(&published, &[2, 3]);
        let found = [read(&published, Instant::START), read(&published, Instant::START)];
        assert_goes_on(&[1, 2, 3], &found);
        writer.join().expect("no panic");
        assert_eq!(read(&published, Instant::START), 3);
    });
}

#[test]
fn a_reader_never_sees_half_a_token_nor_an_older_one_than_before() {
    one_reader_beside_a_writer("one reader, two writes");
}

#[test]
fn a_withdrawn_token_is_gone_and_wiped() {
    model("one reader, one write, one taken back", || {
        let published = Arc::new(Published::new());
        write(&published, 1);
        let writer = writer(&published, &[2, 0]);
        let found = [read(&published, Instant::START), read(&published, Instant::START)];
        assert_goes_on(&[1, 2, 0], &found);
        writer.join().expect("no panic");
        assert_eq!(read(&published, Instant::START), 0);
        assert!(published.holds_no_text());
    });
}

#[test]
fn a_token_is_not_handed_out_after_its_time() {
    model("one reader after the first token's time", || {
        let published = Arc::new(Published::new());
        write(&published, 1);
        let writer = writer(&published, &[2, 3]);
        assert_ne!(read(&published, good_until(1)), 1);
        writer.join().expect("no panic");
    });
}

#[test]
fn two_readers_do_not_disturb_each_other() {
    model("two readers, two writes", || {
        let published = Arc::new(Published::new());
        let writer = writer(&published, &[1, 2]);
        let other = Arc::clone(&published);
        let reader = thread::spawn(move || read(&other, Instant::START));
        read(&published, Instant::START);
        reader.join().expect("no panic");
        writer.join().expect("no panic");
    });
}

#[test]
fn a_snapshot_is_whole() {
    model("one snapshot, two writes", || {
        let published = Arc::new(Published::new());
        write(&published, 1);
        let writer = writer(&published, &[2, 3]);
        snapshot(&published);
        writer.join().expect("no panic");
    });
}

/// A child has the memory of its parent as it was at the fork, and not the thread that was writing: after each number
/// of stores, the writer is no more. The child reads while one of its own threads writes.
#[test]
fn a_fork_in_the_middle_of_a_write_leaves_the_former_token_whole() {
    for (first, second) in [(1, 2), (1, 0)] {
        let stores = stores_of_a_write(first, second);
        for stops_after in 0..=stores {
            model(&format!("forked after {stops_after} of {stores} stores ({first}, then {second})"), move || {
                let child = Arc::new(Published::new());
                write(&child, first);
                sync::stop_after(stops_after, || write(&child, second));
                let inherited = snapshot(&child);
                assert!(inherited == first || inherited == second, "{inherited}");
                assert_eq!(read(&child, Instant::START), inherited);
                let writer = writer(&child, &[3]);
                assert_goes_on(&[inherited, 3], &[read(&child, Instant::START)]);
                writer.join().expect("no panic");
                assert_eq!((read(&child, Instant::START), snapshot(&child)), (3, 3));
            });
        }
    }
}

fn stores_of_a_write(first: u8, second: u8) -> usize {
    let stores = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&stores);
    loom::model(move || {
        let published = Published::new();
        write(&published, first);
        counted.store(sync::count_stores(|| write(&published, second)), Ordering::Relaxed);
    });
    let stores = stores.load(Ordering::Relaxed);
    assert!(stores > 5, "there is no middle to stop in");
    stores
}

#[test]
#[should_panic = "the reader sees"]
fn the_model_fails_if_the_end_of_a_write_is_not_released() {
    sync::weaken(Weaker::ReleaseStores);
    one_reader_beside_a_writer("relaxed stores");
}

#[test]
#[should_panic = "the reader sees"]
fn the_model_fails_if_the_begin_of_a_read_is_not_acquired() {
    sync::weaken(Weaker::AcquireLoads);
    one_reader_beside_a_writer("relaxed loads");
}

#[test]
#[should_panic = "the reader sees"]
fn the_model_fails_if_the_begin_of_a_write_has_no_fence() {
    sync::weaken(Weaker::ReleaseFences);
    one_reader_beside_a_writer("no fence of the writer");
}

#[test]
#[should_panic = "the reader sees"]
fn the_model_fails_if_the_end_of_a_read_has_no_fence() {
    sync::weaken(Weaker::AcquireFences);
    one_reader_beside_a_writer("no fence of the reader");
}
