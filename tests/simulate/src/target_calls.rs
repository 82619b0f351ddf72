//! The calls that look at a target, and the changes that a call may have made there.

use crate::by_codedeploy::is_of_codedeploy;
use crate::switches::is_switch;
use crate::targets::{TASK, unknown};

/// Returns whether this call may have changed a component's target. ECS changes a service by itself, at the time of any
/// call, so other calls are not counted for the service. CloudFormation goes on with a stack, or goes back, whenever
/// somebody looks: of its calls those that switch are counted, for the stack alone. What a stack makes has no callers
/// yet.
pub fn may_change(call: &str, component: &str) -> bool {
    let of_stacks = call.starts_with("cloudformation.");
    match component {
        "agent" => ["ecs.", "codedeploy."].iter().any(|port| call.starts_with(port)),
        "book" => call.starts_with("external."),
        "infra" => of_stacks && is_switch(call),
        _ => !of_stacks,
    }
}

/// The components for which AWS compares nothing when they are changed. The view of their kind is not `is_guarded`, and
/// `docs/SAFETY.md` says what may come between a look and a change.
const UNGUARDED: [&str; 1] = ["agent"];

/// Returns whether AWS puts a condition on each change of a component's target, as it is declared. A service that
/// CodeDeploy deploys belongs to its group, which has one deployment at a time.
pub fn is_guarded(component: &str, declaration: &str) -> bool {
    !UNGUARDED.contains(&component) || is_of_codedeploy(component, declaration)
}

/// The calls that take no condition, though each other change of the same target has one.
const UNGUARDED_CALLS: [&str; 1] = ["cloudformation.delete_stack"];

/// Returns whether AWS puts a condition on this change of a component's target, as it is declared.
pub fn has_condition(call: &str, component: &str, declaration: &str) -> bool {
    !UNGUARDED_CALLS.contains(&call) && is_guarded(component, declaration)
}

/// Returns whether this call looks at what callers of a component's target get, as it is declared.
pub fn looks_at(call: &str, component: &str, declaration: &str) -> bool {
    let looks = match component {
        "agent" => "ecs.service",
        "book" => "external.look",
        "flags" => "appconfig.rollouts",
        "infra" => "cloudformation.stack",
        TASK if declaration.contains("kind: task, function:") => "dynamodb.get",
        TASK => "ecs_tasks.runs",
        "web" if declaration.contains("mode: prefix") => "cloudfront.distribution",
        "web" => "s3.head",
        "api" | "jobs" if declaration.contains("alias:") => "lambda.alias",
        "api" | "jobs" => "lambda.function",
        other => unknown(other),
    };
    call == looks
}

/// Returns the number of such calls after which one of them surely belongs to a look that began after the first. A look
/// at an alias or a service is one call. Other looks may be in the middle, or make further calls: a look at a function
/// without an alias reads up to two versions by their numbers after the code that callers get. A configuration's
/// deployments come in pages, and are looked at once more before a stop. A stack is looked at once more before it is
/// deleted.
pub fn looks_needed(component: &str, declaration: &str) -> u32 {
    match component {
        // A look reads CodeDeploy's deployments before the service.
        "agent" if is_of_codedeploy(component, declaration) => 2,
        "agent" | "book" => 1,
        // A look reads CodeDeploy's deployments before the alias.
        "api" if declaration.contains("codedeploy:") => 2,
        "api" | "jobs" if declaration.contains("alias:") => 1,
        "api" | "flags" | "jobs" => 3,
        "infra" | "web" | TASK => 2,
        other => unknown(other),
    }
}

#[cfg(test)]
mod tests {
    use super::UNGUARDED_CALLS;
    use crate::switches::{SWITCHES, is_switch};
    use windlass_world::calls::{CALLS, only_reads};

    /// The other calls to targets that change something; callers notice nothing of them. The number of calls of a
    /// function by a task has a rule of its own (`called_once`).
    const ADDITIVE: [&str; 17] = [
        "cloudformation.create_change_set",
        "cloudformation.delete_change_set",
        "cloudformation.delete_place",
        "cloudfront.invalidate",
        "appconfig.create_version",
        "external.prepare",
        "lambda.invoke",
        "lambda.publish_version",
        "s3.abort_upload",
        "s3.create_upload",
        "s3.upload_part",
        "probe.converse",
        "probe.probe",
        "lambda_invoke.ask_runner",
        "lambda_invoke.call_once",
        "ecs_tasks.stop_task",
        "ecs.register",
    ];

    /// No rule would watch a call that is in no list, and nothing would show it.
    #[test]
    fn every_call_that_changes_a_target_is_known_to_switch_or_not_to() {
        let of_no_target = ["eventbridge.", "stepfunctions.", "dynamodb.", "sns."];
        for call in CALLS {
            let is_of_a_target = !of_no_target.iter().any(|service| call.starts_with(service));
            if is_of_a_target && !only_reads(call) {
                assert!(
                    is_switch(call) != ADDITIVE.contains(&call),
                    "{call} is no read of `tests/world/src/calls.rs`: is it in SWITCHES or in ADDITIVE?"
                );
            }
        }
        assert!(UNGUARDED_CALLS.iter().all(|call| is_switch(call)));
        let switches = SWITCHES.iter().map(|switch| &switch.call);
        for call in switches.chain(&ADDITIVE) {
            assert!(CALLS.contains(call) && !only_reads(call), "{call}");
        }
    }
}
