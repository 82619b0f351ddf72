use crate::happening::Event;
use crate::outcome::Outcome;
use crate::schedule::What;
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::shown::outcome::CountedDeployment;

/// "The stream of endings brings them at least once" (`docs/metrics.md`): each ending is counted as what it
/// was when it was new, and only once if nothing went wrong. An ending that cannot be read for longer than the stream
/// is tried again is in the queue of unsent events.
///
/// Safety: reporting: What ends is counted as what it was, and once where nothing goes wrong.
pub fn endings_are_counted(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut mishaps = outcome.schedule.mishaps.iter();
    let lasts = |what| matches!(what, What::ThrottledLong | What::DeniedLong);
    let mut happened = outcome.happened.iter();
    if mishaps.any(|met| lasts(met.what)) || happened.any(|it| matches!(it.what, Event::EventLost)) {
        return Ok(());
    }
    let mut counted: BTreeMap<&(String, String), u64> = BTreeMap::new();
    for happening in &outcome.happened {
        if let Event::Counted(ending) = &happening.what {
            *counted.entry(ending).or_default() += 1;
        }
    }
    let is_quiet = outcome.schedule.mishaps.is_empty();
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let before = outcome.read::<Deployment>(change.before.as_ref(), "record");
        let after = outcome.read::<Deployment>(change.after.as_ref(), "record");
        let ended = after.and_then(|after| CountedDeployment::of(before.as_deref(), &after));
        let Some(ended) = ended else { continue };
        let ending = (ended.id.to_string(), format!("{:?}", ended.outcome));
        match counted.remove(&ending) {
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
