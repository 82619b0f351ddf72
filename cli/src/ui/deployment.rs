//! A deployment: its state, its waves as they go, its gates, its undo, its cause, and its cost. A plan that nobody
//! carries out yet has the same form.

use super::acts::buttons;
use super::lines::strip;
use super::parts::{self, BrowserPage, PagePlace, fact, mark, prose, span, times, when};
use super::waves::{self, DrawnRecord, components};
use crate::ground::terminal::Tone;
use crate::ui::logs::Groups;
use crate::verbs::planned::{RECORDED_ONLY, UNMEASURED, from_to, moved, when_refused};
use crate::view::approval;
use crate::view::deployment::{DeploymentFact, facts, present_wave, state, stretches, tone, verdict};
use crate::view::next_steps::{in_words, of_deployment};
use crate::view::provenance::{asked_by, who};
use maud::{Markup, html};
use std::mem::take;
use windlass_domain::access::{AllowedBy, Approval};
use windlass_domain::declaration::plan::PlanOutcome;
use windlass_domain::release::identity::EnvironmentId;
use windlass_domain::shown::api::deployments::Record;
use windlass_domain::shown::planned::{Becomes, DrawnPlan, Planned};
use windlass_domain::text::count::count;
use windlass_domain::text::time::Time;

/// The content of a deployment's page.
pub struct ShownDeployment<'a> {
    /// The place of the pages.
    pub stand: &'a PagePlace,
    /// The record.
    pub record: &'a Record,
    /// The log groups that the changed targets write into; `None` where nobody looked for them.
    pub groups: Option<&'a Groups>,
    /// The time.
    pub now: Time,
}

impl ShownDeployment<'_> {
    /// Renders it as a page.
    pub fn page(&self) -> String {
        let deployment = &self.record.deployment;
        let (app, environment, id) = (&deployment.app, &deployment.environment, &deployment.id);
        let own = self.stand.deployment(app, &id.0);
        let page = BrowserPage {
            stand: self.stand,
            title: &format!("{app} {environment} {}", deployment.summary().called()),
            above: vec![
                (format!("{app} {environment}"), self.stand.environment(EnvironmentId::new(app, environment))),
                (id.to_string(), own.unwrap_or_default()),
            ],
            again_s: deployment.ending.is_none().then_some(2),
        };
        page.render(&self.body())
    }

    /// Renders it without the frame.
    pub fn body(&self) -> Markup {
        let record = self.record;
        let deployment = &record.deployment;
        let going = DrawnRecord { record, now: self.now };
        let now = state(deployment.status, deployment.ending.as_ref());
        html! {
            article id=(deployment.id) {
                div.head {
                    h1 { (deployment.app) " " (deployment.environment) " " (deployment.summary().called()) }
                    p.stands role="status" { (parts::state(&now)) " " (times(&self.in_short())) }
                }
                (self.acts())
                dl.facts { (self.facts()) }
                (self.cause())
                (strip(&stretches(record, self.now)))
                (components(&going))
                @match &record.plan {
                    Some(plan) => (waves::waves(plan, deployment, Some(&going))),
                    None => p.empty { "It is not planned yet." },
                }
                (waves::undo(record))
                (self.afterwards())
            }
        }
    }

    /// Returns the wave that it is in, or the approvals that it waits for, for people who listen to the page.
    fn in_short(&self) -> String {
        if let Some(standing) = approval::of_record(self.record) {
            return format!("it waits for people: {standing}");
        }
        let (waves, present) = present_wave(self.record);
        if self.record.deployment.ending.is_some() || waves == 0 {
            return String::new();
        }
        if self.record.deployment.undoing.is_some() {
            return "what it changed is being taken back".to_owned();
        }
        present.map_or_else(
            || count(waves, "wave"),
            |(number, state)| format!("wave {} of {waves} is {}", number + 1, state.words),
        )
    }

    fn acts(&self) -> Markup {
        let deployment = &self.record.deployment;
        let steps = of_deployment(deployment);
        html! {
            @if self.stand.acts() {
                p.acts {
                    (buttons(self.stand, deployment.environment_id(), &steps))
                    a.button href=[self.logs()] { "Logs" }
                }
            }
            (parts::next(in_words(&steps).as_deref()))
        }
    }

    /// Returns the address of the page of its log lines.
    fn logs(&self) -> Option<String> {
        let deployment = &self.record.deployment;
        let own = self.stand.deployment(&deployment.app, &deployment.id.0)?;
        self.stand.acts().then(|| format!("{own}/logs"))
    }

    fn facts(&self) -> Markup {
        let deployment = &self.record.deployment;
        let logs = self.logs().unwrap_or_default();
        html! {
            (fact("Action", Some(html! { (deployment.action) })))
            (fact("Asked by", Some(html! { (asked_by(&deployment.requester, deployment.vouched)) })))
            (fact("Why", deployment.reason.as_ref().map(|why| times(why))))
            (fact("Accepted", Some(when(deployment.accepted))))
            @for given in deployment.approval.iter().flat_map(Approval::of_plan) { (fact("Approval", Some(times(&approval::line(given))))) }
            @for (name, value) in facts(deployment) { (fact(name, Some(drawn_fact(&value)))) }
            (fact("Log groups", self.groups.and_then(|groups| groups.fact(self.record, &logs))))
        }
    }

    /// Shows the cause as the notification has it.
    fn cause(&self) -> Markup {
        let deployment = &self.record.deployment;
        html! {
            @if let Some(ended) = &deployment.ending {
                section class={ "cause " (parts::class(tone(ended.ending))) } aria-label="Cause" {
                    p.text { (prose(&ended.cause)) }
                    @if let Some(resolved) = &ended.resolved {
                        p {
                            "Resolved " (when(resolved.at)) " by " (who(&resolved.by))
                            (AllowedBy::behind(resolved.allowed_by.as_ref())) ": " (resolved.reason)
                        }
                    }
                }
                @if deployment.undoing.is_some() { (waves::stays_reachable(&ended.stays_reachable)) }
            }
            @if let Some(now) = &self.record.now { p.now { "Now: " (prose(&now.text)) } }
        }
    }

    fn afterwards(&self) -> Markup {
        let second = self.record.second_look.as_ref().and_then(|second| second.looked.as_ref());
        html! {
            @if !self.record.deployment.wheel.is_empty() {
                h2 { "A person at the wheel" }
                ul.plain { @for turn in &self.record.deployment.wheel {
                    li {
                        (when(turn.at)) " " b { (turn.action) } " of wave " (turn.wave + 1) " by " (turn.by)
                        (AllowedBy::behind(turn.allowed_by.as_ref())) ": " (turn.reason)
                    }
                } }
            }
            @if let Some(looked) = second { h2 { "Looked at again" } p { (prose(&looked.told)) } }
        }
    }
}

fn drawn_fact(fact: &DeploymentFact<'_>) -> Markup {
    html! { @match fact {
        DeploymentFact::Words(words) => (words),
        DeploymentFact::At(at) => (when(*at)),
        DeploymentFact::Commit(commit, reference) => { code { (commit) } " " (reference) },
        DeploymentFact::Executions(all) => @for arn in *all { div { (execution(arn)) } },
    } }
}

/// Shows an execution, with its page in the console.
pub fn execution(arn: &str) -> Markup {
    html! {
        @match windlass_domain::release::call::execution(arn) {
            Some(page) => a href=(page) rel="noreferrer" target="_blank" { (arn.rsplit(':').next().unwrap_or(arn)) },
            None => code { (arn) },
        }
    }
}

/// Shows a plan.
pub fn shown_plan(planned: &Planned) -> Markup {
    let turn = &planned.turn;
    let tone = match turn.becomes {
        Becomes::Goes => Tone::Good,
        Becomes::Refused => Tone::Bad,
        Becomes::Waits | Becomes::Stops | Becomes::Same | Becomes::Superseded | Becomes::Recorded => Tone::Noted,
    };
    html! {
        @if let Some(fate) = planned.fate() { p { (mark(tone, "what becomes of it")) " " (prose(fate)) } }
        (waves::findings("It would be refused", Tone::Bad, &turn.findings))
        @if let Some(drawn) = &planned.drawn { (self::drawn(planned, drawn)) }
    }
}

fn drawn(planned: &Planned, drawn: &DrawnPlan) -> Markup {
    let mut plan = drawn.plan.clone();
    let mut findings = take(&mut plan.findings);
    // The turn has shown the same already.
    if findings == planned.turn.findings {
        findings.clear();
    }
    let title = format!("It would be refused{}", when_refused(planned.turn.becomes));
    html! {
        (waves::findings(&title, Tone::Bad, &findings))
        @if drawn.outcome() == PlanOutcome::NothingToDo { p { (mark(Tone::Still, "nothing would be changed")) } }
        @if !drawn.changes.is_empty() {
            h2 { "From, to" }
            ul.plain { @for (component, change) in &drawn.changes { li { b { (component) } " " (from_to(change)) } } }
        }
        @for line in moved(planned) { p { (mark(Tone::Noted, &line)) } }
        (waves::waves(&plan, &planned.deployment, None))
        @if !drawn.gates.is_empty() {
            h2 { "Gates now" }
            @if !planned.deployment.gates_decide() { p { "What they measure is " (RECORDED_ONLY) "." } }
            div.wide { table.gates {
                thead { tr { @for title in ["Gate", "Now", "Threshold"] { th scope="col" { (title) } } } }
                tbody { @for gate in &drawn.gates { tr {
                    th scope="row" { small { (gate.source) } " " (gate.gate) }
                    td data-name="Now" { (match gate.verdict {
                        Some(one) => parts::state(&verdict(one)),
                        None => mark(Tone::Still, "measured while it is under way"),
                    }) }
                    td data-name="Threshold" { (gate.threshold) }
                } } }
            } }
        }
        @if !drawn.unmeasured.is_empty() {
            ul.plain { @for name in &drawn.unmeasured { li { "no gate of " b { (name) } ": " (UNMEASURED) } } }
        }
        dl.facts {
            (fact("Both versions", (drawn.both_s > 0).then(|| html! { "side by side for " (span(drawn.both_s)) })))
            (fact("Cost", (drawn.outcome() == PlanOutcome::Change).then(|| html! {
                "about " (format!("{:.4}", drawn.cost.dollars)) " US dollars, " (drawn.cost.transitions) " transitions; what functions work comes on top"
            })))
            (fact("Drawn", Some(when(drawn.at))))
            (fact("Hash", Some(html! { code { (drawn.hash) } })))
        }
    }
}
