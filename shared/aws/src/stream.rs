//! The ledger's stream: DynamoDB's records as changes of items.

use crate::ledger::item_of_document;
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::outbox::Change;
use windlass_engine::ports::{Answered, Item};

/// The changes in an event of the table's stream, in its order (Amazon DynamoDB Streams API
/// Reference, Record). The stream must carry new and old images.
pub fn changes_from_stream(event: &Value) -> Answered<Vec<Change>> {
    let records = event["Records"]
        .as_array()
        .ok_or_else(|| unreadable("the event has no Records"))?;
    records.iter().map(change).collect()
}

fn change(record: &Value) -> Answered<Change> {
    Ok(Change {
        before: image(&record["dynamodb"]["OldImage"])?,
        after: image(&record["dynamodb"]["NewImage"])?,
    })
}

fn image(image: &Value) -> Answered<Option<Item>> {
    if image.is_null() {
        return Ok(None);
    }
    let item: serde_dynamo::Item =
        serde_json::from_value(image.clone()).map_err(|error| unreadable(&error.to_string()))?;
    let document = serde_dynamo::from_item(item).map_err(|error| unreadable(&error.to_string()))?;
    item_of_document(document).map(Some)
}

fn unreadable(why: &str) -> Fault {
    Fault::new(
        FaultName::BadInput,
        format!("an event of the ledger's stream cannot be read: {why}"),
    )
}
