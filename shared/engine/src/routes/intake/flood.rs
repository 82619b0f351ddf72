//! A bound per application: where a batch has many arrivals of one application, none of them is served in it. They go
//! back into the queue under the application's name, and Amazon SQS brings the messages of a busy group after those of
//! others (Amazon SQS Developer Guide, "Amazon SQS fair queues"). EventBridge itself can give a message no group that
//! depends on the event (Amazon EventBridge API Reference, SqsParameters).

// A flood goes back into its queue with its application as the group, because SQS serves a busy group after others.
// To give messages back counts as a receipt and would make dead letters; a rule of EventBridge sets only fixed
// groups; a counter in the ledger is a write for each upload.

use crate::ports::{JsonCall, JsonServices, Result};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use windlass_domain::text::fault::{Fault, FaultName};

/// The number of arrivals of one application in a batch from which on they are a flood. A release of a few components
/// is none: each of them is an upload, and so is its manifest.
const FLOOD: usize = 6;

/// The most letters of a message's group (Amazon SQS API Reference, SendMessage, `MessageGroupId`).
const LONGEST_GROUP: usize = 128;

/// The member of an event that went back into the queue. It is served when it comes again, so each goes back once.
const SENT_BACK: &str = "windlass_sent_back";

/// Sends the arrivals of a flood back to their queue, which has this ARN, and returns their places in the batch. What
/// could not be sent is not among them: it is served at once, as if there were no flood.
pub async fn send_back(ports: &impl JsonServices, queue: &str, batch: &[Value]) -> BTreeSet<usize> {
    let flood = flood(batch);
    if flood.is_empty() {
        return BTreeSet::new();
    }
    let sent = send(ports, queue, batch, &flood).await;
    sent.unwrap_or_else(|fault| {
        tracing::warn!(%fault, "a flood could not be sent back; it is served at once");
        BTreeSet::new()
    })
}

/// Returns the places of the arrivals that go back, each with the group in which it comes again.
fn flood(batch: &[Value]) -> BTreeMap<usize, String> {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, event) in batch.iter().enumerate() {
        if event.get(SENT_BACK).is_none()
            && let Some(group) = group(event)
        {
            groups.entry(group).or_default().push(place);
        }
    }
    groups.retain(|_, places| places.len() >= FLOOD);
    groups.into_iter().flat_map(|(group, places)| places.into_iter().map(move |place| (place, group.clone()))).collect()
}

/// Returns the application that an event names by its key or its repository, as far as a group can have its letters.
/// Nobody checks here whether there is such an application.
fn group(event: &Value) -> Option<String> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let name = match text("/detail/object/key") {
        Some(key) => key.split('/').nth(1)?,
        None => text("/detail/repository-name")?.split('/').next()?,
    };
    let letters = name.chars().map(|letter| if letter.is_ascii_graphic() { letter } else { '_' });
    Some(letters.take(LONGEST_GROUP).collect()).filter(|name: &String| !name.is_empty())
}

async fn send(
    ports: &impl JsonServices,
    queue: &str,
    batch: &[Value],
    flood: &BTreeMap<usize, String>,
) -> Result<BTreeSet<usize>> {
    let name = queue.rsplit(':').next().unwrap_or_default();
    let call = JsonCall { service: "sqs", target: "AmazonSQS.GetQueueUrl", body: json!({"QueueName": name}) };
    let found = ports.json_call(call).await?;
    let entries = flood.iter().map(|(place, group)| {
        let mut event = batch[*place].clone();
        event[SENT_BACK] = json!(true);
        json!({"Id": place.to_string(), "MessageBody": event.to_string(), "MessageGroupId": group})
    });
    let body = json!({"QueueUrl": found["QueueUrl"], "Entries": entries.collect::<Vec<_>>()});
    let answer = ports.json_call(JsonCall { service: "sqs", target: "AmazonSQS.SendMessageBatch", body }).await?;
    let sent = answer["Successful"].as_array().ok_or_else(|| {
        Fault::new(FaultName::Unavailable, "SQS's answer to SendMessageBatch does not say what was sent")
    })?;
    let sent: BTreeSet<usize> = sent.iter().filter_map(|one| one["Id"].as_str()?.parse().ok()).collect();
    tracing::info!(arrivals = sent.len(), "a flood goes back into the queue");
    Ok(sent)
}
