//! The request with which a person cancels a deployment.

// The key's mark stands in the cause of the stop: Step Functions keeps that for 90 days, as long as an execution's
// name. An item of the ledger would need one more right of the API, and the rule that sees the stop may start the
// recovery first, without a key.

use crate::document::shape::{Language, Shape};
use crate::document::source::DocumentText;
use crate::release::cause_name::CauseName;
use crate::text::digest::Digest;
use crate::text::finding::Finding;
use crate::text::foreign::{self, Foreign};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::LazyLock;

static SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::of::<Cancellation>("the request", Language::Json));

/// The body of a call that cancels. Unknown fields are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// The reason, in up to 1024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("maxLength" = 1024))]
    #[serde(deserialize_with = "foreign::maybe")]
    pub reason: Option<String>,
    /// Names the call: the same key is the same call, however often it comes. It comes in the header `Idempotency-Key`
    /// and is no member of a body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("pattern" = r"^[ -~]{1,255}$"))]
    pub idempotency_key: Option<String>,
}

/// The name of the error with which a cancelled execution is stopped.
pub const CANCELLED: &str = CauseName::CancelledByOperator.as_str();

/// A cause ends with the mark of its call. This is the beginning of the mark; so many digits of the digest of its key,
/// and of that of its reason, follow.
const MARK: &str = " [call ";
const DIGITS: usize = 16;

/// An earlier call that cancelled the deployment, compared with this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarlierCancellation {
    /// The earlier call was this one.
    Same,
    /// The earlier call had the same key, and another reason.
    OtherContent,
}

impl Cancellation {
    /// Returns the cause with which the execution is stopped, for a person.
    pub fn cause(&self, caller: &str) -> String {
        format!("Cancelled by {caller}{}", self.because())
    }

    /// Returns the cause with the mark of the call, which identifies the call when it comes again. Step Functions keeps
    /// the cause as long as the execution.
    pub fn marked_cause(&self, caller: &str) -> String {
        let mark = self.digests().map(|[key, reason]| format!("{MARK}{key}-{reason}]"));
        format!("{}{}", self.cause(caller), mark.unwrap_or_default())
    }

    /// Compares the call that stopped an execution with this cause; `None` if it had another key or none.
    pub fn is_before(&self, cause: &str) -> Option<EarlierCancellation> {
        let ([key, reason], (_, [its_key, its_reason])) = (self.digests()?, marked(cause)?);
        let is_same = if reason == its_reason { EarlierCancellation::Same } else { EarlierCancellation::OtherContent };
        (key == its_key).then_some(is_same)
    }

    fn because(&self) -> String {
        let reason = self.reason.as_deref().unwrap_or("no reason given");
        format!(": {}", Foreign(reason))
    }

    fn digests(&self) -> Option<[String; 2]> {
        let because = self.because();
        let each = [self.idempotency_key.as_ref()?.as_str(), &because];
        Some(each.map(|text| Digest::of(text.as_bytes()).as_str().chars().take(DIGITS).collect()))
    }
}

/// Returns the words of a cause, and the digits of its mark; `None` without one.
fn marked(cause: &str) -> Option<(&str, [&str; 2])> {
    let (words, rest) = cause.rsplit_once(MARK)?;
    let (key, reason) = rest.strip_suffix(']')?.split_once('-')?;
    let is_digest = |digits: &&str| digits.len() == DIGITS && digits.chars().all(|c| c.is_ascii_hexdigit());
    [key, reason].iter().all(is_digest).then_some((words, [key, reason]))
}

/// Returns a cause without the mark of the call, for a person.
pub fn without_mark(cause: &str) -> &str {
    marked(cause).map_or(cause, |(words, _)| words)
}

impl Cancellation {
    /// Reads the members of the body of a call that cancels, and the body's text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(body: &Value, text: &str) -> Result<Self, Vec<Finding>> {
        SHAPE.read(body, &DocumentText::of(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_same_call_is_known_by_the_mark_in_its_cause() {
        let call = |key: Option<&str>, reason: &str| Cancellation {
            reason: Some(reason.into()),
            idempotency_key: key.map(Into::into),
        };
        let first = call(Some("press-1"), "wrong one");
        let cause = first.marked_cause("ann");
        assert_eq!(without_mark(&cause), "Cancelled by ann: \"wrong one\"");
        assert_eq!(without_mark(&cause), first.cause("ann"));
        assert_eq!(cause.len(), first.cause("ann").len() + 41);
        for (again, before) in [
            (call(Some("press-1"), "wrong one"), Some(EarlierCancellation::Same)),
            (call(Some("press-1"), "broken"), Some(EarlierCancellation::OtherContent)),
            (call(Some("press-2"), "wrong one"), None),
            (call(None, "wrong one"), None),
        ] {
            assert_eq!(again.is_before(&cause), before, "{again:?}");
        }
        let bare = call(None, "as in [call home]").marked_cause("ann");
        assert_eq!(without_mark(&bare), "Cancelled by ann: \"as in [call home]\"");
        assert_eq!(first.is_before(&bare), None);
    }

    #[test]
    fn a_reason_is_all_that_can_be_said() {
        let parsed = |body: Value| -> Result<Option<String>, Vec<String>> {
            let read = Cancellation::parse(&body, &body.to_string());
            read.map(|read| read.reason).map_err(|findings| findings.iter().map(Finding::written).collect())
        };
        assert_eq!(parsed(json!({})), Ok(None));
        let longest = "é".repeat(1024);
        assert_eq!(parsed(json!({"reason": longest})), Ok(Some(longest)));
        for (body, begins) in [
            (json!({"reason": "x".repeat(1025)}), "BadValue: reason: "),
            (json!({"reason": 7}), "BadValue: reason: `7` is not a text. Remedy: Put it in quotes, `\"7\"`: "),
            (json!({"why": "x"}), "UnknownField: why: "),
            (json!({"reason": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}), "SecretInInput: reason: "),
        ] {
            let [finding] = parsed(body).unwrap_err().try_into().unwrap();
            assert!(finding.starts_with(begins), "{finding}");
            assert!(!finding.contains("ghp_"), "{finding}");
        }
    }
}
