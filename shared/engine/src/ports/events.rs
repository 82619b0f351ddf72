use super::Answered;
use serde_json::Value;

/// Amazon EventBridge, for the events that Windlass sends.
pub trait Events {
    /// Puts one event of Windlass's own source.
    async fn put_event(&self, detail_type: &str, detail: &Value) -> Answered<()>;
}
