//! The summary of a day, for the topics of a declaration that want one, and its words. What a person has to read comes
//! first. Environments in which nothing happened are only named. Pure.

use crate::declaration::Declaration;
use crate::declaration::topic::{Form, MessageKind, Notify};
use crate::deployment::hourly_look::LookResult;
use crate::deployment::{Deployment, Ended};
use crate::environment::drift::Drift;
use crate::environment::{HeldState, Hold, LockHolder};
use crate::prose;
use crate::release::action::ActionName;
use crate::release::call::{self, operators};
use crate::release::ending::Ending;
use crate::release::identity::EnvironmentId;
use crate::shown::event::{LONGEST_CAUSE, Notification};
use crate::shown::figures::{DAY_MS, Figures, FiguresWindow, cells, figures};
use crate::shown::notify::Shown;
use crate::text::count::count;
use crate::text::foreign::truncate;
use crate::text::name::{AppName, EnvironmentName};
use crate::text::prose::Prose;
use crate::text::time::Time;

mod day;

pub use day::{ALONE_MS, Day, LAST_MS, SummaryDecision, TRIES, no_summary};

/// The windows of a summary's figures, in days. The first is the day that it is about.
pub const DAYS: [u64; 3] = [1, 7, 30];

/// The facts about one environment that a summary shows.
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
pub fn windows(to: Time) -> [FiguresWindow; DAYS.len()] {
    DAYS.map(|days| FiguresWindow { from: Time(to.0.saturating_sub(days * DAY_MS)), to })
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
            figures(FiguresWindow { from, ..window }, all)
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
        seen.any(|one| one.compared.drift == Drift::Changed)
    }
}

impl OverDeployment {
    fn of(one: &Deployment, day: FiguresWindow) -> Option<Self> {
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
    topics.into_iter().map(|(topic, form, seen)| (topic.to_owned(), message(app, to, &seen, form))).collect()
}

/// The endings in the order in which they are listed.
const ENDINGS: [Ending; 5] =
    [Ending::Succeeded, Ending::RolledBack, Ending::NeedsOperator, Ending::Rejected, Ending::NothingToDo];

/// The most endings that are not good and are listed by one line each.
const MOST_LISTED: usize = 5;

/// The longest line of one of them, in bytes.
const LONGEST_LINE: usize = 240;

/// Returns the message of a topic.
pub fn message(app: &AppName, to: Time, seen: &[&EnvironmentFacts], form: Form) -> Notification {
    let notification = Notification::new(&title(app, to, seen), text(app, to, seen));
    match form {
        Form::Text => notification,
        Form::Chat => {
            let names = seen.iter().map(|one| one.environment.as_str());
            let places = names.clone().map(|name| format!("{app}/{name}"));
            let places: Vec<String> = places.take(MOST_NAMES).collect();
            let next: Vec<String> = seen.iter().flat_map(|one| next_steps(app, one)).collect();
            let shown = Shown {
                keywords: [app.as_str()].into_iter().chain(names.take(MOST_NAMES)).collect(),
                thread: &format!("{app} summary"),
                sort: "Summary",
                about: places.iter().map(String::as_str).collect(),
                next: &next,
            };
            shown.of(&notification)
        }
    }
}

/// The most environments that are named beside a message.
const MOST_NAMES: usize = 10;

fn title(app: &AppName, to: Time, seen: &[&EnvironmentFacts]) -> String {
    let date: String = to.to_string().chars().take(10).collect();
    let mut parts = vec![endings(seen.iter().flat_map(|one| &one.ended))];
    let count = |is_so: fn(&StandingFacts) -> bool| seen.iter().filter(|one| is_so(&one.standing)).count();
    let marks = [
        (count(StandingFacts::is_stuck), "locked"),
        (count(|one| one.hold.is_some()), "held"),
        (count(|one| !one.waiting.is_empty()), "waited for"),
        (count(StandingFacts::has_drifted), "drifted"),
    ];
    parts.extend(marks.into_iter().filter(|(many, _)| *many > 0).map(|(many, word)| format!("{many} {word}")));
    format!("{app} {date}: {}", parts.join("; "))
}

fn endings<'a>(all: impl Iterator<Item = &'a OverDeployment>) -> String {
    let all: Vec<Ending> = all.map(|one| one.ended.ending).collect();
    let counts = ENDINGS.into_iter().filter_map(|ending| {
        let many = all.iter().filter(|one| **one == ending).count();
        (many > 0).then(|| format!("{many} {ending}"))
    });
    let counts: Vec<String> = counts.collect();
    if counts.is_empty() {
        return "nothing ended".to_owned();
    }
    counts.join(", ")
}

/// Returns all that fits: if it does not fit with the longer windows, it leaves these out, and then the last
/// environments, which are counted.
fn text(app: &AppName, to: Time, seen: &[&EnvironmentFacts]) -> String {
    let head = format!("{app}, the 24 hours until {to}");
    let (quiet, loud): (Vec<&EnvironmentFacts>, Vec<&EnvironmentFacts>) = seen.iter().partition(|one| one.is_quiet());
    let quiet = still(&quiet);
    if loud.is_empty() {
        return truncate(format!("{head}: {quiet}"), LONGEST_CAUSE);
    }
    let blocks = |windows| -> Vec<(usize, String)> {
        let loud = loud.iter().map(|one| (1, block(app, one, windows)));
        let quiet = Some((seen.len() - loud.len(), quiet.clone()));
        loud.chain(quiet.filter(|(many, _)| *many > 0)).collect()
    };
    let whole = blocks(DAYS.len());
    let whole = whole.iter().map(|(_, block)| block.as_str());
    let whole: Vec<&str> = [head.as_str()].into_iter().chain(whole).collect();
    let whole = whole.join("\n");
    match whole.len() {
        ..=LONGEST_CAUSE => whole,
        _ => fitting(app, head, &blocks(1)),
    }
}

/// Returns as many blocks as there is room for, and says of how many environments the rest is.
fn fitting(app: &AppName, head: String, blocks: &[(usize, String)]) -> String {
    let mut whole = head;
    for (shown, (_, block)) in blocks.iter().enumerate() {
        let left: usize = blocks.iter().skip(shown).map(|(many, _)| many).sum();
        let left = count(left, "more environment");
        let rest = prose!("\n… and {}: `GET /apps`, {}", left, call::figures_of_a_day(app)).written();
        if whole.len() + 1 + block.len() + rest.len() > LONGEST_CAUSE {
            return whole + &rest;
        }
        whole = format!("{whole}\n{block}");
    }
    whole
}

/// Says what there is to say of the environments in which nothing happened.
fn still(quiet: &[&EnvironmentFacts]) -> String {
    if quiet.is_empty() {
        return String::new();
    }
    let names: Vec<&str> = quiet.iter().map(|one| one.environment.as_str()).collect();
    let names = truncate(names.join(", "), LONGEST_LINE * 4);
    let unseen = quiet.iter().filter(|one| one.standing.look().is_none()).count();
    let drift = match unseen {
        0 => "nothing has drifted".to_owned(),
        all if all == quiet.len() => "drift: not looked at".to_owned(),
        some => format!("drift: not looked at in {some} of them"),
    };
    format!("nothing happened, is held, is locked or waits in {names}; {drift}")
}

fn block(app: &AppName, seen: &EnvironmentFacts, windows: usize) -> String {
    let mut lines = vec![format!("{}: {}", seen.environment, endings(seen.ended.iter()))];
    let bad = seen.ended.iter().filter(|one| !one.ended.ending.is_success());
    let bad: Vec<&OverDeployment> = bad.collect();
    lines.extend(bad.iter().take(MOST_LISTED).map(|one| over(one)));
    if bad.len() > MOST_LISTED {
        let more = bad.len() - MOST_LISTED;
        lines.push(prose!("{} more: {}", more, call::history(EnvironmentId::new(app, &seen.environment))).written());
    }
    let figures = seen.figures.iter().zip(DAYS).take(windows);
    lines.extend(figures.map(|(figures, days)| window(days, figures)));
    if let Some(since) = seen.since {
        lines.push(format!("figures since {since} alone, because there were too many deployments to read them all"));
    }
    lines.extend(standing(app, seen));
    lines.join("\n  ")
}

fn over(one: &OverDeployment) -> String {
    let (ending, why) = (one.ended.ending, &one.ended.cause_name);
    let first = one.ended.cause.first_line().written();
    let why = Some(why).filter(|why| !why.is_empty());
    let why = why.map_or_else(String::new, |why| format!(" ({why})"));
    let version = truncate(one.version.as_str(), LONGEST_LINE / 2);
    truncate(format!("{version} {ending}{why}: {first}"), LONGEST_LINE)
}

/// Returns the figures of a window in words. Figures that are not known are left out.
fn window(days: u64, figures: &Figures) -> String {
    let [live, lead, failed, restored, cost] = cells(figures);
    let shown =
        [("live", live), ("lead time", lead), ("failed", failed), ("time to restore", restored), ("cost", cost)];
    let shown = shown.into_iter().filter(|(_, words)| words != "-");
    let shown: Vec<String> = shown.map(|(name, words)| format!("{name} {words}")).collect();
    format!("{}: {}", count(days, "day"), shown.join("; "))
}

/// Returns the step that starts an operator's action there.
fn start(app: &AppName, seen: &EnvironmentFacts, action: ActionName) -> Prose {
    prose!("start {}", operators(action, EnvironmentId::new(app, &seen.environment)))
}

/// Returns what can be done next in an environment.
fn next_steps(app: &AppName, seen: &EnvironmentFacts) -> Vec<String> {
    let recover = seen.standing.is_stuck().then_some(ActionName::Recover);
    let release = seen.standing.hold.as_ref().map(|_| ActionName::ReleaseHold);
    recover.into_iter().chain(release).map(|action| start(app, seen, action).written()).collect()
}

fn standing(app: &AppName, seen: &EnvironmentFacts) -> Vec<String> {
    let mut lines = Vec::new();
    let next = |action| Prose::next(start(app, seen, action)).written();
    if let Some(held) = &seen.standing.held {
        let (id, since) = (&held.deployment, held.since);
        if seen.standing.is_stuck() {
            lines.push(format!("locked: deployment {id} needs an operator since {since}"));
            lines.push(next(ActionName::Recover));
        } else {
            lines.push(format!("deployment {id} is under way since {since}"));
        }
    }
    if let Some(hold) = &seen.standing.hold {
        let held = hold.in_words().replace('\n', " ");
        lines.push(truncate(format!("held {held}"), LONGEST_LINE * 2));
        lines.push(next(ActionName::ReleaseHold));
    }
    if let Some(first) = seen.standing.waiting.iter().min() {
        let many = count(seen.standing.waiting.len(), "deployment");
        lines.push(format!("waiting: {many}, since {first}"));
    }
    lines.push(truncate(drift(&seen.standing), LONGEST_LINE * 2));
    lines
}

fn drift(standing: &StandingFacts) -> String {
    let Some(look) = standing.look() else { return "drift: not looked at".to_owned() };
    let listed = look.in_short();
    let listed: Vec<&str> = listed.iter().map(|(_, words)| words.as_str()).collect();
    let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    format!("drift: {listed}; {}", look.when())
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
