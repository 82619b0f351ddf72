//! Plays a scenario with a schedule, and checks whether every rule holds.

use crate::access::forget;
use crate::end_of_run::Rest;
use crate::happening::Counts;
use crate::operator_actions::{accept_records_what_runs, recover_goes_back};
use crate::outcome::Outcome;
use crate::planned::planned_upon;
use crate::readings::Readings;
use crate::rules::{
    ACCEPTED, BEYOND, PLANNING_AGAIN, RECOVERED, REDRIVEN, RULES, changed_outside, is_withdrawn_of, shown_as_drifted,
};
use crate::scenario::{Scenario, in_past};
use crate::schedule::{Schedule, What};
use crate::stage::Stage;
use crate::targets::{COMPONENTS, TASK, visible};
use crate::unowned::{plant, unowned};
use serde_json::json;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::name::ComponentName;
use windlass_machine::program::Program;
use windlass_machine::shop_world;
use windlass_world::World;

/// A scenario whose past has happened.
pub struct Ready<'p> {
    /// The scenario.
    pub scenario: &'static Scenario,
    program: &'p Program,
    world: World,
    pristine: BTreeMap<&'static str, String>,
    unowned: BTreeMap<String, String>,
    /// The states of the world in which planning again was seen to plan nothing.
    planned: RefCell<BTreeSet<String>>,
}

/// The results of a run.
#[derive(Debug, Default)]
pub struct Played {
    /// The rules that do not hold, each with the reason.
    pub broken: Vec<(&'static str, String)>,
    /// The mishaps that were met.
    pub met: Vec<What>,
    /// The number of points of each sort that is numbered.
    pub counted: Counts,
    /// The same numbers when the first recovery began, with the end that it recovers from, and when it ended.
    pub recovery: Option<[Counts; 2]>,
    /// The states that executions were in.
    pub states: BTreeSet<String>,
    /// The port calls that were made, by name: the first has the number 1.
    pub calls: Vec<&'static str>,
    /// The version and the ending of each deployment, in the order of their acceptance.
    pub endings: Vec<String>,
    /// True if a second look said that something is not as a recovery left it.
    pub drifted: bool,
    /// The events of the run in words for a person, if they were asked for.
    pub timeline: Vec<String>,
}

/// Returns the deployment whose release runs in all of its components, if nobody has changed them since. `None` while
/// the lock is held.
fn present(outcome: &Outcome<'_>) -> Option<Rc<Deployment>> {
    let state = outcome.environment();
    if outcome.lock().held.is_some() {
        return None;
    }
    let mut records = outcome.records();
    records.sort_by_key(|record| std::cmp::Reverse(record.accepted));
    records.into_iter().find(|record| {
        let is_there = |component: &ComponentName| {
            let running = state.running.get(component);
            running.is_some_and(|running| running.names.brought.deployment == record.id)
                && !changed_outside(outcome, component.as_str())
        };
        let ended = record.ending.as_ref();
        record.action == ActionName::Deploy
            && ended.is_some_and(|ended| ended.ending == Ending::Succeeded)
            && !record.release.components.is_empty()
            && record.release.components.keys().all(is_there)
    })
}

fn shown(world: &World) -> BTreeMap<&'static str, String> {
    COMPONENTS.map(|component| (component, visible(world, component))).into()
}

impl<'p> Ready<'p> {
    /// Lets a scenario's past happen, in which nothing goes wrong.
    ///
    /// # Panics
    /// If the past does not come to rest.
    pub fn new(program: &'p Program, scenario: &'static Scenario) -> Self {
        let world = shop_world::make(scenario.declaration);
        plant(&world);
        (scenario.scene)(&world);
        if let Some(freeze) = &scenario.freeze {
            freeze.begin(&world);
        }
        let (pristine, unowned) = (shown(&world), unowned(&world));
        let past = Schedule::plain("past");
        in_past(true);
        let mut stage = Stage::new(program, scenario, world, &past);
        if stage.hears {
            // An upload from before the first look is nobody's arrival.
            stage.look();
        }
        let rest = stage.run(scenario.before);
        in_past(false);
        assert_eq!(rest, Rest::Quiet, "the past of {}", scenario.name);
        let world = stage.world.copy();
        if let Some(access) = scenario.access {
            access.put(&world);
        }
        Self { scenario, program, world, pristine, unowned, planned: RefCell::default() }
    }

    /// Makes the ledger keep other words for people than are written to it, from now on.
    pub fn reword(&self) {
        self.world.dynamodb().reword();
    }

    /// Plays the scenario with a schedule.
    pub fn play(&self, schedule: &Schedule, with_timeline: bool) -> Played {
        let world = self.world.copy();
        let began = shown(&world);
        let mut stage = Stage::new(self.program, self.scenario, world, schedule);
        if with_timeline {
            stage.keep_timeline();
        }
        let rest = stage.run(self.scenario.acts);
        // ECS goes on, even if nobody looks.
        stage.world.roll();
        let mut played =
            Played { met: stage.met(), timeline: stage.timeline.take().unwrap_or_default(), ..Played::default() };
        let states = stage.states().into_iter();
        played.states = states.map(str::to_owned).collect();
        played.calls.clone_from(&stage.world.mishaps().calls);
        played.counted = stage.counted();
        played.recovery = stage.recovery.take().and_then(|(from, to)| Some([from, to?]));
        let mut outcome = Outcome {
            scenario: self.scenario,
            schedule,
            world: &stage.world,
            rest,
            happened: std::mem::take(&mut stage.happened),
            began,
            pristine: self.pristine.clone(),
            unowned: self.unowned.clone(),
            lock_before: Lock::default(),
            held_before: false,
            readings: Readings::default(),
        };
        self.remember(&mut outcome);
        played.endings = outcome.endings();
        let mut components = COMPONENTS.into_iter();
        played.drifted = components.any(|component| shown_as_drifted(&outcome, component));
        let is_beyond = schedule.is_beyond();
        played.broken = RULES
            .iter()
            .filter(|(name, _)| !is_beyond || BEYOND.contains(name))
            .filter_map(|(name, rule)| Some((*name, rule(&outcome).err()?)))
            .collect();
        if played.broken.is_empty()
            && !is_beyond
            && let Err(why) = self.planning_again_plans_nothing(&outcome)
        {
            played.broken.push((PLANNING_AGAIN, why));
        }
        if played.broken.is_empty()
            && !is_beyond
            && let Err(why) = recover_goes_back(self.program, &outcome)
        {
            played.broken.push((RECOVERED, why));
        }
        if played.broken.is_empty()
            && !is_beyond
            && let Err(why) = accept_records_what_runs(self.program, &outcome)
        {
            played.broken.push((ACCEPTED, why));
        }
        // A redriven execution would meet a mishap that was not met yet.
        let is_over = played.met.len() == schedule.to_be_met();
        if played.broken.is_empty()
            && is_over
            && !is_beyond
            && let Err(why) = stage.redriven_changes_nothing(self.scenario.acts)
        {
            played.broken.push((REDRIVEN, why));
        }
        stage.world.mishaps().gate = None;
        played
    }

    /// "planning again after success plans nothing": the release that runs is asked for once more, in a copy of the
    /// world in which nothing goes wrong. This is skipped if it was done before in an equal state.
    ///
    /// Safety: plans: Planning again after success plans nothing.
    fn planning_again_plans_nothing(&self, outcome: &Outcome<'_>) -> Result<(), String> {
        let Some(present) = present(outcome) else {
            return Ok(());
        };
        let upon = planned_upon(outcome, &present);
        if self.planned.borrow().contains(&upon) {
            return Ok(());
        }
        let world = outcome.world.copy();
        forget(&world);
        let parts: Vec<String> = present.release.parts().map(String::from).collect();
        // A task comes with its service.
        let components = parts.iter().map(String::as_str);
        let components: Vec<&str> = components.filter(|one| *one != TASK).collect();
        let version = &present.release.version;
        // Under a newer declaration the request for it may have another form.
        let newest = outcome.records().into_iter().map(|one| one.declaration.clone()).max();
        let is_recorded =
            present.release.image_push || self.scenario.moves_tags() || newest.as_ref() != Some(&present.declaration);
        // What was promoted was uploaded for another environment.
        let is_recorded = is_recorded || present.promoted_from.is_some();
        let mut request = if is_recorded {
            json!({"action": "deploy", "app": "shop", "environment": "prod", "version": version})
        } else {
            let bytes = self.scenario.bytes_of(version);
            let mut request = shop_world::release(&world, bytes, &components);
            request["manifest"]["version"] = json!(version);
            request
        };
        // `again` would run a task once more.
        let is_unasked = self.scenario.declaration.contains("kind: task");
        if !is_unasked {
            request["again"] = json!(true);
        }
        request["through_hold"] = json!(true);
        request["reason"] = json!("to see whether it is there");
        let plain = Schedule::plain("again");
        let mut stage = Stage::new(self.program, self.scenario, world, &plain);
        stage.start("again", request);
        let rest = stage.run(&[]);
        stage.world.mishaps().gate = None;
        let known = outcome.records();
        let again = Outcome { world: &stage.world, rest, ..outcome.bare() };
        let new = again.records().into_iter().find(|record| {
            let is_known = known.iter().any(|known| known.id == record.id);
            !is_known
        });
        let ending = new.and_then(|record| record.ending.as_ref().map(ToString::to_string));
        match ending.as_deref() {
            // A release that was asked for again, and was undone then, is vetoed.
            Some("Rejected (Vetoed)") if is_unasked => Ok(()),
            Some("Rejected (Withdrawn)") if is_withdrawn_of(outcome, version) => Ok(()),
            // A person's update has left the stack as it must not be changed.
            Some("Rejected (StackBusy)") if outcome.schedule.mishaps.iter().any(|one| one.what == What::OutOfBand) => {
                Ok(())
            }
            Some("NothingToDo (AlreadyThere)") => {
                self.planned.borrow_mut().insert(upon);
                Ok(())
            }
            other => Err(format!("{} asked for again: {other:?}", present.release.version)),
        }
    }

    /// Reads the lock and the hold from the ledger as it was when the run began.
    fn remember(&self, outcome: &mut Outcome<'_>) {
        let ledger = self.world.dynamodb();
        for item in ledger.items.values() {
            if let Some(lock) = outcome.read::<Lock>(Some(item), "lock") {
                outcome.lock_before = Lock::clone(&lock);
            }
            if let Some(state) = outcome.read::<EnvironmentState>(Some(item), "state") {
                outcome.held_before = state.hold.is_some();
            }
        }
    }
}
