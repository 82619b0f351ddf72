//! Tests what `Prepare` makes of a stack: all that is wrong at once, what a change would lose, and what a plan leaves.

use super::scene::{Infra, kept_bucket, template};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::declaration::plan::DetailAction;
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::time::Time;
use windlass_engine::kinds::Prepared;
use windlass_engine::ports::{CloudFormationApi as _, ResourceChange};
use windlass_world::run::run;

pub fn table() -> Value {
    json!({"Type": "AWS::DynamoDB::Table", "Properties": {"KeySchema": "a"}})
}

pub fn names(findings: &[Finding]) -> Vec<FindingName> {
    findings.iter().map(|one| one.name).collect()
}

pub fn sets(infra: &Infra) -> usize {
    infra.stack(|stack| stack.change_sets.len()).unwrap_or_default()
}

pub fn target(planned: &Prepared, member: &str) -> Value {
    planned.target[member].clone()
}

#[test]
fn what_changes_is_listed() {
    let gone = json!({"Type": "AWS::SQS::QueuePolicy"});
    let infra = Infra::with(&template("one", &[("Policy", gone)]));
    let planned = infra.plan("d1", &template("two", &[kept_bucket()]));
    let details = planned.stages[0].details.iter().map(|detail| (detail.action, detail.logical.as_str()));
    let details: BTreeSet<(DetailAction, &str)> = details.collect();
    assert_eq!(
        details.into_iter().collect::<Vec<_>>(),
        [(DetailAction::Remove, "Policy"), (DetailAction::Change, "Role"), (DetailAction::Add, "Web")]
    );
    assert_eq!(target(&planned, "touches"), json!(["Policy", "Role", "Web"]));
    assert_eq!(names(&planned.warnings), [FindingName::MayStay]);
    assert_eq!(
        planned.claims[0].resource, "arn:aws:cloudformation:eu-west-1:111111111111:stack/shop",
        "it is the same before the stack is there"
    );
}

/// Whoever has such a resource for its target is asked, so that nothing of it is changed that is theirs.
#[test]
fn what_it_touches_is_named_with_what_changes_of_it() {
    let api = |code: &str, timeout: u64| {
        let properties = json!({"FunctionName": "shop-api", "Code": {"ZipFile": code}, "Timeout": timeout});
        ("Api", json!({"Type": "AWS::Lambda::Function", "Properties": properties}))
    };
    let infra = Infra::with(&template("one", &[api("a", 3)]));
    let planned = infra.plan("d1", &template("one", &[api("b", 5), kept_bucket()]));
    assert_eq!(planned.findings, []);
    let touched = &planned.touches[0];
    assert_eq!((touched.path.as_str(), touched.resource.physical.as_str()), ("components.infra.stack.Api", "shop-api"));
    let changed: Vec<&str> = touched.changed.iter().map(String::as_str).collect();
    assert_eq!((changed, touched.is_lost), (vec!["Code.ZipFile", "Timeout"], false));
    assert_eq!(planned.touches.len(), 1, "a new one is nobody's target");
    // What is refused for another reason is named as well.
    let planned = infra.plan("d2", &template("one", &[("Messages", table())]));
    assert_eq!(names(&planned.findings), [FindingName::WouldLoseData]);
    assert_eq!((planned.touches[0].logical.as_str(), planned.touches[0].is_lost), ("Api", true));
}

#[test]
fn a_role_that_a_stack_keeps_is_named() {
    let infra = Infra::with(&template("one", &[]));
    for (role, warnings) in [
        (None, &[FindingName::MayStay][..]),
        (Some("arn:aws:iam::111111111111:role/cdk"), &[FindingName::MayStay]),
        (Some("arn:aws:iam::111111111111:role/windlass-stack-shop"), &[]),
    ] {
        infra.stack(|stack| stack.wanted.role = role.map(str::to_owned));
        assert_eq!(names(&infra.plan("d1", &template("two", &[])).warnings), warnings, "{role:?}");
    }
}

#[test]
fn only_a_change_set_that_is_obsolete_is_made_anew() {
    let infra = Infra::with(&template("one", &[]));
    let two = template("two", &[]);
    infra.plan("d1", &two);
    let id = || infra.stack(|stack| stack.change_sets[0].id.clone()).unwrap();
    let turned = |execution: &str| infra.stack(|stack| stack.change_sets[0].execution = execution.into());
    let first = id();
    turned("UNAVAILABLE");
    let artifact = infra.upload(&two.to_string());
    assert!(infra.planned("d1", Some(&artifact), None).is_err(), "it is waited for");
    assert_eq!(id(), first);
    turned("OBSOLETE");
    assert_eq!(infra.plan("d1", &two).findings, []);
    assert_ne!(id(), first);
}

#[test]
fn a_plan_leaves_nothing_behind() {
    let infra = Infra::with(&template("one", &[]));
    let planned = infra.plan("d1", &template("two", &[]));
    assert_eq!(sets(&infra), 1);
    infra.let_go(&planned);
    assert_eq!(sets(&infra), 0);
    let infra = Infra::without();
    let planned = infra.plan("d1", &template("two", &[]));
    assert_eq!(infra.stands(), "REVIEW_IN_PROGRESS nothing");
    infra.let_go(&planned);
    assert_eq!(infra.stands(), "none");
    assert_eq!(infra.plan("d2", &template("two", &[])).findings, []);
}

#[test]
fn a_place_in_which_another_change_set_waits_stays() {
    let infra = Infra::without();
    let two = template("two", &[]);
    let planned = infra.plan("d1", &two);
    let other = infra.plan("d2", &two);
    infra.let_go(&planned);
    assert_eq!((infra.stands().as_str(), sets(&infra)), ("REVIEW_IN_PROGRESS nothing", 1));
    infra.let_go(&other);
    assert_eq!(infra.stands(), "none");
}

/// A deletion of it may still be on its way: it must meet no stack that somebody makes there.
#[test]
fn an_empty_place_is_taken_over_by_nobody() {
    let infra = Infra::without();
    let two = template("two", &[]);
    infra.plan("d1", &two);
    let place = infra.stack(|stack| stack.id.clone());
    infra.stack(|stack| stack.change_sets.clear());
    infra.plan("d2", &two);
    assert_ne!(infra.stack(|stack| stack.id.clone()), place);
    // Nor is one whose change set was left by a plan that is surely over.
    let place = infra.stack(|stack| stack.id.clone());
    infra.sleep_s(3 * 60 * 60);
    infra.plan("d3", &two);
    assert_ne!(infra.stack(|stack| stack.id.clone()), place);
    assert_eq!(sets(&infra), 1);
}

#[test]
fn a_stack_that_is_being_deleted_is_waited_for_before_it_is_made_anew() {
    let infra = Infra::with(&template("one", &[]));
    let id = infra.stack(|stack| stack.id.clone()).unwrap();
    run(infra.world.delete_stack(&id, &[], "role", "theirs")).unwrap();
    assert_eq!(infra.stands(), "DELETE_IN_PROGRESS one");
    assert_eq!(infra.plan("d1", &template("two", &[])).findings, []);
    assert_ne!(infra.stack(|stack| stack.id.clone()), Some(id));
}

/// A plan that is drawn, or was killed, has a change set of our name: it keeps nobody from the first release.
#[test]
fn only_another_s_change_set_takes_the_place_of_a_stack() {
    let infra = Infra::without();
    let two = template("two", &[]);
    infra.plan("d1", &two);
    assert_eq!(infra.plan("d2", &two).findings, []);
    infra.stack(|stack| stack.change_sets[0].name = "cdk-deploy-change-set".into());
    assert_eq!(names(&infra.plan("d3", &two).findings), [FindingName::StackBusy]);
    let checked = infra.planned("d4", None, None).unwrap();
    assert_eq!(names(&checked.findings), [FindingName::StackBusy], "a check says the same");
}

/// What is refused names what was made, so that it is let go of as well.
#[test]
fn a_refused_plan_names_its_change_set() {
    let infra = Infra::with(&template("one", &[("Messages", table())]));
    let planned = infra.plan("d1", &template("one", &[]));
    assert_ne!(planned.findings, []);
    infra.let_go(&planned);
    assert_eq!(sets(&infra), 0);
}

#[test]
fn what_a_killed_plan_left_is_deleted_once_it_is_surely_over_and_nobody_else_s() {
    let infra = Infra::with(&template("one", &[]));
    let two = template("two", &[]);
    infra.plan("d1", &two);
    infra.plan("d2", &two);
    assert_eq!(sets(&infra), 2, "the other one may still be planned");
    infra.stack(|stack| {
        let mut theirs = stack.change_sets[0].clone();
        theirs.name = "cdk-deploy-change-set".into();
        theirs.id = "theirs".into();
        stack.change_sets.push(theirs);
    });
    infra.sleep_s(3 * 60 * 60);
    infra.planned("d3", None, None).unwrap();
    assert_eq!(sets(&infra), 3, "a check takes nothing away");
    infra.plan("d3", &two);
    let left = infra.stack(|stack| stack.change_sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>()).unwrap();
    assert_eq!(left[0], "cdk-deploy-change-set");
    assert!(left.len() == 2 && left[1].starts_with("windlass-d3-infra-"), "{left:?}");
}

#[test]
fn a_stack_that_has_it_already_is_not_changed() {
    let one = template("one", &[]);
    let infra = Infra::with(&one);
    let planned = infra.plan("d1", &one);
    assert_eq!(planned.stages, []);
    assert!(planned.unchanged.is_some());
    assert_eq!(sets(&infra), 0);
}

#[test]
fn a_check_makes_no_change_set() {
    let infra = Infra::with(&template("one", &[]));
    let planned = infra.planned("d1", None, None).unwrap();
    assert_eq!((planned.findings.len(), planned.stages.len(), sets(&infra)), (0, 1, 0));
}

#[test]
fn a_check_says_what_is_not_there() {
    let infra = Infra::without();
    infra.spec.borrow_mut().assets = Some("assets".into());
    let checked = infra.planned("d1", None, None).unwrap();
    assert_eq!(names(&checked.findings), [FindingName::TargetMissing]);
    infra.world.s3().bucket("assets", true);
    let checked = infra.planned("d1", None, None).unwrap();
    assert_eq!((checked.findings.len(), names(&checked.warnings)), (0, vec![FindingName::NotLookedAt]));
    assert_eq!(infra.stands(), "none");
}

#[test]
fn a_stack_that_takes_no_change_or_is_not_ours_is_refused_with_the_way_out() {
    let infra = Infra::with(&template("one", &[]));
    let two = template("two", &[]);
    for (status, way_out) in [
        ("UPDATE_IN_PROGRESS", "Wait until it is complete"),
        ("UPDATE_ROLLBACK_FAILED", "--resources-to-skip"),
        ("ROLLBACK_COMPLETE", "It was never made whole"),
        ("DELETE_FAILED", "--retain-resources"),
        ("UPDATE_FAILED", "rollback-stack"),
    ] {
        infra.stack(|stack| stack.status = status.into());
        let refused = infra.refused(&two);
        assert!(refused.len() == 1 && refused[0].starts_with("StackBusy"), "{status}: {refused:?}");
        assert!(refused[0].contains(way_out), "{status}: {refused:?}");
    }
    infra.stack(|stack| {
        stack.status = "UPDATE_COMPLETE".into();
        stack.wanted.tags.clear();
    });
    assert!(infra.refused(&two)[0].starts_with("TargetNotOurs"));
}

#[test]
fn a_template_that_is_wrong_is_refused_before_anything_is_made() {
    let infra = Infra::with(&template("one", &[]));
    infra.spec.borrow_mut().outputs = [("web".to_owned(), "Web".to_owned())].into();
    assert_eq!(names(&infra.plan("d1", &template("two", &[])).findings), [FindingName::UnknownName]);
    // A parameter that is read from the Parameter Store makes no output.
    let mut read = template("two", &[]);
    read["Parameters"]["Image"] = json!({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image"});
    assert_eq!(names(&infra.plan("d1", &read).findings), [FindingName::UnknownName]);
    let broken = infra.planned("d1", Some(&infra.upload("{\"Resources\"")), None).unwrap();
    assert_eq!(names(&broken.findings), [FindingName::BadValue]);
    assert_eq!(sets(&infra), 0);
    // A loop may make any.
    let mut looped = template("two", &[]);
    looped["Outputs"]["Fn::ForEach::Webs"] = json!(["It", ["Web"], {"${It}": {"Value": "a"}}]);
    assert_eq!(infra.plan("d2", &looped).findings, []);
}

/// A change set runs macros with the stack's role: who may only plan must not do that.
#[test]
fn a_plan_alone_runs_no_macro_that_the_running_template_does_not_run() {
    let infra = Infra::with(&template("one", &[]));
    let mut next = template("two", &[]);
    next["Transform"] = json!(["MyMacro"]);
    infra.is_plan.set(true);
    assert_eq!(names(&infra.plan("d1", &next).findings), [FindingName::NotPlannedWhole]);
    assert_eq!(sets(&infra), 0);
    infra.put(&next);
    next["Resources"]["Role"]["Properties"]["Description"] = json!("three");
    assert_eq!(infra.plan("d1", &next).findings, []);
}

/// CloudFormation reads it for the plan, and files are published after that.
#[test]
fn a_nested_template_that_is_not_published_is_named_before_anything_is_made() {
    let infra = Infra::with(&template("one", &[]));
    infra.spec.borrow_mut().assets = Some("assets".into());
    infra.world.s3().bucket("assets", true);
    infra.world.cloudformation().nested.insert("Inner".into(), vec![]);
    let inner = br#"{"Resources": {}}"#.as_slice();
    let properties = json!({"TemplateURL": "https://s3.eu-west-1.amazonaws.com/assets/inner.json"});
    let nested = json!({"Type": "AWS::CloudFormation::Stack", "Properties": properties});
    let next = template("two", &[("Inner", nested)]).to_string();
    let artifact = infra.upload_with(&next, &[("inner.json", inner)]);
    let planned = infra.planned("d1", Some(&artifact), None).unwrap();
    assert_eq!((names(&planned.findings), sets(&infra)), (vec![FindingName::NotPlannedWhole], 0));
    infra.world.s3().upload("assets", "inner.json", inner.to_vec());
    let planned = infra.planned("d2", Some(&artifact), None).unwrap();
    assert!(!names(&planned.findings).contains(&FindingName::NotPlannedWhole), "{:?}", planned.findings);
    assert_eq!(sets(&infra), 1);
}

#[test]
fn the_last_drift_detection_is_shown_without_what_components_own() {
    let infra = Infra::with(&template("one", &[("Api", json!({"Type": "AWS::ECS::Service"}))]));
    let shown = |found: &str| {
        infra.stack(|stack| stack.drift = Some((found.into(), Some(Time(0)))));
        let planned = infra.planned("d1", None, None).unwrap();
        planned.before["noticed"]["shown"].as_str().unwrap().to_owned()
    };
    assert!(!shown("NOT_CHECKED").contains("drift"));
    assert!(shown("IN_SYNC").contains("CloudFormation found no drift at 1970-01-01T00:00:00Z"));
    infra.stack(|stack| {
        for (name, place) in [("Role", "/Description"), ("Api", "/TaskDefinition")] {
            let places = [place.to_owned()].into();
            stack.resources.get_mut(name).unwrap().drift = Some(("MODIFIED".into(), places));
        }
    });
    let shown = shown("DRIFTED");
    assert!(shown.contains("found drift of Role at 1970-01-01T00:00:00Z, beside Api,"), "{shown}");
}

/// The template of a nested stack may have a macro in it.
#[test]
fn a_plan_alone_brings_no_other_template_of_a_nested_stack() {
    let infra = Infra::with(&template("one", &[]));
    let nested = |name: &str| {
        let url = format!("https://s3.eu-west-1.amazonaws.com/assets/{name}.json");
        let nested = json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}});
        template("two", &[("Inner", nested)])
    };
    infra.is_plan.set(true);
    assert_eq!(names(&infra.plan("d1", &nested("a")).findings), [FindingName::NotPlannedWhole]);
    assert_eq!(sets(&infra), 0);
    infra.put(&nested("a"));
    let mut other = nested("a");
    other["Resources"]["Role"]["Properties"]["Description"] = json!("three");
    assert_eq!(infra.plan("d1", &other).findings, []);
}

#[test]
fn a_large_template_is_planned_by_its_address() {
    let infra = Infra::with(&template("one", &[]));
    let large = template(&"x".repeat(60_000), &[]);
    let planned = infra.plan("d1", &large);
    assert_eq!((planned.findings.as_slice(), planned.stages.len()), (&[][..], 1));
}

/// What CloudFormation says of a nested stack has no policy: that stands in its own template.
#[test]
fn data_that_is_new_in_a_nested_stack_has_the_policy_of_its_own_template() {
    let inner =
        |policy: &str| json!({"Resources": {"Messages": {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": policy}}});
    for (inner, findings, warnings) in [
        (Some(inner("Retain")), &[][..], &[FindingName::MayStay][..]),
        (Some(inner("Delete")), &[FindingName::WouldLoseData], &[]),
        (None, &[FindingName::WouldLoseData], &[]),
    ] {
        let nested = |size: &str| {
            let inner = json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Size": size}}});
            template("one", &[("Inner", inner)])
        };
        let infra = Infra::with(&nested("1"));
        let [action, logical, kind] = ["Add", "Messages", "AWS::DynamoDB::Table"].map(str::to_owned);
        let change = ResourceChange { action, logical, kind, ..ResourceChange::default() };
        infra.world.cloudformation().nested.insert("Inner".into(), vec![change]);
        let texts = inner.map(|inner| ("Inner".to_owned(), inner.to_string()));
        infra.world.cloudformation().nested_templates.extend(texts);
        let planned = infra.plan("d1", &nested("2"));
        assert_eq!((names(&planned.findings).as_slice(), names(&planned.warnings).as_slice()), (findings, warnings));
    }
}
