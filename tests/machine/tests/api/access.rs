//! The API under access files: whom each route serves, what a refused call starts and records, and what a list leaves
//! out.

use crate::api::apps::listed;
use crate::api::call::{CI, PROD, RELEASES, STARTS, begun, call, call_by, executions, get, program, refused, release};
use serde_json::{Map, Value, json};
use windlass_domain::access::{AccessFile, AccessItem};
use windlass_domain::release::api_routes::{ApiRoute, ROUTES, Right, RouteName};
use windlass_domain::release::request::ObjectRef;
use windlass_domain::text::name::AppName;
use windlass_engine::ledger::{self, Stored};
use windlass_engine::ports::{Clock, DynamoDbApi, Transacted};
use windlass_machine::shop::{FUNCTIONS, Shop};
use windlass_world::run::run;

const LEAD: &str = "arn:aws:sts::111111111111:assumed-role/leads/ann";
const DEV: &str = "arn:aws:sts::111111111111:assumed-role/shop-dev/bob";

const FILE: &str = "
app: shop
version: 4
who:
  leads: ['arn:aws:iam::111111111111:role/leads']
  developers: ['arn:aws:iam::111111111111:role/shop-dev']
  ci: ['arn:aws:iam::111111111111:role/ci']
environments:
  dev: {release: [ci, developers]}
  prod: {read: [ci, leads], release: [ci, leads], roll_back: [developers, leads], operate: [leads]}
";

/// Every right is an empty list, so that a route without a decision answers.
const NOBODY: &str = "
app: shop
version: 1
environments:
  prod: {read: [], release: [], roll_back: [], operate: []}
";

/// Puts an access file in force.
fn rule(shop: &Shop<'_>, text: &str) {
    let app = AppName::new("shop").unwrap();
    let (file, digest) = AccessFile::read(text, &app, None).unwrap();
    let object = ObjectRef { key: "access/apps/shop.yaml".into(), version_id: None };
    let accepted = shop.world().now();
    let item = AccessItem { text: text.to_owned(), version: file.version, digest, accepted, object };
    let key = ledger::access(&app);
    let before = run(DynamoDbApi::get(shop.world(), &key)).unwrap();
    let stored = Stored { key, rev: before.map_or(0, |item| item.rev), value: item };
    let written = run(DynamoDbApi::transact(shop.world(), vec![stored.put().unwrap()]));
    assert_eq!(written.unwrap(), Transacted::Done);
}

/// Returns the declaration with an environment `dev` beside `prod`.
fn with_dev() -> String {
    let text = FUNCTIONS.replace("components:\n", "  dev: {}\ncomponents:\n");
    let text = text.replace("function: shop-jobs,", "function: {prod: shop-jobs, dev: shop-jobs-dev},");
    text.replace("function: shop-api,", "function: {prod: shop-api, dev: shop-api-dev},")
}

/// Returns a body without mistakes for a route; no two are the same request.
fn body_of(shop: &mut Shop<'_>, route: &ApiRoute) -> Option<Value> {
    let all = json!({"component": "api", "to_component": "orders", "pattern": "backup/**", "confirm": "shop",
        "deployment": "0123456789abcdef", "hash": "a".repeat(64),
        "reason": "because a test says so"});
    match route.name {
        RouteName::Start => Some(release(shop, "1.0.0")),
        RouteName::StartRecorded => Some(json!({"version": "1.0.0"})),
        _ if route.method == "GET" => None,
        _ => {
            let known = all.as_object().unwrap().clone().into_iter();
            let taken: Map<String, Value> = known.filter(|(name, _)| route.body.contains(&name.as_str())).collect();
            Some(Value::Object(taken))
        }
    }
}

#[test]
fn who_has_no_right_is_refused_by_each_route_of_the_application_and_finds_it_in_no_list() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    listed(&shop, FUNCTIONS);
    rule(&shop, NOBODY);
    let names = json!({"app": "shop", "environment": "prod", "to_app": "bank", "to_environment": "live",
        "id": "0123456789abcdef", "version": "1.0.0"});
    let mut recorded = 0;
    for route in ROUTES {
        let path = route.path(names.as_object().unwrap()).unwrap();
        let at = format!("{} {path}", route.method);
        let body = body_of(&mut shop, route);
        let before = executions(&shop);
        let reply = call(&shop, route.method, &path, body.clone());
        let again = call(&shop, route.method, &path, body);
        assert_eq!(reply, again, "{at}");
        if !route.pattern.contains("{app}") {
            let list = reply.body.get("apps").or(reply.body.get("refusals"));
            assert_eq!((reply.status, list), (200, Some(&json!([]))), "{at}");
            continue;
        }
        let (status, found) = refused(&reply);
        assert!(status == 403 && found.iter().all(|name| *name == "NotAllowed"), "{at}: {}", reply.body);
        let is_recorded = !matches!(route.right, Right::See | Right::Plan);
        assert_eq!(executions(&shop) - before, usize::from(is_recorded), "{at}");
        recorded += usize::from(is_recorded);
    }
    shop.region.step();
    shop.region.run();
    rule(&shop, "app: shop\nversion: 2\nrules: none\n");
    let all = get(&shop, "/apps/shop/refusals?limit=100");
    let all = all["refusals"].as_array().unwrap();
    assert_eq!(all.len(), recorded);
    for one in all {
        assert_eq!((&one["findings"][0]["name"], &one["requester"]["principal"]), (&json!("NotAllowed"), &json!(CI)));
    }
    for (about, environment) in [("upload", "prod"), ("cancel 0123456789abcdef", "prod"), ("rollback", "prod")] {
        let is_it = |one: &&Value| (&one["about"], &one["environment"]) == (&json!(about), &json!(environment));
        assert_eq!(all.iter().filter(is_it).count(), 1, "{about}");
    }
    let prod = get(&shop, PROD);
    assert_eq!((&prod["running"], &prod["hold"], &prod["lock"]["held"]), (&json!({}), &Value::Null, &Value::Null));
}

#[test]
fn each_call_is_held_to_the_rights_of_its_environment() {
    let program = program();
    let declared = with_dev();
    let mut shop = Shop::new(&program, &declared);
    listed(&shop, &declared);
    rule(&shop, FILE);
    let body = release(&mut shop, "1.0.0");
    let (id, execution) = begun(&call_by(&shop, (CI, None), "POST", RELEASES, Some(body.clone())));
    let check = || Some(json!({"action": "check"}));
    let plans = format!("{PROD}/plans");
    let plan = call_by(&shop, (LEAD, None), "POST", &plans, check());
    let plan = format!("/apps/shop/plans/{}", plan.body["id"].as_str().unwrap());
    shop.region.step();
    shop.region.run();
    let of = |path: &str| format!("/apps/shop/{path}");
    let (record, came) = (of(&format!("deployments/{id}")), of(&format!("deployments?execution={execution}")));
    let reason = || Some(json!({"reason": "r"}));
    let again = Some(json!({"version": "1.0.0", "again": true, "reason": "r"}));
    let cancel = format!("{PROD}/deployments/{id}/cancel");
    let move_here = "/hand-overs/shop/dev/shop/prod".to_owned();
    for (who, method, address, body, status) in [
        (DEV, "GET", PROD.to_owned(), None, 403),
        (LEAD, "GET", PROD.to_owned(), None, 200),
        (DEV, "GET", of("environments/dev"), None, 200),
        (DEV, "GET", of("deployments?environment=prod"), None, 403),
        (DEV, "GET", of("deployments?environment=dev"), None, 200),
        (DEV, "GET", record.clone(), None, 403),
        (LEAD, "GET", record, None, 200),
        (DEV, "GET", came.clone(), None, 403),
        (LEAD, "GET", came, None, 200),
        (DEV, "GET", plan.clone(), None, 403),
        (LEAD, "GET", plan, None, 200),
        (DEV, "GET", of("stats?environment=prod"), None, 403),
        (DEV, "GET", of("environments?ref=refs/heads/main"), None, 403),
        (LEAD, "GET", of("environments?ref=refs/heads/main"), None, 200),
        (DEV, "GET", of("declaration"), None, 200),
        (DEV, "GET", of("releases/1.0.0"), None, 200),
        (DEV, "GET", move_here.clone(), None, 403),
        (CI, "POST", move_here, reason(), 403),
        (DEV, "POST", RELEASES.to_owned(), Some(body), 403),
        (CI, "POST", STARTS.to_owned(), again, 403),
        (DEV, "POST", plans.clone(), check(), 403),
        (LEAD, "POST", plans, check(), 202),
        (CI, "POST", cancel.clone(), reason(), 403),
        (DEV, "POST", cancel, reason(), 409),
        (CI, "POST", format!("{PROD}/rollbacks"), reason(), 403),
        (DEV, "PUT", format!("{PROD}/hold"), reason(), 202),
        (DEV, "DELETE", format!("{PROD}/hold?reason=r"), None, 403),
    ] {
        let reply = call_by(&shop, (who, None), method, &address, body);
        assert_eq!(reply.status, status, "{who} {method} {address}: {}", reply.body);
    }
    shop.region.step();
    shop.region.run();
    for (who, wanted, refusals) in [(DEV, &["dev"][..], 1), (LEAD, &["prod", "dev"], 6)] {
        let shown = |address: &str| call_by(&shop, (who, None), "GET", address, None).body;
        let named = |list: &Value| -> Vec<String> {
            let names = list.as_array().unwrap().iter();
            names.map(|one| one.get("environment").unwrap_or(one).as_str().unwrap().to_owned()).collect()
        };
        for list in [
            &shown("/apps")["apps"][0]["environments"],
            &shown("/stats")["apps"][0]["environments"],
            &shown("/apps/shop/stats")["environments"],
            &shown("/apps/shop/environments")["environments"],
        ] {
            assert_eq!(named(list), wanted, "{who} {list}");
        }
        let listed = shown("/apps/shop/refusals");
        assert_eq!(listed["refusals"].as_array().unwrap().len(), refusals, "{who} {listed}");
    }
}

#[test]
fn neither_a_key_nor_a_record_of_before_opens_what_is_refused_now() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    rule(&shop, FILE);
    let body = release(&mut shop, "1.0.0");
    let send = |shop: &Shop<'_>, key| call_by(shop, (CI, key), "POST", RELEASES, Some(body.clone()));
    let (id, _) = begun(&send(&shop, Some("k")));
    shop.region.step();
    shop.region.run();
    assert_eq!(begun(&send(&shop, Some("k"))).0, id);
    rule(&shop, &FILE.replace("version: 4", "version: 5").replace("release: [ci, leads]", "release: [leads]"));
    let before = executions(&shop);
    for key in [Some("k"), None, Some("k")] {
        assert_eq!(refused(&send(&shop, key)), (403, vec!["NotAllowed"]), "{key:?}");
    }
    assert_eq!(executions(&shop), before + 1);
    shop.region.step();
    shop.region.run();
    let history = get(&shop, "/apps/shop/deployments?environment=prod");
    let refusals = get(&shop, "/apps/shop/refusals");
    let counted = |list: &Value| list.as_array().unwrap().len();
    assert_eq!((counted(&history["deployments"]), counted(&refusals["refusals"])), (1, 1));
}

/// Returns the refusals that were recorded, each with what it is about and the first next step.
fn recorded(shop: &mut Shop<'_>) -> Vec<(Value, Value)> {
    shop.region.step();
    shop.region.run();
    let all = call_by(shop, (LEAD, None), "GET", "/apps/shop/refusals?limit=100", None).body;
    let all = all["refusals"].as_array().unwrap().iter();
    all.map(|one| (one["findings"][0]["name"].clone(), one["findings"][0]["remedy"].clone())).collect()
}

#[test]
fn wishes_and_bare_versions_are_a_matter_of_rights_where_a_file_gives_them() {
    let program = program();
    let declared = with_dev();
    let mut shop = Shop::new(&program, &declared);
    listed(&shop, &declared);
    rule(&shop, FILE);
    let body = release(&mut shop, "1.0.0");
    begun(&call_by(&shop, (CI, None), "POST", RELEASES, Some(body.clone())));
    shop.region.step();
    shop.region.run();
    let mut wished = body;
    wished["again"] = true.into();
    wished["reason"] = "once more".into();
    let version = json!({"version": "1.0.0"});
    let dev = RELEASES.replace("prod", "dev");
    let mut refusals = Vec::new();
    for (who, path, body, wanted) in [
        (LEAD, RELEASES, &wished, ""),
        (LEAD, RELEASES, &version, ""),
        (CI, RELEASES, &version, ""),
        (CI, RELEASES, &wished, "NotAllowed"),
        (DEV, RELEASES, &version, "NotAllowed"),
        // Nobody is named there who may operate: that is IAM's alone, which sees the path and no wish.
        (DEV, dev.as_str(), &wished, "OperatorsPath"),
    ] {
        let reply = call_by(&shop, (who, None), "POST", path, Some(body.clone()));
        if wanted.is_empty() {
            begun(&reply);
            continue;
        }
        assert_eq!(refused(&reply), (403, vec![wanted]), "{who} {path} {body}");
        refusals.push(json!(wanted));
    }
    let mut found: Vec<Value> = recorded(&mut shop).into_iter().map(|(name, _)| name).collect();
    found.sort_by_key(Value::to_string);
    refusals.sort_by_key(Value::to_string);
    assert_eq!(found, refusals);
}

#[test]
fn who_may_not_cancel_is_shown_what_the_console_can_do() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    listed(&shop, FUNCTIONS);
    rule(&shop, "app: shop\nversion: 1\nenvironments:\n  prod: {roll_back: [console]}\n");
    let cancel = format!("{PROD}/deployments/0123456789abcdef/cancel");
    let mut shown = Vec::new();
    for path in [cancel, format!("{PROD}/rollbacks")] {
        let reply = call_by(&shop, (CI, None), "POST", &path, Some(json!({"reason": "r"})));
        assert_eq!(refused(&reply), (403, vec!["NotAllowed"]), "{path}");
        shown.push(reply.body["findings"][0]["remedy"].clone());
    }
    assert_ne!(shown[0], shown[1], "no input cancels");
    let mut again: Vec<Value> = recorded(&mut shop).into_iter().map(|(_, remedy)| remedy).collect();
    again.sort_by_key(|remedy| *remedy != shown[0]);
    assert_eq!(again, shown, "its record shows the same");
}
