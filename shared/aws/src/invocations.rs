//! The callers of a function, and their answers: API Gateway's HTTP API with payload format 2.0, the ledger's stream,
//! and an SQS queue (Amazon API Gateway Developer Guide, "Create AWS Lambda proxy integrations for HTTP APIs").

use crate::dynamodb::item_of_document;
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::dynamodb::{Event, EventRecord};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::http::HeaderValue;
use aws_lambda_events::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::join_all;
use serde_json::Value;
use std::collections::BTreeSet;
use tracing::Instrument as _;
use windlass_domain::release::claims::Claims;
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_engine::log;
use windlass_engine::outbox::LedgerChange;
use windlass_engine::ports::{Item, Result};
use windlass_engine::routes::api::{ApiCall, Reply, unread};

/// Returns the call in an event of the HTTP API.
///
/// # Errors
/// The reply to a call that cannot be read.
pub fn call_of(event: ApiGatewayV2httpRequest) -> Result<ApiCall, Reply> {
    let body = body(event.body, event.is_base64_encoded)?;
    // A key that is no text cannot be used: the request's check says what is wrong with it.
    let key = event.headers.get("idempotency-key");
    let key = key.map(|key| String::from_utf8_lossy(key.as_bytes()).into_owned());
    let path = event.raw_path.ok_or_else(|| unread("the path", "the call names none"))?;
    let context = event.request_context;
    let stage = context.stage.as_deref().unwrap_or("$default");
    let query = event.raw_query_string.unwrap_or_default();
    let authorizer = context.authorizer.unwrap_or_default();
    Ok(ApiCall {
        method: context.http.method.to_string(),
        path: without_stage(&path, stage).to_owned(),
        // The query is read as it was sent: `queryStringParameters` cuts values at their commas.
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body,
        key,
        caller: authorizer.iam.and_then(|caller| caller.user_arn),
        // Each claim is a text there, a list too, `[a b]` (Amazon API Gateway Developer Guide, "Control access to HTTP
        // APIs with JWT authorizers in API Gateway").
        claims: authorizer.jwt.and_then(|token| Claims::of(token.claims)).map(Box::new),
    })
}

/// Returns the answer as the HTTP API takes it.
pub fn answer_of(reply: &Reply) -> ApiGatewayV2httpResponse {
    let mut answer = ApiGatewayV2httpResponse::default();
    answer.status_code = reply.status.into();
    let headers = [(CONTENT_TYPE, reply.content_type), (CACHE_CONTROL, "no-store")];
    for (name, value) in headers {
        answer.headers.insert(name, HeaderValue::from_static(value));
    }
    answer.body = Some(Body::Text(reply.body.to_string()));
    answer
}

/// Takes a named stage off, which stands before the path.
fn without_stage<'a>(path: &'a str, stage: &str) -> &'a str {
    let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(stage));
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

/// Returns the body as text. By the content type API Gateway encodes bodies that it considers binary.
fn body(body: Option<String>, encoded: bool) -> Result<Option<String>, Reply> {
    let Some(body) = body else { return Ok(None) };
    if !encoded {
        return Ok(Some(body));
    }
    let bad = |why| unread("the body", why);
    let bytes = STANDARD.decode(body).map_err(|_| bad("it is not base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))?;
    Ok(Some(text))
}

/// A cause for which the outbox is invoked.
#[derive(Debug, Clone, PartialEq)]
pub enum InvocationCause {
    /// Changes of the ledger.
    Changes(Vec<LedgerChange>),
    /// A look of the schedule: the event.
    Look(Value),
}

/// Distinguishes changes of the ledger from a look of the schedule. An event from EventBridge has a `detail-type`
/// (Amazon EventBridge User Guide, "Events").
pub fn woken(event: Value) -> Result<InvocationCause> {
    if event.get("detail-type").is_some() {
        return Ok(InvocationCause::Look(event));
    }
    let event: Event = serde_json::from_value(event).map_err(unreadable)?;
    changes_from_stream(event).map(InvocationCause::Changes)
}

fn unreadable(error: impl std::fmt::Display) -> Fault {
    Fault::new(FaultName::BadInput, format!("an event of the ledger's stream cannot be read: {error}"))
}

/// Reads the changes in an event of the table's stream, in its order (Amazon DynamoDB Streams API Reference, Record).
/// The stream must carry new and old images.
pub fn changes_from_stream(event: Event) -> Result<Vec<LedgerChange>> {
    event.records.into_iter().map(change).collect()
}

fn change(record: EventRecord) -> Result<LedgerChange> {
    Ok(LedgerChange { before: image(record.change.old_image)?, after: image(record.change.new_image)? })
}

/// Reads an image of an item. An item has its key at least, so an image without attributes is an absent item.
fn image(image: serde_dynamo::Item) -> Result<Option<Item>> {
    if image.is_empty() {
        return Ok(None);
    }
    let document = serde_dynamo::from_item(image).map_err(unreadable)?;
    item_of_document(document).map(Some)
}

/// Serves the messages of an SQS event by their bodies, side by side, but for those of a flood: `send_back` gets the
/// queue's ARN and all bodies, and returns the places of those that it put back into the queue. Answers those that
/// failed, so that only they come again (AWS Lambda Developer Guide, "Implementing partial batch responses"). A message
/// that is no JSON fails as well, and ends in the dead-letter queue, where a person finds it.
pub async fn each_message(
    event: SqsEvent,
    send_back: impl AsyncFn(&str, &[Value]) -> BTreeSet<usize>,
    serve: impl AsyncFn(Value) -> Result<()>,
) -> SqsBatchResponse {
    let bodies: Vec<Result<Value>> = event.records.iter().map(message_body).collect();
    let batch: Vec<Value> = bodies.iter().map(|body| body.clone().unwrap_or_default()).collect();
    let queue = event.records.first().and_then(|message| message.event_source_arn.as_deref()).unwrap_or_default();
    let flood = send_back(queue, &batch).await;
    let serve = &serve;
    let rest = event.records.iter().zip(bodies).enumerate().filter(|(place, _)| !flood.contains(place));
    let served = rest.map(|(_, (message, body))| {
        let id = message.message_id.as_deref().unwrap_or_default();
        let served = async move {
            let served = match body {
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
    use serde_json::{Value, json};
    use std::cell::Cell;
    use windlass_domain::release::request::Route;

    fn call_of(event: &Value) -> Result<ApiCall, Reply> {
        let event = serde_json::from_value(event.clone()).expect("an event of an HTTP API");
        super::call_of(event)
    }

    fn event() -> Value {
        json!({
            "version": "2.0",
            "rawPath": "/apps/shop/releases",
            "headers": {"idempotency-key": "run-812", "content-type": "application/json"},
            "rawQueryString": "environment=prod&cursor=1%2C2",
            "queryStringParameters": {"environment": "prod", "cursor": "1,2"},
            "requestContext": {
                "stage": "$default",
                "http": {"method": "POST", "path": "/apps/shop/releases"},
                "authorizer": {"iam": {"userArn": "arn:aws:iam::111111111111:user/ci"}},
            },
            "body": "{}",
            "isBase64Encoded": false,
        })
    }

    #[test]
    fn a_call_is_read() {
        let expected = ApiCall {
            method: "POST".into(),
            path: "/apps/shop/releases".into(),
            query: [("environment", "prod"), ("cursor", "1,2")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            body: Some("{}".into()),
            key: Some("run-812".into()),
            caller: Some("arn:aws:iam::111111111111:user/ci".into()),
            claims: None,
        };
        assert_eq!(call_of(&event()), Ok(expected));
    }

    #[test]
    fn the_claims_of_a_token_are_read_and_count_where_the_path_says_so() {
        let mut event = event();
        event["requestContext"]["authorizer"]["jwt"] = json!({"scopes": null, "claims": {
            "iss": "https://token.actions.githubusercontent.com", "aud": "[https://a.example b]", "iat": "1764465485",
            "repository_owner_id": "8472", "repository_id": "990134", "ref": "refs/heads/main",
        }});
        for (path, route) in [("/apps/shop/stats", Route::Api), ("/ci/apps/shop/stats", Route::Ci)] {
            event["rawPath"] = json!(path);
            let call = call_of(&event).expect("a call");
            assert!(call.caller.is_some() && call.claims.is_some(), "{call:?}");
            let by = call.requester();
            assert_eq!(
                (by.route, by.principal.is_some(), by.claims.is_some()),
                (route, route == Route::Api, route == Route::Ci)
            );
        }
        event["requestContext"]["authorizer"]["jwt"]["claims"] = json!({"sub": "somebody else's"});
        assert_eq!(call_of(&event).expect("a call").claims, None);
    }

    /// Safety: secrets: The token of a CI job is not read, and neither is what it says beside the claims that are kept.
    #[test]
    fn no_text_of_a_token_comes_in_but_the_claims_that_are_kept() {
        let canary = "eyJhbGciOiJSUzI1NiJ9.canary";
        let mut event = event();
        event["rawPath"] = json!("/ci/apps/shop/stats");
        for header in ["authorization", "x-amz-security-token", "cookie"] {
            event["headers"][header] = json!(format!("Bearer {canary}"));
        }
        event["requestContext"]["authorizer"]["jwt"] = json!({"scopes": [canary], "claims": {
            "repository_owner_id": "8472", "repository_id": "990134", "actor": "ann",
            "sub": canary, "jti": canary, canary: "1",
        }});
        let call = call_of(&event).expect("a call");
        assert_eq!(call.requester().claims.map(|claims| claims.kept.len()), Some(3));
        let seen = format!("{call:?}");
        assert!(seen.contains("ann") && !seen.contains("canary"), "{seen}");
    }

    #[test]
    fn a_named_stage_is_taken_off() {
        let mut event = event();
        event["requestContext"]["stage"] = json!("apps");
        event["rawPath"] = json!("/apps/apps/shop/releases");
        assert_eq!(call_of(&event).expect("a call").path, "/apps/shop/releases");
        event["requestContext"]["stage"] = json!("app");
        event["rawPath"] = json!("/apps/shop/releases");
        assert_eq!(call_of(&event).expect("a call").path, "/apps/shop/releases");
    }

    #[test]
    fn an_encoded_body_is_decoded() {
        let mut event = event();
        event["body"] = json!("eyJhIjoxfQ==");
        event["isBase64Encoded"] = json!(true);
        assert_eq!(call_of(&event).expect("a call").body.as_deref(), Some("{\"a\":1}"));
        // The second is the byte 0xff, which is no text in UTF-8.
        for body in ["%", "/w=="] {
            event["body"] = json!(body);
            let reply = call_of(&event).expect_err("no text");
            assert_eq!((reply.status, &reply.body["title"]), (400, &json!("NotWellFormed")));
        }
    }

    #[test]
    fn an_answer_carries_its_type() {
        let reply = Reply { status: 404, content_type: "application/problem+json", body: json!({"title": "no"}) };
        let answer = serde_json::to_value(answer_of(&reply)).expect("JSON");
        assert_eq!(answer["statusCode"], 404);
        assert_eq!(answer["headers"]["content-type"], "application/problem+json");
        assert_eq!(answer["body"], "{\"title\":\"no\"}");
    }

    fn answer(event: Value, serve: impl AsyncFn(Value) -> Result<()>) -> Value {
        let event = serde_json::from_value(event).expect("an SQS event");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let send_back = async |queue: &str, batch: &[Value]| {
            let flood = (0..batch.len()).filter(|place| batch[*place]["queue"] == queue);
            flood.collect()
        };
        let answer = runtime.expect("a runtime").block_on(each_message(event, send_back, serve));
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
    fn what_went_back_into_the_queue_is_not_served() {
        let served = Cell::new(0);
        let serve = async |_| {
            served.set(served.get() + 1);
            Ok(())
        };
        let messages =
            [json!({"queue": "arn:q"}), json!({"queue": "arn:other"}), json!({})].map(|body| body.to_string());
        let messages = messages.map(|body| json!({"messageId": "1", "body": body, "eventSourceARN": "arn:q"}));
        assert_eq!(answer(json!({"Records": messages}), serve), json!({"batchItemFailures": []}));
        assert_eq!(served.get(), 2);
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
