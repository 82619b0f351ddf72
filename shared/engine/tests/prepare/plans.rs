//! What is planned.

use crate::scene::{
    DECLARATION, NEW, OLD, function, new_release, plan, prepare, shop, step, told, upload,
};
use crate::stage::component;
use windlass_domain::digest::Digest;
use windlass_domain::plan::Outcome;
use windlass_engine::payload::Word;
use windlass_engine::prepare::Owner;
use windlass_engine::store;

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
        function(&stage, name);
        let artifact = upload(&stage, name, NEW);
        stage
            .record
            .release
            .components
            .insert(component(name), artifact);
    }
    stage.write_record();
    assert_eq!(prepare(&stage).unwrap().items.len(), 61);
    let calls = stage.world.mishaps().calls.clone();
    let writes = calls.iter().filter(|call| **call == "ledger.transact");
    assert_eq!(writes.count(), 3);
}
