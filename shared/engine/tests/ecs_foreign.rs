//! Tests of what a release of an ECS service must not bring, because it is somebody else's.

use crate::service_scene::{self, ServiceScene, document, live, repository};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::declaration::kinds::ecs::Base;
use windlass_domain::declaration::resolved::{Place, TargetRole};
use windlass_domain::text::digest::Digest;
use windlass_engine::payload::WorkTransition;
use windlass_world::ecr::HOST;

const TASK: &str = "arn:aws:iam::111111111111:role/windlass-task-shop";
const OF_BANK: &str = "arn:aws:iam::111111111111:role/windlass-task-bank";

/// Makes a service whose releases are documents, and which runs with these roles.
fn by_documents(task_role: &Value, execution_role: &Value) -> ServiceScene {
    let mut scene = ServiceScene::new();
    scene.spec.base = Base::Artifact;
    scene.push("1.1");
    {
        let mut services = scene.world.ecs();
        let running = services.task_definitions.values_mut().next().unwrap();
        running.document["taskRoleArn"] = task_role.clone();
        running.document["executionRoleArn"] = execution_role.clone();
    }
    scene
}

/// Returns the findings about a document that differs in these members, by name and path.
fn found(scene: &ServiceScene, changes: &Value) -> Vec<String> {
    let mut rendered = document(&format!("{}:1.1", repository()));
    for (member, value) in changes.as_object().unwrap() {
        rendered[member] = value.clone();
    }
    let artifact = service_scene::upload(&scene.world, "artifacts/shop/prod/agent/1.1.json", &rendered.to_string());
    let planned = scene.plan("d", Some(&artifact), None);
    let findings = planned.findings.iter();
    findings
        .map(|finding| {
            let (_, member) = finding.path.split_once(": ").unwrap_or_default();
            format!("{} {member}", finding.name)
        })
        .collect()
}

/// Safety: tenancy: A task definition that a release brings has the family of the service's, and its roles unless a
/// role of the environment's own decides.
#[test]
fn a_document_gives_a_service_no_other_roles_and_writes_no_other_family() {
    let none = &Value::Null;
    let (task, execution) = ("TargetNotOurs taskRoleArn", "TargetNotOurs executionRoleArn");
    for (running, brought, expected) in [
        ([none, none], json!({}), vec![]),
        ([none, none], json!({"taskRoleArn": null}), vec![]),
        ([none, none], json!({"taskRoleArn": OF_BANK}), vec![task]),
        ([none, none], json!({"executionRoleArn": OF_BANK}), vec![execution]),
        ([none, none], json!({"taskRoleArn": ""}), vec![task]),
        ([none, none], json!({"taskRoleArn": [OF_BANK]}), vec![task]),
        ([&json!(TASK), none], json!({"taskRoleArn": TASK}), vec![]),
        ([&json!(TASK), none], json!({"taskRoleArn": "windlass-task-shop"}), vec![]),
        ([&json!(TASK), none], json!({"taskRoleArn": "windlass-task-bank"}), vec![task]),
        ([&json!(TASK), none], json!({}), vec![task]),
        ([&json!(TASK), none], json!({"taskRoleArn": TASK, "executionRoleArn": TASK}), vec![execution]),
        ([none, none], json!({"family": "bank-agent"}), vec!["TargetNotOurs family"]),
        (
            [none, none],
            json!({"family": "bank-agent", "taskRoleArn": OF_BANK, "executionRoleArn": OF_BANK}),
            vec!["TargetNotOurs family", task, execution],
        ),
    ] {
        let scene = by_documents(running[0], running[1]);
        assert_eq!(found(&scene, &brought), expected, "{brought}");
    }
}

#[test]
fn what_a_document_must_not_bring_is_named_with_what_to_write_instead() {
    let scene = by_documents(&json!(TASK), &Value::Null);
    let mut rendered = document(&format!("{}:1.1", repository()));
    rendered["family"] = json!("bank-agent");
    rendered["executionRoleArn"] = json!(OF_BANK);
    let key = "artifacts/shop/prod/agent/1.1.json";
    let artifact = service_scene::upload(&scene.world, key, &rendered.to_string());
    insta::assert_snapshot!(scene.refused(&artifact).join("\n"), @r#"
    TargetNotOurs: artifacts/shop/prod/agent/1.1.json: family: The `family` of the task definition is "bank-agent", and the service is set to agent:1. Remedy: Write `"family": "agent"`.
    TargetNotOurs: artifacts/shop/prod/agent/1.1.json: taskRoleArn: The `taskRoleArn` of the task definition is none, and that of agent:1, which the service is set to, is "arn:aws:iam::111111111111:role/windlass-task-shop". Remedy: Write `"taskRoleArn": "arn:aws:iam::111111111111:role/windlass-task-shop"`; to change the role, set the service to a task definition that has it, or give the environment a role of its own (`role_arn`).
    TargetNotOurs: artifacts/shop/prod/agent/1.1.json: executionRoleArn: The `executionRoleArn` of the task definition is "arn:aws:iam::111111111111:role/windlass-task-bank", and that of agent:1, which the service is set to, is none. Remedy: Leave `executionRoleArn` out; to change the role, set the service to a task definition that has it, or give the environment a role of its own (`role_arn`).
    "#);
}

#[test]
fn with_a_role_of_the_environments_own_aws_decides_on_the_roles_and_not_on_the_family() {
    let mut scene = by_documents(&Value::Null, &Value::Null);
    scene.place = Place {
        region: None,
        role: Some(TargetRole {
            arn: "arn:aws:iam::222222222222:role/windlass-target".into(),
            external_id: "shop/prod".into(),
            session_name: "0123456789abcdef".into(),
        }),
    };
    let roles = json!({"taskRoleArn": OF_BANK, "executionRoleArn": OF_BANK});
    assert_eq!(found(&scene, &roles), Vec::<String>::new());
    let family = json!({"family": "bank-agent"});
    assert_eq!(found(&scene, &family), ["TargetNotOurs family"]);
}

#[test]
fn a_document_brings_no_image_of_another_repository() {
    let scene = by_documents(&Value::Null, &Value::Null);
    scene.world.ecr().push("bank/shop/agent", "1.1");
    scene.world.ecr().push("bank/agent", "1.1");
    for image in [
        "bank/agent:1.1".to_owned(),
        format!("{HOST}/bank/shop/agent:1.1"),
        "elsewhere.example/shop/agent:1.1".to_owned(),
    ] {
        let rendered = document(&image).to_string();
        let digest = Digest::of(image.as_bytes());
        let key = format!("artifacts/shop/prod/agent/{digest}.json");
        let refused = scene.refused(&service_scene::upload(&scene.world, &key, &rendered));
        assert_eq!(refused.len(), 1, "{image}: {refused:?}");
        let names_base = refused[0].starts_with("BadValue: components.agent.base:");
        assert!(names_base && refused[0].contains("which is not of the"), "{}", refused[0]);
    }
}

/// Safety: tenancy: A newest of the family that is tagged for somebody else is no base.
#[test]
fn the_newest_of_the_family_that_is_somebody_elses_is_no_base() {
    for (tags, refused) in [
        (vec![], false),
        (vec![("team", "blue")], false),
        (vec![("windlass:app", "shop"), ("windlass:environment", "prod")], false),
        (vec![("windlass:app", "shop")], false),
        (vec![("windlass:app", "bank"), ("windlass:environment", "prod")], true),
        (vec![("windlass:app", "shop"), ("windlass:environment", "dev")], true),
        (vec![("windlass:app", "bank")], true),
    ] {
        let mut scene = ServiceScene::new();
        let artifact = scene.push("1.1");
        let named: BTreeMap<String, String> =
            tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let newest = scene.world.ecs().put_task_definition(&document("placeholder"), &named);
        assert_eq!(scene.refused(&artifact), Vec::<String>::new(), "`running` does not care");
        scene.spec.base = Base::FamilyLatest;
        let findings = scene.plan("d", Some(&artifact), None).findings;
        let paths: Vec<&str> = findings.iter().map(|finding| finding.path.as_str()).collect();
        let expected: &[&str] = if refused { &["components.agent.base"] } else { &[] };
        assert_eq!(paths, expected, "{tags:?}");
        // The task definition that runs already is no finding, whoever registered it.
        live(&scene, |live| {
            live.service.task_definition.clone_from(&newest.arn);
        });
        let findings = scene.plan("d", Some(&artifact), None).findings;
        assert_eq!(findings, [], "{tags:?}");
    }
}

#[test]
fn a_rollback_goes_back_to_other_roles_and_another_family() {
    let scene = by_documents(&json!(TASK), &Value::Null);
    let mut rendered = document(&format!("{}:1.1", repository()));
    rendered["taskRoleArn"] = json!(TASK);
    let key = "artifacts/shop/prod/agent/1.1.json";
    let artifact = service_scene::upload(&scene.world, key, &rendered.to_string());
    let deploying = scene.begin("d1", &artifact);
    assert_eq!(deploying.forward(), WorkTransition::Changed);
    let recorded = deploying.step().before;
    let mut others = document(&format!("{}:1.1", repository()));
    others["family"] = json!("renamed");
    let others = scene.world.ecs().put_task_definition(&others, &BTreeMap::new());
    live(&scene, |live| live.service.task_definition = others.arn);
    let planned = scene.plan("r1", None, Some(&recorded));
    assert_eq!(planned.findings, []);
    assert_eq!(planned.stages[0].what, "service agent: renamed:1 → agent:1");
}
