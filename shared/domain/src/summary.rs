//! The summary of a day, for the topics of a declaration that want one. Pure.

mod day;
mod in_words;

pub use day::{ALONE_MS, Day, LAST_MS, SummaryDecision, TRIES, not_told};

use crate::declaration::Declaration;
use crate::deployment::{Deployment, Ended};
use crate::drift::Drift;
use crate::environment::{HeldState, Hold, LockHolder};
use crate::event::Notification;
use crate::figures::{DAY_MS, Figures, Window, figures};
use crate::hourly_look::LookResult;
use crate::name::{AppName, EnvironmentName};
use crate::notify::{Form, MessageKind, Notify};
use crate::time::Time;

/// The windows of a summary's figures, in days. The first is the day that it is about.
pub const DAYS: [u64; 3] = [1, 7, 30];

/// The facts about one environment that a summary tells.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentFacts {
    /// The environment.
    pub environment: EnvironmentName,
    /// The figures, in the order of [`DAYS`].
    pub figures: [Figures; DAYS.len()],
    /// The time from which there are figures, if there were too many deployments to read them all.
    pub since: Option<Time>,
    /// The deployments that ended on the day, whenever they were accepted. The first that ended comes first.
    pub ended: Vec<OverDeployment>,
    /// The hold, the holder of the lock, and those that wait.
    pub standing: StandingFacts,
}

/// A deployment that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct OverDeployment {
    /// The version of its release.
    pub version: String,
    /// Its ending.
    pub ended: Ended,
}

/// The ledger's facts about an environment beside its history.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StandingFacts {
    /// The hold on automatic deployments.
    pub hold: Option<Hold>,
    /// The holder of the lock.
    pub held: Option<LockHolder>,
    /// The times since which deployments wait.
    pub waiting: Vec<Time>,
    /// The last hourly look at its targets; `None` if there was none.
    pub drift: Option<LookResult>,
}

/// Returns the windows of a summary: all of them end with its day.
pub fn windows(to: Time) -> [Window; DAYS.len()] {
    DAYS.map(|days| Window { from: Time(to.0.saturating_sub(days * DAY_MS)), to })
}

impl EnvironmentFacts {
    /// Makes it from the deployments that were accepted in the longest window, or since `since` if not all were read.
    pub fn of(
        environment: EnvironmentName,
        to: Time,
        (all, since): (&[Deployment], Option<Time>),
        standing: StandingFacts,
    ) -> Self {
        let windows = windows(to);
        let figures = windows.map(|window| {
            let from = since.map_or(window.from, |since| window.from.max(since).min(window.to));
            figures(Window { from, ..window }, all)
        });
        let [day, ..] = windows;
        let mut ended: Vec<OverDeployment> = all.iter().filter_map(|one| OverDeployment::of(one, day)).collect();
        ended.sort_by_key(|one| one.ended.at);
        Self { environment, figures, since, ended, standing }
    }

    /// Returns whether there is nothing that a person has to read.
    fn is_quiet(&self) -> bool {
        let [day, ..] = &self.figures;
        day.deployments == 0 && self.ended.is_empty() && self.standing.is_quiet()
    }
}

impl StandingFacts {
    fn is_quiet(&self) -> bool {
        let is_free = self.hold.is_none() && self.held.is_none() && self.waiting.is_empty();
        is_free && self.look().is_none_or(LookResult::is_as_recorded)
    }

    /// Returns whether only an operator goes on.
    fn is_stuck(&self) -> bool {
        let held = self.held.as_ref();
        held.is_some_and(|held| held.state == HeldState::NeedsOperator)
    }

    /// Returns the last look at its targets, if one has ended and saw components.
    fn look(&self) -> Option<&LookResult> {
        let shown = self.drift.as_ref()?;
        (shown.looked.is_some() && !shown.components.is_empty()).then_some(shown)
    }

    fn has_drifted(&self) -> bool {
        let mut seen = self.look().into_iter().flat_map(|it| it.components.values());
        seen.any(|one| one.drift == Drift::Changed)
    }
}

impl OverDeployment {
    fn of(one: &Deployment, day: Window) -> Option<Self> {
        let ended = one.ending.as_ref()?;
        let is_in = (day.from..day.to).contains(&ended.at);
        is_in.then(|| Self { version: one.release.version.clone(), ended: ended.clone() })
    }
}

fn asks(notify: &Notify) -> bool {
    notify.of.contains(&MessageKind::Summary)
}

/// Returns the environments of which a topic wants a summary, in their order.
pub fn wanted(declaration: &Declaration, names: Vec<EnvironmentName>) -> Vec<EnvironmentName> {
    let mut names = names;
    names.retain(|name| declaration.notify(Some(name)).iter().any(asks));
    names
}

/// Returns the message for each topic that wants it, about the environments that the topic wants.
pub fn messages(
    declaration: &Declaration,
    app: &AppName,
    to: Time,
    seen: &[EnvironmentFacts],
) -> Vec<(String, Notification)> {
    let mut topics: Vec<(&str, Form, Vec<&EnvironmentFacts>)> = Vec::new();
    for one in seen {
        let asking = declaration.notify(Some(&one.environment)).iter();
        for notify in asking.filter(|notify| asks(notify)) {
            let same = |it: &&mut (&str, Form, Vec<&EnvironmentFacts>)| it.0 == notify.topic && it.1 == notify.form;
            match topics.iter_mut().find(same) {
                Some((.., of)) => of.push(one),
                None => topics.push((&notify.topic, notify.form, vec![one])),
            }
        }
    }
    let told = topics.into_iter().map(|(topic, form, seen)| {
        let message = in_words::message(app, to, &seen, form);
        (topic.to_owned(), message)
    });
    told.collect()
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
