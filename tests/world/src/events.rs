//! EventBridge in memory.

use crate::World;
use serde_json::Value;
use windlass_engine::ports::{Answered, Events};

/// The events.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// What was put: (detail type, detail), oldest first.
    pub put: Vec<(String, Value)>,
}

impl Events for World {
    async fn put_event(&self, detail_type: &str, detail: &Value) -> Answered<()> {
        let call = self.call("events.put_event").await?;
        self.events()
            .put
            .push((detail_type.to_owned(), detail.clone()));
        call.answer(()).await
    }
}
