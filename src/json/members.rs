//! Members whose names are doubled: the last one counts.

use super::strings::Quoted;

/// Which of an object's members are put out of effect by a later one, in rising order. `names` says where their names
/// are.
///
/// They are sorted by the hashes of their names, and those with the same hash by the names: it takes no more than
/// `n log n` comparisons, whoever chose the names.
pub(super) fn doubled(text: &[u8], names: impl Iterator<Item = u32>) -> Vec<u32> {
    let hash = |name: u32| Quoted::at(text, name as usize).hash();
    let mut order: Vec<Entry> = names.zip(0..).map(|(name, at)| Entry { hash: hash(name), at, name }).collect();
    order.sort_unstable();
    let mut doubled = Vec::new();
    for alike in order.chunk_by_mut(|left, right| left.hash == right.hash).filter(|alike| alike.len() > 1) {
        let name = |entry: &Entry| Quoted::at(text, entry.name as usize);
        alike.sort_unstable_by(|left, right| name(left).compare(name(right)).then(left.at.cmp(&right.at)));
        doubled.extend(alike.windows(2).filter_map(|pair| match pair {
            [earlier, later] if name(earlier).compare(name(later)).is_eq() => Some(earlier.at),
            _ => None,
        }));
    }
    doubled.sort_unstable();
    doubled
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    hash: u32,
    at: u32,
    name: u32,
}
