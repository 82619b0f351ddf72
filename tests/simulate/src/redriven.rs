//! Executions that have ended are redriven when all is over.

use crate::rest::Rest;
use crate::scenario::Act;
use crate::stage::Stage;
use crate::targets::{COMPONENTS, visible};
use serde::Deserialize as _;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::deployment::Deployment;
use windlass_domain::ending::Ending;
use windlass_engine::ports::Key;

impl Stage<'_> {
    /// "A redriven execution changes nothing, says so" (Safety): every ended execution is redriven that has not
    /// succeeded. It fails again, and neither a target nor what the ledger knows of the environment and its
    /// deployments is another one then. One that was stopped, or ran out of time, may end as its deployment did
    /// meanwhile; it is left alone where it belongs to no deployment that has an ending, because it may go on, and
    /// after most schedules with more than one mishap, because that takes long.
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
        let after = self.left();
        match before
            .iter()
            .find(|(key, was)| after.get(*key) != Some(was))
        {
            Some((key, was)) => Err(format!(
                "{key} was {was} before executions were redriven, and is {:?}",
                after.get(key)
            )),
            None if before.len() == after.len() => Ok(()),
            None => Err("executions that were redriven left something new".into()),
        }
    }

    /// The executions that are redriven, each with whether it may succeed.
    fn ended_without_success(&self) -> BTreeMap<String, bool> {
        let executions = self.world.executions();
        let all = executions.executions.iter();
        let all = all.filter(|(arn, _)| self.homes.contains_key(*arn));
        let redriven = all.filter_map(|(arn, known)| {
            let may_succeed = match known.status.as_str() {
                "FAILED" => false,
                "ABORTED" | "TIMED_OUT" if self.are_stopped_redriven() => {
                    self.has_ended_well(arn)?
                }
                _ => return None,
            };
            Some((arn.clone(), may_succeed))
        });
        redriven.collect()
    }

    /// Whether those are redriven that were stopped: after each schedule with one mishap, and after every
    /// fourth of the many with more.
    fn are_stopped_redriven(&self) -> bool {
        let mishaps = &self.schedule.mishaps;
        let sum: u64 = mishaps.iter().map(|mishap| mishap.at).sum();
        mishaps.len() < 2 || sum.is_multiple_of(4)
    }

    /// Whether the deployment that an execution worked for has ended well; `None` where it has no ending, or
    /// the execution is no deployment's.
    fn has_ended_well(&self, arn: &str) -> Option<bool> {
        let ledger = self.world.ledger();
        let records = ledger.items.values().filter(|item| item.key.sk == "record");
        let mut records = records.filter_map(|item| Deployment::deserialize(&item.body).ok());
        let own = records.find(|record| record.executions.iter().any(|one| one == arn))?;
        let ending = own.ending?.ending;
        Some(matches!(ending, Ending::Succeeded | Ending::NothingToDo))
    }

    fn ended_again(&self, arn: &str, may_succeed: bool) -> Result<(), String> {
        let executions = self.world.executions();
        let known = executions.executions.get(arn);
        let status = known.map_or("gone", |known| known.status.as_str());
        match status {
            "FAILED" => Ok(()),
            "SUCCEEDED" if may_succeed => Ok(()),
            _ => Err(format!("{arn} was redriven, and is {status}")),
        }
    }

    /// What callers see of the targets, and what the ledger knows of the environment and its deployments.
    fn left(&self) -> BTreeMap<String, Value> {
        let ledger = self.world.ledger();
        let of_deployments =
            |key: &Key| key.pk.starts_with("env#") || key.pk.starts_with("deployment#");
        let items = ledger.items.iter().filter(|(key, _)| of_deployments(key));
        let items = items.map(|(key, item)| {
            let name = format!("{} {}", key.pk, key.sk);
            (name, Value::Object(item.body.clone()))
        });
        let mut left: BTreeMap<String, Value> = items.collect();
        drop(ledger);
        for component in COMPONENTS {
            left.insert(component.to_owned(), visible(&self.world, component).into());
        }
        left
    }
}
