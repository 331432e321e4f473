//! What this process holds and what the store holds, merged into one record. Pure.
//!
//! | held | stored | kept | why |
//! |---|---|---|---|
//! | any | no token | held | the store may have been emptied |
//! | a token | the same, of no later generation | held | its end is known by this machine's boot clock, which cannot be set |
//! | a token | the same, of a later generation | stored | the service has issued it once more, with another end |
//! | usable | not usable, or of an earlier generation | held | a usable token is never given up for one that is not |
//! | anything else | a token | stored | |
//!
//! Each login raises the *generation* of the record. Times never decide which of two tokens is the newer one: the clocks
//! of two machines differ. Whatever is kept, the generation never goes back.
//!
//! Failures and refusals are those of the store, and those that this process knows of and the store does not
//! ([`Record::carry_failures_into`]).

use crate::clock::Instant;
use crate::record::{Record, Refusal};

/// Whose token was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Held,
    /// Both are the same token. Its end is the one that this process knows.
    Same,
    Stored,
}

/// Whether the stored token is the one in hand, issued once more to another process. A held generation of 0 says that
/// it is not known, as in a forked child: then it is the same.
pub(super) fn is_reissued(held: &Record, stored: &Record) -> bool {
    has_same_token(held, stored) && held.generation != 0 && stored.generation > held.generation
}

/// `is_usable` judges the token of a record, `refuses` whether a refusal is of the password that would be sent.
pub(super) fn merge(
    held: &Record,
    mut stored: Record,
    now: Instant,
    is_usable: impl Fn(&Record) -> bool,
    refuses: impl Fn(&Refusal) -> bool,
) -> (Record, Kept) {
    let stored_is_usable = is_usable(&stored);
    let stored_is_older = stored.generation < held.generation;
    let kept = if stored.token.is_none() {
        Kept::Held
    } else if has_same_token(held, &stored) && !is_reissued(held, &stored) {
        Kept::Same
    } else if is_usable(held) && (stored_is_older || !stored_is_usable) {
        Kept::Held
    } else {
        Kept::Stored
    };
    stored.replacements.continue_from(held.replacements, now);
    // A later login has ended the failures before it. So has a usable token that was adopted.
    if stored.generation <= held.generation && (kept != Kept::Stored || !stored_is_usable) {
        held.carry_failures_into(&mut stored, refuses);
    }
    if kept != Kept::Stored {
        stored.used = stored.used.max(held.used);
        stored.token.clone_from(&held.token);
    }
    stored.generation = stored.generation.max(held.generation);
    (stored, kept)
}

fn has_same_token(held: &Record, stored: &Record) -> bool {
    match (&held.token, &stored.token) {
        (Some(held), Some(stored)) => held.fingerprint() == stored.fingerprint(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::token::Token;

    const DAY: Duration = Duration::from_secs(86_400);

    fn record(value: &str, generation: u64) -> Record {
        let token = Token::new(value.as_bytes(), b"user", DAY, 0, Instant::START.after(DAY));
        Record { generation, token: (!value.is_empty()).then(|| Arc::new(token)), ..Record::default() }
    }

    /// The table in the head, row by row. What is usable begins with a "+".
    #[test]
    fn each_row_of_the_table_holds() {
        let is_usable = |it: &Record| it.token.as_ref().is_some_and(|token| token.value().to_bytes().starts_with(b"+"));
        for (held, stored, kept, generation) in [
            (("+a", 3), ("", 9), Kept::Held, 9),
            (("", 0), ("", 0), Kept::Held, 0),
            (("+a", 3), ("+a", 3), Kept::Same, 3),
            (("+a", 3), ("+a", 2), Kept::Same, 3),
            (("-a", 3), ("-a", 3), Kept::Same, 3),
            (("+a", 0), ("+a", 7), Kept::Same, 7),
            (("+a", 3), ("+a", 4), Kept::Stored, 4),
            (("+a", 3), ("-b", 4), Kept::Held, 4),
            (("+a", 3), ("+b", 2), Kept::Held, 3),
            (("+a", 3), ("+b", 3), Kept::Stored, 3),
            (("+a", 3), ("+b", 4), Kept::Stored, 4),
            (("-a", 3), ("+b", 2), Kept::Stored, 3),
            (("-a", 3), ("-b", 2), Kept::Stored, 3),
            (("", 0), ("-b", 1), Kept::Stored, 1),
        ] {
            let (ours, theirs) = (record(held.0, held.1), record(stored.0, stored.1));
            let (merged, found) = merge(&ours, theirs.clone(), Instant::START, is_usable, |_| false);
            assert_eq!((found, merged.generation), (kept, generation), "{held:?} x {stored:?}");
            let expected = if kept == Kept::Stored { theirs.token } else { ours.token };
            let is_it = match (&merged.token, &expected) {
                (Some(merged), Some(expected)) => Arc::ptr_eq(merged, expected),
                (merged, expected) => merged.is_none() && expected.is_none(),
            };
            assert!(is_it, "{held:?} x {stored:?}");
        }
    }
}
