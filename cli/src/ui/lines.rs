//! Measured values as a small line over time, with the threshold across it; and times as a strip.

use super::parts::Sort;
use maud::{Markup, html};
use std::collections::{BTreeMap, VecDeque};
use windlass_domain::gate::{Measurement, Verdict};
use windlass_domain::judgement::gate_key;
use windlass_domain::time::Time;

/// The size of a line, in units of its drawing.
const WIDE: f64 = 180.0;
const HIGH: f64 = 40.0;
const EDGE: f64 = 4.0;

/// The most points that are kept of a gate, and the most deployments.
const POINTS: usize = 400;
const DEPLOYMENTS: usize = 50;

/// A value that was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: Time,
    /// The value.
    pub value: f64,
    /// The verdict.
    pub verdict: Verdict,
}

/// The values of each gate that were seen while these pages were looked at: a record keeps the last look of each wave.
#[derive(Debug, Default)]
pub struct Seen(VecDeque<(String, BTreeMap<String, Vec<Point>>)>);

impl Seen {
    /// Takes in what a look at a deployment shows, and answers all that is known of its gates.
    pub fn with<'a>(
        &mut self,
        id: &str,
        measured: impl Iterator<Item = &'a Measurement>,
    ) -> BTreeMap<String, Vec<Point>> {
        let known = self.0.iter().position(|(known, _)| known == id);
        let mut gates = known
            .and_then(|at| self.0.remove(at))
            .map_or_else(BTreeMap::new, |(_, gates)| gates);
        for one in measured {
            let Some(value) = number(&one.measured) else {
                continue;
            };
            let points: &mut Vec<Point> = gates.entry(gate_key(one)).or_default();
            let point = Point {
                at: one.at,
                value,
                verdict: one.verdict,
            };
            match points.binary_search_by_key(&one.at, |point| point.at) {
                Ok(there) => points[there] = point,
                Err(there) => points.insert(there, point),
            }
            if points.len() > POINTS {
                points.remove(0);
            }
        }
        self.0.push_back((id.to_owned(), gates.clone()));
        if self.0.len() > DEPLOYMENTS {
            self.0.pop_front();
        }
        gates
    }
}

/// The number that a text begins with: `7.3 errors/min`, `< 5`, `at most 0.5 %`.
pub fn number(text: &str) -> Option<f64> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let is_first = text[..from]
        .chars()
        .all(|c| c.is_whitespace() || "<>=≤≥-".contains(c));
    if !is_first && !["at most ", "at least ", "below ", "above "].contains(&&text[..from]) {
        return None;
    }
    let digits = text[from..]
        .split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .next()?;
    let value: f64 = digits.trim_end_matches('.').parse().ok()?;
    Some(if text[..from].ends_with('-') {
        -value
    } else {
        value
    })
}

/// The line of a gate: its points, the last of them marked, and its threshold dashed.
pub fn line(points: &[Point], threshold: &str) -> Markup {
    if points.is_empty() {
        return html! { span.none { "no number" } };
    }
    let limit = number(threshold);
    let values = points.iter().map(|point| point.value).chain(limit);
    let (least, most) = values.fold((0.0_f64, 0.0_f64), |(least, most), value| {
        (least.min(value), most.max(value))
    });
    let height = if most > least { most - least } else { 1.0 };
    let first = points.first().map_or(0, |point| point.at.0);
    let length = points.last().map_or(0, |point| point.at.0 - first);
    let x = |at: Time| {
        if length == 0 {
            return WIDE / 2.0;
        }
        #[allow(clippy::cast_precision_loss)] // a place on a drawing
        let share = (at.0 - first) as f64 / length as f64;
        EDGE + share * (WIDE - 2.0 * EDGE)
    };
    let y = |value: f64| HIGH - EDGE - (value - least) / height * (HIGH - 2.0 * EDGE);
    let drawn: Vec<String> = points
        .iter()
        .map(|point| format!("{:.1},{:.1}", x(point.at), y(point.value)))
        .collect();
    let told: Vec<String> = points
        .iter()
        .rev()
        .take(8)
        .rev()
        .map(|point| format!("{} {}", point.at.clock(), point.value))
        .collect();
    let title = format!("measured {}; threshold {threshold}", told.join(", "));
    html! {
        svg.line viewBox=(format!("0 0 {WIDE} {HIGH}")) width=(WIDE) height=(HIGH) role="img" aria-label=(title) {
            title { (title) }
            @if let Some(limit) = limit {
                line.threshold x1="0" x2=(WIDE) y1=(format!("{:.1}", y(limit))) y2=(format!("{:.1}", y(limit))) {}
            }
            polyline points=(drawn.join(" ")) {}
            @if let Some(last) = points.last() {
                circle class=(of(last.verdict).class()) cx=(format!("{:.1}", x(last.at))) cy=(format!("{:.1}", y(last.value))) r="3" {}
            }
        }
    }
}

/// The sort of a verdict.
pub fn of(verdict: Verdict) -> Sort {
    match verdict {
        Verdict::Pass => Sort::Good,
        Verdict::Fail => Sort::Bad,
        Verdict::Unknown => Sort::Still,
    }
}

/// A stretch of time.
pub struct Stretch {
    /// What it is.
    pub name: String,
    /// Its class in the style.
    pub class: &'static str,
    /// From when.
    pub from: Time,
    /// To when.
    pub to: Time,
}

/// Stretches side by side, as long as they took.
pub fn strip(stretches: &[Stretch]) -> Markup {
    let (Some(from), Some(to)) = (
        stretches.iter().map(|one| one.from).min(),
        stretches.iter().map(|one| one.to).max(),
    ) else {
        return html! {};
    };
    let whole = to.ms_since(from).max(1);
    #[allow(clippy::cast_precision_loss)] // a place on a drawing
    let place = |at: Time| at.ms_since(from) as f64 / whole as f64 * 1000.0;
    let told: Vec<String> = stretches
        .iter()
        .map(|one| {
            format!(
                "{} {}",
                one.name,
                super::parts::span(one.to.ms_since(one.from) / 1000)
            )
        })
        .collect();
    let told = told.join(", ");
    html! {
        figure.timeline {
            svg viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label=(told) {
                @for one in stretches {
                    @let x = place(one.from);
                    rect class=(one.class) x=(format!("{x:.1}")) y="0" height="24" width=(format!("{:.1}", (place(one.to) - x).max(3.0))) rx="2" {
                        title { (one.name) }
                    }
                }
            }
            figcaption { @for one in stretches {
                span { span class={ "key " (one.class) } aria-hidden="true" {} (one.name) " " b { (super::parts::span(one.to.ms_since(one.from) / 1000)) } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_with_a_number_has_one() {
        let table = [
            ("7.3 errors/min", Some(7.3)),
            ("5", Some(5.0)),
            ("< 5", Some(5.0)),
            ("≥ 99.5 %", Some(99.5)),
            ("-2", Some(-2.0)),
            ("at most 3", Some(3.0)),
            ("status 500 after 12 ms", None),
            ("OK", None),
            ("", None),
            ("0.2.", Some(0.2)),
        ];
        for (text, wanted) in table {
            assert_eq!(number(text), wanted, "{text}");
        }
    }

    #[test]
    fn looks_add_up_to_a_line_and_are_bounded() {
        let mut seen = Seen::default();
        let look = |at: u64, value: &str| Measurement {
            gate: "5xx".into(),
            source: "alarm".into(),
            verdict: Verdict::Pass,
            measured: value.into(),
            threshold: "5".into(),
            window: String::new(),
            look_at: String::new(),
            not_ready: false,
            at: Time(at),
        };
        seen.with("a", [look(2, "2")].iter());
        seen.with("a", [look(1, "1")].iter());
        let known = seen.with("a", [look(2, "3"), look(4, "none")].iter());
        let values: Vec<f64> = known["alarm 5xx"].iter().map(|point| point.value).collect();
        assert_eq!(values, [1.0, 3.0]);
        for id in 0..80 {
            seen.with(&id.to_string(), [look(1, "1")].iter());
        }
        assert_eq!(seen.0.len(), DEPLOYMENTS);
        let drawn = line(&known["alarm 5xx"], "5").into_string();
        assert!(
            drawn.contains("threshold 5") && drawn.contains("polyline"),
            "{drawn}"
        );
    }
}
