//! Finds the task definitions that a deployment brought to a service.

use super::state::{Target, Update};
use crate::kinds::from_value;
use crate::kinds::writes::{Writes, sent_forward, text};
use crate::ports::Result;
use serde::Deserialize;
use serde_json::Value;
use windlass_domain::step::Step;

/// Returns the tasks that write log lines; see [`crate::kinds::writes`].
pub fn writes(step: &Step) -> Result<Writes> {
    let target: Target = from_value("target", &step.target)?;
    let brought = sent_forward(step).filter_map(|(change, _)| brought(change));
    Ok(Writes::Tasks { cluster: target.cluster, service: target.service, task_definitions: brought.collect() })
}

/// Returns the task definition that a change brings, by ARN. The service is set to it, or CodeDeploy brings it.
fn brought(change: &Value) -> Option<String> {
    let is_update = change.get("stop").is_none();
    let update = Update::deserialize(change).ok().filter(|_| is_update);
    update.map(|update| update.to).or_else(|| text(&change["begin"]["to"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_task_definition_is_brought_by_what_the_service_is_set_to() {
        let (former, new) = ("arn:task/agent:17", "arn:task/agent:18");
        let table = [
            (json!({"from": former, "to": new}), Some(new)),
            (json!({"begin": {"from": former, "to": new, "after": null}}), Some(new)),
            (json!({"stop": "d-1", "from": new, "to": former, "again": 0}), None),
            (json!({"register": {"agent": "shop/agent@sha256:a"}}), None),
            (json!({"stop": {"rollout": "arn:one", "created": 0, "of": new}}), None),
            (json!({"go": "d-1", "again": 0}), None),
        ];
        for (change, wanted) in table {
            assert_eq!(brought(&change).as_deref(), wanted, "{change}");
        }
    }
}
