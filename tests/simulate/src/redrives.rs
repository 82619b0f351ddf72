//! Ended executions are redriven after the run.

use crate::by_codedeploy::gave_up;
use crate::end_of_run::Rest;
use crate::scenario::Act;
use crate::stage::Stage;
use crate::targets::{COMPONENTS, visible};
use serde::Deserialize as _;
use std::collections::BTreeMap;
use std::rc::Rc;
use windlass_domain::deployment::Deployment;
use windlass_domain::release::ending::Ending;
use windlass_engine::ports::{Item, Key};

impl Stage<'_> {
    /// "A redriven execution changes nothing, says so" (Safety): every ended execution that has not succeeded is
    /// redriven. It fails again, and changes neither a target nor the ledger's items of the environment and its
    /// deployments. One that was stopped, or ran out of time, may end as its deployment did meanwhile. It is left alone
    /// if its deployment has no ending, because it may go on then. After most schedules with more than one mishap it is
    /// left alone, too, because that takes long.
    ///
    /// Safety: fence: An execution that has ended changes nothing when it is redriven.
    pub(crate) fn redriven_changes_nothing(&mut self, acts: &[Act]) -> Result<(), String> {
        let ended = self.ended_without_success();
        if ended.is_empty() {
            return Ok(());
        }
        let before = self.left();
        for arn in ended.keys() {
            self.redrive(arn);
        }
        if self.run(acts) == Rest::Never {
            return Err("what was redriven never comes to rest".into());
        }
        for (arn, may_succeed) in &ended {
            self.ended_again(arn, *may_succeed)?;
        }
        before.is_all_there_is(&self.left())
    }

    /// Returns the executions to redrive, each with whether it may succeed.
    fn ended_without_success(&self) -> BTreeMap<String, bool> {
        let executions = self.world.stepfunctions();
        let all = executions.executions.iter();
        let all = all.filter(|(arn, _)| self.homes.contains_key(*arn));
        let redriven = all.filter_map(|(arn, known)| {
            let may_succeed = match known.status.as_str() {
                "FAILED" => false,
                "ABORTED" | "TIMED_OUT" if self.are_stopped_redriven() => self.has_ended_well(arn)?,
                _ => return None,
            };
            Some((arn.clone(), may_succeed))
        });
        redriven.collect()
    }

    /// Returns whether stopped executions are redriven: after each schedule with one mishap, and after every fourth of
    /// the many with more.
    fn are_stopped_redriven(&self) -> bool {
        let mishaps = &self.schedule.mishaps;
        let sum: u64 = mishaps.iter().map(|mishap| mishap.at).sum();
        mishaps.len() < 2 || sum.is_multiple_of(4)
    }

    /// Returns whether the deployment that an execution worked for has ended well; `None` if it has no ending, or the
    /// execution belongs to no deployment.
    fn has_ended_well(&self, arn: &str) -> Option<bool> {
        let ledger = self.world.dynamodb();
        let records = ledger.items.values().filter(|item| item.key.sk == "record");
        let mut records = records.filter_map(|item| Deployment::deserialize(&item.body).ok());
        let own = records.find(|record| record.executions.iter().any(|one| one == arn))?;
        let ending = own.ending?.ending;
        Some(matches!(ending, Ending::Succeeded | Ending::NothingToDo))
    }

    fn ended_again(&self, arn: &str, may_succeed: bool) -> Result<(), String> {
        let executions = self.world.stepfunctions();
        let known = executions.executions.get(arn);
        let status = known.map_or("gone", |known| known.status.as_str());
        match status {
            "FAILED" => Ok(()),
            "SUCCEEDED" if may_succeed => Ok(()),
            _ => Err(format!("{arn} was redriven, and is {status}")),
        }
    }

    fn left(&self) -> Left {
        let ledger = self.world.dynamodb();
        // A look that is due meanwhile asks for a check. Its plan is of no deployment.
        let of_deployments =
            |key: &Key| key.pk.starts_with("env#") || key.pk.starts_with("deployment#") && key.sk != "planned";
        let items = ledger.items.iter().filter(|(key, _)| of_deployments(key));
        let items = items.map(|(key, item)| (key.clone(), Rc::clone(item)));
        Left {
            items: items.collect(),
            shown: COMPONENTS.map(|component| visible(&self.world, component)),
            given_up: COMPONENTS.map(|component| gave_up(&self.world, component)),
        }
    }
}

/// The ledger's items of the environment and its deployments, and the targets as callers see them.
struct Left {
    items: BTreeMap<Key, Rc<Item>>,
    shown: [String; COMPONENTS.len()],
    /// For each component, true if CodeDeploy takes back by itself what it had moved of its target.
    given_up: [bool; COMPONENTS.len()],
}

impl Left {
    fn is_all_there_is(&self, after: &Self) -> Result<(), String> {
        for (key, was) in &self.items {
            let is = after.items.get(key);
            let is_same = |is: &Rc<Item>| Rc::ptr_eq(is, was) || is.body == was.body;
            if !is.is_some_and(is_same) {
                let (Key { pk, sk }, was) = (key, &was.body);
                let is = is.map(|is| &is.body);
                return Err(format!("{pk} {sk} was {was:?} before executions were redriven, and is {is:?}"));
            }
        }
        if let Some(Key { pk, sk }) = after.items.keys().find(|key| !self.items.contains_key(key)) {
            return Err(format!("executions that were redriven left something new: {pk} {sk}"));
        }
        for (at, component) in COMPONENTS.iter().enumerate() {
            let (was, is) = (&self.shown[at], &after.shown[at]);
            // CodeDeploy goes on, whoever is redriven.
            let is_by_itself = self.given_up[at] != after.given_up[at];
            if was != is && !is_by_itself {
                return Err(format!("callers of {component} saw {was} before executions were redriven, and see {is}"));
            }
        }
        Ok(())
    }
}
