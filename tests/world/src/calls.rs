//! The names of all calls of the ports.

/// Every call that a service of this world has, by the name with which [`crate::mishaps`] counts it.
pub const CALLS: [&str; 96] = [
    "appconfig.applications",
    "appconfig.content",
    "appconfig.create_version",
    "appconfig.environment_tags",
    "appconfig.environments",
    "appconfig.profiles",
    "appconfig.rollout",
    "appconfig.rollouts",
    "appconfig.start_rollout",
    "appconfig.stop_rollout",
    "appconfig.strategies",
    "appconfig.versions",
    "cloudfront.distribution",
    "cloudfront.distribution_tags",
    "cloudfront.distributions",
    "cloudfront.invalidate",
    "cloudfront.invalidated",
    "cloudfront.set_origin_path",
    "cloudwatch.alarm_history",
    "cloudwatch.alarms",
    "cloudwatch.points",
    "codedeploy.continue_deployment",
    "codedeploy.create_deployment",
    "codedeploy.deployed",
    "codedeploy.deployment_group",
    "codedeploy.deployments",
    "codedeploy.lifecycle_events",
    "codedeploy.revision",
    "codedeploy.routing",
    "codedeploy.stop_deployment",
    "dynamodb.get",
    "dynamodb.query",
    "dynamodb.query_index",
    "dynamodb.transact",
    "ecr.image",
    "ecr.repository_tags",
    "ecr.tag_mutability",
    "ecr.tagged",
    "ecs.answer_service_pause",
    "ecs.register",
    "ecs.service",
    "ecs.service_rollouts",
    "ecs.stop_service_rollout",
    "ecs.task_definition",
    "ecs.task_definitions",
    "ecs.tasks",
    "ecs.update_service",
    "ecs_tasks.cluster",
    "ecs_tasks.launch",
    "ecs_tasks.run_task",
    "ecs_tasks.runs",
    "ecs_tasks.stop_task",
    "eventbridge.put_event",
    "iam.simulate",
    "lambda.alias",
    "lambda.code_room",
    "lambda.download",
    "lambda.function",
    "lambda.function_tags",
    "lambda.invoke",
    "lambda.provisioned",
    "lambda.publish_version",
    "lambda.takes_only_signed",
    "lambda.update_alias",
    "lambda.update_code",
    "lambda.versions",
    "lambda_invoke.ask_runner",
    "lambda_invoke.call_once",
    "probe.converse",
    "probe.probe",
    "s3.abort_upload",
    "s3.bucket_tags",
    "s3.complete_upload",
    "s3.copy",
    "s3.create_upload",
    "s3.delete",
    "s3.delete_all",
    "s3.get",
    "s3.get_range",
    "s3.head",
    "s3.keeps_versions",
    "s3.lifecycle",
    "s3.list",
    "s3.list_versions",
    "s3.object_tags",
    "s3.put",
    "s3.upload_part",
    "sns.notify",
    "sns.notify_topic",
    "sns.topic_tags",
    "stepfunctions.execution",
    "stepfunctions.newest",
    "stepfunctions.start",
    "stepfunctions.stop",
    "stepfunctions.succeed_task",
    "stepfunctions.transitions",
];

/// The calls that change nothing, and of which nobody but the caller learns anything: it makes no difference to anybody
/// else that such a call was made.
const READS: [&str; 58] = [
    "appconfig.applications",
    "appconfig.content",
    "appconfig.environment_tags",
    "appconfig.environments",
    "appconfig.profiles",
    "appconfig.rollout",
    "appconfig.rollouts",
    "appconfig.strategies",
    "appconfig.versions",
    "cloudfront.distribution",
    "cloudfront.distribution_tags",
    "cloudfront.distributions",
    "cloudfront.invalidated",
    "cloudwatch.alarm_history",
    "cloudwatch.alarms",
    "cloudwatch.points",
    "codedeploy.deployed",
    "codedeploy.deployment_group",
    "codedeploy.deployments",
    "codedeploy.lifecycle_events",
    "codedeploy.revision",
    "codedeploy.routing",
    "dynamodb.get",
    "dynamodb.query",
    "dynamodb.query_index",
    "ecr.image",
    "ecr.repository_tags",
    "ecr.tag_mutability",
    "ecr.tagged",
    "ecs.service",
    "ecs.service_rollouts",
    "ecs.task_definition",
    "ecs.task_definitions",
    "ecs.tasks",
    "ecs_tasks.cluster",
    "ecs_tasks.launch",
    "ecs_tasks.runs",
    "iam.simulate",
    "lambda.alias",
    "lambda.code_room",
    "lambda.download",
    "lambda.function",
    "lambda.function_tags",
    "lambda.provisioned",
    "lambda.takes_only_signed",
    "lambda.versions",
    "s3.bucket_tags",
    "s3.get",
    "s3.get_range",
    "s3.head",
    "s3.keeps_versions",
    "s3.lifecycle",
    "s3.list",
    "s3.list_versions",
    "s3.object_tags",
    "stepfunctions.execution",
    "stepfunctions.newest",
    "stepfunctions.transitions",
];

/// Returns whether a call changes nothing.
pub fn only_reads(name: &str) -> bool {
    READS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn these_are_all_calls() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let files = std::fs::read_dir(source).unwrap();
        let files = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let source: Vec<String> = files.collect();
        let made = source.iter().flat_map(|text| {
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            code.filter_map(|line| line.split_once("self.call(\"")?.1.split('"').next())
        });
        let made: BTreeSet<&str> = made.collect();
        let listed = BTreeSet::from(CALLS);
        let missing: Vec<_> = made.difference(&listed).collect();
        assert!(missing.is_empty(), "CALLS lacks {missing:?}");
        let gone: Vec<_> = listed.difference(&made).collect();
        assert!(gone.is_empty(), "no service has {gone:?}");
        assert!(CALLS.is_sorted());
        assert!(READS.iter().all(|read| CALLS.contains(read)));
    }
}
