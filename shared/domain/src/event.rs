//! The events that Windlass sends: what changed in the ledger, for machines and for people. Pure.
//!
//! Every detail carries `schema`, which grows when a member changes its meaning or goes; members
//! may be added at any time.

use crate::cut::cut;
use crate::deployment::{Deployment, Refusal, Status};
use crate::ending::Ending;
use crate::environment::EnvironmentState;
use crate::finding::in_lines;
use crate::name::{AppName, EnvironmentName};
use crate::second_look::{Saw, SecondLook};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The version of the events' form.
pub const SCHEMA: u32 = 1;

/// What happened: the `detail-type` of the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum EventName {
    /// A request became a deployment.
    DeploymentAccepted,
    /// It took the lock.
    DeploymentStarted,
    /// What it changed is being undone.
    UndoStarted,
    /// A recovery took over.
    RecoveryStarted,
    /// A person has paused it while it watched.
    WatchPaused,
    /// The pause has ended: a person has ended it, or it was over.
    WatchContinued,
    /// A person has skipped the rest of a bake.
    BakeSkipped,
    /// It has its ending.
    DeploymentEnded,
    /// A request could not become a deployment.
    RequestRefused,
    /// Automatic deployments are held.
    HoldSet,
    /// Automatic deployments go on.
    HoldReleased,
    /// An environment, or a whole application, has let go of something: its targets may be another component's.
    Removed,
    /// The second look after a recovery found a target that is not as it was left.
    DriftFound,
    /// The second look after a recovery could not tell.
    DriftUnknown,
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// An event's `detail`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Detail {
    /// The version of this form.
    pub schema: u32,
    /// The application.
    pub app: AppName,
    /// The environment; absent where it could not be made out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// The deployment's id; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// The release's version, or what the request was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `DeploymentEnded`: the ending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// Why, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause_name: Option<String>,
    /// Why, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// An event to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// What happened.
    pub name: EventName,
    /// The particulars.
    pub detail: Detail,
}

/// The notification that an event could not be sent, because of the item that it is about or of what
/// is in it. The others of its batch are sent all the same.
pub fn not_sent(item: &str, why: &str) -> Notification {
    let message = format!(
        "The ledger's item {item} has changed, and that could not be told: {why}\nWhat came after it was \
         told. Look at the item, and tell by hand whom it concerns."
    );
    Notification {
        subject: "[windlass] an event could not be sent".to_owned(),
        message: cut(message, LONGEST_CAUSE),
    }
}

/// A notification to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// ASCII, at most [`LONGEST_SUBJECT`] characters.
    pub subject: String,
    /// At most [`MOST_LINES`] lines, and about [`LONGEST_CAUSE`] bytes.
    pub message: String,
}

/// The longest subject (Amazon SNS API Reference, Publish: fewer than 100 characters).
pub const LONGEST_SUBJECT: usize = 99;

/// The longest `cause`, in bytes, and the longest text of a notification: both fit where they go, an
/// event of 256 KB (Amazon EventBridge User Guide, "PutEvents") and a message of 256 KB (Amazon SNS
/// API Reference, Publish), whatever is escaped in them.
pub const LONGEST_CAUSE: usize = 8192;

/// The longest `version`, in bytes: a key of S3 has at most 1024.
pub const LONGEST_VERSION: usize = 1024;

/// The most lines of a message: what a person reads on a telephone.
pub const MOST_LINES: usize = 10;

impl Event {
    /// The notification of the event, for those that a person should know of at once:
    /// `RolledBack`, `NeedsOperator`, `Rejected`, a pause, a hold that was set, and drift after a recovery.
    pub fn notification(&self) -> Option<Notification> {
        let is_told = match (self.name, self.detail.ending) {
            (EventName::DeploymentEnded, Some(ending)) => matches!(
                ending,
                Ending::RolledBack | Ending::NeedsOperator | Ending::Rejected
            ),
            (
                EventName::RequestRefused
                | EventName::HoldSet
                | EventName::WatchPaused
                | EventName::DriftFound
                | EventName::DriftUnknown,
                _,
            ) => true,
            _ => false,
        };
        is_told.then(|| self.in_text())
    }

    /// The event in words, whether or not everybody is told of it.
    pub fn in_text(&self) -> Notification {
        let word = match (self.name, self.detail.ending) {
            (EventName::DeploymentEnded, Some(ending)) => ending.to_string(),
            (EventName::RequestRefused, _) => Ending::Rejected.to_string(),
            (EventName::DeploymentStarted, _) => "has begun".to_owned(),
            (EventName::UndoStarted, _) => "is being undone".to_owned(),
            (EventName::HoldSet, _) => "held".to_owned(),
            (EventName::HoldReleased, _) => "no longer held".to_owned(),
            (EventName::WatchPaused, _) => "paused".to_owned(),
            _ => self.name.to_string(),
        };
        let detail = &self.detail;
        let environment = detail.environment.as_ref().map(EnvironmentName::as_str);
        let parts = [
            Some(detail.app.as_str()),
            environment,
            detail.version.as_deref(),
            Some(word.as_str()),
        ];
        let subject: Vec<&str> = parts.into_iter().flatten().collect();
        let subject = format!("[windlass] {}", subject.join(" "));
        let cause = detail.cause.as_deref().filter(|cause| !cause.is_empty());
        Notification {
            // SNS takes no empty message.
            message: first_lines(cause.unwrap_or(&subject)),
            subject: ascii(&subject),
        }
    }

    fn new(name: EventName, detail: Detail) -> Self {
        let Detail { version, cause, .. } = detail;
        let detail = Detail {
            version: version.map(|version| cut(version, LONGEST_VERSION)),
            cause: cause.map(|cause| cut(cause, LONGEST_CAUSE)),
            ..detail
        };
        Self { name, detail }
    }
}

fn ascii(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii() && !c.is_ascii_control() {
            c
        } else {
            '?'
        }
    };
    text.chars().map(plain).take(LONGEST_SUBJECT).collect()
}

fn first_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= MOST_LINES {
        return text.to_owned();
    }
    let shown = lines[..MOST_LINES - 1].join("\n");
    format!("{shown}\n… the deployment's record tells the rest.")
}

/// What a change of a deployment's record means.
pub fn of_deployment(before: Option<&Deployment>, after: &Deployment) -> Vec<Event> {
    let event = |name| Event::new(name, detail_of(after));
    let mut events = Vec::new();
    if before.is_none() {
        events.push(event(EventName::DeploymentAccepted));
    }
    let former = before.map(|before| before.status);
    if former != Some(after.status) {
        match after.status {
            Status::Running => events.push(event(EventName::DeploymentStarted)),
            Status::Recovering => events.push(event(EventName::RecoveryStarted)),
            Status::Waiting | Status::Ended => {}
        }
    }
    let known = before.map_or(0, |before| before.wheel.len());
    events.extend(after.wheel.iter().skip(known).map(|turn| {
        let detail = Detail {
            cause: Some(turn.told(after)),
            ..detail_of(after)
        };
        Event::new(turn.event(), detail)
    }));
    if after.undoing.is_some() && before.is_none_or(|before| before.undoing.is_none()) {
        events.push(event(EventName::UndoStarted));
    }
    let ended = |record: &Deployment| record.ending.as_ref().map(|ended| ended.ending);
    if ended(after).is_some() && before.and_then(ended) != ended(after) {
        events.push(event(EventName::DeploymentEnded));
    }
    events
}

fn detail_of(record: &Deployment) -> Detail {
    let ending = record.ending.as_ref();
    let undoing = record.undoing.as_ref();
    Detail {
        schema: SCHEMA,
        app: record.app.clone(),
        environment: Some(record.environment.clone()),
        deployment: Some(record.id.to_string()),
        version: Some(record.release.version.clone()),
        ending: ending.map(|ended| ended.ending),
        cause_name: ending
            .map(|ended| ended.cause_name.clone())
            .or_else(|| undoing.map(|why| why.name.clone()))
            .filter(|name| !name.is_empty()),
        cause: ending
            .map(|ended| ended.cause.clone())
            .or_else(|| undoing.map(|why| why.text.clone())),
    }
}

/// What a refusal means.
pub fn of_refusal(refusal: &Refusal) -> Event {
    let detail = Detail {
        schema: SCHEMA,
        app: refusal.app.clone(),
        environment: refusal.environment.clone(),
        deployment: None,
        version: Some(refusal.about.clone()),
        ending: None,
        cause_name: refusal
            .findings
            .first()
            .map(|finding| finding.name.to_string()),
        cause: Some(in_lines(&refusal.findings)),
    };
    Event::new(EventName::RequestRefused, detail)
}

/// What a change of an environment's state means.
pub fn of_environment(
    app: &AppName,
    environment: &EnvironmentName,
    before: Option<&EnvironmentState>,
    after: &EnvironmentState,
) -> Option<Event> {
    let former = before.and_then(|before| before.hold.as_ref());
    let (name, cause) = match (former, &after.hold) {
        // Also where one is there already, and another reason is added to it.
        (former, Some(hold)) if former != Some(hold) => (
            EventName::HoldSet,
            format!(
                "Automatic deployments into {app}/{environment} are held {}.",
                hold.in_words()
            ),
        ),
        (Some(_), None) => (
            EventName::HoldReleased,
            format!("Automatic deployments into {app}/{environment} go on."),
        ),
        _ => return None,
    };
    let detail = Detail {
        schema: SCHEMA,
        app: app.clone(),
        environment: Some(environment.clone()),
        deployment: None,
        version: None,
        ending: None,
        cause_name: None,
        cause: Some(cause),
    };
    Some(Event::new(name, detail))
}

/// The event of a removal that is done.
pub fn of_removal(app: &AppName, environment: Option<&EnvironmentName>, cause: &str) -> Event {
    let detail = Detail {
        schema: SCHEMA,
        app: app.clone(),
        environment: environment.cloned(),
        deployment: None,
        version: None,
        ending: None,
        cause_name: None,
        cause: Some(cause.to_owned()),
    };
    Event::new(EventName::Removed, detail)
}

/// What a change of a second look means: nothing until it is known what was seen, and nothing where
/// all is as it was left.
pub fn of_second_look(before: Option<&SecondLook>, after: &SecondLook) -> Option<Event> {
    let looked = after.looked.as_ref()?;
    if before.is_some_and(|before| before.looked.is_some()) {
        return None;
    }
    let name = match looked.saw {
        Saw::Changed => EventName::DriftFound,
        Saw::Unknown => EventName::DriftUnknown,
        Saw::AsLeft | Saw::Replaced => return None,
    };
    let detail = Detail {
        schema: SCHEMA,
        app: after.app.clone(),
        environment: Some(after.environment.clone()),
        deployment: Some(after.deployment.to_string()),
        version: Some(after.version.clone()),
        ending: None,
        cause_name: None,
        cause: Some(looked.told.clone()),
    };
    Some(Event::new(name, detail))
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
