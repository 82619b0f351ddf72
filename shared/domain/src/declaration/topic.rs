//! The topics that a declaration names, as people write them. Pure.
//!
//! A team gets its own application's messages by its declaration. Rules of EventBridge would take patterns and
//! transformers of each team, and send JSON to mail; topics as parameters of the template would take the rights of
//! whoever installs.

use crate::declaration::aws_name;
use crate::declaration::scope::unless_filled_in;
use crate::text::finding::{Finding, FindingName, repeated};
use crate::text::name::AppName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A topic of Amazon SNS to which Windlass sends events. The topic is in the account of Windlass, in any region, and
/// has the tag `windlass:app` with the application's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The topic's ARN.
    pub topic: String,
    /// The sorts of events that the topic gets.
    #[serde(default = "endings")]
    #[schemars(extend("minItems" = 1))]
    pub of: BTreeSet<MessageKind>,
    /// The form of the messages.
    #[serde(default)]
    pub form: Form,
}

/// The sorts of events that may be sent to a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// A deployment has begun.
    Start,
    /// A deployment ended with `Succeeded`, or a drill proved that the environment can go back to the previous version.
    Success,
    /// The undo of a deployment has begun, or a deployment ended with `RolledBack` or `NeedsOperator`. This kind also
    /// covers a drill that failed. A drill that a release or a person interrupted belongs to this kind only if the
    /// drill did not bring back what was live before.
    Failure,
    /// Windlass refused a request or a drill, or a deployment ended with `Rejected`.
    Refusal,
    /// Something waits for a person. A recorded release waits for its start (because of `start: manual` or a hold), a
    /// plan waits for approval, or AWS waits for a person's decision about the change of a target. This kind also
    /// covers a new hold on automatic deployments, and a deployment that a person has paused.
    Wait,
    /// A hold has stopped automatic deployments, or a hold has ended.
    Hold,
    /// A person has paused a deployment, ended a pause, or skipped the rest of a bake.
    Wheel,
    /// A target differs from its recorded state, or no longer differs, or Windlass could not look at the target. This
    /// kind also reports that the next rollback has become impossible, because something that the rollback needs is
    /// gone. When the rollback is possible again, this kind reports that too.
    Drift,
    /// Windlass no longer manages a component, an environment or an application, or one of these has another name or
    /// owner now.
    Removal,
    /// A summary of the day, which Windlass sends once a day.
    Summary,
}

fn endings() -> BTreeSet<MessageKind> {
    BTreeSet::from([MessageKind::Success, MessageKind::Failure, MessageKind::Wait])
}

/// The form of a topic's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Custom notifications of Amazon Q Developer in chat applications, which shows them in Slack and Microsoft Teams
    /// (its Administrator Guide, "Custom notifications").
    #[default]
    Chat,
    /// A subject and a text of a few lines, for mail.
    Text,
}

/// Returns everything that is wrong with the topics that are named at a place.
pub(crate) fn findings(at: &str, topics: &[Notify]) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let each = topics.iter().enumerate().filter_map(|(i, notify)| {
        let path = format!("{at}[{i}].topic");
        let named = repeated(&notify.topic);
        if !is_topic(&notify.topic) {
            let reason = match notify.topic.strip_suffix(".fifo") {
                Some(of_name) if is_topic(of_name) => {
                    format!("`{named}` is a FIFO topic: its messages need a group, which these have not.")
                }
                _ => format!("`{named}` is not a topic's ARN."),
            };
            let and = unless_filled_in(&notify.topic);
            let remedy = format!(
                "Write the ARN of a standard topic, such as `arn:aws:sns:eu-west-1:111111111111:shop-team`{and}."
            );
            return Some(Finding::bad_value(path, reason, remedy));
        }
        (!seen.insert(&notify.topic)).then(|| {
            let reason = format!("`{named}` is named twice.");
            let remedy = "Write it once, with all that it is told of.";
            Finding::new(FindingName::Duplicate, path, reason, remedy)
        })
    });
    each.collect()
}

/// Amazon SNS API Reference, CreateTopic: a name has up to 256 letters, digits, `_` and `-`; that of a FIFO topic ends
/// with `.fifo`, and its messages need a group, which these have not.
fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    let is_name = |name: &str| {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=256).contains(&name.len()) && name.bytes().all(fits)
    };
    matches!(parts.as_slice(), ["arn", partition, "sns", region, account, name]
        if partition.starts_with("aws")
            && partition.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
            && (aws_name::REGION.accepts)(region)
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && is_name(name))
}

/// Returns the region in a topic's ARN.
pub fn region_of(topic: &str) -> Option<&str> {
    topic.split(':').nth(3).filter(|region| !region.is_empty())
}

/// Returns the account in a topic's ARN.
pub fn account_of(topic: &str) -> Option<&str> {
    topic.split(':').nth(4)
}

/// Makes the finding that a topic is not the application's, with what was seen of it.
pub fn not_ours(path: impl Into<String>, topic: &str, app: &AppName, seen: &str) -> Finding {
    Finding::new(
        FindingName::TargetNotOurs,
        path,
        format!("the topic `{}` {seen}.", repeated(topic)),
        format!("Name a topic in the account of Windlass that is tagged `windlass:app`: `{app}`."),
    )
}
