//! What needs an operator is recovered by one.

use crate::happening::Event;
use crate::outcome::Outcome;
use crate::rules::{targets_as_recorded, unlocked};
use crate::scenario::Deed;
use crate::schedule::Schedule;
use crate::stage::Stage;
use windlass_domain::ending::Ending;
use windlass_domain::environment::HeldState;
use windlass_domain::finding::FindingName;
use windlass_domain::identity::DeploymentId;
use windlass_domain::step::{Failure, Step};
use windlass_machine::program::Program;

/// "a person is alerted" (rule 1), and can do something: where a deployment needs an operator, `recover`
/// brings everything back in a copy of the world in which nothing goes wrong any more, ends what had been judged
/// to its end, or tells of what somebody else has put there.
pub fn recover_goes_back(program: &Program, outcome: &Outcome<'_>) -> Result<(), String> {
    let lock = outcome.lock();
    let held = lock.held.as_ref();
    let Some(held) = held.filter(|held| held.state == HeldState::NeedsOperator) else {
        return Ok(());
    };
    let world = outcome.world.copy();
    world.mishaps().refused.clear();
    let plain = Schedule::plain("recover");
    let mut stage = Stage::new(program, outcome.scenario, world, &plain);
    if let Some(request) = Deed::Operate("recover").request(&stage.world) {
        stage.start("recover", request);
    }
    let rest = stage.run(&[]);
    stage.world.mishaps().gate = None;
    let since = std::mem::take(&mut stage.happened);
    let recovered = Outcome {
        world: &stage.world,
        rest,
        happened: outcome.happened.iter().cloned().chain(since).collect(),
        ..outcome.bare()
    };
    let records = recovered.records();
    let record = records.iter().find(|record| record.id == held.deployment);
    let ended = record.and_then(|record| record.ending.as_ref());
    if ended.is_some_and(|ended| ended.ending == Ending::NeedsOperator)
        && is_up_to_others(&recovered, &held.deployment)
    {
        return Ok(());
    }
    let is_settled = |ending| matches!(ending, Ending::RolledBack | Ending::Succeeded);
    if ended.is_none_or(|ended| !is_settled(ended.ending)) {
        let told = ended.map(|ended| (&ended.cause_name, &ended.cause));
        return Err(format!("{} was recovered: {told:?}", held.deployment));
    }
    unlocked(&recovered)?;
    targets_as_recorded(&recovered)
}

/// Whether everything that is not back is something that somebody else has changed, and is told so.
fn is_up_to_others(outcome: &Outcome<'_>, id: &DeploymentId) -> bool {
    let steps = outcome.all::<Step>(&format!("deployment#{id}"), "step#");
    let mut left = steps.iter().filter(|step| step.status.may_have_changed());
    let is_told = |step: &Step| {
        let failure = step.undo_failure.as_ref();
        let other = FindingName::TargetChangedByOther;
        matches!(failure, Some(Failure::Finding(finding)) if finding.name == other)
    };
    let is_changed = |component: &str| {
        let by_stranger =
            |what: &Event| matches!(what, Event::ChangedByStranger(of) if *of == component);
        let mut happened = outcome.happened.iter();
        happened.any(|happening| by_stranger(&happening.what))
    };
    left.all(|step| is_told(step) && is_changed(step.component.as_str()))
}
