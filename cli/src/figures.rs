//! The figures of applications, as the API answers them, in words.

use crate::failure::Failure;
use crate::ui::parts::span;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use windlass_domain::count::count;
use windlass_domain::figures::{Figures, MonthlyCost, Spread};
use windlass_domain::name::{AppName, EnvironmentName};
use windlass_domain::time::Time;

/// The titles of the columns.
pub const COLUMNS: &[&str] = &[
    "APP",
    "ENVIRONMENT",
    "LIVE",
    "LEAD TIME",
    "FAILED",
    "TIME TO RESTORE",
    "COST",
];

/// An application.
#[derive(Debug, Deserialize)]
pub struct App {
    /// Its name.
    pub app: AppName,
    /// Its environments, in their order.
    pub environments: Vec<Here>,
    /// What all of them cost.
    pub cost_by_month: BTreeMap<String, MonthlyCost>,
}

/// One of its environments.
#[derive(Debug, Deserialize)]
pub struct Here {
    /// Its name.
    pub environment: EnvironmentName,
    /// Where the window begins.
    pub from: Time,
    /// Where it ends.
    pub to: Time,
    /// Whether it begins later than was asked for, because there is too much to read.
    pub cut: bool,
    /// The figures.
    pub figures: Figures,
}

impl App {
    /// Reads one of the answer.
    ///
    /// # Errors
    /// Where it has another form.
    pub fn read(answer: &Value) -> Result<Self, Failure> {
        Self::deserialize(answer).map_err(|error| Failure::not_understood("the figures", error))
    }

    /// A row for each environment.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let row = |here: &Here| {
            let names = [self.app.to_string(), here.environment.to_string()];
            names.into_iter().chain(cells(&here.figures)).collect()
        };
        self.environments.iter().map(row).collect()
    }

    /// What the table does not say: the cost of each month, and where a window was cut.
    pub fn notes(&self) -> Vec<String> {
        let months = self.cost_by_month.iter().map(|(month, cost)| {
            let told = format!(
                "{} in {month}: {} for {}",
                self.app,
                dollars(cost),
                count(
                    usize::try_from(cost.deployments).unwrap_or(usize::MAX),
                    "deployment"
                )
            );
            match cost.without {
                0 => told,
                without => format!("{told}, and {without} without an estimate"),
            }
        });
        let cut = self.environments.iter().filter(|here| here.cut);
        let cut = cut.map(|here| {
            format!(
                "{} {}: figures since {} alone, because there were too many deployments to read them all",
                self.app, here.environment, here.from
            )
        });
        months.chain(cut).collect()
    }
}

/// The figures in words, in the order of the columns behind the names.
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
        Some(rate) => format!(
            "{} of {} ({:.0} %)",
            seen.failed,
            seen.changes,
            rate * 100.0
        ),
        None => "-".to_owned(),
    };
    let mut restored = spread(seen.time_to_restore);
    if seen.not_restored > 0 {
        restored = joined(&restored, format!("{} not restored", seen.not_restored));
    }
    let mut cost = MonthlyCost::default();
    for month in seen.cost_by_month.values() {
        cost.add(*month);
    }
    [live, lead, failed, restored, dollars(&cost)]
}

fn joined(first: &str, second: String) -> String {
    match first {
        "-" => second,
        _ => format!("{first}, {second}"),
    }
}

/// The median, and where it differs the 90th percentile.
fn spread(spread: Option<Spread>) -> String {
    let Some(spread) = spread else {
        return "-".to_owned();
    };
    let told = [spread.median_ms, spread.p90_ms].map(|ms| span(ms / 1000));
    match told {
        [median, p90] if median == p90 => median,
        [median, p90] => format!("{median}, p90 {p90}"),
    }
}

fn dollars(cost: &MonthlyCost) -> String {
    match cost.deployments {
        0 => "-".to_owned(),
        _ => format!("${:.4}", cost.dollars),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn figures_are_told_in_words_and_what_is_not_known_is_not_invented() {
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
