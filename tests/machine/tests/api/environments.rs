//! Environments, their snapshots and holds.

use crate::api::call::{CI, PROD, RELEASES, STARTS, begun, call, declare, get, post, program, refused, release, until};
use serde_json::{Value, json};
use windlass_engine::ports::Clock;
use windlass_machine::shop::{ALARM, FUNCTIONS, Shop};

#[test]
fn automatic_deployments_are_held_by_put_and_released_by_delete() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let hold = format!("{PROD}/hold");
    let unreasoned = call(&shop, "PUT", &hold, None);
    assert_eq!(refused(&unreasoned), (400, vec!["MissingField"]));
    let reply = call(&shop, "PUT", &hold, Some(json!({"reason": "a sale"})));
    assert_eq!(reply.status, 202);
    shop.region.step();
    shop.region.run();
    let environment = get(&shop, PROD);
    assert_eq!(environment["hold"]["reason"], "a sale");
    assert_eq!(environment["hold"]["by"], CI);
    let address = format!("{hold}?reason=it is over");
    assert_eq!(call(&shop, "DELETE", &address, None).status, 202);
    shop.region.step();
    shop.region.run();
    assert_eq!(get(&shop, PROD)["hold"], Value::Null);
}

/// Every row says who made it, even one that goes back to what was there before Windlass.
#[test]
fn a_snapshot_of_a_rollback_to_what_was_found_names_who_asked_and_why() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let rollback = json!({"snapshot": 1, "reason": "all is broken"});
    let path = format!("{PROD}/rollbacks");
    assert_eq!(call(&shop, "POST", &path, Some(rollback)).status, 202);
    shop.region.step();
    shop.region.run();
    let snapshots = get(&shop, &format!("{PROD}/snapshots"));
    let made = &snapshots["snapshots"][0];
    assert_eq!((&made["version"], &made["present"]), (&json!("before-windlass"), &json!(true)));
    let asked = &made["asked"];
    assert_eq!((&asked["action"], &asked["reason"]), (&json!("rollback"), &json!("all is broken")));
    assert_eq!(asked["requester"]["principal"], CI);
    assert!(asked["started"].as_u64() <= asked["ended"].as_u64() && asked["started"].is_u64());
    // The row has the same components as the history, even for those that went back to what was found.
    let history = get(&shop, "/apps/shop/deployments?environment=prod");
    let last = &history["deployments"][0];
    assert_eq!(last["action"], "rollback", "{history}");
    assert_eq!(last["components"], json!(["api", "jobs"]));
    assert_eq!(asked["components"], last["components"]);
}

/// A running release has the same name in every answer, and the deployment that brought its bytes stands beside it.
#[test]
fn a_release_whose_bytes_run_is_what_runs_in_every_list() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    let mut same = release(&mut shop, "1.1.0");
    same["version"] = "1.2.0".into();
    let (id, _) = begun(&call(&shop, "POST", RELEASES, Some(same)));
    shop.region.run();
    let record = get(&shop, &format!("/apps/shop/deployments/{id}"));
    assert_eq!(record["deployment"]["ending"]["cause_name"], "AlreadyThere");
    let now = record["now"]["text"].as_str().unwrap();
    assert!(now.contains("  api: 1.2.0 since ") && now.contains("; its bytes came with 1.1.0 by deployment "), "{now}");
    let api = get(&shop, PROD)["running"]["api"].take();
    assert_eq!((&api["version"], &api["deployment"]), (&json!("1.2.0"), &json!(id)));
    assert_eq!(api["brought"]["version"], "1.1.0");
    let snapshots = get(&shop, &format!("{PROD}/snapshots"));
    let rows = |n: usize| snapshots["snapshots"][n].clone();
    assert_eq!((&rows(0)["version"], &rows(0)["present"]), (&json!("1.2.0"), &json!(true)));
    assert_eq!(rows(0)["components"]["api"]["brought"], api["brought"]);
    assert_eq!((&rows(0)["replaced"], &rows(0)["verified_good"]), (&rows(1)["replaced"], &json!(true)));
    // A rollback goes to the release before both names.
    let path = format!("{PROD}/rollbacks");
    call(&shop, "POST", &path, Some(json!({"reason": "broken"})));
    shop.region.step();
    shop.region.run();
    assert_eq!(get(&shop, PROD)["running"]["api"]["version"], "1.0.0");
}

#[test]
fn snapshots_are_paged_newest_first_and_show_what_a_rollback_would_skip() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    // 1.0.0 comes again, and is undone this time.
    let mut again = release(&mut shop, "1.0.0");
    again["again"] = true.into();
    again["allow_older"] = true.into();
    again["reason"] = "to see".into();
    let (_, execution) = begun(&call(&shop, "POST", STARTS, Some(again)));
    until(&mut shop, &execution, "Bake");
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    shop.region.run();
    let snapshots = format!("{PROD}/snapshots");
    let first = get(&shop, &format!("{snapshots}?limit=2"));
    let listed = |page: &Value| -> Vec<String> {
        let all = page["snapshots"].as_array().unwrap().iter();
        let words = ["number", "version", "replaced", "present", "verified_good", "vetoed"];
        all.map(|one| words.map(|word| one[word].to_string()).join(" ")).collect()
    };
    let newest = [r#"3 "1.1.0" 2 true true false"#, r#"2 "1.0.0" 1 false true true"#];
    assert_eq!(listed(&first), newest);
    let component = &first["snapshots"][0]["components"]["api"];
    assert_eq!(component["version"], "1.1.0");
    assert_eq!(component["artifact"]["key"], "artifacts/shop/prod/api/1.1.0.zip");
    let next = first["next"].as_str().unwrap();
    let second = get(&shop, &format!("{snapshots}?limit=2&after={next}"));
    let oldest = r#"1 "before-windlass" 0 false false false"#;
    assert_eq!(listed(&second), [oldest]);
    assert_eq!(second["next"], Value::Null);
    let bad = call(&shop, "GET", &format!("{snapshots}?after=nonsense"), None);
    assert_eq!(refused(&bad), (400, vec!["BadValue"]));
    let finding = &bad.body["findings"][0];
    assert_eq!(finding["path"], "?after");
    assert!(finding["remedy"].as_str().unwrap().contains("`next` of the page before"));
    let unknown = "/apps/shop/environments/nosuch/snapshots";
    assert_eq!(call(&shop, "GET", unknown, None).status, 404);
}

#[test]
fn an_environment_shows_what_runs_and_who_holds_the_lock() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let during = get(&shop, PROD);
    assert_eq!(during["lock"]["held"]["deployment"], id);
    assert_eq!(during["lock"]["held"]["state"], "running");
    shop.region.run();
    let after = get(&shop, PROD);
    assert_eq!(after["running"]["api"]["version"], "1.0.0");
    assert_eq!(after["running"]["api"]["deployment"], id);
    assert_eq!(after["lock"]["held"], Value::Null);
    assert_eq!(after["waiting"], json!([]));
}

#[test]
fn what_left_the_declaration_is_listed_apart_with_the_version_that_left_it_out() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let names = |environment: &Value, of: &str| -> Vec<String> {
        environment[of].as_object().unwrap().keys().cloned().collect()
    };
    let environment = get(&shop, PROD);
    let ran = names(&environment, "running");
    assert!(ran.len() > 1 && names(&environment, "no_longer_declared").is_empty());
    let gone = ran.first().unwrap();
    let line = |line: &&str| !line.trim_start().starts_with(&format!("{gone}:"));
    let without: Vec<&str> = FUNCTIONS.lines().filter(line).collect();
    let without = without.join("\n").replace("version: 1.0.0", "version: 1.1.0");
    let at = shop.world().now();
    declare(&shop, &without);
    let environment = get(&shop, PROD);
    assert_eq!(names(&environment, "running"), ran[1..]);
    assert_eq!(names(&environment, "no_longer_declared"), ran[..1]);
    let left = &environment["no_longer_declared"][gone];
    assert_eq!(left["version"], "1.0.0");
    assert_eq!(left["left"]["declaration"], "1.1.0");
    assert!(left["left"]["at"].as_u64() >= Some(at.0));
}
