//! The state that planning again rests on. By it the same is not planned again after every run.

use crate::outcome::Outcome;
use crate::targets::{COMPONENTS, visible};
use serde_json::Value;
use std::fmt::Write as _;
use windlass_domain::deployment::Deployment;

/// The number from which on a number is a time in milliseconds.
const TIMES: u64 = 1_000_000_000_000;

/// Returns the release that is asked for, the targets as callers see them, and the ledger's items of applications,
/// environments and targets. It leaves out the times, and the deployments by which they came to be. Two runs with the
/// same result plan the same.
pub fn planned_upon(outcome: &Outcome<'_>, present: &Deployment) -> String {
    let mut upon = serde_json::to_string(&present.release).unwrap_or_default();
    for component in COMPONENTS {
        upon += "\n";
        upon += &visible(outcome.world, component);
    }
    for service in outcome.world.ecs().services.values() {
        for deployment in &service.service.deployments {
            let (is, wants) = (&deployment.rollout, deployment.desired);
            let _ = write!(upon, "\n{is} {} of {wants}", deployment.running);
        }
    }
    for (key, item) in &outcome.world.dynamodb().items {
        if ["app#", "env#", "target#"].iter().any(|begins| key.pk.starts_with(begins)) {
            let _ = write!(upon, "\n{} {}", key.pk, blurred(&key.sk));
            for (name, value) in &item.body {
                upon += name;
                blur(value, &mut upon);
            }
        }
    }
    upon
}

fn blur(value: &Value, into: &mut String) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                into.push_str(name);
                blur(value, into);
            }
        }
        Value::Array(all) => {
            into.push('[');
            for one in all {
                blur(one, into);
            }
        }
        Value::String(text) => into.push_str(blurred(text)),
        Value::Number(number) if number.as_u64().is_some_and(|number| number > TIMES) => {
            into.push_str("time");
        }
        other => {
            let _ = write!(into, "{other}");
        }
    }
}

/// Replaces a deployment's id, because every id is as good as another.
fn blurred(text: &str) -> &str {
    let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_id { "id" } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(value: &Value) -> String {
        let mut into = String::new();
        blur(value, &mut into);
        into
    }

    #[test]
    fn times_and_deployments_are_blurred_and_nothing_else() {
        let here = json!({"version": "1.0.0", "since": 1_795_183_200_001_u64, "by": "0123456789abcdef", "snapshot": 2});
        let later =
            json!({"version": "1.0.0", "since": 1_795_183_200_002_u64, "by": "0123456789abcde0", "snapshot": 2});
        assert_eq!(of(&here), of(&later));
        for (name, other) in [("version", json!("1.0.1")), ("snapshot", json!(3)), ("by", json!("eva"))] {
            let mut changed = here.clone();
            changed[name] = other;
            assert_ne!(of(&here), of(&changed), "{name}");
        }
    }
}
