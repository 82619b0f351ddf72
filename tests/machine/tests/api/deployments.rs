//! History, records, and cancelling.

use crate::api::call::{PROD, begun, call, ending, get, post, program, refused, until};
use serde_json::{Value, json};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_machine::shop::{ALARM, FUNCTIONS, Shop};

#[test]
fn a_deployment_of_another_application_is_not_found() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let cancel = |app, environment| {
        let path = format!("/apps/{app}/environments/{environment}/deployments/{id}/cancel");
        ("POST", path)
    };
    // A deployment of another environment is not found either: a person who may act there may not act here.
    let others = [("GET", format!("/apps/other/deployments/{id}")), cancel("other", "prod"), cancel("shop", "dev")];
    for (method, path) in others {
        let reply = call(&shop, method, &path, None);
        assert_eq!(refused(&reply), (404, vec!["UnknownName"]), "{path}");
    }
    let other = format!("/apps/other/deployments?execution={execution}");
    let reply = call(&shop, "GET", &other, None);
    assert_eq!(refused(&reply), (404, vec!["UnknownName"]));
    shop.region.run();
    assert_eq!(ending(&shop, &id), "Succeeded", "nothing was cancelled");
}

#[test]
fn a_running_deployment_is_cancelled_and_undone_once() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let path = format!("/apps/shop/environments/prod/deployments/{id}/cancel");
    let reply = call(&shop, "POST", &path, Some(json!({"reason": "the wrong one"})));
    assert_eq!(begun(&reply).0, id);
    shop.region.run();
    assert_eq!(ending(&shop, &id), "RolledBack");
    assert_eq!((shop.serves("shop-api"), shop.serves("shop-jobs")), ("1".into(), "1".into()));
    let again = call(&shop, "POST", &path, None);
    assert_eq!(refused(&again), (409, vec!["NothingToCancel"]));
}

/// The finding names only what is allowed as things stand: no rollback while an operator is needed.
#[test]
fn who_cancels_what_has_ended_reads_what_is_let_in_now() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (first, _) = post(&mut shop, "1.0.0");
    shop.region.step();
    shop.region.run();
    let (stuck, execution) = post(&mut shop, "1.1.0");
    until(&mut shop, &execution, "Bake");
    shop.world().set_alarm(ALARM, "ALARM", &[9.0]);
    let fault = Fault::new(FaultName::AccessDenied, "lambda:UpdateAlias was refused");
    let denied = "lambda.update_alias";
    shop.world().mishaps().refused.insert(denied, fault);
    shop.region.run();
    assert_eq!(ending(&shop, &stuck), "NeedsOperator");
    shop.world().mishaps().refused.clear();
    for (call_to, ends) in [("recover", "RolledBack"), ("rollbacks", "Rejected")] {
        for id in [&first, &stuck] {
            let cancel = format!("{PROD}/deployments/{id}/cancel");
            let reply = call(&shop, "POST", &cancel, None);
            assert_eq!(refused(&reply), (409, vec!["NothingToCancel"]));
            let remedy = reply.body["findings"][0]["remedy"].as_str().unwrap();
            let named = format!("POST {PROD}/{call_to} ");
            assert!(remedy.contains(&named), "{remedy}");
            let is_stuck = call_to == "recover";
            assert_eq!(remedy.contains("/accept "), is_stuck, "{remedy}");
            assert_eq!(!remedy.contains("/rollbacks "), is_stuck, "{remedy}");
        }
        let path = format!("{PROD}/{call_to}");
        let reply = call(&shop, "POST", &path, Some(json!({"reason": "as asked"})));
        shop.region.step();
        shop.region.run();
        let arn = reply.body["execution"].as_str().unwrap();
        let came = get(&shop, &format!("/apps/shop/deployments?execution={arn}"));
        let id = came["deployment"].as_str().unwrap();
        assert_eq!(ending(&shop, id), ends, "{came}");
        assert_ne!(shop.region.ended(arn).unwrap().error, "NeedsOperator");
    }
}

#[test]
fn a_reason_that_cannot_be_recorded_starts_and_stops_nothing() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let started = shop.world().stepfunctions().started.len();
    let cancel = format!("/apps/shop/environments/prod/deployments/{id}/cancel");
    for (body, wanted) in [
        (json!({"reason": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}), "SecretInInput"),
        (json!({"reason": "x".repeat(1025)}), "BadValue"),
        (json!({"reason": "x", "resaon": "y"}), "UnknownField"),
    ] {
        for path in [&cancel, &format!("{PROD}/rollbacks")] {
            let reply = call(&shop, "POST", path, Some(body.clone()));
            assert_eq!(refused(&reply), (400, vec![wanted]), "{path}");
            assert!(!reply.body.to_string().contains("16C7e42F"), "{path}");
        }
    }
    assert_eq!(shop.world().stepfunctions().started.len(), started);
    let status = shop.world().stepfunctions().executions[&execution].status.clone();
    assert_eq!(status, "RUNNING");
    shop.region.run();
    assert_eq!(ending(&shop, &id), "Succeeded");
}

#[test]
fn a_deployment_that_is_being_undone_is_not_cancelled() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let path = format!("/apps/shop/environments/prod/deployments/{id}/cancel");
    let recovery = begun(&call(&shop, "POST", &path, None)).1;
    until(&mut shop, &recovery, "Undo");
    let again = call(&shop, "POST", &path, None);
    assert_eq!(refused(&again), (409, vec!["NothingToCancel"]));
    shop.region.run();
    assert_eq!(ending(&shop, &id), "RolledBack");
}

#[test]
fn a_waiting_deployment_is_cancelled_before_it_changes_anything() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (first, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let (second, waiting) = post(&mut shop, "1.1.0");
    until(&mut shop, &waiting, "AwaitTurn");
    shop.region.step();
    let path = format!("/apps/shop/environments/prod/deployments/{second}/cancel");
    begun(&call(&shop, "POST", &path, None));
    shop.region.run();
    assert_eq!(ending(&shop, &second), "Rejected");
    assert_eq!(ending(&shop, &first), "Succeeded");
}

#[test]
fn a_task_token_is_never_shown() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (_, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    let (waiting, second) = post(&mut shop, "1.1.0");
    let mut token = None;
    while token.is_none() {
        shop.region.step();
        token = shop.world().stepfunctions().tokens.iter().next().cloned();
    }
    let token = token.unwrap();
    let addresses = [
        PROD.to_owned(),
        format!("{PROD}?observe=true"),
        format!("/apps/shop/deployments/{waiting}"),
        "/apps/shop/deployments?environment=prod".to_owned(),
        format!("/apps/shop/deployments?execution={second}"),
    ];
    for address in addresses {
        let shown = get(&shop, &address).to_string();
        assert!(!shown.contains(&token), "{address}");
        assert!(!shown.contains("task_token"), "{address}");
    }
    assert_eq!(get(&shop, PROD)["waiting"][0]["deployment"], waiting);
}

#[test]
fn history_is_paged_newest_first() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        post(&mut shop, version);
        shop.region.run();
        let mut clock = shop.world().clock();
        clock.now = clock.now.plus_ms(1000);
    }
    let history = "/apps/shop/deployments?environment=prod";
    let versions = |page: &Value| -> Vec<String> {
        let all = page["deployments"].as_array().unwrap().iter();
        all.map(|one| one["version"].as_str().unwrap().to_owned()).collect()
    };
    let first = get(&shop, &format!("{history}&limit=2"));
    assert_eq!(versions(&first), ["1.2.0", "1.1.0"]);
    let next = first["next"].as_str().unwrap();
    let second = get(&shop, &format!("{history}&limit=2&after={next}"));
    assert_eq!(versions(&second), ["1.0.0"]);
    assert_eq!(second["next"], Value::Null);
    for limit in ["0", "101", "many"] {
        let refusal = call(&shop, "GET", &format!("{history}&limit={limit}"), None);
        assert_eq!(refused(&refusal), (400, vec!["BadValue"]), "{limit}");
    }
    let newest = &first["deployments"][0];
    assert_eq!(newest["components"], json!(["api", "jobs"]));
    let times = ["accepted", "started"].map(|name| newest[name].as_u64().unwrap());
    let ended = newest["ending"]["at"].as_u64().unwrap();
    assert!(times[0] <= times[1] && times[1] < ended, "{newest}");
    assert_eq!(versions(&get(&shop, history)).len(), 3);
    assert_eq!(first["deployments"][0]["ending"]["ending"], "Succeeded");
    let unnamed = call(&shop, "GET", "/apps/shop/deployments", None);
    assert_eq!(refused(&unnamed), (400, vec!["MissingField"]));
}

/// An execution that does not exist is refused at once, so nobody waits for it.
#[test]
fn an_execution_that_there_is_not_is_refused_by_name() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let gone = "arn:aws:states:eu-west-1:111111111111:execution:windlass-release:shop-prod-9";
    for (arn, wanted) in
        [(gone, (404, vec!["UnknownName"])), ("arn:nope", (400, vec!["BadValue"])), ("", (400, vec!["BadValue"]))]
    {
        let address = format!("/apps/shop/deployments?execution={arn}");
        let reply = call(&shop, "GET", &address, None);
        assert_eq!(refused(&reply), wanted, "{arn}");
        assert_eq!(reply.body["findings"][0]["path"], "?execution");
    }
}

#[test]
fn what_came_of_a_rollback_is_found_by_its_execution() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    for version in ["1.0.0", "1.1.0"] {
        post(&mut shop, version);
        shop.region.run();
    }
    let rollbacks = format!("{PROD}/rollbacks");
    let reply = call(&shop, "POST", &rollbacks, Some(json!({"reason": "broken"})));
    let execution = reply.body["execution"].as_str().unwrap().to_owned();
    let address = format!("/apps/shop/deployments?execution={execution}");
    let before = get(&shop, &address);
    assert_eq!(before["deployment"], Value::Null);
    assert_eq!(before["execution"]["status"], "RUNNING");
    shop.region.step();
    shop.region.run();
    let came = get(&shop, &address);
    let id = came["deployment"].as_str().unwrap();
    assert_eq!(ending(&shop, id), "Succeeded");
    assert_eq!(get(&shop, PROD)["running"]["api"]["version"], "1.0.0");
}

#[test]
fn why_an_action_was_refused_is_found_by_its_execution() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let accept = format!("{PROD}/accept");
    let reply = call(&shop, "POST", &accept, Some(json!({"reason": "looks fine"})));
    let execution = reply.body["execution"].as_str().unwrap().to_owned();
    shop.region.step();
    shop.region.run();
    let came = get(&shop, &format!("/apps/shop/deployments?execution={execution}"));
    assert_eq!(came["deployment"], Value::Null);
    assert_eq!(came["refusal"]["findings"][0]["name"], "NothingToAccept");
}

#[test]
fn a_judged_deployment_shows_what_was_measured() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    until(&mut shop, &execution, "Bake");
    shop.world().set_alarm(ALARM, "ALARM", &[7.0]);
    shop.region.run();
    let record = get(&shop, &format!("/apps/shop/deployments/{id}"));
    assert_eq!(record["deployment"]["ending"]["ending"], "RolledBack");
    let judgements = record["judgements"].as_array().unwrap();
    let failed = judgements.iter().find(|one| one["verdict"] == "fail");
    assert_eq!(failed.unwrap()["failed"]["gate"], ALARM);
    let steps = record["steps"].as_array().unwrap();
    assert!(steps.iter().all(|step| step["status"] == "undone"));
    assert!(!record["plan"]["waves"].as_array().unwrap().is_empty());
}
