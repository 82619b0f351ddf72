//! A task that is one call of a Lambda function.

use crate::declaration::aws_name;
use crate::declaration::scope::{Scope, Text};
use crate::document::shape::join;
use crate::text::count::{count, is_zero};
use crate::text::finding::Finding;
use crate::text::name::ComponentName;
use crate::text::time::{Span, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The longest time of a call: as long as Lambda lets a function run (AWS Lambda Developer Guide, "Lambda quotas").
pub const LONGEST_CALL: Span = Span::seconds(15 * 60);

/// The longest life of the invocation that makes the call, in seconds: the timeout of the function `run-task` in the
/// template, and the longest that Lambda knows.
pub const LIVES_S: u64 = 15 * 60;

/// The most tries of a call that may be made again while nobody knows what came of the tries before.
pub const TRIES: u32 = 3;

/// The seconds beyond that for which a call counts as under way. They cover what comes before the function's own time
/// begins, such as two minutes of being throttled and its start, and clocks.
pub const GRACE_S: u64 = 180;

/// The time that passes before a call begins, in seconds.
const BEGUN_WITHIN_S: u64 = 5 * 60;

/// The longest payload, in bytes of JSON: it stands in the declaration and in the ledger.
const LONGEST_PAYLOAD: usize = 4 * 1024;

/// A Lambda function that Windlass calls once per release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("examples" = [json!({"name": "shop-migrate", "alias": "live", "of": "api"})]))]
pub struct FunctionTask {
    /// The function's name.
    pub name: Text,
    /// The alias whose version Windlass calls. Windlass looks up this version when it first requests the call. A
    /// repeated call and the call of `undo` use the same version. If `alias` is absent, Windlass calls `$LATEST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<Text>,
    /// A component of this declaration, such as the component that deploys this function. At each release of that
    /// component, Windlass calls the function. The manifest of a release lists that component, and never the task.
    pub of: ComponentName,
    /// The value of `payload` in the event that Windlass sends to the function. It is an object, and must not contain a
    /// secret.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub payload: Map<String, Value>,
    /// True if Windlass may call the function again after a call whose result is unknown. The event of the repeated
    /// call has the same `key`. If false, a person must decide what to do after a call whose result is unknown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeatable: bool,
}

/// A call with every value final.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// The function's name.
    pub name: String,
    /// The alias whose version is called; `$LATEST` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The component with each release of which it is called.
    pub of: ComponentName,
    /// The value that it is called with.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub payload: Map<String, Value>,
    /// True if it may be called again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repeatable: bool,
}

impl FunctionCall {
    /// Returns the most times that it is called.
    pub const fn tries(&self) -> u32 {
        if self.repeatable { TRIES } else { 1 }
    }

    /// Returns the longest time of all its calls, in seconds.
    pub(super) fn longest_s(&self, limit_s: u64) -> u64 {
        (limit_s.max(LIVES_S) + GRACE_S + BEGUN_WITHIN_S) * u64::from(self.tries())
    }
}

impl FunctionTask {
    pub(super) fn resolve(&self, scope: &mut Scope<'_>, path: &str) -> FunctionCall {
        fits(scope, &join(path, "payload"), &self.payload);
        FunctionCall {
            name: scope.text_taking(&join(path, "name"), &self.name, &aws_name::FUNCTION),
            alias: scope.maybe(&join(path, "alias"), self.alias.as_ref(), &aws_name::ALIAS),
            of: self.of.clone(),
            payload: self.payload.clone(),
            repeatable: self.repeatable,
        }
    }
}

pub(super) fn fits(scope: &mut Scope<'_>, path: &str, payload: &Map<String, Value>) {
    let bytes = serde_json::to_vec(payload).map_or(0, |bytes| bytes.len());
    if bytes > LONGEST_PAYLOAD {
        let reason = format!("The payload has {}, and one of {LONGEST_PAYLOAD} is the longest.", count(bytes, "byte"));
        let remedy = "Let the function read what is long itself, and name the place.";
        scope.note(Finding::too_large(path, reason, remedy).seen(bytes, LONGEST_PAYLOAD));
    }
}

/// The ledger's item of a call, from before it is made. Only the invocation that wrote it first makes the call.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// The time at which it was begun; absent if it never was.
    pub begun: Option<Time>,
    /// True if none may begin any more, because its effect is to be taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub barred: bool,
    /// The number of the try, from 1.
    pub attempt: u32,
    /// The number of tries before this one that may have run the function.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub lost: u32,
    /// The version that is called, or `$LATEST`.
    pub version: String,
    /// The time at which the function is surely over, whatever came of the call.
    pub over: Time,
    /// The end of it; absent while nobody knows.
    pub end: Option<CallEnd>,
}

impl Called {
    /// Returns whether Lambda has said that it has not run the function at this try.
    pub fn never_began(&self) -> bool {
        let end = self.end.as_ref();
        end.is_some_and(|end| end.outcome == CallOutcome::NotBegun)
    }

    /// Returns the outcome of all its tries, as far as is known. If Lambda has not run the last one, those before it
    /// may have run it.
    pub fn outcome(&self) -> Option<CallOutcome> {
        let end = self.end.as_ref()?;
        let is_of_all = end.outcome != CallOutcome::NotBegun || self.lost == 0;
        Some(if is_of_all { end.outcome } else { CallOutcome::Unknown })
    }

    /// Returns whether a function may be at work because of it.
    pub fn may_run(&self, now: Time) -> bool {
        self.begun.is_some() && !self.never_began() && now < self.over
    }

    /// Returns the number of tries that may have run the function.
    pub fn spent(&self) -> u32 {
        self.lost + u32::from(self.begun.is_some() && !self.never_began())
    }

    /// Returns whether one more call may be begun. None is known to have done its work, none may be under way, and
    /// fewer may have run the function than are allowed.
    pub fn may_be_followed(&self, now: Time, tries: u32) -> bool {
        let end = self.end.as_ref().map(|end| end.outcome);
        let is_known = matches!(end, Some(CallOutcome::Succeeded | CallOutcome::Failed));
        let is_over = self.begun.is_none() || self.never_began() || now >= self.over;
        !self.barred && !is_known && is_over && self.spent() < tries
    }
}

/// The end of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallEnd {
    /// The time of it.
    pub at: Time,
    /// The outcome.
    pub outcome: CallOutcome,
    /// The reason in words; never the function's answer, which may have a secret in it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// The last lines of its log, if the declaration lets them be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

/// The possible outcomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// The function has answered without an error.
    Succeeded,
    /// The function has failed.
    Failed,
    /// Lambda has not run it.
    NotBegun,
    /// No answer came.
    Unknown,
}
