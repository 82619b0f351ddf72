//! Finds what the other components give to one. Components that stay give it now; components that change first give it
//! later.

use super::component::Draft;
use super::scene::{Ports, Scene};
use crate::kinds::{Kind, KindVisitor, LookContext, Next, Prepared, Recorded, from_value, with_kind_of};
use crate::observe::where_it_ran;
use crate::ports::Result;
use crate::trouble::Checked;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::{KindName, Spec};
use windlass_domain::declaration::output::{Inputs, Output, PlannedOutput};
use windlass_domain::deployment::step::Step;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// The values that a component gives, by the output's name; `None` if it runs something else than is known.
type Outputs = Option<BTreeMap<String, String>>;

/// The values and plans of the components that come before one.
pub struct EarlierComponents<'b> {
    /// The values that are known already.
    made: BTreeMap<Output, String>,
    /// The components that were prepared, each with its part of the plan.
    drafts: BTreeMap<&'b ComponentName, (KindName, &'b Prepared)>,
}

impl<'b> EarlierComponents<'b> {
    /// Returns what is known of the components that were prepared, while nothing has changed yet.
    pub fn of(drafts: &'b [Draft<'_>]) -> Self {
        let drafts = drafts.iter();
        Self {
            made: BTreeMap::new(),
            drafts: drafts.map(|draft| (draft.name, (draft.kind, &draft.prepared))).collect(),
        }
    }

    /// Returns what is known of the components that have changed, and what was known before.
    pub fn changed(made: BTreeMap<Output, String>) -> Self {
        Self { made, drafts: BTreeMap::new() }
    }
}

/// Returns what is given to a component, or what is in the way of that.
pub async fn of(
    ports: &impl Ports,
    scene: &Scene,
    before: &EarlierComponents<'_>,
    (name, spec): (&ComponentName, &Spec),
) -> Checked<Inputs> {
    let mut inputs = Inputs::new();
    let mut findings = Vec::new();
    let Some(taken) = spec.as_kind().takes_from() else {
        return Ok(inputs);
    };
    let mut known: BTreeMap<&ComponentName, Outputs> = BTreeMap::new();
    for output in taken.outputs {
        if let Some(made) = before.made.get(output) {
            inputs.insert(output.clone(), PlannedOutput::Known(made.clone()));
            continue;
        }
        let giver = &output.component;
        let draft = before.drafts.get(giver);
        // Nobody knows what a component would give that is refused itself; its own findings say so.
        let is_changed = |prepared: &Prepared| !prepared.stages.is_empty() || !prepared.findings.is_empty();
        if draft.is_some_and(|(_, prepared)| is_changed(prepared)) {
            // A rollback goes the other way round: the giver would change after it.
            if scene.is_rollback() {
                findings.push(unknown(name, taken.member, output));
            } else {
                inputs.insert(output.clone(), PlannedOutput::Later);
            }
            continue;
        }
        if !known.contains_key(giver) {
            let outputs = match draft {
                Some(draft) => of_draft(ports, scene, giver, *draft).await?,
                None => of_what_runs(ports, scene, giver).await?,
            };
            known.insert(giver, outputs);
        }
        let value = known.get(giver).and_then(Option::as_ref);
        match value.and_then(|outputs| outputs.get(&output.name)) {
            Some(value) => {
                inputs.insert(output.clone(), PlannedOutput::Known(value.clone()));
            }
            None => findings.push(unknown(name, taken.member, output)),
        }
    }
    if findings.is_empty() { Ok(inputs) } else { Err(findings.into()) }
}

/// Returns what a component gives that was found in place.
async fn of_draft(
    ports: &impl Ports,
    scene: &Scene,
    name: &ComponentName,
    (kind, prepared): (KindName, &Prepared),
) -> Result<Outputs> {
    let record = &scene.loaded.record;
    let planned = Step::planned(record.id.clone(), record.app.clone(), record.environment.clone(), name.clone(), kind);
    let step = Step { place: scene.loaded.place.clone(), target: prepared.target.clone(), ..planned };
    outputs(ports, &step, &prepared.before).await
}

/// Returns what a component gives that the release does not name.
async fn of_what_runs(ports: &impl Ports, scene: &Scene, name: &ComponentName) -> Result<Outputs> {
    let Some(running) = scene.state.running.get(name) else {
        return Ok(None);
    };
    match where_it_ran(ports, name, running).await? {
        Some(step) if !running.state.is_null() => outputs(ports, &step, &running.state).await,
        _ => Ok(None),
    }
}

/// Returns what a target gives, if it is seen to be as it was recorded.
async fn outputs(ports: &impl Ports, step: &Step, recorded: &Value) -> Result<Outputs> {
    match with_kind_of(ports, step, OutputsVisitor { step, recorded }).await {
        Err(fault) if fault.name == FaultName::NotFound => Ok(None),
        answer => answer,
    }
}

struct OutputsVisitor<'s> {
    step: &'s Step,
    recorded: &'s Value,
}

impl KindVisitor for OutputsVisitor<'_> {
    type Out = Outputs;

    async fn visit<K: Kind>(self, kind: &K) -> Result<Outputs> {
        let target: K::Target = from_value("target", &self.step.target)?;
        let recorded = Recorded::read("recorded state", self.recorded)?;
        let goal: K::Goal = from_value("recorded state", &recorded.goal)?;
        let way = LookContext { goal: Some(&goal), ..LookContext::default() };
        let seen = kind.observe(&target, &way).await?;
        let is_there = matches!(K::next(&target, &seen, &goal), Next::Done);
        Ok(is_there.then(|| K::outputs(&seen, &goal)))
    }
}

fn unknown(name: &ComponentName, member: &str, output: &Output) -> Finding {
    let giver = &output.component;
    Finding::new(
        FindingName::OutputUnknown,
        format!("components.{name}.{member}"),
        format!(
            "`{name}` takes `{output}`, and nobody knows it: `{giver}` was not released here, or its target is not as Windlass has left it."
        ),
        format!("Name `{giver}` in the same release."),
    )
}
