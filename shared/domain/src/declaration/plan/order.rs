//! The order of a plan: every stage of every component gets its wave.

// `waves: together` puts stages side by side by their shares, so that a gate judges both components at 10 %. The
// service's percentages are its own, and are compared and not taken over: the declaration says what a release does.

use crate::declaration::plan::slot::Slot;
use crate::declaration::plan::{ComponentInPlan, Wave};
use crate::text::name::ComponentName;
use std::collections::{BTreeMap, BTreeSet};

/// The time for which waves are watched, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watch {
    /// The time for the last wave, at least.
    pub bake_s: u64,
    /// The time for earlier waves, unless a rollout gives one itself.
    pub between_waves_s: u64,
}

/// `after` leads back to where it began, so there is no order. Declarations are checked for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the order given by `after` has a cycle through {0:?}")]
pub struct Cycle(pub Vec<ComponentName>);

/// Puts every stage of every candidate into a wave. A component starts as soon as everything that it comes after has
/// finished its last stage. The stages that callers notice are in consecutive waves, with one exception: in front of a
/// wave in which a component begins that is published ahead, there is a wave for that alone. So components that are
/// changed together stay together, and none is switched before the published ones are tried.
///
/// The ends that AWS makes by itself are waited for in one wave behind all others. A component that comes after such a
/// one does not wait for them: until everything is judged, the way back is short. That wave is not watched.
///
/// Looks at what AWS does by itself meanwhile begin nothing. They divide the time of the wave in which that began, so
/// that this is one time for all that is changed together ([`Slot::waves`]).
pub fn plan(candidates: &[ComponentInPlan], watch: Watch) -> Result<Vec<Wave>, Cycle> {
    let starts = starts(candidates)?;
    let is_ahead = |c: &&ComponentInPlan| c.stages.iter().any(|stage| stage.ahead);
    let ahead = candidates.iter().filter(is_ahead);
    let ahead: BTreeSet<usize> = ahead.map(|c| starts[&c.component]).collect();
    let switches = candidates.iter();
    let switches = switches.map(|c| starts[&c.component] + c.switches());
    let count = switches.max().unwrap_or(0) + ahead.len();
    let stages = candidates.iter().flat_map(|c| &c.stages);
    let closing = usize::from(stages.into_iter().any(|stage| stage.closing));
    let mut slots: Vec<Slot<'_>> =
        (1..=count + closing).map(|number| Slot::watched(if number == count { watch.bake_s } else { 0 })).collect();
    for candidate in candidates {
        let start = starts[&candidate.component];
        let mut nth = 0;
        for group in candidate.groups() {
            let number = if group[0].closing {
                count
            } else if group[0].ahead {
                start + ahead.range(..start).count()
            } else {
                let place = start + candidate.place(nth);
                nth += 1;
                place + ahead.range(..=place).count()
            };
            let is_last = number + 1 >= count;
            let between_s = if is_last { 0 } else { watch.between_waves_s };
            slots[number].take(candidate, group, between_s);
        }
    }
    Ok(slots.into_iter().flat_map(Slot::waves).collect())
}

/// Returns the wave in which callers get something of each component, without the waves that are ahead of one. It is
/// the first after the last of those that the component comes after.
fn starts(candidates: &[ComponentInPlan]) -> Result<BTreeMap<ComponentName, usize>, Cycle> {
    let known: BTreeMap<&ComponentName, &ComponentInPlan> = candidates.iter().map(|c| (&c.component, c)).collect();
    let mut waits_for: BTreeMap<&ComponentName, usize> = BTreeMap::new();
    let mut followers: BTreeMap<&ComponentName, Vec<&ComponentName>> = BTreeMap::new();
    for (name, candidate) in &known {
        let before = candidate.after.iter().filter(|b| known.contains_key(b));
        waits_for.insert(name, before.clone().count());
        for earlier in before {
            followers.entry(earlier).or_default().push(name);
        }
    }
    let mut ready: Vec<&ComponentName> = keys_with_zero(&waits_for);
    let mut starts: BTreeMap<ComponentName, usize> = known.keys().map(|name| ((*name).clone(), 0)).collect();
    while let Some(name) = ready.pop() {
        waits_for.remove(name);
        let end = starts[name] + known[name].switches();
        for follower in followers.get(name).into_iter().flatten() {
            if let Some(start) = starts.get_mut(*follower) {
                *start = end.max(*start);
            }
            if let Some(left) = waits_for.get_mut(*follower) {
                *left -= 1;
                if *left == 0 {
                    ready.push(follower);
                }
            }
        }
    }
    if waits_for.is_empty() { Ok(starts) } else { Err(Cycle(waits_for.into_keys().cloned().collect())) }
}

fn keys_with_zero<'a>(counts: &BTreeMap<&'a ComponentName, usize>) -> Vec<&'a ComponentName> {
    let zero = counts.iter().filter(|(_, count)| **count == 0);
    zero.map(|(name, _)| *name).collect()
}
