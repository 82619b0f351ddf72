//! Tests of a flood of one application's arrivals: it goes back into the queue under the application's name.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::routes::intake::send_back;
use windlass_world::World;
use windlass_world::run::run;

const QUEUE: &str = "arn:aws:sqs:eu-west-1:111111111111:arrivals";

fn upload(key: &str) -> Value {
    json!({"detail-type": "Object Created", "detail": {"object": {"key": key}}})
}

fn push(repository: &str) -> Value {
    json!({"detail-type": "ECR Image Action", "detail": {"repository-name": repository}})
}

/// A batch of so many uploads of shop, and then these.
fn batch(of_shop: usize, more: &[Value]) -> Vec<Value> {
    let uploads = (0..of_shop).map(|n| upload(&format!("artifacts/shop/prod/api/{n}.zip")));
    uploads.chain(more.iter().cloned()).collect()
}

/// Returns the places that went back, and the groups in which they come again.
fn goes_back(world: &World, batch: &[Value]) -> (Vec<usize>, Vec<String>) {
    let places = run(send_back(world, QUEUE, batch)).into_iter().collect();
    let groups = world.sqs().sent.iter().map(|(group, _)| group.clone()).collect();
    (places, groups)
}

#[test]
fn six_arrivals_of_one_application_in_a_batch_are_a_flood_and_others_are_served() {
    let others =
        [upload("releases/bank/prod/1.0.0.json"), push("bank/agent"), json!({"detail-type": "Scheduled Event"})];
    let many = |event: fn(usize) -> Value| (0..6).map(event).collect::<Vec<_>>();
    // The batch. Expected: how many of its first messages go back, and their group.
    let table = [
        (batch(5, &others), 0, ""),
        (batch(6, &others), 6, "shop"),
        (batch(7, &others), 7, "shop"),
        (many(|n| push(&format!("shop/agent-{n}"))), 6, "shop"),
        (many(|n| upload(&format!("nonsense/shöp x/{n}"))), 6, "sh_p_x"),
        (many(|n| upload(&format!("file-{n}"))), 0, ""),
        (many(|_| upload("apps//app.yaml")), 0, ""),
        (many(|_| json!({"detail-type": "Scheduled Event"})), 0, ""),
        (many(|_| Value::Null), 0, ""),
    ];
    for (batch, flood, group) in table {
        let world = World::default();
        let expected = ((0..flood).collect(), vec![group.to_owned(); flood]);
        assert_eq!(goes_back(&world, &batch), expected, "{batch:?}");
    }
    let world = World::default();
    let long = format!("artifacts/{}/prod/api/1.zip", "x".repeat(300));
    assert_eq!(goes_back(&world, &vec![upload(&long); 6]).1, vec!["x".repeat(128); 6]);
}

#[test]
fn what_comes_again_is_served_and_is_the_same_event() {
    let world = World::default();
    let first = batch(10, &[]);
    assert_eq!(goes_back(&world, &first).0.len(), 10);
    let again: Vec<Value> = world.sqs().sent.drain(..).map(|(_, event)| event).collect();
    assert_eq!(goes_back(&world, &again).0, [0; 0]);
    for (was, is) in first.iter().zip(&again) {
        assert_eq!((&was["detail"], &was["detail-type"]), (&is["detail"], &is["detail-type"]));
    }
}

#[test]
fn what_could_not_go_back_is_served_at_once() {
    let whole = batch(8, &[]);
    let world = World::default();
    world.sqs().room = Some(3);
    assert_eq!(goes_back(&world, &whole).0, [0, 1, 2]);
    for target in ["AmazonSQS.GetQueueUrl", "AmazonSQS.SendMessageBatch"] {
        let world = World::default();
        let denied = Fault::new(FaultName::AccessDenied, "the role may not");
        world.mishaps().refused.insert(target, denied);
        assert_eq!(goes_back(&world, &whole), (vec![], vec![]), "{target}");
    }
    let elsewhere = run(send_back(&World::default(), "arn:aws:sqs:eu-west-1:111111111111:gone", &whole));
    assert_eq!(elsewhere, BTreeSet::new());
}
