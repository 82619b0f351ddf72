//! Pure: checks that AWS keeps what a stage has reached until the release is judged there, and that components with
//! `waves: together` have the same steps.

use crate::kinds::{Holds, Stage};
use crate::prepare::scene::Scene;
use windlass_domain::declaration::plan::{ComponentInPlan, Wave, shares, watched_at};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::time::Span;

/// The seconds that AWS must keep what a stage has reached beyond the time that the release is watched: a look may come
/// that late.
const LOOK_S: u64 = 60;

/// A component, and the stages that are planned of it.
pub(super) type PlannedStages<'a> = (&'a ComponentName, Vec<&'a Stage>);

/// Returns the findings on stages at which AWS goes on by itself before the release is judged.
pub(super) fn held_too_short(kept: &[PlannedStages<'_>], waves: &[Wave]) -> Vec<Finding> {
    let of = |(name, stages): &PlannedStages<'_>| -> Vec<Finding> {
        stages
            .iter()
            .enumerate()
            .filter_map(|(nth, stage)| {
                let holds = stage.holds.as_ref()?;
                let watched_s = watched_at(waves, name, nth) + early_s(name, stages, nth, waves);
                too_short(name, holds, watched_s)
            })
            .collect()
    };
    kept.iter().flat_map(of).collect()
}

/// Returns how many seconds before its wave AWS has reached a stage by itself. The stage before it may be watched for
/// longer than AWS takes for that, because of what is changed beside it. A stage that AWS holds waits for its next
/// wave.
fn early_s(name: &ComponentName, stages: &[&Stage], nth: usize, waves: &[Wave]) -> u64 {
    let first = (0..nth).rev().find(|before| !stages[*before].look);
    let Some(first) = first.filter(|first| stages[*first].holds.is_none()) else { return 0 };
    let Some(own_s) = stages[first..nth].iter().map(|stage| stage.bake_s).sum::<Option<u64>>() else { return 0 };
    (first..nth).map(|before| watched_at(waves, name, before)).sum::<u64>().saturating_sub(own_s)
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
        .seen(kept, needed)
    })
}

/// All callers, in tenths of a percent.
const ALL: u32 = 1000;

/// Returns whether components go in the same steps: it is declared, and AWS shifts one of them.
pub(super) fn goes_together(scene: &Scene, candidates: &[ComponentInPlan]) -> bool {
    let mut in_steps = candidates.iter().filter(|one| !one.shares().is_empty());
    scene.loaded.resolved.together && in_steps.any(|one| is_of_aws(scene, &one.component))
}

/// Returns whether AWS shifts the component, by percentages that the declaration does not have.
fn is_of_aws(scene: &Scene, name: &ComponentName) -> bool {
    let rollout = scene.loaded.resolved.components.get(name).and_then(|component| component.spec.as_kind().rollout());
    rollout.is_none_or(|rollout| rollout.steps.is_empty())
}

/// Returns the findings on components whose steps differ from those of the first component that AWS shifts.
pub(super) fn not_together(scene: &Scene, kept: &[PlannedStages<'_>]) -> Vec<Finding> {
    if !scene.loaded.resolved.together || scene.is_rollback() {
        return vec![];
    }
    let steps = kept.iter().map(|(name, stages)| (*name, shares(stages.iter().map(|it| it.share))));
    let steps: Vec<(&ComponentName, Vec<u32>)> = steps.filter(|(_, own)| !own.is_empty()).collect();
    let Some((leader, wanted)) = steps.iter().find(|(name, _)| is_of_aws(scene, name)) else { return vec![] };
    steps.iter().filter(|(_, own)| own != wanted).map(|(name, own)| differs((name, own), (leader, wanted))).collect()
}

fn differs((name, own): (&ComponentName, &[u32]), (leader, wanted): (&ComponentName, &[u32])) -> Finding {
    let below: Vec<u32> = wanted.iter().copied().filter(|share| *share < ALL).collect();
    let is_whole = below.iter().all(|share| share % 10 == 0);
    let percents: Vec<String> = below.iter().map(|share| (share / 10).to_string()).collect();
    let remedy = if is_whole {
        format!(
            "Write `rollout: {{canary: [{}]}}` of `{name}`, or give the service of `{leader}` the steps of `{name}`; or remove `waves`.",
            percents.join(", ")
        )
    } else {
        format!(
            "Give the service of `{leader}` whole percents: an alias shares callers out in these; or remove `waves`."
        )
    };
    Finding::bad_value(
        format!("components.{name}.rollout"),
        format!(
            "With `waves: together` both take the same steps: `{name}` goes at {}, and `{leader}` at {}.",
            listed(own),
            listed(wanted)
        ),
        remedy,
    )
}

/// Returns the shares as a text, such as `10 %, 100 %`.
fn listed(shares: &[u32]) -> String {
    shares
        .iter()
        .map(|share| match share % 10 {
            0 => format!("{} %", share / 10),
            rest => format!("{}.{rest} %", share / 10),
        })
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use windlass_domain::declaration::plan::{KindName, PlannedChange};

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
            details: Vec::new(),
            details_left: 0,
        };
        bakes_s
            .iter()
            .map(|bake_s| Wave { changes: vec![change.clone()], bake_s: *bake_s, ahead: false, look: false })
            .collect()
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
            let reason = found.first().map(|found| found.reason.written());
            match wanted {
                None => assert_eq!(reason, None, "{why}"),
                Some(watched) => {
                    let reason = reason.unwrap_or_default();
                    assert!(reason.contains(&format!("watched for {watched} ")), "{why}: {reason}");
                }
            }
        }
    }

    #[test]
    fn steps_that_differ_are_reported_with_both_lists_and_what_to_write() {
        let table: [(&[u32], &[u32], &str, &str); 3] = [
            (
                &[100, 500, 1000],
                &[100, 1000],
                "`api` goes at 10 %, 50 %, 100 %, and `agent` at 10 %, 100 %.",
                "Write `rollout: {canary: [10]}` of `api`",
            ),
            (
                &[250, 500, 750, 1000],
                &[200, 400, 600, 800, 1000],
                "`agent` at 20 %, 40 %, 60 %, 80 %, 100 %.",
                "{canary: [20, 40, 60, 80]}",
            ),
            (
                &[120, 1000],
                &[125, 1000],
                "`api` goes at 12 %, 100 %, and `agent` at 12.5 %, 100 %.",
                "Give the service of `agent` whole percents",
            ),
        ];
        let [api, agent] = ["api", "agent"].map(|name| ComponentName::new(name).unwrap());
        for (own, wanted, reason, remedy) in table {
            let found = differs((&api, own), (&agent, wanted));
            assert_eq!(found.path, "components.api.rollout");
            assert!(found.reason.written().ends_with(reason), "{:?}", found.reason);
            assert!(found.remedy.written().contains(remedy), "{:?}", found.remedy);
        }
    }
}
