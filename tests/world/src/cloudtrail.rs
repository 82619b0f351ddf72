//! The event history of CloudTrail in memory (AWS CloudTrail API Reference, LookupEvents): a page of the events that
//! changed something of a resource, newest first.

use crate::World;
use serde_json::{Value, json};
use windlass_domain::text::fault::{Fault, FaultName};
use windlass_domain::text::time::Time;
use windlass_engine::ports::{JsonCall, Result};

/// The events.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// All of them, oldest first.
    pub events: Vec<Event>,
    /// True if every call is refused, as to a role without permission.
    pub denied: bool,
}

/// An event.
#[derive(Debug, Clone)]
pub struct Event {
    /// The name of the resource that it is about.
    pub resource: String,
    /// The name of the call.
    pub name: String,
    /// The ARN of the caller.
    pub by: String,
    /// The time of the call.
    pub at: Time,
}

/// Answers a call of CloudTrail.
pub(crate) fn answers(world: &World, call: &JsonCall) -> Result<Value> {
    let state = world.cloudtrail();
    if state.denied {
        let message = "the role is not authorized to perform cloudtrail:LookupEvents";
        return Err(Fault::new(FaultName::AccessDenied, message));
    }
    let [asked] = call.body["LookupAttributes"].as_array().map_or(&[][..], Vec::as_slice) else {
        let message = "LookupEvents: one attribute at a time";
        return Err(Fault::new(FaultName::Refused, message));
    };
    let seconds = |name: &str| call.body[name].as_u64().unwrap_or_default() * 1000;
    let (from, to) = (seconds("StartTime"), seconds("EndTime"));
    let most = call.body["MaxResults"].as_u64().unwrap_or(50);
    if asked["AttributeKey"] != "ResourceName" || most > 50 || from > to {
        let message = "LookupEvents: InvalidLookupAttributesException";
        return Err(Fault::new(FaultName::Refused, message));
    }
    let found = state
        .events
        .iter()
        .rev()
        .filter(|event| asked["AttributeValue"] == event.resource && (from..=to).contains(&event.at.0));
    let events = found.take(usize::try_from(most).unwrap_or(50)).map(|event| {
        let record = json!({
            "userIdentity": {"type": "AssumedRole", "arn": event.by, "accessKeyId": "ASIAEXAMPLE"},
            "eventTime": event.at.to_string(), "readOnly": false, "requestParameters": {"functionName": event.resource},
        });
        json!({"EventName": event.name, "ReadOnly": "false", "EventTime": event.at.0 / 1000,
            "Username": "somebody", "CloudTrailEvent": record.to_string()})
    });
    Ok(json!({"Events": events.collect::<Vec<Value>>()}))
}
