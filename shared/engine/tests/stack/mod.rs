//! Stacks of AWS CloudFormation: the way there and back, what CloudFormation does by itself, and what others do.

mod data;
mod parameters;
mod plans;
mod rollbacks;
mod scene;

use scene::{Infra, Release, kept_bucket, template};
use serde_json::json;
use windlass_domain::declaration::plan::KindName;
use windlass_domain::declaration::resolved::Place;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::kinds::stack::Stack;
use windlass_engine::payload::WorkTransition;
use windlass_engine::ports::{AssumeRole, ResourceChange};
use windlass_world::World;
use windlass_world::cloudformation::Failing;
use windlass_world::conformance::{Scene, Subject, conforms, deployment};

/// A stack under the conformance tests, which is there or is made.
struct Changing {
    is_new: bool,
}

impl Subject for Changing {
    type Kind = Stack<World>;

    fn scene(&self) -> Scene {
        let infra = if self.is_new { Infra::without() } else { Infra::with(&template("one", &[])) };
        let planned = infra.plan(&deployment().0, &template("two", &[]));
        assert_eq!(planned.findings, []);
        Scene {
            world: infra.world,
            kind: KindName::Stack,
            target: planned.target,
            goals: planned.stages.into_iter().map(|stage| stage.goal).collect(),
        }
    }

    fn kind(&self, at: World) -> Stack<World> {
        Stack::new(at.at(&Place::default()), (at, &Place::default()), deployment())
    }
}

/// Safety: kinds: A stack that is updated conforms.
#[test]
fn a_stack_that_is_updated_conforms() {
    conforms(&Changing { is_new: false });
}

/// Safety: kinds: A stack that a release makes conforms.
#[test]
fn a_stack_that_is_made_conforms() {
    conforms(&Changing { is_new: true });
}

#[test]
fn a_stack_is_changed_by_the_planned_change_set_and_taken_back_by_another() {
    let infra = Infra::with(&template("one", &[]));
    infra.spec.borrow_mut().outputs = [("topic".to_owned(), "TopicName".to_owned())].into();
    let release = infra.release(&template("two", &[]));
    assert_eq!(infra.stands(), "CREATE_COMPLETE one", "nothing has changed yet");
    assert_eq!(release.forward(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "UPDATE_COMPLETE two");
    let topic = infra.stack(|stack| stack.resources["Topic"].physical.clone()).unwrap();
    assert_eq!(release.step().outputs["topic"], topic);
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "UPDATE_COMPLETE one");
    let sent = ["execute the change set", "make the change set that leads back", "execute the change set"];
    assert_eq!(release.sent(), sent);
}

/// It would stand in the ledger, and in whatever takes it.
#[test]
fn an_output_that_looks_like_a_secret_is_given_to_nobody() {
    let infra = Infra::with(&template("one", &[]));
    infra.spec.borrow_mut().outputs = [("database".to_owned(), "Database".to_owned())].into();
    let mut two = template("two", &[]);
    two["Outputs"]["Database"] = json!({"Value": "postgres://admin:hunter2@db.example/shop"});
    let release = infra.release(&two);
    assert_eq!(release.forward(), WorkTransition::Failed);
    assert!(release.failure().starts_with("SecretInInput"), "{}", release.failure());
    assert!(!format!("{:?}", release.step()).contains("hunter2"), "{:?}", release.step());
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "UPDATE_COMPLETE one");
}

#[test]
fn what_was_only_planned_is_let_go_of_where_it_is_undone_before_its_turn() {
    let there = Infra::with(&template("one", &[]));
    for (infra, then) in [(there, "CREATE_COMPLETE one"), (Infra::without(), "none")] {
        let release = infra.release(&template("two", &[]));
        assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
        assert_eq!(infra.stands(), then);
        let sets = infra.stack(|stack| stack.change_sets.len()).unwrap_or_default();
        assert_eq!((sets, release.sent()), (0, vec![]));
    }
}

#[test]
fn a_stack_that_was_made_is_deleted_and_what_stays_is_named() {
    let infra = Infra::without();
    let release = infra.release(&template("one", &[kept_bucket()]));
    assert_eq!(infra.stands(), "REVIEW_IN_PROGRESS nothing");
    assert_eq!(release.forward(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "CREATE_COMPLETE one");
    let tags = infra.stack(|stack| stack.wanted.tags.clone()).unwrap();
    assert_eq!(tags["windlass:app"], "shop");
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "none");
    assert!(infra.world.s3().buckets.contains_key("shop-web"), "its data is kept");
    let warnings = release.step().warnings;
    assert!(warnings.iter().any(|warning| warning.contains("Web") && warning.contains("shop-web")), "{warnings:?}");
}

#[test]
fn what_changes_beside_the_plan_is_named_after_it() {
    for is_planned in [true, false] {
        let infra = Infra::with(&template("one", &[]));
        let mut planned = infra.plan("d1", &template("two", &[]));
        assert_eq!(planned.target["touches"], json!(["Role"]));
        if !is_planned {
            planned.target["touches"] = json!(["Topic"]);
        }
        let release = infra.begin("d1", &planned);
        assert_eq!(release.forward(), WorkTransition::Changed, "{}", release.failure());
        let warnings = release.step().warnings;
        assert_eq!(warnings.iter().any(|warning| warning.contains("Role")), !is_planned, "{warnings:?}");
    }
}

#[test]
fn a_stack_that_is_still_being_made_is_deleted_at_once() {
    let infra = Infra::without();
    let release = infra.release(&template("one", &[]));
    infra.stack(|stack| stack.slow = 200);
    assert_eq!(release.once(Some(0)), None);
    assert_eq!(infra.stands(), "CREATE_IN_PROGRESS nothing");
    infra.stack(|stack| stack.slow = 1);
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "none");
}

#[test]
fn what_cannot_be_deleted_is_retained_at_the_second_try() {
    let infra = Infra::without();
    let release = infra.released(&template("one", &[]));
    infra.fails("Topic", &Failing { deletion: Some("it is in use".into()), ..Failing::default() });
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "none");
    assert_eq!(release.sent()[1..], ["delete the stack", "delete the stack but for Topic"]);
    let warnings = release.step().warnings;
    let is_whole = |it: &String| it.starts_with("Topic ") && it.contains("--stack-name shop --resources-to-import");
    assert!(warnings.iter().any(is_whole), "{warnings:?}");
}

#[test]
fn what_cloudformation_takes_back_is_reported_with_what_failed_first() {
    let infra = Infra::with(&template("one", &[]));
    infra.fails("Role", &Failing { forward: Some("the role is too long".into()), ..Failing::default() });
    let release = infra.release(&template("two", &[]));
    assert_eq!(release.forward(), WorkTransition::Failed);
    insta::assert_snapshot!(release.failure(), @"ChangeFailed: stack shop: CloudFormation took the change back by itself (UPDATE_ROLLBACK_COMPLETE): Role (AWS::IAM::Role) failed first: the role is too long. Remedy: Mend what failed in the template or in the account, then deploy a fixed release.");
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "UPDATE_ROLLBACK_COMPLETE one");
    assert_eq!(release.sent().len(), 1, "CloudFormation went back by itself");
}

#[test]
fn a_stack_that_could_not_be_made_is_deleted() {
    let infra = Infra::without();
    infra.fails("Topic", &Failing { forward: Some("no more topics".into()), ..Failing::default() });
    let release = infra.release(&template("one", &[]));
    assert_eq!(release.forward(), WorkTransition::Failed);
    assert!(release.failure().contains("Topic (AWS::SNS::Topic) failed first"), "{}", release.failure());
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "none");
}

/// Releases a template that fails, and lets CloudFormation's own way back fail as well.
fn stuck_going_back(infra: &Infra) -> Release<'_> {
    infra.fails("Topic", &Failing { forward: Some("no".into()), ..Failing::default() });
    infra.fails("Role", &Failing { back: Some("it is in use".into()), ..Failing::default() });
    let mut next = template("two", &[]);
    next["Resources"]["Topic"]["Properties"]["Other"] = json!({"Ref": "Role"});
    let release = infra.release(&next);
    assert_eq!(release.forward(), WorkTransition::Failed);
    assert_eq!(infra.stands().split(' ').next(), Some("UPDATE_ROLLBACK_FAILED"));
    release
}

#[test]
fn a_way_back_of_its_own_that_fails_is_tried_once_more() {
    let infra = Infra::with(&template("one", &[]));
    let release = stuck_going_back(&infra);
    assert_eq!(release.undo(), WorkTransition::Failed);
    assert_eq!(release.sent()[1..], ["let CloudFormation go back once more"]);
    assert!(release.failure().contains("--resources-to-skip"), "{}", release.failure());
}

#[test]
fn a_try_that_never_came_to_cloudformation_was_none() {
    let infra = Infra::with(&template("one", &[]));
    let release = stuck_going_back(&infra);
    infra.world.cloudformation().fails.clear();
    infra.stack(|stack| stack.fails.clear());
    let lost = Fault::new(FaultName::Unavailable, "there was no answer");
    infra.world.mishaps().refused.insert("cloudformation.continue_rollback", lost);
    assert_eq!(release.once(None), None);
    infra.world.mishaps().refused.clear();
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(infra.stands(), "UPDATE_ROLLBACK_COMPLETE one");
}

#[test]
fn an_undo_cancels_an_update_in_progress() {
    let infra = Infra::with(&template("one", &[]));
    let release = infra.release(&template("two", &[]));
    infra.stack(|stack| stack.slow = 200);
    assert_eq!(release.once(Some(0)), None);
    assert_eq!(infra.stands(), "UPDATE_IN_PROGRESS one");
    assert!(release.step().waits_for.is_some_and(|what| what.written().contains("UPDATE_IN_PROGRESS")));
    infra.stack(|stack| stack.slow = 1);
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!(release.sent()[1..], ["cancel the update"]);
    assert_eq!(infra.stands(), "UPDATE_ROLLBACK_COMPLETE one");
}

#[test]
fn an_update_by_somebody_else_makes_the_plan_obsolete() {
    let infra = Infra::with(&template("one", &[]));
    let release = infra.release(&template("two", &[]));
    infra.put(&template("theirs", &[]));
    assert_eq!(release.forward(), WorkTransition::Failed);
    assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
    assert_eq!(release.sent(), [] as [&str; 0], "nothing is executed");
    assert_eq!(infra.stands(), "UPDATE_COMPLETE theirs");
}

/// Ours is complete, and before anybody has looked somebody updates the stack.
#[test]
fn an_update_by_somebody_else_behind_ours_is_left_to_them() {
    for is_forward in [true, false] {
        let infra = Infra::with(&template("one", &[]));
        let release = infra.release(&template("two", &[]));
        infra.stack(|stack| stack.slow = 200);
        assert_eq!(release.once(Some(0)), None);
        infra.stack(|stack| stack.slow = 1);
        infra.world.settle_stack("shop");
        assert_eq!(infra.stands(), "UPDATE_COMPLETE two");
        infra.put(&template("theirs", &[]));
        if is_forward {
            assert_eq!(release.forward(), WorkTransition::Failed);
            assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
        }
        assert_eq!(release.undo(), WorkTransition::Failed);
        assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
        assert_eq!((infra.stands().as_str(), release.sent().len()), ("UPDATE_COMPLETE theirs", 1));
    }
}

#[test]
fn a_stack_that_was_made_and_that_somebody_else_has_changed_is_not_deleted() {
    let infra = Infra::without();
    let release = infra.released(&template("one", &[]));
    infra.put(&template("theirs", &[]));
    assert_eq!(release.undo(), WorkTransition::Failed);
    assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
    assert_eq!(infra.stands(), "UPDATE_COMPLETE theirs");
}

/// A recovery finds the change set that was executed before it, although nobody knows it by its name any more.
#[test]
fn a_way_back_under_way_is_waited_for_also_by_a_recovery() {
    for is_recovered in [false, true] {
        let infra = Infra::with(&template("one", &[]));
        let release = infra.released(&template("two", &[]));
        infra.stack(|stack| stack.slow = 1000);
        while infra.stands() != "UPDATE_IN_PROGRESS two" {
            assert_eq!(release.once(None), None, "{}", release.failure());
        }
        if is_recovered {
            release.recover(false);
        }
        assert_eq!(release.once(None), None, "{}", release.failure());
        infra.stack(|stack| stack.slow = 1);
        infra.world.settle_stack("shop");
        assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
        assert_eq!(infra.stands(), "UPDATE_COMPLETE one");
        let sent = ["execute the change set", "make the change set that leads back", "execute the change set"];
        assert_eq!(release.sent(), sent);
    }
}

#[test]
fn a_way_back_that_cloudformation_takes_back_is_reported() {
    let infra = Infra::with(&template("one", &[]));
    let release = infra.released(&template("two", &[]));
    infra.fails("Role", &Failing { forward: Some("it is in use".into()), ..Failing::default() });
    assert_eq!(release.undo(), WorkTransition::Failed);
    assert!(release.failure().contains("Role (AWS::IAM::Role) failed first: it is in use"), "{}", release.failure());
    assert_eq!((infra.stands().as_str(), release.sent().len()), ("UPDATE_ROLLBACK_COMPLETE two", 3));
}

/// CloudFormation replaces on the way back what it has only changed on the way forward.
#[test]
fn a_way_back_that_would_lose_data_is_not_executed() {
    let nested = |size: &str| {
        let inner = json!({"Type": "AWS::CloudFormation::Stack", "Properties": {"Parameters": {"Size": size}}});
        [("Inner", inner)]
    };
    let infra = Infra::with(&template("one", &nested("1")));
    let table = |replacement: &str| {
        let change = ResourceChange {
            action: "Modify".into(),
            logical: "Messages".into(),
            kind: "AWS::DynamoDB::Table".into(),
            replacement: replacement.into(),
            ..ResourceChange::default()
        };
        infra.world.cloudformation().nested.insert("Inner".into(), vec![change]);
    };
    table("False");
    let release = infra.released(&template("two", &nested("2")));
    table("True");
    assert_eq!(release.undo(), WorkTransition::Failed);
    assert!(release.failure().contains("would lose the data in 1 resource"), "{}", release.failure());
    assert_eq!((infra.stands().as_str(), release.sent().len()), ("UPDATE_COMPLETE two", 2));
}

#[test]
fn somebody_else_s_update_is_left_to_them_by_the_undo() {
    let infra = Infra::with(&template("one", &[]));
    let release = infra.released(&template("two", &[]));
    infra.put(&template("theirs", &[]));
    assert_eq!(release.undo(), WorkTransition::Failed);
    assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
    assert_eq!(infra.stands(), "UPDATE_COMPLETE theirs");
}

/// The way back is of a stack as this deployment left it. Whoever goes over theirs brings the former one back by hand.
#[test]
fn somebody_else_s_update_is_left_to_them_by_an_operator_s_recovery_as_well() {
    let infra = Infra::with(&template("one", &[]));
    let release = infra.released(&template("two", &[]));
    infra.put(&template("theirs", &[]));
    for _ in 0..2 {
        assert_eq!(release.undo(), WorkTransition::Failed);
        assert!(release.failure().starts_with("TargetChangedByOther"), "{}", release.failure());
        assert_eq!((infra.stands().as_str(), release.sent().len()), ("UPDATE_COMPLETE theirs", 1));
        release.recover(true);
    }
    infra.put(&template("one", &[]));
    assert_eq!(release.undo(), WorkTransition::Changed, "{}", release.failure());
    assert_eq!((infra.stands().as_str(), release.sent().len()), ("UPDATE_COMPLETE one", 1));
}

#[test]
fn a_change_that_takes_longer_than_it_may_has_failed() {
    let infra = Infra::with(&template("one", &[]));
    infra.spec.borrow_mut().within_s = 60;
    let release = infra.release(&template("two", &[]));
    infra.stack(|stack| stack.slow = 5000);
    assert_eq!(release.forward(), WorkTransition::Failed);
    assert!(release.failure().contains("still UPDATE_IN_PROGRESS after 1m"), "{}", release.failure());
}
