//! An event in words: as a notification, and in one line.

use super::{Event, EventName};
use crate::ending::Ending;
use crate::foreign::is_hidden;
use crate::name::EnvironmentName;
use crate::truncate::truncate;

/// The longest `cause`, in bytes, and the longest text of a notification. Both fit where they go, an event of 256 KB
/// (Amazon EventBridge User Guide, "PutEvents") and a message of 256 KB (Amazon SNS API Reference, Publish), whatever
/// is escaped in them.
pub const LONGEST_CAUSE: usize = 8192;

/// The longest `summary`, in characters: as long as a description of GitHub may be (GitHub REST API, "Create a deployment
/// status", `description`).
pub const LONGEST_SUMMARY: usize = 140;

/// The longest `version`, in bytes: a key of S3 has at most 1024.
pub const LONGEST_VERSION: usize = 1024;

/// The most lines of a message: what a person reads on a telephone.
pub const MOST_LINES: usize = 10;

/// Makes the notification that an event could not be sent, because of the item that it is about or of what is in it.
/// The others of its batch are sent all the same.
pub fn not_sent(item: &str, why: &str) -> Notification {
    let message = format!(
        "The ledger's item {item} has changed, and that could not be told: {why}\nWhat came after it was \
         told. Look at the item, and tell by hand whom it concerns."
    );
    Notification {
        subject: "[windlass] an event could not be sent".to_owned(),
        message: truncate(message, LONGEST_CAUSE),
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

impl Event {
    /// Returns the notification of the event, if a person should know of it at once: `RolledBack`, `NeedsOperator`,
    /// `Rejected`, a pause, a hold that was set, drift, and a drill that failed or left something else than what ran.
    /// Among the deployments of a drill, only one that needs an operator is told by itself: the drill's own event says
    /// what came of the others.
    pub fn notification(&self) -> Option<Notification> {
        if self.is_told_by_its_drill() {
            return None;
        }
        let is_told = match (self.name, self.detail.ending) {
            (EventName::DeploymentEnded, Some(ending)) => {
                matches!(ending, Ending::RolledBack | Ending::NeedsOperator | Ending::Rejected)
            }
            (
                EventName::RequestRefused
                | EventName::HoldSet
                | EventName::WatchPaused
                | EventName::DriftFound
                | EventName::DriftUnknown
                | EventName::DrillFailed,
                _,
            ) => true,
            (EventName::DrillOvertaken, _) => self.detail.restored == Some(false),
            _ => false,
        };
        is_told.then(|| self.in_text())
    }

    /// Returns whether it is a part of a drill, whose own event tells people of it.
    pub(crate) fn is_told_by_its_drill(&self) -> bool {
        let of_deployment = self.detail.drill.is_some() && self.detail.deployment.is_some();
        of_deployment && self.detail.ending != Some(Ending::NeedsOperator)
    }

    /// Says in a word or two what has happened.
    fn word(&self) -> String {
        match (self.name, self.detail.ending) {
            (EventName::DeploymentEnded, Some(ending)) => ending.to_string(),
            (EventName::RequestRefused, _) => Ending::Rejected.to_string(),
            (EventName::DeploymentStarted, _) => "has begun".to_owned(),
            (EventName::UndoStarted, _) => "is being undone".to_owned(),
            (EventName::ReleaseGone, _) => "is gone".to_owned(),
            (EventName::ReleaseBack, _) => "is live again".to_owned(),
            (EventName::HoldSet, _) => "held".to_owned(),
            (EventName::HoldReleased, _) => "no longer held".to_owned(),
            (EventName::WatchPaused, _) => "paused".to_owned(),
            (EventName::DriftGone, _) => "drift is gone".to_owned(),
            (EventName::DrillProved, _) => "drill proved".to_owned(),
            (EventName::DrillFailed, _) => "drill failed".to_owned(),
            (EventName::DrillOvertaken, _) => "drill overtaken".to_owned(),
            (EventName::DrillRefused, _) => "drill refused".to_owned(),
            _ => self.name.to_string(),
        }
    }

    /// Returns the event in one line; see [`super::Detail::summary`].
    pub(super) fn in_a_line(&self) -> String {
        let detail = &self.detail;
        let cause = detail.cause.as_deref().unwrap_or_default();
        let first = cause.lines().next().unwrap_or_default();
        let (word, why) = (self.word(), detail.cause_name.as_ref());
        let why = why.map(|name| format!("({name})"));
        let parts = [detail.version.as_deref(), Some(word.as_str()), why.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        let head = parts.join(" ");
        let line = if first.is_empty() { head } else { format!("{head}: {first}") };
        let plain = |c: char| match c {
            '"' | '\\' => '\'',
            '<' => '‹',
            '>' => '›',
            c if is_hidden(c) => ' ',
            c => c,
        };
        let all: Vec<char> = line.chars().map(plain).collect();
        if all.len() <= LONGEST_SUMMARY {
            return all.into_iter().collect();
        }
        let shown = all.into_iter().take(LONGEST_SUMMARY - 1);
        shown.chain(['…']).collect()
    }

    /// Returns a text with what stays reachable below its first line, because a message has the first lines only.
    fn with_reachable(&self, text: &str) -> String {
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let files = self.detail.stays_reachable.iter();
        let files = files.map(|files| format!("  {}", files.in_words().join(" ")));
        let rest = Some(rest.to_owned()).filter(|rest| !rest.is_empty());
        let lines: Vec<String> = [first.to_owned()].into_iter().chain(files).chain(rest).collect();
        lines.join("\n")
    }

    /// Returns the event in words, whether or not everybody is told of it.
    pub fn in_text(&self) -> Notification {
        let word = self.word();
        let detail = &self.detail;
        let environment = detail.environment.as_ref().map(EnvironmentName::as_str);
        let parts = [Some(detail.app.as_str()), environment, detail.version.as_deref(), Some(word.as_str())];
        let subject: Vec<&str> = parts.into_iter().flatten().collect();
        let subject = format!("[windlass] {}", subject.join(" "));
        let cause = detail.cause.as_deref().filter(|cause| !cause.is_empty());
        Notification {
            // SNS takes no empty message.
            message: first_lines(&self.with_reachable(cause.unwrap_or(&subject))),
            subject: ascii(&subject),
        }
    }
}

pub(crate) fn ascii(text: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii() && !c.is_ascii_control() { c } else { '?' }
    };
    text.chars().map(plain).take(LONGEST_SUBJECT).collect()
}

pub(super) fn first_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() <= MOST_LINES {
        return text.to_owned();
    }
    let shown = lines[..MOST_LINES - 1].join("\n");
    format!("{shown}\n… the deployment's record tells the rest.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Detail;
    use crate::identity::EnvironmentId;
    use crate::name::{AppName, ComponentName};
    use crate::stays_reachable::{StaysReachable, WhyReachable};

    #[test]
    fn what_stays_reachable_is_told_below_the_first_line() {
        let told = |cause: &str| {
            let path = "a.js".to_owned();
            let (app, prod) = (AppName::new("shop").unwrap(), EnvironmentName::new("prod").unwrap());
            let stays = StaysReachable::of(
                EnvironmentId::new(&app, &prod),
                &ComponentName::new("web").unwrap(),
                WhyReachable::OpenPages,
                None,
                [&path].into_iter(),
            );
            let detail = Detail {
                cause: Some(cause.to_owned()),
                stays_reachable: stays.into_iter().collect(),
                ..Detail::of(&AppName::new("shop").unwrap(), None)
            };
            Event::new(EventName::DeploymentEnded, detail).in_text().message
        };
        let text = told("it was so.\n  and so.");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[2]), ("it was so.", "  and so."));
        assert!(lines[1].starts_with("  web: 1 file is no longer part"), "{text}");
        assert_eq!(told("it was so.").lines().count(), 2);
    }
}
