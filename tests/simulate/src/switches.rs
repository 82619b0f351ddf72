//! The calls that switch: what AWS does by itself after each of them, and where that is written.

/// A call that may change what callers of a target see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Switch {
    /// The call, as `tests/world/src/calls.rs` names it.
    pub call: &'static str,
    /// The work that AWS goes on with once the call is answered; `None` where the first look shows all of it.
    pub goes_on: Option<&'static str>,
    /// The page of AWS or the public thread that says so.
    pub source: &'static str,
}

const fn goes_on(call: &'static str, with: &'static str, source: &'static str) -> Switch {
    Switch { call, goes_on: Some(with), source }
}

/// S3 shows each write at once, in listings too.
const fn at_once(call: &'static str) -> Switch {
    Switch { call, goes_on: None, source: "Amazon S3 User Guide, \"Amazon S3 data consistency model\"" }
}

/// All of them. `settling_tests.rs` sends each into the world and looks. `target_calls.rs` finds one without a row.
pub const SWITCHES: [Switch; 22] = [
    goes_on(
        "codedeploy.continue_deployment",
        "CodeDeploy moves callers in its steps, runs hooks, waits, and ends the former tasks",
        "AWS CodeDeploy API Reference, ContinueDeployment",
    ),
    goes_on(
        "codedeploy.create_deployment",
        "the deployment is `Created`, `InProgress`, `Ready`, `Succeeded`, and callers move in steps",
        "AWS CodeDeploy API Reference, DeploymentInfo, `status`",
    ),
    goes_on(
        "codedeploy.stop_deployment",
        "the stop is pending at first, and a deployment of CodeDeploy's own then takes back what was moved",
        "AWS CodeDeploy API Reference, StopDeployment, `status` and `autoRollbackEnabled`",
    ),
    goes_on(
        "appconfig.start_rollout",
        "the deployment grows by its strategy, and bakes: `State` and `PercentageComplete` move",
        "AWS AppConfig API Reference, GetDeployment",
    ),
    goes_on(
        "appconfig.stop_rollout",
        "the deployment is `ROLLING_BACK` before it is `ROLLED_BACK`",
        "AWS AppConfig API Reference, StopDeployment, and DeploymentSummary, `State`",
    ),
    goes_on(
        "cloudformation.cancel_update",
        "the stack is in `UPDATE_ROLLBACK_IN_PROGRESS`, and what was changed is brought back, resource by resource",
        "AWS CloudFormation API Reference, CancelUpdateStack",
    ),
    goes_on(
        "cloudformation.continue_rollback",
        "the stack is in `UPDATE_ROLLBACK_IN_PROGRESS`, and what is left of the way back is tried",
        "AWS CloudFormation API Reference, ContinueUpdateRollback",
    ),
    goes_on(
        "cloudformation.delete_stack",
        "the stack is in `DELETE_IN_PROGRESS`, and its resources are deleted one after the other",
        "AWS CloudFormation API Reference, DeleteStack",
    ),
    goes_on(
        "cloudformation.execute_change_set",
        "the stack is in `UPDATE_IN_PROGRESS`, its resources change one by one, and what is not needed goes last",
        "AWS CloudFormation User Guide, \"Update behaviors of stack resources\"",
    ),
    goes_on(
        "external.change",
        "the outside builds what its function has given it, and callers get it whole only then",
        "GitHub REST API documentation, \"REST API endpoints for GitHub Pages\", `status` of a build",
    ),
    goes_on(
        "lambda.update_alias",
        "while Lambda allocates provisioned concurrency, the alias shows a weight of 1 for the former version",
        "hashicorp/terraform-provider-aws, pull request 48116",
    ),
    goes_on(
        "lambda.update_code",
        "`LastUpdateStatus` is `InProgress`, and the RevisionId moves again when the update ends",
        "AWS Lambda Developer Guide, \"Lambda function states\"",
    ),
    goes_on(
        "ecs_tasks.run_task",
        "the task is placed, starts, runs, and stops: `lastStatus` moves",
        "Amazon ECS Developer Guide, \"Amazon ECS task lifecycle\"",
    ),
    goes_on(
        "ecs.answer_service_pause",
        "the deployment goes on to its next stages, or back",
        "Amazon ECS Developer Guide, \"Pause hooks for Amazon ECS service deployments\"",
    ),
    goes_on(
        "ecs.stop_service_rollout",
        "the deployment is `ROLLBACK_REQUESTED` and `ROLLBACK_IN_PROGRESS` before it is `ROLLBACK_SUCCESSFUL`",
        "Amazon ECS Developer Guide, \"View service history using Amazon ECS service deployments\"",
    ),
    goes_on(
        "ecs.update_service",
        "new tasks start beside the former ones: `runningCount`, `pendingCount` and `rolloutState` move",
        "Amazon ECS API Reference, Deployment, `rolloutState`",
    ),
    goes_on(
        "cloudfront.set_origin_path",
        "`Status` is `InProgress` until all edges have the configuration",
        "Amazon CloudFront API Reference, Distribution, `Status`",
    ),
    at_once("s3.put"),
    at_once("s3.copy"),
    at_once("s3.delete"),
    at_once("s3.delete_all"),
    at_once("s3.complete_upload"),
];

/// Returns whether a call may change what callers of a target see.
pub fn is_switch(call: &str) -> bool {
    SWITCHES.iter().any(|switch| switch.call == call)
}
