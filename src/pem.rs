//! Certificates in PEM, as OpenSSL takes them.
//!
//! If a certificate were passed over, that would show when a server is refused, and nobody would look for the cause in
//! this file. So each line that begins a certificate gives a certificate, or a [`Flaw`] and the [`Place`] where it is.
//! What stands between the certificates may be anything, in any encoding.
//!
//! The Base64 is decoded in the usual way. rustls brings a decoder for private keys, whose time does not depend on the
//! data; it would take most of the instructions of a first login, for data that is public.

mod trust;

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use memchr::memchr2;
use rustls::pki_types::CertificateDer;

use trust::Kind;

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// OpenSSL does not look at the bits behind the last byte, so neither does this.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What a line that begins a certificate gave.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    pub(crate) certificate: Result<CertificateDer<'static>, Flaw>,
}

/// Which certificate of a text it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    number: usize,
    line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "certificate {} (line {})", self.number, self.line)
    }
}

/// Why a certificate cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    Begin,
    End,
    Base64,
    Contents,
    /// OpenSSL's trust settings say so, and OpenSSL obeys them.
    NotForServers,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Begin => "its first line is not well-formed",
            Self::End => "its last line is missing, or is not well-formed",
            Self::Base64 => "its Base64 is broken",
            Self::Contents => "it cannot be read",
            Self::NotForServers => "its trust settings say that it is not for servers",
        })
    }
}

/// Every certificate of the text, one after the other.
pub(crate) fn certificates(text: &[u8]) -> impl Iterator<Item = Found> {
    Certificates { text, rest_of_line: None, line: 0, number: 0, base64: Vec::new() }
}

struct Certificates<'a> {
    /// The lines that are still to be read.
    text: &'a [u8],
    /// Before them, what stands behind the end of a certificate in the same line: two files may have been joined there.
    rest_of_line: Option<&'a [u8]>,
    /// The number of the last line that was read.
    line: usize,
    /// How many certificates have begun.
    number: usize,
    base64: Vec<u8>,
}

impl Iterator for Certificates<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            let line = self.next_line()?;
            if let Some((_, rest)) = labelled(line, END) {
                self.rest_of_line = Some(rest);
            } else if let Some(kind) = beginning(line) {
                self.number += 1;
                let place = Place { number: self.number, line: self.line };
                let certificate = kind.and_then(|kind| self.read(kind));
                return Some(Found { place, certificate });
            }
        }
    }
}

impl<'a> Certificates<'a> {
    /// The next line, without blanks around it, and without the mark at the beginning of a file, which stands in the
    /// middle where files were joined. Lines end with LF, CR LF or CR.
    fn next_line(&mut self) -> Option<&'a [u8]> {
        let line = match self.rest_of_line.take() {
            Some(rest) => rest,
            None if self.text.is_empty() => return None,
            None => {
                self.line += 1;
                let end = memchr2(b'\n', b'\r', self.text).unwrap_or(self.text.len());
                let (line, rest) = self.text.split_at_checked(end)?;
                self.text = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
                line
            }
        };
        let line = line.trim_ascii();
        Some(line.strip_prefix(BYTE_ORDER_MARK).map_or(line, <[u8]>::trim_ascii))
    }

    /// What stands between the line that begins a certificate and the one that ends it.
    fn read(&mut self, kind: Kind) -> Result<CertificateDer<'static>, Flaw> {
        self.base64.clear();
        loop {
            let line = self.next_line().ok_or(Flaw::End)?;
            if !line.starts_with(b"-") {
                self.base64.extend_from_slice(line);
            } else if let Some((label, rest)) = labelled(line, END) {
                self.rest_of_line = Some(rest);
                let label_fits = Kind::of(label) == Some(kind);
                return if label_fits { kind.certificate(self.decode()?) } else { Err(Flaw::End) };
            } else {
                // This line may begin the next certificate.
                self.rest_of_line = Some(line);
                return Err(Flaw::End);
            }
        }
    }

    fn decode(&mut self) -> Result<Vec<u8>, Flaw> {
        BASE64.decode(&self.base64).or_else(|_| {
            // Blanks within a line are rare.
            self.base64.retain(|byte| !byte.is_ascii_whitespace());
            BASE64.decode(&self.base64).map_err(|_| Flaw::Base64)
        })
    }
}

/// The label of a line that begins or ends something, and what stands behind its dashes.
fn labelled<'a>(line: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let rest = line.strip_prefix(mark)?;
    let end = rest.windows(DASHES.len()).position(|window| window == DASHES)?;
    Some((rest.get(..end)?, rest.get(end + DASHES.len()..)?))
}

/// The kind of certificate that the line begins, or the flaw of a line that was meant to begin one. `None` for any
/// other line.
fn beginning(line: &[u8]) -> Option<Result<Kind, Flaw>> {
    if let Some((label, b"")) = labelled(line, BEGIN) {
        return Kind::of(label).map(Ok);
    }
    wants_to_begin(line).then_some(Err(Flaw::Begin))
}

/// Whether the line was meant to begin a certificate. It has the words for that, but around them is something else than
/// should be: a dash too few, quotation marks, or the whole certificate. A comment has `#` or a word before them.
fn wants_to_begin(line: &[u8]) -> bool {
    const WORD: &[u8] = b"BEGIN ";
    let Some(at) = line.windows(WORD.len()).position(|window| window == WORD) else { return false };
    let (before, rest) = (line.get(..at).unwrap_or_default(), line.get(at + WORD.len()..).unwrap_or_default());
    let is_bare = !before.iter().any(|byte| *byte == b'#' || byte.is_ascii_alphanumeric());
    // The dashes of a word processor are not ASCII.
    let has_dashes = before.iter().any(|byte| *byte == b'-' || !byte.is_ascii());
    // A word after the label makes it another label, such as that of a request for a certificate.
    let has_label = |label: &[u8]| {
        rest.strip_prefix(label)
            .is_some_and(|rest| !rest.trim_ascii_start().first().is_some_and(u8::is_ascii_alphabetic))
    };
    is_bare && has_dashes && Kind::LABELS.iter().any(|(label, _)| has_label(label))
}

#[cfg(test)]
#[path = "pem/pem_tests.rs"]
mod pem_tests;
