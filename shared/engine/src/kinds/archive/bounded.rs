//! Chooses which entries of an archive are read, where reading all could take any number of bytes and calls.

use super::GAP;
use super::directory::Entry;
use std::collections::BTreeMap;

/// The most bytes that are passed over between the entries. To jump counts as [`GAP`], so that no more than 200 calls
/// jump.
const PASSED: u64 = 200 * GAP;

/// Pure: as many of the entries as have `most` bytes and lie close enough together, the smallest first, because what
/// names all others is seldom large. They are in the order in which they lie there. What is chosen depends on the
/// archive's directory alone, and never on the time: who chooses again chooses the same.
pub fn bounded<'e>(entries: impl Iterator<Item = &'e Entry>, most: u64) -> Vec<Entry> {
    let mut entries: Vec<&Entry> = entries.collect();
    entries.sort_by_key(|entry| (entry.bytes, entry.offset));
    let mut chosen: BTreeMap<u64, &Entry> = BTreeMap::new();
    let (mut bytes, mut passed) = (0_u64, 0_u64);
    for entry in entries {
        let would_have = bytes.saturating_add(entry.bytes);
        if would_have > most {
            break;
        }
        let before = chosen.range(..entry.offset).next_back().map(|(_, it)| *it);
        let after = chosen.range(entry.offset..).next().map(|(_, it)| *it);
        let with_it = way(before, Some(entry)) + way(Some(entry), after);
        let would_pass = (passed + with_it).saturating_sub(way(before, after));
        if would_pass <= PASSED {
            (bytes, passed) = (would_have, would_pass);
            chosen.insert(entry.offset, entry);
        }
    }
    chosen.into_values().cloned().collect()
}

/// Returns the bytes that are passed over from one entry to the next. The way to the first one is a jump.
fn way(before: Option<&Entry>, after: Option<&Entry>) -> u64 {
    match (before, after) {
        (_, None) => 0,
        (None, Some(_)) => GAP,
        (Some(before), Some(after)) => after.offset.saturating_sub(before.least_end()).min(GAP),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of seven bytes, each so far behind the one before.
    fn files(number: u64, distance: u64) -> Vec<Entry> {
        (0..number).map(|n| Entry { offset: n * distance, ..Entry::plain(&format!("{n:04}.html")) }).collect()
    }

    #[test]
    fn as_many_entries_are_read_as_bytes_and_jumps_allow() {
        // The number of files, how far they lie apart, the most bytes; how many are read.
        let table = [
            (3000, 1000, 1_000_000, 3000),
            (3000, 1000, 7 * 12, 12),
            (3000, 1000, 7 * 13 - 1, 12),
            (3000, 2 * GAP, 1_000_000, 200),
            (200, 2 * GAP, 1_000_000, 200),
            // What lies between is fetched, and takes its time as well.
            (3000, GAP / 2, 1_000_000, 399),
            (0, 1000, 1_000_000, 0),
        ];
        for (number, distance, most, expected) in table {
            let files = files(number, distance);
            let read = bounded(files.iter(), most);
            assert_eq!(read, files[..expected], "{number} {distance} {most}");
        }
    }

    #[test]
    fn the_smallest_are_read_first_and_in_the_order_in_which_they_lie_there() {
        let mut files = files(3, 1000);
        files[0].bytes = 9;
        let names = |most| bounded(files.iter(), most).into_iter().map(|it| it.name).collect::<Vec<_>>();
        assert_eq!(names(14), ["0001.html", "0002.html"]);
        assert_eq!(names(23), ["0000.html", "0001.html", "0002.html"]);
    }

    #[test]
    fn what_lies_too_far_away_does_not_keep_others_from_being_read() {
        let mut files = files(199, 2 * GAP);
        for (name, offset, bytes) in [("near", 1000, 8), ("far", 398 * GAP, 9), ("near too", 2000, 10)] {
            files.push(Entry { offset, bytes, ..Entry::plain(name) });
        }
        let read = bounded(files.iter(), 1_000_000);
        let names = read
            .iter()
            .map(|it| it.name.as_str())
            .filter(|name| name.rsplit_once('.').is_none_or(|(_, end)| end != "html"));
        assert_eq!((read.len(), names.collect::<Vec<_>>()), (201, vec!["near", "near too"]));
    }
}
