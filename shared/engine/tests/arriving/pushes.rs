//! Tests which images that were pushed start something.

use crate::arriving::place::{arrives, declared, shop, started, upload};
use serde_json::{Value, json};
use windlass_domain::text::digest::Digest;
use windlass_domain::text::fault::FaultName;
use windlass_engine::ledger;

/// Makes the event of a push of an image of the branch `main`, with these members of the detail changed. A null removes
/// a member.
fn push(change: Value) -> Value {
    let mut event = json!({
        "detail-type": "ECR Image Action",
        "account": "111111111111",
        "region": "eu-west-1",
        "detail": {
            "action-type": "PUSH",
            "result": "SUCCESS",
            "repository-name": "shop/agent",
            "image-tag": "main",
            "image-digest": format!("sha256:{}", Digest::of(b"image")),
        },
    });
    for (name, value) in change.as_object().unwrap() {
        event["detail"][name] = value.clone();
    }
    event
}

#[test]
fn a_push_starts_the_release_of_its_digest_once() {
    let world = declared();
    arrives(&world, push(json!({}))).unwrap();
    arrives(&world, push(json!({}))).unwrap();
    let [input] = started(&world).try_into().unwrap();
    let digest = Digest::of(b"image");
    let wanted = json!({"repository": "shop/agent", "digest": digest, "tag": "main"});
    assert_eq!(input["image_push"], wanted);
    assert_eq!(input["requester"], json!({"route": "ecr"}));
}

/// Safety: arrivals: an event of another account or region starts nothing.
#[test]
fn an_event_from_elsewhere_starts_nothing() {
    let world = declared();
    for (member, value) in [
        ("account", json!("222222222222")),
        ("region", json!("us-east-1")),
        ("account", json!(null)),
        ("region", json!(null)),
    ] {
        let mut push = push(json!({}));
        push[member] = value.clone();
        let mut uploaded = upload(&world, "artifacts/shop/dev/web/1.zip", "…");
        uploaded[member] = value.clone();
        arrives(&world, push).unwrap();
        arrives(&world, uploaded).unwrap();
        assert_eq!(started(&world), [json!(null); 0], "{member} {value}");
    }
}

#[test]
fn what_goes_nowhere_starts_nothing() {
    let world = declared();
    for change in [
        json!({"action-type": "DELETE"}),
        json!({"result": "FAILURE"}),
        json!({"image-tag": null}),
        json!({"image-tag": ""}),
        json!({"image-tag": "experiment"}),
        json!({"repository-name": "bank/agent"}),
    ] {
        arrives(&world, push(change.clone())).unwrap();
        assert_eq!(started(&world), [json!(null); 0], "{change}");
    }
    let key = ledger::declaration_in_force(&shop());
    world.dynamodb().items.remove(&key);
    arrives(&world, push(json!({}))).unwrap();
    assert_eq!(started(&world), [json!(null); 0]);
}

#[test]
fn an_event_that_names_no_repository_or_no_digest_is_bad_input() {
    let world = declared();
    for change in
        [json!({"repository-name": null}), json!({"image-digest": null}), json!({"image-digest": "sha256:abc"})]
    {
        let fault = arrives(&world, push(change.clone())).unwrap_err();
        assert_eq!(fault.name, FaultName::BadInput, "{change}");
    }
}
