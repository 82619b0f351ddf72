//! Executions that have ended are redriven when all is over.

use crate::happening::Event;
use crate::rest::Rest;
use crate::scenario::Act;
use crate::stage::Stage;
use crate::targets::{COMPONENTS, visible};
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_engine::ports::Key;

impl Stage<'_> {
    /// "A redriven execution changes nothing, says so" (Safety): every execution that has failed, as each does
    /// whose deployment was not to succeed, is redriven; it fails again, and neither a target nor what the ledger
    /// knows of the environment and its deployments is another one then. Those that were stopped, or ran out of
    /// time, had not come to their end: they are redriven by mishaps of their own.
    pub(crate) fn redriven_changes_nothing(&mut self, acts: &[Act]) -> Result<(), String> {
        let failed = self.failed();
        let before = self.left();
        for arn in &failed {
            self.redrive(arn);
        }
        if self.run(acts) == Rest::Never {
            return Err("what was redriven never comes to rest".into());
        }
        let again = self
            .happened
            .iter()
            .filter_map(|happening| match &happening.what {
                Event::Ended { arn, status } if status != "SUCCEEDED" => Some(arn),
                _ => None,
            });
        if let Some(arn) = failed
            .iter()
            .find(|arn| !again.clone().any(|one| one == *arn))
        {
            return Err(format!(
                "{arn} had failed, was redriven, and did not fail again"
            ));
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

    fn failed(&self) -> Vec<String> {
        let executions = self.world.executions();
        let all = executions.executions.iter();
        let failed = all.filter(|(_, known)| known.status == "FAILED");
        failed.map(|(arn, _)| arn.clone()).collect()
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
