//! Tests of what holds data in a stack: what may be lost, what is left behind, and what is in the way later.

use super::plans::{names, table, target};
use super::scene::{Infra, kept_bucket, template};
use serde_json::json;
use windlass_domain::text::finding::FindingName;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::ValidationError;
use windlass_world::cloudformation::Failing;

#[test]
fn data_is_lost_only_where_that_is_allowed() {
    let infra = Infra::with(&template("one", &[("Messages", table())]));
    let next = template("one", &[]);
    assert_eq!(names(&infra.plan("d1", &next).findings), [FindingName::WouldLoseData]);
    infra.may_lose.borrow_mut().insert("Messages".into());
    let planned = infra.plan("d2", &next);
    assert_eq!(planned.findings, []);
    assert!(planned.irreversible);
    assert_eq!(target(&planned, "may_go"), json!(["Messages"]));
    // A new one would be deleted by the undo.
    infra.may_lose.borrow_mut().clear();
    let more = template("one", &[("Messages", table()), ("More", table())]);
    assert_eq!(names(&infra.plan("d3", &more).findings), [FindingName::WouldLoseData]);
}

/// The undo would make another table in its place, without what was written into the first.
#[test]
fn data_that_is_left_behind_is_not_brought_back() {
    for (policy, expected) in
        [("Retain", &[][..]), ("RetainExceptOnCreate", &[]), ("Delete", &[FindingName::WouldLoseData])]
    {
        let mut kept = table();
        kept["DeletionPolicy"] = json!(policy);
        let infra = Infra::with(&template("one", &[("Messages", kept)]));
        let planned = infra.plan("d1", &template("one", &[]));
        assert_eq!(names(&planned.findings), expected, "{policy}");
        let warned = if expected.is_empty() { &[FindingName::Irreversible][..] } else { &[] };
        assert_eq!(
            (names(&planned.warnings), planned.irreversible),
            (warned.to_vec(), expected.is_empty()),
            "{policy}"
        );
    }
}

/// CloudFormation shows it before anything changes, if its validation knows the type.
#[test]
fn what_is_there_already_is_refused_with_what_takes_it_in_or_away() {
    let infra = Infra::without();
    let error = ValidationError {
        logical: "Web".into(),
        kind: "AWS::S3::Bucket".into(),
        validation: "NAME_CONFLICT_VALIDATION".into(),
        reason: "Resource of type AWS::S3::Bucket with identifier shop-web exists.".into(),
        fails: true,
        ..ValidationError::default()
    };
    infra.world.cloudformation().validations = vec![error];
    let refused = infra.refused(&template("one", &[kept_bucket()]));
    assert_eq!(refused.len(), 1);
    for words in ["delete-resource --type-name AWS::S3::Bucket", "--change-set-type IMPORT", "--stack-name shop "] {
        assert!(refused[0].contains(words), "{refused:?}");
    }
}

/// A warning does not stop the release, and whoever reads the plan sees it with the resource and the property.
#[test]
fn what_validation_only_warns_of_is_a_warning_of_the_plan() {
    let infra = Infra::with(&template("one", &[]));
    let warning = |logical: &str, place: &str| ValidationError {
        logical: logical.into(),
        kind: "AWS::IAM::Role".into(),
        validation: "PROPERTY_VALIDATION".into(),
        place: place.into(),
        reason: "it is too open".into(),
        fails: false,
    };
    infra.world.cloudformation().validations =
        vec![warning("Role", "/Resources/Role/Properties/Policies/0"), warning("", "")];
    let planned = infra.plan("d1", &template("two", &[]));
    assert_eq!((names(&planned.findings), planned.stages.len()), (vec![], 1));
    let paths: Vec<&str> = planned.warnings.iter().map(|it| it.path.as_str()).collect();
    assert_eq!(paths, ["components.infra.stack.Role.Policies.0", "components.infra.stack.template"]);
    assert_eq!(names(&planned.warnings), [FindingName::BadValue; 2]);
}

#[test]
fn what_is_there_already_when_it_is_made_is_named_with_what_takes_it_in_or_away() {
    for (said, is_there) in [("shop-web already exists (HandlerErrorCode: AlreadyExists)", true), ("no more", false)] {
        let infra = Infra::without();
        infra.fails("Web", &Failing { forward: Some(said.into()), ..Failing::default() });
        let release = infra.release(&template("one", &[kept_bucket()]));
        assert_eq!(release.forward(), WorkTransition::Failed);
        let failure = release.failure();
        assert_eq!(failure.contains("delete-resource --type-name AWS::S3::Bucket"), is_there, "{failure}");
        assert_eq!(failure.contains("--change-set-type IMPORT"), is_there, "{failure}");
    }
}
