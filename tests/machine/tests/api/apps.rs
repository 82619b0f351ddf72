//! `GET /apps`: all applications with their environments, page by page.

use crate::api::call::{PROD, call, get, post, program, refused, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::declaration::{Declaration, Declared};
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi, Transacted};
use windlass_machine::shop::{FUNCTIONS, ONE_FUNCTION, Shop};
use windlass_world::run::run;

/// Puts a declaration in force as its upload does, with its place in the list.
pub fn listed(shop: &Shop<'_>, text: &str) {
    let declaration = Declaration::parse(text).unwrap();
    let key = ledger::declaration_in_force(declaration.app());
    let declared = Declared::new(&declaration, text, shop.world().now(), None);
    let before = run(DynamoDbApi::get(shop.world(), &key)).unwrap();
    let stored = Stored { key, rev: before.map_or(0, |item| item.rev), value: declared };
    let write = stored.put_indexed(Some(ledger::application_index(declaration.app())));
    let written = run(DynamoDbApi::transact(shop.world(), vec![write.unwrap()]));
    assert_eq!(written.unwrap(), Transacted::Done);
}

fn environments(app: &Value) -> Vec<(&str, bool)> {
    let all = app["environments"].as_array().unwrap().iter();
    all.map(|one| {
        let name = one["environment"].as_str().unwrap();
        (name, one["declared"].as_bool().unwrap())
    })
    .collect()
}

fn prod_of(all: &Value) -> &Value {
    let mut environments = all["apps"][0]["environments"].as_array().unwrap().iter();
    environments.find(|one| one["environment"] == "prod").unwrap()
}

#[test]
fn each_environment_is_shown_with_what_runs_holds_works_and_waits() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    assert_eq!(get(&shop, "/apps"), json!({"apps": [], "next": null}), "nothing was uploaded");
    listed(&shop, FUNCTIONS);
    let empty = get(&shop, "/apps");
    assert_eq!(prod_of(&empty)["verified_good"], false, "nobody judged what is not there");
    post(&mut shop, "1.0.0");
    shop.region.run();
    let held = call(&shop, "PUT", &format!("{PROD}/hold"), Some(json!({"reason": "a sale"})));
    assert_eq!(held.status, 202);
    shop.region.step();
    shop.region.run();
    let all = get(&shop, "/apps");
    let app = &all["apps"][0];
    assert_eq!((&app["app"], &app["declaration"]["version"]), (&json!("shop"), &json!("1.0.0")));
    let alone = get(&shop, PROD);
    let prod = prod_of(&all);
    for member in ["hold", "lock", "waiting", "snapshot", "deployments"] {
        assert_eq!(prod[member], alone[member], "{member}: the same as of the environment alone");
    }
    let (here, there) = (&prod["running"]["api"], &alone["running"]["api"]);
    for member in ["version", "deployment", "since", "brought"] {
        assert_eq!(here[member], there[member], "{member}");
    }
    assert_eq!(here["version"], "1.0.0");
    assert_eq!(prod["verified_good"], true, "a deployment was judged good");
    assert_eq!(here["state"], Value::Null, "what may be long is shown of one environment at a time");
    // The lock and the waiting deployments.
    let address = format!("{PROD}/hold?reason=over");
    assert_eq!(call(&shop, "DELETE", &address, None).status, 202);
    shop.region.step();
    shop.region.run();
    let (_, execution) = post(&mut shop, "1.1.0");
    until(&mut shop, &execution, "Bake");
    let all = get(&shop, "/apps");
    let lock = &prod_of(&all)["lock"];
    assert_eq!(lock["held"]["state"], "running", "{all}");
}

#[test]
fn what_had_no_gate_is_not_verified_good_and_is_gone_back_to_all_the_same() {
    let program = program();
    let (without, _) = ONE_FUNCTION.split_once("gates:").unwrap();
    for (declaration, unmeasured) in [(ONE_FUNCTION, json!([])), (without, json!(["api"]))] {
        let mut shop = Shop::new(&program, declaration);
        listed(&shop, declaration);
        for version in ["1.0.0", "1.1.0"] {
            shop.deploy(version, &["api"]);
            shop.region.run();
        }
        shop.act("rollback");
        shop.region.run();
        let here = get(&shop, PROD);
        assert_eq!(here["running"]["api"]["version"], "1.0.0", "{here}");
        let all = get(&shop, "/apps");
        for one in [&here, prod_of(&all)] {
            assert_eq!(one["verified_good"], unmeasured == json!([]), "{one}");
            assert_eq!(one["unmeasured"], unmeasured, "{one}");
        }
        let snapshots = get(&shop, &format!("{PROD}/snapshots"));
        for one in snapshots["snapshots"].as_array().unwrap() {
            // The first one was found, and nobody judged it.
            let passed = one["number"] != 1;
            assert_eq!(one["verified_good"], passed && unmeasured == json!([]), "{one}");
            assert_eq!(one["unmeasured"], if passed { unmeasured.clone() } else { json!([]) }, "{one}");
        }
    }
}

#[test]
fn an_environment_that_left_the_declaration_is_listed_while_the_ledger_knows_it() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    listed(&shop, FUNCTIONS);
    let declared = environments(&get(&shop, "/apps")["apps"][0]).len();
    post(&mut shop, "1.0.0");
    shop.region.run();
    let all = get(&shop, "/apps");
    let before = environments(&all["apps"][0]);
    assert!(before.contains(&("prod", true)) && before.len() == declared, "{before:?}");
    let text = FUNCTIONS.replace("version: 1.0.0", "version: 1.1.0").replace("prod:", "live:");
    listed(&shop, &text);
    let all = get(&shop, "/apps");
    let after = environments(&all["apps"][0]);
    assert_eq!(after.last(), Some(&("prod", false)), "{after:?}");
    assert!(after.contains(&("live", true)) && after.len() == declared + 1, "{after:?}");
}

#[test]
fn each_application_is_on_one_page_however_many_environments_there_are() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let names = |of: u32| (0..of).map(|n| format!("e{n}: {{}}")).collect::<Vec<_>>().join(", ");
    for number in 0..23 {
        let of = if number % 3 == 0 { 12 } else { 1 };
        let text = format!(
            "{{app: app-{number:02}, version: 1.0.0, environments: {{{}}}, \
             components: {{web: {{kind: static_site, bucket: 'web-{number}-{{environment}}'}}}}}}",
            names(of)
        );
        listed(&shop, &text);
    }
    for limit in [1, 4, 20, 100] {
        let (mut seen, mut after, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = get(&shop, &format!("/apps?limit={limit}{after}"));
            let apps = page["apps"].as_array().unwrap();
            assert!(!apps.is_empty() && apps.len() <= limit, "{limit}");
            let rows: usize = apps.iter().map(|app| environments(app).len()).sum();
            assert!(rows <= 40 + 5 * 12, "a page is bounded: {rows}");
            seen.extend(apps.iter().map(|app| app["app"].as_str().unwrap().to_owned()));
            pages += 1;
            let Some(next) = page["next"].as_str() else {
                break;
            };
            after = format!("&after={next}");
        }
        let each: BTreeSet<&String> = seen.iter().collect();
        assert_eq!((seen.len(), each.len()), (23, 23), "{limit}: each once");
        assert!(seen.is_sorted(), "{limit}");
        assert!(limit < 100 || pages > 1, "100 are not read at once: {pages}");
    }
    for bad in ["/apps?limit=0", "/apps?environment=prod"] {
        assert_eq!(refused(&call(&shop, "GET", bad, None)).0, 400, "{bad}");
    }
    assert_eq!(refused(&call(&shop, "POST", "/apps", None)).0, 404);
}
