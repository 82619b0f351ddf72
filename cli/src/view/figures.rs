//! The figures of applications, as the API answers them, in words.

use crate::ground::failure::Failure;
use serde::Deserialize;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use windlass_domain::shown::figures::{Figures, MonthlyCost, cells, dollars};
use windlass_domain::text::count::count;
use windlass_domain::text::name::{AppName, EnvironmentName};
use windlass_domain::text::time::Time;

/// The titles of the columns.
pub const COLUMNS: &[&str] = &["APP", "ENVIRONMENT", "LIVE", "LEAD TIME", "FAILED", "TIME TO RESTORE", "COST"];

/// An application.
#[derive(Debug, Deserialize)]
pub struct App {
    /// Its name.
    pub app: AppName,
    /// Its environments, in their order.
    pub environments: Vec<EnvironmentFigures>,
    /// The cost of all of them by month.
    pub cost_by_month: BTreeMap<String, MonthlyCost>,
}

/// One of its environments.
#[derive(Debug, Deserialize)]
pub struct EnvironmentFigures {
    /// Its name.
    pub environment: EnvironmentName,
    /// The time at which the window begins.
    pub from: Time,
    /// The time at which it ends.
    pub to: Time,
    /// True if it begins later than was asked for, because there is too much to read.
    pub cut: bool,
    /// The figures.
    pub figures: Figures,
}

impl App {
    /// Reads an application of the answer.
    ///
    /// # Errors
    /// If it has another form.
    pub fn read(answer: &Value) -> Result<Self, Failure> {
        Self::deserialize(answer).map_err(|error| Failure::not_understood("the figures", error))
    }

    /// Returns a row for each environment.
    pub fn rows(&self) -> Vec<Vec<String>> {
        let row = |here: &EnvironmentFigures| {
            [self.app.to_string(), here.environment.to_string()].into_iter().chain(cells(&here.figures)).collect()
        };
        self.environments.iter().map(row).collect()
    }

    /// Returns the notes beside the table: the cost of each month, and the windows that were cut.
    pub fn notes(&self) -> Vec<String> {
        let months = self.cost_by_month.iter().map(|(month, cost)| {
            let line = format!(
                "{} in {month}{}: {} for {}",
                self.app,
                self.part_of(month),
                dollars(cost),
                count(usize::try_from(cost.deployments).unwrap_or(usize::MAX), "deployment")
            );
            match cost.without {
                0 => line,
                without => format!("{line}, and {without} without an estimate"),
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

    /// Returns the part of a month that its cost covers, where that is not all of it: the window begins in it, or later
    /// for some of the environments.
    fn part_of(&self, month: &str) -> String {
        let parts = self.environments.iter();
        let parts: Vec<(&EnvironmentName, Since)> = parts.map(|here| (&here.environment, here.since(month))).collect();
        if let Some((_, first @ Since::Day(day))) = parts.first()
            && parts.iter().all(|(_, since)| since == first)
        {
            return format!(" since {day}");
        }
        let words = parts.iter().filter_map(|(name, since)| match since {
            Since::Begin => None,
            Since::Day(day) => Some(format!("{name} since {day}")),
            Since::Later => Some(format!("without {name}")),
        });
        let words: Vec<String> = words.collect();
        if words.is_empty() {
            return String::new();
        }
        format!(" ({})", words.join(", "))
    }
}

/// The time since which a month is in the window of an environment.
#[derive(Debug, PartialEq, Eq)]
enum Since {
    /// Since its beginning.
    Begin,
    /// Since this day of it.
    Day(String),
    /// The window begins after it.
    Later,
}

impl EnvironmentFigures {
    /// Returns the time since which a month, such as `2026-11`, is in the window.
    fn since(&self, month: &str) -> Since {
        let from = self.from.to_string();
        let begins = |text: &str, with: usize| text.chars().take(with).collect::<String>();
        match begins(&from, 7).as_str().cmp(month) {
            Ordering::Less => Since::Begin,
            Ordering::Equal if from.ends_with("-01T00:00:00Z") => Since::Begin,
            Ordering::Equal => Since::Day(begins(&from, 10)),
            Ordering::Greater => Since::Later,
        }
    }
}
