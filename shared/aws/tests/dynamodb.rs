//! DynamoDB: conditions, transactions, cursors, and the calls that are sent once.

#![allow(clippy::expect_used, clippy::similar_names, reason = "a test fails by panicking")]

use crate::replay::{Replay, Reply, json_error, reply};
use serde_json::{Map, Value, json};
use windlass_aws::{InvocationCause, changes_from_stream, woken};
use windlass_domain::text::fault::FaultName;
use windlass_domain::text::time::Time;
use windlass_engine::ledger::{ItemKey, Stored};
use windlass_engine::ports::{Condition, DynamoDbApi, Item, Key, Query, Transacted, Write};

fn key() -> Key {
    Key { pk: "p".into(), sk: "s".into() }
}

fn item(body: Value) -> Item {
    let Value::Object(body) = body else { panic!("an object") };
    Item {
        key: key(),
        rev: 2,
        body,
        index: Some(Key { pk: "ip".into(), sk: "is".into() }),
        expires: Some(Time(1_700_000_000_001)),
    }
}

fn ok(body: &Value) -> Reply {
    reply(200, &[], body.to_string())
}

/// Safety: limits: Items come back as they went, and point reads ask for consistency.
#[tokio::test]
async fn members_with_the_ledgers_own_names_come_back_as_they_went() {
    let wanted = item(json!({"rev": "mine", "_pk": [1, {"a": null}], "n": 1.5, "state": ""}));
    let (aws, replay) = Replay::new(vec![ok(&json!({}))]);
    let done = aws.transact(vec![Write::put(wanted.clone(), Condition::Rev(1))]).await;
    assert_eq!(done, Ok(Transacted::Done));
    let sent = replay.only();
    assert_eq!(sent.header("x-amz-target"), Some("DynamoDB_20120810.PutItem"));
    let sent = sent.json();
    assert_eq!(sent["Item"]["rev"], json!({"N": "2"}));
    assert_eq!(sent["Item"]["_rev"], json!({"S": "mine"}));
    assert_eq!(sent["Item"]["expires"], json!({"N": "1700000001"}));
    assert_eq!(sent["ConditionExpression"], "#name = :value");
    assert_eq!(sent["ExpressionAttributeNames"], json!({"#name": "rev"}));
    assert_eq!(sent["ExpressionAttributeValues"], json!({":value": {"N": "1"}}));

    let (aws, replay) = Replay::new(vec![ok(&json!({"Item": sent["Item"]}))]);
    let read = DynamoDbApi::get(&aws, &key()).await.expect("read").expect("there");
    assert_eq!((&read.key, read.rev, &read.body), (&wanted.key, 2, &wanted.body));
    assert_eq!(read.index, wanted.index);
    assert_eq!(read.expires, Some(Time(1_700_000_001_000)));
    assert_eq!(replay.only().json()["ConsistentRead"], true);
}

/// `template.yaml` makes DynamoDB remove items by this attribute, which must be a number of seconds (Amazon DynamoDB
/// Developer Guide, "Using time to live (TTL) in DynamoDB").
#[tokio::test]
async fn an_item_that_is_put_until_a_time_has_it_as_expires_in_seconds() {
    let stored = Stored::new(ItemKey::<Value>::new("p".into(), "s"), json!({"a": 1}));
    let writes = [
        (stored.put().expect("a write"), None),
        (stored.put_until(Time(1_700_000_000_001)).expect("a write"), Some(json!({"N": "1700000001"}))),
    ];
    for (write, wanted) in writes {
        let (aws, replay) = Replay::new(vec![ok(&json!({}))]);
        assert_eq!(aws.transact(vec![write]).await, Ok(Transacted::Done));
        assert_eq!(replay.only().json()["Item"].get("expires"), wanted.as_ref());
    }
}

#[tokio::test]
async fn a_single_write_whose_answer_is_lost_is_not_sent_again() {
    let (aws, replay) = Replay::new(vec![Reply::Lost]);
    let write = Write::put(item(json!({})), Condition::Absent);
    let fault = aws.transact(vec![write]).await.expect_err("lost");
    assert_eq!(fault.name, FaultName::Unavailable);
    replay.only();
}

#[tokio::test]
async fn a_throttled_single_write_is_sent_again() {
    let throttled = json_error(400, "ProvisionedThroughputExceededException", "slow down");
    let (aws, replay) = Replay::new(vec![throttled, ok(&json!({}))]);
    let done = aws.transact(vec![Write::delete(key(), Condition::Rev(2))]).await;
    assert_eq!(done, Ok(Transacted::Done));
    assert_eq!(replay.sent().len(), 2);
}

#[tokio::test]
async fn a_broken_condition_is_no_fault() {
    let broken = json_error(400, "ConditionalCheckFailedException", "The conditional request failed");
    let (aws, _) = Replay::new(vec![broken]);
    let done = aws.transact(vec![Write::delete(key(), Condition::Rev(2))]).await;
    assert_eq!(done, Ok(Transacted::Refused(vec![0])));
}

fn canceled(codes: [&str; 2]) -> Reply {
    let reasons = codes.map(|code| json!({"Code": code}));
    let body = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "message": "Transaction cancelled",
        "CancellationReasons": reasons,
    });
    reply(400, &[], body.to_string())
}

fn two() -> Vec<Write> {
    let other = Key { pk: "p".into(), sk: "t".into() };
    let field = Condition::Field("state".into(), json!("held"));
    vec![Write::put(item(json!({})), Condition::Absent), Write::check(other, field)]
}

/// Safety: limits: A transaction names its conditions that did not hold.
#[tokio::test]
async fn a_transaction_names_the_conditions_that_were_broken() {
    let (aws, replay) = Replay::new(vec![
        canceled(["None", "ConditionalCheckFailed"]),
        canceled(["TransactionConflict", "None"]),
        canceled(["None", "ValidationError"]),
    ]);
    assert_eq!(aws.transact(two()).await, Ok(Transacted::Refused(vec![1])));
    assert_eq!(aws.transact(two()).await, Ok(Transacted::Refused(vec![0])));
    let fault = aws.transact(two()).await.expect_err("not a condition");
    assert_eq!(fault.name, FaultName::Refused);
    let sent = replay.sent()[0].json();
    let check = &sent["TransactItems"][1]["ConditionCheck"];
    assert_eq!(check["ExpressionAttributeNames"], json!({"#name": "state"}));
    assert_eq!(check["ExpressionAttributeValues"], json!({":value": {"S": "held"}}));
    assert!(sent["ClientRequestToken"].is_string(), "its own retries must be the same transaction");
}

/// Safety: retries: A transaction that DynamoDB cancels because one of its writes is throttled is sent again, and is no
/// refusal.
#[tokio::test]
async fn a_throttled_transaction_is_sent_again_and_is_no_refusal() {
    let throttles = ["ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];
    for throttle in throttles {
        let (aws, replay) = Replay::new(vec![canceled(["None", throttle]), ok(&json!({}))]);
        assert_eq!(aws.transact(two()).await, Ok(Transacted::Done));
        let tokens = replay.sent().iter().map(|sent| sent.json()["ClientRequestToken"].clone()).collect::<Vec<_>>();
        assert_eq!(tokens.len(), 2);
        assert_eq!(tokens[0], tokens[1], "it is the same transaction");

        let refused = (0..4).map(|_| canceled([throttle, "None"])).collect();
        let (aws, replay) = Replay::new(refused);
        for sent in [3, 4] {
            let fault = aws.transact(two()).await.expect_err("throttled");
            assert_eq!(fault.name, FaultName::Throttled, "{fault}");
            assert_eq!(replay.sent().len(), sent);
        }
    }
}

/// Safety: retries: A transaction that was throttled, and of which a condition did not hold as well, is refused: that
/// stays so.
#[tokio::test]
async fn of_several_reasons_the_one_that_stays_wins() {
    let once = async |reasons| {
        let (aws, replay) = Replay::new(vec![canceled(reasons)]);
        let answered = aws.transact(two()).await;
        replay.only();
        answered.map_err(|fault| fault.name)
    };
    let (broken, throttled) = ("ConditionalCheckFailed", "ThrottlingError");
    let expected = Ok(Transacted::Refused(vec![1]));
    assert_eq!(once([throttled, broken]).await, expected);
    let wrong = once([throttled, "ValidationError"]).await;
    assert_eq!(wrong, Err(FaultName::Refused));
    let wrong = once([broken, "ItemCollectionSizeLimitExceeded"]).await;
    assert_eq!(wrong, Err(FaultName::Refused));

    let in_the_way = ["TransactionConflict", throttled];
    let (aws, replay) = Replay::new((0..3).map(|_| canceled(in_the_way)).collect());
    let fault = aws.transact(two()).await.expect_err("throttled");
    assert_eq!(fault.name, FaultName::Throttled);
    assert_eq!(replay.sent().len(), 3);
}

#[tokio::test]
async fn a_transaction_that_is_under_way_is_asked_for_again() {
    let under_way = |_| json_error(400, "TransactionInProgressException", "in progress");
    let (aws, replay) = Replay::new((0..3).map(under_way).collect());
    let fault = aws.transact(two()).await.expect_err("under way");
    assert_eq!(fault.name, FaultName::Throttled);
    assert_eq!(replay.sent().len(), 3);
}

#[tokio::test]
async fn a_cursor_leads_to_the_next_page() {
    let key = |sk: &str| json!({"pk": {"S": "p"}, "sk": {"S": sk}});
    let item = |sk: &str| json!({"pk": {"S": "p"}, "sk": {"S": sk}, "rev": {"N": "1"}});
    let last = key("s1");
    let page = json!({"Items": [item("s1"), item("s2")], "LastEvaluatedKey": key("s2")});
    let (aws, replay) = Replay::new(vec![ok(&page), ok(&json!({"Items": [item("s2")]}))]);
    let query = |after| Query { pk: "p".into(), sk_prefix: "s".into(), descending: true, limit: 1, after };
    let first = aws.query(query(None)).await.expect("a page");
    assert_eq!(first.items.len(), 1);
    let second = aws.query(query(first.next)).await.expect("a page");
    assert_eq!(second.next, None, "the last one has no next");
    let sent = replay.sent();
    assert_eq!(sent[0].json()["Limit"], 2, "one more than is answered");
    assert_eq!(sent[0].json()["ExclusiveStartKey"], Value::Null);
    assert_eq!(sent[1].json()["ExclusiveStartKey"], last);
    assert_eq!(sent[1].json()["ScanIndexForward"], false);
    assert_eq!(sent[1].json()["ConsistentRead"], true);
}

#[tokio::test]
async fn a_page_that_dynamodb_cut_by_its_size_goes_on() {
    let last = json!({"index_pk": {"S": "p"}, "index_sk": {"S": "s"}, "pk": {"S": "a"}, "sk": {"S": "b"}});
    let mut item = last.clone();
    item["rev"] = json!({"N": "1"});
    let cut = json!({"Items": [item], "LastEvaluatedKey": last});
    let full = json!({"Items": [item, item, item]});
    let (aws, replay) = Replay::new(vec![ok(&cut), ok(&full), ok(&json!({"Items": []}))]);
    let query = |after| Query { pk: "p".into(), sk_prefix: String::new(), descending: true, limit: 2, after };
    let first = aws.query_index(query(None)).await.expect("a page");
    assert_eq!(first.items.len(), 1);
    let second = aws.query_index(query(first.next)).await.expect("a page");
    assert_eq!(second.items.len(), 2);
    aws.query_index(query(second.next)).await.expect("a page");
    for sent in &replay.sent()[1..] {
        assert_eq!(sent.json()["ExclusiveStartKey"], last);
    }
}

#[tokio::test]
async fn a_cursor_that_no_page_gave_out_is_bad_input() {
    let outside = "The provided starting key is outside query boundaries";
    let refused = json_error(400, "ValidationException", outside);
    let (aws, replay) = Replay::new(vec![refused]);
    let query = |after: &str| Query {
        pk: "p".into(),
        sk_prefix: "s".into(),
        descending: true,
        limit: 1,
        after: Some(after.into()),
    };
    // The last one is `{"pk":"q"}`, a key of another list.
    for cursor in ["", "nonsense", "!", "eyJwayI6InEifQ"] {
        let fault = aws.query(query(cursor)).await.expect_err(cursor);
        assert_eq!(fault.name, FaultName::BadInput, "{cursor}: {fault}");
    }
    assert_eq!(replay.sent().len(), 1);
}

#[tokio::test]
async fn the_index_is_asked_by_its_own_keys() {
    let (aws, replay) = Replay::new(vec![ok(&json!({"Items": []}))]);
    let query = Query { pk: "held".into(), sk_prefix: String::new(), descending: false, limit: 10, after: None };
    aws.query_index(query).await.expect("a page");
    let sent = replay.only().json();
    assert_eq!(sent["IndexName"], "by_index");
    assert_eq!(sent["KeyConditionExpression"], "#pk = :pk");
    assert_eq!(sent["ExpressionAttributeNames"], json!({"#pk": "index_pk"}));
    assert_eq!(sent["ConsistentRead"], false);
}

#[test]
fn the_stream_carries_items() {
    let image = json!({"pk": {"S": "p"}, "sk": {"S": "s"}, "rev": {"N": "3"}, "_rev": {"S": "m"}, "held": {"M": {"token": {"N": "4"}}}});
    let record = |name: &str, mut change: Value| {
        change["SizeBytes"] = json!(59);
        json!({"eventID": "c4ca", "eventName": name, "awsRegion": "eu-west-1", "dynamodb": change})
    };
    let event = json!({"Records": [
        record("MODIFY", json!({"NewImage": image, "OldImage": image})),
        record("REMOVE", json!({"OldImage": image})),
    ]});
    let Ok(InvocationCause::Changes(changes)) = woken(event.clone()) else {
        panic!("an event of a stream");
    };
    let event = serde_json::from_value(event).expect("an event of a stream");
    assert_eq!(changes_from_stream(event).expect("readable"), changes);
    assert_eq!(changes.len(), 2);
    assert_eq!(changes[1].after, None);
    let item = changes[0].after.as_ref().expect("an image");
    let mut expected = Map::new();
    expected.insert("rev".into(), json!("m"));
    expected.insert("held".into(), json!({"token": 4}));
    assert_eq!((item.rev, &item.body), (3, &expected));
}

#[test]
fn a_look_of_the_schedule_is_no_event_of_the_stream() {
    let look = json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.events", "time": "2026-11-24T06:00:00Z", "detail": {}});
    assert_eq!(woken(look.clone()), Ok(InvocationCause::Look(look)));
    let fault = woken(json!({"detail": {}})).expect_err("nothing that is known");
    assert_eq!(fault.name, FaultName::BadInput);
}
