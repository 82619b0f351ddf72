//! The record of moved components at their new owner.

use super::{MovedRecord, Moving};
use crate::environment::{BEFORE_WINDLASS, EnvironmentState, FormerState, Running, Snapshot};
use crate::irreversible::Irreversible;
use crate::part::Part;
use crate::time::Time;

/// Takes components in. Their older snapshots say of each its former name, or what ran when it came from another
/// environment. If there was no snapshot yet, what was found and what runs become the first two. Returns these.
pub fn arrive(
    moving: Moving<'_>,
    moved_records: Vec<MovedRecord>,
    state: &mut EnvironmentState,
    left: Option<&Snapshot>,
    now: Time,
) -> Vec<Snapshot> {
    let number = state.last_snapshot + 1;
    for moved in moved_records {
        take_in(moving, moved, state, number, left);
    }
    if number == 1 { first(state, left, now) } else { Vec::new() }
}

fn take_in(moving: Moving<'_>, moved: MovedRecord, state: &mut EnvironmentState, number: u64, left: Option<&Snapshot>) {
    let MovedRecord { was, name, .. } = moved;
    let called = |ran: Running| if was == name { ran } else { ran.called(&was) };
    let running = moved.running.map(called);
    let before = if moving.is_within() {
        Some(FormerState::Called(was.clone()))
    } else {
        // It came after that run only if what runs did.
        let after = left.and_then(|left| left.irreversible.get(&was)).cloned();
        let after = after.filter(|run| moved.irreversible.as_ref() == Some(run));
        let running = running.clone().map(Box::new);
        running.map(|running| FormerState::Ran { running, after })
    };
    // The name in the former environment's snapshots says nothing about the snapshots here.
    let kept = moving.is_within().then_some(moved.before);
    let history = state.before.entry(name.clone()).or_default();
    history.extend(kept.into_iter().flatten());
    if let Some(before) = before {
        history.entry(number).or_insert(before);
    }
    let marks = moved.marks.into_iter().map(|(part, mark)| {
        let part = Part { component: name.clone(), ..part };
        (part, mark)
    });
    state.marks.extend(marks);
    let found = moved.found.map(called);
    state.found.extend(found.map(|found| (name.clone(), found)));
    let run = moved.irreversible;
    state.irreversible.extend(run.map(|run| (name.clone(), run)));
    state.homes.insert(name.clone(), moved.home);
    if !moved.withdrawn.is_empty() {
        state.withdrawn.insert(name.clone(), moved.withdrawn);
    }
    state.running.extend(running.map(|running| (name, running)));
}

/// Makes the first snapshots of an environment: what was found, and what runs, which is as good as it was where it came
/// from.
fn first(state: &mut EnvironmentState, left: Option<&Snapshot>, now: Time) -> Vec<Snapshot> {
    let newest = state.running.values().max_by_key(|it| it.names.now.since);
    let Some(newest) = newest.map(|newest| newest.names.now.clone()) else {
        return Vec::new();
    };
    let found = Snapshot {
        number: 1,
        version: BEFORE_WINDLASS.into(),
        release: None,
        deployment: newest.deployment.clone(),
        made: now,
        replaced: 0,
        components: state.found.clone(),
        irreversible: Irreversible::new(),
        unmeasured: false,
    };
    let after = state.before.iter().filter_map(|(name, before)| {
        let last = before.values().next_back()?;
        match last {
            FormerState::Ran { after, .. } => Some((name.clone(), after.clone()?)),
            FormerState::Called(_) => None,
        }
    });
    let runs = Snapshot {
        number: 2,
        version: newest.version,
        release: left.and_then(|left| left.release.clone()),
        unmeasured: left.is_some_and(|left| left.unmeasured),
        replaced: 1,
        components: state.running.clone(),
        irreversible: after.collect(),
        ..found.clone()
    };
    (state.snapshot, state.last_snapshot) = (2, 2);
    vec![found, runs]
}
