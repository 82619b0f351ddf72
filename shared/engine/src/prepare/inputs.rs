//! Finds what the other components give to one. Components that stay give it now; components that change first give it
//! later.

use super::component::Draft;
use super::filled::TakenInputs;
use super::scene::{Ports, Scene, WantedComponent};
use crate::kinds::{Kind, KindVisitor, LookContext, Next, Prepared, Recorded, from_value, with_kind_of};
use crate::observe::where_it_ran;
use crate::ports::Result;
use crate::trouble::Checked;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::declaration::kinds::KindName;
use windlass_domain::declaration::name_text::Given;
use windlass_domain::declaration::output::{Output, PlannedOutput};
use windlass_domain::deployment::step::Step;
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;

/// The values that a component gives, by the output's name; `None` if it runs something else than is known.
type Outputs = Option<BTreeMap<String, String>>;

/// The values and plans of the components that come before one.
pub struct EarlierComponents<'b> {
    /// The values that are known already.
    made: Given,
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
    pub fn changed(made: Given) -> Self {
        Self { made, drafts: BTreeMap::new() }
    }
}

/// Returns what is given to a component, or what is in the way of that. If it goes back to a recorded state, it takes
/// nothing of others, and its names are filled in as they were then, if that is recorded.
pub async fn of(
    ports: &impl Ports,
    scene: &Scene,
    before: &EarlierComponents<'_>,
    wanted: &WantedComponent<'_>,
) -> Checked<TakenInputs> {
    let (name, component) = (wanted.name, wanted.component);
    let mut givers = Givers { ports, scene, before, goes_back: scene.is_rollback(), known: BTreeMap::new() };
    let mut taken = TakenInputs::default();
    let mut findings = Vec::new();
    let listed = component.spec.as_kind().takes_from().filter(|_| wanted.goal_state.is_none()).into_iter();
    let listed = listed.flat_map(|it| it.outputs.into_iter().map(move |output| (it.member.to_owned(), output.clone())));
    let in_names = scene.loaded.resolved.takes_in_names(component);
    let recorded = match wanted.goal_state {
        Some(_) if !in_names.is_empty() => recorded(ports, scene, name).await?,
        _ => Given::new(),
    };
    let listed = listed.map(|it| (it, false));
    for ((member, output), is_name) in listed.chain(in_names.into_iter().map(|it| (it, true))) {
        let given = match recorded.get(&output).filter(|_| is_name) {
            Some(recorded) => Some(PlannedOutput::Known(recorded.clone())),
            None => givers.give(&output, is_name).await?,
        };
        let list = if is_name { &mut taken.names } else { &mut taken.listed };
        match given {
            Some(given) => drop(list.insert(output, given)),
            None => findings.push(unknown(name, &member, &output)),
        }
    }
    if findings.is_empty() { Ok(taken) } else { Err(findings.into()) }
}

/// Returns what components give now for these outputs, as far as anybody knows it, also where they change later.
pub async fn given_now(
    ports: &impl Ports,
    scene: &Scene,
    before: &EarlierComponents<'_>,
    outputs: BTreeSet<Output>,
) -> Result<Given> {
    let mut givers = Givers { ports, scene, before, goes_back: false, known: BTreeMap::new() };
    let mut given = Given::new();
    for output in outputs {
        if let Some(PlannedOutput::Known(value) | PlannedOutput::Expected(value)) = givers.give(&output, true).await? {
            given.insert(output, value);
        }
    }
    Ok(given)
}

/// Returns what others gave to a component when that was brought which it goes back to, and else to what runs.
async fn recorded(ports: &impl Ports, scene: &Scene, name: &ComponentName) -> Result<Given> {
    let mut given = Given::new();
    let back = scene.goal.as_ref().and_then(|goal| goal.components.get(name));
    for running in [scene.state.running.get(name), back].into_iter().flatten() {
        let step = where_it_ran(ports, name, running).await?;
        given.extend(step.into_iter().flat_map(|step| step.inputs));
    }
    Ok(given)
}

/// The components that give something to one. What each gives is looked up once.
struct Givers<'g, 'b, P> {
    ports: &'g P,
    scene: &'g Scene,
    before: &'g EarlierComponents<'b>,
    /// True if who gives changes after who takes, as in a rollback.
    goes_back: bool,
    known: BTreeMap<ComponentName, Outputs>,
}

impl<P: Ports> Givers<'_, '_, P> {
    /// Returns what is given for an output; `None` if nobody gives it. A name is filled in with what a component that
    /// changes gives now.
    async fn give(&mut self, output: &Output, is_name: bool) -> Result<Option<PlannedOutput>> {
        if let Some(made) = self.before.made.get(output) {
            return Ok(Some(PlannedOutput::Known(made.clone())));
        }
        let giver = &output.component;
        let draft = self.before.drafts.get(giver).copied();
        let changes = draft.is_some_and(|(_, prepared)| prepared.would_change());
        if changes && self.goes_back {
            return Ok(None);
        }
        // Nobody knows what a component would give that is refused itself; its own findings say so. One that was not
        // looked at gives nothing yet.
        let is_there = |prepared: &Prepared| prepared.findings.is_empty() && !prepared.target.is_null();
        if changes && !(is_name && draft.is_some_and(|(_, prepared)| is_there(prepared))) {
            return Ok(Some(PlannedOutput::Later));
        }
        if !self.known.contains_key(giver) {
            let outputs = match draft {
                Some(draft) => of_draft(self.ports, self.scene, giver, draft).await?,
                None => of_what_runs(self.ports, self.scene, giver).await?,
            };
            self.known.insert(giver.clone(), outputs);
        }
        let outputs = self.known.get(giver).and_then(Option::as_ref);
        let value = outputs.and_then(|outputs| outputs.get(&output.name)).cloned();
        Ok(match value {
            Some(value) if changes => Some(PlannedOutput::Expected(value)),
            Some(value) => Some(PlannedOutput::Known(value)),
            None => changes.then_some(PlannedOutput::Later),
        })
    }
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
    let Some(running) = scene.state.running.get(name) else { return Ok(None) };
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
