//! Checks that AWS keeps what a stage has reached until the release is judged there. Pure.

use crate::kinds::{Holds, Stage};
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::ComponentName;
use windlass_domain::plan::{Wave, watched_at};
use windlass_domain::time::Span;

/// The seconds that AWS must keep what a stage has reached beyond the time that the release is watched: a look may come
/// that late.
const LOOK_S: u64 = 60;

/// A component, and the stages that are planned of it.
pub(super) type PlannedStages<'a> = (&'a ComponentName, Vec<&'a Stage>);

/// Returns the findings on stages at which AWS goes on by itself before the release is judged.
pub(super) fn held_too_short(kept: &[PlannedStages<'_>], waves: &[Wave]) -> Vec<Finding> {
    let of = |(name, stages): &PlannedStages<'_>| -> Vec<Finding> {
        let held = stages.iter().enumerate().filter_map(|(nth, stage)| {
            let holds = stage.holds.as_ref()?;
            let watched_s = watched_at(waves, name, nth) + early_s(name, stages, nth, waves);
            too_short(name, holds, watched_s)
        });
        held.collect()
    };
    kept.iter().flat_map(of).collect()
}

/// Returns how many seconds before its wave AWS has reached a stage by itself. The stage before it may be watched for
/// longer than AWS takes for that, because of what is changed beside it. A stage that AWS holds waits for its next
/// wave.
fn early_s(name: &ComponentName, stages: &[&Stage], nth: usize, waves: &[Wave]) -> u64 {
    let first = (0..nth).rev().find(|before| !stages[*before].look);
    let Some(first) = first.filter(|first| stages[*first].holds.is_none()) else {
        return 0;
    };
    let own = stages[first..nth].iter().map(|stage| stage.bake_s);
    let Some(own_s) = own.sum::<Option<u64>>() else {
        return 0;
    };
    let watched = (first..nth).map(|before| watched_at(waves, name, before));
    watched.sum::<u64>().saturating_sub(own_s)
}

fn too_short(component: &ComponentName, holds: &Holds, watched_s: u64) -> Option<Finding> {
    let needed_s = watched_s + LOOK_S;
    let is_enough = needed_s <= holds.seconds || (watched_s == 0 && !holds.is_always);
    (!is_enough).then(|| {
        let [watched, kept, needed] =
            [watched_s, holds.seconds, needed_s.next_multiple_of(60)].map(Span::seconds);
        Finding::new(
            FindingName::TooLarge,
            format!("components.{component}.{}", holds.member),
            format!(
                "The release is watched for {watched} {}, and {} for only {kept}: {}.",
                holds.when, holds.kept, holds.then
            ),
            format!(
                "Watch for less time (`bake`, `between_waves`, `every`), so that a minute is left for a look; or {} {needed}.",
                holds.longer
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use windlass_domain::plan::{KindName, PlannedChange};

    fn stage(bake_s: Option<u64>, look: bool, holds_s: Option<u64>) -> Stage {
        Stage {
            bake_s,
            look,
            holds: holds_s.map(|seconds| Holds {
                member: "pause",
                seconds,
                when: "while it is paused".into(),
                kept: "its hook waits".into(),
                then: "then ECS rolls back".into(),
                longer: "raise its time to at least".into(),
                is_always: true,
            }),
            ..Stage::new(serde_json::Value::Null, "")
        }
    }

    fn waves(bakes_s: &[u64], name: &ComponentName) -> Vec<Wave> {
        let change = PlannedChange {
            component: name.clone(),
            kind: KindName::Ecs,
            what: String::new(),
            later: BTreeSet::new(),
            tested: false,
            closing: false,
            timing: None,
        };
        let each = bakes_s.iter().map(|bake_s| Wave {
            changes: vec![change.clone()],
            bake_s: *bake_s,
            ahead: false,
            look: false,
        });
        each.collect()
    }

    #[test]
    fn what_aws_reaches_by_itself_counts_from_when_it_does() {
        let name = ComponentName::new("agent").unwrap();
        let looked = || vec![stage(Some(300), false, None), stage(Some(300), true, None)];
        let held = |stages: Vec<Stage>| [stages, vec![stage(None, false, Some(1800))]].concat();
        // Stages, how long each wave is watched, and what the hook would have to wait for.
        let table = [
            ("as long as AWS takes", held(looked()), vec![300, 300, 60], None),
            ("beside what is watched for an hour", held(looked()), vec![300, 3300, 60], Some("51m")),
            ("it has waited at the stage before", held(vec![stage(None, false, Some(9000))]), vec![3600, 60], None),
            ("it is watched for long itself", held(looked()), vec![300, 300, 1800], Some("30m")),
        ];
        for (why, stages, bakes_s, wanted) in table {
            let kept: PlannedStages<'_> = (&name, stages.iter().collect());
            let found = held_too_short(&[kept], &waves(&bakes_s, &name));
            let told = found.first().map(|found| found.reason.as_str());
            match wanted {
                None => assert_eq!(told, None, "{why}"),
                Some(watched) => {
                    let told = told.unwrap_or_default();
                    assert!(told.contains(&format!("watched for {watched} ")), "{why}: {told}");
                }
            }
        }
    }
}
