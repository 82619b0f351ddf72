//! Topics that a declaration names, beside the installation's own: which topics get what, and in which form. Pure.

use crate::declaration::Declaration;
use crate::declaration::topic::{Form, MessageKind};
use crate::deployment::event_name::EventName;
use crate::release::ending::{Ending, NothingDone};
use crate::shown::event::{Event, Notification, next_line};
use crate::text::foreign::chat;
use crate::text::name::EnvironmentName;
use serde_json::json;

impl MessageKind {
    /// Returns the sorts of an event; none if no topic gets it. A topic that asks for one of them gets it once.
    pub fn of(event: &Event) -> &'static [Self] {
        if event.is_reported_by_its_drill() {
            return &[];
        }
        match event.name {
            EventName::DeploymentStarted => &[Self::Start],
            EventName::UndoStarted | EventName::DrillFailed => &[Self::Failure],
            EventName::DeploymentEnded => match event.detail.ending {
                Some(Ending::Succeeded) => &[Self::Success],
                Some(Ending::RolledBack | Ending::NeedsOperator) => &[Self::Failure],
                Some(Ending::Rejected) if event.is_held() => &[Self::Refusal, Self::Wait],
                Some(Ending::Rejected) => &[Self::Refusal],
                Some(Ending::NothingToDo) if event.nothing_done() == Some(NothingDone::Recorded) => &[Self::Wait],
                Some(Ending::NothingToDo) | None => &[],
            },
            EventName::DrillProved => &[Self::Success],
            EventName::DrillOvertaken if event.detail.restored == Some(false) => &[Self::Failure],
            EventName::RequestRefused | EventName::DrillRefused => &[Self::Refusal],
            EventName::ApprovalAsked | EventName::TargetWaits => &[Self::Wait],
            EventName::HoldSet => &[Self::Hold, Self::Wait],
            EventName::HoldReleased => &[Self::Hold],
            EventName::WatchPaused => &[Self::Wheel, Self::Wait],
            EventName::WatchContinued | EventName::BakeSkipped => &[Self::Wheel],
            EventName::DriftFound
            | EventName::DriftUnknown
            | EventName::DriftGone
            | EventName::WayBackLost
            | EventName::WayBackFound => &[Self::Drift],
            EventName::Removed | EventName::Moved => &[Self::Removal],
            EventName::DeploymentAccepted
            | EventName::ApprovalGiven
            | EventName::RecoveryStarted
            | EventName::ReleaseGone
            | EventName::ReleaseBack
            | EventName::DrillOvertaken => &[],
        }
    }
}

/// Returns the topics that get an event, each with the message in its form.
pub fn messages(declaration: &Declaration, event: &Event) -> Vec<(String, Notification)> {
    let kinds = MessageKind::of(event);
    let named = declaration.notify(event.detail.environment.as_ref()).iter();
    let asking = named.filter(|notify| kinds.iter().any(|kind| notify.of.contains(kind)));
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
    let names = [Some(detail.app.as_str()), environment, detail.version.as_deref()];
    let place = [Some(detail.app.as_str()), environment];
    let place: Vec<&str> = place.into_iter().flatten().collect();
    let place = place.join("/");
    let shown = Shown {
        keywords: names.into_iter().flatten().collect(),
        thread: detail.deployment.as_deref().unwrap_or(&place),
        sort: &event.name.to_string(),
        about: vec![&place],
        next: &detail.next,
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
    /// The steps that can be taken next. Each that is a line of the message is shown apart.
    pub next: &'a [String],
}

impl Shown<'_> {
    /// Returns the message in the schema of custom notifications, with the next steps apart.
    pub fn of(&self, notification: &Notification) -> Notification {
        let Notification { subject, title, message } = notification;
        let known: Vec<(String, &String)> = self.next.iter().map(|step| (next_line(step), step)).collect();
        let step_of = |line: &&str| known.iter().find(|(shown, _)| line.trim_start() == shown).map(|(_, step)| *step);
        let said: Vec<&str> = message.lines().filter(|line| step_of(line).is_none()).collect();
        let next: Vec<String> = message.lines().filter_map(|line| step_of(&line)).map(|step| chat(step)).collect();
        let keywords: Vec<String> = self.keywords.iter().map(|word| chat(word)).collect();
        let mut content = json!({
            "textType": "client-markdown",
            "title": chat(title),
            "description": chat(&said.join("\n")),
            "keywords": keywords,
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
                "summary": chat(subject),
                "eventType": self.sort,
                "relatedResources": self.about,
            },
        });
        Notification { message: body.to_string(), ..notification.clone() }
    }
}

/// Makes the notification that a topic of a declaration could not be reached, for the people of the installation.
pub fn topic_not_reached(topic: &str, subject: &str, why: &str) -> Notification {
    let message = format!(
        "The topic {topic} did not get `{subject}`: {why}\nThe declaration names it under `notify`. See that it is \
         there, in the account of Windlass, and has the tag `windlass:app` with the application's name."
    );
    Notification::new("a topic could not be reached", message)
}

#[cfg(test)]
#[path = "notify_tests.rs"]
mod tests;
