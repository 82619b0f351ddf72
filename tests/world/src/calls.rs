//! The names of all calls of the ports.

/// Every call that a service of this world has, by the name with which [`crate::mishaps`] counts it.
pub const CALLS: [&str; 91] = [
    "alarms.alarm_history",
    "alarms.alarms",
    "alarms.points",
    "cdn.distribution",
    "cdn.distribution_tags",
    "cdn.invalidate",
    "cdn.invalidated",
    "cdn.set_origin_path",
    "codedeploy.continue_deployment",
    "codedeploy.create_deployment",
    "codedeploy.deployed",
    "codedeploy.deployment_group",
    "codedeploy.deployments",
    "codedeploy.lifecycle_events",
    "codedeploy.revision",
    "codedeploy.routing",
    "codedeploy.stop_deployment",
    "configurations.applications",
    "configurations.content",
    "configurations.create_version",
    "configurations.environment_tags",
    "configurations.environments",
    "configurations.profiles",
    "configurations.rollout",
    "configurations.rollouts",
    "configurations.start_rollout",
    "configurations.stop_rollout",
    "configurations.strategies",
    "configurations.versions",
    "events.put_event",
    "executions.execution",
    "executions.newest",
    "executions.start",
    "executions.stop",
    "executions.succeed_task",
    "executions.transitions",
    "functions.alias",
    "functions.code_room",
    "functions.download",
    "functions.function",
    "functions.function_tags",
    "functions.invoke",
    "functions.provisioned",
    "functions.publish_version",
    "functions.update_alias",
    "functions.update_code",
    "functions.versions",
    "ledger.get",
    "ledger.query",
    "ledger.query_index",
    "ledger.transact",
    "notifications.notify",
    "notifications.notify_topic",
    "objects.abort_upload",
    "objects.bucket_tags",
    "objects.complete_upload",
    "objects.copy",
    "objects.create_upload",
    "objects.delete",
    "objects.delete_all",
    "objects.get",
    "objects.get_range",
    "objects.head",
    "objects.keeps_versions",
    "objects.lifecycle",
    "objects.list",
    "objects.list_versions",
    "objects.object_tags",
    "objects.put",
    "objects.upload_part",
    "probe.converse",
    "probe.probe",
    "registry.image",
    "registry.repository_tags",
    "registry.tagged",
    "roles.simulate",
    "runners.ask_runner",
    "runners.call_once",
    "runs.launch",
    "runs.run_task",
    "runs.runs",
    "runs.stop_task",
    "services.answer_service_pause",
    "services.register",
    "services.service",
    "services.service_rollouts",
    "services.stop_service_rollout",
    "services.task_definition",
    "services.task_definitions",
    "services.tasks",
    "services.update_service",
];

/// The calls that change nothing, and of which nobody but the caller learns anything: it makes no difference to anybody
/// else that such a call was made.
const READS: [&str; 54] = [
    "alarms.alarm_history",
    "alarms.alarms",
    "alarms.points",
    "cdn.distribution",
    "cdn.distribution_tags",
    "cdn.invalidated",
    "codedeploy.deployed",
    "codedeploy.deployment_group",
    "codedeploy.deployments",
    "codedeploy.lifecycle_events",
    "codedeploy.revision",
    "codedeploy.routing",
    "configurations.applications",
    "configurations.content",
    "configurations.environment_tags",
    "configurations.environments",
    "configurations.profiles",
    "configurations.rollout",
    "configurations.rollouts",
    "configurations.strategies",
    "configurations.versions",
    "executions.execution",
    "executions.newest",
    "executions.transitions",
    "functions.alias",
    "functions.code_room",
    "functions.download",
    "functions.function",
    "functions.function_tags",
    "functions.provisioned",
    "functions.versions",
    "ledger.get",
    "ledger.query",
    "ledger.query_index",
    "objects.bucket_tags",
    "objects.get",
    "objects.get_range",
    "objects.head",
    "objects.keeps_versions",
    "objects.lifecycle",
    "objects.list",
    "objects.list_versions",
    "objects.object_tags",
    "registry.image",
    "registry.repository_tags",
    "registry.tagged",
    "roles.simulate",
    "runs.launch",
    "runs.runs",
    "services.service",
    "services.service_rollouts",
    "services.task_definition",
    "services.task_definitions",
    "services.tasks",
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
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
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
