//! What is planned.

use crate::scene::{
    DECLARATION, NEW, OLD, bring, function, new_release, plan, prepare, shop, step, told,
};
use crate::stage::{app, component, id};
use windlass_domain::declaration::Declared;
use windlass_domain::digest::Digest;
use windlass_domain::fault::FaultName;
use windlass_domain::plan::Outcome;
use windlass_engine::payload::Word;
use windlass_engine::prepare::{Owner, handle};
use windlass_engine::store;
use windlass_world::run::run;

#[test]
fn a_release_is_planned_and_its_intent_written() {
    let stage = new_release();
    let answer = prepare(&stage).unwrap();
    assert_eq!((answer.verdict, answer.wave), (Word::Change, 0));
    assert_eq!(answer.items.len(), 1);
    assert_eq!(answer.items[0].component, component("worker"));
    let plan = plan(&stage);
    let new = Digest::of(NEW);
    let words = |text: &str| text.replace("NEW", &format!("sha256:{}", new.short()));
    assert_eq!(
        told(&plan),
        [
            (words("worker alias live to NEW"), 60),
            (words("api alias live to 10 % of NEW"), 300),
            (words("api alias live to NEW"), 600),
        ]
    );
    let api = step(&stage, "api").unwrap();
    assert_eq!(api.goals.keys().copied().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(api.before["observed"]["alias"]["version"], "1");
    let target = "arn:aws:lambda:eu-west-1:111111111111:function:shop-api-prod";
    let owner: Owner = stage.get(&store::target(target)).unwrap();
    assert_eq!(owner.component, component("api"));
}

#[test]
fn only_what_differs_is_changed_and_nothing_needs_no_gates() {
    let stage = shop(DECLARATION, OLD, NEW);
    prepare(&stage).unwrap();
    assert_eq!(plan(&stage).unchanged[0].component, component("worker"));
    assert!(step(&stage, "worker").is_none());

    let stage = shop(DECLARATION, OLD, OLD);
    stage.world.set_alarm("shop-prod-5xx", "ALARM", &[9.0]);
    assert_eq!(prepare(&stage).unwrap().verdict, Word::Settle);
    let plan = plan(&stage);
    assert_eq!((plan.outcome, plan.waves.len()), (Outcome::NothingToDo, 0));
    assert_eq!(plan.unchanged.len(), 2);
}

#[test]
fn many_components_are_written_in_several_transactions() {
    let mut declaration = DECLARATION.to_owned();
    let mut more = String::new();
    let names: Vec<String> = (0..60).map(|number| format!("f{number}")).collect();
    for name in &names {
        more.push_str(&format!(
            "  {name}: {{kind: lambda, function: shop-{name}-prod, alias: live}}\n"
        ));
    }
    declaration = declaration.replace("components:\n", &format!("components:\n{more}"));
    let mut stage = shop(&declaration, NEW, NEW);
    for name in &names {
        bring(&mut stage, name, NEW);
    }
    stage.write_record();
    assert_eq!(prepare(&stage).unwrap().items.len(), 61);
    let calls = stage.world.mishaps().calls.clone();
    let writes = calls.iter().filter(|call| **call == "ledger.transact");
    assert_eq!(writes.count(), 3);
}

#[test]
fn an_environment_with_a_role_is_reached_by_it_for_this_deployment() {
    let role = "arn:aws:iam::222222222222:role/windlass-target";
    let with_role =
        format!("prod: {{deploy: {{branch: main}}, region: eu-west-2, role_arn: \"{role}\"}}");
    let declaration = DECLARATION.replace("prod: {deploy: {branch: main}}", &with_role);
    let stage = shop(&declaration, NEW, NEW);
    function(&stage, "api");
    prepare(&stage).unwrap();
    let place = step(&stage, "api").unwrap().place;
    assert_eq!(place.region.as_deref(), Some("eu-west-2"));
    let reached = place.role.unwrap();
    assert_eq!(
        (reached.arn.as_str(), reached.external_id.as_str()),
        (role, "shop/prod")
    );
    assert_eq!(reached.session_name, id().as_str());
}

#[test]
fn a_state_must_name_a_deployment_whose_declaration_can_be_read() {
    let stage = new_release();
    let mut ask = stage.ask("Prepare", 0);
    ask.deployment = None;
    let fault = run(handle(&stage.world, ask)).unwrap_err();
    assert_eq!(fault.name, FaultName::BadInput);
    assert_eq!(fault.message, "the state Prepare names no deployment");
    let key = store::declaration(&app(), &stage.record.declaration);
    let mut declared: Declared = stage.get(&key).unwrap();
    declared.text = "app: [".into();
    stage.put(key, &declared);
    let fault = prepare(&stage).unwrap_err();
    assert_eq!(fault.name, FaultName::Internal);
    assert!(
        fault
            .message
            .contains("declaration 1.0.0 of shop cannot be read for prod"),
        "{fault}"
    );
}
