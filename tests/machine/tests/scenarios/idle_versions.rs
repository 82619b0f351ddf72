//! A way back to a version that nothing has invoked for so long that Lambda has made it inactive.

use crate::scenarios::healing::moves_alias;
use crate::scenarios::scene::{GO, SUCCEEDED, WAVE, assert_free, ended, path, program};
use serde_json::json;
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::release::ending::Ending;
use windlass_engine::ledger;
use windlass_engine::ports::Invoked;
use windlass_machine::program::Program;
use windlass_machine::shop::Shop;
use windlass_world::mishaps::Visitor;
use windlass_world::run::run;

const FUNCTION: &str = "shop-api";

/// One function, each new version of which is invoked before callers get it.
const TRIED: &str = "
app: shop
version: 1.0.0
environments:
  prod: {deploy: {branch: main}, sources: [api, console, s3, ecr]}
components:
  api:
    kind: lambda
    function: shop-api
    alias: live
    gates: {invocations: [{name: health}]}
gates:
  bake: 1m
  alarms: [shop-5xx]
";

/// Makes the shop with two releases, versions 2 and 3, of which one has been made inactive since. It takes Lambda a
/// while to make it active again, and callers may not get it before.
fn with_idle(program: &Program, idle: u64) -> Shop<'_> {
    let mut shop = Shop::new(program, TRIED);
    for version in ["1.0.0", "1.1.0"] {
        let arn = shop.deploy(version, &["api"]);
        shop.region.run();
        assert_eq!(ended(&shop, &arn).ending, Ending::Succeeded);
    }
    let mut functions = shop.world().lambda();
    let function = functions.named(FUNCTION).unwrap();
    function.idle.insert(idle);
    function.slow_version = 40;
    drop(functions);
    shop
}

fn nobody_gets_what_cannot_run(shop: &Shop<'_>, idle: u64) {
    shop.world().mishaps().visitor = Visitor::new(move |world| {
        let mut functions = world.lambda();
        let function = functions.named(FUNCTION).unwrap();
        let is_got = function.aliases["live"].version == idle.to_string();
        let can_run = !function.idle.contains(&idle) && function.versions[&idle].pending == 0;
        assert!(!is_got || can_run, "callers get version {idle}, which cannot run");
    });
}

#[test]
fn a_rollback_wakes_it_before_callers_get_it_whatever_it_answers() {
    let program = program();
    let mut shop = with_idle(&program, 2);
    let mut functions = shop.world().lambda();
    let code = functions.named(FUNCTION).unwrap().versions[&2].package.code_sha256();
    let fails = Invoked { error: Some("Unhandled".into()), payload: json!({}), ms: 5 };
    functions.answers.insert(code, fails);
    drop(functions);
    nobody_gets_what_cannot_run(&shop, 2);
    let rollback = shop.act("rollback");
    shop.region.run();
    assert_eq!(shop.path(&rollback), path(&[GO, WAVE, WAVE, SUCCEEDED]));
    assert_eq!((ended(&shop, &rollback).ending, shop.serves(FUNCTION)), (Ending::Succeeded, "2".to_owned()));
    let id = shop.deployment(&rollback).id;
    let verdicts = [0, 1].map(|wave| {
        let judged: Judgement = run(ledger::require(shop.world(), &ledger::judgement(&id, wave))).unwrap().value;
        let of_api = judged.measurements.iter().find(|one| one.source == "invocation");
        of_api.map(|one| one.verdict)
    });
    assert_eq!(verdicts, [Some(Verdict::Unknown), Some(Verdict::Fail)], "recorded, and deciding nothing");
    assert_free(&shop);
}

#[test]
fn what_a_person_has_restored_is_woken_as_well() {
    let program = program();
    let mut shop = with_idle(&program, 3);
    moves_alias(&shop, FUNCTION, "2");
    nobody_gets_what_cannot_run(&shop, 3);
    let input = json!({"action": "restore", "app": "shop", "environment": "prod", "reason": "it was moved by mistake"});
    let restore = shop.start(&input);
    shop.region.run();
    assert_eq!((ended(&shop, &restore).ending, shop.serves(FUNCTION)), (Ending::Succeeded, "3".to_owned()));
    assert_free(&shop);
}
