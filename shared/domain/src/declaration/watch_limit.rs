//! Checks whether an execution can watch an environment for as long as the declaration says, and which components go in
//! the same steps (`waves: together`). AWS ends an execution after some days, and a healthy release would be undone.

use super::gates::{Gates as Written, ResolvedGates as Gates};
use super::resolved::ResolvedComponent;
use super::scope::Scope;
use crate::declaration::document::{Document, Waves};
use crate::declaration::execution_history::{LONGEST_S, TURN_S, WaveHistory};
use crate::declaration::kinds::Steps;
use crate::declaration::plan::{ComponentInPlan, Watch, Wave, plan};
use crate::text::finding::{Finding, FindingName};
use crate::text::name::ComponentName;
use crate::text::time::Span;
use std::collections::{BTreeMap, BTreeSet};

/// A declared time for which something is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
enum WatchField {
    Bake,
    BetweenWaves,
    UnknownFor,
    Every(ComponentName),
}

/// The declaration for one environment. It may be tried with other times.
#[derive(Clone)]
struct DeclaredTimes {
    gates: Gates,
    components: BTreeMap<ComponentName, ResolvedComponent>,
}

/// Notes the longest declared time if a release of all components could not be watched to its end, with the largest
/// time that can. `own` are the gates that the environment writes itself.
pub(super) fn check(
    scope: &mut Scope<'_>,
    own: Option<&Written>,
    gates: &Gates,
    components: &BTreeMap<ComponentName, ResolvedComponent>,
) {
    let declared = DeclaredTimes { gates: gates.clone(), components: components.clone() };
    if declared.fits() {
        return;
    }
    let Some(field) = declared.longest() else { return };
    let written = declared.value(&field);
    let largest = declared.largest(&field);
    let remedy = match largest {
        Some(largest) => format!("Write at most `{largest}`."),
        None => "Write shorter times, here and at the other waves, or fewer steps.".to_owned(),
    };
    scope.find(
        FindingName::TooLarge,
        &path(scope, own, &field),
        format!(
            "With `{written}` a release of all components would be watched for longer than AWS lets an execution run, {} with a wait of {} before it begins.",
            Span::seconds(LONGEST_S),
            Span::seconds(TURN_S)
        ),
        remedy,
    );
}

fn path(scope: &Scope<'_>, own: Option<&Written>, field: &WatchField) -> String {
    let member = match field {
        WatchField::Every(component) => return format!("components.{component}.rollout.every"),
        WatchField::Bake => "bake",
        WatchField::BetweenWaves => "between_waves",
        WatchField::UnknownFor => "unknown.for",
    };
    let is_own = own.is_some_and(|own| match field {
        WatchField::Bake => own.bake.is_some(),
        WatchField::BetweenWaves => own.between_waves.is_some(),
        _ => own.unknown.is_some(),
    });
    if is_own { format!("environments.{}.gates.{member}", scope.name) } else { format!("gates.{member}") }
}

impl DeclaredTimes {
    /// Returns the waves of a release of all components; none if their order has a cycle, which is reported already.
    fn waves(&self) -> Vec<Wave> {
        let candidates = self.components.iter().map(|(name, component)| ComponentInPlan {
            component: name.clone(),
            kind: component.spec.kind(),
            after: component.after.clone(),
            stages: component.spec.stages(),
            offsets: vec![],
        });
        let candidates: Vec<ComponentInPlan> = candidates.collect();
        let watch = Watch { bake_s: self.gates.bake.as_s(), between_waves_s: self.gates.between_waves.as_s() };
        plan(&candidates, watch).unwrap_or_default()
    }

    fn fits(&self) -> bool {
        let waves = self.waves();
        WaveHistory::of(&waves, &self.components, Some(&self.gates.unknown)).seconds() + TURN_S <= LONGEST_S
    }

    /// Returns the time that takes the longest over all waves.
    fn longest(&self) -> Option<WatchField> {
        let waves = self.waves().len() as u64;
        let mut fields = vec![
            (WatchField::Bake, 1),
            (WatchField::BetweenWaves, waves.saturating_sub(1)),
            (WatchField::UnknownFor, waves),
        ];
        for (name, component) in &self.components {
            if let Some(rollout) = component.spec.as_kind().rollout() {
                let steps = rollout.steps.len() as u64;
                fields.push((WatchField::Every(name.clone()), steps));
            }
        }
        fields
            .into_iter()
            .max_by_key(|(field, times)| self.value(field).as_s().saturating_mul(*times))
            .map(|(field, _)| field)
    }

    fn value(&self, field: &WatchField) -> Span {
        match field {
            WatchField::Bake => self.gates.bake,
            WatchField::BetweenWaves => self.gates.between_waves,
            WatchField::UnknownFor => self.gates.unknown.hold_for,
            WatchField::Every(name) => {
                let rollout = self.components.get(name).and_then(|it| it.spec.as_kind().rollout());
                rollout.map_or(Span::ZERO, |rollout| rollout.every)
            }
        }
    }

    fn with(&self, field: &WatchField, value: Span) -> Self {
        let mut other = self.clone();
        match field {
            WatchField::Bake => other.gates.bake = value,
            WatchField::BetweenWaves => other.gates.between_waves = value,
            WatchField::UnknownFor => other.gates.unknown.hold_for = value,
            WatchField::Every(name) => {
                let component = other.components.get_mut(name);
                if let Some(rollout) = component.and_then(|it| it.spec.as_kind_mut().rollout_mut()) {
                    rollout.every = value;
                }
            }
        }
        other
    }

    /// Returns the largest whole minutes with which everything can be watched; `None` if that is impossible even with
    /// none.
    fn largest(&self, field: &WatchField) -> Option<Span> {
        let minutes = |count: u64| Span::seconds(count * 60);
        let fits = |count: u64| self.with(field, minutes(count)).fits();
        if !fits(0) {
            return None;
        }
        let (mut good, mut bad) = (0, self.value(field).as_s().div_ceil(60));
        while bad - good > 1 {
            let middle = good.midpoint(bad);
            if fits(middle) {
                good = middle;
            } else {
                bad = middle;
            }
        }
        Some(minutes(good))
    }
}

/// Returns what is wrong with it. The percentages of a service are known only when a release is prepared.
pub(super) fn findings(document: &Document) -> Vec<Finding> {
    if document.waves != Some(Waves::Together) {
        return vec![];
    }
    let steps =
        document.components.iter().filter_map(|(name, component)| Some((name, component.as_written().steps()?)));
    let steps: Vec<(&ComponentName, Steps)> = steps.collect();
    let mut found: Vec<Finding> = steps.iter().filter_map(goes_on_alone).collect();
    found.extend(alone(document, &steps));
    let names: BTreeSet<&ComponentName> = steps.iter().map(|(name, _)| *name).collect();
    let ordered = names.iter().filter_map(|name| comes_after(document, name, &names));
    found.extend(ordered);
    found
}

/// Returns a finding if nothing goes beside the others.
fn alone(document: &Document, steps: &[(&ComponentName, Steps)]) -> Option<Finding> {
    let ours = steps.iter().filter(|(_, steps)| *steps == Steps::Ours);
    let is_both = (1..steps.len()).contains(&ours.count());
    let rollouts = document.components.keys().map(|name| format!("components.{name}.rollout"));
    (!is_both).then(|| {
        Finding::not_supported(
            "waves",
            "Only a function with a `rollout` and a service with `rollout: canary` or `linear` go in steps together.",
            "Remove it, or write `rollout` of both.",
        )
        .resting_on(rollouts)
    })
}

/// Returns a finding if AWS goes on with the component by itself.
fn goes_on_alone((name, steps): &(&ComponentName, Steps)) -> Option<Finding> {
    (*steps == Steps::OfAws { waits: false }).then(|| {
        Finding::not_supported(
            format!("components.{name}.pause"),
            format!("With `waves: together` all go on when all are judged, and `{name}` goes on by itself."),
            "Add `PRE_PRODUCTION_TRAFFIC_SHIFT` to its `pause`, and give the service a PAUSE hook at that stage; or remove `waves`.",
        )
    })
}

/// Returns a finding if the component waits for another one to end with which it should go.
fn comes_after(document: &Document, name: &ComponentName, together: &BTreeSet<&ComponentName>) -> Option<Finding> {
    let after = |name: &ComponentName| document.components.get(name).map(|it| &it.common.after);
    let mut known: BTreeSet<&ComponentName> = BTreeSet::new();
    let mut open: Vec<&ComponentName> = after(name)?.iter().collect();
    while let Some(earlier) = open.pop() {
        if known.insert(earlier) {
            open.extend(after(earlier).into_iter().flatten());
        }
    }
    let earlier = known.into_iter().find(|earlier| *earlier != name && together.contains(earlier))?;
    Some(Finding::bad_value(
        format!("components.{name}.after"),
        format!("`{name}` comes after `{earlier}`, and with `waves: together` both go in the same steps."),
        format!("Remove `{earlier}`, and what waits for it, from `after`; or remove `waves`."),
    ))
}
