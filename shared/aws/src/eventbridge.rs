use crate::Aws;
use crate::error::OrFault;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use serde_json::Value;
use windlass_domain::fault::Fault;
use windlass_engine::ports::{EventBridgeApi, Result};

/// The source of all of Windlass's events.
const SOURCE: &str = "windlass";

impl EventBridgeApi for Aws {
    async fn put_event(&self, detail_type: &str, detail: &Value) -> Result<()> {
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(self.settings().event_bus()?)
            .source(SOURCE)
            .detail_type(detail_type)
            .detail(detail.to_string())
            .build();
        let request = self.clients.eventbridge().put_events().entries(entry);
        let answer = request.send().await.or_fault("PutEvents", detail_type)?;
        // An entry can fail in an answer that succeeds (EventBridge API Reference, PutEvents).
        match answer.entries().first().and_then(|entry| entry.error_code()) {
            None => Ok(()),
            Some(code) => Err(Fault::new(
                crate::error::name_of(Some(code), Some(400)),
                format!("PutEvents {detail_type}: AWS answered {code} for the event"),
            )),
        }
    }
}
