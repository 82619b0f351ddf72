//! The outcome of a run, as the rules look at it.

use crate::arrivals::Arrival;
use crate::deed::Deed;
use crate::end_of_run::Rest;
use crate::happening::{Event, Happening};
use crate::readings::Readings;
use crate::scenario::Scenario;
use crate::schedule::{Counted, Schedule, What};
use crate::targets::now;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::environment::{EnvironmentState, Lock};
use windlass_domain::release::action::ActionName;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::time::Time;
use windlass_engine::ports::Item;
use windlass_world::World;

/// Everything that a run leaves behind.
pub struct Outcome<'a> {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The schedule.
    pub schedule: &'a Schedule,
    /// The world.
    pub world: &'a World,
    /// The way in which it came to rest, or did not.
    pub rest: Rest,
    /// The events of the run, in order.
    pub happened: Vec<Happening>,
    /// The targets as callers saw them when the run began, by component.
    pub began: BTreeMap<&'static str, String>,
    /// The targets as callers saw them before Windlass came.
    pub pristine: BTreeMap<&'static str, String>,
    /// The targets and settings that Windlass does not own, as they were before Windlass came.
    pub unowned: BTreeMap<String, String>,
    /// The lock when the run began.
    pub lock_before: Lock,
    /// True if deployments were held when the run began.
    pub held_before: bool,
    /// The ledger's items that rules have read.
    pub readings: Readings,
}

impl Outcome<'_> {
    /// Reads an item if it has this sort key. A key that ends with `#` stands for all that begin with it.
    pub fn read<T: DeserializeOwned + 'static>(&self, item: Option<&Rc<Item>>, sk: &str) -> Option<Rc<T>> {
        let item = item?;
        let is_meant = if sk.ends_with('#') { item.key.sk.starts_with(sk) } else { item.key.sk == sk };
        is_meant.then(|| self.readings.of(item)).flatten()
    }

    /// Returns all items of a partition whose sort keys begin with this text.
    pub fn all<T: DeserializeOwned + 'static>(&self, pk: &str, sk: &str) -> Vec<Rc<T>> {
        let ledger = self.world.dynamodb();
        let items = ledger.items.iter();
        let found = items.filter(|(key, _)| key.pk == pk && key.sk.starts_with(sk));
        found.filter_map(|(_, item)| self.readings.of(item)).collect()
    }

    /// Returns all records.
    pub fn records(&self) -> Vec<Rc<Deployment>> {
        let ledger = self.world.dynamodb();
        let items = ledger.items.iter();
        let found = items.filter(|(key, _)| key.sk == "record");
        found.filter_map(|(_, item)| self.readings.of(item)).collect()
    }

    /// Returns the outcome without its events.
    pub fn bare(&self) -> Outcome<'_> {
        Outcome {
            scenario: self.scenario,
            schedule: self.schedule,
            world: self.world,
            rest: self.rest,
            happened: Vec::new(),
            began: self.began.clone(),
            pristine: self.pristine.clone(),
            unowned: self.unowned.clone(),
            lock_before: self.lock_before.clone(),
            held_before: self.held_before,
            readings: Readings::default(),
        }
    }

    /// Returns the deployment that succeeded by this event, if there is one and it is no rollback.
    pub fn went_live(&self, what: &Event) -> Option<Rc<Deployment>> {
        let Event::Wrote(_, change) = what else {
            return None;
        };
        let is_live = |record: &Deployment| {
            let ended = record.ending.as_ref();
            ended.is_some_and(|ended| ended.ending == Ending::Succeeded)
        };
        let before = self.read::<Deployment>(change.before.as_ref(), "record");
        let after = self.read::<Deployment>(change.after.as_ref(), "record")?;
        let is_new = is_live(&after) && !before.as_deref().is_some_and(is_live);
        (is_new && after.action == ActionName::Deploy).then_some(after)
    }

    /// Returns the releases that arrived, each with its time.
    pub fn arrivals(&self) -> impl Iterator<Item = (Time, &Arrival)> {
        let happened = self.happened.iter();
        happened.filter_map(|happening| match &happening.what {
            Event::Arrived(arrival) => Some((happening.at, arrival)),
            _ => None,
        })
    }

    /// Returns the version and the ending of each deployment, in the order of their acceptance.
    pub fn endings(&self) -> Vec<String> {
        let mut records = self.records();
        records.sort_by(|a, b| (a.accepted, &a.id).cmp(&(b.accepted, &b.id)));
        let lines = records.iter().map(|record| {
            let ending = record.ending.as_ref().map(ToString::to_string);
            let ending = ending.unwrap_or_else(|| "without an ending".into());
            format!("{} {ending}", record.release.version)
        });
        lines.collect()
    }

    /// Returns the number of deployments that ever had a part in a component.
    pub fn steps_of(&self, component: &str) -> u32 {
        let ledger = self.world.dynamodb();
        let steps = ledger.items.keys().filter(|key| {
            let of = key.sk.strip_prefix("step#");
            of.is_some_and(|of| now(of) == component)
        });
        steps.map(|_| 1).sum()
    }

    /// Returns whether an execution has let go of a component.
    pub fn did_remove(&self) -> bool {
        let ledger = self.world.dynamodb();
        let mut done = ledger.items.values().filter(|item| item.key.sk == "done");
        done.any(|item| {
            let cause = item.body.get("cause").and_then(serde_json::Value::as_str);
            cause.is_some_and(|cause| cause.contains("has let go of"))
        })
    }

    /// Returns the mishaps that come at calls of this name.
    pub fn mishaps_at(&self, call: &str) -> Vec<What> {
        let known = self.world.mishaps();
        let calls = (1..).zip(&known.calls).filter(|(_, name)| **name == call);
        let numbers: Vec<u64> = calls.map(|(number, _)| number).collect();
        let mishaps = self.schedule.mishaps.iter();
        let at_calls = mishaps.filter(|one| one.what.counted() == Counted::Calls && numbers.contains(&one.at));
        at_calls.map(|one| one.what).collect()
    }

    /// Returns the lock.
    pub fn lock(&self) -> Rc<Lock> {
        self.all("env#shop/prod", "lock").pop().unwrap_or_default()
    }

    /// Returns the state of the environment in the ledger.
    pub fn environment(&self) -> Rc<EnvironmentState> {
        self.all("env#shop/prod", "state").pop().unwrap_or_default()
    }

    /// Returns whether an operator did this action.
    pub fn did(&self, action: &str) -> bool {
        self.happened.iter().any(|happening| match happening.what {
            Event::Acted(n) => {
                let act = self.scenario.acts.get(n);
                act.is_some_and(|act| matches!(act.deed, Deed::Operate(one) if one == action))
            }
            _ => false,
        })
    }
}
