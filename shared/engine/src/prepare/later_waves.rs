//! Plans the part that can only be planned once earlier waves have changed, because it takes what they give (decision
//! 0355). The first `Prepare` looked at each of its components: the target, the state that it comes back to and the
//! place in the plan are known since then. The goals are known now. Of a component whose target an earlier wave makes
//! only the place in the plan was known: all of it is looked at, claimed and written down now (decision 0355).

use super::component::{Draft, touched};
use super::drafts::{draft, let_go};
use super::inputs::EarlierComponents;
use super::scene::{Ports, Scene};
use super::{made, others, targets};
use crate::deployment_context::DeploymentContext;
use crate::kinds::Stage;
use crate::ledger::{self, Stored, commit, retry};
use crate::payload::{Answer, PrepareTransition, WorkItem};
use crate::ports::{Result, Write};
use crate::trouble::Checked;
use windlass_domain::declaration::name_text::Given;
use windlass_domain::declaration::output::Output;
use windlass_domain::declaration::plan::Wave;
use windlass_domain::declaration::resolved::{ResolvedComponent, ResolvedEnvironment};
use windlass_domain::deployment::step::{SEEN_AFTER_MS, Step, StepFailure, StepStatus};
use windlass_domain::prose;
use windlass_domain::text::count::count;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_domain::text::next_step::Redeploy;
use windlass_domain::text::time::Time;

/// Plans what of the wave is not planned yet. Asked again it plans what is left: nothing, once all is written.
pub async fn plan(
    ports: &impl Ports,
    loaded: DeploymentContext,
    number: u32,
    wave: &Wave,
) -> Result<Answer<PrepareTransition>> {
    let asked = ports.now();
    let mut verdict = PrepareTransition::Change;
    let later = wave.changes.iter().filter(|it| !it.later.is_empty());
    let later: Vec<&ComponentName> = later.map(|change| &change.component).collect();
    let scene = Scene::read(ports, loaded).await?;
    for name in later {
        if !plan_one(ports, &scene, name, (number, asked)).await? {
            verdict = PrepareTransition::Failed;
        }
    }
    Ok(Answer { wave: number, items: WorkItem::of_wave(wave), ..scene.loaded.answer(verdict) })
}

/// Plans one component, and writes its goals into its step; `false` where it cannot go there, which the step says.
async fn plan_one(ports: &impl Ports, scene: &Scene, name: &ComponentName, (wave, asked): (u32, Time)) -> Result<bool> {
    let id = &scene.loaded.record.id;
    retry(ports, "planning a later wave", async || {
        let steps = ledger::load_all(ports, &ledger::steps(id)).await?;
        let mut step = ledger::require(ports, &ledger::step(id, name)).await?;
        if step.value.failure.is_some() {
            return Ok(Some(false));
        }
        if is_being_undone(&step.value) {
            return Err(late(&step.value));
        }
        if step.value.goals.get(&wave).is_some_and(|goal| !goal.is_null()) {
            return Ok(Some(true));
        }
        let planned = planned(ports, scene, name, (&step.value, steps.as_slice()), asked).await;
        let is_planned = planned.as_ref().is_ok_and(|(drafted, _)| drafted.prepared.findings.is_empty());
        let mut writes = vec![scene.loaded.fence.check()];
        let mut made_to_plan = Vec::new();
        match planned {
            Ok((drafted, claims)) if is_planned => {
                writes.extend(claims);
                take(&mut step.value, drafted);
            }
            refused => {
                let findings = match refused {
                    Ok((Draft { prepared, .. }, _)) => {
                        let made = || Step { target: prepared.target, ..step.value.clone() };
                        made_to_plan.extend(prepared.is_made_to_plan.then(made));
                        prepared.findings
                    }
                    Err(trouble) => trouble.findings()?,
                };
                step.value.failure = Finding::joined(findings).map(StepFailure::Finding);
                // What was never looked at is as it was: there is nothing to bring back.
                if step.value.is_looked_at() {
                    step.value.status = StepStatus::Failed;
                }
            }
        }
        // Another invocation that works on this step finds itself superseded.
        step.value.attempt += 1;
        writes.push(step.put()?);
        if commit(ports, writes).await? {
            let_go(ports, &made_to_plan).await?;
            return Ok(Some(is_planned));
        }
        scene.loaded.fence.lock(ports).await?;
        Ok(None)
    })
    .await
}

fn is_being_undone(step: &Step) -> bool {
    use StepStatus::{UndoFailed, Undoing, Undone};
    matches!(step.status, Undoing | Undone | UndoFailed)
}

fn late(step: &Step) -> Fault {
    Fault::new(
        FaultName::AttemptSuperseded,
        format!(
            "component {} of deployment {}: its undo has begun; this planning came late and wrote nothing",
            step.component, step.deployment
        ),
    )
}

/// A component's part of the plan, which has findings if it cannot be carried out, and the writes that claim its
/// target, if nobody had looked at it before.
type PlannedLate<'s> = (Draft<'s>, Vec<Write>);

/// The kind's part of the plan, or what is in the way of it. AWS may not show yet what an earlier wave has made,
/// however long that took. So a target that was never looked at is refused only upon a look that shows all of it: one
/// that began so late after this was asked for.
async fn planned<'s>(
    ports: &impl Ports,
    scene: &'s Scene,
    name: &ComponentName,
    (step, steps): (&Step, &[Stored<Step>]),
    asked: Time,
) -> Checked<PlannedLate<'s>> {
    loop {
        let since = ports.now().ms_since(asked);
        let planned = planned_now(ports, scene, name, (step, steps)).await;
        let is_refused = planned.as_ref().is_ok_and(|(drafted, _)| !drafted.prepared.findings.is_empty());
        if !is_refused || step.is_looked_at() || since >= SEEN_AFTER_MS {
            return planned;
        }
        ports.sleep_ms(SEEN_AFTER_MS - since).await;
    }
}

async fn planned_now<'s>(
    ports: &impl Ports,
    scene: &'s Scene,
    name: &ComponentName,
    (step, steps): (&Step, &[Stored<Step>]),
) -> Checked<PlannedLate<'s>> {
    let asked = scene.wanted().wanted.into_iter().find(|wanted| wanted.name == name);
    let is_asked = asked.is_some();
    // What nobody asks for is only brought back to what is recorded of it.
    let Some(wanted) = asked.or_else(|| scene.recorded(name)) else {
        return Err(Fault::internal(format!("{name} is not wanted")).into());
    };
    let before = EarlierComponents::changed(given(&scene.loaded.resolved, (step, steps), wanted.component)?);
    let mut drafted = draft(ports, scene, wanted, &before).await?;
    others::leave_to_owners(ports, scene, std::slice::from_mut(&mut drafted)).await?;
    let mut claims = Vec::new();
    if !step.is_looked_at() {
        if let Some(again) = targets::settled(ports, scene, &drafted, &before).await? {
            drafted.prepared = again;
        }
        let tenancy = targets::check(ports, scene, std::slice::from_ref(&drafted)).await?;
        drafted.prepared.findings.extend(tenancy.findings);
        let foreign = made::check(ports, scene, steps, &drafted).await?;
        drafted.prepared.findings.extend(foreign);
        claims = tenancy.writes;
    }
    let prepared = &mut drafted.prepared;
    if !step.is_looked_at() || !is_asked {
        // It has one wave, whatever its rollout says.
        prepared.in_one_stage();
    }
    let (waves, stages) = (own_waves(step, &prepared.stages), prepared.stages.len());
    let otherwise = if step.is_looked_at() && prepared.claims != step.claims {
        Some(moved(name))
    } else if step.is_looked_at() && prepared.irreversible && !step.irreversible {
        Some(loses_late(name))
    } else {
        (stages != waves && stages != 0).then(|| otherwise(name, waves, stages))
    };
    if prepared.findings.is_empty() {
        prepared.findings.extend(otherwise);
    }
    Ok((drafted, claims))
}

/// Returns the number of waves that its own stages have. A look behind those that touch it has no stage, but where its
/// last stage changes nothing any more: that is the look then.
fn own_waves(step: &Step, stages: &[Stage]) -> usize {
    let is_look = stages.last().is_some_and(|last| last.closing);
    step.goals.len() - usize::from(step.behind.is_some() && !is_look)
}

/// Returns what others give: what was known at first, and what the components give that this deployment has changed.
fn given(
    resolved: &ResolvedEnvironment,
    (step, steps): (&Step, &[Stored<Step>]),
    component: &ResolvedComponent,
) -> Result<Given, Vec<Finding>> {
    let mut given = step.inputs.clone();
    let mut missing = Vec::new();
    for (member, output) in resolved.takes(component) {
        let Some(before) = steps.iter().map(|step| &step.value).find(|step| step.component == output.component) else {
            continue;
        };
        match before.outputs.get(&output.name).cloned() {
            Some(value) => drop(given.insert(output, value)),
            None => missing.push(not_given(&step.component, &member, &output)),
        }
    }
    if missing.is_empty() { Ok(given) } else { Err(missing) }
}

fn not_given(name: &ComponentName, member: &str, output: &Output) -> Finding {
    let giver = &output.component;
    Finding::new(
        FindingName::OutputUnknown,
        format!("components.{name}.{member}"),
        format!("`{name}` takes `{output}`, and `{giver}` has changed and does not give it."),
        prose!("Find out why `{}` does not give it any more, then {}.", giver, Redeploy::Again),
    )
}

/// Takes in the goals of all its waves. If the target is there already, each goal is what is there. If nobody had
/// looked at it before, what it comes back to is what is there now.
fn take(step: &mut Step, drafted: Draft<'_>) {
    let Draft { prepared, inputs, touches, .. } = drafted;
    step.inputs = inputs;
    step.touches = touched(&touches);
    if !step.is_looked_at() {
        step.before.clone_from(&prepared.before);
        step.claims = prepared.claims;
        step.artifact = prepared.artifact;
        step.irreversible = prepared.irreversible;
        step.withdraws = prepared.withdraws;
        step.is_made = true;
    }
    let mut last = prepared.before["goal"].clone();
    let mut stages = prepared.stages.into_iter().map(|stage| stage.goal);
    for goal in step.goals.values_mut() {
        last = stages.next().unwrap_or(last);
        goal.clone_from(&last);
    }
    step.target = prepared.target;
    step.irreversible |= prepared.irreversible;
}

fn moved(name: &ComponentName) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        format!("components.{name}"),
        format!(
            "The names in the declaration of `{name}` lead to another target than when the deployment was planned."
        ),
        prose!("Find out who replaced the target, then {}.", Redeploy::Again),
    )
}

fn loses_late(name: &ComponentName) -> Finding {
    Finding::new(
        FindingName::WouldLoseData,
        format!("components.{name}"),
        format!("`{name}` would lose data, which nobody could know before others had changed in this release."),
        format!(
            "Release what `{name}` takes of others first, and `{name}` with the next release, whose plan shows it."
        ),
    )
}

fn otherwise(name: &ComponentName, waves: usize, stages: usize) -> Finding {
    Finding::new(
        FindingName::TargetChangedByOther,
        format!("components.{name}"),
        format!(
            "`{name}` was planned in {}, and would take {stages} now: what its rollout follows was changed meanwhile.",
            count(waves, "wave")
        ),
        prose!("Find out who changed it, such as a deployment strategy, then {}.", Redeploy::Again),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use windlass_domain::declaration::plan::KindName;
    use windlass_domain::release::identity::DeploymentId;
    use windlass_domain::text::name::{AppName, EnvironmentName};

    #[test]
    fn a_closing_stage_is_the_look_behind_those_that_touch_it() {
        let (app, environment) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
        let id = DeploymentId("0123456789abcdef".into());
        let agent = Step::planned(id, app, environment, ComponentName::new("agent").unwrap(), KindName::Ecs);
        // The wave behind others, whether its last stage closes, and its own waves of three.
        for (behind, closing, waves) in [(None, false, 3), (None, true, 3), (Some(2), false, 2), (Some(2), true, 3)] {
            let goals = (0..3).map(|wave| (wave, Value::Null)).collect();
            let step = Step { behind, goals, ..agent.clone() };
            let stages = [Stage { closing, ..Stage::new(Value::Null, "") }];
            assert_eq!(own_waves(&step, &stages), waves, "{behind:?} {closing}");
        }
    }
}
