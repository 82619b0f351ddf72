//! The maker of a difference, as far as CloudTrail shows.

// CloudTrail is asked once for each new difference: an account may make two such calls a second. It names a call and
// not a culprit. Nothing else of the record is kept, because it has parameters and ids of keys.

use crate::text::foreign;
use crate::text::time::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// The maker of a difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangedBy {
    /// The last call that changed the target in the time in which the difference began.
    Named(LoggedCall),
    /// CloudTrail names nobody, for this reason.
    Nobody(String),
}

/// A call in CloudTrail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoggedCall {
    /// The caller: an ARN if it has one.
    #[serde(deserialize_with = "foreign::one")]
    pub by: String,
    /// The name of the call, such as `UpdateAlias20150331`.
    #[serde(deserialize_with = "foreign::one")]
    pub event: String,
    /// The time of the call.
    pub at: Time,
}

/// The longest name that is kept, in characters.
const LONGEST: usize = 512;

impl ChangedBy {
    /// Finds the maker in an answer of `LookupEvents` for a target: the newest call that changed something and was not
    /// refused, after the one time and not after the other (AWS CloudTrail API Reference, LookupEvents; User Guide,
    /// "CloudTrail record contents"). Nothing else of a record is kept.
    pub fn of(answer: &Value, after: Time, until: Time) -> Self {
        let calls = answer["Events"].as_array().into_iter().flatten().filter_map(call);
        // Records have whole seconds: a call in the second in which it began may be later than that.
        let newest =
            calls.filter(|call| call.at.0 / 1000 >= after.0 / 1000 && call.at <= until).max_by_key(|call| call.at);
        newest.map_or_else(|| Self::Nobody("it has no call on that resource in this time".to_owned()), Self::Named)
    }
}

fn call(event: &Value) -> Option<LoggedCall> {
    let record: Value = serde_json::from_str(event["CloudTrailEvent"].as_str()?).ok()?;
    let is_read = record["readOnly"] == true || event["ReadOnly"] == "true";
    let is_refused = record["errorCode"].is_string();
    if is_read || is_refused {
        return None;
    }
    let identity = &record["userIdentity"];
    let by = [&identity["arn"], &identity["invokedBy"], &event["Username"]].into_iter().find_map(Value::as_str)?;
    let at = Time::parse(record["eventTime"].as_str()?)?;
    let kept = |text: &str| text.chars().take(LONGEST).collect();
    Some(LoggedCall { by: kept(by), event: kept(event["EventName"].as_str()?), at })
}

/// As a part of a sentence.
impl fmt::Display for ChangedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(LoggedCall { by, event, at }) => write!(f, "CloudTrail names {event} by {by} at {at}"),
            Self::Nobody(why) => write!(f, "CloudTrail names nobody: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic, and reads better")]

    use super::*;
    use serde_json::json;

    fn event(name: &str, at: &str, record: Value) -> Value {
        let mut record = record;
        record["eventTime"] = at.into();
        json!({"EventName": name, "Username": "ann", "ReadOnly": "false", "EventTime": 1.0,
            "CloudTrailEvent": record.to_string()})
    }

    #[test]
    fn the_newest_call_that_changed_something_is_named() {
        let ann = || json!({"userIdentity": {"arn": "arn:aws:iam::1:user/ann", "accessKeyId": "AKIA"}, "requestParameters": {"secret": "s"}});
        let by_service = json!({"userIdentity": {"invokedBy": "cloudformation.amazonaws.com"}});
        let mut refused = ann();
        refused["errorCode"] = "AccessDenied".into();
        let mut read = ann();
        read["readOnly"] = true.into();
        let none = "CloudTrail names nobody: it has no call on that resource in this time";
        let updated = |at: &str| format!("CloudTrail names UpdateAlias by arn:aws:iam::1:user/ann at {at}");
        let [early, same, one, two, late] = [
            "2026-11-24T12:59:59Z",
            "2026-11-24T13:00:00Z",
            "2026-11-24T13:10:00Z",
            "2026-11-24T13:20:00Z",
            "2026-11-24T14:00:01Z",
        ];
        let table = [
            (json!({}), none.to_owned()),
            (json!({"Events": []}), none.to_owned()),
            (json!({"Events": [event("UpdateAlias", same, ann())]}), updated(same)),
            (json!({"Events": [event("UpdateAlias", one, ann())]}), updated(one)),
            (json!({"Events": [event("UpdateAlias", one, ann()), event("UpdateAlias", two, ann())]}), updated(two)),
            (
                json!({"Events": [event("UpdateAlias", early, ann()), event("UpdateAlias", late, ann())]}),
                none.to_owned(),
            ),
            (
                json!({"Events": [event("UpdateAlias", two, refused), event("GetAlias", two, read), event("UpdateAlias", one, ann())]}),
                updated(one),
            ),
            (
                json!({"Events": [event("UpdateService", one, by_service)]}),
                format!("CloudTrail names UpdateService by cloudformation.amazonaws.com at {one}"),
            ),
            (
                json!({"Events": [event("UpdateService", one, json!({}))]}),
                format!("CloudTrail names UpdateService by ann at {one}"),
            ),
            (json!({"Events": [{"EventName": "UpdateAlias", "CloudTrailEvent": "no record"}]}), none.to_owned()),
        ];
        let (after, until) =
            (Time::parse("2026-11-24T13:00:00.400Z").unwrap(), Time::parse("2026-11-24T14:00:00Z").unwrap());
        for (answer, wanted) in table {
            let who = ChangedBy::of(&answer, after, until);
            assert_eq!(who.to_string(), wanted, "{answer}");
            let kept = serde_json::to_string(&who).unwrap();
            assert!(!kept.contains("AKIA") && !kept.contains("secret"), "{kept}");
        }
    }
}
