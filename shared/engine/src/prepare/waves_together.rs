//! `waves: together`: checks whether the components that should go in the same steps have the same steps. Pure.

use super::scene::Scene;
use super::stage_lifetime::PlannedStages;
use windlass_domain::finding::{Finding, FindingName};
use windlass_domain::name::ComponentName;
use windlass_domain::plan::{Candidate, shares};

/// All callers, in tenths of a percent.
const ALL: u32 = 1000;

/// Returns whether components go in the same steps: it is declared, and AWS shifts one of them.
pub(super) fn goes_together(scene: &Scene, candidates: &[Candidate]) -> bool {
    let mut in_steps = candidates.iter().filter(|one| !one.shares().is_empty());
    scene.loaded.resolved.together && in_steps.any(|one| is_of_aws(scene, &one.component))
}

/// Returns whether AWS shifts the component, by percentages that the declaration does not have.
fn is_of_aws(scene: &Scene, name: &ComponentName) -> bool {
    let declared = scene.loaded.resolved.components.get(name);
    let rollout = declared.and_then(|component| component.spec.rollout());
    rollout.is_none_or(|rollout| rollout.steps.is_empty())
}

/// Returns the findings on components whose steps differ from those of the first component that AWS shifts.
pub(super) fn not_together(scene: &Scene, kept: &[PlannedStages<'_>]) -> Vec<Finding> {
    if !scene.loaded.resolved.together || scene.is_rollback() {
        return vec![];
    }
    let steps = kept.iter().map(|(name, stages)| (*name, shares(stages.iter().map(|it| it.share))));
    let steps: Vec<(&ComponentName, Vec<u32>)> = steps.filter(|(_, own)| !own.is_empty()).collect();
    let Some((leader, wanted)) = steps.iter().find(|(name, _)| is_of_aws(scene, name)) else {
        return vec![];
    };
    let others = steps.iter().filter(|(_, own)| own != wanted);
    others.map(|(name, own)| differs((name, own), (leader, wanted))).collect()
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
    Finding::new(
        FindingName::BadValue,
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
    let each = shares.iter().map(|share| match share % 10 {
        0 => format!("{} %", share / 10),
        rest => format!("{}.{rest} %", share / 10),
    });
    each.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_differ_are_told_with_both_lists_and_what_to_write() {
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
            assert!(found.reason.ends_with(reason), "{}", found.reason);
            assert!(found.remedy.contains(remedy), "{}", found.remedy);
        }
    }
}
