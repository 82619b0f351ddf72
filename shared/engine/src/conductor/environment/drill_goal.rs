//! The snapshot to which a drill goes.

use crate::conductor::environment::good_snapshots;
use crate::conductor::environment::view::View;
use crate::conductor::ports::Ports;
use crate::trouble::Checked;
use windlass_domain::deployment::Deployment;
use windlass_domain::drill::SnapshotVersion;
use windlass_domain::environment::Snapshot;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::irreversible::{self, in_words};

/// Chooses where the way there goes: to the newest verified-good snapshot that the present one replaced, whose release is
/// not vetoed, and that is something else than what runs. It goes across nothing irreversible. The drill notes both ends.
pub async fn choose_for_drill(ports: &impl Ports, view: &mut View, record: &Deployment) -> Checked<Option<u64>> {
    let at = record.environment_id();
    let state = &view.state.value;
    let mut goal = good_snapshots::newest_good(ports, state.snapshot, at).await?;
    while let Some(same) = goal.take_if(|goal| goal.clone().with_found(state).runs(state)) {
        goal = good_snapshots::newest_good(ports, same.number, at).await?;
    }
    let goal = goal.map(|goal| goal.with_found(state));
    let present = good_snapshots::snapshot(ports, at, state.snapshot).await?;
    let (Some(goal), Some(present)) = (goal, present) else {
        let good = good_snapshots::good_ones(ports, view, at).await?;
        return Err(no_version_before(record, &good).into());
    };
    let crossed = irreversible::crossed(&goal, state);
    if !crossed.is_empty() {
        let finding = goes_across(record, &goal, &in_words(&crossed));
        return Err(finding.into());
    }
    let under_way = view.drills.value.under_way.as_mut();
    if let Some(drill) = under_way.filter(|drill| drill.id == record.id) {
        drill.from = Some(SnapshotVersion::of(&present));
        drill.to = Some(SnapshotVersion::of(&goal));
    }
    Ok(Some(goal.number))
}

fn no_version_before(record: &Deployment, good: &[Snapshot]) -> Finding {
    let to_good = good_snapshots::to_a_good_one(good, record.environment_id());
    let (reason, remedy) = match to_good {
        Some(to_good) => (
            "the present snapshot replaced none that was verified good, is not vetoed, and is something else. A drill \
             goes only to what the present one replaced.",
            format!("{to_good} Or deploy a release: then there is a version before, and a drill can go there."),
        ),
        None => (
            "no other release that was verified good, and is not vetoed, ran before the present one.",
            "Deploy a second release: then there is a version before, and a drill can go there.".into(),
        ),
    };
    let at = format!("environments.{}", record.environment);
    Finding::new(FindingName::NothingToGoBackTo, at, reason, remedy)
}

fn goes_across(record: &Deployment, goal: &Snapshot, crossed: &str) -> Finding {
    Finding::new(
        FindingName::Irreversible,
        format!("environments.{}", record.environment),
        format!(
            "going back to snapshot {} ({}) crosses what is irreversible: {crossed}. A drill goes across nothing.",
            goal.number, goal.version
        ),
        "Nothing has to be done. After one more release without such a run there is a version before to go to.",
    )
}
