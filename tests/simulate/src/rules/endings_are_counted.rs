use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::deployment::Deployment;
use windlass_domain::shown::outcome::CountedDeployment;
use windlass_world::dynamodb::Written;

/// "The stream of endings brings them at least once" (`docs/metrics.md`): each ending is counted as what it
/// was when it was new, and only once if nothing went wrong. An ending that cannot be read for longer than the stream
/// is tried again is in the queue of unsent events.
///
/// Safety: reporting: What ends is counted as what it was, and once where nothing goes wrong.
pub fn endings_are_counted(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut counted: BTreeMap<&(String, String), u64> = BTreeMap::new();
    let ending_of = |write: &Written| {
        let before = outcome.read::<Deployment>(write.before.as_ref(), "record");
        let after = outcome.read::<Deployment>(write.after.as_ref(), "record")?;
        let ended = CountedDeployment::of(before.as_deref(), &after)?;
        Some((ended.id.to_string(), format!("{:?}", ended.outcome)))
    };
    let mut unsent = BTreeSet::new();
    for happening in &outcome.happened {
        match &happening.what {
            Event::Counted(ending) => *counted.entry(ending).or_default() += 1,
            Event::Unsent(batch) => unsent.extend(batch.iter().filter_map(ending_of)),
            _ => {}
        }
    }
    let is_quiet = outcome.schedule.mishaps.is_empty();
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let Some(ending) = ending_of(change) else { continue };
        match counted.remove(&ending) {
            None if unsent.contains(&ending) => {}
            None => return Err(format!("the ending of {ending:?} was never counted")),
            Some(times) if is_quiet && times > 1 => {
                return Err(format!("the ending of {ending:?} was counted {times} times"));
            }
            Some(_) => {}
        }
    }
    match counted.keys().next() {
        Some(ending) => Err(format!("{ending:?} was counted and did not end so")),
        None => Ok(()),
    }
}
