//! Invocations that begin after their deployment has ended.

use crate::scenarios::scene::{BOTH, assert_free, both, ended, live, program, serves};
use serde_json::json;
use windlass_domain::deployment::step::{Step, StepFailure, StepStatus};
use windlass_domain::release::ending::Ending;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::finding::{Finding, FindingName};
use windlass_domain::text::name::ComponentName;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::DynamoDbApi;
use windlass_machine::answer;
use windlass_world::run::run;

/// Step Functions may have given the invocation up long ago. The component may never have been begun, so that its step
/// knows of no undo.
///
/// Safety: fence: An invocation that begins when its deployment has ended changes nothing.
#[test]
fn an_invocation_that_begins_when_its_deployment_has_ended_changes_nothing() {
    let program = program();
    let mut shop = live(&program);
    let refused = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
    let call = "lambda.update_alias";
    shop.world().mishaps().refused.insert(call, refused);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Undo"));
    let token = shop.lock().token;
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    shop.world().mishaps().refused.clear();

    let id = shop.deployment(&arn).id;
    let work = json!({"state": "Deploy", "deployment": id, "token": token, "component": "api", "wave": 1});
    let late = run(answer(shop.world(), "DeployLambda", work));
    assert_eq!(late.err().map(|fault| fault.name), Some(FaultName::StaleToken));
    assert_eq!(serves(&shop), both("2"));
}

/// A twin that comes late, after its sibling has answered `changed`, may see what the sibling did not see. Then the
/// step has failed, although its wave has been judged.
///
/// Safety: recovery: A deployment whose component is found wrong after the last judgement is undone, and not settled.
#[test]
fn what_a_late_twin_takes_back_after_the_last_judgement_is_undone() {
    let program = program();
    let mut shop = live(&program);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Settle"));
    let deployment = shop.deployment(&arn);
    let key = ledger::step(&deployment.id, &ComponentName::new("api").unwrap());
    let mut step: Stored<Step> = run(ledger::require(shop.world(), &key)).unwrap();
    step.value.status = StepStatus::Failed;
    let finding =
        Finding::new(FindingName::TargetNotReady, "components.api", "an asset is of the wrong type.", "Mend it.");
    step.value.failure = Some(StepFailure::Finding(finding));
    run(shop.world().transact(vec![step.put().unwrap()])).unwrap();
    shop.region.run();
    let ended = ended(&shop, &arn);
    assert_eq!(ended.ending, Ending::RolledBack, "{}", ended.cause.written());
    assert_eq!(ended.cause_name, "TargetNotReady");
    assert_eq!(serves(&shop), both("2"));
    assert_free(&shop);
}
