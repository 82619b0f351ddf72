//! Names, parameters and their values must be known, and the API names what is known.

use crate::api::call::{PROD, RELEASES, STARTS, call, get, post, program, refused, release};
use serde_json::{Value, json};
use windlass_domain::release::api_routes::ROUTES;
use windlass_domain::text::name::AppName;
use windlass_machine::shop::{FUNCTIONS, Shop};

/// Returns the status of a refusal, its name, and its first remedy.
fn refusal(shop: &Shop<'_>, method: &str, address: &str, body: Option<Value>) -> (u16, String, String) {
    let reply = call(shop, method, address, body);
    let (status, names) = refused(&reply);
    let remedy = reply.body["findings"][0]["remedy"].as_str().unwrap();
    (status, names[0].to_owned(), remedy.to_owned())
}

/// A call with its body; the status, the path of the finding and a part of its words.
type Row<'a> = (&'a str, &'a str, Option<Value>, u16, &'a str, &'a str);

#[test]
fn what_is_not_known_is_refused_wherever_it_is_named_with_what_is_nearest() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let reason = || Some(json!({"reason": "r"}));
    let table: [Row; 18] = [
        ("GET", "/apps/shop/deployments?environment=prd", None, 404, "UnknownName", "`prod`"),
        ("GET", "/apps/shop/environments/prd", None, 404, "UnknownName", "`prod`"),
        ("GET", "/apps/shop/environments/prd/snapshots", None, 404, "UnknownName", "`prod`"),
        ("POST", "/apps/shop/environments/prd/rollbacks", reason(), 404, "UnknownName", "`prod`"),
        ("POST", "/apps/shop/environments/prd/recover", reason(), 404, "UnknownName", "`prod`"),
        ("POST", "/apps/shop/environments/prd/accept", reason(), 404, "UnknownName", "`prod`"),
        ("PUT", "/apps/shop/environments/prd/hold", reason(), 404, "UnknownName", "`prod`"),
        ("DELETE", "/apps/shop/environments/prd/hold?reason=r", None, 404, "UnknownName", "`prod`"),
        ("GET", "/apps/shopp/environments/prod", None, 404, "NoDeclaration", "apps/shopp/app.yaml"),
        ("GET", "/apps/shopp/deployments?environment=prod", None, 404, "NoDeclaration", "apps/shopp"),
        ("GET", "/apps/shopp/declaration", None, 404, "NoDeclaration", "apps/shopp"),
        ("GET", "/apps/shopp/releases/1.0.0", None, 404, "NoDeclaration", "apps/shopp"),
        ("GET", "/apps/shop/releases/1.0.O", None, 404, "UnknownName", "`1.0.0`"),
        ("GET", "/apps/shop/deployments?environment=prod&limti=1", None, 400, "UnknownField", "`limit`"),
        ("GET", "/apps/shop/environments/prod?observe=1", None, 400, "BadValue", "`true`"),
        ("GET", "/apps/shop/environments/prod?obsrve=true", None, 400, "UnknownField", "`observe`"),
        ("GET", "/apps/shop/environments/prod/snapshots?limit=0", None, 400, "BadValue", "1 to 100"),
        ("POST", "/apps/shop/environments/prod/releases?dry=1", Some(json!({})), 400, "UnknownField", "`words`"),
    ];
    for (method, address, body, status, name, remedy) in table {
        let (found, finding, said) = refusal(&shop, method, address, body);
        assert_eq!((found, finding.as_str()), (status, name), "{method} {address}");
        assert!(said.contains(remedy), "{method} {address}: {said}");
    }
}

/// A route whose pattern lacks a name that its handler takes would answer as a path that the API does not serve.
#[test]
fn every_route_of_the_table_is_served_and_takes_no_parameter_that_it_does_not_have() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let names = json!({"app": "shop", "environment": "prod", "to_app": "bank", "to_environment": "live",
        "id": "0123456789abcdef", "version": "1.0.0"});
    for route in ROUTES {
        let path = route.path(names.as_object().unwrap()).unwrap();
        let reply = call(&shop, route.method, &path, None);
        let is_served = !reply.body.to_string().contains("the API does not serve");
        assert!(is_served, "{} {path}: {}", route.method, reply.body);
        let (status, name, _) = refusal(&shop, route.method, &format!("{path}?nothing=1"), None);
        assert_eq!((status, name.as_str()), (400, "UnknownField"), "{} {path}", route.method);
        for known in route.query {
            let reply = call(&shop, route.method, &format!("{path}?{known}=1"), None);
            let is_known = !reply.body.to_string().contains("is no parameter of this path's query");
            assert!(is_known, "{} {path} {known}: {}", route.method, reply.body);
        }
    }
}

#[test]
fn a_version_that_is_not_recorded_is_refused_with_the_nearest() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let body = json!({"version": "1.0.O"});
    let (status, name, remedy) = refusal(&shop, "POST", STARTS, Some(body));
    assert_eq!((status, name.as_str()), (404, "UnknownName"));
    assert!(remedy.contains("`1.0.0`"), "{remedy}");
}

#[test]
fn the_history_of_an_environment_that_has_left_the_declaration_stays() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    post(&mut shop, "1.0.0");
    shop.region.run();
    let key = windlass_engine::ledger::declaration_in_force(&AppName::new("shop").unwrap());
    let mut ledger = shop.world().dynamodb();
    let declared = std::rc::Rc::make_mut(ledger.items.get_mut(&key).unwrap());
    let text = declared.body["text"].as_str().unwrap();
    declared.body["text"] = text.replace("prod:", "live:").into();
    drop(ledger);
    let history = get(&shop, "/apps/shop/deployments?environment=prod");
    assert_eq!(history["deployments"].as_array().unwrap().len(), 1);
    assert_eq!(get(&shop, PROD)["running"]["api"]["version"], "1.0.0");
    let recover = call(&shop, "POST", &format!("{PROD}/recover"), Some(json!({"reason": "r"})));
    assert_eq!(recover.status, 202);
}

#[test]
fn the_declaration_and_what_is_recorded_of_a_version_are_shown() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let declaration = get(&shop, "/apps/shop/declaration");
    assert_eq!(declaration["text"], FUNCTIONS);
    assert_eq!(declaration["version"], "1.0.0");
    post(&mut shop, "1.0.0");
    shop.region.run();
    let known = get(&shop, "/apps/shop/releases/1.0.0");
    let key = &known["recorded"]["components"]["api"]["key"];
    assert_eq!(key, "artifacts/shop/prod/api/1.0.0.zip");
    assert_eq!(known["uploads"], json!({}));
}

#[test]
fn what_is_wrong_with_an_upload_is_shown_by_its_version() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let release = release(&mut shop, "1.1.0");
    let upload = |text: String| {
        let mut objects = shop.world().s3();
        objects.upload("artifacts", "releases/shop/prod/1.1.0.json", text);
    };
    upload(release.to_string());
    let known = get(&shop, "/apps/shop/releases/1.1.0");
    assert_eq!(known["recorded"], Value::Null);
    assert_eq!(known["uploads"]["prod"]["findings"], Value::Null, "nothing was found yet");
    let finding = json!({"name": "NoEnvironment", "path": "git.ref", "reason": "r", "remedy": "m"});
    let version = &known["uploads"]["prod"]["version_id"];
    let beside = json!({"version_id": version, "deployment": null, "findings": [finding]});
    let key = "releases/shop/prod/1.1.0.json.findings.json";
    let mut objects = shop.world().s3();
    objects.upload("artifacts", key, beside.to_string());
    drop(objects);
    let known = get(&shop, "/apps/shop/releases/1.1.0");
    assert_eq!(known["uploads"]["prod"]["findings"], json!([finding]));
    upload(release.to_string());
    let known = get(&shop, "/apps/shop/releases/1.1.0");
    assert_eq!(known["uploads"]["prod"]["findings"], Value::Null, "they were about the former one");
}

#[test]
fn what_an_action_did_is_found_by_its_execution_and_what_comes_next_in_the_words_of_who_asks() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let hold = call(&shop, "PUT", &format!("{PROD}/hold"), Some(json!({"reason": "a sale"})));
    let execution = hold.body["execution"].as_str().unwrap().to_owned();
    shop.region.step();
    shop.region.run();
    let came = get(&shop, &format!("/apps/shop/deployments?execution={execution}"));
    assert!(came["done"]["cause"].as_str().unwrap().contains("held"), "{came}");
    assert_eq!(came["execution"]["status"], "SUCCEEDED");
    let (id, _) = post(&mut shop, "1.0.0");
    shop.region.step();
    shop.region.run();
    for (words, command) in [
        ("", "`DELETE /apps/shop/environments/prod/hold?reason=…`"),
        ("?words=command_line", "`windlass release-hold shop prod --reason '…'`"),
        ("?words=console", r#"{"action":"release_hold","app":"shop","#),
    ] {
        let record = get(&shop, &format!("/apps/shop/deployments/{id}{words}"));
        let ending = &record["deployment"]["ending"];
        assert_eq!(ending["cause_name"], "Held");
        for text in [&ending["cause"], &ending["findings"][0]["remedy"]] {
            assert!(text.as_str().unwrap().contains(command), "{text}");
        }
    }
}

#[test]
fn who_asked_and_why_stands_beside_what_runs_and_what_can_be_gone_back_to() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let mut body = release(&mut shop, "1.0.0");
    body["reason"] = "as planned".into();
    body["git"] = json!({"ref": "refs/heads/main", "commit": "9f2c111"});
    let reply = call(&shop, "POST", RELEASES, Some(body));
    assert_eq!(reply.status, 202, "{}", reply.body);
    shop.region.run();
    let environment = get(&shop, PROD);
    let snapshots = get(&shop, &format!("{PROD}/snapshots"));
    let runs_by = environment["running"]["api"]["deployment"].as_str().unwrap();
    let asked_for = [&environment["deployments"][runs_by], &snapshots["snapshots"][0]["asked"]];
    for asked in asked_for {
        assert_eq!(asked["reason"], "as planned");
        assert_eq!(asked["git"]["commit"], "9f2c111");
        assert_eq!(asked["requester"]["route"], "api");
        assert_eq!(asked["components"], json!(["api", "jobs"]));
    }
}

#[test]
fn naming_the_environment_goes_through_no_hold_and_starts_nothing_where_a_person_must() {
    let program = program();
    let manual = FUNCTIONS.replace("prod: {", "prod: {start: manual, ");
    assert_ne!(manual, FUNCTIONS, "{FUNCTIONS}");
    for (declaration, hold, cause) in [(FUNCTIONS, true, "Held"), (manual.as_str(), false, "Recorded")] {
        let mut shop = Shop::new(&program, declaration);
        if hold {
            shop.act("hold");
            shop.region.run();
        }
        let body = release(&mut shop, "1.0.0");
        let ended = |shop: &mut Shop<'_>, body: &Value| -> String {
            let reply = call(shop, "POST", STARTS, Some(body.clone()));
            assert_eq!(reply.status, 202, "{}", reply.body);
            shop.region.step();
            shop.region.run();
            let path = format!("/apps/shop/deployments/{}", reply.body["id"].as_str().unwrap());
            let ending = &get(shop, &path)["deployment"]["ending"];
            format!("{} {}", ending["ending"], ending["cause_name"]).replace('"', "")
        };
        assert!(ended(&mut shop, &body).ends_with(cause));
        let mut through = body.clone();
        through["through_hold"] = true.into();
        let unreasoned = call(&shop, "POST", STARTS, Some(through.clone()));
        assert_eq!(refused(&unreasoned), (400, vec!["MissingField"]));
        through["reason"] = "it mends the checkout".into();
        assert_eq!(ended(&mut shop, &through), "Succeeded ");
    }
}
