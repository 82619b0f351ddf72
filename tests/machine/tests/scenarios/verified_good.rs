//! What is verified good: what a gate measured, and what ran. A rollback that names no snapshot goes there first.

use crate::scenarios::scene::{ended, program};
use windlass_domain::environment::Snapshot;
use windlass_domain::release::ending::Ending;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::text::finding::FindingName;
use windlass_domain::text::name::{AppName, ComponentName, EnvironmentName};
use windlass_engine::ledger;
use windlass_machine::shop::{ALARM, ONE_FUNCTION, SERVICE_AND_FUNCTION, Shop};
use windlass_world::run::run;

/// Returns the snapshot of what runs.
fn present(shop: &Shop<'_>) -> Snapshot {
    let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
    let key = ledger::snapshot(EnvironmentId::new(&app, &prod), shop.environment().snapshot);
    run(ledger::require(shop.world(), &key)).unwrap().value
}

/// Releases these components, and returns the text of the ending.
fn succeeds(shop: &mut Shop<'_>, version: &str, components: &[&str]) -> String {
    let arn = shop.deploy(version, components);
    shop.region.run();
    let ended = ended(shop, &arn);
    assert_eq!(ended.ending, Ending::Succeeded, "{version}: {}", ended.cause.written());
    ended.cause.written()
}

/// Goes back without a number. Returns the text of the ending, and whether the plan warns that nothing was measured.
fn goes_back(shop: &mut Shop<'_>) -> (String, bool) {
    let arn = shop.act("rollback");
    shop.region.run();
    let plan = run(ledger::require(shop.world(), &ledger::plan(&shop.deployment(&arn).id))).unwrap().value;
    let is_warned = plan.warnings.iter().any(|warning| warning.name == FindingName::NothingMeasured);
    (ended(shop, &arn).cause.written(), is_warned)
}

fn version_of(shop: &Shop<'_>, component: &str) -> String {
    shop.environment().running[&ComponentName::new(component).unwrap()].version().to_owned()
}

/// The one gate is unknown at the end of some releases, and the declaration lets them pass all the same.
#[test]
fn what_no_gate_measured_is_gone_back_to_only_where_nothing_measured_is_there() {
    let program = program();
    let declaration = format!("{ONE_FUNCTION}  unknown: {{becomes: pass}}\n");
    let none = "passed; nothing was measured of api";
    // Whether the alarm knew each of three releases; where a rollback from the last goes; whether that was measured.
    let table = [
        ([true, true, true], "1.1.0", true),
        ([true, false, true], "1.0.0", true),
        ([true, true, false], "1.1.0", true),
        ([false, false, true], "1.1.0", false),
        ([false, false, false], "1.1.0", false),
    ];
    for (known, goal, is_good) in table {
        let mut shop = Shop::new(&program, &declaration);
        for (version, is_known) in ["1.0.0", "1.1.0", "1.2.0"].into_iter().zip(known) {
            let (state, points): (&str, &[f64]) = if is_known { ("OK", &[0.0]) } else { ("INSUFFICIENT_DATA", &[]) };
            shop.world().set_alarm(ALARM, state, points);
            let cause = succeeds(&mut shop, version, &["api"]);
            assert_eq!(cause.contains(none), !is_known, "{known:?}: {cause}");
            assert_eq!(present(&shop).is_verified_good(), is_known, "{known:?} {version}");
        }
        let (cause, is_warned) = goes_back(&mut shop);
        assert_eq!(version_of(&shop, "api"), goal, "{known:?}: {cause}");
        assert_eq!(present(&shop).is_verified_good(), is_good, "{known:?}: as good as its goal");
        assert_eq!((cause.contains(none), is_warned), (!is_good, !is_good), "{known:?}: {cause}");
    }
}

/// The alarm is OK, and says nothing of a release that nothing ran. A component that stays as it is is no reason against
/// a snapshot.
#[test]
fn what_nothing_ran_succeeds_and_is_not_verified_good() {
    let program = program();
    let table = [
        ("agent", "api", "passed; nothing ran agent (the service wants 0 tasks)"),
        ("api", "agent", "passed; nothing ran api (the function has a reserved concurrency of 0)"),
    ];
    for (idle, other, words) in table {
        let mut shop = Shop::new(&program, SERVICE_AND_FUNCTION);
        succeeds(&mut shop, "1.0.0", &["agent", "api"]);
        assert!(present(&shop).is_verified_good(), "{idle}");
        if idle == "api" {
            shop.world().lambda().named("shop-api").unwrap().reserved = Some(0);
        } else {
            let mut services = shop.world().ecs();
            let live = services.service_mut("shop", "agent");
            live.service.desired = 0;
            live.service.deployments[0].running = 0;
            live.tasks.clear();
        }
        let cause = succeeds(&mut shop, "1.1.0", &[idle]);
        assert!(cause.contains(words), "{cause}");
        assert_eq!(present(&shop).doubts().to_string(), words);
        // What another release says of its own does not repeat it, and the snapshot keeps it.
        let cause = succeeds(&mut shop, "1.2.0", &[other]);
        assert!(!cause.contains("nothing ran"), "{cause}");
        assert_eq!(present(&shop).doubts().to_string(), words);
        for (versions, is_good) in [(["1.1.0", "1.0.0"], false), (["1.0.0", "1.0.0"], true)] {
            let (cause, is_warned) = goes_back(&mut shop);
            assert_eq!([idle, other].map(|name| version_of(&shop, name)), versions, "{cause}");
            assert_eq!((present(&shop).is_verified_good(), is_warned), (is_good, false), "{cause}");
        }
    }
}
