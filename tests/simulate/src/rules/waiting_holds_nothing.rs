use crate::happening::{Event, Happening, Who};
use crate::outcome::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{Lock, Waiting};
use windlass_domain::release::identity::DeploymentId;
use windlass_engine::ports::{Item, Key};
use windlass_world::dynamodb::Written;

/// "Waiting holds nothing": a deployment that asks for approval holds no lock, claims no target, has no step and
/// changes nothing. No other one begins to wait where nothing but such deployments is in its way.
///
/// Safety: approvals: What asks for approval holds no lock and no target, and nobody waits for it.
pub fn waiting_holds_nothing(outcome: &Outcome<'_>) -> Result<(), String> {
    let mut queue = Queue::default();
    let mut all = outcome.happened.iter().peekable();
    while let Some(happening) = all.next() {
        match &happening.what {
            Event::Wrote(who, change) => {
                queue.keep(change);
                queue.takes_nothing(who, change)?;
            }
            Event::Switched { who, component, .. } => {
                let id = who.work.as_ref().map(|work| &work.deployment);
                if let Some(id) = id.filter(|id| queue.asking.contains_key(*id)) {
                    return Err(format!("deployment {id} asks for approval, and has switched {component}"));
                }
            }
            _ => {}
        }
        queue.note(outcome, happening)?;
        // The writes of a transaction are one after the other, and of one moment.
        if all.peek().is_none_or(|next| next.at > happening.at) {
            queue.is_free_of_who_asks()?;
        }
    }
    Ok(())
}

/// The items that only a deployment with its turn writes: of a target, or of itself.
fn is_of_a_turn(sk: &str) -> bool {
    ["claims", "plan"].contains(&sk) || ["step#", "seen#"].iter().any(|begins| sk.starts_with(begins))
}

#[derive(Default)]
struct Queue {
    /// The deployments that ask.
    asking: BTreeMap<DeploymentId, Rc<Deployment>>,
    /// The deployments that wait for a turn, and not for people or for a moment.
    waiting: BTreeSet<DeploymentId>,
    /// Those of them that began to in the last moment.
    begun: Vec<DeploymentId>,
    /// The steps that there are.
    steps: BTreeSet<Key>,
    /// The deployment that holds the lock.
    held: Option<DeploymentId>,
}

impl Queue {
    /// Keeps which deployments have steps.
    fn keep(&mut self, change: &Written) {
        let is_step = |item: &&Rc<Item>| ["step#", "seen#"].iter().any(|begins| item.key.sk.starts_with(begins));
        if let Some(item) = change.after.as_ref().filter(is_step) {
            self.steps.insert(item.key.clone());
        } else if let Some(item) = change.before.as_ref().filter(is_step) {
            self.steps.remove(&item.key);
        }
    }

    /// To let go is no taking: an item is deleted, or fewer claims are left in it.
    fn takes_nothing(&self, who: &Who, change: &Written) -> Result<(), String> {
        let claims = |item: &Rc<Item>| item.body.get("held").and_then(|held| held.as_array()).map(Vec::len);
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let Some(after) = after.filter(|after| before.is_none_or(|before| claims(before) <= claims(after))) else {
            return Ok(());
        };
        let sk = after.key.sk.as_str();
        let Some(arn) = who.execution.as_deref().filter(|_| is_of_a_turn(sk)) else {
            return Ok(());
        };
        let works_for = |record: &Rc<Deployment>| record.executions.iter().any(|one| one == arn);
        match self.asking.values().find(|record| works_for(record)) {
            Some(record) => Err(format!("deployment {} asks for approval, and has written {sk}", record.id)),
            None => Ok(()),
        }
    }

    fn note(&mut self, outcome: &Outcome<'_>, happening: &Happening) -> Result<(), String> {
        let Event::Wrote(_, change) = &happening.what else {
            return Ok(());
        };
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        if let Some(record) = outcome.read::<Deployment>(after, "record") {
            let asks = record.ending.is_none() && record.approval.as_ref().is_some_and(|approval| !approval.goes);
            let of_it = format!("deployment#{}", record.id);
            if let Some(step) = self.steps.iter().find(|step| asks && step.pk == of_it) {
                return Err(format!("deployment {} asks for approval, and has {}", record.id, step.sk));
            }
            if asks {
                self.asking.insert(record.id.clone(), record);
            } else {
                self.asking.remove(&record.id);
            }
        } else if let Some(lock) = outcome.read::<Lock>(after, "lock") {
            self.held = lock.held.as_ref().map(|held| held.deployment.clone());
        } else if let Some(waiting) = outcome.read::<Waiting>(after, "waiting#") {
            let id = &waiting.deployment;
            if waiting.asks || waiting.until.is_some() {
                self.waiting.remove(id);
            } else if self.waiting.insert(id.clone()) && before.is_none() {
                self.begun.push(id.clone());
            }
        } else if let Some(waiting) = outcome.read::<Waiting>(before, "waiting#") {
            self.waiting.remove(&waiting.deployment);
        }
        Ok(())
    }

    /// Checks what must hold between two moments. Who waits beside others waits for them.
    fn is_free_of_who_asks(&mut self) -> Result<(), String> {
        if let Some(id) = self.held.as_ref().filter(|id| self.asking.contains_key(*id)) {
            return Err(format!("deployment {id} asks for approval, and holds the lock"));
        }
        let begun = std::mem::take(&mut self.begun);
        let mut alone = begun.iter().filter(|id| self.waiting.contains(*id) && self.waiting.len() == 1);
        match alone.next() {
            Some(id) if self.held.is_none() && !self.asking.is_empty() => {
                Err(format!("deployment {id} waits, and nobody but {:?} is there", self.asking.keys()))
            }
            _ => Ok(()),
        }
    }
}
