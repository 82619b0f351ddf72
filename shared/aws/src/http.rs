//! API Gateway's HTTP API, payload format 2.0 (Amazon API Gateway Developer Guide, "Create AWS
//! Lambda proxy integrations for HTTP APIs").

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use windlass_domain::fault::{Fault, FaultName};
use windlass_engine::ports::Answered;
use windlass_engine::routes::api::{Call, Reply};

/// The call in an event of the HTTP API.
pub fn call_of(event: &Value) -> Answered<Call> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    let method = text("/requestContext/http/method").ok_or_else(|| bad("it names no method"))?;
    let path = text("/rawPath").ok_or_else(|| bad("it names no path"))?;
    let stage = text("/requestContext/stage").unwrap_or("$default");
    Ok(Call {
        method: method.to_owned(),
        path: without_stage(path, stage).to_owned(),
        query: query(&event["queryStringParameters"]),
        body: body(event)?,
        caller: text("/requestContext/authorizer/iam/userArn").map(str::to_owned),
    })
}

/// The answer as the HTTP API takes it.
pub fn answer_of(reply: &Reply) -> Value {
    json!({
        "statusCode": reply.status,
        "headers": {"content-type": reply.content_type, "cache-control": "no-store"},
        "body": reply.body.to_string(),
        "isBase64Encoded": false,
    })
}

fn bad(why: &str) -> Fault {
    Fault::new(
        FaultName::BadInput,
        format!("the event is none of an HTTP API: {why}"),
    )
}

/// A named stage stands before the path.
fn without_stage<'a>(path: &'a str, stage: &str) -> &'a str {
    let rest = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage));
    rest.filter(|rest| rest.starts_with('/')).unwrap_or(path)
}

fn query(parameters: &Value) -> BTreeMap<String, String> {
    let parameters = parameters.as_object().into_iter().flatten();
    parameters
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// The body as text. API Gateway encodes what it takes for binary by its content type.
fn body(event: &Value) -> Answered<Option<String>> {
    let Some(body) = event["body"].as_str() else {
        return Ok(None);
    };
    if event["isBase64Encoded"] != true {
        return Ok(Some(body.to_owned()));
    }
    let bytes = STANDARD
        .decode(body)
        .map_err(|_| bad("its body is not base64"))?;
    let text = String::from_utf8(bytes).map_err(|_| bad("its body is not UTF-8"))?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Value {
        json!({
            "version": "2.0",
            "rawPath": "/apps/shop/releases",
            "queryStringParameters": {"environment": "prod"},
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
        let expected = Call {
            method: "POST".into(),
            path: "/apps/shop/releases".into(),
            query: [("environment".to_owned(), "prod".to_owned())].into(),
            body: Some("{}".into()),
            caller: Some("arn:aws:iam::111111111111:user/ci".into()),
        };
        assert_eq!(call_of(&event()), Ok(expected));
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
        assert_eq!(
            call_of(&event).expect("a call").body.as_deref(),
            Some("{\"a\":1}")
        );
        event["body"] = json!("%");
        assert_eq!(
            call_of(&event).expect_err("no base64").name,
            FaultName::BadInput
        );
    }

    #[test]
    fn an_answer_carries_its_type() {
        let reply = Reply {
            status: 404,
            content_type: "application/problem+json",
            body: json!({"title": "no"}),
        };
        let answer = answer_of(&reply);
        assert_eq!(answer["statusCode"], 404);
        assert_eq!(
            answer["headers"]["content-type"],
            "application/problem+json"
        );
        assert_eq!(answer["body"], "{\"title\":\"no\"}");
    }
}
