use super::Result;
use serde_json::Value;

/// Amazon EventBridge, for the events that Windlass sends.
pub trait EventBridgeApi {
    /// Puts one event of Windlass's own source.
    async fn put_event(&self, detail_type: &str, detail: &Value) -> Result<()>;
}
