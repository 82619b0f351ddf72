//! Tests which objects of the artifacts bucket start something.

use crate::arriving::place::{DECLARATION, arrives, declared, get, nothing, started, upload};
use serde_json::json;
use windlass_domain::release::request::Request;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ledger;
use windlass_engine::ports::Clock;

#[test]
fn what_belongs_to_no_application_starts_nothing() {
    let world = declared();
    let elsewhere = {
        let mut event = upload(&world, "releases/shop/dev/1.json", "{}");
        event["detail"]["bucket"]["name"] = json!("another");
        event
    };
    for event in [
        json!({"detail-type": "Tea Time"}),
        json!({}),
        elsewhere,
        upload(&world, "holiday.jpg", "…"),
        upload(&world, "artifacts/bank/dev/web/1.zip", "…"),
        upload(&world, "artifacts/shop/dev/api/1.zip", "…"),
        upload(&world, "artifacts/shop/dev/nobody/1.zip", "…"),
    ] {
        arrives(&world, event).unwrap();
    }
    assert_eq!(started(&world), [json!(null); 0]);
    let nameless = json!({
        "detail-type": "Object Created", "account": "111111111111", "region": "eu-west-1", "detail": {}
    });
    let fault = arrives(&world, nameless).unwrap_err();
    assert_eq!(fault.name, FaultName::BadInput);
}

#[test]
fn an_artifact_that_is_a_release_of_its_own_starts_it() {
    let world = declared();
    let event = upload(&world, "artifacts/shop/dev/web/1.zip", "…");
    let version = event["detail"]["object"]["version-id"].clone();
    arrives(&world, event).unwrap();
    let [input] = started(&world).try_into().unwrap();
    assert_eq!((&input["action"], &input["app"]), (&json!("deploy"), &json!("shop")));
    assert_eq!(input["artifact_object"]["component"], "web");
    let object = json!({"key": "artifacts/shop/dev/web/1.zip", "version_id": version});
    assert_eq!(input["artifact_object"]["object"], object);
    assert_eq!(input["requester"], json!({"route": "s3"}));
}

#[test]
fn who_uploaded_is_recorded_where_the_event_names_it() {
    for (account, requester, wanted) in [
        (json!("111111111111"), json!("111111111111"), None),
        (json!("111111111111"), json!("222222222222"), Some("222222222222")),
        (json!("111111111111"), json!("s3.amazonaws.com"), Some("s3.amazonaws.com")),
        (json!("111111111111"), json!(null), None),
    ] {
        let world = declared();
        let mut event = upload(&world, "artifacts/shop/dev/web/1.zip", "…");
        event["account"] = account;
        event["detail"]["requester"] = requester;
        arrives(&world, event).unwrap();
        let [input] = started(&world).try_into().unwrap();
        let request = Request::parse(&input).unwrap();
        let asked_by = request.asked_by();
        assert_eq!(asked_by.principal.as_deref(), wanted);
        assert_eq!(asked_by.to_string(), wanted.unwrap_or("an upload"));
    }
}

#[test]
fn a_release_that_cannot_be_pinned_is_started_once_to_be_refused_aloud() {
    let world = nothing();
    let event = upload(&world, "releases/shop/dev/1.4.0.json", "{}");
    arrives(&world, event.clone()).unwrap();
    arrives(&world, event).unwrap();
    let [input] = started(&world).try_into().unwrap();
    assert_eq!(input["manifest_object"]["key"], "releases/shop/dev/1.4.0.json");
}

#[test]
fn an_event_that_names_no_version_means_the_present_one() {
    let world = declared();
    let mut event = upload(&world, "releases/shop/dev/1.4.0.json", "{}");
    let object = event["detail"]["object"].as_object_mut().unwrap();
    let version = object.remove("version-id").unwrap();
    arrives(&world, event).unwrap();
    let [input] = started(&world).try_into().unwrap();
    assert_eq!(input["manifest_object"]["version_id"], version);
}

#[test]
fn that_it_was_served_is_noted_for_a_month() {
    let world = declared();
    let event = upload(&world, "artifacts/shop/dev/web/1.zip", "…");
    let version = event["detail"]["object"]["version-id"].as_str().unwrap().to_owned();
    arrives(&world, event).unwrap();
    let key = ledger::arrival(&format!("artifacts/shop/dev/web/1.zip {version}"));
    assert!(get(&world, &key).is_some());
    let noted = world.dynamodb().items[&key].expires;
    assert_eq!(noted, Some(world.now().plus_s(30 * 24 * 60 * 60)));
}

/// Messages come in any order: the message of the declaration that names the component may still be on its way.
#[test]
fn an_artifact_whose_component_is_not_declared_yet_is_served_again_when_it_is() {
    let world = declared();
    let event = upload(&world, "artifacts/shop/dev/docs/1.zip", "…");
    arrives(&world, event.clone()).unwrap();
    assert_eq!(started(&world), [json!(null); 0]);
    let docs = "components:\n  docs: {kind: static_site, bucket: 'shop-docs-{environment}', on_artifact: true}";
    let next = DECLARATION.replace("1.0.0", "1.1.0").replace("components:", docs);
    let declaration = upload(&world, "apps/shop/app.yaml", &next);
    arrives(&world, declaration).unwrap();
    arrives(&world, event.clone()).unwrap();
    let inputs = started(&world);
    assert_eq!(inputs.len(), 1);
    assert_eq!(inputs[0]["artifact_object"]["component"], "docs");
    arrives(&world, event).unwrap();
    assert_eq!(started(&world).len(), 1, "its event came twice");
}
