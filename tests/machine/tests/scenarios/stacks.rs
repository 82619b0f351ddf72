//! Releases of a stack that makes a function and a bucket, and of what fills both: forward, and back as one.

use crate::scenarios::scene::{assert_free, ended, program};
use windlass_domain::declaration::gate::Verdict;
use windlass_domain::deployment::judgement::Judgement;
use windlass_domain::release::ending::Ending;
use windlass_domain::text::time::Time;
use windlass_engine::ledger;
use windlass_machine::program::Program;
use windlass_machine::shop::{ALARM, Shop};
use windlass_machine::shop_stack::{ERRORS, FILLED, STACK, WORKER, take_all_away};
use windlass_world::run::run;

const ALL: [&str; 3] = ["api", "infra", "web"];

/// Returns the declaration of all, with an alarm to watch.
fn watched() -> String {
    format!("{FILLED}gates:\n  bake: 1m\n  alarms: [shop-5xx]\n")
}

/// Makes the shop in which nobody has made a stack, a function or a bucket yet.
fn bare<'p>(program: &'p Program, declaration: &str) -> Shop<'p> {
    let shop = Shop::new(program, declaration);
    take_all_away(shop.world());
    shop
}

/// Returns the code of the stack's own function, the version that callers of the other one get, and the page.
fn shown(shop: &Shop<'_>) -> [String; 3] {
    let worker = shop.world().lambda().functions[WORKER].package.code_sha256();
    [worker, shop.serves("shop-api"), shop.page()]
}

/// Deploys everything. Returns the execution's ARN.
fn deploys(shop: &mut Shop<'_>, version: &str) -> String {
    let arn = shop.deploy(version, &ALL);
    shop.region.run();
    is(shop, &arn, Ending::Succeeded);
    arn
}

/// Deploys everything, and lets an alarm ring once all of it is live. Returns the execution's ARN.
fn is_undone(shop: &mut Shop<'_>, version: &str, alarm: &str) -> String {
    let arn = shop.deploy(version, &ALL);
    assert!(shop.region.run_until(&arn, "Bake"), "{}", shop.path(&arn));
    shop.world().set_alarm(alarm, "ALARM", &[9.0]);
    shop.region.run();
    is(shop, &arn, Ending::RolledBack);
    arn
}

fn is(shop: &Shop<'_>, arn: &str, ending: Ending) {
    let ended = ended(shop, arn);
    assert_eq!(ended.ending, ending, "{}{}", ended.cause.written(), shop.path(arn));
    assert_free(shop);
}

/// Returns the times of the switching changes by which a component was brought back.
fn brought_back(shop: &Shop<'_>, arn: &str, component: &str) -> Vec<Time> {
    let changes = shop.step(arn, component).changes.into_iter();
    let times: Vec<Time> = changes.filter(|change| change.undo && change.switching).map(|change| change.at).collect();
    assert!(!times.is_empty(), "{component} is not brought back");
    times
}

/// Checks that the stack went back no sooner than the last one of those that have their targets from it. The simulation
/// holds the order of what is done at one moment.
fn went_back_last(shop: &Shop<'_>, arn: &str) {
    let stack = brought_back(shop, arn, "infra");
    for component in ["api", "web"] {
        let takers = brought_back(shop, arn, component);
        assert!(takers.iter().max() <= stack.iter().min(), "{component}: {takers:?} and then {stack:?}");
    }
}

#[test]
fn one_release_makes_all_and_the_next_one_comes_back_as_one() {
    let program = program();
    let mut shop = bare(&program, &watched());
    deploys(&mut shop, "1.0.0");
    let first = shown(&shop);
    assert_eq!(first[1], "2", "the stack has made the first version");
    assert!(first[2].contains("Shop 1.0.0"), "{}", first[2]);

    let arn = is_undone(&mut shop, "1.1.0", ALARM);
    assert_eq!(shown(&shop), first);
    went_back_last(&shop, &arn);

    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    deploys(&mut shop, "1.2.0");
    let last = shown(&shop);
    assert!(first.iter().zip(&last).all(|(first, last)| first != last), "{last:?}");
    let arn = shop.act("rollback");
    shop.region.run();
    is(&shop, &arn, Ending::Succeeded);
    assert_eq!(shown(&shop), first);
}

/// CloudFormation writes the version of the alias anew with its words: on the way forward, and on both ways back.
#[test]
fn what_the_stack_puts_back_of_an_alias_is_brought_again() {
    let program = program();
    let mut shop = bare(&program, &watched());
    deploys(&mut shop, "1.0.0");
    let first = shown(&shop);
    is_undone(&mut shop, "2.0.0", ALARM);
    assert_eq!(shown(&shop), first);

    shop.world().set_alarm(ALARM, "OK", &[0.0]);
    deploys(&mut shop, "2.1.0");
    let arn = shop.act("rollback");
    shop.region.run();
    is(&shop, &arn, Ending::Succeeded);
    assert_eq!(shown(&shop), first);
    let api = shop.step(&arn, "api");
    let again = api.changes.iter().filter(|change| change.switching && change.wave == api.behind);
    assert_eq!((again.count(), api.behind.is_some()), (1, true), "{:?}", api.changes);
}

#[test]
fn the_first_release_is_undone_down_to_the_stack_and_what_stays_is_named() {
    let program = program();
    let mut shop = bare(&program, &watched());
    let arn = is_undone(&mut shop, "1.0.0", ALARM);
    went_back_last(&shop, &arn);
    assert!(shop.world().cloudformation().named(STACK).is_err());
    let functions = shop.world().lambda().functions.clone();
    assert!(!functions.contains_key("shop-api") && !functions.contains_key(WORKER));
    // What holds data is kept, and belongs to no stack any more.
    assert!(shop.world().s3().buckets.contains_key("shop-web"));
    let warnings = shop.step(&arn, "infra").warnings;
    assert!(warnings.iter().any(|warning| warning.contains("shop-web")), "{warnings:?}");
}

/// The stack makes the alarm, and its bucket stands in the address, at which nothing is before the last wave.
#[test]
fn gates_that_the_release_makes_itself_let_the_first_one_pass_and_take_a_red_one_back() {
    const OWN: &str = "alarms: [shop-infra-errors]
  probes: [{url: \"https://e1.cloudfront.net/?of=${infra.web_bucket}\"}]";
    let program = program();
    let mut shop = bare(&program, &watched().replace("alarms: [shop-5xx]", OWN));
    let arn = deploys(&mut shop, "1.0.0-watched");
    let first = shown(&shop);
    let id = shop.deployment(&arn).id;
    let waves = [0, 1, 2].map(|wave| {
        let judged: Judgement = run(ledger::require(shop.world(), &ledger::judgement(&id, wave))).unwrap().value;
        let of_all = judged.measurements.into_iter().filter(|one| one.component.is_none());
        of_all.map(|one| (one.counts_later, one.verdict)).collect::<Vec<_>>()
    });
    let later = vec![(true, Verdict::Unknown); 2];
    assert_eq!(waves, [later.clone(), later, vec![(false, Verdict::Pass); 2]]);

    is_undone(&mut shop, "1.1.0-watched", ERRORS);
    assert_eq!(shown(&shop), first);
}

/// A plan alone leaves no stack and no change set, and does not know yet what the stack will give.
#[test]
fn a_plan_of_all_makes_nothing() {
    let program = program();
    let mut shop = bare(&program, &watched());
    let mut request = shop.release("1.0.0", &ALL);
    request["plan"] = true.into();
    let arn = shop.start(&request);
    shop.region.run();
    assert!(shop.path(&arn).ends_with("Planned"), "{}", shop.path(&arn));
    assert!(shop.world().cloudformation().named(STACK).is_err());
}
