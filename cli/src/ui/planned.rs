//! A plan that nobody carries out yet, in the form of a deployment.

use super::parts::{Sort, fact, mark, span, times, when};
use super::waves;
use crate::planned::from_to;
use maud::{Markup, html};
use windlass_domain::gate::Verdict;
use windlass_domain::plan::Outcome;
use windlass_domain::planned::{Becomes, DrawnPlan, Planned};

/// Shows a plan.
pub fn shown_plan(planned: &Planned) -> Markup {
    let turn = &planned.turn;
    let sort = match turn.becomes {
        Becomes::Goes => Sort::Good,
        Becomes::Refused => Sort::Bad,
        Becomes::Waits | Becomes::Stops | Becomes::Same | Becomes::Superseded | Becomes::Recorded => Sort::Noted,
    };
    html! {
        @if turn.findings.is_empty() { p { (mark(sort, "what becomes of it")) " " (times(&turn.text)) } }
        (waves::findings("It would be refused", Sort::Bad, &turn.findings))
        @if let Some(drawn) = &planned.drawn { (self::drawn(planned, drawn)) }
    }
}

fn drawn(planned: &Planned, drawn: &DrawnPlan) -> Markup {
    let mut plan = drawn.plan.clone();
    if plan.findings == planned.turn.findings {
        plan.findings.clear();
    }
    html! {
        @if drawn.outcome() == Outcome::NothingToDo { p { (mark(Sort::Still, "nothing would be changed")) } }
        @if !drawn.changes.is_empty() {
            h2 { "From, to" }
            ul.plain { @for (component, change) in &drawn.changes { li { b { (component) } " " (from_to(change)) } } }
        }
        (waves::waves(&plan, None))
        @if !drawn.gates.is_empty() {
            h2 { "Gates now" }
            div.wide { table.gates {
                thead { tr { @for title in ["Gate", "Now", "Threshold"] { th scope="col" { (title) } } } }
                tbody { @for gate in &drawn.gates { tr {
                    th scope="row" { small { (gate.source) } " " (gate.gate) }
                    td data-name="Now" { (match gate.verdict {
                        Some(Verdict::Pass) => mark(Sort::Good, "pass"),
                        Some(Verdict::Fail) => mark(Sort::Bad, "FAIL"),
                        Some(Verdict::Unknown) => mark(Sort::Still, "unknown"),
                        None => mark(Sort::Still, "measured of the release itself"),
                    }) }
                    td data-name="Threshold" { (gate.threshold) }
                } } }
            } }
        }
        dl.facts {
            (fact("Both versions", (drawn.both_s > 0).then(|| html! { "side by side for " (span(drawn.both_s)) })))
            (fact("Cost", (drawn.outcome() == Outcome::Change).then(|| html! {
                "about " (format!("{:.4}", drawn.cost.dollars)) " US dollars, " (drawn.cost.transitions) " transitions; what functions work comes on top"
            })))
            (fact("Drawn", Some(when(drawn.at))))
            (fact("Hash", Some(html! { code { (drawn.hash) } })))
        }
    }
}
