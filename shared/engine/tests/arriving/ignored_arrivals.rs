//! Tests of uploads and pushes that arrive and nobody asks for: never silent, and never without a bound.

use crate::arriving::place::{DECLARATION, arrives, declared, nothing, shop, started, upload};
use serde_json::{Value, json};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::name::AppName;
use windlass_engine::ledger;
use windlass_engine::routes::api::{ApiCall, Reply, handle};
use windlass_world::World;
use windlass_world::run::run;

/// Returns the list of refusals in alphabetical order: what each is about, and the names of the findings.
fn listed(world: &World, app: Option<&AppName>) -> Vec<String> {
    let path = app.map_or("/refusals".to_owned(), |app| format!("/apps/{app}/refusals"));
    let call = ApiCall { method: "GET".into(), path, ..ApiCall::default() };
    let reply: Reply = run(handle(world, call));
    assert_eq!(reply.status, 200, "{reply:?}");
    let lines = reply.body["refusals"].as_array().unwrap().iter();
    let mut lines: Vec<String> = lines
        .map(|line| {
            let finding = &line["findings"][0];
            format!("{} {}", line["about"], finding["name"]).replace('"', "")
        })
        .collect();
    lines.sort();
    lines
}

fn push(repository: &str, tag: &str) -> Value {
    json!({
        "detail-type": "ECR Image Action",
        "account": "111111111111",
        "region": "eu-west-1",
        "detail": {
            "action-type": "PUSH", "result": "SUCCESS", "repository-name": repository,
            "image-tag": tag, "image-digest": format!("sha256:{}", Digest::of(tag.as_bytes())),
        },
    })
}

#[test]
fn what_looks_meant_is_listed_and_written_beside_the_upload() {
    let world = declared();
    for key in [
        "apps/shop/app.yml",
        "apps/bank/app.yml",
        "releases/1.0.0.json",
        "release/shop/1.0.0.json",
        "holiday.jpg",
        "apps/shop/",
        "windlass/sites/shop/x.json",
    ] {
        let event = upload(&world, key, "…");
        arrives(&world, event.clone()).unwrap();
        arrives(&world, event).unwrap();
    }
    assert_eq!(started(&world), [json!(null); 0]);
    assert_eq!(listed(&world, Some(&shop())), ["apps/shop/app.yml BadValue", "release/shop/1.0.0.json BadValue"]);
    assert_eq!(
        listed(&world, None),
        ["apps/bank/app.yml BadValue", "holiday.jpg BadValue", "releases/1.0.0.json BadValue"]
    );
    let texts = world.s3().texts("artifacts");
    let beside = texts.keys().filter(|key| key.ends_with(".findings.json"));
    let beside: Vec<&str> = beside.map(String::as_str).collect();
    assert_eq!(
        beside,
        [
            "apps/bank/app.yml.findings.json",
            "apps/shop/app.yaml.findings.json",
            "apps/shop/app.yml.findings.json",
            "releases/1.0.0.json.findings.json"
        ]
    );
}

/// What `Admit` could not read as a request is no execution, and is reported beside the upload.
#[test]
fn an_upload_with_a_key_that_no_request_may_name_is_listed_and_starts_nothing() {
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let lines = "1.0.0\nnext: run it";
    let world = declared();
    for (folder, end) in [("releases/shop/dev", "json"), ("artifacts/shop/dev/api", "zip")] {
        for name in [token, lines] {
            let event = upload(&world, &format!("{folder}/{name}.{end}"), "{}");
            arrives(&world, event).unwrap();
        }
    }
    assert_eq!(started(&world), [json!(null); 0]);
    assert_eq!(
        listed(&world, Some(&shop())),
        [
            "artifacts/shop/dev/api/1.0.0⏎next: run it.zip BadValue",
            "artifacts/shop/… SecretInInput",
            "releases/shop/dev/1.0.0⏎next: run it.json BadValue",
            "releases/shop/… SecretInInput",
        ]
    );
    let texts = world.s3().texts("artifacts");
    let beside = texts.iter().filter(|(key, _)| key.ends_with(".findings.json"));
    let beside: Vec<_> = beside.filter(|(key, _)| !key.starts_with("apps/")).collect();
    assert_eq!(beside.len(), 4, "{beside:?}");
    assert!(beside.iter().all(|(_, text)| !text.contains(token)), "{beside:?}");
    assert!(!format!("{:?}", world.dynamodb()).contains(token));
}

#[test]
fn an_upload_whose_key_is_too_long_for_its_findings_is_listed() {
    let world = declared();
    let key = format!("releases/shop/dev/{}.json", "1".repeat(1024 - 23));
    assert_eq!(key.len(), 1024);
    assert_eq!(arrives(&world, upload(&world, &key, "{}")), Ok(()));
    assert_eq!(listed(&world, Some(&shop())), [format!("{key} BadValue")]);
}

#[test]
fn an_artifact_of_no_component_is_listed_with_the_one_that_is_meant() {
    let world = declared();
    for key in ["artifacts/shop/dev/wep/1.zip", "artifacts/bank/dev/web/1.zip"] {
        arrives(&world, upload(&world, key, "…")).unwrap();
    }
    let found = listed(&world, Some(&shop()));
    assert_eq!(found, ["artifacts/shop/dev/wep/1.zip UnknownName"]);
    let found = listed(&world, None);
    assert_eq!(found, ["artifacts/bank/dev/web/1.zip NoDeclaration"]);
    for key in ["artifacts/shop/dev/wep/1.zip", "artifacts/bank/dev/web/1.zip"] {
        assert_eq!(beside(&world, key).len(), 1, "{key}");
    }
}

/// Returns the findings that lie beside an upload.
fn beside(world: &World, key: &str) -> Vec<Value> {
    let texts = world.s3().texts("artifacts");
    let beside = texts.get(&format!("{key}.findings.json"));
    let beside: Value = serde_json::from_str(beside.unwrap()).unwrap();
    beside["findings"].as_array().unwrap().clone()
}

/// An artifact that nobody asks for is found again and again. The findings beside it are written once, and taken back
/// as soon as its component is declared.
#[test]
fn what_lies_beside_an_artifact_of_no_component_is_written_once_and_goes_with_its_declaration() {
    let world = declared();
    let event = upload(&world, "artifacts/shop/dev/wep/1.zip", "…");
    arrives(&world, event.clone()).unwrap();
    let writes = world.s3().writes;
    arrives(&world, event.clone()).unwrap();
    assert_eq!(world.s3().writes, writes);
    let more = DECLARATION.replace("version: 1.0.0", "version: 1.1.0");
    let more = format!("{more}  wep: {{kind: static_site, bucket: 'shop-wep-{{environment}}'}}\n");
    arrives(&world, upload(&world, "apps/shop/app.yaml", &more)).unwrap();
    arrives(&world, event).unwrap();
    assert_eq!(beside(&world, "artifacts/shop/dev/wep/1.zip"), [json!(null); 0]);
    // Nothing is written beside an artifact that was never refused.
    arrives(&world, upload(&world, "artifacts/shop/dev/wep/2.zip", "…")).unwrap();
    let texts = world.s3().texts("artifacts");
    assert!(!texts.contains_key("artifacts/shop/dev/wep/2.zip.findings.json"));
}

#[test]
fn of_a_repository_of_nobody_there_is_one_line_and_of_a_tag_that_goes_nowhere_its_own() {
    let world = declared();
    for (repository, tag) in [
        ("shop/agent", "experiment"),
        ("shop/agent", "experiment"),
        ("shop/agent", "pr-7"),
        ("shop/agnet", "main"),
        ("bank/ledger", "1"),
        ("bank/ledger", "2"),
    ] {
        arrives(&world, push(repository, tag)).unwrap();
    }
    assert_eq!(started(&world), [json!(null); 0]);
    assert_eq!(
        listed(&world, Some(&shop())),
        ["shop/agent:experiment NoEnvironment", "shop/agent:pr-7 NoEnvironment", "shop/agnet UnknownName"]
    );
    assert_eq!(listed(&world, None), ["bank/ledger UnknownName"]);
    // All of it expires by itself.
    let ledger = world.dynamodb();
    let items = ledger.items.values();
    let lines = items.filter(|item| item.key.sk == "not_taken");
    assert!(lines.clone().count() == 4 && lines.clone().all(|item| item.expires.is_some()));
}

#[test]
fn a_refused_declaration_is_listed_and_so_is_one_of_nobody() {
    let world = nothing();
    arrives(&world, upload(&world, "apps/shop/app.yaml", "app: shop")).unwrap();
    let found = listed(&world, Some(&shop()));
    assert_eq!(found, ["apps/shop/app.yaml MissingField"]);
}

/// This holds whatever is wrong with it, and whichever way it came. Somebody who misspelt a name finds it in one place.
#[test]
fn what_is_of_an_application_that_is_not_declared_is_listed_in_one_place() {
    let world = declared();
    let shpo = AppName::new("shpo").unwrap();
    for key in ["apps/shpo/app.yaml", "apps/shpo/app.yml", "artifacts/shpo/dev/web/1.zip"] {
        arrives(&world, upload(&world, key, "app: shpo")).unwrap();
    }
    let all =
        ["apps/shpo/app.yaml MissingField", "apps/shpo/app.yml BadValue", "artifacts/shpo/dev/web/1.zip NoDeclaration"];
    assert_eq!(listed(&world, None), all);
    assert_eq!(listed(&world, Some(&shpo)), all);
    assert_eq!(listed(&world, Some(&shop())), [""; 0]);
    let partition = ledger::refused(Some(&shpo));
    let ledger = world.dynamodb();
    let mut places = ledger.items.values().filter_map(|item| item.index.as_ref());
    assert!(places.all(|index| index.pk != partition));
}
