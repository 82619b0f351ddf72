//! Measured values as a small line over time, with the threshold across it; and times as a strip.

use super::parts::{class, clock};
use crate::view::deployment::{Stretch, verdict};
use maud::{Markup, html};
use windlass_domain::declaration::gate::{GatePoints, Point, Verdict};
use windlass_domain::deployment::judgement::{Judgement, gate_key};
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::text::count::count;
use windlass_domain::text::time::Time;

/// The size of a line, in units of its drawing.
const WIDE: f64 = 180.0;
const HIGH: f64 = 40.0;
const EDGE: f64 = 4.0;

/// Returns the points to draw of each gate of a wave, by [`gate_key`]. A judgement that was made before trails were
/// kept has its last look alone; then the judgements of the waves before it are drawn with it.
pub fn trails(record: &Record, judged: &Judgement) -> GatePoints {
    if !judged.trails.is_empty() {
        return judged.trails.clone();
    }
    let until = record.judgements.iter().filter(|one| one.wave <= judged.wave);
    let mut trails = GatePoints::new();
    for measured in until.flat_map(|one| &one.measurements) {
        trails.entry(gate_key(measured)).or_default().push(Point::of(measured));
    }
    trails
}

/// Draws the line of a gate: its points, with marks on the last one and on those that are not good, and its threshold
/// dashed. A gate without numbers is a row of marks, one for each look.
pub fn line(points: &[Point], threshold: &str, limit: Option<f64>) -> Markup {
    let (Some(first), Some(newest)) = (points.first(), points.last()) else {
        return html! { span.none { "not looked at" } };
    };
    let values = points.iter().filter_map(|point| point.value);
    let (lowest, highest) = values
        .chain(limit)
        .fold((0.0_f64, 0.0_f64), |(lowest, highest), value| (lowest.min(value), highest.max(value)));
    let height = if highest > lowest { highest - lowest } else { 1.0 };
    let length = newest.at.ms_since(first.at);
    let x = |at: Time| {
        if length == 0 {
            return WIDE / 2.0;
        }
        #[allow(clippy::cast_precision_loss)] // a place on a drawing
        let share = at.ms_since(first.at) as f64 / length as f64;
        EDGE + share * (WIDE - 2.0 * EDGE)
    };
    let y = |value: f64| HIGH - EDGE - (value - lowest) / height * (HIGH - 2.0 * EDGE);
    let drawn = points.iter().filter_map(|point| Some(format!("{:.1},{:.1}", x(point.at), y(point.value?))));
    let drawn: Vec<String> = drawn.collect();
    let limit = limit.filter(|_| !drawn.is_empty()).map(&y);
    let marked = points
        .iter()
        .enumerate()
        .filter(|(at, point)| point.value.is_none() || point.verdict != Verdict::Pass || at + 1 == points.len());
    let title = in_words(points, threshold);
    html! {
        svg.line viewBox=(format!("0 0 {WIDE} {HIGH}")) width=(WIDE) height=(HIGH) role="img" aria-label=(title) {
            title { (title) }
            @if let Some(limit) = limit {
                line.threshold x1="0" x2=(WIDE) y1=(format!("{limit:.1}")) y2=(format!("{limit:.1}")) {}
            }
            @if !drawn.is_empty() { polyline points=(drawn.join(" ")) {} }
            @for (at, point) in marked {
                @let high = point.value.map_or(HIGH / 2.0, &y);
                circle class=(class(verdict(point.verdict).tone)) cx=(format!("{:.1}", x(point.at))) cy=(format!("{high:.1}")) r=(if at + 1 == points.len() { "3" } else { "1.5" }) {}
            }
        }
        @if length > 0 { div { small { (clock(first.at)) " to " (clock(newest.at)) ", " (count(points.len(), "look")) } } }
    }
}

/// Describes the line for people who do not see it: its beginning, its lowest and highest value, the last looks, and
/// its threshold.
fn in_words(points: &[Point], threshold: &str) -> String {
    let values = || points.iter().filter_map(|point| point.value);
    let lowest = values().min_by(f64::total_cmp);
    let highest = values().max_by(f64::total_cmp);
    let mut parts = vec![count(points.len(), "look")];
    if let (Some(first), Some(newest)) = (points.first(), points.last()) {
        parts[0] = format!("{} from {} to {} UTC", parts[0], first.at.clock(), newest.at.clock());
    }
    if let (Some(lowest), Some(highest)) = (lowest, highest) {
        parts.push(format!("measured {lowest} to {highest}"));
    }
    for (verdict, word) in [(Verdict::Fail, "failed"), (Verdict::Unknown, "unknown")] {
        let many = points.iter().filter(|point| point.verdict == verdict).count();
        if many > 0 {
            parts.push(format!("{many} {word}"));
        }
    }
    let newest = points.iter().rev().take(LAST).rev();
    let newest: Vec<String> = newest
        .map(|point| match point.value {
            Some(value) => format!("{} {value}", point.at.clock()),
            None => format!("{} {}", point.at.clock(), verdict(point.verdict).words),
        })
        .collect();
    parts.push(format!("the last ones {}", newest.join(", ")));
    format!("{}; threshold {threshold}", parts.join("; "))
}

/// The number of looks that are described one by one.
const LAST: usize = 8;

/// Draws stretches side by side, as long as they took.
pub fn strip(stretches: &[Stretch]) -> Markup {
    let (Some(from), Some(to)) = (stretches.iter().map(|one| one.from).min(), stretches.iter().map(|one| one.to).max())
    else {
        return html! {};
    };
    let whole = to.ms_since(from).max(1);
    #[allow(clippy::cast_precision_loss)] // a place on a drawing
    let place = |at: Time| at.ms_since(from) as f64 / whole as f64 * 1000.0;
    let label: Vec<String> = stretches.iter().map(|one| format!("{} {}", one.state.words, one.span())).collect();
    let label = label.join(", ");
    html! {
        figure.timeline {
            svg viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label=(label) {
                @for one in stretches {
                    @let x = place(one.from);
                    rect class=(class(one.state.tone)) x=(format!("{x:.1}")) y="0" height="24" width=(format!("{:.1}", (place(one.to) - x).max(3.0))) rx="2" {
                        title { (one.state.words) }
                    }
                }
            }
            figcaption { @for one in stretches {
                span { span class={ "key " (class(one.state.tone)) } aria-hidden="true" {} (one.state.words) " " b { (one.span()) } }
            } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn point(minute: u64, value: Option<f64>, verdict: Verdict) -> Point {
        Point { at: Time(minute * 60_000), value, verdict }
    }

    #[test]
    fn a_line_shows_each_look_and_says_so_to_who_does_not_see_it() {
        use Verdict::{Fail, Pass, Unknown};
        let looks = [point(840, Some(1.0), Pass), point(841, None, Unknown), point(842, Some(7.5), Fail)];
        let drawn = line(&looks, "5", Some(5.0)).into_string();
        let label = "3 looks from 14:00 to 14:02 UTC; measured 1 to 7.5; 1 failed; 1 unknown; the last ones 14:00 1, \
                    14:01 unknown, 14:02 7.5; threshold 5";
        assert!(drawn.contains(&format!("aria-label=\"{label}\"")), "{drawn}");
        let at = |minute: &str| {
            format!("<time class=\"clock\" datetime=\"1970-01-01T14:{minute}:00Z\">14:{minute} UTC</time>")
        };
        let caption = format!("<small>{} to {}, 3 looks</small>", at("00"), at("02"));
        assert!(drawn.contains(&caption), "{drawn}");
        assert_eq!(drawn.matches("<circle").count(), 2, "what is not good is marked: {drawn}");
        assert!(drawn.contains("class=\"threshold\"") && drawn.contains("<polyline"));
    }

    #[test]
    fn what_has_no_number_is_a_row_of_marks() {
        let looks = [point(0, None, Verdict::Pass), point(1, None, Verdict::Fail)];
        let drawn = line(&looks, "status 200 within 800 ms", None).into_string();
        assert_eq!(drawn.matches("<circle").count(), 2);
        assert!(!drawn.contains("polyline") && !drawn.contains("class=\"threshold\""), "{drawn}");
        assert!(line(&[], "5", Some(5.0)).into_string().contains("not looked at"));
    }

    #[test]
    fn an_older_record_has_the_last_look_of_each_wave() {
        let look = |at: u64| json!([{"gate": "5xx", "source": "alarm", "verdict": "pass", "measured": "2", "threshold": "5", "at": at}]);
        let judged = |wave: u32, at: u64| -> Judgement {
            serde_json::from_value(json!({"wave": wave, "changed": 0, "started": 0, "until": 9, "verdict": "pass",
                "decides": true, "measurements": look(at), "polls": 1, "looked": at}))
            .unwrap()
        };
        let mut record: Record = serde_json::from_value(
            serde_json::from_str::<serde_json::Value>(include_str!(
                "../../tests/browser/answers.json"
            ))
            .unwrap()["/apps/shop/deployments/2a1c0d9a4b5e6f71"]
                .clone(),
        )
        .unwrap();
        record.judgements = vec![judged(0, 1), judged(1, 5), judged(2, 9)];
        let at = |trails: &GatePoints| -> Vec<u64> { trails["alarm 5xx"].iter().map(|point| point.at.0).collect() };
        assert_eq!(at(&trails(&record, &record.judgements[1])), [1, 5]);
        let kept = vec![point(7, Some(1.0), Verdict::Pass)];
        record.judgements[1].trails = GatePoints::from([("alarm 5xx".to_owned(), kept)]);
        assert_eq!(at(&trails(&record, &record.judgements[1])), [420_000]);
    }
}
