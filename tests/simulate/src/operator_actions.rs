//! Deployments that need an operator are recovered by one, or accepted.

use crate::access::forget;
use crate::by_codedeploy::is_moving;
use crate::deed::Deed;
use crate::happening::Event;
use crate::outcome::Outcome;
use crate::rules::{has_barred, is_unknown, taken_back_after_success, targets_as_recorded, unlocked};
use crate::schedule::Schedule;
use crate::stage::Stage;
use crate::targets::is_shown;
use std::collections::BTreeSet;
use windlass_domain::deployment::step::{Step, StepFailure};
use windlass_domain::environment::HeldState;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::time::Time;
use windlass_engine::ports::CloudFormationApi;
use windlass_machine::program::Program;
use windlass_machine::shop_stack::STACK;
use windlass_world::World;
use windlass_world::run::run;

/// "a person is alerted" (rule 1), and can do something: if a deployment needs an operator, `recover` is tried in a
/// copy of the world in which nothing goes wrong any more. It brings everything back, ends a deployment that had been
/// judged to its end, refuses one that had not even been planned, or names what somebody else has put there.
///
/// Safety: undo: An operator's `recover` brings everything back, or ends what was judged, once nothing goes wrong any
/// more.
pub fn recover_goes_back(program: &Program, outcome: &Outcome<'_>) -> Result<(), String> {
    with_operator(program, outcome, "recover", |id, recovered| {
        let records = recovered.records();
        let record = records.iter().find(|record| record.id == *id);
        let ended = record.and_then(|record| record.ending.as_ref());
        if ended.is_some_and(|ended| ended.ending == Ending::NeedsOperator && is_up_to_others(recovered, id, ended.at))
        {
            return Ok(());
        }
        let steps = recovered.all::<Step>(&format!("deployment#{id}"), "step#");
        let is_settled = |ending| match ending {
            Ending::RolledBack | Ending::Succeeded => true,
            Ending::Rejected => steps.is_empty(),
            _ => false,
        };
        if ended.is_none_or(|ended| !is_settled(ended.ending)) {
            let why = ended.map(|ended| (&ended.cause_name, &ended.cause));
            return Err(format!("{id} was recovered: {why:?}"));
        }
        unlocked(recovered)?;
        targets_as_recorded(recovered)
    })
}

/// "`accept` makes the observed state the truth and unlocks" (the ways in): if a deployment needs an operator, `accept`
/// unlocks in such a copy. Afterwards callers of each component get what is recorded, whoever put it there.
///
/// Safety: accept: An operator's `accept` unlocks, and records of each component what its callers get.
pub fn accept_records_what_runs(program: &Program, outcome: &Outcome<'_>) -> Result<(), String> {
    with_operator(program, outcome, "accept", |id, accepted| {
        unlocked(accepted)?;
        let state = accepted.environment();
        let steps = accepted.all::<Step>(&format!("deployment#{id}"), "step#");
        for step in &steps {
            let component = step.component.as_str();
            let running = state.running.get(&step.component);
            let recorded = running.map_or(&step.before, |running| &running.state);
            // A state that cannot be compared does not count as wrong.
            let shows = |state| is_shown(accepted.world, component, state).unwrap_or(true);
            // A component that the deployment has not touched, or has seen back, may also be as it was before.
            let is_back = !step.status.may_have_changed() && shows(&step.before);
            if !shows(recorded) && !is_back {
                return Err(format!("{component} is accepted as {recorded}, and is not that"));
            }
        }
        targets_as_recorded(accepted)
    })
}

/// The time after which nothing that CodeDeploy does is under way any more, in seconds.
const PATIENCE_S: u64 = 3 * 3600;

/// Lets an operator act on a deployment that needs one, in a copy of the world in which nothing goes wrong any more.
/// Checks what must hold then. Without such a deployment it checks nothing.
fn with_operator(
    program: &Program,
    outcome: &Outcome<'_>,
    action: &'static str,
    holds: impl FnOnce(&DeploymentId, &Outcome<'_>) -> Result<(), String>,
) -> Result<(), String> {
    let lock = outcome.lock();
    let held = lock.held.as_ref();
    let Some(held) = held.filter(|held| held.state == HeldState::NeedsOperator) else {
        return Ok(());
    };
    let world = outcome.world.copy();
    world.mishaps().refused.clear();
    forget(&world);
    if action == "recover" {
        mend(&world);
    } else {
        // It is refused while CloudFormation works on a stack.
        world.settle_stack(STACK);
    }
    let plain = Schedule::plain(action);
    let mut stage = Stage::new(program, outcome.scenario, world, &plain);
    if let Some(request) = Deed::Operate(action).request(&stage.world) {
        stage.start(action, request);
    }
    // `accept` is refused while CodeDeploy moves callers or a version lacks capacity, even if that ends a moment later.
    let is_early = action == "accept" && (is_moving(&stage.world) || lacks_capacity(&stage.world));
    let mut rest = stage.run(&[]);
    // The person does what the refusal says, and accepts again.
    if is_early {
        stay_at_one_version(&stage.world);
        let mut clock = stage.world.clock();
        clock.now = clock.now.plus_s(PATIENCE_S);
        drop(clock);
        stage.world.deploy_on();
        if let Some(request) = Deed::Operate(action).request(&stage.world) {
            stage.start("accept-again", request);
        }
        rest = stage.run(&[]);
        // Tasks that crash keep a deployment under way until a person stops it, as the refusal says.
        if is_moving(&stage.world) {
            return Ok(());
        }
    }
    stage.world.mishaps().gate = None;
    let since = std::mem::take(&mut stage.happened);
    let after = Outcome {
        world: &stage.world,
        rest,
        happened: outcome.happened.iter().cloned().chain(since).collect(),
        ..outcome.bare()
    };
    holds(&held.deployment, &after)
}

/// Does what a message asks a person to do before `recover`. CodeDeploy waits for nobody, its hooks say yes, and no
/// alarm rings upon which CodeDeploy or AppConfig takes a deployment back by itself. What failed in a stack fails no
/// more, and CloudFormation goes on with a way back that had failed. Users' functions are honest, and nothing outside
/// fails.
fn mend(world: &World) {
    world.cloudformation().fails.clear();
    if let Ok(stack) = world.cloudformation().named(STACK) {
        stack.fails.clear();
    }
    // Of a stack in any other status it is refused.
    let _ = run(world.continue_rollback(STACK, "", "by hand"));
    for outside in world.external().outsides.values_mut() {
        (outside.lie, outside.broken) = (None, BTreeSet::new());
    }
    for group in &mut world.codedeploy().groups {
        group.ready_min = None;
        group.monitors.clear();
        group.fails_at = None;
    }
    for application in &mut world.appconfig().applications {
        for environment in &mut application.environments {
            environment.monitors.clear();
        }
    }
}

/// Returns whether Lambda has no capacity yet for the version of any alias, so that callers get the former one.
fn lacks_capacity(world: &World) -> bool {
    let lambda = world.lambda();
    let mut aliases = lambda.functions.values().flat_map(|function| function.aliases.values());
    aliases.any(|alias| alias.kept_at().is_some())
}

/// Gives the callers of each alias to the version that they get, where Lambda has no capacity for the next one.
fn stay_at_one_version(world: &World) {
    let mut lambda = world.lambda();
    for alias in lambda.functions.values_mut().flat_map(|function| function.aliases.values_mut()) {
        alias.stay();
    }
}

/// Returns whether everything that is not back was changed by somebody else, and the deployment says so. That is a
/// person, or CodeDeploy: it takes back what an earlier release had brought when an alarm of its group rings.
fn is_up_to_others(outcome: &Outcome<'_>, id: &DeploymentId, then: Time) -> bool {
    // Beyond an irreversible task nothing comes back, so the deployment can only be accepted.
    if has_barred(outcome, id, then) {
        return true;
    }
    let steps = outcome.all::<Step>(&format!("deployment#{id}"), "step#");
    let mut left = steps.iter().filter(|step| {
        // Only a person can find out the result of a task that ECS has forgotten.
        step.status.may_have_changed() && !is_unknown(outcome, step, then)
    });
    let is_named = |step: &Step| {
        let failure = step.undo_failure.as_ref();
        let other = FindingName::TargetChangedByOther;
        matches!(failure, Some(StepFailure::Finding(finding)) if finding.name == other)
    };
    let is_changed = |component: &str| {
        let by_other = |what: &Event| matches!(what, Event::ChangedByOther(of) if *of == component);
        let mut happened = outcome.happened.iter();
        happened.any(|happening| by_other(&happening.what)) || taken_back_after_success(outcome, component)
    };
    left.all(|step| is_named(step) && is_changed(step.component.as_str()))
}
