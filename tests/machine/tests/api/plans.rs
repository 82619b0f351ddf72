//! Plans through the API: the request, the answers until the plan is drawn, and the refusals.

use crate::api::call::{CI, call, call_with, get, program, refused, release};
use serde_json::{Value, json};
use windlass_domain::shown::planned::KEPT_S;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::Clock;
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

const PLANS: &str = "/apps/shop/environments/prod/plans";

/// Asks for a plan. Returns the path by which it is shown.
fn asked(shop: &Shop<'_>, body: Value) -> String {
    let reply = call(shop, "POST", PLANS, Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    let id = reply.body["id"].as_str().unwrap();
    let path = format!("/apps/shop/plans/{id}");
    assert_eq!(reply.body["status"], format!("https://windlass.example{path}"));
    path
}

#[test]
fn a_plan_is_asked_for_as_its_release_is_and_shown_once_it_is_drawn() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let path = asked(&shop, body.clone());
    let early = call(&shop, "GET", &path, None);
    assert_eq!(refused(&early), (404, vec!["UnknownName"]));
    shop.region.step();
    let known = call(&shop, "GET", &path, None);
    assert_eq!((known.status, &known.body["turn"]["becomes"]), (202, &json!("goes")));
    shop.region.run();
    let planned = get(&shop, &path);
    assert_eq!(planned["drawn"]["plan"]["outcome"], "change");
    assert_eq!(planned["deployment"]["requester"]["principal"], CI);
    assert_eq!(planned["drawn"]["changes"]["api"]["to"]["version"], "1.0.0");
    assert_eq!(planned["drawn"]["changes"]["api"].get("from"), None);
    // Nobody learns of it by another application's path, and it is no deployment.
    let of_another = call(&shop, "GET", &path.replace("shop", "other"), None);
    assert_eq!(refused(&of_another), (404, vec!["UnknownName"]));
    let history = get(&shop, "/apps/shop/deployments?environment=prod");
    assert_eq!(history["deployments"], json!([]));
    // The plan records no version, so 1.0.0 can still be another release.
    let version = call(&shop, "GET", "/apps/shop/releases/1.0.0", None);
    assert_eq!(refused(&version), (404, vec!["UnknownName"]));
    // The ledger still has it a day later.
    run(shop.world().sleep_ms(KEPT_S * 1000));
    let expired = call(&shop, "GET", &path, None);
    assert_eq!(refused(&expired), (404, vec!["UnknownName"]));
}

#[test]
fn a_plan_of_a_candidate_where_stable_versions_go_says_so() {
    let program = program();
    let stable = FUNCTIONS.replace("branch: main", "tag: stable");
    assert_ne!(stable, FUNCTIONS);
    for (version, wanted) in [
        ("1.0.0", "It would begin at once."),
        (
            "1.1.0-rc.1",
            "It would begin at once. prod takes tags such as `v1.4.0`; 1.1.0-rc.1 is none, and goes there only because \
             somebody names it.",
        ),
    ] {
        let mut shop = Shop::new(&program, &stable);
        let body = release(&mut shop, version);
        let path = asked(&shop, body);
        shop.region.run();
        assert_eq!(get(&shop, &path)["turn"]["text"], wanted);
    }
}

#[test]
fn the_same_key_is_the_same_plan_and_another_content_is_refused() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let ask = |body: &Value| call_with(&shop, Some("one"), "POST", PLANS, Some(body.clone()));
    assert_eq!(ask(&body).body, ask(&body).body);
    let mut other = body;
    other["reason"] = json!("another one");
    let other = ask(&other);
    assert_eq!(refused(&other), (409, vec!["KeyReused"]));
}

#[test]
fn a_plan_with_a_key_is_judged_as_a_request_of_its_own_and_one_without_as_an_arrival() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    shop.deploy("1.0.0", &["api", "jobs"]);
    shop.region.run();
    let arn = shop.deploy("1.1.0", &["api", "jobs"]);
    assert!(shop.region.run_until(&arn, "Bake"));
    shop.region.stop(&arn);
    shop.region.run();
    for (key, becomes) in [(None, "refused"), (Some("a person's"), "goes")] {
        let body = json!({"version": "1.1.0"});
        let reply = call_with(&shop, key, "POST", PLANS, Some(body));
        let path = format!("/apps/shop/plans/{}", reply.body["id"].as_str().unwrap());
        shop.region.run();
        let planned = get(&shop, &path);
        assert_eq!(planned["turn"]["becomes"], becomes, "{key:?} {planned}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_answered_at_once() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let mut unknown = body.clone();
    unknown["components"]["wbe"] = unknown["components"]["api"].clone();
    let mut flagged = body;
    flagged["plan"] = json!(true);
    let table = [
        (unknown, (400, vec!["UnknownName"])),
        (flagged, (400, vec!["UnknownField"])),
        (json!({"version": "9.9.9"}), (404, vec!["UnknownName"])),
        (json!({}), (400, vec!["MissingField", "MissingField"])),
        (json!({"action": "hold"}), (400, vec!["BadValue"])),
        (json!({"action": 1}), (400, vec!["BadValue"])),
        (json!({"action": "rollback", "version": "1.0.0"}), (400, vec!["UnknownField"])),
    ];
    for (body, wanted) in table {
        let reply = call(&shop, "POST", PLANS, Some(body.clone()));
        assert_eq!(refused(&reply), wanted, "{body}");
    }
}

#[test]
fn a_plan_that_could_not_be_drawn_says_why() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let path = asked(&shop, body);
    shop.region.step();
    let fault = Fault::new(FaultName::Internal, "it cannot be read");
    let look = "lambda.alias";
    shop.world().mishaps().refused.insert(look, fault);
    shop.region.run();
    let planned = get(&shop, &path);
    let failed = planned["failed"].as_str().unwrap();
    assert!(failed.contains("Nothing was changed. Ask for the plan again."), "{failed}");
    assert_eq!(planned.get("drawn"), None);
}

#[test]
fn a_check_is_asked_for_without_a_release_and_takes_nothing_else() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let path = asked(&shop, json!({"action": "check"}));
    shop.region.run();
    let checked = get(&shop, &path);
    assert_eq!(checked["deployment"]["action"], "check");
    assert_eq!(checked["drawn"]["plan"]["findings"], json!([]));
    assert_eq!(checked["drawn"]["changes"], json!({}));
    for more in [json!({"version": "1.0.0"}), json!({"reason": "so"})] {
        let mut body = more;
        body["action"] = json!("check");
        let reply = call(&shop, "POST", PLANS, Some(body));
        assert_eq!(refused(&reply), (400, vec!["UnknownField"]));
    }
    let nowhere = PLANS.replace("prod", "prd");
    let reply = call(&shop, "POST", &nowhere, Some(json!({"action": "check"})));
    assert_eq!(refused(&reply), (404, vec!["UnknownName"]));
}
