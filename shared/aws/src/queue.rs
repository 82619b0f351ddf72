//! An SQS queue that calls a function: its messages, and which of them come again.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use serde_json::Value;
use tracing::Instrument as _;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::log;
use windlass_engine::ports::Result;

/// Serves each message of an SQS event by its body, and answers those that failed, so that only they come again (AWS
/// Lambda Developer Guide, "Implementing partial batch responses"). A message that is no JSON fails as well, and ends
/// in the dead-letter queue, where a person finds it.
pub async fn each_message(
    event: SqsEvent,
    serve: impl AsyncFn(Value) -> Result<()>,
) -> SqsBatchResponse {
    let mut answer = SqsBatchResponse::default();
    for message in &event.records {
        let id = message.message_id.as_deref().unwrap_or_default();
        let served = async {
            let served = match body(message) {
                Ok(body) => serve(body).await,
                Err(fault) => Err(fault),
            };
            match &served {
                Ok(()) => tracing::info!(target: "windlass", "the message is served"),
                Err(fault) => {
                    tracing::warn!(target: "windlass", %fault, "the message comes again");
                }
            }
            served
        };
        if served.instrument(log::part(id)).await.is_err() {
            answer.add_failure(id);
        }
    }
    answer
}

fn body(message: &SqsMessage) -> Result<Value> {
    let text = message.body.as_deref().unwrap_or_default();
    serde_json::from_str(text).map_err(|error| {
        Fault::new(
            FaultName::BadInput,
            format!("a message of the queue is not JSON: {error}"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_failed_comes_again() {
        let event = json!({"Records": [
            {"messageId": "1", "body": "{\"good\": true}"},
            {"messageId": "2", "body": "{\"good\": false}"},
            {"messageId": "3", "body": "not JSON"},
        ]});
        let event = serde_json::from_value(event).expect("an SQS event");
        let serve = async |body: Value| {
            if body["good"] == true {
                return Ok(());
            }
            Err(Fault::new(FaultName::Unavailable, "no answer"))
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let answer = runtime
            .expect("a runtime")
            .block_on(each_message(event, serve));
        let expected = json!({"batchItemFailures": [
            {"itemIdentifier": "2"}, {"itemIdentifier": "3"},
        ]});
        assert_eq!(serde_json::to_value(answer).expect("JSON"), expected);
    }
}
