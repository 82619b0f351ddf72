//! The ledger's stream: DynamoDB's records as changes of items.

use crate::dynamodb::item_of_document;
use aws_lambda_events::dynamodb::{Event, EventRecord};
use serde_json::Value;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::outbox::Change;
use windlass_engine::ports::{Item, Result};

/// A cause for which the outbox is invoked.
#[derive(Debug, Clone, PartialEq)]
pub enum InvocationCause {
    /// Changes of the ledger.
    Changes(Vec<Change>),
    /// A look of the schedule: the event.
    Look(Value),
}

/// Tells changes of the ledger from a look of the schedule. An event from EventBridge has a `detail-type` (Amazon
/// EventBridge User Guide, "Events").
pub fn woken(event: Value) -> Result<InvocationCause> {
    if event.get("detail-type").is_some() {
        return Ok(InvocationCause::Look(event));
    }
    let event: Event = serde_json::from_value(event).map_err(|error| {
        let message = format!("an event of the ledger's stream cannot be read: {error}");
        Fault::new(FaultName::BadInput, message)
    })?;
    changes_from_stream(event).map(InvocationCause::Changes)
}

/// Reads the changes in an event of the table's stream, in its order (Amazon DynamoDB Streams API Reference, Record).
/// The stream must carry new and old images.
pub fn changes_from_stream(event: Event) -> Result<Vec<Change>> {
    event.records.into_iter().map(change).collect()
}

fn change(record: EventRecord) -> Result<Change> {
    Ok(Change { before: image(record.change.old_image)?, after: image(record.change.new_image)? })
}

/// Reads an image of an item. An item has its key at least, so an image without attributes is an absent item.
fn image(image: serde_dynamo::Item) -> Result<Option<Item>> {
    if image.is_empty() {
        return Ok(None);
    }
    let document = serde_dynamo::from_item(image).map_err(|error| {
        let message = format!("an event of the ledger's stream cannot be read: {error}");
        Fault::new(FaultName::BadInput, message)
    })?;
    item_of_document(document).map(Some)
}
