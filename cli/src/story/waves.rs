//! The lines of a wave: for how long it is watched, what persons did meanwhile, and what was measured.

use super::line::Line;
use crate::record::Record;
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::judgement::Judgement;

/// The words for a wave that is not watched for a time.
pub(super) const AT_ONCE: &str = "judged at once";

/// Returns the lines on what persons did at the wheel while a wave was watched.
pub(super) fn steered(record: &Record, wave: u32) -> impl Iterator<Item = Line> {
    let turns = record.deployment.wheel.iter();
    let of_it = turns.filter(move |turn| turn.wave == wave);
    of_it.map(|turn| Line::plain(format!("  {} {}", turn.at.clock(), turn.in_words())))
}

/// Returns the line on how long a wave is watched.
pub(super) fn watched(judgement: &Judgement) -> Line {
    let number = judgement.wave + 1;
    let watched = if judgement.until > judgement.started {
        format!("watched until {} UTC", judgement.until.clock())
    } else {
        AT_ONCE.to_owned()
    };
    Line::new(format!("watch {number}"), format!("  wave {number} is {watched}"))
}

/// Returns the lines of a judgement: each measurement beside its threshold. While a wave is watched a measurement has a
/// line when its verdict changes, and once more at the end, if other numbers were measured then.
pub(super) fn judged(judgement: &Judgement) -> Vec<Line> {
    let number = judgement.wave + 1;
    let mut lines: Vec<Line> =
        judgement.measurements.iter().map(|measurement| measured(judgement, measurement)).collect();
    let outcome = match judgement.verdict {
        Verdict::Pass if judgement.measurements.is_empty() => "passed: no gate, nothing was measured",
        Verdict::Pass if judgement.decides => "passed",
        Verdict::Pass => "is over, its gates were recorded and did not decide",
        Verdict::Fail => "FAILED",
        Verdict::Unknown => return lines,
    };
    lines.push(Line::plain(format!("  wave {number} {outcome}")));
    lines
}

fn measured(judgement: &Judgement, measurement: &Measurement) -> Line {
    let wave = judgement.wave + 1;
    let settled = judgement.settled().is_some();
    let verdict = match measurement.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Unknown => "unknown",
    };
    let is_watched = judgement.until > judgement.started;
    let at = match measurement.verdict {
        Verdict::Pass | Verdict::Unknown if settled && is_watched => " at the end",
        _ => "",
    };
    let (gate, source) = (&measurement.gate, &measurement.source);
    let window = match measurement.window.as_str() {
        "" => String::new(),
        window => format!(", {window}"),
    };
    let told =
        format!("{source} {gate}: measured {}, threshold {}{window}", measurement.measured, measurement.threshold);
    Line {
        news: Some(format!("told {wave} {verdict} {told}")),
        ..Line::new(
            format!("measured {wave} {settled} {verdict} {source} {gate}"),
            format!("    {verdict}{at}: {told}"),
        )
    }
}
