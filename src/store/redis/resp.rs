//! The part of RESP, the protocol of Redis, that the store needs: an array of strings goes out, and one plain value
//! comes back. Pure.

use std::ops::Range;

use redis_protocol::resp2::decode::decode_range;
use redis_protocol::resp2::encode::encode_borrowed;
use redis_protocol::resp2::types::{BorrowedFrame, RangeFrame};
use zeroize::Zeroizing;

use super::refusal::Refusal;
use crate::record::{RECORD_MAX, RecordBytes};

/// The longest answer: a record that is one byte too long, and what frames it.
pub(super) const ANSWER_MAX: usize = RECORD_MAX + 64;

/// What Redis answered.
#[derive(PartialEq, Eq)]
#[cfg_attr(test, derive(Debug))] // the token may stand in it
pub(super) enum Answer {
    /// `+OK`
    Done,
    Number(i64),
    Bytes(RecordBytes),
    Nothing,
    /// An error. Only its meaning is kept, and not its text, which may repeat what was sent.
    Refused(&'static Refusal),
}

/// The bytes are not RESP, or no answer to any command of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// A command as bytes. The buffer has its full size from the start: if it grew, it would leave copies of a secret
/// behind.
pub(super) fn encode(words: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, Malformed> {
    let words: Vec<_> = words.iter().map(|word| BorrowedFrame::BulkString(word)).collect();
    let command = BorrowedFrame::Array(&words);
    let mut buffer = Zeroizing::new(vec![0; command.encode_len(false)]);
    encode_borrowed(&mut buffer, &command, false).map_err(|_| Malformed)?;
    Ok(buffer)
}

/// The answer in `bytes`; `None` if more of it is to come.
pub(super) fn decode(bytes: &[u8]) -> Result<Option<Answer>, Malformed> {
    // No answer of ours is an array, and the parser follows arrays within arrays as deep as they go.
    if bytes.first() == Some(&b'*') {
        return Err(Malformed);
    }
    let Some((frame, length)) = decode_range(bytes).map_err(|_| Malformed)? else { return Ok(None) };
    // More follows, which nobody has asked for.
    if length != bytes.len() {
        return Err(Malformed);
    }
    answer(bytes, frame).map(Some)
}

fn answer(bytes: &[u8], frame: RangeFrame) -> Result<Answer, Malformed> {
    let text = |(from, to)| bytes.get(Range { start: from, end: to }).ok_or(Malformed);
    match frame {
        RangeFrame::SimpleString(range) if text(range)? == b"OK" => Ok(Answer::Done),
        RangeFrame::Integer(number) => Ok(Answer::Number(number)),
        RangeFrame::BulkString(range) => Ok(Answer::Bytes(Zeroizing::new(text(range)?.to_vec()))),
        RangeFrame::Null => Ok(Answer::Nothing),
        RangeFrame::Error(range) => Ok(Answer::Refused(Refusal::of(text(range)?))),
        RangeFrame::SimpleString(_) | RangeFrame::Array(_) => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Answer {
        Answer::Bytes(Zeroizing::new(text.as_bytes().to_vec()))
    }

    #[test]
    fn a_command_is_an_array_of_strings() {
        let command = encode(&[b"SET", b"a\r\n$1", b""]).expect("encoded");
        assert_eq!(&**command, b"*3\r\n$3\r\nSET\r\n$5\r\na\r\n$1\r\n$0\r\n\r\n");
    }

    #[test]
    fn each_plain_value_is_understood() {
        for (text, answer) in [
            ("+OK\r\n", Answer::Done),
            (":1\r\n", Answer::Number(1)),
            (":-5\r\n", Answer::Number(-5)),
            ("$-1\r\n", Answer::Nothing),
            ("$0\r\n\r\n", bytes("")),
            ("$5\r\na\r\nbc\r\n", bytes("a\r\nbc")),
            ("-WRONGPASS for user hunter2\r\n", Answer::Refused(Refusal::of(b"WRONGPASS"))),
            ("-OOM\r\n", Answer::Refused(Refusal::of(b"OOM"))),
            ("-hunter2 is not a code\r\n", Answer::Refused(Refusal::of(b""))),
            ("-\r\n", Answer::Refused(Refusal::of(b""))),
        ] {
            assert_eq!(decode(text.as_bytes()), Ok(Some(answer)), "{text:?}");
            for cut in 0..text.len() {
                assert_eq!(decode(&text.as_bytes()[..cut]), Ok(None), "{text:?} cut after {cut}");
            }
        }
    }

    #[test]
    fn other_answers_are_refused() {
        for text in [
            "*0\r\n",
            "*1\r\n+OK\r\n",
            "+PONG\r\n",
            "+OK\r\n+OK\r\n",
            ":1\r\n ",
            ":one\r\n",
            ":99999999999999999999\r\n",
            "$x\r\n",
            "$-2\r\nab\r\n",
            "$99999999999999999999\r\n",
            "%1\r\n",
            "_\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
            "\0",
            "\r\n",
        ] {
            assert_eq!(decode(text.as_bytes()), Err(Malformed), "{text:?}");
        }
    }

    #[test]
    fn arrays_are_refused_however_deep() {
        assert_eq!(decode("*1\r\n".repeat(100_000).as_bytes()), Err(Malformed));
    }

    #[test]
    fn a_huge_length_is_an_incomplete_answer() {
        assert_eq!(decode(format!("${}\r\nabc", isize::MAX).as_bytes()), Ok(None));
    }
}
