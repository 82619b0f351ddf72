//! Files that former releases left behind, and when nobody needs them any more.

use crate::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// The time since which no release that ran names a path, by path.
pub type LeftoverFiles = BTreeMap<String, Time>;

/// The days for which somebody may have a document open whose release was replaced: nobody keeps one for longer without
/// loading it again.
pub const OPEN_DAYS: u64 = 30;

/// The most files that one deployment deletes, the oldest first, so that it does not wait for what others left.
const MOST: usize = 2_000;

/// Returns whether a document of a release that was replaced at this time may still be open.
pub fn may_be_open(replaced: Time, now: Time) -> bool {
    now.ms_since(replaced) <= OPEN_DAYS * 24 * 60 * 60 * 1000
}

/// Returns the files that may be deleted. No open document needs them, and no rollback does, because they were left
/// before the oldest state that a rollback may go back to began to run (`oldest`). Nothing if that time is not known.
pub fn due(left: &LeftoverFiles, oldest: Option<Time>, now: Time) -> BTreeSet<String> {
    let Some(oldest) = oldest else {
        return BTreeSet::new();
    };
    let needless = |since: Time| since < oldest && !may_be_open(since, now);
    let mut due: Vec<(&String, &Time)> = left.iter().filter(|(_, at)| needless(**at)).collect();
    due.sort_by_key(|(path, since)| (**since, *path));
    due.truncate(MOST);
    due.into_iter().map(|(path, _)| path.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    #[test]
    fn what_neither_a_rollback_nor_an_open_document_needs_is_due() {
        // left on day, the oldest to go back to runs since day, now is day
        let table = [
            (10, Some(11), 41, true),
            (10, Some(11), 40, false),
            (10, Some(10), 41, false),
            (10, Some(9), 99, false),
            (10, Some(99), 40, false),
            (10, None, 99, false),
        ];
        for (left, oldest, now, expected) in table {
            let found = due(
                &[("a".to_owned(), Time(left * DAY))].into(),
                oldest.map(|day: u64| Time(day * DAY)),
                Time(now * DAY),
            );
            assert_eq!(!found.is_empty(), expected, "{left} {oldest:?} {now}");
        }
    }

    #[test]
    fn of_many_those_that_were_left_first_are_due() {
        let left: LeftoverFiles = (0..=MOST).map(|n| (format!("{:05}", MOST - n), Time(n as u64))).collect();
        let found = due(&left, Some(Time(DAY)), Time(99 * DAY));
        assert_eq!(found.len(), MOST);
        assert!(!found.contains("00000"), "it was left last");
    }
}
