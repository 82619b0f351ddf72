//! The queue of `intake` in memory, as far as a function sends to it (Amazon SQS API Reference, GetQueueUrl and
//! SendMessageBatch).

use crate::World;
use serde_json::{Value, json};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::ports::{JsonCall, Result};

/// The largest number of messages of one call.
const TOGETHER_AT_MOST: usize = 10;

/// The queue.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The messages that were sent, each with its group, oldest first.
    pub sent: Vec<(String, Value)>,
    /// The number of further messages that are taken, if not all are.
    pub room: Option<usize>,
}

impl State {
    /// Takes a message, or says that it failed.
    fn send(&mut self, entry: &Value) -> Result<(), Value> {
        let text = |member: &str| entry[member].as_str().unwrap_or_default();
        let failed = |code: &str| Err(json!({"Id": entry["Id"], "Code": code, "SenderFault": false}));
        let group = text("MessageGroupId");
        if group.is_empty() || group.len() > 128 || !group.chars().all(|letter| letter.is_ascii_graphic()) {
            return failed("InvalidParameterValue");
        }
        match &mut self.room {
            Some(0) => return failed("InternalError"),
            Some(left) => *left -= 1,
            None => {}
        }
        let body = serde_json::from_str(text("MessageBody")).map_err(|_| entry.clone())?;
        self.sent.push((group.to_owned(), body));
        Ok(())
    }
}

/// Answers a call of Amazon SQS.
pub(crate) fn answers(world: &World, call: &JsonCall) -> Result<Value> {
    let url = "https://sqs.eu-west-1.amazonaws.com/111111111111/arrivals";
    if call.target == "AmazonSQS.GetQueueUrl" {
        return match call.body["QueueName"].as_str() {
            Some("arrivals") => Ok(json!({ "QueueUrl": url })),
            _ => Err(Fault::new(FaultName::NotFound, "GetQueueUrl: QueueDoesNotExist")),
        };
    }
    let entries = call.body["Entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    if call.body["QueueUrl"] != url || entries.is_empty() || entries.len() > TOGETHER_AT_MOST {
        return Err(Fault::new(FaultName::Refused, format!("SendMessageBatch: {}", call.body)));
    }
    let mut state = world.sqs();
    let (mut sent, mut failed) = (Vec::new(), Vec::new());
    for entry in entries {
        match state.send(entry) {
            Ok(()) => sent.push(json!({"Id": entry["Id"], "MessageId": "m"})),
            Err(why) => failed.push(why),
        }
    }
    Ok(json!({"Successful": sent, "Failed": failed}))
}
