//! Releases through the API, and the answers to them.

use crate::api::call::{CI, PROD, RELEASES, begun, call, ending, executions, get, post, program, refused, release};
use serde_json::{Value, json};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_machine::shop::{ALL_KINDS, FUNCTIONS, Shop};
use windlass_world::ecr::HOST;
use windlass_world::mishaps::When;

#[test]
fn the_same_release_again_is_one_deployment_until_it_has_ended_and_then_shows_what_runs() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let first = call(&shop, "POST", RELEASES, Some(body.clone()));
    let second = call(&shop, "POST", RELEASES, Some(body.clone()));
    assert_eq!(begun(&first), begun(&second));
    shop.region.run();
    assert_eq!(executions(&shop), 1);
    let third = call(&shop, "POST", RELEASES, Some(body));
    let (third, _) = begun(&third);
    let (id, _) = begun(&first);
    assert_ne!(third, id);
    shop.region.step();
    shop.region.run();
    let record = get(&shop, &format!("/apps/shop/deployments/{third}"));
    assert_eq!(record["deployment"]["attempt"], 2);
    assert_eq!(record["deployment"]["ending"]["cause_name"], "AlreadyThere");
    assert_eq!(executions(&shop), 2);
    assert_eq!(ending(&shop, &id), "Succeeded");
    let status = format!("https://windlass.example/apps/shop/deployments/{id}");
    assert_eq!(first.body["status"], status);
}

#[test]
fn the_status_address_answers_before_the_deployment_is_recorded() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, execution) = post(&mut shop, "1.0.0");
    let path = format!("/apps/shop/deployments/{id}");
    let early = call(&shop, "GET", &path, None);
    assert_eq!(early.status, 202);
    let deployment = &early.body["deployment"];
    assert_eq!(deployment["status"], "accepted");
    assert_eq!(deployment["executions"], json!([execution]));
    assert_eq!(deployment["environment"], "prod");
    assert_eq!(deployment["ending"], Value::Null);
    let of_another = call(&shop, "GET", &format!("/apps/other/deployments/{id}"), None);
    assert_eq!(refused(&of_another), (404, vec!["UnknownName"]));
    shop.region.step();
    let whole = get(&shop, &path);
    let members = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(members(&whole), members(&early.body));
    for member in members(deployment) {
        let known = whole["deployment"].get(&member).is_some();
        assert!(known || member == "ending", "{member}");
    }
}

#[test]
fn one_that_died_before_it_was_recorded_says_so_and_can_be_asked_for_again() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let body = release(&mut shop, "1.0.0");
    let first = call(&shop, "POST", RELEASES, Some(body.clone()));
    let (id, execution) = begun(&first);
    let path = format!("/apps/shop/deployments/{id}");
    shop.region.stop(&execution);
    let gone = call(&shop, "GET", &path, None);
    assert_eq!(refused(&gone), (404, vec!["UnknownName"]));
    assert!(gone.body["detail"].as_str().unwrap().contains("ABORTED"));
    let second = call(&shop, "POST", RELEASES, Some(body.clone()));
    let third = call(&shop, "POST", RELEASES, Some(body));
    assert_eq!(begun(&second), begun(&third));
    assert_eq!(begun(&second).0, id);
    assert_ne!(begun(&second).1, execution);
    assert_eq!(call(&shop, "GET", &path, None).status, 202);
    shop.region.step();
    shop.region.run();
    assert_eq!(ending(&shop, &id), "Succeeded");
}

#[test]
fn who_asked_is_known_by_the_caller_and_not_by_the_body() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let (id, _) = post(&mut shop, "1.0.0");
    shop.region.run();
    let record = get(&shop, &format!("/apps/shop/deployments/{id}"));
    let requester = &record["deployment"]["requester"];
    assert_eq!(requester, &json!({"route": "api", "principal": CI}));
    let mut forged = release(&mut shop, "1.1.0");
    forged["requester"] = json!({"route": "console", "principal": "someone else"});
    let reply = call(&shop, "POST", RELEASES, Some(forged));
    assert_eq!(refused(&reply), (400, vec!["UnknownField"]));
}

#[test]
fn a_bad_release_is_answered_with_all_findings() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let misspelt = json!({"version": "1.0.0", "sequnce": 1, "componets": {}});
    let reply = call(&shop, "POST", RELEASES, Some(misspelt));
    assert_eq!(refused(&reply), (400, vec!["UnknownField", "UnknownField"]));
    for (member, meant) in [(0, "components"), (1, "sequence")] {
        let remedy = reply.body["findings"][member]["remedy"].as_str().unwrap();
        let wanted = format!("Did you mean `{meant}`? ");
        assert!(remedy.starts_with(&wanted), "{remedy}");
    }
    let meant = json!({"version": "1.0.0", "components": {
        "api": {"key": "artifacts/other/prod/api/1.zip", "version_id": "v1"}, "jobs": {}}});
    let reply = call(&shop, "POST", RELEASES, Some(meant));
    assert_eq!(refused(&reply), (400, vec!["BadValue", "MissingField"]));
    let gone = json!({"version": "1.0.0", "components": {
        "api": {"key": "artifacts/shop/prod/api/1.zip", "version_id": "v1"}, "jobs": {"key": "artifacts/shop/prod/jobs/1.zip", "version_id": "v1"}}});
    let reply = call(&shop, "POST", RELEASES, Some(gone));
    assert_eq!(refused(&reply), (400, vec!["ArtifactMissing"; 2]));
    assert_eq!(executions(&shop), 0);
}

#[test]
fn what_does_not_fit_the_declaration_is_answered_at_once_and_starts_nothing() {
    let program = program();
    let shop = Shop::new(&program, ALL_KINDS);
    let misfits = json!({"version": "1.0.0", "components": {
        "agent": {"key": "artifacts/shop/prod/agent/1.zip", "version_id": "v1"}, "api": {"key": "artifacts/shop/prod/api/1.zip", "version_id": "v1"},
        "web": {"image": "shop/web:1"}, "wep": {"key": "artifacts/shop/prod/wep/1.zip", "version_id": "v1"}}});
    let reply = call(&shop, "POST", RELEASES, Some(misfits.clone()));
    let wanted = vec!["BadValue", "ArtifactMissing", "BadValue", "UnknownName"];
    assert_eq!(refused(&reply), (400, wanted));
    let paths = ["components.agent.key", "artifacts/shop/prod/api/1.zip", "components.web.image", "components.wep"];
    for (finding, path) in reply.body["findings"].as_array().unwrap().iter().zip(paths) {
        assert_eq!(finding["path"], path, "{finding}");
    }
    let nowhere = RELEASES.replace("prod", "pord");
    let reply = call(&shop, "POST", &nowhere, Some(misfits));
    let wanted = vec!["UnknownName", "BadValue", "BadValue", "UnknownName"];
    assert_eq!(refused(&reply), (404, wanted));
    assert_eq!(executions(&shop), 0);
}

#[test]
fn an_image_of_another_application_is_refused_and_starts_nothing() {
    let program = program();
    let shop = Shop::new(&program, ALL_KINDS);
    shop.world().ecr().push("bank/ledger", "7");
    for repository in ["bank/ledger", &format!("{HOST}/bank/ledger")] {
        let image = json!({"agent": {"image": format!("{repository}:7")}});
        let body = json!({"version": "1.0.0", "components": image});
        let reply = call(&shop, "POST", RELEASES, Some(body));
        assert_eq!(refused(&reply), (400, vec!["BadValue"]), "{repository}");
        assert_eq!(reply.body["findings"][0]["path"], "components.agent.image");
    }
    assert_eq!(executions(&shop), 0);
}

/// Otherwise IAM would let somebody into an environment that the body names.
#[test]
fn the_path_alone_names_the_environment() {
    let program = program();
    let mut shop = Shop::new(&program, FUNCTIONS);
    let mut twice = release(&mut shop, "1.0.0");
    twice["environment"] = "prod".into();
    let reply = call(&shop, "POST", RELEASES, Some(twice));
    assert_eq!(refused(&reply), (400, vec!["BadValue"]));
    assert_eq!(reply.body["findings"][0]["path"], "environment");
    let rollback = json!({"reason": "broken", "environment": "dev", "app": "bank", "action": "accept"});
    let reply = call(&shop, "POST", &format!("{PROD}/rollbacks"), Some(rollback));
    let wanted = vec!["UnknownField", "BadValue", "BadValue"];
    assert_eq!(refused(&reply), (400, wanted));
    assert_eq!(executions(&shop), 0);
}

/// A body, and its findings: names, places and the beginnings of the remedies.
type Case<'a> = (&'a str, Value, &'a [(&'a str, &'a str, &'a str)]);

#[test]
fn all_that_is_wrong_with_a_body_is_listed_at_once_by_what_may_stand_in_it() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let table: [Case; 6] = [
        (
            "starts",
            json!({"version": "4.1.0", "allow_oldr": true, "reason": "x"}),
            &[
                ("UnknownField", "allow_oldr", "Did you mean `allow_older`? "),
                ("UnknownName", "version", "Release it first"),
            ],
        ),
        (
            "starts",
            json!({"version": "4.1.0", "environment": "prod", "colour": 1}),
            &[
                ("UnknownField", "colour", "Known here: `components`, `declaration`"),
                ("BadValue", "environment", "Leave `environment` out"),
            ],
        ),
        (
            "starts",
            json!({"version": "4.1.0", "sequnce": 1, "git": {"ref": "refs/heads/main"}}),
            &[
                ("UnknownField", "sequnce", "Did you mean `sequence`? "),
                ("MissingField", "components", "Write `components`"),
            ],
        ),
        (
            "starts",
            json!({"version": "4.1.0", "agian": true, "allow_older": true}),
            &[
                ("UnknownField", "agian", "Did you mean `again`? "),
                ("MissingField", "reason", "Write in `reason` why"),
                ("UnknownName", "version", "Release it first"),
            ],
        ),
        (
            "rollbacks",
            json!({"snapshott": 3}),
            &[
                (
                    "UnknownField",
                    "snapshott",
                    "Did you mean `snapshot`? Known here: `across`, `component`, `may_lose`, `reason`, `snapshot`.",
                ),
                ("MissingField", "reason", "Write in `reason` why"),
            ],
        ),
        ("rollbacks", json!({"reson": "x"}), &[("UnknownField", "reson", "Did you mean `reason`? ")]),
    ];
    for (path, body, wanted) in table {
        let reply = call(&shop, "POST", &format!("{PROD}/{path}"), Some(body.clone()));
        let findings = reply.body["findings"].as_array().unwrap();
        let listed: Vec<(&str, &str)> =
            findings.iter().map(|one| (one["name"].as_str().unwrap(), one["path"].as_str().unwrap())).collect();
        let expected: Vec<(&str, &str)> = wanted.iter().map(|one| (one.0, one.1)).collect();
        let unknown = wanted.iter().any(|one| one.0 == "UnknownName");
        let status = if unknown { 404 } else { 400 };
        assert_eq!((reply.status, listed), (status, expected), "{body}");
        for (finding, (_, _, remedy)) in findings.iter().zip(wanted) {
            let said = finding["remedy"].as_str().unwrap();
            assert!(said.starts_with(remedy), "{body}: {said}");
            assert!(!said.contains("`manifest") && !said.contains("`action`"), "{said}");
        }
    }
    assert_eq!(executions(&shop), 0);
}

/// A manifest whose own Git ref chooses the environment of the path is an arrival. Otherwise a person chose the
/// environment.
#[test]
fn who_chose_the_environment_is_known_by_the_git_ref() {
    let program = program();
    for (reference, by_person) in
        [(json!({"ref": "refs/heads/main"}), false), (json!({"ref": "refs/heads/other"}), true), (json!(null), true)]
    {
        let mut shop = Shop::new(&program, FUNCTIONS);
        let mut body = release(&mut shop, "1.0.0");
        if reference.is_null() {
            body.as_object_mut().unwrap().remove("git");
        } else {
            body["git"] = reference.clone();
        }
        let (id, _) = begun(&call(&shop, "POST", RELEASES, Some(body)));
        shop.region.run();
        let record = get(&shop, &format!("/apps/shop/deployments/{id}"));
        assert_eq!(record["deployment"]["by_person"], by_person, "{reference}");
    }
}

#[test]
fn the_environment_that_a_ref_or_an_image_tag_chooses_is_shown() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let environments = "/apps/shop/environments";
    let all = get(&shop, environments);
    assert!(all["environments"].as_array().unwrap().contains(&json!("prod")));
    assert_eq!(all.get("chosen"), None);
    for query in ["ref=refs/heads/main", "image_tag=main-9f2c1ab"] {
        let answer = get(&shop, &format!("{environments}?{query}"));
        assert_eq!(answer["chosen"], "prod", "{query}");
    }
    for (query, wanted) in [
        ("ref=refs/heads/nowhere", (404, vec!["NoEnvironment"])),
        ("image_tag=nowhere", (404, vec!["NoEnvironment"])),
        ("ref=refs/heads/main&image_tag=main", (400, vec!["BadValue"])),
        ("branch=main", (400, vec!["UnknownField"])),
    ] {
        let reply = call(&shop, "GET", &format!("{environments}?{query}"), None);
        assert_eq!(refused(&reply), wanted, "{query}");
    }
    let reply = call(&shop, "GET", "/apps/nosuch/environments", None);
    assert_eq!(refused(&reply), (404, vec!["NoDeclaration"]));
}

#[test]
fn what_is_no_object_is_refused() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let reply = call(&shop, "POST", RELEASES, Some(json!([1])));
    assert_eq!(refused(&reply), (400, vec!["NotWellFormed"]));
    let large = json!({"version": "x".repeat(300_000)});
    let reply = call(&shop, "POST", RELEASES, Some(large));
    assert_eq!(refused(&reply), (400, vec!["BadValue"]));
}

#[test]
fn what_is_not_there_is_not_found() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    let body = json!({"version": "1.0.0", "components": {"api": {"image": "shop/agent:1"}}});
    let nosuch = RELEASES.replace("shop", "nosuch");
    let reply = call(&shop, "POST", &nosuch, Some(body));
    assert_eq!(refused(&reply), (404, vec!["NoDeclaration"]));
    let nothing = [
        ("GET", "/"),
        ("GET", "/apps/shop"),
        ("GET", RELEASES),
        ("DELETE", RELEASES),
        ("GET", "/apps/Not-A-Name/deployments"),
        ("GET", "/apps/shop/environments/Not_A_Name"),
        ("POST", "/apps/shop/environments/prod/nosuch"),
        ("PATCH", PROD),
        ("GET", "/apps/shop/deployments/0123456789abcdef"),
        ("POST", "/apps/shop/environments/prod/deployments/0123456789abcdef/cancel"),
    ];
    for (method, path) in nothing {
        let reply = call(&shop, method, path, None);
        assert_eq!(refused(&reply), (404, vec!["UnknownName"]), "{method} {path}");
    }
    let reply = call(&shop, "GET", "/apps/shop/environments/nosuch", None);
    assert_eq!(reply.status, 404);
    assert_eq!(executions(&shop), 0);
}

#[test]
fn a_fault_is_a_problem_and_says_whether_asking_again_may_help() {
    let program = program();
    let shop = Shop::new(&program, FUNCTIONS);
    for (name, status) in [(FaultName::Throttled, 503), (FaultName::AccessDenied, 500)] {
        let next = shop.world().mishaps().count() + 1;
        let fault = Fault::new(name, "the ledger did not answer");
        shop.world().fail_call(next, When::Before, fault);
        let reply = call(&shop, "GET", PROD, None);
        assert_eq!(reply.status, status);
        assert_eq!(reply.content_type, "application/problem+json");
        assert_eq!(reply.body["title"], name.to_string());
        assert_eq!(reply.body["findings"], json!([]));
    }
    assert_eq!(call(&shop, "GET", PROD, None).status, 200);
}
