use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::drill::{Drill, DrillDeployment, DrillOutcome, Drills, TRIES};
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::environment::{EnvironmentState, HeldState, Lock, Snapshot, Veto};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;
use windlass_domain::release::request::Route;
use windlass_domain::text::time::Time;

/// "Releases the version before and comes back" (decision 0575): what ran before a drill runs after it. Otherwise the
/// record of the drill says that it does not, and there is a reason. Only an operator's rollback may come between the
/// way there and the way back, and no way back replaces what that rollback brought. A drill vetoes nothing, does not
/// begin while deployments are held, and is never left halfway. A drill that is due by the declaration begins once
/// (decision 0575).
///
/// Safety: drills: What ran before a drill runs after it, or its record says that it does not, and why; one that is due
/// begins once.
pub fn drills_come_back(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut course = Course::new(outcome);
    for happening in &outcome.happened {
        if let Event::Wrote(_, change) = &happening.what {
            course.written(change.before.as_ref(), change.after.as_ref())?;
        }
    }
    let known = outcome.all::<Drills>(HERE, "drills").pop();
    if let Some(left) = known.as_ref().and_then(|known| known.under_way.as_ref()) {
        return Err(format!("drill {} is left half its way", left.id));
    }
    let ended: Vec<Rc<Drill>> = outcome.all(HERE, "drill#");
    for drill in &ended {
        is_whole(outcome, drill)?;
    }
    once_when_due(&ended)?;
    for record in outcome.records() {
        let of = record.of_drill();
        if of.is_some_and(|of| !ended.iter().any(|drill| drill.id == *of)) {
            return Err(format!("deployment {} is of a drill without a record", record.id));
        }
    }
    Ok(())
}

const HERE: &str = "env#shop/prod";

/// The state of the environment and its drills up to an event.
struct Course<'a, 'w> {
    outcome: &'a Outcome<'w>,
    state: Rc<EnvironmentState>,
    held: bool,
    /// The drills whose way there has succeeded and which have not ended, each with the deployments of others that
    /// succeeded since.
    away: BTreeMap<DeploymentId, Vec<DeploymentId>>,
}

impl<'a, 'w> Course<'a, 'w> {
    fn new(outcome: &'a Outcome<'w>) -> Self {
        let mut happened = outcome.happened.iter();
        let first = happened.find_map(|happening| match &happening.what {
            Event::Wrote(_, change) => outcome.read(change.before.as_ref(), "state"),
            _ => None,
        });
        Self {
            outcome,
            state: first.unwrap_or_else(|| outcome.environment()),
            held: outcome.held_before,
            away: BTreeMap::new(),
        }
    }

    fn written(
        &mut self,
        before: Option<&Rc<windlass_engine::ports::Item>>,
        after: Option<&Rc<windlass_engine::ports::Item>>,
    ) -> Result<(), String> {
        let outcome = self.outcome;
        if let Some(state) = outcome.read::<EnvironmentState>(after, "state") {
            self.held = state.hold.is_some();
            self.state = state;
        }
        if let Some(drill) = outcome.read::<Drill>(after, "drill#") {
            self.away.remove(&drill.id);
            self.has_come_back(&drill)?;
        }
        let Some(record) = outcome.read::<Deployment>(after, "record") else {
            return Ok(());
        };
        let former = outcome.read::<Deployment>(before, "record");
        let former = former.as_deref();
        if record.started.is_some() && former.is_none_or(|former| former.started.is_none()) {
            self.may_start(&record)?;
        }
        let has_ended = |one: &Deployment| one.ending.as_ref().map(|ended| ended.ending);
        if has_ended(&record) == Some(Ending::Succeeded) && former.and_then(has_ended) != Some(Ending::Succeeded) {
            for (drill, since) in &mut self.away {
                if record.of_drill() != Some(drill) {
                    since.push(record.id.clone());
                }
            }
            if record.of_drill() == Some(&record.id) {
                self.away.insert(record.id.clone(), Vec::new());
            }
        }
        Ok(())
    }

    fn may_start(&self, record: &Deployment) -> Result<(), String> {
        let id = &record.id;
        let is_begin = record.of_drill() == Some(id);
        if is_begin && self.held {
            return Err(format!("drill {id} began while deployments are held"));
        }
        if is_begin && record.snapshot == Some(self.state.snapshot) {
            return Err(format!("drill {id} goes to what runs"));
        }
        if record.action == ActionName::Deploy
            && let Some(drill) = self.away.keys().next()
        {
            return Err(format!("{id} came between the two ways of drill {drill}"));
        }
        let since = record.drill.as_ref().and_then(|drill| self.away.get(drill));
        match since.and_then(|since| since.first()) {
            Some(since) => Err(format!("the way back {id} replaces what {since} has brought")),
            None => Ok(()),
        }
    }

    /// Checks that what ran before a drill that has just ended runs, if its record says so.
    fn has_come_back(&self, drill: &Drill) -> Result<(), String> {
        let restored = drill.ended.as_ref().is_some_and(|ended| ended.restored);
        let Some(from) = drill.from.as_ref().filter(|_| restored) else {
            return Ok(());
        };
        let snapshots: Vec<Rc<Snapshot>> = self.outcome.all(HERE, "snapshot#");
        let mut from = snapshots.iter().filter(|one| one.number == from.snapshot);
        let from = from.next().map(|from| Snapshot::clone(from));
        let runs = from.is_some_and(|from| from.with_found(&self.state).runs(&self.state));
        if runs {
            return Ok(());
        }
        Err(format!("drill {} says that what ran before runs, and it does not", drill.id))
    }
}

/// Checks that at most one drill that was made began by itself. No run is so long that another one would be due.
fn once_when_due(ended: &[Rc<Drill>]) -> Result<(), String> {
    let by_itself = ended.iter().filter(|drill| {
        let outcome = drill.ended.as_ref().map(|ended| ended.outcome);
        let is_made = matches!(outcome, Some(DrillOutcome::Proved | DrillOutcome::Failed));
        drill.requester.route == Route::Windlass && is_made
    });
    match by_itself.count() {
        0 | 1 => Ok(()),
        many => Err(format!("{many} drills began by themselves, and one was due")),
    }
}

/// Checks that the record of a drill fits its deployments.
fn is_whole(outcome: &Outcome<'_>, drill: &Drill) -> Result<(), String> {
    let id = &drill.id;
    let Some(ended) = &drill.ended else {
        return Err(format!("drill {id} is recorded as ended without an ending"));
    };
    let records = outcome.records();
    let of_it = records.iter().filter(|record| record.of_drill() == Some(id));
    let of_it: Vec<&Deployment> = of_it.map(|record| &**record).collect();
    let ending = |record: &Deployment| record.ending.as_ref().map(|ended| ended.ending);
    let backs: Vec<&&Deployment> = of_it.iter().filter(|one| one.drill.is_some()).collect();
    let came = backs.iter().filter(|one| ending(one) == Some(Ending::Succeeded));
    if backs.len() > TRIES as usize || came.count() > 1 {
        return Err(format!("drill {id} made {} ways back", backs.len()));
    }
    let vetoes: Vec<Rc<Veto>> = outcome.all(HERE, "veto#");
    for record in &of_it {
        let why = record.undoing.as_ref().map(|why| why.name.as_str());
        if record.drill.is_some() && why == Some("GateFailed") {
            return Err(format!("a gate undid {}, the way back of drill {id}", record.id));
        }
        if vetoes.iter().any(|veto| veto.deployment == record.id) {
            return Err(format!("drill {id} vetoed a release"));
        }
    }
    if !ended.restored && !is_explained(outcome, drill, &of_it) {
        return Err(format!("drill {id} did not come back: {}", ended.cause.written()));
    }
    match ended.outcome {
        DrillOutcome::Proved => is_proved(outcome, drill),
        _ => Ok(()),
    }
}

/// Returns whether there is a reason that something else runs than before.
fn is_explained(outcome: &Outcome<'_>, drill: &Drill, of_it: &[&Deployment]) -> bool {
    let mut records = outcome.records().into_iter();
    let is_overtaken = records.any(|record| record.action == ActionName::Rollback);
    let needs_operator = of_it.iter().any(|record| {
        let ended = record.ending.as_ref();
        // An operator has recovered it since.
        ended.is_some_and(|ended| ended.ending == Ending::NeedsOperator || ended.resolved.is_some())
    });
    let lock: Rc<Lock> = outcome.lock();
    let held = lock.held.as_ref();
    let is_stuck = held.is_some_and(|held| held.state == HeldState::NeedsOperator);
    is_overtaken || needs_operator || is_stuck || drill.tries >= TRIES
}

/// Checks that callers got the version before and then the present one, and that every gate passed.
fn is_proved(outcome: &Outcome<'_>, drill: &Drill) -> Result<(), String> {
    let id = &drill.id;
    let legs: Vec<&DrillDeployment> = [Some(&drill.there), drill.back.as_ref()].into_iter().flatten().collect();
    let [there, back] = legs.as_slice() else {
        return Err(format!("drill {id} proved a way back that it did not go"));
    };
    for leg in [there, back] {
        let (Some(began), Some(ended)) = (leg.began, &leg.ended) else {
            return Err(format!("drill {id} proved without both ends"));
        };
        if ended.ending != Ending::Succeeded || !is_switched(outcome, began, ended.at) {
            return Err(format!("drill {id} proved, and {} changed nothing", leg.deployment));
        }
        let partition = format!("deployment#{}", leg.deployment);
        let judged: Vec<Rc<Judgement>> = outcome.all(&partition, "judgement#");
        if judged.iter().any(|one| one.failed.is_some() || one.against.is_some()) {
            return Err(format!("drill {id} proved, and a gate was red"));
        }
    }
    Ok(())
}

fn is_switched(outcome: &Outcome<'_>, from: Time, to: Time) -> bool {
    // Clocks of functions may be off.
    let slack = 2 * crate::times::SKEW_MS;
    outcome.happened.iter().any(|happening| {
        let at = happening.at;
        let is_within = at.plus_ms(slack) >= from && at <= to.plus_ms(slack);
        is_within && matches!(happening.what, Event::Switched { .. })
    })
}
