//! Figures in words, wherever they are told.

use super::{Figures, MonthlyCost, Percentiles};
use crate::time::lasting;

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
    let Some(spread) = spread else {
        return "-".to_owned();
    };
    let told = [spread.median_ms, spread.p90_ms].map(|ms| lasting(ms / 1000));
    match told {
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
