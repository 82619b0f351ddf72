//! The figures of applications, in words.

use std::cmp::Ordering;
use windlass_domain::shown::api::recorded::{AppStats, EnvironmentStats};
use windlass_domain::shown::figures::{cells, dollars};
use windlass_domain::text::count::count;
use windlass_domain::text::name::EnvironmentName;

/// The titles of the columns.
pub const COLUMNS: &[&str] = &["APP", "ENVIRONMENT", "LIVE", "LEAD TIME", "FAILED", "TIME TO RESTORE", "COST"];

/// Returns a row for each environment of an application.
pub fn rows(app: &AppStats) -> Vec<Vec<String>> {
    let row = |here: &EnvironmentStats| {
        [app.app.to_string(), here.environment.to_string()].into_iter().chain(cells(&here.figures)).collect()
    };
    app.environments.iter().map(row).collect()
}

/// Returns the notes beside the table: the cost of each month, and the windows that were cut.
pub fn notes(app: &AppStats) -> Vec<String> {
    let months = app.cost_by_month.iter().map(|(month, cost)| {
        let (part, deployments) = (part_of(app, month), count(cost.deployments, "deployment"));
        let line = format!("{} in {month}{part}: {} for {deployments}", app.app, dollars(cost));
        match cost.without {
            0 => line,
            without => format!("{line}, and {without} without an estimate"),
        }
    });
    let cut = app.environments.iter().filter(|here| here.cut);
    let cut = cut.map(|here| {
        format!(
            "{} {}: figures since {} alone, because there were too many deployments to read them all",
            app.app, here.environment, here.from
        )
    });
    months.chain(cut).collect()
}

/// Returns the part of a month that its cost covers, where that is not all of it: the window begins in it, or later for
/// some of the environments.
fn part_of(app: &AppStats, month: &str) -> String {
    let parts = app.environments.iter();
    let parts: Vec<(&EnvironmentName, Since)> = parts.map(|here| (&here.environment, since(here, month))).collect();
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

/// Returns the time since which a month, such as `2026-11`, is in the window of an environment.
fn since(here: &EnvironmentStats, month: &str) -> Since {
    let from = here.from.to_string();
    let begins = |text: &str, with: usize| text.chars().take(with).collect::<String>();
    match begins(&from, 7).as_str().cmp(month) {
        Ordering::Less => Since::Begin,
        Ordering::Equal if from.ends_with("-01T00:00:00Z") => Since::Begin,
        Ordering::Equal => Since::Day(begins(&from, 10)),
        Ordering::Greater => Since::Later,
    }
}
