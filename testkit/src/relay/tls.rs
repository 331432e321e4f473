//! The records of a TLS stream, as anybody on the way sees them (RFC 8446, section 5.1).

pub const HANDSHAKE: u8 = 22;
pub const APPLICATION_DATA: u8 = 23;
pub const HEADER: usize = 5;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    pub content_type: u8,
    /// Where its header begins in the stream.
    pub begin: usize,
    /// The byte after its last one.
    pub end: usize,
}

impl Record {
    pub fn length(&self) -> usize {
        self.end - self.begin
    }
}

/// The records that are whole.
pub fn records(stream: &[u8]) -> Vec<Record> {
    let mut records = Vec::new();
    let mut begin = 0;
    while let Some(&[content_type, _, _, high, low]) = stream.get(begin..begin + HEADER) {
        let end = begin + HEADER + usize::from(u16::from_be_bytes([high, low]));
        if end > stream.len() {
            break;
        }
        records.push(Record { content_type, begin, end });
        begin = end;
    }
    records
}
