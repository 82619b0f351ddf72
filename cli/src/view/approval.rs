//! The approval that a deployment waits for, in words: how many have approved its plan, of how many, who they are, and
//! until when. Pure.

use std::collections::BTreeSet;
use windlass_domain::access::{Approval, GivenApproval};
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::api::environments::{Situation, WaitingDeployment};
use windlass_domain::text::count::{count, many};
use windlass_domain::text::foreign::Foreign;

/// Returns who has approved, when and why.
pub fn line(given: &GivenApproval) -> String {
    format!("approved by {} at {}: {}", given.person, given.at, Foreign(&given.reason))
}

/// Returns how an approval stands, such as `1 of 2 approvals (ann) until 2026-11-30T18:00:00Z`. Who counts is decided
/// at the deployment's turn.
pub fn standing(approval: &Approval, needs: Option<u32>) -> String {
    let people: BTreeSet<&str> = approval.of_plan().map(|given| given.person.as_str()).collect();
    let many_are = match needs {
        Some(needs) => format!("{} of {needs} {}", people.len(), many(needs, "approval")),
        None => count(people.len(), "approval"),
    };
    let who = people.into_iter().collect::<Vec<_>>().join(", ");
    let who = if who.is_empty() { who } else { format!(" ({who})") };
    let undrawn = if approval.hash.is_none() { "; its plan is drawn first" } else { "" };
    format!("{many_are}{who} until {}{undrawn}", approval.until)
}

/// Returns how the approval stands that one of those that wait asks for; `None` where it asks for none.
pub fn of_waiting(now: &Situation, one: &WaitingDeployment) -> Option<String> {
    let approval = now.deployments.get(&one.deployment)?.approval.as_ref()?;
    one.asks.then(|| standing(approval, one.needs))
}

/// Returns how the approval stands that a deployment asks for; `None` where it asks for none.
pub fn of_record(record: &Record) -> Option<String> {
    let deployment = &record.deployment;
    let approval = deployment.approval.as_ref()?;
    (deployment.asks() && deployment.ending.is_none()).then(|| standing(approval, record.needs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn approval(hash: &Value, given: &[(&str, &str)]) -> Approval {
        let given = given.iter().map(|(person, hash)| {
            json!({"person": person, "by": {"route": "api"}, "hash": hash.repeat(64), "reason": "I have read it", "at": 0})
        });
        let given: Vec<Value> = given.collect();
        serde_json::from_value(json!({"hash": hash, "since": 0, "until": 60_000, "given": given})).unwrap()
    }

    #[test]
    fn each_person_counts_once_and_only_for_the_plan_as_it_is() {
        let (drawn, until) = (json!("a".repeat(64)), "until 1970-01-01T00:01:00Z");
        let table = [
            (Value::Null, &[][..], Some(2), format!("0 of 2 approvals {until}; its plan is drawn first")),
            (drawn.clone(), &[], Some(1), format!("0 of 1 approval {until}")),
            (drawn.clone(), &[("ann", "a"), ("ann", "a")], Some(2), format!("1 of 2 approvals (ann) {until}")),
            (drawn.clone(), &[("bo", "a"), ("ann", "a")], Some(2), format!("2 of 2 approvals (ann, bo) {until}")),
            (drawn.clone(), &[("ann", "b")], Some(2), format!("0 of 2 approvals {until}")),
            (drawn, &[("ann", "a")], None, format!("1 approval (ann) {until}")),
        ];
        for (hash, given, needs, wanted) in table {
            assert_eq!(standing(&approval(&hash, given), needs), wanted);
        }
    }

    #[test]
    fn who_has_approved_is_shown_with_the_reason() {
        let approval = approval(&json!("a".repeat(64)), &[("ann", "a"), ("bo", "b")]);
        let lines: Vec<String> = approval.of_plan().map(line).collect();
        assert_eq!(lines, ["approved by ann at 1970-01-01T00:00:00Z: \"I have read it\""]);
    }
}
