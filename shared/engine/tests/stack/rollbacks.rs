//! Tests of rollbacks of a stack: what an operator may go back across, and what is in the way of that.

use super::plans::{names, sets, table};
use super::scene::{Infra, template};
use serde_json::json;
use windlass_domain::text::finding::FindingName;
use windlass_engine::payload::WorkTransition;

#[test]
fn a_rollback_brings_the_recorded_template_and_deletes_no_stack() {
    let infra = Infra::with(&template("one", &[]));
    let first = infra.release(&template("two", &[]));
    assert_eq!(first.forward(), WorkTransition::Changed, "{}", first.failure());
    let planned = infra.planned("d2", None, Some(&first.step().before)).unwrap();
    assert_eq!(planned.findings, []);
    let back = infra.begin("d2", &planned);
    assert_eq!(back.forward(), WorkTransition::Changed, "{}", back.failure());
    assert_eq!(infra.stands(), "UPDATE_COMPLETE one");
    infra.is_trial.set(true);
    let before = sets(&infra);
    let planned = infra.planned("d3", None, Some(&first.step().before)).unwrap();
    assert_eq!((planned.findings.len(), planned.stages.len(), sets(&infra)), (0, 1, before), "nothing is made to try");
    let nothing = json!({"goal": {}});
    let planned = infra.planned("d3", None, Some(&nothing)).unwrap();
    assert!(planned.unchanged.is_some() && planned.stages.is_empty());
}

#[test]
fn a_rollback_loses_only_the_data_that_its_request_names() {
    let mut other = table();
    other["Properties"]["KeySchema"] = json!("b");
    for next in [template("two", &[("Messages", other)]), template("two", &[])] {
        let infra = Infra::with(&template("one", &[("Messages", table())]));
        infra.may_lose.borrow_mut().insert("Messages".into());
        let first = infra.release(&next);
        assert_eq!(first.forward(), WorkTransition::Changed, "{}", first.failure());
        let typed = [FindingName::WouldLoseData, FindingName::UnknownName];
        for (may_lose, expected) in [("Mesages", &typed[..]), ("Messages", &[])] {
            *infra.may_lose.borrow_mut() = [may_lose.to_owned()].into();
            let planned = infra.planned("d2", None, Some(&first.step().before)).unwrap();
            assert_eq!(names(&planned.findings), expected, "{may_lose}");
        }
    }
}

/// Whoever leaves what runs must not mend it first.
#[test]
fn a_secret_among_the_parameters_of_a_stack_keeps_nobody_from_going_back() {
    let infra = Infra::with(&template("one", &[]));
    let first = infra.release(&template("two", &[]));
    assert_eq!(first.forward(), WorkTransition::Changed, "{}", first.failure());
    let mut two = template("two", &[]);
    two["Parameters"]["DbPassword"] = json!({"Type": "String"});
    infra.put_with(&two, ("DbPassword", "hunter2-5f4dcc3b"));
    assert_eq!(infra.planned("d2", None, Some(&first.step().before)).unwrap().findings, []);
}

/// What is gone may be the very reason to go back.
#[test]
fn a_file_that_the_running_template_names_and_that_is_gone_keeps_nobody_from_going_back() {
    let with = |key: &str| {
        let properties = json!({"DefinitionS3Location": {"Bucket": "assets", "Key": key}});
        template("one", &[("Flow", json!({"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}))])
    };
    let infra = Infra::with(&with("a.json"));
    infra.world.s3().upload("assets", "a.json", "{}");
    let first = infra.release(&with("b.json"));
    assert_eq!(first.forward(), WorkTransition::Changed, "{}", first.failure());
    assert_eq!(names(&infra.plan("d2", &with("c.json")).findings), [FindingName::NoWayBack]);
    let planned = infra.planned("d3", None, Some(&first.step().before)).unwrap();
    assert_eq!((planned.findings.len(), names(&planned.warnings)), (0, vec![FindingName::NoWayBack]));
}

#[test]
fn what_only_cloudformation_makes_out_is_named_and_what_a_sub_makes_is_looked_for() {
    // Whether the bucket is refused, or warned about.
    for (bucket, is_known) in [("${AWS::StackName}-files", true), ("${Topic}-files", false)] {
        let with = |key: &str| {
            let properties = json!({"DefinitionS3Location": {"Bucket": {"Fn::Sub": bucket}, "Key": key}});
            template("one", &[("Flow", json!({"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}))])
        };
        let infra = Infra::with(&with("a.json"));
        let planned = infra.plan("d1", &with("b.json"));
        let listed = if is_known { &planned.findings } else { &planned.warnings };
        assert_eq!(names(listed), [FindingName::NoWayBack], "{bucket}");
        assert_eq!(planned.findings.is_empty(), !is_known, "{bucket}");
    }
}
