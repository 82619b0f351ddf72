//! `GET /stats`: figures from the ledger, compared with a script of the same months that is counted another way.

use crate::api::apps::listed;
use crate::api::call::{call, get, post, program, refused};
use serde_json::{Value, json};
use windlass_domain::deployment::Deployment;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi, Transacted};
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

const HOUR: u64 = 3_600_000;

/// Writes the record of a deployment, so many hours before now, from a commit so many hours before that.
pub fn record(shop: &Shop<'_>, ago_h: u64, action: &str, ending: &str, lead_h: Option<u64>) {
    let accepted = shop.world().now().0 - ago_h * HOUR;
    let id = format!("{accepted:016x}");
    let git = lead_h.map(|lead| {
        let time = Time(accepted - lead * HOUR).to_string();
        json!({"ref": "refs/heads/main", "commit": "9f2c111", "time": time})
    });
    let record: Deployment = serde_json::from_value(json!({
        "id": id, "app": "shop", "environment": "prod", "action": action, "attempt": 1,
        "release": {"app": "shop", "version": id, "git": git, "components": {}},
        "release_digest": format!("{accepted:064x}"), "declaration": "1.0.0", "requester": {"route": "s3"},
        "order": {"accepted": accepted, "id": id}, "allow_older": false, "accept_red": false, "again": false,
        "by_person": false, "accepted": accepted, "started": accepted, "executions": [], "status": "ended",
        "ending": {"ending": ending, "cause_name": "", "cause": "", "at": accepted + HOUR,
            "cost": {"transitions": 40, "worked_ms": 0, "dollars": 0.5}},
    }))
    .unwrap();
    let key = ledger::deployment(&record.id);
    let place = ledger::history_index(record.environment_id(), record.accepted, &record.id);
    let stored = Stored { key, rev: 0, value: record };
    let write = stored.put_indexed(Some(place)).unwrap();
    let written = run(DynamoDbApi::transact(shop.world(), vec![write]));
    assert_eq!(written.unwrap(), Transacted::Done);
}

fn prod(app: &Value) -> &Value {
    let mut all = app["environments"].as_array().unwrap().iter();
    all.find(|one| one["environment"] == "prod").unwrap()
}

/// Four months with a release a day. Every fifth is undone, and the time of the commit is unknown on every seventh day.
#[test]
fn a_window_of_a_scripted_history_comes_to_what_the_script_says() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    listed(&shop, FUNCTIONS);
    let script = |day: u64| {
        let ending = if day.is_multiple_of(5) { "RolledBack" } else { "Succeeded" };
        (ending, (!day.is_multiple_of(7)).then_some(day))
    };
    for day in 1..=120 {
        let (ending, lead) = script(day);
        record(&shop, day * 24 - 1, "deploy", ending, lead);
    }
    for days in [1, 30, 90] {
        let app = get(&shop, &format!("/apps/shop/stats?days={days}"));
        let stats = prod(&app);
        let seen = &stats["figures"];
        let undone = (1..=days).filter(|day| script(*day).0 == "RolledBack").count();
        let good = (1..=days).filter(|day| script(*day).0 == "Succeeded");
        let mut leads: Vec<u64> = good.clone().filter_map(|day| script(day).1).collect();
        leads.sort_unstable();
        assert_eq!(seen["live"], good.clone().count(), "{days}");
        assert_eq!(seen["failed"], undone, "{days}");
        assert_eq!(seen["changes"], days, "{days}");
        let without = good.filter(|day| script(*day).1.is_none()).count();
        assert_eq!(seen["without_commit_time"], without, "{days}");
        let median = leads[leads.len().div_ceil(2) - 1] + 1;
        assert_eq!(seen["lead_time"]["median_ms"], median * HOUR, "{days}");
        let restored = if undone > 0 { json!(HOUR) } else { Value::Null };
        assert_eq!(seen["time_to_restore"]["median_ms"], restored, "{days}");
        let months = app["cost_by_month"].as_object().unwrap().values();
        let dollars: f64 = months.map(|month| month["dollars"].as_f64().unwrap()).sum();
        #[allow(clippy::cast_precision_loss)]
        let expected = days as f64 * 0.5;
        assert!((dollars - expected).abs() < 1e-9, "{days}: {dollars}");
        assert_eq!(stats["cut"], false);
    }
    // The figures of all applications are the same, and a real deployment counts as well.
    post(&mut shop, "1.0.0");
    shop.region.run();
    let all = get(&shop, "/stats");
    assert_eq!((all["apps"].as_array().unwrap().len(), &all["next"]), (1, &Value::Null));
    assert_eq!(prod(&all["apps"][0])["figures"]["changes"], 31);
    let one = &get(&shop, "/apps/shop/stats?environment=prod")["environments"];
    assert_eq!(one.as_array().unwrap().len(), 1);
}

#[test]
fn a_long_history_is_cut_and_says_so() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    for hour in 1..=1_200 {
        record(&shop, hour, "deploy", "Succeeded", None);
    }
    let app = get(&shop, "/apps/shop/stats?days=90&environment=prod");
    let stats = prod(&app);
    let from = shop.world().now().0 - 1_000 * HOUR;
    assert_eq!((&stats["cut"], &stats["from"]), (&json!(true), &json!(from)));
    assert_eq!(stats["figures"]["live"], 1_000);
    let app = get(&shop, "/apps/shop/stats?days=10&environment=prod");
    assert_eq!(prod(&app)["cut"], false);
    assert_eq!(prod(&app)["figures"]["live"], 240);
}

#[test]
fn a_window_and_a_name_that_are_none_are_refused() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    for (address, expected) in [
        ("/apps/shop/stats?days=0", (400, vec!["BadValue"])),
        ("/apps/shop/stats?days=367", (400, vec!["BadValue"])),
        ("/stats?days=many", (400, vec!["BadValue"])),
        ("/stats?environment=prod", (400, vec!["UnknownField"])),
        ("/apps/shop/stats?environment=prd", (404, vec!["UnknownName"])),
        ("/apps/shpo/stats", (404, vec!["NoDeclaration"])),
    ] {
        let reply = call(&shop, "GET", address, None);
        assert_eq!(refused(&reply), expected, "{address}");
    }
    assert_eq!(get(&shop, "/stats"), json!({"apps": [], "next": null}));
}
