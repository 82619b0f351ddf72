//! What begins after its deployment has ended.

use crate::scene::{BOTH, both, ended, live, program, serves};
use serde_json::json;
use windlass_domain::ending::Ending;
use windlass_domain::fault::{Fault, FaultName};
use windlass_machine::answer;
use windlass_world::run::run;

/// Step Functions may have given the invocation up long ago, and the component may never have been
/// begun, so that its step knows of no undo.
#[test]
fn an_invocation_that_begins_when_its_deployment_has_ended_changes_nothing() {
    let program = program();
    let mut shop = live(&program);
    let refused = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
    let call = "functions.update_alias";
    shop.world().mishaps().refused.insert(call, refused);
    let arn = shop.deploy("1.1.0", &BOTH);
    assert!(shop.region.run_until(&arn, "Undo"));
    let token = shop.lock().token;
    shop.region.run();
    assert_eq!(ended(&shop, &arn).ending, Ending::RolledBack);
    shop.world().mishaps().refused.clear();

    let id = shop.deployment(&arn).id;
    let work = json!({"deployment": id, "token": token, "component": "api", "wave": 1});
    let late = run(answer(shop.world(), "DeployLambda", work));
    assert_eq!(
        late.err().map(|fault| fault.name),
        Some(FaultName::StaleToken)
    );
    assert_eq!(serves(&shop), both("2"));
}
