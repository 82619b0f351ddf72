//! The belongings of a tenant: of an application, or of one environment of it.

use serde_json::Value;
use std::collections::BTreeSet;
use windlass_engine::ports::Key;
use windlass_world::World;

/// An application, or one environment of it.
#[derive(Debug, Clone, Copy)]
pub struct Tenant {
    pub app: &'static str,
    pub environment: Option<&'static str>,
}

/// Everything that belongs to a tenant.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Belongings {
    /// Items of the ledger.
    items: Vec<(Key, Value)>,
    /// The status of its executions, by ARN.
    executions: Vec<(String, String)>,
    /// The task tokens by which its deployments wait.
    tokens: Vec<String>,
}

impl Belongings {
    pub fn of(world: &World, tenant: Tenant) -> Self {
        let ledger = world.dynamodb();
        let all = ledger.items.iter();
        let all = all.map(|(key, item)| (key, Value::Object(item.body.clone())));
        let all: Vec<(&Key, Value)> = all.collect();
        let records = all.iter().filter(|(key, body)| key.sk == "record" && tenant.is(body));
        let deployments: BTreeSet<&str> = records.filter_map(|(key, _)| key.pk.strip_prefix("deployment#")).collect();
        let items: Vec<(Key, Value)> = all
            .iter()
            .filter(|(key, body)| tenant.owns(key, body, &deployments))
            .map(|(key, body)| ((*key).clone(), body.clone()))
            .collect();
        let executions = world.stepfunctions();
        let known = executions.executions.values();
        let known = known.filter(|one| tenant.is(&one.input));
        Self {
            executions: known.map(|one| (one.arn.clone(), one.status.clone())).collect(),
            tokens: items
                .iter()
                .filter_map(|(_, body)| body["task_token"].as_str())
                .filter(|token| executions.tokens.contains(*token))
                .map(str::to_owned)
                .collect(),
            items,
        }
    }

    /// Returns whether the tenant has deployed, is deploying, and has a deployment that waits.
    pub fn is_busy(&self) -> bool {
        let has = |sk: &str| self.items.iter().any(|(key, _)| key.sk.starts_with(sk));
        let runs = self.executions.iter().filter(|(_, status)| status == "RUNNING");
        has("snapshot#") && has("step#") && runs.count() == 2 && self.tokens.len() == 1
    }

    /// Checks that nothing of the tenant changed, and that nothing was started for it.
    pub fn left_alone(&self, world: &World, tenant: Tenant) -> Result<(), String> {
        let now = Self::of(world, tenant);
        if now != *self {
            return Err(format!("changed was what is {tenant:?}'s: {}", self.first_other(&now)));
        }
        for (_, _, input) in &world.stepfunctions().started {
            if tenant.is(input) {
                return Err(format!("an execution was started for another one: {input}"));
            }
        }
        Ok(())
    }

    fn first_other(&self, now: &Self) -> String {
        let is_new = |item: &&(Key, Value)| !self.items.contains(item);
        let is_gone = |item: &&(Key, Value)| !now.items.contains(item);
        let item = now.items.iter().find(is_new);
        match item.or_else(|| self.items.iter().find(is_gone)) {
            Some((key, _)) => format!("{} {}", key.pk, key.sk),
            None => format!("{:?} {:?}", now.executions, now.tokens),
        }
    }
}

impl Tenant {
    /// Returns whether a body, or the input of an execution, says that it is this tenant's.
    fn is(self, body: &Value) -> bool {
        body["app"] == self.app && self.environment.is_none_or(|environment| body["environment"] == environment)
    }

    fn owns(self, key: &Key, body: &Value, deployments: &BTreeSet<&str>) -> bool {
        let app = self.app;
        let (partition, by_key) = match self.environment {
            Some(environment) => (format!("env#{app}/{environment}"), false),
            None => (format!("app#{app}"), key.pk.starts_with(&format!("env#{app}/"))),
        };
        let id = key.pk.strip_prefix("deployment#");
        let about = id.or_else(|| body["deployment"].as_str());
        let held = body["held"].as_array().into_iter().flatten();
        key.pk == partition
            || by_key
            || self.is(body)
            || about.is_some_and(|id| deployments.contains(id))
            || held.into_iter().any(|held| self.is(held))
    }
}
