//! The events that Windlass sends: changes in the ledger, for machines and for people. Pure.
//!
//! Every detail carries `schema`, which grows when a member changes its meaning or goes; members
//! may be added at any time.

use crate::access::{AllowedBy, Approval};
use crate::deployment::drill::{Drill, DrillOutcome};
use crate::deployment::hourly_look::{self, HourlyLook};
use crate::deployment::second_look::{SecondLook, SecondLookResult};
use crate::deployment::step::Step;
use crate::deployment::{Deployment, Refusal, Status};
use crate::document::git::Git;
use crate::environment::{EnvironmentState, PromotedFrom};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call;
use crate::release::ending::Ending;
use crate::release::identity::EnvironmentId;
use crate::release::request::Requester;
use crate::release::stays_reachable::StaysReachable;
use crate::text::finding::in_lines;
use crate::text::foreign::truncate;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::prose::Prose;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod approval;
mod release;

use crate::deployment::event_name::EventName;
pub use approval::{AskedPlan, asks_anew, of_approval};
pub(crate) use release::next_line;
pub use release::{LONGEST_SUBJECT, LONGEST_SUMMARY, MOST_LINES, Notification, not_sent, of_running};

/// The version of the events' form.
pub const SCHEMA: u32 = 1;

/// The longest `cause`, in bytes, and the longest text of a notification. Both fit where they go, an event of 256 KB
/// (Amazon EventBridge User Guide, "PutEvents") and a message of 256 KB (Amazon SNS API Reference, Publish), whatever
/// is escaped in them.
pub const LONGEST_CAUSE: usize = 8192;

/// The longest `version`, in bytes: a key of S3 has at most 1024.
pub const LONGEST_VERSION: usize = 1024;

/// An event's `detail`.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Detail {
    /// The version of this form.
    pub schema: u32,
    /// The application.
    pub app: AppName,
    /// The environment; absent if it could not be made out.
    pub environment: Option<EnvironmentName>,
    /// The deployment's id; absent if there is none.
    pub deployment: Option<String>,
    /// The drill that it is about, or that the deployment belongs to.
    pub drill: Option<String>,
    /// `Drill…`: true if what ran before it runs again, as far as Windlass knows.
    pub restored: Option<bool>,
    /// The release's version, or the subject of the request.
    pub version: Option<String>,
    /// `DeploymentEnded`: the ending.
    pub ending: Option<Ending>,
    /// The name of the cause.
    pub cause_name: Option<String>,
    /// The cause, for a person.
    pub cause: Option<String>,
    /// The steps that can be taken next, as the lines of the cause that begin with `next: ` have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<String>,
    /// `DeploymentEnded`: the files of sites that stay reachable although no site has them now, per component.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays_reachable: Vec<StaysReachable>,
    /// The whole event in one line of at most [`LONGEST_SUMMARY`] characters, for places with no more room, such as a
    /// commit status. It has no quotation mark, no backslash and no control character, so that an input transformer of
    /// EventBridge can write it between quotation marks, and no `<` or `>`, so that a channel finds no mention in it.
    pub summary: String,
    /// The place in Git that the release comes from.
    pub git: Option<Git>,
    /// The page of the execution that works for the deployment, or worked for it last.
    pub link: Option<String>,
    /// The person, service or CI job that asked for the deployment, or for what was refused, where it is vouched for.
    pub requester: Option<Requester>,
    /// The line for those who audit: who asked, with the person's name as the access file has it or `unmapped`, by
    /// which rule, what is promoted, and who has approved. Absent where nothing of that is known.
    pub audit: Option<String>,
    /// What let the requester in: person, rule and file. Absent where no rules of operators were in force.
    pub allowed_by: Option<AllowedBy>,
    /// The snapshot of another environment that the deployment brings, or by which a rule has admitted it.
    pub promoted_from: Option<PromotedFrom>,
    /// The approval of its plan, with its hash and everybody who has given it; absent where it needs none.
    pub approval: Option<Approval>,
}

impl Detail {
    /// Makes the part that every event has.
    fn of(app: &AppName, environment: Option<&EnvironmentName>) -> Self {
        Self {
            schema: SCHEMA,
            app: app.clone(),
            environment: environment.cloned(),
            deployment: None,
            drill: None,
            restored: None,
            version: None,
            ending: None,
            cause_name: None,
            cause: None,
            next: Vec::new(),
            stays_reachable: Vec::new(),
            summary: String::new(),
            git: None,
            link: None,
            requester: None,
            audit: None,
            allowed_by: None,
            promoted_from: None,
            approval: None,
        }
    }

    /// Returns the same with a cause, and with the next steps that it names.
    fn because(self, cause: &Prose) -> Self {
        let next = cause.next_lines().iter().map(Prose::written).collect();
        Self { cause: Some(cause.written()), next, ..self }
    }
}

/// An event to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The name.
    pub name: EventName,
    /// The particulars.
    pub detail: Detail,
}

impl Event {
    fn new(name: EventName, detail: Detail) -> Self {
        let Detail { version, cause, .. } = detail;
        let detail = Detail {
            version: version.map(|version| truncate(version, LONGEST_VERSION)),
            cause: cause.map(|cause| truncate(cause, LONGEST_CAUSE)),
            ..detail
        };
        let mut event = Self { name, detail };
        event.detail.summary = event.in_a_line();
        event
    }
}

/// Returns the events of a change of a deployment's record.
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
        let (name, mut said) = (turn.event(), Prose::from(turn.message(after)));
        if name == EventName::WatchPaused {
            said.push(ended_by(ActionName::Continue, "pause", after.environment_id()));
        }
        Event::new(name, detail_of(after).because(&said))
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

/// Returns the line that names the action by which a person ends what is waited for.
fn ended_by(action: ActionName, what: &str, of: EnvironmentId<'_>) -> Prose {
    let step = call::operators(action, of);
    prose!("\n  {}", Prose::next(prose!("start {} to end the {}", step, what)))
}

fn detail_of(record: &Deployment) -> Detail {
    let ending = record.ending.as_ref();
    let undoing = record.undoing.as_ref();
    let detail = Detail {
        deployment: Some(record.id.to_string()),
        drill: record.of_drill().map(ToString::to_string),
        version: Some(record.release.version.clone()),
        ending: ending.map(|ended| ended.ending),
        cause_name: ending
            .map(|ended| ended.cause_name.clone())
            .or_else(|| undoing.map(|why| why.name.clone()))
            .filter(|name| !name.is_empty()),
        stays_reachable: ending.map_or_else(Vec::new, |ended| ended.stays_reachable.clone()),
        git: record.release.git.clone(),
        link: record.executions.last().and_then(|arn| call::execution(arn)),
        requester: record.vouched.then(|| record.requester.clone()),
        audit: record.audited().line(),
        allowed_by: record.allowed_by.clone(),
        promoted_from: record.origin().cloned(),
        approval: record.approval.clone(),
        ..Detail::of(&record.app, Some(&record.environment))
    };
    match ending.map(|ended| &ended.cause).or_else(|| undoing.map(|why| &why.text)) {
        Some(cause) => detail.because(cause),
        None => detail,
    }
}

/// Returns the event that a target of a deployment waits for a person, by the step that says for what.
pub fn of_wait(record: &Deployment, step: &Step) -> Event {
    let Deployment { app, environment, release, id, .. } = record;
    let (version, component) = (&release.version, &step.component);
    let what = step.waits_for.clone().unwrap_or_default().in_one_line();
    let said =
        prose!("{} {} {}: {} waits for a person: {}\n  deployment {}", app, environment, version, component, what, id);
    Event::new(EventName::TargetWaits, detail_of(record).because(&said))
}

/// Returns the event of a refusal.
pub fn of_refusal(refusal: &Refusal) -> Event {
    let detail = Detail {
        version: Some(refusal.about.clone()),
        cause_name: refusal.findings.first().map(|finding| finding.name.to_string()),
        cause: Some(in_lines(&refusal.findings).written()),
        requester: refusal.vouched.then(|| refusal.requester.clone()),
        audit: refusal.audited().line(),
        ..Detail::of(&refusal.app, refusal.environment.as_ref())
    };
    Event::new(EventName::RequestRefused, detail)
}

/// Returns the event of a change of an environment's state; `None` if its hold has not changed.
pub fn of_environment(
    of: EnvironmentId<'_>,
    before: Option<&EnvironmentState>,
    after: &EnvironmentState,
) -> Option<Event> {
    let former = before.and_then(|before| before.hold.as_ref());
    let (name, cause) = match (former, &after.hold) {
        // A reason that is added to a hold sends an event too.
        (former, Some(hold)) if former != Some(hold) => {
            let end = ended_by(ActionName::ReleaseHold, "hold", of);
            (EventName::HoldSet, prose!("Automatic deployments into {} are held {}.{}", of, hold.in_words(), end))
        }
        (Some(_), None) => {
            let by = after.released.as_ref().map(|end| format!(" {}", end.in_words())).unwrap_or_default();
            (EventName::HoldReleased, prose!("Automatic deployments into {} go on{}.", of, by))
        }
        _ => return None,
    };
    let by = after.hold.as_ref().and_then(|hold| hold.each().last()).or(after.released.as_ref());
    let allowed_by = by.and_then(|by| by.allowed_by.clone());
    let detail = Detail { allowed_by, ..Detail::of(of.app(), Some(of.environment())) };
    Some(Event::new(name, detail.because(&cause)))
}

/// Returns the event of a removal that is done, or of a change of owner for one of both: the environment, or the whole
/// application.
pub fn of_owner(name: EventName, app: &AppName, environment: Option<&EnvironmentName>, cause: &Prose) -> Event {
    Event::new(name, Detail::of(app, environment).because(cause))
}

/// Returns the event of a drill that has ended.
pub fn of_drill(of: EnvironmentId<'_>, drill: &Drill) -> Option<Event> {
    let ended = drill.ended.as_ref()?;
    let name = match ended.outcome {
        DrillOutcome::Proved => EventName::DrillProved,
        DrillOutcome::Failed => EventName::DrillFailed,
        DrillOutcome::Overtaken => EventName::DrillOvertaken,
        DrillOutcome::Refused => EventName::DrillRefused,
    };
    let detail = Detail {
        drill: Some(drill.id.to_string()),
        restored: Some(ended.restored),
        version: drill.to.as_ref().map(|to| to.version.clone()),
        ..Detail::of(of.app(), Some(of.environment()))
    };
    Some(Event::new(name, detail.because(&ended.cause)))
}

/// Returns the event of a change of a second look; `None` until it is known what was seen, and `None` if everything is
/// as it was left.
pub fn of_second_look(before: Option<&SecondLook>, after: &SecondLook) -> Option<Event> {
    let looked = after.looked.as_ref().filter(|_| before.is_none_or(|before| before.looked.is_none()))?;
    let name = match looked.saw {
        SecondLookResult::Changed => EventName::DriftFound,
        SecondLookResult::Unknown => EventName::DriftUnknown,
        SecondLookResult::AsLeft | SecondLookResult::Replaced => return None,
    };
    let detail = Detail {
        deployment: Some(after.deployment.to_string()),
        version: Some(after.version.clone()),
        ..Detail::of(&after.app, Some(&after.environment))
    };
    Some(Event::new(name, detail.because(&looked.told)))
}

/// Returns the events of a change of an hourly look. A difference is reported once, and once more when it is gone; so
/// is a way back that is lost.
pub fn of_hourly_look(before: Option<&HourlyLook>, after: &HourlyLook) -> Vec<Event> {
    let of = after.environment_id();
    let (former, back) = (before.and_then(|before| before.way_back.as_ref()), after.way_back.as_ref());
    let causes = [
        (EventName::DriftGone, hourly_look::gone(before, after)),
        (EventName::DriftFound, hourly_look::found(before, after)),
        (EventName::WayBackLost, back.and_then(|back| back.lost_since(former, of))),
        (EventName::WayBackFound, back.and_then(|back| back.found_since(former, of))),
    ];
    causes
        .into_iter()
        .filter_map(|(name, cause)| {
            let detail = Detail::of(&after.app, Some(&after.environment)).because(&cause?);
            Some(Event::new(name, detail))
        })
        .collect()
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
