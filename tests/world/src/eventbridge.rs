//! EventBridge in memory.

use crate::World;
use serde_json::Value;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{EventBridgeApi, Result};

/// The largest event, in bytes (Amazon EventBridge User Guide, "PutEvents": 256 KB in all).
const LARGEST: usize = 256 * 1024;

/// The events.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The events that were put, as (detail type, detail), oldest first.
    pub put: Vec<(String, Value)>,
}

impl EventBridgeApi for World {
    async fn put_event(&self, detail_type: &str, detail: &Value) -> Result<()> {
        let call = self.call("eventbridge.put_event").await?;
        if detail_type.len() + detail.to_string().len() > LARGEST {
            let text = "PutEvents 400 ValidationException: the total size of the entries";
            return Err(Fault::new(FaultName::Refused, text));
        }
        self.eventbridge().put.push((detail_type.to_owned(), detail.clone()));
        call.answer(()).await
    }
}
