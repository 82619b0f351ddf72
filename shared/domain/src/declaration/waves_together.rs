//! `waves: together`: functions and services that go in the same steps.

use super::document::{Document, Waves};
use crate::finding::{Finding, FindingName};
use crate::kinds::Steps;
use crate::name::ComponentName;
use std::collections::BTreeSet;

/// Returns what is wrong with it. The percentages of a service are known only when a release is prepared.
pub(super) fn findings(document: &Document) -> Vec<Finding> {
    if document.waves != Some(Waves::Together) {
        return vec![];
    }
    let components = document.components.iter();
    let steps = components.filter_map(|(name, component)| Some((name, component.steps()?)));
    let steps: Vec<(&ComponentName, Steps)> = steps.collect();
    let mut found: Vec<Finding> = steps.iter().filter_map(goes_on_alone).collect();
    found.extend(alone(&steps));
    let names: BTreeSet<&ComponentName> = steps.iter().map(|(name, _)| *name).collect();
    let ordered = names.iter().filter_map(|name| comes_after(document, name, &names));
    found.extend(ordered);
    found
}

/// Returns a finding if nothing goes beside the others.
fn alone(steps: &[(&ComponentName, Steps)]) -> Option<Finding> {
    let ours = steps.iter().filter(|(_, steps)| *steps == Steps::Ours);
    let is_both = (1..steps.len()).contains(&ours.count());
    (!is_both).then(|| {
        Finding::new(
            FindingName::NotSupported,
            "waves",
            "Only a function with a `rollout` and a service with `rollout: canary` or `linear` go in steps together.",
            "Remove it, or write `rollout` of both.",
        )
    })
}

/// Returns a finding if AWS goes on with the component by itself.
fn goes_on_alone((name, steps): &(&ComponentName, Steps)) -> Option<Finding> {
    (*steps == Steps::OfAws { waits: false }).then(|| {
        Finding::new(
            FindingName::NotSupported,
            format!("components.{name}.pause"),
            format!("With `waves: together` all go on when all are judged, and `{name}` goes on by itself."),
            "Add `PRE_PRODUCTION_TRAFFIC_SHIFT` to its `pause`, and give the service a PAUSE hook at that stage; or remove `waves`.",
        )
    })
}

/// Returns a finding if the component waits for another one to end with which it should go.
fn comes_after(document: &Document, name: &ComponentName, together: &BTreeSet<&ComponentName>) -> Option<Finding> {
    let after = |name: &ComponentName| document.components.get(name).map(|it| it.after());
    let mut known: BTreeSet<&ComponentName> = BTreeSet::new();
    let mut open: Vec<&ComponentName> = after(name)?.iter().collect();
    while let Some(earlier) = open.pop() {
        if known.insert(earlier) {
            open.extend(after(earlier).into_iter().flatten());
        }
    }
    let earlier = known.into_iter().find(|earlier| *earlier != name && together.contains(earlier))?;
    Some(Finding::new(
        FindingName::BadValue,
        format!("components.{name}.after"),
        format!("`{name}` comes after `{earlier}`, and with `waves: together` both go in the same steps."),
        format!("Remove `{earlier}`, and what waits for it, from `after`; or remove `waves`."),
    ))
}
