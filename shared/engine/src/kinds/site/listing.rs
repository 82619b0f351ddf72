//! Listing what is in a site's bucket.

use super::calls;
use super::calls::{Pace, Patience};
use crate::ports::{Answered, Clock, Listed, Objects};
use std::cell::Cell;

/// How many known objects a range has at most, where there are not too many ranges: a page of a listing has
/// 1000, so one page is enough although some keys came since.
const RANGE: usize = 950;

/// How many ranges are listed at most.
const RANGES: usize = 32;

/// Keys between two keys.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    /// The keys come after this.
    after: Option<String>,
    /// The last key that may be.
    until: Option<String>,
}

/// All current objects whose keys begin with `prefix`. The pages of a listing come one after the
/// other; where keys are `known`, in order, they tell where to begin with several at once.
pub async fn list_all<P: Objects + Clock>(
    ports: &P,
    bucket: &str,
    prefix: &str,
    known: &[&str],
) -> Answered<Vec<Listed>> {
    let ranges = ranges(prefix, known);
    let pace: Cell<Pace> = Cell::default();
    let (mut found, fault) = calls::all(ports, &pace, Patience::Long, &ranges, |range| {
        list_range(ports, bucket, prefix, range)
    })
    .await;
    fault.map_or(Ok(()), Err)?;
    // Ranges end in any order.
    found.sort_by(|a, b| {
        a.first()
            .map(|it| &it.key)
            .cmp(&b.first().map(|it| &it.key))
    });
    Ok(found.into_iter().flatten().collect())
}

async fn list_range<P: Objects>(
    ports: &P,
    bucket: &str,
    prefix: &str,
    range: &Range,
) -> Answered<Vec<Listed>> {
    let mut found = Vec::new();
    let mut after = range.after.clone();
    loop {
        let page = ports.list(bucket, prefix, after).await?;
        let inside = |key: &String| range.until.as_ref().is_none_or(|until| key <= until);
        found.extend(page.objects.into_iter().take_while(|it| inside(&it.key)));
        // Nothing of the range comes after its last key.
        let goes_on = |next: &String| range.until.as_ref().is_none_or(|until| next < until);
        match page.next.filter(goes_on) {
            Some(next) => after = Some(next),
            None => return Ok(found),
        }
    }
}

/// Pure: the ranges to list, of about as many known keys each.
fn ranges(prefix: &str, known: &[&str]) -> Vec<Range> {
    let count = known.len().div_ceil(RANGE).clamp(1, RANGES);
    let last_of = |n: usize| known.get((known.len() * n / count).checked_sub(1)?);
    let bounds: Vec<String> = (1..count)
        .filter_map(|n| Some(format!("{prefix}{}", last_of(n)?)))
        .collect();
    let afters = std::iter::once(None).chain(bounds.iter().cloned().map(Some));
    let untils = bounds.iter().cloned().map(Some).chain([None]);
    afters
        .zip(untils)
        .map(|(after, until)| Range { after, until })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_each_other_and_leave_nothing_out() {
        let known: Vec<String> = (0..3500).map(|n| format!("{n:05}")).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        assert_eq!(ranges("web/", &known[..950]).len(), 1);
        let ranges = ranges("web/", &known);
        assert_eq!(ranges.len(), 4);
        assert_eq!((&ranges[0].after, &ranges[3].until), (&None, &None));
        assert_eq!(ranges[0].until.as_deref(), Some("web/00874"));
        for pair in ranges.windows(2) {
            assert_eq!(pair[0].until, pair[1].after);
        }
    }
}
