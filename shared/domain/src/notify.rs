//! Topics that a declaration names, beside the installation's own: which topics are told, of what, and in which form.
//! Pure.

use crate::declaration::Declaration;
use crate::ending::Ending;
use crate::event::{Event, EventName, Notification};
use crate::finding::{Finding, FindingName, repeated};
use crate::name::EnvironmentName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;

/// A topic of Amazon SNS that is told what happens. It is in the account of Windlass, in any region, and has the tag
/// `windlass:app` with the application's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Notify {
    /// The topic's ARN.
    pub topic: String,
    /// The events that it is told of: good and bad endings if absent.
    #[serde(default = "endings")]
    #[schemars(extend("minItems" = 1))]
    pub of: BTreeSet<Told>,
    /// The form of the messages: for a channel of Slack or Teams if absent.
    #[serde(default)]
    pub form: Form,
}

/// The sorts of events that a topic may be told of.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    /// A deployment has begun.
    Start,
    /// A deployment ended `Succeeded`; or a drill proved the way back.
    Success,
    /// A deployment ended `RolledBack` or `NeedsOperator`, or its undo has begun; or a drill failed, or was overtaken
    /// and did not bring back what ran before.
    Failure,
    /// A request or a drill was refused, or a deployment ended `Rejected`.
    Refusal,
    /// Automatic deployments are held, or go on.
    Hold,
    /// A person has paused a deployment, let it go on, or skipped the rest of a bake.
    Wheel,
    /// A target is not as it was left, or is again, or nobody could tell.
    Drift,
    /// Something was let go of, or has another owner.
    Removal,
    /// The summary of a day: once a day.
    Summary,
}

impl Told {
    /// Returns the sort of an event; `None` if no topic is told of it.
    pub fn of(event: &Event) -> Option<Self> {
        if event.is_told_by_its_drill() {
            return None;
        }
        match event.name {
            EventName::DeploymentStarted => Some(Self::Start),
            EventName::UndoStarted | EventName::DrillFailed => Some(Self::Failure),
            EventName::DeploymentEnded => match event.detail.ending? {
                Ending::Succeeded => Some(Self::Success),
                Ending::RolledBack | Ending::NeedsOperator => Some(Self::Failure),
                Ending::Rejected => Some(Self::Refusal),
                Ending::NothingToDo => None,
            },
            EventName::DrillProved => Some(Self::Success),
            EventName::DrillOvertaken if event.detail.restored == Some(false) => {
                Some(Self::Failure)
            }
            EventName::RequestRefused | EventName::DrillRefused => Some(Self::Refusal),
            EventName::HoldSet | EventName::HoldReleased => Some(Self::Hold),
            EventName::WatchPaused | EventName::WatchContinued | EventName::BakeSkipped => {
                Some(Self::Wheel)
            }
            EventName::DriftFound | EventName::DriftUnknown | EventName::DriftGone => {
                Some(Self::Drift)
            }
            EventName::Removed | EventName::Moved => Some(Self::Removal),
            EventName::DeploymentAccepted
            | EventName::RecoveryStarted
            | EventName::DrillOvertaken => None,
        }
    }
}

fn endings() -> BTreeSet<Told> {
    BTreeSet::from([Told::Success, Told::Failure])
}

/// The form of a topic's messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// The custom notifications of Amazon Q Developer in chat applications, which Slack and Microsoft Teams show (its
    /// Administrator Guide, "Custom notifications").
    #[default]
    Chat,
    /// A subject and a text of a few lines, for mail.
    Text,
}

/// Returns the topics that are told of an event, each with the message in its form.
pub fn messages(declaration: &Declaration, event: &Event) -> Vec<(String, Notification)> {
    let Some(told) = Told::of(event) else {
        return Vec::new();
    };
    let topics = declaration.notify(event.detail.environment.as_ref());
    let asking = topics.iter().filter(|notify| notify.of.contains(&told));
    asking
        .map(|notify| {
            let message = match notify.form {
                Form::Chat => in_chat(event),
                Form::Text => event.in_text(),
            };
            (notify.topic.clone(), message)
        })
        .collect()
}

/// Returns the event as Amazon Q Developer shows it. The messages of a deployment are one thread.
fn in_chat(event: &Event) -> Notification {
    let detail = &event.detail;
    let environment = detail.environment.as_ref().map(EnvironmentName::as_str);
    let names = [
        Some(detail.app.as_str()),
        environment,
        detail.version.as_deref(),
    ];
    let place = [Some(detail.app.as_str()), environment];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    let place = place.join("/");
    let shown = Shown {
        keywords: names.into_iter().flatten().collect(),
        thread: detail.deployment.as_deref().unwrap_or(&place),
        sort: &event.name.to_string(),
        about: vec![&place],
    };
    shown.of(&event.in_text())
}

/// The members of a message to Amazon Q Developer.
pub(crate) struct Shown<'a> {
    /// The keywords by which it can be found.
    pub keywords: Vec<&'a str>,
    /// The conversation that it belongs to.
    pub thread: &'a str,
    /// The sort of the event.
    pub sort: &'a str,
    /// The places that it is about.
    pub about: Vec<&'a str>,
}

impl Shown<'_> {
    /// Returns the message in the schema of custom notifications, with the next steps apart.
    pub fn of(&self, told: &Notification) -> Notification {
        let Notification { subject, message } = told;
        let (next, said): (Vec<&str>, Vec<&str>) = message
            .lines()
            .partition(|line| line.trim_start().starts_with(NEXT));
        let next: Vec<&str> = next
            .iter()
            .map(|line| line.trim_start().trim_start_matches(NEXT))
            .collect();
        let mut content = json!({
            "textType": "client-markdown",
            "title": subject.trim_start_matches("[windlass] "),
            "description": said.join("\n"),
            "keywords": self.keywords,
        });
        if !next.is_empty() {
            content["nextSteps"] = json!(next);
        }
        let body = json!({
            "version": "1.0",
            "source": "custom",
            "content": content,
            "metadata": {
                "threadId": self.thread,
                "summary": subject,
                "eventType": self.sort,
                "relatedResources": self.about,
            },
        });
        Notification {
            subject: subject.clone(),
            message: body.to_string(),
        }
    }
}

/// The beginning of the line of a cause that tells what to do.
pub(crate) const NEXT: &str = "next: ";

/// Makes the notification that a topic of a declaration could not be told, for the people of the installation.
pub fn not_told(topic: &str, subject: &str, why: &str) -> Notification {
    let message = format!(
        "The topic {topic} was not told `{subject}`: {why}\nThe declaration names it under `notify`. See that it is \
         there, in the account of Windlass, and has the tag `windlass:app`."
    );
    Notification {
        subject: "[windlass] a topic could not be told".to_owned(),
        message,
    }
}

/// Returns everything that is wrong with the topics that are named at a place.
pub(crate) fn findings(at: &str, topics: &[Notify]) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let each = topics.iter().enumerate().filter_map(|(i, notify)| {
        let path = format!("{at}[{i}].topic");
        let named = repeated(&notify.topic);
        if !is_topic(&notify.topic) {
            let reason = format!("`{named}` is not a topic's ARN.");
            let remedy = "Write one such as `arn:aws:sns:eu-west-1:111111111111:shop-team`.";
            return Some(Finding::new(FindingName::BadValue, path, reason, remedy));
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
            && !region.is_empty()
            && account.len() == 12
            && account.bytes().all(|b| b.is_ascii_digit())
            && is_name(name))
}

/// Returns the region in a topic's ARN.
pub fn region_of(topic: &str) -> Option<&str> {
    topic.split(':').nth(3).filter(|region| !region.is_empty())
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
