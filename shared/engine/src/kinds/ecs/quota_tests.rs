use super::*;
use crate::kinds::Withdrawals;
use windlass_domain::identity::DeploymentId;
use windlass_domain::name::{AppName, ComponentName, EnvironmentName};
use windlass_domain::output::Inputs;
use windlass_domain::place::Place;

fn spec(rollout: &str) -> Spec {
    serde_json::from_value(json!({
        "cluster": "shop", "service": "agent", "containers": {"agent": "shop/agent"}, "base": "running",
        "rollout": rollout, "pause": [], "steady_within": "15m",
    }))
    .unwrap()
}

fn service(desired: u32, percents: (u32, u32), capacity: &[&str]) -> Service {
    Service {
        arn: "arn:aws:ecs:eu-west-1:111111111111:service/shop/agent".into(),
        status: "ACTIVE".into(),
        task_definition: "agent:1".into(),
        desired,
        running: desired,
        capacity: capacity.iter().map(|one| (*one).to_owned()).collect(),
        controller: "ECS".into(),
        strategy: "ROLLING".into(),
        percents,
        breaker: crate::ports::OnFailure::RollsBack,
        alarms: crate::ports::OnFailure::GoesOn,
        hooks: vec![],
        shifting: crate::ports::Shifting::default(),
        deployments: vec![],
        task_sets: vec![],
        events: vec![],
        tags: BTreeMap::new(),
    }
}

fn definition(cpu: &str) -> TaskDefinition {
    TaskDefinition {
        arn: "arn:aws:ecs:eu-west-1:111111111111:task-definition/agent:1".into(),
        family: "agent".into(),
        document: json!({"cpu": cpu}),
        tags: BTreeMap::new(),
    }
}

#[test]
fn how_many_tasks_run_beside_the_others() {
    let table = [
        ("rolling", 4, (100, 200), (4, 1)),
        ("rolling", 4, (100, 150), (2, 1)),
        ("rolling", 4, (50, 200), (4, 0)),
        ("rolling", 4, (50, 100), (0, 0)),
        ("rolling", 1, (100, 150), (0, 0)),
        ("rolling", 0, (100, 200), (0, 0)),
        ("blue_green", 4, (100, 200), (4, 4)),
        ("canary", 4, (50, 100), (4, 4)),
    ];
    for (rollout, desired, percents, expected) in table {
        let found = beside(&spec(rollout), &service(desired, percents, &["FARGATE"]));
        assert_eq!(found, expected, "{rollout} {desired} {percents:?}");
    }
}

#[test]
fn only_fargate_has_this_quota() {
    let table = [
        (&["FARGATE"][..], "512", Some(1)),
        (&["FARGATE_SPOT"], "512", Some(1)),
        (&["FARGATE", "FARGATE_SPOT"], "512", Some(2)),
        (&["EC2"], "512", None),
        (&[], "512", None),
        (&["FARGATE"], "", None),
    ];
    for (capacity, cpu, expected) in table {
        let service = service(2, (100, 200), capacity);
        let asked = QuotaQuery::of(&spec("rolling"), &service, &definition(cpu));
        assert_eq!(asked.map(|asked| asked.sorts.len()), expected, "{capacity:?} {cpu}");
    }
}

#[test]
fn a_release_that_has_no_room_is_found_and_one_with_little_is_warned_of() {
    let input = PrepareInput {
        deployment: &DeploymentId("0123456789abcdef".into()),
        app: &AppName::new("shop").unwrap(),
        environment: &EnvironmentName::new("prod").unwrap(),
        component: &ComponentName::new("agent").unwrap(),
        home: None,
        artifact: None,
        goal_state: None,
        is_check: true,
        running: None,
        oldest: None,
        again: false,
        image_of: None,
        inputs: &Inputs::new(),
        withdrawals: Withdrawals::default(),
        place: &Place::default(),
    };
    // rollout, used of 6 vCPUs: findings, warnings, and a part of what is told
    let table = [
        ("rolling", Some(4.0), 0, 0, ""),
        ("rolling", Some(5.0), 0, 1, "with fewer at a time"),
        ("rolling", Some(6.0), 1, 0, "--desired-value 8"),
        ("blue_green", Some(4.0), 0, 0, ""),
        ("blue_green", Some(5.0), 1, 0, "the rollout fails"),
        ("rolling", None, 0, 1, "Not checked: "),
    ];
    for (rollout, used, findings, warnings, part) in table {
        // Four tasks of half a vCPU.
        let service = service(4, (100, 200), &["FARGATE"]);
        let asked = QuotaQuery::of(&spec(rollout), &service, &definition("512")).unwrap();
        let mut planned = Prepared::default();
        asked.judge(&input, Room { quota: 6.0, used }, &mut planned);
        let told = format!("{:?}{:?}", planned.findings, planned.warnings);
        let found = (planned.findings.len(), planned.warnings.len());
        assert_eq!(found, (findings, warnings), "{rollout} {used:?} {told}");
        assert!(told.contains(part), "{told}");
    }
}
