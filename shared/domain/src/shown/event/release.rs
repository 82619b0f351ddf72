//! The events of what runs in an environment: a release that is gone, and one that is back. Any event in words: as a
//! notification, and in one line. Pure.

use crate::deployment::event_name::EventName;
use crate::environment::{ACCEPTED, BEFORE_WINDLASS, EnvironmentState, FOUND, GivenVersion};
use crate::release::ending::{Ending, NothingDone};
use crate::release::identity::{DeploymentId, EnvironmentId};
use crate::release::version_order::in_lists;
use crate::shown::event::{Detail, Event, LONGEST_CAUSE};
use crate::text::finding::FindingName;
use crate::text::foreign::{is_hidden, truncate};
use crate::text::name::EnvironmentName;
use crate::text::prose::Prose;
use std::collections::{BTreeMap, BTreeSet};

/// Returns an event for each release of which nothing runs any more, whatever took it away: a newer release, a
/// rollback, a drill, a person. Returns another for each that runs again, because it was brought back. That a release
/// is live for the first time is said by the ending of its deployment.
pub fn of_running(of: EnvironmentId<'_>, before: Option<&EnvironmentState>, after: &EnvironmentState) -> Vec<Event> {
    let Some(before) = before else { return Vec::new() };
    let (before, after) = (live(before), live(after));
    let gone = before.iter().filter(|(id, _)| !after.contains_key(*id));
    let gone = gone.map(|(id, given)| (EventName::ReleaseGone, id, given));
    let back = after.iter().filter(|(id, given)| {
        let is_brought_back = given.released_by.is_some();
        is_brought_back && !before.contains_key(*id)
    });
    let back = back.map(|(id, given)| (EventName::ReleaseBack, id, given));
    let cause = now(of, &after);
    let event = |(name, id, given): (EventName, &&DeploymentId, &&GivenVersion)| {
        let detail = Detail {
            deployment: Some(id.to_string()),
            version: Some(given.version.clone()),
            git: given.git.clone(),
            cause: Some(cause.clone()),
            ..Detail::of(of.app(), Some(of.environment()))
        };
        Event::new(name, detail)
    };
    gone.chain(back).map(event).collect()
}

/// Returns the releases of which something runs, by the deployment that released them. What was run once does not run.
fn live(state: &EnvironmentState) -> BTreeMap<&DeploymentId, &GivenVersion> {
    let running = state.running.values().filter(|running| !running.once);
    let given = running.flat_map(|running| running.all_names().map(|names| &names.now));
    let of_release = |given: &&GivenVersion| ![BEFORE_WINDLASS, ACCEPTED, FOUND].contains(&given.version.as_str());
    let given = given.filter(of_release);
    given.map(|given| (given.release(), given)).collect()
}

fn now(of: EnvironmentId<'_>, live: &BTreeMap<&DeploymentId, &GivenVersion>) -> String {
    let versions: BTreeSet<&str> = live.values().map(|given| given.version.as_str()).collect();
    let mut versions: Vec<&str> = versions.into_iter().collect();
    versions.sort_by(|one, other| in_lists(one, other));
    match versions.as_slice() {
        [] => format!("No release is recorded as running in {of} now."),
        [one] => format!("{one} runs in {of} now."),
        several => format!("{} run in {of} now.", several.join(" and ")),
    }
}

/// The longest `summary`, in characters: as long as a description of GitHub may be (GitHub REST API, "Create a
/// deployment status", `description`).
pub const LONGEST_SUMMARY: usize = 140;

/// The most lines of a message: what a person reads on a telephone.
pub const MOST_LINES: usize = 10;

/// Makes the notification that an event could not be sent, because of the item that it is about or of what is in it.
/// The others of its batch are sent all the same.
pub fn not_sent(item: &str, why: &str) -> Notification {
    let message = format!(
        "The ledger's item {item} has changed, and that could not be sent: {why}\nWhat came after it was \
         sent. Look at the item, and write by hand to whom it concerns."
    );
    Notification::new("an event could not be sent", truncate(message, LONGEST_CAUSE))
}

/// The beginning of each subject, by which people sort their mail.
const MARK: &str = "[windlass] ";

/// A notification to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// ASCII, at most [`LONGEST_SUBJECT`] characters.
    pub subject: String,
    /// The title, for channels that show Windlass's name beside it: the subject without its mark, in ASCII.
    pub title: String,
    /// At most [`MOST_LINES`] lines, and about [`LONGEST_CAUSE`] bytes.
    pub message: String,
}

impl Notification {
    pub(crate) fn new(title: &str, message: String) -> Self {
        let shortened = ascii(title).chars().take(LONGEST_SUBJECT - MARK.len()).collect();
        Self { subject: ascii(&format!("{MARK}{title}")), title: shortened, message }
    }
}

/// The longest subject (Amazon SNS API Reference, Publish: fewer than 100 characters).
pub const LONGEST_SUBJECT: usize = 99;

impl Event {
    /// Returns the notification of the event, if a person should know of it at once: `RolledBack`, `NeedsOperator`,
    /// `Rejected`, a plan to approve, a target that waits for a person, a pause, a hold that was set, drift, a way back
    /// that is lost, and a drill that failed or left something else than what ran. Among the deployments of a drill,
    /// only one that needs an operator, or waits for a person, is reported by itself: the drill's own event says what
    /// came of the others.
    pub fn notification(&self) -> Option<Notification> {
        if self.is_reported_by_its_drill() {
            return None;
        }
        let is_sent = match (self.name, self.detail.ending) {
            (EventName::DeploymentEnded, Some(ending)) => {
                matches!(ending, Ending::RolledBack | Ending::NeedsOperator | Ending::Rejected)
            }
            (
                EventName::RequestRefused
                | EventName::ApprovalAsked
                | EventName::HoldSet
                | EventName::TargetWaits
                | EventName::WatchPaused
                | EventName::DriftFound
                | EventName::DriftUnknown
                | EventName::WayBackLost
                | EventName::DrillFailed,
                _,
            ) => true,
            (EventName::DrillOvertaken, _) => self.detail.restored == Some(false),
            _ => false,
        };
        is_sent.then(|| self.in_text())
    }

    /// Returns whether it is a part of a drill, whose own event reports it to people.
    pub(crate) fn is_reported_by_its_drill(&self) -> bool {
        let of_deployment = self.detail.drill.is_some() && self.detail.deployment.is_some();
        let waits = self.name == EventName::TargetWaits;
        of_deployment && !waits && self.detail.ending != Some(Ending::NeedsOperator)
    }

    /// Returns why the deployment that ended changed nothing, where code decides by it.
    pub(crate) fn nothing_done(&self) -> Option<NothingDone> {
        NothingDone::of(self.detail.ending?, self.detail.cause_name.as_deref()?)
    }

    /// Returns whether it is a release that was recorded and not deployed, because its environment is held: a person
    /// has to start it.
    pub(crate) fn is_held(&self) -> bool {
        let cause = &self.detail.cause_name;
        self.detail.ending == Some(Ending::Rejected) && *cause == Some(FindingName::Held.to_string())
    }

    /// Says in a word or two what has happened.
    fn word(&self) -> String {
        match (self.name, self.detail.ending) {
            _ if self.nothing_done() == Some(NothingDone::Recorded) => "waits to be started".to_owned(),
            (EventName::DeploymentEnded, Some(ending)) => ending.to_string(),
            (EventName::RequestRefused, _) => Ending::Rejected.to_string(),
            (EventName::DeploymentStarted, _) => "has begun".to_owned(),
            (EventName::UndoStarted, _) => "is being undone".to_owned(),
            (EventName::ApprovalAsked, _) => "waits for approval".to_owned(),
            (EventName::ApprovalGiven, _) => "approved".to_owned(),
            (EventName::ReleaseGone, _) => "is gone".to_owned(),
            (EventName::ReleaseBack, _) => "is live again".to_owned(),
            (EventName::HoldSet, _) => "held".to_owned(),
            (EventName::HoldReleased, _) => "no longer held".to_owned(),
            (EventName::TargetWaits, _) => "waits for a person".to_owned(),
            (EventName::WatchPaused, _) => "paused".to_owned(),
            (EventName::DriftGone, _) => "drift is gone".to_owned(),
            (EventName::WayBackFound, _) => "way back is there again".to_owned(),
            (EventName::DrillProved, _) => "drill proved".to_owned(),
            (EventName::DrillFailed, _) => "drill failed".to_owned(),
            (EventName::DrillOvertaken, _) => "drill overtaken".to_owned(),
            (EventName::DrillRefused, _) => "drill refused".to_owned(),
            _ => self.name.to_string(),
        }
    }

    /// Returns the event in one line; see [`crate::shown::event::Detail::summary`]. It can stand between quotation
    /// marks, because an input transformer of EventBridge neither cuts nor escapes.
    pub(super) fn in_a_line(&self) -> String {
        let detail = &self.detail;
        let first = detail.cause.as_deref().unwrap_or_default().lines().next().unwrap_or_default();
        let (word, why) = (self.word(), detail.cause_name.as_ref());
        let why = why.map(|name| format!("({name})"));
        let parts = [detail.version.as_deref(), Some(word.as_str()), why.as_deref()];
        let head = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
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
        all.into_iter().take(LONGEST_SUMMARY - 1).chain(['…']).collect()
    }

    /// Returns a text with who asked and what stays reachable below its first line, because a message has the first
    /// lines only. What somebody else has done meanwhile names that person, and not who asked.
    fn with_more(&self, text: &str) -> String {
        use EventName::{ApprovalAsked, DeploymentEnded, DeploymentStarted, RequestRefused, TargetWaits, UndoStarted};
        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let is_own = matches!(
            self.name,
            ApprovalAsked | DeploymentEnded | DeploymentStarted | RequestRefused | TargetWaits | UndoStarted
        );
        let audit = self.detail.audit.iter().filter(|_| is_own).map(|audit| format!("  {audit}"));
        let files = self.detail.stays_reachable.iter();
        let files = files.map(|files| format!("  {}", Prose::join(files.in_words(), " ").written()));
        let rest = Some(rest.to_owned()).filter(|rest| !rest.is_empty());
        [first.to_owned()].into_iter().chain(audit).chain(files).chain(rest).collect::<Vec<_>>().join("\n")
    }

    /// Returns the event in words, whether or not it is sent to everybody.
    pub fn in_text(&self) -> Notification {
        let word = self.word();
        let detail = &self.detail;
        let environment = detail.environment.as_ref().map(EnvironmentName::as_str);
        let parts = [Some(detail.app.as_str()), environment, detail.version.as_deref(), Some(word.as_str())];
        let title: Vec<&str> = parts.into_iter().flatten().collect();
        let title = title.join(" ");
        // SNS takes no empty message.
        let cause = detail.cause.clone().filter(|cause| !cause.is_empty()).unwrap_or_else(|| format!("{MARK}{title}"));
        Notification::new(&title, first_lines(&self.with_more(&cause)))
    }
}

/// Returns the line of a message that says what can be done next.
pub(crate) fn next_line(step: &str) -> String {
    Prose::next(step).written()
}

pub(super) fn ascii(text: &str) -> String {
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
    format!("{shown}\n… the deployment's record shows the rest.")
}

#[cfg(test)]
mod tests_of_in_words {
    use super::*;
    use crate::release::identity::EnvironmentId;
    use crate::release::stays_reachable::{StaysReachable, WhyReachable};
    use crate::shown::event::Detail;
    use crate::text::name::{AppName, ComponentName};

    #[test]
    fn what_stays_reachable_is_shown_below_the_first_line() {
        let message = |cause: &str| {
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
        let text = message("it was so.\n  and so.");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!((lines[0], lines[2]), ("it was so.", "  and so."));
        assert!(lines[1].starts_with("  web: 1 file is no longer part"), "{text}");
        assert_eq!(message("it was so.").lines().count(), 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::kinds::KindName;
    use crate::environment::Running;
    use crate::text::name::{AppName, ComponentName, EnvironmentName};
    use crate::text::time::Time;
    use serde_json::{Value, json};

    fn given(version: &str, deployment: &str) -> GivenVersion {
        let git = json!({"ref": "refs/heads/main", "commit": format!("{deployment}f")});
        GivenVersion {
            version: version.into(),
            deployment: DeploymentId(deployment.into()),
            since: Time(0),
            git: serde_json::from_value(git).unwrap(),
            released_by: None,
        }
    }

    fn runs(components: &[(&str, KindName, GivenVersion)]) -> EnvironmentState {
        let running = components.iter().map(|(name, kind, given)| {
            let running = Running::new(None, given.clone(), Value::Null).of_kind(*kind);
            (ComponentName::new(*name).unwrap(), running)
        });
        EnvironmentState { running: running.collect(), ..EnvironmentState::default() }
    }

    fn shown(before: Option<&EnvironmentState>, after: &EnvironmentState) -> Vec<String> {
        let app = AppName::new("shop").unwrap();
        let environment = EnvironmentName::new("prod").unwrap();
        let events = of_running(EnvironmentId::new(&app, &environment), before, after);
        events
            .iter()
            .map(|event| {
                assert_eq!(event.notification(), None);
                let detail = &event.detail;
                let commit = detail.git.as_ref().and_then(|git| git.commit.clone());
                let (deployment, commit) = (detail.deployment.clone().unwrap(), commit.unwrap());
                format!("{deployment} {commit} {}", detail.summary)
            })
            .collect()
    }

    #[test]
    fn what_is_gone_and_what_is_back_is_named_by_the_release_and_its_commit() {
        let (api, web, task) = (KindName::Lambda, KindName::StaticSite, KindName::Task);
        let (one, two, ten) = (given("1.0.0", "1a"), given("2.0.0", "2a"), given("10.0.0", "5a"));
        let back = given("rollback", "3a").called(&one);
        let again = given("rollback", "4a").called(&back);
        let found = given(BEFORE_WINDLASS, "1a");
        let gone = "1a 1af 1.0.0 is gone: 2.0.0 runs in shop/prod now.";
        for (before, after, wanted) in [
            // A newer release of it all, and of a part.
            (vec![("api", api, &one)], vec![("api", api, &two)], vec![gone]),
            (vec![("api", api, &one), ("web", web, &one)], vec![("api", api, &two), ("web", web, &one)], vec![]),
            (vec![("api", api, &two), ("web", web, &one)], vec![("api", api, &two), ("web", web, &two)], vec![gone]),
            // A rollback, and one more to the same; a drill's way there and back is two of them.
            (
                vec![("api", api, &two)],
                vec![("api", api, &back)],
                vec![
                    "2a 2af 2.0.0 is gone: 1.0.0 runs in shop/prod now.",
                    "1a 1af 1.0.0 is live again: 1.0.0 runs in shop/prod now.",
                ],
            ),
            (vec![("api", api, &back)], vec![("api", api, &again)], vec![]),
            (vec![("api", api, &back)], vec![("api", api, &two)], vec![gone]),
            // Several that run are named in their order, which is not that of their letters.
            (
                vec![("api", api, &one)],
                vec![("api", api, &ten), ("web", web, &two)],
                vec!["1a 1af 1.0.0 is gone: 2.0.0 and 10.0.0 run in shop/prod now."],
            ),
            // What was found is no release, and what was run once does not run.
            (vec![], vec![("api", api, &one)], vec![]),
            (vec![("api", api, &found)], vec![("api", api, &one)], vec![]),
            (
                vec![("api", api, &one)],
                vec![("api", api, &found)],
                vec!["1a 1af 1.0.0 is gone: No release is recorded as running in shop/prod now."],
            ),
            (
                vec![("api", api, &one), ("migrate", task, &one)],
                vec![("api", api, &two), ("migrate", task, &one)],
                vec![gone],
            ),
        ] {
            let of = |components: &[(&'static str, KindName, &GivenVersion)]| {
                let components = components.iter();
                let components: Vec<_> =
                    components.map(|(name, kind, given)| (*name, *kind, (*given).clone())).collect();
                runs(&components)
            };
            let (before, after) = (of(&before), of(&after));
            assert_eq!(shown(Some(&before), &after), wanted, "{before:?} {after:?}");
        }
        assert_eq!(shown(None, &runs(&[("api", api, one)])), [""; 0]);
    }
}
