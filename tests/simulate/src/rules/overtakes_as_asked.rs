use crate::happening::Event;
use crate::outcome::Outcome;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::deployment::overtaking::{PREEMPTED_BY_DEPLOY, Supersede};
use windlass_domain::environment::{Veto, Waiting};
use windlass_domain::release::Part;
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::DeploymentId;

/// "The former ends `RolledBack` with `PreemptedByDeploy`, vetoes nothing, and nothing comes between. While a release
/// is judged failed, a fix goes first": a deployment is stopped only if a newer one asked for that and may. When a
/// deployment gets its turn, no other one waits that overtakes, or that fixes what failed last.
///
/// Safety: overtaking: Who is stopped was asked to be by what is newer and may, and nothing comes between.
pub fn overtakes_as_asked(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut queue = Queue::default();
    for happening in &outcome.happened {
        let Event::Wrote(_, change) = &happening.what else {
            continue;
        };
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        if let Some(waiting) = outcome.read::<Waiting>(after, "waiting#") {
            queue.waits.insert(waiting.deployment.clone(), waiting);
        } else if let Some(waiting) = outcome.read::<Waiting>(before, "waiting#") {
            queue.waits.remove(&waiting.deployment);
        }
        let Some(record) = outcome.read::<Deployment>(after, "record") else {
            continue;
        };
        let former = outcome.read::<Deployment>(before, "record");
        let has_started = |one: &Rc<Deployment>| one.started.is_some();
        let starts = has_started(&record) && !former.as_ref().is_some_and(has_started);
        queue.records.insert(record.id.clone(), Rc::clone(&record));
        if starts {
            queue.leaves_nobody_behind(&record)?;
            queue.last = Some(record.id.clone());
        }
    }
    let vetoes: Vec<Rc<Veto>> = outcome.all("env#shop/prod", "veto#");
    let records = outcome.records();
    for stopped in records.iter().filter(|one| is_stopped_by_deploy(one)) {
        let id = &stopped.id;
        if vetoes.iter().any(|veto| veto.deployment == *id) {
            return Err(format!("deployment {id} was overtaken, and its release is vetoed"));
        }
        let mut by = records.iter().filter(|one| one.stops.as_ref() == Some(id));
        if !by.any(|by| may_stop(by, stopped)) {
            return Err(format!("deployment {id} was overtaken, and nobody who may do so asked for it"));
        }
    }
    Ok(())
}

fn is_stopped_by_deploy(record: &Deployment) -> bool {
    let undoing = record.undoing.as_ref();
    undoing.is_some_and(|why| why.name == PREEMPTED_BY_DEPLOY)
}

fn may_stop(by: &Deployment, stopped: &Deployment) -> bool {
    let (mine, theirs) = (by.parts(), stopped.parts());
    let is_newer = by.order.is_newer_than(&stopped.order) || by.allow_older;
    let covers = theirs.iter().all(|it| mine.iter().any(|my| my.covers(it)));
    let is_another = by.release_digest != stopped.release_digest;
    let declared = by.supersede == Supersede::UndoFirst && is_newer && covers && is_another;
    let asked = by.preempt && (is_newer || !share(&mine, &theirs));
    match [by.action, stopped.action] {
        [ActionName::Deploy, ActionName::Deploy] => declared || asked,
        // A release does not wait for the way there of a drill.
        [ActionName::Deploy, ActionName::Drill] => stopped.drill.is_none(),
        _ => false,
    }
}

fn share(mine: &[Part], theirs: &[Part]) -> bool {
    let meets = |my: &Part| theirs.iter().any(|it| my.component == it.component);
    mine.iter().any(meets)
}

#[derive(Default)]
struct Queue {
    waits: BTreeMap<DeploymentId, Rc<Waiting>>,
    records: BTreeMap<DeploymentId, Rc<Deployment>>,
    /// The deployment that had the last turn.
    last: Option<DeploymentId>,
}

impl Queue {
    fn leaves_nobody_behind(&self, starts: &Deployment) -> Result<(), String> {
        // The way back of a drill leads to what a release goes on from.
        if starts.action == ActionName::Rollback || starts.drill.is_some() {
            return Ok(());
        }
        let others = self.waits.keys().filter(|id| **id != starts.id);
        for other in others.filter_map(|id| self.records.get(id)) {
            let (id, left) = (&starts.id, &other.id);
            if overtakes(other) && !overtakes(starts) {
                return Err(format!("{id} came between {left} and whom it has stopped"));
            }
            if !overtakes(starts) && self.fixes(other) && !self.fixes(starts) {
                return Err(format!("{id} came before {left}, which fixes what failed"));
            }
        }
        Ok(())
    }

    /// Returns whether a release is newer than the one that failed last, and brings something of it.
    fn fixes(&self, record: &Deployment) -> bool {
        let last = self.last.as_ref().and_then(|id| self.records.get(id));
        let failed = last.filter(|last| {
            let ended = last.ending.as_ref();
            let is_undone = ended.is_some_and(|ended| ended.ending == Ending::RolledBack);
            last.action == ActionName::Deploy && is_undone && !last.stopped
        });
        failed.is_some_and(|failed| {
            let is_newer = record.order.is_newer_than(&failed.order);
            record.action == ActionName::Deploy && is_newer && share(&record.parts(), &failed.parts())
        })
    }
}

fn overtakes(record: &Deployment) -> bool {
    record.action == ActionName::Deploy && (record.preempt || record.stops.is_some())
}
