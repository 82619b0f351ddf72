//! Figures of an environment: the number of changes that go live, their duration, their failures, the time to restore,
//! and their cost. Pure.
//!
//! The four keys of DORA (dora.dev, "DORA's software delivery performance metrics"), as far as a ledger knows them:
//!
//! - A *change* is a deployment of a release that went live (`Succeeded`), or was undone (`RolledBack`,
//!   `NeedsOperator`). A deployment that changed nothing is no change: `NothingToDo`, such as one that was superseded,
//!   and `Rejected`, such as one that was cancelled while it waited. A deployment is no change either if a person, a
//!   rollback or a newer release stopped it before anything was known to be wrong with it, and it was restored: it says
//!   nothing of the release.
//! - A change *failed* if it was undone, or needed an operator, or if a rollback that succeeded took it back later. A
//!   rollback takes back one change, the newest that stands. It is no change itself.
//! - *Lead time* goes from the time of the commit to the ending `Succeeded`, once per release. A release without such a
//!   time, or with one from the future, is counted beside it.
//! - *Time to restore* begins when the failed change had its turn. It ends when the change was undone, or when an
//!   operator accepted what was left. For a change that was taken back later it goes from the request of the rollback
//!   until that succeeded, because no ledger learns when a failure was first seen. After a rollback that failed it
//!   goes on until the next deployment or rollback that succeeds.
//!
//! The same words stand wherever figures are shown.

use crate::deployment::{Deployment, Ended, Status};
use crate::release::action::ActionName;
use crate::shown::outcome::{ChangeOutcome, lead_time_ms, restored_ms};
use crate::text::time::{Time, lasting};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A day, in milliseconds.
pub const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// The time of the figures: they count the deployments that were accepted in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FiguresWindow {
    /// The beginning.
    pub from: Time,
    /// The end.
    pub to: Time,
}

/// The figures of an environment in a window.
#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Figures {
    /// Deployments that were accepted, whatever became of them, without drills, restores and withdrawals.
    pub deployments: u64,
    /// The deployments among them that have not ended.
    pub under_way: u64,
    /// Changes: deployments of a release that went live (`Succeeded`), or were undone (`RolledBack`, `NeedsOperator`).
    /// A deployment that changed nothing is no change: `NothingToDo`, such as one that was superseded, and `Rejected`.
    /// A deployment is no change either if a person, a rollback or a newer release stopped it before anything was known
    /// to be wrong with it, and it was restored.
    pub changes: u64,
    /// Changes that went live.
    pub live: u64,
    /// Changes that went live, per day.
    pub live_per_day: f64,
    /// Changes that were undone, needed an operator, or were taken back by a rollback that succeeded. A change that the
    /// next release mended, without a rollback, did not fail as far as the ledger knows.
    pub failed: u64,
    /// Failed changes among all changes, 0 to 1; absent if there was none.
    pub failure_rate: Option<f64>,
    /// Rollbacks that did something, whatever came of it. A rollback that was stopped before anything was known to be
    /// wrong with it, and was restored, is not among them. Each one that succeeds takes back the newest change that
    /// stands. A change from before the window is not counted as failed.
    pub rollbacks: u64,
    /// The time from the commit (`git.time` of the manifest) to live, once per release; absent if no release had a
    /// commit's time.
    pub lead_time: Option<Percentiles>,
    /// Releases that went live and are not in the lead time, because their commit's time is missing or impossible. An
    /// impossible time is later than the time at which the release went live.
    pub without_commit_time: u64,
    /// The time from a failure to a good state; absent if nothing was restored. For a change that was undone it goes
    /// from the change's turn until the change was undone. For a change that was taken back it goes from the request of
    /// the rollback until that, or a later rollback or release, succeeded. Where an operator accepted what was left, it
    /// ends with that.
    pub time_to_restore: Option<Percentiles>,
    /// Failures that are not restored yet.
    pub not_restored: u64,
    /// The cost of the deployments that have ended, also of drills, restores and withdrawals, by the month (UTC) in
    /// which they were accepted, such as `2026-11`. The first month begins with the window.
    pub cost_by_month: BTreeMap<String, MonthlyCost>,
}

/// The median and the 90th percentile of several durations, in milliseconds, by the nearest rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Percentiles {
    /// The number of durations.
    pub of: u64,
    /// At least half of them are as short as this.
    pub median_ms: u64,
    /// At least nine of ten are as short as this.
    pub p90_ms: u64,
}

/// The estimated cost of a month's deployments. Drills, restores and withdrawals are among them, because they cost as
/// well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MonthlyCost {
    /// Deployments with an estimate.
    pub deployments: u64,
    /// Ended deployments without one.
    pub without: u64,
    /// US dollars at list prices, as a plan estimates them.
    pub dollars: f64,
}

impl MonthlyCost {
    /// Adds the cost of another environment.
    pub fn add(&mut self, other: Self) {
        self.deployments += other.deployments;
        self.without += other.without;
        self.dollars += other.dollars;
    }
}

impl Figures {
    /// Returns the cost of all of its deployments.
    pub fn cost(&self) -> MonthlyCost {
        let mut cost = MonthlyCost::default();
        for month in self.cost_by_month.values() {
            cost.add(*month);
        }
        cost
    }
}

impl Percentiles {
    /// Computes the spread of durations in milliseconds; `None` if there are none.
    pub fn of(mut lengths: Vec<u64>) -> Option<Self> {
        lengths.sort_unstable();
        let rank = |percent: usize| {
            let rank = (lengths.len() * percent).div_ceil(100);
            lengths.get(rank.saturating_sub(1)).copied()
        };
        Some(Self { of: lengths.len() as u64, median_ms: rank(50)?, p90_ms: rank(90)? })
    }
}

/// The counts while the endings are gone through in their order.
#[derive(Default)]
struct Seen<'a> {
    figures: Figures,
    lead: Vec<u64>,
    restored: Vec<u64>,
    /// The times since which failures are not restored.
    open: Vec<Time>,
    /// Changes of the window that are live and not taken back.
    standing: u64,
    /// Releases that were live in the window.
    releases: BTreeSet<&'a str>,
}

/// Computes the figures of the environment's deployments that were accepted in the window. It skips the others.
pub fn figures<'a>(window: FiguresWindow, all: impl IntoIterator<Item = &'a Deployment>) -> Figures {
    let is_in = |one: &&Deployment| (window.from..window.to).contains(&one.accepted);
    let all: Vec<&Deployment> = all.into_iter().filter(is_in).collect();
    let mut seen = Seen::default();
    let released = |one: &&&Deployment| is_of_people(one.action);
    seen.figures.deployments = all.iter().filter(released).count() as u64;
    let mut ended: Vec<(&Deployment, &Ended)> = Vec::new();
    for one in all {
        match &one.ending {
            // A recovery out of `NeedsOperator` works for a deployment that has an ending already.
            Some(ending) if one.status == Status::Ended => ended.push((one, ending)),
            _ if !is_of_people(one.action) => {}
            _ => seen.figures.under_way += 1,
        }
    }
    ended.sort_by_key(|(one, ending)| (ending.at, one.accepted, &one.id));
    for (one, ending) in ended {
        seen.cost(one, ending);
        seen.outcome(one, ending);
    }
    seen.finish(window)
}

/// Returns whether people ask for figures of such a deployment. A drill changes nothing that stays, and a restore
/// nothing that is recorded.
const fn is_of_people(action: ActionName) -> bool {
    !matches!(action, ActionName::Drill | ActionName::Restore | ActionName::Withdraw)
}

impl<'a> Seen<'a> {
    fn cost(&mut self, one: &Deployment, ending: &Ended) {
        let month = one.accepted.to_string().chars().take(7).collect();
        let month = self.figures.cost_by_month.entry(month).or_default();
        match &ending.cost {
            Some(cost) => {
                month.deployments += 1;
                month.dollars += cost.dollars;
            }
            None => month.without += 1,
        }
    }

    fn outcome(&mut self, one: &'a Deployment, ending: &Ended) {
        let outcome = ChangeOutcome::of(one.action, ending.ending, one.stopped);
        self.figures.changes += outcome.changes();
        match outcome {
            ChangeOutcome::Nothing => {}
            ChangeOutcome::Live => {
                self.figures.live += 1;
                self.standing += 1;
                self.is_good(ending.at);
                if self.releases.insert(one.release_digest.as_str()) {
                    self.lead_time(one, ending.at);
                }
            }
            ChangeOutcome::Failed => {
                self.figures.failed += 1;
                match restored_ms(one) {
                    Some(length) => self.restored.push(length),
                    None => self.open.push(one.started.unwrap_or(one.accepted)),
                }
            }
            ChangeOutcome::TakenBack => {
                self.figures.rollbacks += 1;
                // A change from before the window is not among the window's changes.
                if self.standing > 0 {
                    self.standing -= 1;
                    self.figures.failed += 1;
                }
                // It is the same failure if a rollback of it had failed.
                if self.open.is_empty() {
                    self.open.push(one.accepted);
                }
                self.is_good(ending.at);
            }
            ChangeOutcome::NotTakenBack => {
                self.figures.rollbacks += 1;
                match restored_ms(one) {
                    Some(length) => self.restored.push(length),
                    None if self.open.is_empty() => self.open.push(one.accepted),
                    None => {}
                }
            }
        }
    }

    fn lead_time(&mut self, one: &Deployment, live: Time) {
        match lead_time_ms(one, live) {
            Some(length) => self.lead.push(length),
            None => self.figures.without_commit_time += 1,
        }
    }

    fn is_good(&mut self, at: Time) {
        self.restored.extend(std::mem::take(&mut self.open).into_iter().map(|since| at.ms_since(since)));
    }

    fn finish(self, window: FiguresWindow) -> Figures {
        let mut figures = self.figures;
        // Counts of deployments, and the milliseconds of a window, are far below 2^52.
        #[allow(clippy::cast_precision_loss)]
        let ratio = |part: u64, whole: u64| part as f64 / whole as f64;
        let length = window.to.ms_since(window.from).max(1);
        figures.live_per_day = ratio(figures.live * DAY_MS, length);
        figures.failure_rate = (figures.changes > 0).then(|| ratio(figures.failed, figures.changes));
        figures.lead_time = Percentiles::of(self.lead);
        figures.time_to_restore = Percentiles::of(self.restored);
        figures.not_restored = self.open.len() as u64;
        figures
    }
}

/// Returns the figures in words: what went live, the lead time, what failed, the time to restore, and the cost.
pub fn cells(seen: &Figures) -> [String; 5] {
    let live = match seen.live {
        0 => "none".to_owned(),
        live => format!("{live} ({:.1} a day)", seen.live_per_day),
    };
    let mut lead = spread(seen.lead_time);
    if seen.without_commit_time > 0 {
        let without = format!("{} without a commit's time", seen.without_commit_time);
        lead = joined(&lead, without);
    }
    let failed = match seen.failure_rate {
        Some(rate) => format!("{} of {} ({:.0} %)", seen.failed, seen.changes, rate * 100.0),
        None => "-".to_owned(),
    };
    let mut restored = spread(seen.time_to_restore);
    if seen.not_restored > 0 {
        restored = joined(&restored, format!("{} not restored", seen.not_restored));
    }
    [live, lead, failed, restored, dollars(&seen.cost())]
}

fn joined(first: &str, second: String) -> String {
    match first {
        "-" => second,
        _ => format!("{first}, {second}"),
    }
}

/// Returns the median, and the 90th percentile if it differs.
fn spread(spread: Option<Percentiles>) -> String {
    let Some(spread) = spread else { return "-".to_owned() };
    let words = [spread.median_ms, spread.p90_ms].map(|ms| lasting(ms / 1000));
    match words {
        [median, p90] if median == p90 => median,
        [median, p90] => format!("{median}, p90 {p90}"),
    }
}

/// Returns the cost, as far as it was estimated.
pub fn dollars(cost: &MonthlyCost) -> String {
    match cost.deployments {
        0 => "-".to_owned(),
        _ => format!("${:.4}", cost.dollars),
    }
}

#[cfg(test)]
mod tests_of_in_words {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_put_in_words_and_what_is_not_known_is_not_invented() {
        let none = Figures::default();
        assert_eq!(cells(&none), ["none", "-", "-", "-", "-"]);
        let seen: Figures = serde_json::from_value(json!({
            "deployments": 40, "under_way": 0, "changes": 36, "live": 31, "live_per_day": 1.03, "failed": 5,
            "failure_rate": 0.139, "rollbacks": 1, "without_commit_time": 3, "not_restored": 1,
            "lead_time": {"of": 28, "median_ms": 3_720_000, "p90_ms": 90_000_000},
            "time_to_restore": {"of": 4, "median_ms": 60_000, "p90_ms": 60_000},
            "cost_by_month": {"2026-10": {"deployments": 20, "without": 0, "dollars": 0.02},
                "2026-11": {"deployments": 20, "without": 0, "dollars": 0.0205}},
        }))
        .unwrap();
        assert_eq!(
            cells(&seen),
            [
                "31 (1.0 a day)",
                "1h 2m, p90 1d 1h, 3 without a commit's time",
                "5 of 36 (14 %)",
                "1m, 1 not restored",
                "$0.0405"
            ]
        );
    }
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
