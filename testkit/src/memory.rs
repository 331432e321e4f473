//! Looks for secrets in the memory of another process, through `/proc`.

use std::collections::HashMap;
use std::fmt;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// What is left of a secret counts if it is as long as this. `free` overwrites the first bytes of a block, so a search
/// for whole secrets would miss most of what there is.
const SHORTEST: usize = 8;
const PAGE: usize = 4096;

/// Every piece of every secret.
#[derive(Default)]
pub struct Needles {
    pieces: HashMap<[u8; SHORTEST], &'static str>,
    /// Whether a piece begins with these two bytes: a debug build looks at millions of places.
    beginnings: Vec<bool>,
}

impl Needles {
    /// `secret` must be random throughout, or what looks like it would count.
    pub fn add(&mut self, name: &'static str, secret: &[u8]) {
        assert!(secret.len() > SHORTEST, "{name} is too short to be told from anything else");
        self.beginnings.resize(1 << 16, false);
        for piece in secret.windows(SHORTEST) {
            self.pieces.insert(piece.try_into().expect("as long"), name);
            self.beginnings[beginning(piece)] = true;
        }
    }

    /// The places in `bytes`; pieces that overlap are one.
    pub fn find(&self, bytes: &[u8]) -> Vec<(Range<usize>, &'static str)> {
        let mut found: Vec<(Range<usize>, &'static str)> = Vec::new();
        for at in self.candidates(bytes) {
            let end = at + SHORTEST;
            let Some(name) = bytes.get(at..end).and_then(|piece| self.pieces.get(piece)) else { continue };
            match found.last_mut() {
                Some((place, last)) if last == name && at <= place.end => place.end = end,
                _ => found.push((at..end, name)),
            }
        }
        found
    }

    /// Most of a process is zero, or begins with nothing that a piece does.
    fn candidates<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
        let pages = bytes.chunks(PAGE).enumerate().filter(|(_, page)| **page != [0; PAGE][..page.len()]);
        pages.flat_map(move |(number, page)| {
            let start = number * PAGE;
            let pairs = start..(start + page.len()).min(bytes.len() - 1);
            pairs.filter(|&at| self.beginnings[beginning(&bytes[at..])])
        })
    }
}

fn beginning(bytes: &[u8]) -> usize {
    usize::from(bytes[0]) << 8 | usize::from(bytes[1])
}

/// A piece of a secret that was found.
pub struct Residue {
    pub secret: &'static str,
    pub addresses: Range<u64>,
    pub mapping: String,
    /// In pages that a core leaves out, as those of a live handle are.
    pub is_left_out_of_cores: bool,
}

impl Residue {
    pub fn is_in(&self, ranges: &[Range<u64>]) -> bool {
        self.mapping == "[stack]" || ranges.iter().any(|range| range.contains(&self.addresses.start))
    }
}

impl fmt::Debug for Residue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (start, length) = (self.addresses.start, self.addresses.end - self.addresses.start);
        write!(f, "{length} bytes of the {} at {start:#x} {}", self.secret, self.mapping)
    }
}

/// Looks into all that the process may write to. Also tells how many bytes that is.
pub fn scan(pid: u32, needles: &Needles) -> (Vec<Residue>, u64) {
    let memory = File::open(format!("/proc/{pid}/mem")).expect("the memory of a child can be read");
    let mut found = Vec::new();
    let mut scanned = 0;
    for mapping in mappings(pid).iter().filter(|mapping| mapping.is_writable) {
        let bytes = mapping.read(&memory);
        scanned += bytes.len() as u64;
        found.extend(needles.find(&bytes).into_iter().map(|(place, secret)| Residue {
            secret,
            addresses: mapping.range.start + place.start as u64..mapping.range.start + place.end as u64,
            mapping: mapping.name.clone(),
            is_left_out_of_cores: mapping.is_left_out_of_cores,
        }));
    }
    (found, scanned)
}

struct Mapping {
    range: Range<u64>,
    is_writable: bool,
    name: String,
    is_left_out_of_cores: bool,
}

impl Mapping {
    fn read(&self, memory: &File) -> Vec<u8> {
        let mut bytes = vec![0; (self.range.end - self.range.start) as usize];
        memory.read_exact_at(&mut bytes, self.range.start).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        bytes
    }
}

fn mappings(pid: u32) -> Vec<Mapping> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps")).expect("the mappings of a child");
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        if first == "VmFlags:" {
            let last = mappings.last_mut().expect("a mapping before its flags");
            last.is_left_out_of_cores = words.any(|flag| flag == "dd");
        } else if let Some((start, end)) = first.split_once('-') {
            let number = |text| u64::from_str_radix(text, 16).expect("an address");
            let is_writable = words.next().is_some_and(|permissions| permissions.starts_with("rw"));
            let name = words.nth(3).unwrap_or("(anonymous)").to_owned();
            mappings.push(Mapping {
                range: number(start)..number(end),
                is_writable,
                name,
                is_left_out_of_cores: false,
            });
        }
    }
    mappings
}
