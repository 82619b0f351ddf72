//! Pure: which files of former releases a folder must hold. Visitors keep documents open, and
//! what those name is asked for later.

use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::left::may_be_open;
use windlass_domain::time::Time;

/// When the release of a file was replaced last, by path.
pub type Carried = BTreeMap<String, Time>;

/// The most files that are carried on: the newest.
const MOST: usize = 20_000;

/// What the folder of the goal must hold of former releases: the files of the release that is
/// replaced now, but for its documents, and what its own folder was holding for others.
pub fn carried(replaced: &BTreeSet<String>, held: Carried, now: Time) -> Carried {
    let mut all: Vec<(String, Time)> = held
        .into_iter()
        .filter(|(path, since)| !replaced.contains(path) && may_be_open(*since, now))
        .collect();
    all.extend(replaced.iter().map(|path| (path.clone(), now)));
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(MOST);
    all.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60 * 1000;

    #[test]
    fn what_was_replaced_lately_is_carried_on() {
        let now = Time(100 * DAY);
        let held: Carried = [("a", 69), ("b", 70), ("c", 99), ("d", 50)]
            .map(|(path, day)| (path.to_owned(), Time(day * DAY)))
            .into();
        let replaced = ["d".to_owned(), "e".to_owned()].into();
        let expected: Carried = [("b", 70), ("c", 99), ("d", 100), ("e", 100)]
            .map(|(path, day)| (path.to_owned(), Time(day * DAY)))
            .into();
        assert_eq!(carried(&replaced, held, now), expected);
    }

    #[test]
    fn only_the_newest_are_carried_on_where_there_are_many() {
        let replaced: BTreeSet<String> = (0..MOST).map(|n| format!("new{n}")).collect();
        let held: Carried = [("old".to_owned(), Time(1))].into();
        let all = carried(&replaced, held, Time(2));
        assert_eq!(all.len(), MOST);
        assert!(!all.contains_key("old"));
    }
}
