//! An SQS queue that calls a function: its messages, and which of them come again.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use serde_json::Value;
use tracing::Instrument as _;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::log;
use windlass_engine::ports::Result;

/// Serves the messages of an SQS event by their bodies, side by side: one application's uploads keep no other's release
/// waiting for each of them. Answers those that failed, so that only they come again (AWS Lambda Developer Guide,
/// "Implementing partial batch responses"). A message that is no JSON fails as well, and ends in the dead-letter queue,
/// where a person finds it.
pub async fn each_message(event: SqsEvent, serve: impl AsyncFn(Value) -> Result<()>) -> SqsBatchResponse {
    let serve = &serve;
    let served = event.records.iter().map(|message| {
        let id = message.message_id.as_deref().unwrap_or_default();
        let served = async move {
            let served = match message_body(message) {
                Ok(body) => serve(body).await,
                Err(fault) => Err(fault),
            };
            match served {
                Ok(()) => tracing::info!(target: "windlass", "the message is served"),
                Err(ref fault) => {
                    tracing::warn!(target: "windlass", %fault, "the message comes again");
                }
            }
            served.err().map(|_| id)
        };
        served.instrument(log::part(id))
    });
    let mut answer = SqsBatchResponse::default();
    for failed in join_all(served).await.into_iter().flatten() {
        answer.add_failure(failed);
    }
    answer
}

fn message_body(message: &SqsMessage) -> Result<Value> {
    let text = message.body.as_deref().unwrap_or_default();
    serde_json::from_str(text)
        .map_err(|error| Fault::new(FaultName::BadInput, format!("a message of the queue is not JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::cell::Cell;

    fn answer(event: Value, serve: impl AsyncFn(Value) -> Result<()>) -> Value {
        let event = serde_json::from_value(event).expect("an SQS event");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let answer = runtime.expect("a runtime").block_on(each_message(event, serve));
        serde_json::to_value(answer).expect("JSON")
    }

    #[test]
    fn no_message_waits_for_the_one_before() {
        let (open, most) = (Cell::new(0), Cell::new(0));
        let serve = async |_| {
            open.set(open.get() + 1);
            most.set(most.get().max(open.get()));
            tokio::task::yield_now().await;
            open.set(open.get() - 1);
            Ok(())
        };
        let messages = ["1", "2", "3"].map(|id| json!({"messageId": id, "body": "{}"}));
        assert_eq!(answer(json!({"Records": messages}), serve), json!({"batchItemFailures": []}));
        assert_eq!(most.get(), 3);
    }

    #[test]
    fn only_what_failed_comes_again() {
        let event = json!({"Records": [
            {"messageId": "1", "body": "{\"good\": true}"},
            {"messageId": "2", "body": "{\"good\": false}"},
            {"messageId": "3", "body": "not JSON"},
        ]});
        let serve = async |body: Value| {
            if body["good"] == true {
                return Ok(());
            }
            Err(Fault::new(FaultName::Unavailable, "no answer"))
        };
        let expected = json!({"batchItemFailures": [
            {"itemIdentifier": "2"}, {"itemIdentifier": "3"},
        ]});
        assert_eq!(answer(event, serve), expected);
    }
}
